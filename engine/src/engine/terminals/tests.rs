use jiff::Timestamp;
use mabataki_models::Digest;

use super::*;
use crate::engine::Grant;
use crate::engine::trial::{self, Site};
use crate::engine::{Restoration, clock::Clock};
use crate::policy::{Purpose, STANDARD, Steady};
use crate::store::{Profile, Settings};
use crate::terminal::{KeyRing, Scope, Taken};

/// Another terminal with a store of its own.
struct Other {
    _folder: tempfile::TempDir,
    engine: Engine,
}

fn other(terminal: &str) -> Other {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { terminal: terminal.to_owned(), open: true };
    let engine = Engine::create(trial::config(&folder), settings).unwrap();
    Other { _folder: folder, engine }
}

fn scope(wards: &[&str], administrators: bool) -> Scope {
    let wards = wards.iter().map(|ward| (*ward).to_owned()).collect();
    Scope::new(wards, Vec::new(), false, administrators).unwrap()
}

fn takes(wards: &[&str]) -> Pairing {
    Pairing { sends: None, takes: Some(scope(wards, false)) }
}

/// Pairs as two people do who compare the fingerprint.
fn pair(engine: &mut Engine, introduction: &Introduction) -> Result<PeerRecord, Error> {
    let fingerprint = introduction.identity().fingerprint();
    engine.acting().pair(introduction, &fingerprint, takes(&["*"]))
}

fn names(engine: &mut Engine) -> Vec<String> {
    engine.acting().peers().unwrap().into_iter().map(|peer| peer.identity.terminal).collect()
}

fn operations(engine: &Engine) -> Vec<(Operation, Outcome)> {
    let log = engine.store.log(0, 10_000).unwrap();
    log.into_iter().map(|record| (record.entry.operation, record.entry.outcome)).collect()
}

#[test]
fn a_terminal_is_the_same_each_time_it_is_asked_for_and_another_store_is_another_one() {
    let (mut here, mut there) = (other("er-1"), other("er-1"));
    let first = here.engine.introduction().unwrap();
    assert_eq!(here.engine.introduction().unwrap(), first);
    assert_eq!((first.identity().terminal.as_str(), first.identity().number), ("er-1", 1));
    assert_ne!(there.engine.introduction().unwrap().identity().fingerprint(), first.identity().fingerprint());
}

#[test]
fn only_the_fingerprint_of_the_very_keys_in_the_file_pairs_and_a_wrong_one_stands_in_the_log() {
    let Site { mut engine, folder: _folder } = trial::site();
    let (mut right, mut forger) = (other("centre"), other("centre"));
    let heard = right.engine.introduction().unwrap().identity().fingerprint();
    let forged = forger.engine.introduction().unwrap();
    let refused = engine.acting().pair(&forged, &heard, takes(&["*"])).unwrap_err();
    assert_eq!(refused.code(), "other_fingerprint");
    assert!(!refused.to_string().contains(&forged.identity().fingerprint().to_string()));
    assert!(names(&mut engine).is_empty());
    assert_eq!(operations(&engine).last(), Some(&(Operation::TerminalPair, Outcome::Refused)));
    pair(&mut engine, &right.engine.introduction().unwrap()).unwrap();
    assert_eq!(names(&mut engine), ["centre"]);
}

#[test]
fn a_terminal_pairs_with_each_other_one_once_under_its_name_and_never_with_itself() {
    let Site { mut engine, folder: _folder } = trial::site();
    let (mut centre, mut namesake, mut double) = (other("centre"), other("centre"), other("ward3-a"));
    let own = engine.introduction().unwrap();
    assert_eq!(pair(&mut engine, &own).unwrap_err().code(), "terminal_itself");
    let introduction = double.engine.introduction().unwrap();
    assert_eq!(pair(&mut engine, &introduction).unwrap_err().code(), "terminal_itself", "of the same name");
    let introduction = centre.engine.introduction().unwrap();
    pair(&mut engine, &introduction).unwrap();
    assert_eq!(pair(&mut engine, &introduction).unwrap_err().code(), "terminal_paired");
    let introduction = namesake.engine.introduction().unwrap();
    assert_eq!(pair(&mut engine, &introduction).unwrap_err().code(), "terminal_paired");
}

