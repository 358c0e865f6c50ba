//! The way there: what passes, what follows later, and what stays as it is.

use pretty_assertions::assert_eq;

use super::*;
use crate::audit::{Operation, Outcome};
use crate::secret::{Login, PasswordRecord};
use crate::store::{CardStatus, PersonStatus, Stop, Vendor};

#[test]
fn a_person_arrives_with_card_face_password_and_the_logins_that_pass_and_nobody_else_does() {
    let (mut ward, mut er) = two();
    let handle = ward.add_whole("nurse01", "er-1", 3);
    ward.add_whole("nurse02", "icu", 5);
    let (made, file) = ward.export(&er, None).unwrap();
    let report = er.import(&file).unwrap();
    assert_eq!(
        (report.sender.as_str(), report.revision, report.taken, report.already),
        ("ward3", 1, true, false)
    );
    assert_eq!(counts(&report), [5, 0, 0, 0, 0, 0]);
    assert_eq!(made.header.counts.total(), 5);
    assert_eq!(er.people(), ["nurse01"]);
    let (there, here) =
        (ward.engine.store.person("nurse01").unwrap(), er.engine.store.person("nurse01").unwrap());
    assert_eq!(here, there);
    let resolved = er.engine.store.resolve_card(&card_of("nurse01")).unwrap().unwrap();
    assert_eq!((resolved.card.handle, resolved.card.people), (handle, vec!["nurse01".to_owned()]));
    assert!(er.engine.store.resolve_card(&card_of("nurse02")).unwrap().is_none());
    assert!((er.score("nurse01", 3) - 1.0).abs() < 1e-5 && er.score("nurse01", 5).abs() < 1e-5);
    let record = er.engine.store.document::<PasswordRecord>("nurse01").unwrap().unwrap();
    assert!(record.hash.verify(&trial::secret(&password_of("nurse01"))).unwrap() && record.former.is_empty());
    let logins = er.engine.store.documents_of::<Login>("nurse01").unwrap();
    let apps: Vec<_> = logins.iter().map(|(_, login)| (&*login.app, login.secret.expose())).collect();
    assert_eq!(apps, [("chart", "chart-Otaru-2020-nurse01")]);
}

#[test]
fn a_bundle_that_was_taken_before_does_nothing_and_says_so() {
    let (mut ward, mut er) = two();
    ward.add("nurse01", "er-1");
    let (_, file) = ward.export(&er, None).unwrap();
    er.import(&file).unwrap();
    let (before, peer) = (er.engine.store.log(0, 1000).unwrap(), er.peer(&ward));
    er.set_clock(60 * 24 * 60);
    let again = er.import(&file).unwrap();
    assert_eq!((again.already, again.taken, counts(&again)), (true, false, [0; 6]));
    assert_eq!((er.engine.store.log(0, 1000).unwrap(), er.peer(&ward)), (before, peer));
}

#[test]
fn what_changes_ends_or_leaves_follows_with_the_next_bundle() {
    let (mut ward, mut er) = two();
    let card = ward.add_whole("nurse01", "er-1", 3);
    ["nurse02", "nurse03", "nurse04"].iter().for_each(|id| ward.add(id, "er-1"));
    let (_, first) = ward.export(&er, None).unwrap();
    er.import(&first).unwrap();

    ward.acting().stop_card(&card, Stop::Lost).unwrap();
    ward.acting().remove_login("nurse01", "chart").unwrap();
    ward.acting().set_status("nurse02", PersonStatus::Disabled).unwrap();
    ward.acting().remove_person("nurse03").unwrap();
    let moved = Profile { wards: vec!["icu".to_owned()], ..Profile::named("Nurse nurse04") };
    ward.acting().change_person("nurse04", &moved).unwrap();
    let (_, second) = ward.export(&er, None).unwrap();
    let report = er.import(&second).unwrap();
    assert_eq!(counts(&report), [0, 2, 3, 3, 0, 0]);
    assert_eq!(er.people(), ["nurse01", "nurse02"]);
    assert_eq!(er.engine.store.card(&card).unwrap().unwrap().status, CardStatus::Lost);
    assert_eq!(er.engine.store.person("nurse02").unwrap().unwrap().status, PersonStatus::Disabled);
    assert!(er.engine.store.documents_of::<Login>("nurse01").unwrap().is_empty());

    // And the other way: what comes back is added anew.
    let back = Profile { wards: vec!["er-2".to_owned()], ..moved };
    ward.acting().change_person("nurse04", &back).unwrap();
    ward.acting().restore_card(&card).unwrap();
    let (_, third) = ward.export(&er, None).unwrap();
    er.import(&third).unwrap();
    assert_eq!(er.people(), ["nurse01", "nurse02", "nurse04"]);
    assert_eq!(er.engine.store.card(&card).unwrap().unwrap().status, CardStatus::Active);
}

