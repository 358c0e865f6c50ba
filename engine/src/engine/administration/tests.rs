//! What administrators can rely on: who may do what to whom, what ends with a revocation, and what a list does.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pretty_assertions::assert_eq;
use zeroize::Zeroizing;

use super::{ListUse, RowResult};
use crate::audit::{Entry, Operation, Outcome, Record};
use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
use crate::engine::trial::{self, Site};
use crate::engine::{Acting, Engine, Error, Grant};
use crate::policy::Purpose;
use crate::roster::Roster;
use crate::secret::{PasswordRecord, Secret};
use crate::store::{
    CardHandle, CardStatus, Consent, FaceException, NewCard, PersonStatus, Profile, Stop, StoreError, Vendor,
};

/// `nurse01` and `nurse02`; the one administrator `boss`; `clerk`, who may change people and cards; and a grant for each
/// of the two.
struct House {
    site: Site,
    boss: Grant,
    clerk: Grant,
}

fn house() -> House {
    let mut site = trial::site();
    let engine = &mut site.engine;
    for (id, role) in [("clerk", "registrar"), ("boss", "administrator")] {
        engine.acting().add_person(id, &with_role(role)).unwrap();
    }
    engine.acting().set_password("boss", &secret("one"), false).unwrap();
    let boss = trial::grant(engine, "boss", Purpose::Admin, None);
    let clerk = trial::grant(engine, "clerk", Purpose::Admin, None);
    House { site, boss, clerk }
}

impl House {
    fn by_boss(&mut self) -> Acting<'_> {
        self.site.engine.acting_by(&self.boss)
    }

    fn by_clerk(&mut self) -> Acting<'_> {
        self.site.engine.acting_by(&self.clerk)
    }

    fn engine(&mut self) -> &mut Engine {
        &mut self.site.engine
    }

    /// What the log says since its record `after`.
    fn log(&self, after: u64) -> Vec<(Operation, Outcome, Option<String>)> {
        let records = self.site.engine.store.log(after, 10_000).unwrap();
        records
            .into_iter()
            .map(|Record { entry, .. }| (entry.operation, entry.outcome, entry.object))
            .collect()
    }

    fn last_seq(&self) -> u64 {
        self.site.engine.store.log(0, 10_000).unwrap().last().unwrap().seq
    }
}

fn with_role(role: &str) -> Profile {
    Profile { role: Some(role.to_owned()), ..Profile::named("Somebody") }
}

/// A password that the policy of a new store takes, of its own for each `of`.
fn secret(of: &str) -> Secret {
    trial::secret(&format!("Kaki-no-ki 7391 {of}"))
}

fn felica(byte: u8) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(vec![byte; 8]),
    }
}

fn card() -> NewCard {
    NewCard::labelled("card", Timestamp::UNIX_EPOCH)
}

fn list(text: &str) -> Roster {
    Roster::parse(text.as_bytes(), &TimeZone::UTC).unwrap()
}

fn code<T>(result: Result<T, Error>) -> &'static str {
    result.err().map_or("done", |error| error.code())
}

fn in_an_hour() -> Timestamp {
    Timestamp::now() + Duration::from_secs(3600)
}

