//! What the strangers at one site say about the threshold: everybody enrolled there is a stranger to everybody else.

use zeroize::{Zeroize, Zeroizing};

use super::{
    MatchError, Space, Template, Threshold,
    binomial::{highest_plausible, most_that_agree, most_that_show},
    vector::{check, dot},
};
use crate::text::vocabulary;
use mabataki_models::Calibration;

/// The most people compared with each other: 50 million pairs, some 10 s on one core.
pub const MOST_PEOPLE: usize = 10_000;

/// The most pairs that are named as too much alike; beyond it they are only counted.
pub const MOST_NAMED: usize = 100;

/// Scores are counted in steps of this size. Thresholds come out on a step, never below what was meant.
const STEP: f32 = 1e-3;

/// Steps from −1 to 1.
const STEPS: usize = 2001;

vocabulary! {
    /// What a site's threshold rests on.
    pub enum Basis, "a basis of a threshold" {
        /// So many pairs show the rate, and ask for more than the pack does.
        Site = "site", "the people here: they ask for more than the model pack does",
            "当施設の登録者による値です（モデルパックより厳しい値が必要です）";
        /// So many pairs show that the pack's threshold holds the rate here.
        Confirmed = "confirmed", "the model pack, confirmed by the people here",
            "モデルパックの値です（当施設の登録者で確認済み）";
        /// Too few pairs to show the rate, and more of them score high than the pack's promise allows for.
        Raised = "raised", "raised: the people here are too few to show the rate, but speak against the model pack",
            "引き上げた値です（登録者が少なく確認できませんが、モデルパックの値では不足です）";
        /// Too few pairs to show the rate; they do not speak against the pack.
        Pack = "pack", "the model pack: the people here are too few to show the rate",
            "モデルパックの値です（登録者が少ないため確認できません）";
    }
}

/// The faces of a site's people, to be compared each with every other. Wiped on drop.
pub struct Strangers {
    space: Space,
    length: usize,
    rows: Zeroizing<Vec<f32>>,
}

/// What the comparison gave.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteThreshold {
    /// The score to ask for at the rate, never below the pack's.
    pub score: f32,
    /// What the pack asks for.
    pub pack: f32,
    /// The false-match rate that it is for.
    pub fmr: f64,
    /// What it rests on.
    pub basis: Basis,
    /// Pairs of different people that were counted.
    pub pairs: u64,
    /// How many of them reach the score.
    pub reached: u64,
    /// The highest false-match rate at the score that the pairs leave plausible (95 %, Clopper-Pearson), were they
    /// independent. Pairs that share a person are not quite, so it may be somewhat higher.
    pub fmr_high: f64,
    /// The least rate that so many pairs could show, were there no match among them: three in as many.
    pub least_shown: f64,
    /// Pairs as alike as one person is to themselves: enrolled twice, or twins. Not counted as strangers.
    pub one_person: u64,
    /// The pairs that match each other at the pack's threshold, the most alike first, at most [`MOST_NAMED`].
    pub alike: Vec<Alike>,
}

/// Two people who match each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alike {
    /// Which two, in the order they were given.
    pub people: [usize; 2],
    /// Their cosine, −1..1.
    pub score: f32,
}