#[test]
fn every_record_that_a_bundle_changes_stands_in_the_log_and_the_bundle_after_them() {
    let (mut ward, mut er) = two();
    ward.add_whole("nurse01", "er-1", 3);
    let (_, file) = ward.export(&er, None).unwrap();
    let seen = er.engine.store.log(0, 1000).unwrap().len();
    er.import(&file).unwrap();
    let log = er.engine.store.log(0, 1000).unwrap();
    let found: Vec<_> = log[seen..]
        .iter()
        .map(|record| (record.entry.operation, record.entry.object.as_deref().unwrap()))
        .collect();
    let card = er.engine.store.cards(None).unwrap().remove(0).handle;
    let expected = [
        (Operation::PersonAdd, "nurse01"),
        (Operation::CardBind, card.as_str()),
        (Operation::FaceEnrol, "nurse01"),
        (Operation::PasswordSet, "nurse01"),
        (Operation::LoginPut, "nurse01"),
        (Operation::BundleImport, "ward3/1"),
    ];
    assert_eq!(found, expected);
    assert!(log[seen..].iter().all(|record| record.entry.outcome == Outcome::Done));
    let last = ward.engine.store.log(0, 1000).unwrap().pop().unwrap().entry;
    assert_eq!((last.operation, last.object.as_deref()), (Operation::BundleExport, Some("er/1")));
}

#[test]
fn what_passes_and_was_not_asked_for_stays_there_as_it_is() {
    let (mut ward, mut er) = two();
    let shared = ward.add_whole("nurse01", "er-1", 3);
    ward.add("nurse02", "er-2");
    ward.acting().share_card(&shared, "nurse02").unwrap();
    let (_, whole) = ward.export(&er, None).unwrap();
    er.import(&whole).unwrap();
    let asked = asked(&["er-2"], &[], false);
    let (made, part) = ward.export(&er, Some(asked)).unwrap();
    assert_eq!((made.header.counts.people, made.header.counts.gone), (1, 0));
    assert_eq!(counts(&er.import(&part).unwrap()), [0, 0, 0, 2, 0, 0]);
    assert_eq!(er.people(), ["nurse01", "nurse02"]);
    assert_eq!(er.engine.store.card(&shared).unwrap().unwrap().people, ["nurse01", "nurse02"]);
}

#[test]
fn only_a_whole_bundle_tells_that_all_is_here_and_only_if_nothing_of_it_was_rejected() {
    let (mut ward, mut er) = two();
    ward.add("nurse01", "er-1");
    er.add("nurse02", "er-2");
    let (nothing, noon) = (None, ward.now());
    for (minutes, narrowed, whole, complete) in [
        (0, Some(asked(&["er-1"], &["chart"], false)), false, nothing),
        (60, None, true, Some(noon + SignedDuration::from_mins(60))),
        // All that the pairing lets through, by name.
        (120, Some(asked(&["er-*"], &["chart"], false)), true, Some(noon + SignedDuration::from_mins(120))),
        (180, Some(asked(&["er-*"], &[], false)), false, Some(noon + SignedDuration::from_mins(120))),
    ] {
        ward.set_clock(minutes);
        er.set_clock(minutes + 5);
        let (made, file) = ward.export(&er, narrowed).unwrap();
        assert_eq!(made.header.whole, whole, "{minutes}");
        er.import(&file).unwrap();
        assert_eq!(er.peer(&ward).complete, complete, "{minutes}");
    }
    ward.add("nurse02", "er-2");
    ward.set_clock(240);
    er.set_clock(240);
    let (_, file) = ward.export(&er, None).unwrap();
    er.import_the_rest(&file).unwrap();
    let peer = er.peer(&ward);
    assert_eq!((peer.taken.unwrap().revision, peer.heard()), (5, noon + SignedDuration::from_mins(120)));
}

