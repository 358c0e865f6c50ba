//! Everybody's templates, searched whole.

use ndarray::{Array2, ArrayView2, s};
use zeroize::{Zeroize, Zeroizing};

use super::{
    MatchError, Space, Template,
    vector::{check, dot},
};
use crate::face::Embedding;

/// The most hits of one search.
pub const MAX_HITS: usize = 16;

/// Rows of the first block of memory.
const FIRST_ROWS: usize = 64;

/// Templates in contiguous rows, one row each. Every search reads every row and does the same work whatever the face,
/// so its time tells nothing about who is enrolled. Wiped on drop.
pub struct Gallery {
    space: Space,
    /// As many rows as there is room for; the first [`Gallery::len`] of them are filled.
    rows: Array2<f32>,
    /// Whose each filled row is.
    people: Vec<usize>,
    /// Of the last search; room for one a row.
    scores: Zeroizing<Vec<f32>>,
    hits: Vec<Hit>,
}

/// A person found, best first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The index that the caller gave this person.
    pub person: usize,
    /// Cosine similarity to the best of the person's templates, −1..1.
    pub score: f32,
    /// By how much this score exceeds that of the next other person; 2, the whole range, when there is no other.
    pub margin: f32,
}

impl Gallery {
    /// An empty gallery for templates of this space, with embeddings of `embedding_len` numbers.
    pub fn new(space: Space, embedding_len: usize) -> Self {
        Self {
            space,
            rows: Array2::zeros((0, embedding_len)),
            people: Vec::new(),
            scores: Zeroizing::default(),
            hits: Vec::with_capacity(MAX_HITS + 1),
        }
    }

    /// Adds a template of the person whom the caller knows under this index. A person may have several.
    ///
    /// # Errors
    /// [`MatchError::OtherModel`], [`MatchError::OtherRotation`] or [`MatchError::Length`] when it is not of the
    /// gallery's space.
    pub fn push(&mut self, person: usize, template: &Template) -> Result<(), MatchError> {
        template.space().check(self.space)?;
        check(template.mean(), self.rows.ncols())?;
        if self.len() == self.rows.nrows() {
            self.grow();
        }
        for (cell, number) in self.rows.row_mut(self.people.len()).iter_mut().zip(template.mean()) {
            *cell = *number;
        }
        self.people.push(person);
        Ok(())
    }

    /// How many templates it holds.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// The people most like the probe, best first, each once: at most `most` of them (and never more than
    /// [`MAX_HITS`]). Turn a score into a decision with [`Threshold::identification`](super::Threshold).
    ///
    /// # Errors
    /// [`MatchError::OtherModel`] or [`MatchError::OtherRotation`] when `space`, the probe's, is not the gallery's;
    /// [`MatchError::Length`] and [`MatchError::NotUnit`] when the probe is not an embedding of it.
    pub fn search(&mut self, space: Space, probe: &Embedding, most: usize) -> Result<&[Hit], MatchError> {
        self.space.check(space)?;
        check(&probe.0, self.rows.ncols())?;
        self.scan(probe);
        self.collect(most.min(MAX_HITS));
        Ok(&self.hits)
    }

    fn filled(&self) -> ArrayView2<'_, f32> {
        self.rows.slice(s![..self.len(), ..])
    }

    /// Scores every row.
    fn scan(&mut self, probe: &Embedding) {
        let mut scores = std::mem::take(&mut self.scores);
        for (score, row) in scores.iter_mut().zip(self.filled().rows()) {
            // Rows of a matrix in standard layout are contiguous; were one not, it would match nobody.
            *score = row.as_slice().map_or(f32::NEG_INFINITY, |row| dot(row, &probe.0).clamp(-1.0, 1.0));
        }
        self.scores = scores;
    }

    /// Takes the best person `most` times, and once more for the last margin. Each turn passes over all rows and
    /// chooses without branching on a score.
    fn collect(&mut self, most: usize) {
        self.hits.clear();
        let len = self.people.len();
        let scores = &mut self.scores[..len];
        for _ in 0..=most {
            let (mut best, mut at) = (f32::NEG_INFINITY, 0);
            for (row, &score) in scores.iter().enumerate() {
                let better = score > best;
                best = if better { score } else { best };
                at = if better { row } else { at };
            }
            let Some(&person) = self.people.get(at).filter(|_| best > f32::NEG_INFINITY) else { break };
            for (score, &owner) in scores.iter_mut().zip(&self.people) {
                *score = if owner == person { f32::NEG_INFINITY } else { *score };
            }
            self.hits.push(Hit { person, score: best, margin: 2.0 });
        }
        for hit in 1..self.hits.len() {
            self.hits[hit - 1].margin = self.hits[hit - 1].score - self.hits[hit].score;
        }
        self.hits.truncate(most);
    }

    /// Makes room for twice as many rows. The old block is wiped, not just freed.
    fn grow(&mut self) {
        let rows = (2 * self.rows.nrows()).max(FIRST_ROWS);
        let mut grown = Array2::zeros((rows, self.rows.ncols()));
        grown.slice_mut(s![..self.len(), ..]).assign(&self.filled());
        wipe(&mut std::mem::replace(&mut self.rows, grown));
        self.scores = Zeroizing::new(vec![0.0; rows]);
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        wipe(&mut self.rows);
    }
}