#[test]
fn a_pairing_that_lets_nothing_through_is_refused() {
    let Site { mut engine, folder: _folder } = trial::site();
    let introduction = other("centre").engine.introduction().unwrap();
    let fingerprint = introduction.identity().fingerprint();
    for nothing in [Pairing::default(), Pairing { sends: Some(scope(&[], true)), takes: None }] {
        let refused = engine.acting().pair(&introduction, &fingerprint, nothing).unwrap_err();
        assert_eq!(refused.code(), "pairing_for_nothing");
    }
}

/// `keeper` may change the policy and nothing else.
fn keeper(engine: &mut Engine) -> Grant {
    let roles = "[roles.keeper]\nrights = [\"policy\"]\n\n[roles.inspector]";
    engine.acting().set_policy(&STANDARD.replacen("[roles.inspector]", roles, 1)).unwrap();
    let profile = Profile { role: Some("keeper".to_owned()), ..Profile::named("Keeper") };
    engine.acting().add_person("keeper", &profile).unwrap();
    trial::grant(engine, "keeper", Purpose::Admin, None)
}

#[test]
fn pairing_takes_the_right_to_change_the_policy_and_taking_administrators_every_right() {
    let Site { mut engine, folder: _folder } = trial::site();
    let keeper = keeper(&mut engine);
    let boss = trial::administrator(&mut engine, "boss");
    let nurse = trial::grant(&mut engine, "nurse01", Purpose::Admin, None);
    let introduction = other("centre").engine.introduction().unwrap();
    let fingerprint = introduction.identity().fingerprint();
    let all = Pairing { sends: None, takes: Some(scope(&["*"], true)) };
    let mut try_as = |grant: &Grant, pairing: &Pairing| {
        engine
            .acting_by(grant)
            .pair(&introduction, &fingerprint, pairing.clone())
            .map_err(|error| error.code())
    };
    assert_eq!(try_as(&nurse, &takes(&["*"])).unwrap_err(), "no_right");
    assert_eq!(try_as(&keeper, &all).unwrap_err(), "no_right");
    assert_eq!(try_as(&boss, &all).unwrap().paired_by.as_deref(), Some("boss"));
    assert_eq!(engine.acting_by(&nurse).unpair("centre").unwrap_err().code(), "no_right");
    assert_eq!(engine.acting_by(&nurse).rotate_terminal_keys().unwrap_err().code(), "no_right");
    assert_eq!(operations(&engine).last(), Some(&(Operation::TerminalRotate, Outcome::Refused)));
    assert!(engine.acting_by(&keeper).unpair("centre").is_ok());
}

#[test]
fn a_peer_whose_keys_were_rotated_is_renewed_without_anybody_comparing_and_over_several_steps() {
    let Site { mut engine, folder: _folder } = trial::site();
    let mut centre = other("centre");
    let before = centre.engine.introduction().unwrap();
    pair(&mut engine, &before).unwrap();
    assert_eq!(engine.acting().renew_peer(&before).unwrap_err().code(), "not_a_successor", "nothing is new");
    let steps = [(); 3].map(|()| centre.engine.acting().rotate_terminal_keys().unwrap());
    let renewed = engine.acting().renew_peer(&steps[2]).unwrap();
    assert_eq!((renewed.identity.number, &renewed.identity), (4, steps[2].identity()));
    assert_eq!(engine.acting().renew_peer(&steps[1]).unwrap_err().code(), "not_a_successor", "a step back");
    let stranger = other("centre").engine.acting().rotate_terminal_keys().unwrap();
    assert_eq!(engine.acting().renew_peer(&stranger).unwrap_err().code(), "not_paired");
    engine.acting().unpair("centre").unwrap();
    let next = centre.engine.acting().rotate_terminal_keys().unwrap();
    assert_eq!(engine.acting().renew_peer(&next).unwrap_err().code(), "not_paired", "the pairing was ended");
}

fn set_clock(engine: &mut Engine, days: i64) {
    let wall = Timestamp::from_second(1_800_000_000 + days * 86_400).unwrap();
    engine.clock =
        Clock::Set { wall, steady: Steady { boot: [1; 16], ms: u64::try_from(days).unwrap() * 86_400_000 } };
}