impl Strangers {
    /// Nobody yet; templates of this space, with embeddings of `length` numbers, can be added.
    #[must_use]
    pub fn new(space: Space, length: usize) -> Self {
        Self { space, length, rows: Zeroizing::default() }
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> usize {
        self.rows.len() / self.length.max(1)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`MatchError::OtherModel`], [`MatchError::OtherRotation`] or [`MatchError::Length`] when the template is not of
    /// the space; [`MatchError::People`] beyond [`MOST_PEOPLE`].
    pub fn push(&mut self, template: &Template) -> Result<(), MatchError> {
        template.space().check(self.space)?;
        check(template.mean(), self.length)?;
        if self.people() == MOST_PEOPLE {
            return Err(MatchError::People { most: MOST_PEOPLE });
        }
        if self.rows.len() == self.rows.capacity() {
            self.grow();
        }
        self.rows.extend_from_slice(template.mean());
        Ok(())
    }

    /// Puts the person `at` in the place of another, who is forgotten.
    ///
    /// # Errors
    /// As [`Strangers::push`]; also when there is no such place.
    pub fn replace(&mut self, at: usize, template: &Template) -> Result<(), MatchError> {
        template.space().check(self.space)?;
        check(template.mean(), self.length)?;
        let row = self.rows.chunks_exact_mut(self.length).nth(at);
        row.ok_or(MatchError::People { most: MOST_PEOPLE })?.copy_from_slice(template.mean());
        Ok(())
    }

    /// Compares every two people and says what threshold the rate takes here. `progress` is told how many pairs of how
    /// many are done.
    ///
    /// With enough pairs the score is the least at which they show the rate; with fewer, the least at which they do not
    /// speak against it. It is never below the pack's, and never above the score where the pack's calibration ends: pairs
    /// beyond that are taken for one person enrolled twice, or for twins, whom no threshold tells apart.
    ///
    /// # Errors
    /// [`MatchError::Uncalibrated`] when the pack makes no statement at `fmr`.
    pub fn threshold(
        &self,
        calibration: &Calibration,
        fmr: f64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<SiteThreshold, MatchError> {
        let pack = Threshold::verification(calibration, fmr)?.score;
        let same = calibration.threshold_for(calibration.least_fmr());
        let found = self.compare(pack, same, progress);
        let shown = most_that_show(found.pairs, fmr);
        let allowed = shown.unwrap_or_else(|| most_that_agree(found.pairs, fmr));
        let score = found.least_score(pack, allowed).min(same.max(pack));
        let basis = match (score > pack, shown.is_some()) {
            (true, true) => Basis::Site,
            (true, false) => Basis::Raised,
            (false, true) => Basis::Confirmed,
            (false, false) => Basis::Pack,
        };
        let reached = found.reaching(score);
        Ok(SiteThreshold {
            score,
            pack,
            fmr,
            basis,
            pairs: found.pairs,
            reached,
            fmr_high: highest_plausible(found.pairs, reached),
            least_shown: highest_plausible(found.pairs, 0),
            one_person: found.one_person,
            alike: found.alike,
        })
    }

    fn compare(&self, pack: f32, same: f32, progress: &mut dyn FnMut(u64, u64)) -> Comparison {
        let people = self.people() as u64;
        let all = people * people.saturating_sub(1) / 2;
        let mut found = Comparison { counts: vec![0; STEPS], pairs: 0, one_person: 0, alike: Vec::new() };
        for (a, row) in self.rows.chunks_exact(self.length).enumerate() {
            for (offset, other) in self.rows[(a + 1) * self.length..].chunks_exact(self.length).enumerate() {
                let score = dot(row, other).clamp(-1.0, 1.0);
                if score >= pack {
                    found.name(Alike { people: [a, a + 1 + offset], score });
                }
                if score >= same {
                    found.one_person += 1;
                } else {
                    found.pairs += 1;
                    found.counts[step(score)] += 1;
                }
            }
            progress(found.pairs + found.one_person, all);
        }
        found
    }

    /// Makes room for twice as many rows. The old block is wiped, not just freed.
    fn grow(&mut self) {
        let mut grown = Vec::with_capacity((2 * self.rows.len()).max(64 * self.length));
        grown.extend_from_slice(&self.rows);
        std::mem::replace(&mut *self.rows, grown).zeroize();
    }
}

impl std::fmt::Debug for Strangers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Strangers([{} people])", self.people())
    }
}

/// Scores counted.
struct Comparison {
    counts: Vec<u64>,
    pairs: u64,
    one_person: u64,
    alike: Vec<Alike>,
}

impl Comparison {
    fn name(&mut self, pair: Alike) {
        let at = self.alike.partition_point(|known| known.score >= pair.score);
        if at < MOST_NAMED {
            self.alike.insert(at, pair);
            self.alike.truncate(MOST_NAMED);
        }
    }

    /// The least score, from `floor` upwards, that at most `allowed` pairs reach.
    fn least_score(&self, floor: f32, allowed: u64) -> f32 {
        let mut reaching = 0;
        for at in (0..STEPS).rev() {
            reaching += self.counts[at];
            if reaching > allowed {
                return floor.max(start_of(at + 1));
            }
        }
        floor
    }

    /// How many pairs reach a score, counted in whole steps: those of the step it lies in are taken to reach it.
    fn reaching(&self, score: f32) -> u64 {
        self.counts[step(score)..].iter().sum()
    }
}

/// The step that a score lies in.
fn step(score: f32) -> usize {
    (((score + 1.0) / STEP).floor() as usize).min(STEPS - 1)
}

/// The least score of a step, from the middle of the rounding upwards so that it lies in that step again.
fn start_of(step: usize) -> f32 {
    step as f32 * STEP - 1.0 + STEP / 100.0
}

#[cfg(test)]
mod tests {
    use mabataki_models::{Point, Population};
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::matching::fixture::{SPACE, template};

    fn calibration() -> Calibration {
        let point = |threshold, fmr| Point { threshold, fmr, extrapolated: false };
        Calibration {
            default_fmr: 1e-4,
            population: vec![Population {
                name: "made up".into(),
                source: "for this test".into(),
                points: vec![point(0.2, 1e-1), point(0.3, 1e-2), point(0.5, 1e-4), point(0.7, 1e-6)],
            }],
        }
    }