/// Everything that keeps somebody out or takes their role.
fn ways_out(
    mut acting: impl FnMut(&dyn Fn(&mut Acting<'_>) -> Result<(), Error>) -> &'static str,
    id: &str,
) -> Vec<&'static str> {
    let ended = Profile { valid_until: Some(in_an_hour()), ..with_role("administrator") };
    vec![
        acting(&|by| by.set_status(id, PersonStatus::Disabled)),
        acting(&|by| by.set_status(id, PersonStatus::OnLeave)),
        acting(&|by| by.change_person(id, &Profile::named("No role"))),
        acting(&|by| by.change_person(id, &ended)),
        acting(&|by| by.retire_person(id).map(|_| ())),
        acting(&|by| by.remove_person(id).map(|_| ())),
    ]
}

#[test]
fn nobody_changes_their_own_role_status_validity_or_exception() {
    let mut house = house();
    // A second one, so that being the last is not what is refused.
    house.by_boss().add_person("other", &with_role("administrator")).unwrap();
    house.by_boss().set_password("other", &secret("two"), false).unwrap();
    let codes = ways_out(|act| code(act(&mut house.by_boss())), "boss");
    assert_eq!(codes, ["not_for_oneself"; 6]);
    let exception = FaceException { reason: "eye patch".to_owned(), until: in_an_hour() };
    assert_eq!(code(house.by_boss().set_face_exception("boss", Some(&exception))), "not_for_oneself");
    assert_eq!(house.by_boss().person("boss").unwrap().profile, with_role("administrator"));
    let married = Profile { name: "Married".to_owned(), ..with_role("administrator") };
    house.by_boss().change_person("boss", &married).unwrap();
    assert_eq!(house.by_boss().person("boss").unwrap().profile, married);
}

#[test]
fn the_last_administrator_stays_until_another_has_role_and_password() {
    let mut house = house();
    let before = house.by_boss().person("boss").unwrap();
    let codes = ways_out(|act| code(act(&mut house.by_clerk())), "boss");
    let expected = ["last_administrator"; 6];
    assert_eq!(codes, expected);
    house.by_boss().add_person("other", &with_role("administrator")).unwrap();
    assert_eq!(
        ways_out(|act| code(act(&mut house.by_clerk())), "boss"),
        expected,
        "the other has no password"
    );
    assert_eq!(house.by_boss().person("boss").unwrap(), before);
    house.by_boss().set_password("other", &secret("two"), false).unwrap();
    house.by_clerk().set_status("boss", PersonStatus::Disabled).unwrap();
    let codes = ways_out(|act| code(act(&mut house.by_clerk())), "other");
    assert_eq!(codes, expected, "now the other is the last");
}

#[test]
fn whoever_may_change_people_cannot_hand_out_more_than_they_may_do_themselves() {
    let mut house = house();
    assert_eq!(code(house.by_clerk().add_person("friend", &with_role("administrator"))), "no_right");
    assert_eq!(code(house.by_clerk().change_person("nurse01", &with_role("helpdesk"))), "no_right");
    assert_eq!(house.by_boss().person("nurse01").unwrap().profile.role, None);
    house.by_clerk().add_person("friend", &with_role("registrar")).unwrap();
    house.by_clerk().change_person("friend", &with_role("nurse")).unwrap();
    house.by_boss().add_person("former", &with_role("administrator")).unwrap();
    house.by_clerk().set_status("former", PersonStatus::Disabled).unwrap();
    assert_eq!(code(house.by_clerk().set_status("former", PersonStatus::Active)), "no_right");
    assert_eq!(code(house.by_clerk().bind_card("boss", &felica(1), &card())), "no_right");
    let handle = house.by_clerk().bind_card("nurse01", &felica(1), &card()).unwrap();
    assert_eq!(code(house.by_clerk().share_card(&handle, "boss")), "no_right");
    // Nor do they let in again who has more.
    let over = Profile { valid_until: Some(Timestamp::UNIX_EPOCH), ..with_role("administrator") };
    house.by_boss().add_person("expired", &over).unwrap();
    assert_eq!(code(house.by_clerk().change_person("expired", &with_role("administrator"))), "no_right");
    let again = list("id,name,role,valid_until\nexpired,Somebody,administrator,2099-12-31\n");
    assert_eq!(code(house.by_clerk().take_list(&again, ListUse::TakeIn)), "list_refused");
    // What they had before may stay with somebody whose name the clerk changes.
    house
        .by_clerk()
        .change_person("former", &Profile { name: "New".to_owned(), ..with_role("administrator") })
        .unwrap();
}

#[test]
fn whoever_may_set_passwords_and_restore_cards_cannot_make_themselves_an_administrator_by_it() {
    let mut house = house();
    house.by_boss().add_person("helper", &with_role("helpdesk")).unwrap();
    house.by_boss().add_person("other", &with_role("administrator")).unwrap();
    let lost = house.by_boss().bind_card("boss", &felica(1), &card()).unwrap();
    let nurses = house.by_boss().bind_card("nurse01", &felica(2), &card()).unwrap();
    for handle in [&lost, &nurses] {
        house.by_boss().stop_card(handle, Stop::Lost).unwrap();
    }
    let helper = trial::grant(house.engine(), "helper", Purpose::Admin, None);
    let seq = house.last_seq();
    let mut by = house.site.engine.acting_by(&helper);
    for administrator in ["boss", "other"] {
        assert_eq!(code(by.set_password(administrator, &secret("mine"), false)), "no_right");
        assert_eq!(code(by.remove_password(administrator)), "no_right");
    }
    assert_eq!(code(by.restore_card(&lost)), "no_right");
    assert_eq!(house.log(seq).iter().filter(|record| record.1 == Outcome::Refused).count(), 5);
    assert_eq!(house.by_boss().card(&lost).unwrap().status, CardStatus::Lost);
    assert!(house.engine().store.document::<PasswordRecord>("boss").unwrap().is_some());

    let mut by = house.site.engine.acting_by(&helper);
    by.set_password("nurse01", &secret("hers"), false).unwrap();
    by.remove_password("nurse01").unwrap();
    by.restore_card(&nurses).unwrap();
    house.by_boss().share_card(&nurses, "boss").unwrap();
    house.by_boss().stop_card(&nurses, Stop::Suspended).unwrap();
    let mut by = house.site.engine.acting_by(&helper);
    assert_eq!(code(by.restore_card(&nurses)), "no_right", "a department card with an administrator");
}

#[test]
fn an_act_without_the_right_does_nothing_and_stands_in_the_log_as_refused() {
    let mut house = house();
    house.by_boss().add_person("inspector", &with_role("inspector")).unwrap();
    let grant = trial::grant(house.engine(), "inspector", Purpose::Admin, None);
    let seq = house.last_seq();
    assert_eq!(code(house.engine().acting_by(&grant).add_person("x", &Profile::named("X"))), "no_right");
    assert_eq!(code(house.engine().acting_by(&grant).people()), "no_right");
    assert_eq!(code(house.engine().acting_by(&grant).cards(None)), "no_right");
    assert_eq!(code(house.by_clerk().log(0, 1)), "no_right");
    assert_eq!(code(house.by_clerk().dormant(None)), "no_right");
    assert_eq!(house.log(seq), [(Operation::PersonAdd, Outcome::Refused, Some("x".to_owned()))]);
}

#[test]
fn whoever_reads_the_log_stands_in_it_before_the_first_record_is_given_and_where_nothing_is_read_nothing_is_written()
 {
    let mut house = house();
    let seq = house.last_seq();
    assert_eq!(house.by_boss().log(seq, 10).unwrap(), []);
    assert_eq!(house.log(seq), []);
    let read = house.by_boss().log(1, 3).unwrap();
    assert_eq!(read.iter().map(|record| record.seq).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(house.log(seq), [(Operation::LogRead, Outcome::Done, Some("2-4".to_owned()))]);
    let record = house.engine().store.log(seq, 1).unwrap().remove(0);
    assert_eq!(record.entry.subject.as_deref(), Some("boss"));
}

/// What becomes of the grants of both nurses, by their shared card, when this is done.
fn after(act: impl FnOnce(&mut Acting<'_>, &CardHandle) -> Result<(), Error>) -> [&'static str; 2] {
    let mut house = house();
    let handle = house.by_boss().bind_card("nurse01", &felica(1), &card()).unwrap();
    house.by_boss().share_card(&handle, "nurse02").unwrap();
    let grants = ["nurse01", "nurse02"]
        .map(|nurse| trial::grant(house.engine(), nurse, Purpose::Login, Some(&handle)));
    let seq = house.last_seq();
    act(&mut house.by_boss(), &handle).unwrap();
    // The end stands in the log at once, not only when somebody comes with the grant.
    let ends = house.log(seq).iter().filter(|record| record.0 == Operation::GrantEnd).count();
    let states = grants.map(|grant| match house.engine().examine(&grant) {
        Ok(_) => "good",
        Err(Error::GrantEnded { why }) => why.code(),
        Err(error) => error.code(),
    });
    assert_eq!(states.iter().filter(|state| **state != "good").count(), ends, "{states:?}");
    states
}

#[test]
fn what_is_revoked_ends_every_grant_that_rests_on_it_and_no_other() {
    for stop in [Stop::Suspended, Stop::Lost, Stop::Returned] {
        assert_eq!(after(|by, card| by.stop_card(card, stop)), ["card_revoked"; 2], "{stop}");
    }
    assert_eq!(after(|by, card| by.remove_card(card)), ["card_revoked"; 2]);
    assert_eq!(after(|by, card| by.unshare_card(card, "nurse01")), ["card_revoked", "good"]);
    for status in [PersonStatus::Disabled, PersonStatus::OnLeave] {
        assert_eq!(after(|by, _| by.set_status("nurse01", status)), ["person_revoked", "good"], "{status}");
    }
    assert_eq!(after(|by, _| by.retire_person("nurse01").map(|_| ())), ["person_revoked", "good"]);
    assert_eq!(after(|by, _| by.remove_person("nurse01").map(|_| ())), ["person_revoked", "good"]);
    let over = Profile { valid_until: Some(Timestamp::UNIX_EPOCH), ..Profile::named("Nurse nurse01") };
    assert_eq!(after(|by, _| by.change_person("nurse01", &over)), ["person_revoked", "good"]);
    let people = list("id\nnurse01\n");
    assert_eq!(
        after(|by, _| by.take_list(&people, ListUse::Disable).map(|_| ())),
        ["person_revoked", "good"]
    );
    let renamed = Profile::named("Another name");
    assert_eq!(after(|by, _| by.change_person("nurse01", &renamed)), ["good"; 2]);
}

#[test]
fn a_receipt_names_the_record_in_the_log_and_says_that_the_files_are_wiped() {
    let mut house = house();
    house.by_boss().bind_card("nurse01", &felica(1), &card()).unwrap();
    let receipt = house.by_boss().remove_person("nurse01").unwrap();
    let record = house.engine().store.log(receipt.seq - 1, 1).unwrap().remove(0);
    assert_eq!((record.seq, record.entry.operation), (receipt.seq, Operation::PersonRemove));
    assert_eq!(
        (record.entry.object.as_deref(), record.entry.subject.as_deref()),
        (Some("nurse01"), Some("boss"))
    );
    // The log keeps microseconds.
    assert!(receipt.time.duration_since(record.entry.time).as_micros().abs() <= 1);
    assert_eq!((receipt.terminal.as_str(), receipt.wiped), ("ward3-a", true));
    let what: Vec<&str> = receipt.removal.rows.iter().map(|row| row.what.as_str()).collect();
    assert_eq!(what, ["person", "card"]);
}

#[test]
fn an_end_that_is_past_is_taken_for_a_slip() {
    let mut house = house();
    let past = Timestamp::now() - Duration::from_secs(1);
    let exception = FaceException { reason: "eye patch".to_owned(), until: past };
    assert_eq!(code(house.by_boss().set_face_exception("nurse01", Some(&exception))), "invalid");
    let card = NewCard { valid_until: Some(past), ..card() };
    assert_eq!(code(house.by_boss().bind_card("nurse01", &felica(1), &card)), "invalid");
}

#[test]
fn a_list_is_taken_in_with_a_record_for_each_person_and_one_for_itself() {
    let mut house = house();
    let people = list(
        "id,name,sponsor,scope,valid_until,consent_date,consent_version\n\
         engineer,Engineer,new01,CT scanner,2099-12-31,,\n\
         nurse01,Nurse nurse01,,,,,\n\
         nurse02,Renamed,,,,2026-04-01,v2\n\
         new01,新人 一郎,,,,,\n",
    );
    let seq = house.last_seq();
    let tried = house.by_clerk().try_list(&people, ListUse::TakeIn).unwrap();
    assert!(!tried.taken);
    assert_eq!(house.last_seq(), seq, "a trial leaves no record");
    assert_eq!(house.by_clerk().people().unwrap().len(), 4);
    let report = house.by_clerk().take_list(&people, ListUse::TakeIn).unwrap();
    assert!(report.taken);
    assert_eq!(report.rows, tried.rows);
    let results: Vec<_> = report.rows.iter().map(|row| (row.line, row.id.as_str(), row.result)).collect();
    assert_eq!(
        results,
        [
            (2, "engineer", RowResult::Added),
            (3, "nurse01", RowResult::Unchanged),
            (4, "nurse02", RowResult::Changed),
            (5, "new01", RowResult::Added),
        ]
    );
    let log = house.log(seq);
    let digest = people.digest().to_string();
    let expected = [
        (Operation::PersonChange, "nurse02"),
        (Operation::PersonAdd, "new01"),
        (Operation::PersonAdd, "engineer"),
        (Operation::PersonList, &digest),
    ];
    assert_eq!(log, expected.map(|(operation, object)| (operation, Outcome::Done, Some(object.to_owned()))));
    let vendor = Vendor { sponsor: "new01".to_owned(), scope: "CT scanner".to_owned() };
    assert_eq!(house.by_clerk().person("engineer").unwrap().profile.vendor, Some(vendor));
    let consent = Consent { date: "2026-04-01".parse().unwrap(), version: "v2".to_owned() };
    assert_eq!(house.by_clerk().person("nurse02").unwrap().consent, Some(consent));
}

#[test]
fn one_refused_row_keeps_the_whole_list_out_and_every_refusal_is_told() {
    let mut house = house();
    house.by_boss().retire_person("nurse02").unwrap();
    let people = list(
        "id,name,role,valid_from,valid_until\n\
         new01,New,,,\n\
         new02,,,,\n\
         new03,New,administrator,,\n\
         new04,New,helpdesk,,\n\
         new05,New,,2026-04-01,2026-03-01\n\
         new06,New,,soon,\n\
         clerk,Somebody,,,\n\
         nurse02,Back,,,\n",
    );
    let before = house.by_boss().people().unwrap();
    let seq = house.last_seq();
    let error = house.by_clerk().take_list(&people, ListUse::TakeIn).unwrap_err();
    let Error::ListRefused { report } = error else { panic!("{error}") };
    assert!(!report.taken);
    let refused: Vec<u64> = report.rows.iter().filter(|row| row.why.is_some()).map(|row| row.line).collect();
    assert_eq!(refused, [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!((report.refused(), report.count(RowResult::Added)), (7, 1));
    let why = |line: usize| report.rows[line - 2].why.as_deref().unwrap();
    assert!(why(3).contains("name"), "{}", why(3));
    assert!(why(4).contains("right"), "{}", why(4));
    assert!(why(8).contains("oneself"), "{}", why(8));
    assert!(why(9).contains("retired"), "{}", why(9));
    assert_eq!(house.by_boss().people().unwrap(), before);
    let digest = people.digest().to_string();
    assert_eq!(house.log(seq), [(Operation::PersonList, Outcome::Refused, Some(digest))]);
    assert_eq!(house.by_clerk().try_list(&people, ListUse::TakeIn).unwrap(), report);
}

#[test]
fn a_list_may_change_who_administers_as_long_as_somebody_does() {
    let mut house = house();
    house.by_boss().add_person("third", &with_role("administrator")).unwrap();
    house.by_boss().set_password("nurse01", &secret("two"), false).unwrap();
    house.by_boss().set_password("third", &secret("three"), false).unwrap();
    let third = trial::grant(house.engine(), "third", Purpose::Admin, None);
    let by_third = |house: &mut House, text: &str| {
        let people = list(text);
        code(house.site.engine.acting_by(&third).take_list(&people, ListUse::TakeIn))
    };
    // The third leaves nothing to be desired but is about to hand over: the old one goes before the new one comes.
    assert_eq!(by_third(&mut house, "id,role\nboss,\nnurse01,administrator\n"), "done");
    assert_eq!(house.engine().store.person("boss").unwrap().unwrap().profile.role, None);
    let others = list("id\nthird\nnurse01\n");
    let clerk = house.by_clerk().take_list(&others, ListUse::Disable);
    assert_eq!(code(clerk), "last_administrator");
    assert_eq!(house.engine().store.person("third").unwrap().unwrap().status, PersonStatus::Active);
}

#[test]
fn a_list_of_leavers_disables_them_and_looks_at_nothing_but_their_ids() {
    let mut house = house();
    house.by_boss().set_status("nurse02", PersonStatus::Disabled).unwrap();
    let report =
        house.by_clerk().take_list(&list("id,name\nnurse01,Another\nnurse02,\n"), ListUse::Disable).unwrap();
    let results: Vec<_> = report.rows.iter().map(|row| row.result).collect();
    assert_eq!(results, [RowResult::Disabled, RowResult::Unchanged]);
    let nurse = house.by_clerk().person("nurse01").unwrap();
    assert_eq!((nurse.status, nurse.profile.name.as_str()), (PersonStatus::Disabled, "Nurse nurse01"));
    for refused in ["id\nnobody\n", "id\nclerk\n"] {
        assert_eq!(code(house.by_clerk().take_list(&list(refused), ListUse::Disable)), "list_refused");
    }
}

#[test]
fn who_has_not_come_in_for_long_is_dormant_and_who_never_did_comes_first() {
    const DAY: Duration = Duration::from_secs(86_400);
    let mut house = house();
    let now = Timestamp::now();
    let ago = |days: u32| now - DAY * days;
    house
        .engine()
        .store
        .write(|store| {
            for (id, added) in
                [("never", 100), ("new", 1), ("rarely", 200), ("daily", 200), ("away", 200), ("tried", 200)]
            {
                store.add_person(id, &Profile::named(id), ago(added))?;
            }
            store.set_status("away", PersonStatus::OnLeave)?;
            for (id, outcome, days) in [
                ("rarely", Outcome::Granted, 150),
                ("rarely", Outcome::Granted, 95),
                ("daily", Outcome::Granted, 180),
                ("daily", Outcome::Granted, 1),
                ("tried", Outcome::Granted, 120),
                ("tried", Outcome::Denied, 2),
            ] {
                let entry = Entry::new(ago(days), Operation::Authenticate, outcome);
                store.append(&Entry { subject: Some(id.to_owned()), ..entry })?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let dormant = |house: &mut House, days: Option<u32>| -> Vec<(String, Option<i64>)> {
        let found = house.by_boss().dormant(days.map(|days| DAY * days)).unwrap();
        let days = |time: Timestamp| now.duration_since(time).as_hours() / 24;
        found.into_iter().map(|dormant| (dormant.person.id, dormant.last.map(days))).collect()
    };
    let expected =
        [("never", None), ("tried", Some(120)), ("rarely", Some(95))].map(|(id, last)| (id.to_owned(), last));
    assert_eq!(dormant(&mut house, Some(90)), expected);
    assert_eq!(dormant(&mut house, None), expected, "the policy of a new store says 90 days");
    assert_eq!(dormant(&mut house, Some(110)), expected[1..2]);
    assert_eq!(dormant(&mut house, Some(u32::MAX)), []);
}
