//! What was stopped or removed here is not brought back by a bundle, unless its sender certainly meant it later.

use pretty_assertions::assert_eq;

use super::super::Rejection;
use super::*;
use crate::audit::Operation;
use crate::engine::Grant;
use crate::grant::ClockMark;
use crate::policy::Purpose;
use crate::store::{CardStatus, PersonStatus, Stop};

/// Both terminals with `nurse01`, as of noon; and her card.
fn two_with_a_nurse() -> (Terminal, Terminal, CardHandle) {
    let (mut ward, mut er) = two();
    let card = ward.add_whole("nurse01", "er-1", 3);
    send(&mut ward, &mut er, 0);
    (ward, er, card)
}

/// A bundle made so many minutes after noon and taken in at once: how many records were held.
fn send(ward: &mut Terminal, er: &mut Terminal, minutes: i64) -> u64 {
    ward.set_clock(minutes);
    er.set_clock(minutes);
    let (_, file) = ward.export(er, None).unwrap();
    er.import(&file).unwrap().held
}

/// A change of the nurse and of her card at the sender that has nothing to do with whether they may come in.
fn rename(ward: &mut Terminal, name: &str) {
    let profile = Profile { wards: vec!["er-1".to_owned()], ..Profile::named(name) };
    ward.acting().change_person("nurse01", &profile).unwrap();
}

fn status(er: &Terminal) -> PersonStatus {
    er.engine.store.person("nurse01").unwrap().unwrap().status
}

#[test]
fn a_person_disabled_here_stays_so_through_bundles_that_were_made_before_or_may_have_been() {
    let (mut ward, mut er, _) = two_with_a_nurse();
    rename(&mut ward, "Before");
    ward.set_clock(5);
    let (_, before) = ward.export(&er, None).unwrap();
    er.set_clock(60);
    er.acting().set_status("nurse01", PersonStatus::Disabled).unwrap();
    assert_eq!(er.import(&before).unwrap().held, 1);
    assert_eq!(status(&er), PersonStatus::Disabled);
    let renamed = er.engine.store.person("nurse01").unwrap().unwrap().profile.name;
    assert_eq!(renamed, "Before", "the rest of the record is the sender's");
    rename(&mut ward, "Perhaps later");
    assert_eq!(send(&mut ward, &mut er, 61), 1);
    assert_eq!(status(&er), PersonStatus::Disabled);
    // Nothing has changed there since, so it is no later than what was done here.
    assert_eq!(send(&mut ward, &mut er, 120), 1);
    assert_eq!(status(&er), PersonStatus::Disabled);
    rename(&mut ward, "Certainly later");
    assert_eq!(send(&mut ward, &mut er, 180), 0);
    assert_eq!(status(&er), PersonStatus::Active);
}

#[test]
fn a_card_reported_lost_here_is_not_found_again_by_a_bundle_until_an_administrator_here_says_so() {
    let (mut ward, mut er, card) = two_with_a_nurse();
    er.acting().stop_card(&card, Stop::Lost).unwrap();
    let of_card = |er: &Terminal| er.engine.store.card(&card).unwrap().unwrap().status;
    for minutes in [1, 60, 120] {
        send(&mut ward, &mut er, minutes);
        assert_eq!(of_card(&er), CardStatus::Lost);
    }
    er.acting().restore_card(&card).unwrap();
    assert_eq!(send(&mut ward, &mut er, 121), 0);
    assert_eq!(of_card(&er), CardStatus::Active);
}

#[test]
fn a_card_stopped_at_both_is_as_stopped_as_the_stricter_of_the_two_says() {
    let (mut ward, mut er, card) = two_with_a_nurse();
    er.acting().stop_card(&card, Stop::Lost).unwrap();
    ward.acting().stop_card(&card, Stop::Suspended).unwrap();
    send(&mut ward, &mut er, 1);
    assert_eq!(er.engine.store.card(&card).unwrap().unwrap().status, CardStatus::Lost);
    ward.acting().stop_card(&card, Stop::Returned).unwrap();
    send(&mut ward, &mut er, 2);
    assert_eq!(er.engine.store.card(&card).unwrap().unwrap().status, CardStatus::Returned);
}

#[test]
fn what_was_erased_or_taken_away_here_does_not_come_back() {
    let (mut ward, mut er, card) = two_with_a_nurse();
    er.acting().remove_card(&card).unwrap();
    er.acting().remove_face("nurse01").unwrap();
    er.acting().remove_password("nurse01").unwrap();
    er.acting().remove_login("nurse01", "chart").unwrap();
    for minutes in [60, 120] {
        assert_eq!(send(&mut ward, &mut er, minutes), 4);
        assert!(er.engine.store.resolve_card(&card_of("nurse01")).unwrap().is_none());
        assert!(!er.engine.store.has_template("nurse01").unwrap());
    }
    er.acting().remove_person("nurse01").unwrap();
    rename(&mut ward, "Perhaps later");
    assert_eq!(send(&mut ward, &mut er, 121), 5);
    assert!(er.people().is_empty());
    send(&mut ward, &mut er, 180);
    rename(&mut ward, "Certainly later");
    // She is added anew, and what had been taken from her before is not.
    assert_eq!(send(&mut ward, &mut er, 240), 4);
    assert_eq!(er.people(), ["nurse01"]);
    assert!(er.engine.store.resolve_card(&card_of("nurse01")).unwrap().is_none());
}

