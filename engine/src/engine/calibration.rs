//! Site calibration: the people enrolled here, compared with each other, say whether the pack's threshold holds the
//! false-match rate among them. Every decision asks for the stricter of both.

use jiff::Timestamp;
use mabataki_models::{Calibration, Digest};
use serde::{Deserialize, Serialize};

use super::{Acting, Engine, Error};
use crate::audit::Operation;
use crate::matching::{Basis, MOST_PEOPLE, MatchError, SiteThreshold, Space, Strangers, Template, Threshold};
use crate::policy::Right;
use crate::store::{Document, Store};

/// The one calibration's key.
const KEY: &str = "site";

/// What the last calibration of this site found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteCalibration {
    /// When, UTC.
    pub date: Timestamp,
    /// The administrator who asked for it; nobody where none is needed.
    pub by: Option<String>,
    /// The embedding model. With another one the calibration says nothing.
    pub model: Digest,
    /// The false-match rate it was made for.
    pub fmr_target: f64,
    /// The score to ask for at that rate, never below the pack's.
    pub threshold: f32,
    /// What the pack asked for then.
    pub pack_threshold: f32,
    /// What the threshold rests on.
    pub basis: Basis,
    /// People compared.
    pub people: u64,
    /// Enrolled people who were not: more than can be compared at once, or enrolled with another model.
    pub left_out: u64,
    /// Pairs of different people that were counted.
    pub impostor_pairs: u64,
    /// How many of them reach the threshold.
    pub reached: u64,
    /// The highest false-match rate at the threshold that these pairs leave plausible (95 %).
    pub fmr_high: f64,
    /// The least rate that so many pairs can show.
    pub least_shown: f64,
    /// Pairs as alike as one person: not counted as strangers.
    pub one_person: u64,
}

impl Document for SiteCalibration {
    const KIND: &'static str = "site_calibration";
}

/// A calibration as it was just made.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// What is kept.
    pub calibration: SiteCalibration,
    /// People who match each other at the pack's threshold, by their ids, the most alike first: one person enrolled
    /// twice, twins, or chance. Somebody should look at them. Not kept; at most [`MOST_NAMED`](crate::matching::MOST_NAMED).
    pub alike: Vec<[String; 2]>,
}

impl Engine {
    /// What a score is worth here: by the pack, and by this site's own people where they ask for more.
    pub(super) fn thresholds(&mut self) -> Result<Thresholds, Error> {
        let site = self.store.document::<SiteCalibration>(KEY)?;
        let eyes = self.eyes()?;
        let (model, pack) = (eyes.space().model, eyes.calibration().clone());
        let lift = site.filter(|site| site.model == model).map_or(0.0, |site| site.lift(&pack));
        Ok(Thresholds { pack, lift })
    }

    /// The false-match rate that the pack is made for.
    ///
    /// # Errors
    /// When the pack cannot be loaded.
    pub fn default_fmr(&mut self) -> Result<f64, Error> {
        Ok(self.eyes()?.calibration().default_fmr)
    }
}

/// The stricter of pack and site, for every decision.
pub(super) struct Thresholds {
    pack: Calibration,
    lift: f32,
}

impl Thresholds {
    /// For one comparison at this false-match rate.
    pub(super) fn of(&self, fmr: f64) -> Result<Threshold, MatchError> {
        Ok(Threshold::verification(&self.pack, fmr)?.raised_by(self.lift))
    }

    /// For one face among `people`, where `fpir` is the chance that a stranger to all is taken for any of them.
    pub(super) fn among(&self, people: usize, fpir: f64) -> Result<Threshold, MatchError> {
        Ok(Threshold::identification(&self.pack, fpir, people)?.raised_by(self.lift))
    }

    /// The strictest that the pack knows of.
    pub(super) fn strictest(&self) -> Result<Threshold, MatchError> {
        self.of(self.pack.least_fmr())
    }
}

impl SiteCalibration {
    /// How far the site's strangers lie above the pack's at the rate that was looked at. They are taken to lie as far
    /// above them at every other rate.
    fn lift(&self, pack: &Calibration) -> f32 {
        (self.threshold - pack.threshold_for(self.fmr_target)).max(0.0)
    }
}

