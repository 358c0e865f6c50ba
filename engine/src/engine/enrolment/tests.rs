//! What waits and lapses, and what a new template is compared with.

use jiff::{SignedDuration, Timestamp};
use mabataki_models::Digest;
use pretty_assertions::assert_eq;
use zeroize::Zeroizing;

use super::super::clock::Now;
use super::super::rotation::rotation_in;
use super::super::trial::{Site, at, config, site};
use super::super::{Config, Engine};
use super::keep::Package;
use super::*;
use crate::audit::{Operation, Outcome};
use crate::face::Embedding;
use crate::matching::{RotationId, Sample, Space};
use crate::policy::Purpose;
use crate::session::ReviewReason;
use crate::store::{NewTemplate, Settings};

const FILED: &str = "2026-04-01T00:00:00Z";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A template in the direction of one axis.
fn template(space: Space, length: usize, axis: usize) -> Template {
    let mut numbers = vec![0.0; length];
    numbers[axis] = 1.0;
    let sample = Sample { embedding: Embedding(Zeroizing::new(numbers)), quality: 0.5 };
    Template::from_samples(space, vec![sample]).unwrap()
}

/// A site where the face of `nurse01` waits for an hour from [`FILED`] on.
fn site_with_one_waiting() -> Site {
    let mut site = site();
    let rotation = rotation_in(&site.engine.store).unwrap().seed().id();
    let template = template(Space { model: Digest::of(b"model"), rotation }, 8, 0);
    let package = Package { person: "nurse01", profile: None, card: None, label: None, template: &template };
    let filed = at(FILED.parse().unwrap(), 1, 0);
    let reason = ReviewReason::SecondApprover;
    let waiting = PendingEnrolment::of(&package, reason, None, None, filed, Duration::from_secs(3600));
    site.engine.store.write(|store| waiting.file(store)).unwrap();
    site
}

fn waiting(site: &Site) -> usize {
    site.engine.store.documents::<PendingEnrolment>().unwrap().len()
}

#[test]
fn an_enrolment_waits_until_its_term_is_over_and_is_forgotten_then_and_logged() {
    let mut site = site_with_one_waiting();
    let end = FILED.parse::<Timestamp>().unwrap() + HOUR;
    let before = end - SignedDuration::from_micros(1);
    let store = &mut site.engine.store;
    store.write(|store| forget_lapsed(store, at(before, 1, 0))).unwrap();
    assert_eq!(waiting(&site), 1);
    let store = &mut site.engine.store;
    store.write(|store| forget_lapsed(store, at(end, 1, 0))).unwrap();
    assert_eq!(waiting(&site), 0);
    let last = site.engine.store.log(0, 100).unwrap().pop().unwrap().entry;
    assert_eq!((last.operation, last.outcome), (Operation::EnrolmentLapse, Outcome::Done));
    assert_eq!((last.object.as_deref(), last.time), (Some("nurse01"), end));
}

#[test]
fn a_clock_that_stands_behind_what_it_has_shown_forgets_nothing() {
    let mut site = site_with_one_waiting();
    let late = FILED.parse::<Timestamp>().unwrap() + HOUR + HOUR;
    let behind = Now { behind: true, ..at(late, 1, 0) };
    site.engine.store.write(|store| forget_lapsed(store, behind)).unwrap();
    assert_eq!(waiting(&site), 1);
}

#[test]
fn whatever_is_done_next_with_enrolments_or_grants_forgets_what_has_lapsed() {
    type Act = fn(&mut Engine);
    let acts: [Act; 4] = [
        |engine| assert!(engine.acting().pending_enrolments().unwrap().is_empty()),
        |engine| assert_eq!(engine.acting().approve_enrolment("nurse01").unwrap_err().code(), "not_found"),
        |engine| assert_eq!(engine.acting().refuse_enrolment("nurse01").unwrap_err().code(), "not_found"),
        |engine| drop(super::super::trial::grant(engine, "nurse02", Purpose::Login, None)),
    ];
    for act in acts {
        let mut site = site_with_one_waiting();
        act(&mut site.engine);
        assert_eq!(waiting(&site), 0);
        let log = site.engine.store.log(0, 100).unwrap();
        let lapses = log.iter().filter(|record| record.entry.operation == Operation::EnrolmentLapse);
        assert_eq!(lapses.count(), 1);
    }
}

fn with_nets(folder: &tempfile::TempDir) -> Engine {
    let config = Config {
        pack: mabataki_test_support::installed::pack(),
        runtime: mabataki_test_support::installed::runtime(),
        ..config(folder)
    };
    let mut engine =
        Engine::create(config, Settings { terminal: "ward3-a".to_owned(), open: false }).unwrap();
    for id in ["nurse01", "nurse02", "nurse03", "nurse04", "nurse05"] {
        engine.acting().add_person(id, &Profile::named(id)).unwrap();
    }
    engine
}

fn put(engine: &mut Engine, person: &str, bytes: &[u8], model: Digest) {
    let new = NewTemplate { bytes, model, quality: 0.5, samples: 1, created: Timestamp::UNIX_EPOCH };
    engine.store.write(|store| store.put_template(person, &new)).unwrap();
}

#[test]
fn what_cannot_be_compared_is_left_out_and_counted_and_the_threshold_is_for_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = with_nets(&folder);
    let (space, length) = engine.eyes().map(|eyes| (eyes.space(), eyes.embedding_len())).unwrap();
    let new = template(space, length, 0);
    let alone = engine.compare_with_all("nurse05", &new).unwrap();
    assert_eq!((alone.nearest.len(), alone.left_out), (0, 0));

    put(&mut engine, "nurse01", &template(space, length, 0).to_bytes(), space.model);
    let two = engine.compare_with_all("nurse05", &new).unwrap();
    assert_eq!((two.nearest[0].person.as_str(), two.left_out), ("nurse01", 0));

    let other_model = Space { model: Digest::of(b"the pack before"), ..space };
    let other_rotation = Space { rotation: RotationId::NONE, ..space };
    put(&mut engine, "nurse02", &template(other_model, length, 0).to_bytes(), other_model.model);
    put(&mut engine, "nurse03", &template(other_rotation, length, 0).to_bytes(), space.model);
    put(&mut engine, "nurse04", b"no template", space.model);
    // Their own from before is about to be replaced.
    put(&mut engine, "nurse05", &template(other_model, length, 0).to_bytes(), other_model.model);
    let left = engine.compare_with_all("nurse05", &new).unwrap();
    assert_eq!((left.left_out, &left.nearest, left.threshold), (3, &two.nearest, two.threshold));
}

#[test]
fn the_log_tells_how_many_templates_were_left_out_beside_the_enrolment() {
    let mut site = site();
    let acting = site.engine.acting();
    let enrolment = acting.entry(Operation::FaceEnrol, Outcome::Done, "nurse01");
    let entry = duplicates::left_out_of(&enrolment, 12);
    assert_eq!((entry.operation, entry.outcome), (Operation::TemplatesLeftOut, Outcome::Done));
    assert_eq!(entry.object.as_deref(), Some("12 templates"));
    entry.check().unwrap();
}
