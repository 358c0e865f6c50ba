//! What a site can rely on of its card keys, and what its readers ask of cards.

use super::*;
use crate::audit::Outcome;
use crate::engine::trial::{self, Site};
use crate::policy::{Purpose, STANDARD};
use crate::store::Profile;

fn accepting(engine: &mut Engine, ways: &str) {
    engine.acting().set_policy(&format!("{STANDARD}\n[cards]\naccept = {ways}\n")).unwrap();
}

/// The plan in words.
fn asked(engine: &Engine) -> Vec<&'static str> {
    let plan = engine.card_plan().unwrap();
    let word = |provider: &Provider| match provider {
        Provider::Identifier => "identifier",
        Provider::FelicaBlock(_) => "felica_number",
        Provider::MifareBlock(_) => "mifare_number",
        Provider::LiteS(_) => "lite_s",
        Provider::Desfire(_) => "desfire",
        Provider::MyNumber => "my_number",
        Provider::Hpki => "hpki",
    };
    plan.providers.iter().map(word).collect()
}

#[test]
fn a_new_site_knows_its_cards_by_the_identifier_alone() {
    let Site { engine, folder: _folder } = trial::site();
    assert_eq!(asked(&engine), ["identifier"]);
    assert!(engine.card_ways_without_key().unwrap().is_empty());
}

#[test]
fn a_way_whose_key_is_not_set_is_not_used_until_it_is_and_nothing_takes_its_place() {
    let Site { mut engine, folder: _folder } = trial::site();
    accepting(&mut engine, r#"["desfire", "lite_s", "felica_number", "mifare_number", "my_number"]"#);
    assert_eq!(asked(&engine), ["felica_number", "my_number"]);
    assert_eq!(
        engine.card_ways_without_key().unwrap(),
        [CardWay::Desfire, CardWay::LiteS, CardWay::MifareNumber]
    );
    for kind in CardKeyKind::ALL.iter().copied() {
        engine.acting().set_card_key(kind, &vec![7; kind.length()]).unwrap();
    }
    assert_eq!(asked(&engine), ["desfire", "lite_s", "felica_number", "mifare_number", "my_number"]);
    assert!(engine.card_ways_without_key().unwrap().is_empty());
    assert!(engine.acting().remove_card_key(CardKeyKind::LiteS).unwrap());
    assert!(!engine.acting().remove_card_key(CardKeyKind::LiteS).unwrap());
    assert_eq!(asked(&engine), ["desfire", "felica_number", "mifare_number", "my_number"]);
}

#[test]
fn where_only_a_proof_is_taken_and_its_key_is_not_set_no_card_is_taken() {
    let Site { mut engine, folder: _folder } = trial::site();
    accepting(&mut engine, r#"["lite_s"]"#);
    assert!(asked(&engine).is_empty());
}

#[test]
fn the_readers_get_the_keys_and_places_that_were_set() {
    let Site { mut engine, folder: _folder } = trial::site();
    let policy = format!(
        "{STANDARD}\n[cards]\naccept = [\"desfire\", \"lite_s\"]\ndesfire = {{ application = \"F48120\", key = 3 }}\n"
    );
    engine.acting().set_policy(&policy).unwrap();
    let master: Vec<u8> = (1..=24).collect();
    engine.acting().set_card_key(CardKeyKind::LiteS, &master).unwrap();
    engine.acting().set_card_key(CardKeyKind::Desfire, &[0xA5; 16]).unwrap();
    let plan = engine.card_plan().unwrap();
    let [Provider::Desfire(desfire), Provider::LiteS(lite_s)] = &plan.providers[..] else {
        panic!("another plan")
    };
    assert_eq!((desfire.application, desfire.number, *desfire.key), ([0x20, 0x81, 0xF4], 3, [0xA5; 16]));
    assert_eq!(lite_s.master[..], master);
}

#[test]
fn a_key_is_never_told_and_two_terminals_compare_theirs_by_its_check_value() {
    let [mut here, mut there] = [trial::site(), trial::site()];
    let key = [0x31; 16];
    let set = here.engine.acting().set_card_key(CardKeyKind::Desfire, &key).unwrap();
    let same = there.engine.acting().set_card_key(CardKeyKind::Desfire, &key).unwrap();
    let other = there.engine.acting().set_card_key(CardKeyKind::Desfire, &[0x32; 16]).unwrap();
    assert_eq!((set.check.len(), &set.check), (6, &same.check));
    assert_ne!(set.check, other.check);
    let listed = here.engine.acting().card_keys().unwrap();
    assert_eq!(listed, [set]);
    assert!(!format!("{listed:?}").contains("3131"));
}

#[test]
fn a_key_of_a_wrong_length_is_refused() {
    let Site { mut engine, folder: _folder } = trial::site();
    for (kind, length) in [(CardKeyKind::LiteS, 16), (CardKeyKind::Desfire, 24), (CardKeyKind::Mifare, 0)] {
        let error = engine.acting().set_card_key(kind, &vec![1; length]).unwrap_err();
        assert_eq!(error.code(), "invalid", "{error}");
    }
    assert!(engine.acting().card_keys().unwrap().is_empty());
}

#[test]
fn only_who_may_change_the_policy_sets_lists_and_removes_keys_and_the_log_tells_of_it_without_the_key() {
    let Site { mut engine, folder: _folder } = trial::site();
    let boss = trial::administrator(&mut engine, "boss");
    let nurse = trial::grant(&mut engine, "nurse01", Purpose::Admin, None);
    let profile = Profile { role: Some("administrator".to_owned()), ..Profile::named("Two") };
    engine.acting_by(&boss).add_person("two", &profile).unwrap();
    let mut acting = engine.acting_by(&nurse);
    assert!(acting.set_card_key(CardKeyKind::Mifare, &[0x5A; 6]).is_err());
    assert!(acting.card_keys().is_err());
    assert!(acting.remove_card_key(CardKeyKind::Mifare).is_err());
    engine.acting_by(&boss).set_card_key(CardKeyKind::Mifare, &[0x5A; 6]).unwrap();
    engine.acting_by(&boss).remove_card_key(CardKeyKind::Mifare).unwrap();
    let log = engine.acting_by(&boss).log(0, 1000).unwrap();
    let told: Vec<_> = log
        .iter()
        .map(|record| &record.entry)
        .filter(|entry| matches!(entry.operation, Operation::CardKeySet | Operation::CardKeyRemove))
        .map(|entry| (entry.operation, entry.outcome, entry.object.as_deref(), entry.subject.as_deref()))
        .collect();
    let (set, remove) = (Operation::CardKeySet, Operation::CardKeyRemove);
    let mifare = Some("mifare");
    assert_eq!(
        told,
        [
            (set, Outcome::Refused, mifare, Some("nurse01")),
            (remove, Outcome::Refused, mifare, Some("nurse01")),
            (set, Outcome::Done, mifare, Some("boss")),
            (remove, Outcome::Done, mifare, Some("boss")),
        ]
    );
}