#[test]
fn somebody_who_was_erased_here_and_certainly_meant_later_comes_with_all_that_is_theirs() {
    let (mut ward, mut er, _) = two_with_a_nurse();
    er.acting().remove_person("nurse01").unwrap();
    for minutes in [60, 120] {
        assert_eq!(send(&mut ward, &mut er, minutes), 5);
    }
    rename(&mut ward, "Certainly later");
    assert_eq!(send(&mut ward, &mut er, 180), 0);
    assert!(er.engine.store.resolve_card(&card_of("nurse01")).unwrap().is_some());
    assert!(er.engine.store.has_template("nurse01").unwrap());
}

#[test]
fn what_was_stopped_here_is_not_brought_back_by_a_sender_that_takes_it_back_and_sends_it_anew() {
    let (mut ward, mut er, card) = two_with_a_nurse();
    let moved = |ward: &mut Terminal, to: &str| {
        let profile = Profile { wards: vec![to.to_owned()], ..Profile::named("A nurse") };
        ward.acting().change_person("nurse01", &profile).unwrap();
        ward.export(&er, None).unwrap().1
    };
    ward.set_clock(30);
    let (away, back) = (moved(&mut ward, "icu"), moved(&mut ward, "er-1"));
    er.set_clock(60);
    er.acting().stop_card(&card, Stop::Lost).unwrap();
    er.acting().remove_face("nurse01").unwrap();
    er.acting().set_status("nurse01", PersonStatus::Disabled).unwrap();
    er.import(&away).unwrap();
    assert!(er.people().is_empty());
    assert_eq!(er.import(&back).unwrap().held, 5);
    assert!(er.people().is_empty() && er.engine.store.cards(None).unwrap().is_empty());
}

#[test]
fn a_card_reported_lost_here_is_not_found_again_by_a_sender_that_loses_and_finds_it_too() {
    let (mut ward, mut er, card) = two_with_a_nurse();
    ward.set_clock(30);
    ward.acting().stop_card(&card, Stop::Lost).unwrap();
    let (_, lost) = ward.export(&er, None).unwrap();
    ward.acting().restore_card(&card).unwrap();
    let (_, found) = ward.export(&er, None).unwrap();
    er.set_clock(60);
    er.acting().stop_card(&card, Stop::Lost).unwrap();
    for bundle in [lost, found] {
        er.import(&bundle).unwrap();
        assert_eq!(er.engine.store.card(&card).unwrap().unwrap().status, CardStatus::Lost);
    }
}

#[test]
fn a_retired_person_stays_retired_when_the_sender_takes_them_back() {
    let (mut ward, mut er, _) = two_with_a_nurse();
    er.acting().retire_person("nurse01").unwrap();
    ward.acting().remove_person("nurse01").unwrap();
    send(&mut ward, &mut er, 60);
    assert_eq!(status(&er), PersonStatus::Retired);
    ward.add("nurse01", "er-1");
    assert_eq!(send(&mut ward, &mut er, 120), 1);
    assert_eq!(status(&er), PersonStatus::Retired);
}

#[test]
fn an_id_that_is_somebody_elses_here_by_now_is_the_senders_no_more() {
    let (mut ward, mut er, _) = two_with_a_nurse();
    er.set_clock(60);
    er.acting().remove_person("nurse01").unwrap();
    er.set_clock(61);
    er.add("nurse01", "icu");
    er.acting().set_password("nurse01", &trial::secret("Uji-1053-phoenix!"), false).unwrap();
    let own = er.engine.store.person("nurse01").unwrap().unwrap();
    for (minutes, theirs) in [(120, "Nara-1868-temple!"), (180, "Otaru-1923-canal!")] {
        rename(&mut ward, &format!("At {minutes}"));
        ward.acting().set_password("nurse01", &trial::secret(theirs), false).unwrap();
        ward.set_clock(minutes);
        er.set_clock(minutes);
        let (_, file) = ward.export(&er, None).unwrap();
        let error = er.import(&file).unwrap_err();
        let Error::BundleRejected { report } = error else { panic!("{error}") };
        assert_eq!(report.rejected[0].key, RecordKey::Person("nurse01".to_owned()));
        assert_eq!((report.rejected[0].why, report.rejected.len()), (Rejection::Exists, 5));
        er.import_the_rest(&file).unwrap();
    }
    ward.acting().remove_person("nurse01").unwrap();
    send(&mut ward, &mut er, 240);
    assert_eq!(er.engine.store.person("nurse01").unwrap().unwrap(), own);
    let hers = trial::secret("Uji-1053-phoenix!");
    assert!(er.engine.verify_password(Some("nurse01"), &hers).unwrap().ok);
}

