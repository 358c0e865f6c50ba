//! The site's rotation of embeddings: made with the store, kept sealed in it, renewed by an administrator.

use std::collections::btree_map::{BTreeMap, Entry};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::enrolment::{count_waiting, turn_waiting};
use super::{Acting, Error};
use crate::audit::Operation;
use crate::matching::{MatchError, ROTATION_SEED, Rotation, RotationSeed, Template};
use crate::policy::Right;
use crate::store::{Document, NewTemplate, Store, StoreError, Write};

/// The one rotation's key.
const KEY: &str = "site";

/// What the site's rotation is made from.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationRecord {
    seed: [u8; ROTATION_SEED],
    /// When it was made, UTC.
    #[zeroize(skip)]
    made: Timestamp,
}

impl Document for RotationRecord {
    const KIND: &'static str = "rotation";
}

impl RotationRecord {
    /// A new one.
    pub(super) fn draw(made: Timestamp) -> Result<RotationRecord, StoreError> {
        let mut record = RotationRecord { seed: [0; ROTATION_SEED], made };
        getrandom::fill(&mut record.seed)
            .map_err(|error| StoreError::NoRandom(std::io::Error::other(error)))?;
        Ok(record)
    }

    /// Keeps it in place of the one before, of which nothing stays.
    pub(super) fn keep(&self, store: &Write<'_>) -> Result<(), StoreError> {
        store.put_document(KEY, self)
    }

    pub(super) fn seed(&self) -> RotationSeed {
        RotationSeed::new(Zeroizing::new(self.seed))
    }
}

/// The store's rotation.
pub(super) fn rotation_in(store: &Store) -> Result<RotationRecord, Error> {
    store.document(KEY)?.ok_or(Error::NoRotation)
}

/// Refuses a template that was made under another rotation than the store's.
pub(super) fn rotation_in_use(store: &Write<'_>, template: &Template) -> Result<(), Error> {
    let record = store.document::<RotationRecord>(KEY)?.ok_or(Error::NoRotation)?;
    let (template, in_use) = (template.space().rotation, record.seed().id());
    if template == in_use { Ok(()) } else { Err(MatchError::OtherRotation { template, in_use }.into()) }
}

impl Acting<'_> {
    /// Draws a new rotation and turns every template from the old one to it, those of waiting enrolments among them: after
    /// this, whatever leaked before is of no use here. All templates or none; nobody need be enrolled again. `progress` is told how many templates of how many
    /// are done. Answers how many there were.
    ///
    /// # Errors
    /// [`Error::Template`] naming the person whose template cannot be turned; when the right is missing or the store
    /// fails. Then the old rotation stands.
    pub fn renew_rotation(&mut self, progress: &mut dyn FnMut(usize, usize)) -> Result<usize, Error> {
        let turned = self.act_at(Right::Policy, Operation::RotationRenew, "rotation", |store, now| {
            let old = store.document::<RotationRecord>(KEY)?.ok_or(Error::NoRotation)?;
            let new = RotationRecord::draw(now.wall)?;
            let turned = turn_all(store, &old.seed(), &new.seed(), progress)?;
            new.keep(store)?;
            Ok(turned)
        })?;
        // Another process that reads may hold the write-ahead log for a while; the next one to empty it will.
        self.engine.store.wipe_deleted()?;
        Ok(turned)
    }
}

fn turn_all(
    store: &Write<'_>,
    old: &RotationSeed,
    new: &RotationSeed,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<usize, Error> {
    let total = store.template_count()?.saturating_add(count_waiting(store)?);
    let mut turner = Turner { old, new, rotations: BTreeMap::new() };
    let mut done = 0;
    for stored in store.templates() {
        let stored = stored?;
        let bytes = turner.turn(&stored.person, &stored.bytes)?;
        let (model, quality, samples, created) =
            (stored.model, stored.quality, stored.samples, stored.created);
        store
            .put_template(&stored.person, &NewTemplate { bytes: &bytes, model, quality, samples, created })?;
        done += 1;
        progress(done, total);
    }
    turn_waiting(store, |person, bytes| {
        let turned = turner.turn(person, bytes)?;
        done += 1;
        progress(done, total);
        Ok(turned)
    })?;
    Ok(done)
}

/// Turns templates out of the store's rotation, on their way to another site, and into it on their way here.
pub(super) struct Carrier {
    seed: RotationSeed,
    /// One for each length of embeddings.
    rotations: BTreeMap<usize, Rotation>,
}

impl Carrier {
    /// By the rotation as this transaction has it.
    pub(super) fn of(store: &Write<'_>) -> Result<Carrier, Error> {
        let record = store.document::<RotationRecord>(KEY)?.ok_or(Error::NoRotation)?;
        Ok(Carrier { seed: record.seed(), rotations: BTreeMap::new() })
    }

    /// A template of this site as the model gave it.
    pub(super) fn turn_back(&mut self, person: &str, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let refused = |cause| Error::Template { person: person.to_owned(), cause };
        let template = Template::from_bytes(bytes).map_err(refused)?;
        let rotation = self.rotation(template.embedding_len())?;
        Ok(template.turned_back(rotation).map_err(refused)?.to_bytes())
    }

    /// A template as the model gave it, as this site keeps it.
    pub(super) fn turn_here(&mut self, template: Template) -> Result<Zeroizing<Vec<u8>>, MatchError> {
        let rotation = self.rotation(template.embedding_len())?;
        Ok(template.turned_to(rotation)?.to_bytes())
    }

    fn rotation(&mut self, length: usize) -> Result<&Rotation, MatchError> {
        Ok(match self.rotations.entry(length) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(Rotation::new(&self.seed, length)?),
        })
    }
}