impl Acting<'_> {
    /// The last calibration, if there was one.
    ///
    /// # Errors
    /// When the right is missing or the store fails.
    pub fn calibration(&self) -> Result<Option<SiteCalibration>, Error> {
        self.require(Right::Policy)?;
        Ok(self.engine.store.document(KEY)?)
    }

    /// Compares everybody enrolled with everybody else, and keeps what threshold the rate takes among them. From then on
    /// every decision asks for it where it is stricter than the pack's. `progress` is told how many pairs of how many are
    /// done.
    ///
    /// # Errors
    /// When the pack cannot be loaded or makes no statement at `fmr`, a template is damaged, the right is missing, or the
    /// store fails. Then the calibration before stands.
    pub fn calibrate(&mut self, fmr: f64, progress: &mut dyn FnMut(u64, u64)) -> Result<Calibrated, Error> {
        let found = self
            .require(Right::Policy)
            .and_then(|()| self.compare(fmr, progress))
            .inspect_err(|error| self.record_refusal(Operation::Calibrate, "calibration", error.code()))?;
        let Found { crowd, site, model } = found;
        let by = self.actor().map(str::to_owned);
        let object = format!(
            "threshold {:.3} for {:e}: {}, {} pairs of {} people",
            site.score,
            fmr,
            site.basis,
            site.pairs,
            crowd.ids.len()
        );
        let alike = site.alike.iter().filter_map(|pair| {
            let [a, b] = pair.people.map(|person| crowd.ids.get(person).cloned());
            Some([a?, b?])
        });
        let alike = alike.collect();
        let calibration = self.act_at(Right::Policy, Operation::Calibrate, &object, |store, now| {
            let calibration = SiteCalibration {
                date: now.wall,
                by,
                model,
                fmr_target: fmr,
                threshold: site.score,
                pack_threshold: site.pack,
                basis: site.basis,
                people: crowd.ids.len() as u64,
                left_out: crowd.left_out,
                impostor_pairs: site.pairs,
                reached: site.reached,
                fmr_high: site.fmr_high,
                least_shown: site.least_shown,
                one_person: site.one_person,
            };
            store.put_document(KEY, &calibration)?;
            Ok(calibration)
        })?;
        Ok(Calibrated { calibration, alike })
    }

    fn compare(&mut self, fmr: f64, progress: &mut dyn FnMut(u64, u64)) -> Result<Found, Error> {
        let eyes = self.engine.fresh_eyes()?;
        let (space, length, pack) = (eyes.space(), eyes.embedding_len(), eyes.calibration().clone());
        let crowd = Crowd::gather(&self.engine.store, space, length)?;
        let site = crowd.strangers.threshold(&pack, fmr, progress)?;
        Ok(Found { crowd, site, model: space.model })
    }
}

struct Found {
    crowd: Crowd,
    site: SiteThreshold,
    model: Digest,
}

/// The people enrolled, or as many of them as can be compared at once.
struct Crowd {
    strangers: Strangers,
    ids: Vec<String>,
    left_out: u64,
}

impl Crowd {
    /// Reads all templates, one at a time. Beyond the limit an even sample of them stays, always the same one.
    fn gather(store: &Store, space: Space, length: usize) -> Result<Crowd, Error> {
        let mut crowd = Crowd { strangers: Strangers::new(space, length), ids: Vec::new(), left_out: 0 };
        let mut seen = 0;
        let mut random = 0x6d61_6261_7461_6b69;
        for stored in store.templates() {
            let stored = stored?;
            let refused = |cause| Error::Template { person: stored.person.clone(), cause };
            let template = Template::from_bytes(&stored.bytes).map_err(refused)?;
            if template.space() != space || template.embedding_len() != length {
                crowd.left_out += 1;
                continue;
            }
            if seen < MOST_PEOPLE {
                crowd.strangers.push(&template).map_err(refused)?;
                crowd.ids.push(stored.person);
            } else {
                // Vitter's algorithm R: the n-th comes in with the chance MOST_PEOPLE / n.
                let place = below(&mut random, seen + 1);
                crowd.left_out += 1;
                if let Some(id) = crowd.ids.get_mut(place) {
                    crowd.strangers.replace(place, &template).map_err(refused)?;
                    *id = stored.person;
                }
            }
            seen += 1;
        }
        Ok(crowd)
    }
}