#[test]
fn somebody_who_was_erased_here_is_not_added_by_a_bundle_that_was_made_before() {
    let (mut ward, mut er) = two();
    ward.add_whole("nurse01", "er-1", 3);
    er.add("nurse01", "er-1");
    ward.set_clock(60);
    let (_, before) = ward.export(&er, None).unwrap();
    er.set_clock(61);
    er.acting().remove_person("nurse01").unwrap();
    assert_eq!(er.import(&before).unwrap().held, 5);
    assert!(er.people().is_empty());
    assert_eq!(send(&mut ward, &mut er, 120), 0);
    assert_eq!(er.people(), ["nurse01"]);
}

#[test]
fn no_clock_that_was_wrong_for_a_moment_forgets_who_was_erased_here() {
    const YEAR: i64 = 365 * 24 * 60;
    let (mut ward, mut er) = two();
    for id in ["nurse01", "nurse02", "nurse03"] {
        ward.add(id, "er-1");
        er.add(id, "er-1");
    }
    ward.set_clock(60);
    let (_, before) = ward.export(&er, None).unwrap();
    // Behind, in time, and a year ahead.
    er.set_clock(61);
    er.engine.transact(|_, _| Ok(())).unwrap();
    for (minutes, id) in [(1, "nurse01"), (62, "nurse02"), (YEAR, "nurse03")] {
        er.set_clock(minutes);
        er.acting().remove_person(id).unwrap();
    }
    er.set_clock(63);
    er.engine.store.write(|store| store.remove_document::<ClockMark>("mark")).unwrap();
    assert_eq!(er.import(&before).unwrap().held, 3);
    assert!(er.people().is_empty());
}

#[test]
fn somebody_who_was_retired_here_is_never_added_again_by_a_bundle() {
    let (mut ward, mut er, _) = two_with_a_nurse();
    er.acting().retire_person("nurse01").unwrap();
    for (minutes, name) in [(60, "A"), (120, "A"), (180, "B"), (240, "C")] {
        rename(&mut ward, name);
        assert_eq!(send(&mut ward, &mut er, minutes), 5);
        assert_eq!(status(&er), PersonStatus::Retired);
    }
}

#[test]
fn what_a_bundle_stops_ends_the_grants_that_rest_on_it() {
    type Stopping = fn(&mut Terminal, &CardHandle);
    let ways: [(Stopping, bool); 4] = [
        (|ward, _| ward.acting().set_status("nurse01", PersonStatus::Disabled).unwrap(), false),
        (|ward, card| ward.acting().stop_card(card, Stop::Lost).unwrap(), false),
        (|ward, _| drop(ward.acting().remove_person("nurse01").unwrap()), false),
        (|ward, _| rename(ward, "Another name"), true),
    ];
    for (stop, goes_on) in ways {
        let (mut ward, mut er, card) = two_with_a_nurse();
        let grant: Grant = trial::grant(&mut er.engine, "nurse01", Purpose::Login, Some(&card));
        stop(&mut ward, &card);
        send(&mut ward, &mut er, 1);
        // It has ended when the bundle is in, and not when somebody asks for it.
        let ended = er.engine.store.log(0, 1000).unwrap();
        let ended = ended.iter().any(|record| record.entry.operation == Operation::GrantEnd);
        assert_eq!(ended, !goes_on);
        assert_eq!(er.engine.examine(&grant).is_ok(), goes_on);
    }
}

#[test]
fn a_password_that_the_person_has_changed_here_stays_until_it_is_set_anew_there() {
    let (mut ward, mut er, _) = two_with_a_nurse();
    let own = trial::secret("Nara-1868-temple!");
    er.engine.change_password("nurse01", &trial::secret(&password_of("nurse01")), &own).unwrap();
    let verify = |er: &mut Terminal, text: &str| {
        er.engine.verify_password(Some("nurse01"), &trial::secret(text)).unwrap().ok
    };
    send(&mut ward, &mut er, 60);
    assert!(verify(&mut er, "Nara-1868-temple!"));
    ward.acting().set_password("nurse01", &trial::secret("Uji-1053-phoenix!"), false).unwrap();
    send(&mut ward, &mut er, 120);
    assert!(verify(&mut er, "Uji-1053-phoenix!") && !verify(&mut er, "Nara-1868-temple!"));
}