#[test]
fn a_sender_whose_clock_is_ahead_makes_no_terminal_fresher_than_its_arrival_does() {
    let (mut ward, mut er) = two();
    ward.set_clock(69);
    er.set_clock(60);
    let (_, file) = ward.export(&er, None).unwrap();
    er.import(&file).unwrap();
    assert_eq!(er.peer(&ward).heard(), er.now());
}

#[test]
fn a_department_card_goes_with_those_of_its_people_who_pass() {
    let (mut ward, mut er) = two();
    let shared = ward.add_whole("nurse01", "er-1", 3);
    ward.add("nurse02", "icu");
    ward.acting().share_card(&shared, "nurse02").unwrap();
    let (_, file) = ward.export(&er, None).unwrap();
    er.import(&file).unwrap();
    assert_eq!(er.engine.store.card(&shared).unwrap().unwrap().people, ["nurse01"]);
}

#[test]
fn somebody_of_a_vendor_passes_with_whoever_answers_for_them_or_not_at_all() {
    let (mut ward, mut er) = two();
    ward.add("zoe", "er-1");
    ward.add("yan", "icu");
    for (id, sponsor) in [("engineer1", "zoe"), ("engineer2", "yan")] {
        let vendor = Some(Vendor { sponsor: sponsor.to_owned(), scope: "CT scanner".to_owned() });
        let valid_until = Some("2027-01-01T00:00:00Z".parse().unwrap());
        let wards = vec!["er-1".to_owned()];
        ward.acting().add_person(id, &Profile { vendor, valid_until, wards, ..Profile::named(id) }).unwrap();
    }
    let (_, file) = ward.export(&er, None).unwrap();
    er.import(&file).unwrap();
    assert_eq!(er.people(), ["engineer1", "zoe"]);
    ward.acting().remove_person("engineer1").unwrap();
    ward.acting().remove_person("zoe").unwrap();
    let (_, file) = ward.export(&er, None).unwrap();
    assert_eq!(er.import(&file).unwrap().removed, 2);
    assert!(er.people().is_empty());
}

#[test]
fn the_policy_passes_where_the_pairing_says_so_and_is_checked_as_if_it_were_set() {
    let (mut ward, mut er) = two();
    pair(&ward, &er, &scope(&["er-*"], &[], true, false));
    let text = format!("# of ward3\n{}", crate::policy::STANDARD);
    ward.acting().set_policy(&text).unwrap();
    let (made, file) = ward.export(&er, None).unwrap();
    assert_eq!(made.header.counts.policies, 1);
    assert_eq!(er.import(&file).unwrap().changed, 1);
    assert_eq!(er.acting().policy().unwrap().text, text);
    // One that an administrator sets here stays until the sender's changes.
    er.acting().set_policy(crate::policy::STANDARD).unwrap();
    let (_, again) = ward.export(&er, None).unwrap();
    assert_eq!(er.import(&again).unwrap().unchanged, 1);
    assert_eq!(er.acting().policy().unwrap().text, crate::policy::STANDARD);
    let bad = ward.forge(&er, &[Record::Policy("format = 2".to_owned())], |_| {});
    let Error::BundleRejected { report } = er.import(&bad).unwrap_err() else { panic!("taken") };
    assert_eq!((&report.rejected[0].key, report.rejected[0].why.code()), (&RecordKey::Policy, "unfit"));
}

#[test]
fn a_bundle_can_be_tried_and_seen_from_outside_without_changing_anything() {
    let (mut ward, mut er) = two();
    ward.add("nurse01", "er-1");
    let (made, file) = ward.export(&er, None).unwrap();
    let before = er.engine.store.log(0, 1000).unwrap().len();
    let tried = er.acting().try_bundle(&file, &mut |_, _| {}).unwrap();
    assert_eq!((tried.taken, tried.revision, counts(&tried)), (false, 1, [1, 0, 0, 0, 0, 0]));
    let seen = er.engine.look_at_bundle(&file).unwrap();
    assert_eq!(
        (seen.header, seen.digest, seen.signer.code(), seen.is_ours),
        (made.header, made.digest, "pinned", true)
    );
    assert!(!ward.engine.look_at_bundle(&file).unwrap().is_ours);
    assert_eq!(terminal("other").engine.look_at_bundle(&file).unwrap().signer.code(), "unknown");
    assert_eq!(er.engine.store.log(0, 1000).unwrap().len(), before);
    assert!(er.people().is_empty() && er.peer(&ward).taken.is_none());
}