/// A number from zero up to, not including, `limit`: SplitMix64, for a sample that is the same every time.
fn below(state: &mut u64, limit: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    ((u128::from(z) * limit as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use zeroize::Zeroizing;

    use super::*;
    use crate::audit::Outcome;
    use crate::engine::Config;
    use crate::engine::trial::{config, site};
    use crate::face::Embedding;
    use crate::matching::{RotationId, Sample};
    use crate::store::{NewTemplate, Profile, Settings};

    fn with_nets(folder: &tempfile::TempDir) -> Engine {
        let config = Config {
            pack: mabataki_test_support::installed::pack(),
            runtime: mabataki_test_support::installed::runtime(),
            ..config(folder)
        };
        Engine::create(config, Settings { terminal: "ward3-a".to_owned(), open: false }).unwrap()
    }

    /// A template in the direction of one axis, and a little towards the next.
    fn put(engine: &mut Engine, person: &str, space: Space, length: usize, axis: usize, aside: f32) {
        let mut numbers = vec![0.0; length];
        (numbers[axis], numbers[axis + 1]) = ((1.0 - aside * aside).sqrt(), aside);
        let sample = Sample { embedding: Embedding(Zeroizing::new(numbers)), quality: 0.5 };
        let bytes = Template::from_samples(space, vec![sample]).unwrap().to_bytes();
        let new = NewTemplate {
            bytes: &bytes,
            model: space.model,
            quality: 0.5,
            samples: 1,
            created: Timestamp::UNIX_EPOCH,
        };
        engine.store.write(|store| store.put_template(person, &new)).unwrap();
    }

    fn add_people(engine: &mut Engine, count: usize) -> Vec<String> {
        let ids: Vec<String> = (0..count).map(|n| format!("p{n:03}")).collect();
        for id in &ids {
            engine.acting().add_person(id, &Profile::named(id)).unwrap();
        }
        ids
    }

    #[test]
    fn a_few_people_are_compared_their_result_kept_logged_and_two_alike_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut engine = with_nets(&folder);
        let ids = add_people(&mut engine, 6);
        let (space, length) = engine.eyes().map(|eyes| (eyes.space(), eyes.embedding_len())).unwrap();
        // Two of them are 0.6 alike: a match at the pack's threshold, and no double.
        for (axis, id) in ids[..4].iter().enumerate() {
            put(&mut engine, id, space, length, 4 * axis, 0.0);
        }
        put(&mut engine, &ids[4], space, length, 0, 0.8);
        let foreign = Space { rotation: RotationId::NONE, ..space };
        put(&mut engine, &ids[5], foreign, length, 100, 0.0);
        let before = engine.thresholds().unwrap().of(1e-4).unwrap();
        let Calibrated { calibration, alike } = engine.acting().calibrate(1e-4, &mut |_, _| {}).unwrap();
        assert_eq!(alike, [["p000".to_owned(), "p004".to_owned()]]);
        assert_eq!((calibration.people, calibration.left_out, calibration.impostor_pairs), (5, 1, 10));
        assert_eq!(calibration.basis, Basis::Raised);
        assert!(calibration.threshold > 0.6 && calibration.fmr_high > 0.2, "{calibration:?}");
        assert_eq!(engine.acting().calibration().unwrap(), Some(calibration.clone()));
        let after = engine.thresholds().unwrap().of(1e-4).unwrap();
        assert!(after.score > before.score && (after.score - calibration.threshold).abs() < 1e-5);
        assert!(engine.thresholds().unwrap().among(5, 1e-4).unwrap().score > after.score);
        let entry = engine.store.log(0, 100).unwrap().pop().unwrap().entry;
        assert_eq!((entry.operation, entry.outcome), (Operation::Calibrate, Outcome::Done));
        assert!(entry.object.as_ref().is_some_and(|object| object.contains("raised, 10 pairs")), "{entry:?}");
    }

    #[test]
    fn a_calibration_of_another_model_or_below_the_packs_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut engine = with_nets(&folder);
        let model = engine.eyes().map(|eyes| eyes.space().model).unwrap();
        let plain = engine.thresholds().unwrap().of(1e-4).unwrap();
        let mut keep = |model, threshold| {
            let calibration = SiteCalibration {
                date: Timestamp::UNIX_EPOCH,
                by: None,
                model,
                fmr_target: 1e-3,
                threshold,
                pack_threshold: 0.4,
                basis: Basis::Site,
                people: 300,
                left_out: 0,
                impostor_pairs: 44_850,
                reached: 30,
                fmr_high: 1e-3,
                least_shown: 7e-5,
                one_person: 0,
            };
            engine.store.write(|store| store.put_document(KEY, &calibration)).unwrap();
            engine.thresholds().unwrap().of(1e-4).unwrap()
        };
        assert_eq!(keep(Digest::of(b"another model"), 0.6), plain);
        assert_eq!(keep(model, 0.1), plain);
        // The pack asks for 0.43 at 1e-3: what is 0.05 more there is 0.05 more everywhere.
        assert!((keep(model, 0.48).score - plain.score - 0.05).abs() < 1e-5);
    }

    #[test]
    fn what_cannot_be_compared_is_refused_and_logged_and_nothing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut engine = with_nets(&folder);
        let error = engine.acting().calibrate(1e-12, &mut |_, _| {}).unwrap_err();
        assert_eq!(error.code(), "not_calibrated");
        let entry = engine.store.log(0, 100).unwrap().pop().unwrap().entry;
        assert_eq!((entry.operation, entry.outcome), (Operation::Calibrate, Outcome::Refused));
        assert_eq!(engine.acting().calibration().unwrap(), None);
        // Without a pack there is nothing to calibrate against.
        assert_eq!(site().engine.acting().calibrate(1e-4, &mut |_, _| {}).unwrap_err().code(), "no_model");
    }
}