#[test]
fn what_was_sealed_to_former_keys_opens_for_thirty_days_and_then_they_are_wiped() {
    let Site { mut engine, folder: _folder } = trial::site();
    set_clock(&mut engine, 0);
    let first = engine.introduction().unwrap();
    engine.acting().rotate_terminal_keys().unwrap();
    let opens = |engine: &mut Engine| {
        engine
            .transact(|store, now| Ok(ring_in(store, now)?.opens(1, now.wall).map(|key| key.public())))
            .unwrap()
    };
    set_clock(&mut engine, 29);
    assert_eq!(opens(&mut engine), Some(first.identity().sealing));
    let kept = |engine: &Engine| {
        let ring: KeyRing = engine.store.document(KeyRing::KEY).unwrap().unwrap();
        ring.opens(1, Timestamp::UNIX_EPOCH).is_some()
    };
    set_clock(&mut engine, 30);
    assert!(kept(&engine));
    engine.wipe_former_keys().unwrap();
    assert!(!kept(&engine));
    assert_eq!(opens(&mut engine), None);
}

/// As the import of a bundle leaves it.
fn take(engine: &mut Engine, terminal: &str, revision: u64) {
    let made = Timestamp::from_second(1_800_000_000).unwrap();
    let taken = Taken { number: 1, revision, digest: Digest::of(b"bundle"), made, taken: made };
    engine
        .store
        .write(|store| {
            let peer = peer_in(store, terminal)?;
            store.put_document(&peer.key(), &PeerRecord { taken: Some(taken), sent: revision, ..peer })?;
            Ok::<_, Error>(())
        })
        .unwrap();
}

fn revisions(engine: &mut Engine) -> (Option<u64>, u64) {
    let peer = engine.acting().peers().unwrap().remove(0);
    (peer.taken.map(|taken| taken.revision), peer.sent)
}

#[test]
fn another_pairing_with_the_same_terminal_takes_no_bundle_twice_and_no_earlier_keys() {
    let Site { mut engine, folder: _folder } = trial::site();
    let mut centre = other("centre");
    let first = centre.engine.introduction().unwrap();
    let second = centre.engine.acting().rotate_terminal_keys().unwrap();
    pair(&mut engine, &second).unwrap();
    take(&mut engine, "centre", 7);
    engine.acting().unpair("centre").unwrap();
    assert!(names(&mut engine).is_empty());
    assert_eq!(engine.acting().unpair("centre").unwrap_err().code(), "not_paired");
    assert_eq!(pair(&mut engine, &first).unwrap_err().code(), "not_a_successor");
    pair(&mut engine, &second).unwrap();
    assert_eq!(revisions(&mut engine), (Some(7), 7));
}

#[test]
fn a_restored_store_keeps_its_pairings_and_what_was_taken_since_the_backup() {
    let Site { mut engine, folder } = trial::site();
    let introduction = other("centre").engine.introduction().unwrap();
    let own = engine.introduction().unwrap();
    pair(&mut engine, &introduction).unwrap();
    take(&mut engine, "centre", 3);
    let backup = folder.path().join("backup");
    engine.acting().back_up(&backup).unwrap();
    take(&mut engine, "centre", 9);
    let config = trial::config(&folder);
    let restoration = Restoration::begin(&config, &backup, None).unwrap();
    drop(engine);
    restoration.finish(None).unwrap();
    let mut engine = Engine::open(config).unwrap();
    assert_eq!(names(&mut engine), ["centre"]);
    assert_eq!(revisions(&mut engine), (Some(9), 9));
    assert_eq!(engine.introduction().unwrap(), own, "it is the same terminal");
}

#[test]
fn no_key_of_the_terminal_lies_in_the_folder_in_the_clear_and_none_is_printed() {
    let Site { mut engine, folder } = trial::site();
    engine.introduction().unwrap();
    let ring: KeyRing = engine.store.document(KeyRing::KEY).unwrap().unwrap();
    let written = serde_json::to_value(&ring).unwrap();
    let secret: Vec<u8> = serde_json::from_value(written["keys"]["signing"].clone()).unwrap();
    assert_eq!(secret.len(), 32);
    drop(engine);
    for file in std::fs::read_dir(folder.path().join("state")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(32).any(|window| window == secret));
    }
    assert!(!format!("{ring:?}").contains(&secret[0].to_string()));
}