    /// A template in a direction drawn evenly from a ball of so many axes.
    fn stranger(random: &mut u64, axes: usize) -> Template {
        let mut next = || {
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*random >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        template(&(0..axes).map(|_| (0..6).map(|_| next()).sum()).collect::<Vec<f32>>())
    }

    fn strangers(count: usize, axes: usize) -> Strangers {
        let mut random = 7;
        let mut strangers = Strangers::new(SPACE, axes);
        (0..count).for_each(|_| strangers.push(&stranger(&mut random, axes)).unwrap());
        strangers
    }

    fn judge(strangers: &Strangers, fmr: f64) -> SiteThreshold {
        strangers.threshold(&calibration(), fmr, &mut |_, _| {}).unwrap()
    }

    #[test]
    fn ten_people_claim_nothing_and_the_packs_threshold_stands() {
        let found = judge(&strangers(10, 64), 1e-4);
        assert_eq!((found.basis, found.score, found.pairs), (Basis::Pack, 0.5, 45));
        assert!(found.least_shown > 0.06 && found.fmr_high > 0.06, "{found:?}");
    }

    #[test]
    fn nobody_and_one_person_are_no_pairs() {
        for count in [0, 1] {
            let found = judge(&strangers(count, 8), 1e-4);
            assert_eq!((found.basis, found.score, found.pairs, found.fmr_high), (Basis::Pack, 0.5, 0, 1.0));
        }
    }

    #[test]
    fn many_people_unlike_each_other_confirm_the_pack_but_never_lower_it() {
        let found = judge(&strangers(300, 128), 1e-4);
        assert_eq!(
            (found.basis, found.score, found.pairs, found.reached),
            (Basis::Confirmed, 0.5, 44_850, 0)
        );
        assert!(found.fmr_high <= 1e-4);
    }

    #[test]
    fn many_people_more_alike_than_the_pack_promises_raise_the_threshold_until_the_rate_is_shown() {
        // In 24 axes strangers reach 0.5 in about one of 170 pairs.
        let found = judge(&strangers(300, 24), 1e-3);
        assert_eq!(found.basis, Basis::Site);
        assert!(found.score > found.pack && found.fmr_high <= 1e-3, "{found:?}");
        assert!(found.reached > 0);
    }

    #[test]
    fn a_few_who_are_too_alike_raise_the_threshold_above_them() {
        // Twelve people in the plane of three axes: 66 pairs, many above 0.5 where one in ten thousand was promised.
        let found = judge(&strangers(12, 8), 1e-4);
        assert_eq!(found.basis, Basis::Raised);
        assert!(found.score > 0.5 && found.score <= 0.7, "{found:?}");
    }

    #[test]
    fn a_person_enrolled_twice_is_named_and_moves_no_threshold() {
        let mut people = strangers(300, 128);
        let mut random = 99;
        let twice = stranger(&mut random, 128);
        people.push(&twice).unwrap();
        people.push(&twice).unwrap();
        let found = judge(&people, 1e-4);
        assert_eq!((found.basis, found.score, found.one_person), (Basis::Confirmed, 0.5, 1));
        assert_eq!(found.alike.iter().map(|pair| pair.people).collect::<Vec<_>>(), [[300, 301]]);
    }

    #[test]
    fn the_most_alike_are_named_first_and_not_without_end() {
        let found = judge(&strangers(60, 4), 1e-2);
        assert_eq!(found.alike.len(), MOST_NAMED);
        assert!(found.alike.is_sorted_by(|a, b| a.score >= b.score));
    }

    #[test]
    fn somebody_replaced_is_compared_no_more() {
        let mut people = strangers(20, 64);
        let mut random = 5;
        let twice = stranger(&mut random, 64);
        people.push(&twice).unwrap();
        people.replace(3, &twice).unwrap();
        assert_eq!(judge(&people, 1e-2).alike[0].people, [3, 20]);
        assert!(people.replace(21, &twice).is_err());
    }

    #[test]
    fn progress_ends_with_every_pair() {
        let mut last = (0, 0);
        strangers(20, 8).threshold(&calibration(), 1e-2, &mut |done, of| last = (done, of)).unwrap();
        assert_eq!(last, (190, 190));
    }

    proptest! {
        #[test]
        fn the_threshold_is_never_below_the_packs_and_counts_what_reaches_it(
            count in 0usize..40, axes in 2usize..40, exponent in 1i32..6,
        ) {
            let found = judge(&strangers(count, axes), 10f64.powi(-exponent));
            prop_assert!(found.score >= found.pack && found.score <= 0.7);
            prop_assert!(found.reached <= found.pairs);
            prop_assert_eq!(found.pairs + found.one_person, (count * count.saturating_sub(1) / 2) as u64);
            if matches!(found.basis, Basis::Site | Basis::Confirmed) {
                prop_assert!(found.fmr_high <= found.fmr * 1.000_001);
            }
        }
    }
}
