//! Whose face it is, out of the few people who share a card.

use super::{MatchError, Space, Template, Threshold};
use crate::face::Embedding;

/// By how much the best must exceed the second best, in cosine.
pub const LEAST_MARGIN: f32 = 0.1;

/// Which of several people a face belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// This one: the best reaches the threshold and leads by the margin.
    One {
        /// Which of the templates, in the order given.
        index: usize,
        /// Its cosine, −1..1.
        score: f32,
    },
    /// Nobody reaches the threshold.
    Nobody,
    /// Somebody does, but another is too nearly as good: nobody is chosen.
    Unclear,
}

/// Decides which of a few people a probe belongs to, or that it is none, or that it cannot be told. Every template is
/// compared, whatever the others gave. The `threshold` is that of an identification among as many people as there are
/// templates: [`Threshold::identification`].
///
/// # Errors
/// As [`Template::score`], for the first template that cannot be compared: who of these people it is cannot be said
/// when one of them was left out.
pub fn choose<'t>(
    templates: impl IntoIterator<Item = &'t Template>,
    space: Space,
    probe: &Embedding,
    threshold: Threshold,
) -> Result<Choice, MatchError> {
    let mut best: Option<(usize, f32)> = None;
    let mut second = f32::NEG_INFINITY;
    for (index, template) in templates.into_iter().enumerate() {
        let score = template.score(space, probe)?;
        match best {
            Some((_, leader)) if score <= leader => second = second.max(score),
            _ => {
                second = best.map_or(second, |(_, leader)| leader);
                best = Some((index, score));
            }
        }
    }
    Ok(match best {
        Some((index, score)) if threshold.accepts(score) => {
            if score - second >= LEAST_MARGIN {
                Choice::One { index, score }
            } else {
                Choice::Unclear
            }
        }
        _ => Choice::Nobody,
    })
}

#[cfg(test)]
mod tests {
    use mabataki_models::Digest;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::matching::fixture::{SPACE, embedding, template};

    const THRESHOLD: Threshold = Threshold { score: 0.5, fmr: 1e-4, extrapolated: false };

    /// The face at this angle, in turns of a right angle.
    fn at(angle: f32) -> [f32; 2] {
        let (sin, cos) = (angle * std::f32::consts::FRAC_PI_2).sin_cos();
        [cos, sin]
    }

    fn choice(people: &[f32], probe: f32) -> Choice {
        let templates: Vec<_> = people.iter().map(|angle| template(&at(*angle))).collect();
        choose(&templates, SPACE, &embedding(&at(probe)), THRESHOLD).unwrap()
    }

    #[test]
    fn the_one_who_leads_by_the_margin_is_chosen_wherever_they_stand() {
        assert!(matches!(choice(&[0.0, 1.0], 0.1), Choice::One { index: 0, .. }));
        assert!(matches!(choice(&[1.0, 0.0], 0.1), Choice::One { index: 1, .. }));
        assert!(matches!(choice(&[1.0, 0.5, 0.0], 0.5), Choice::One { index: 1, .. }));
        assert!(matches!(choice(&[0.0], 0.0), Choice::One { index: 0, .. }));
    }

    #[test]
    fn two_who_look_alike_are_never_told_apart_by_a_hair() {
        assert_eq!(choice(&[0.0, 0.05], 0.0), Choice::Unclear);
        assert_eq!(choice(&[0.0, 0.0], 0.0), Choice::Unclear);
    }

    #[test]
    fn a_stranger_to_all_of_them_is_nobody_however_far_ahead_one_is() {
        assert_eq!(choice(&[0.0, 1.9], 0.9), Choice::Nobody);
        assert_eq!(choice(&[], 0.0), Choice::Nobody);
    }

    #[test]
    fn one_template_that_cannot_be_compared_spoils_the_choice() {
        let other = Space::bare(Digest::of(b"another model"));
        let foreign =
            Template::from_samples(other, vec![crate::matching::fixture::sample(&[0.0, 1.0])]).unwrap();
        let templates = [template(&[1.0, 0.0]), foreign];
        assert!(choose(&templates, SPACE, &embedding(&[1.0, 0.0]), THRESHOLD).is_err());
    }

    proptest! {
        #[test]
        fn whoever_is_chosen_passes_the_threshold_and_leads_everybody_else(
            people in prop::collection::vec(0.0f32..4.0, 1..16), probe in 0.0f32..4.0,
        ) {
            let scores: Vec<f32> = people.iter().map(|angle| {
                template(&at(*angle)).score(SPACE, &embedding(&at(probe))).unwrap()
            }).collect();
            let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            match choice(&people, probe) {
                Choice::One { index, score } => {
                    prop_assert_eq!(score, scores[index]);
                    prop_assert!(score >= THRESHOLD.score);
                    let leads = |(other, &theirs): (usize, &f32)| other == index || score - theirs >= LEAST_MARGIN;
                    prop_assert!(scores.iter().enumerate().all(leads));
                }
                Choice::Nobody => prop_assert!(best < THRESHOLD.score),
                Choice::Unclear => {
                    prop_assert!(best >= THRESHOLD.score);
                    prop_assert!(scores.iter().filter(|score| best - **score < LEAST_MARGIN).count() > 1);
                }
            }
        }
    }
}