impl std::fmt::Debug for Gallery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gallery")
            .field("space", &self.space)
            .field("templates", &self.len())
            .finish_non_exhaustive()
    }
}

fn wipe(rows: &mut Array2<f32>) {
    if let Some(numbers) = rows.as_slice_mut() {
        numbers.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use mabataki_models::Digest;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::matching::fixture::{SPACE, embedding, sample, template};

    fn gallery(directions: &[(usize, [f32; 2])]) -> Gallery {
        let mut gallery = Gallery::new(SPACE, 2);
        directions
            .iter()
            .for_each(|(person, direction)| gallery.push(*person, &template(direction)).unwrap());
        gallery
    }

    #[test]
    fn the_best_people_come_first_each_once_with_their_margin() {
        let mut gallery = gallery(&[(10, [0.0, 1.0]), (20, [1.0, 0.0]), (20, [0.6, 0.8]), (30, [0.8, 0.6])]);
        let hits = gallery.search(SPACE, &embedding(&[1.0, 0.0]), 2).unwrap();
        assert_eq!(hits.iter().map(|hit| hit.person).collect::<Vec<_>>(), [20, 30]);
        assert!((hits[0].score - 1.0).abs() < 1e-6 && (hits[0].margin - 0.2).abs() < 1e-6, "{hits:?}");
        assert!((hits[1].score - 0.8).abs() < 1e-6 && (hits[1].margin - 0.8).abs() < 1e-6, "{hits:?}");
    }

    #[test]
    fn a_gallery_of_one_person_has_the_widest_margin() {
        let hits = gallery(&[(3, [1.0, 0.0])]).search(SPACE, &embedding(&[1.0, 0.0]), 5).unwrap().to_vec();
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].margin, 2.0);
    }

    #[test]
    fn an_empty_gallery_finds_nobody() {
        assert_eq!(gallery(&[]).search(SPACE, &embedding(&[1.0, 0.0]), 5).unwrap(), []);
    }

    #[test]
    fn templates_and_probes_of_another_model_are_refused() {
        let other = Space::bare(Digest::of(b"another model"));
        let foreign = Template::from_samples(other, vec![sample(&[1.0, 0.0])]).unwrap();
        let mut gallery = gallery(&[(1, [1.0, 0.0])]);
        assert_eq!(
            gallery.push(2, &foreign),
            Err(MatchError::OtherModel { template: other.model, in_use: SPACE.model })
        );
        assert!(gallery.search(other, &embedding(&[1.0, 0.0]), 1).is_err());
        assert_eq!(gallery.push(2, &template(&[1.0])), Err(MatchError::Length { expected: 2, found: 1 }));
        assert!(gallery.search(SPACE, &embedding(&[1.0]), 1).is_err());
        assert_eq!(gallery.len(), 1);
    }

    #[test]
    fn a_gallery_in_a_log_line_shows_no_numbers() {
        let text = format!("{:?}", gallery(&[(1, [0.6, 0.8])]));
        assert!(!text.contains("0.6"), "{text}");
    }

    proptest! {
        #[test]
        fn a_search_finds_what_comparing_one_by_one_finds(
            rows in prop::collection::vec((0usize..40, prop::collection::vec(-1.0f32..1.0, 5)), 1..200),
            probe in prop::collection::vec(-1.0f32..1.0, 5),
            most in 0usize..20,
        ) {
            let long_enough = |vector: &[f32]| vector.iter().map(|x| x * x).sum::<f32>() > 0.01;
            prop_assume!(long_enough(&probe) && rows.iter().all(|(_, row)| long_enough(row)));
            let probe = embedding(&probe);
            let mut gallery = Gallery::new(SPACE, 5);
            let mut best = std::collections::BTreeMap::new();
            for (person, row) in &rows {
                let template = template(row);
                gallery.push(*person, &template).unwrap();
                let score = template.score(SPACE, &probe).unwrap();
                best.entry(*person).and_modify(|known: &mut f32| *known = known.max(score)).or_insert(score);
            }
            let mut expected: Vec<f32> = best.values().copied().collect();
            expected.sort_by(|a, b| b.total_cmp(a));
            expected.truncate(most.min(MAX_HITS));
            let hits = gallery.search(SPACE, &probe, most).unwrap();
            prop_assert_eq!(hits.iter().map(|hit| hit.score).collect::<Vec<_>>(), expected);
            prop_assert!(hits.iter().all(|hit| best[&hit.person] == hit.score && hit.margin >= 0.0));
        }
    }
}