/// Turns templates from one seed's rotation to another's.
struct Turner<'s> {
    old: &'s RotationSeed,
    new: &'s RotationSeed,
    /// One pair for each length of embeddings: packs change, and templates of the one before may still be there.
    rotations: BTreeMap<usize, (Rotation, Rotation)>,
}

impl Turner<'_> {
    fn turn(&mut self, person: &str, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let refused = |cause| Error::Template { person: person.to_owned(), cause };
        let template = Template::from_bytes(bytes).map_err(refused)?;
        let length = template.embedding_len();
        let (old, new) = match self.rotations.entry(length) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                unknown.insert((Rotation::new(self.old, length)?, Rotation::new(self.new, length)?))
            }
        };
        Ok(template.turned(old, new).map_err(refused)?.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use mabataki_models::Digest;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::audit::Outcome;
    use crate::engine::Engine;
    use crate::engine::trial::site;
    use crate::face::Embedding;
    use crate::matching::{Sample, Space};

    const LENGTH: usize = 16;

    /// The face in this direction as a camera of this site would see it now.
    fn seen(engine: &Engine, direction: usize) -> (Space, Embedding) {
        let seed = rotation_in(&engine.store).unwrap().seed();
        let mut numbers = vec![0.0; LENGTH];
        numbers[direction] = 1.0;
        let mut embedding = Embedding(Zeroizing::new(numbers));
        Rotation::new(&seed, LENGTH).unwrap().apply(&mut embedding).unwrap();
        (Space { model: Digest::of(b"model"), rotation: seed.id() }, embedding)
    }

    fn put(engine: &mut Engine, person: &str, template: &Template) {
        let (bytes, model) = (template.to_bytes(), template.model());
        let new =
            NewTemplate { bytes: &bytes, model, quality: 0.5, samples: 1, created: Timestamp::UNIX_EPOCH };
        engine.store.write(|store| store.put_template(person, &new)).unwrap();
    }

    fn enrol(engine: &mut Engine, person: &str, direction: usize) {
        let (space, embedding) = seen(engine, direction);
        let template = Template::from_samples(space, vec![Sample { embedding, quality: 0.5 }]).unwrap();
        put(engine, person, &template);
    }

    fn score(engine: &Engine, person: &str, (space, probe): &(Space, Embedding)) -> Result<f32, MatchError> {
        let stored = engine.store.template(person).unwrap().unwrap();
        Template::from_bytes(&stored.bytes).unwrap().score(*space, probe)
    }

    #[test]
    fn every_site_draws_a_rotation_of_its_own() {
        let (a, b) = (site(), site());
        let id = |engine: &Engine| rotation_in(&engine.store).unwrap().seed().id();
        assert_ne!(id(&a.engine), id(&b.engine));
    }

    #[test]
    fn after_a_renewal_everybody_matches_as_before_and_what_leaked_matches_nobody() {
        let mut site = site();
        let engine = &mut site.engine;
        enrol(engine, "nurse01", 3);
        enrol(engine, "nurse02", 5);
        let leaked = seen(engine, 3);
        let mut told = Vec::new();
        let turned = engine.acting().renew_rotation(&mut |done, of| told.push((done, of))).unwrap();
        assert_eq!((turned, told), (2, vec![(1, 2), (2, 2)]));
        let now = seen(engine, 3);
        assert!((score(engine, "nurse01", &now).unwrap() - 1.0).abs() < 1e-5);
        assert!(score(engine, "nurse02", &now).unwrap().abs() < 1e-5);
        assert!(matches!(score(engine, "nurse01", &leaked), Err(MatchError::OtherRotation { .. })));
        let stored = engine.store.template("nurse01").unwrap().unwrap();
        assert_eq!((stored.created, stored.samples), (Timestamp::UNIX_EPOCH, 1));
        let last = engine.store.log(0, 100).unwrap().pop().unwrap().entry;
        assert_eq!((last.operation, last.outcome), (Operation::RotationRenew, Outcome::Done));
    }

    #[test]
    fn one_template_that_cannot_be_turned_leaves_all_as_they_were_and_is_named() {
        let mut site = site();
        let engine = &mut site.engine;
        enrol(engine, "nurse01", 3);
        let before = seen(engine, 3);
        let foreign = Space { rotation: crate::matching::RotationId::NONE, ..before.0 };
        let sample = Sample { embedding: before.1.clone(), quality: 0.5 };
        put(engine, "nurse02", &Template::from_samples(foreign, vec![sample]).unwrap());
        let error = engine.acting().renew_rotation(&mut |_, _| {}).unwrap_err();
        assert!(matches!(&error, Error::Template { person, .. } if person == "nurse02"), "{error}");
        assert_eq!(error.code(), "other_rotation");
        assert!((score(engine, "nurse01", &before).unwrap() - 1.0).abs() < 1e-5);
        let last = engine.store.log(0, 100).unwrap().pop().unwrap().entry;
        assert_eq!((last.operation, last.outcome), (Operation::RotationRenew, Outcome::Refused));
    }

    #[test]
    fn a_store_without_a_rotation_says_so_and_compares_nobody() {
        let mut site = site();
        site.engine.store.write(|store| store.remove_document::<RotationRecord>(KEY)).unwrap();
        let error = site.engine.acting().renew_rotation(&mut |_, _| {}).unwrap_err();
        assert_eq!(error.code(), "no_rotation");
    }
}
