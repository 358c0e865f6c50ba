use std::fs;

use pretty_assertions::assert_eq;

use super::*;
use crate::audit::Record;
use crate::engine::trial::{Site, administrator, config, grant, site};
use crate::keys::{KeyPlace, KeySource, StoreKey};
use crate::policy::Purpose;

fn place(site: &Site) -> KeyPlace {
    KeyPlace::new(site.folder.path().join("key"))
}

fn reopen(site: &Site) -> Result<Engine, Error> {
    Engine::open(config(&site.folder))
}

fn with_key(site: &Site, key: &StoreKey) -> Result<Engine, Error> {
    Engine::open(Config { key: KeySource::Host(key.clone()), ..config(&site.folder) })
}

fn last(engine: &Engine) -> Record {
    engine.store.log(0, 1000).unwrap().pop().unwrap()
}

#[test]
fn after_a_replacement_the_new_key_opens_the_store_and_the_one_before_does_not() {
    let mut site = site();
    let before = place(&site).load(&site.folder.path().join("state")).unwrap();
    assert_eq!(site.engine.acting().replace_store_key(None).unwrap(), Keeper::File);
    let entry = last(&site.engine).entry;
    assert_eq!((entry.operation, entry.outcome), (Operation::KeyReplace, Outcome::Done));
    assert_eq!(entry.object.as_deref(), Some("file"));
    // The engine that did it goes on, and another one finds everybody.
    site.engine.acting().replace_store_key(None).unwrap();
    assert_eq!(reopen(&site).unwrap().store.people().unwrap().len(), 2);
    assert_eq!(with_key(&site, &before).err().unwrap().code(), "wrong_key");
}

#[test]
fn after_a_replacement_nothing_of_the_key_before_is_left_in_the_write_ahead_log() {
    let mut site = site();
    let ahead = site.folder.path().join("state").join("store.sqlite-wal");
    assert!(fs::metadata(&ahead).unwrap().len() > 0);
    site.engine.acting().replace_store_key(None).unwrap();
    assert_eq!(fs::metadata(&ahead).unwrap().len(), 0);
}

#[test]
fn a_replacement_whose_last_step_was_missed_is_finished_by_the_next_one() {
    let mut site = site();
    let state = site.folder.path().join("state");
    let (place, file) = (place(&site), site.folder.path().join("key"));
    let text = fs::read(&file).unwrap();
    site.engine.acting().replace_store_key(None).unwrap();
    // As if the power had gone before the next key took its place.
    fs::rename(&file, site.folder.path().join("key.next")).unwrap();
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    site.engine.acting().replace_store_key(None).unwrap();
    with_key(&site, &place.load(&state).unwrap()).unwrap();
}

#[test]
fn only_who_may_change_the_policy_replaces_keys() {
    let mut site = site();
    administrator(&mut site.engine, "boss");
    let nurse = grant(&mut site.engine, "nurse01", Purpose::Admin, None);
    let before = fs::read(site.folder.path().join("key")).unwrap();
    let mut acting = site.engine.acting_by(&nurse);
    assert_eq!(acting.replace_store_key(None).unwrap_err().code(), "no_right");
    assert_eq!(acting.draw_recovery_key(2, 3).unwrap_err().code(), "no_right");
    let shares = RecoveryKey::draw().unwrap().split(2, 3).unwrap();
    assert_eq!(acting.make_recovery_key(3, &shares).unwrap_err().code(), "no_right");
    assert_eq!(fs::read(site.folder.path().join("key")).unwrap(), before);
    assert!(!site.folder.path().join("key.next").exists());
}

#[test]
fn enough_shares_open_a_store_whose_key_is_lost_and_give_it_a_new_one() {
    let mut site = site();
    let shares = site.engine.acting().draw_recovery_key(2, 3).unwrap();
    assert!(
        site.engine.key_state().unwrap().recovery.is_none(),
        "it is not in force before shares were read back"
    );
    site.engine.acting().make_recovery_key(3, &shares[..2]).unwrap();
    let record = site.engine.key_state().unwrap().recovery.unwrap();
    assert_eq!((record.needed, record.shares, record.set), (2, 3, shares[0].set()));
    assert_eq!(last(&site.engine).entry.object, Some(record.set.to_string()));

    let lost = place(&site).load(&site.folder.path().join("state")).unwrap();
    fs::remove_file(site.folder.path().join("key")).unwrap();
    assert_eq!(reopen(&site).err().unwrap().code(), "no_key");
    let recover = |shares: &[Share]| Engine::recover(config(&site.folder), shares, Keeper::File);
    assert_eq!(recover(&shares[..1]).err().unwrap().code(), "shares_too_few");
    let engine = recover(&shares[1..]).unwrap();
    let entry = last(&engine).entry;
    assert_eq!((entry.operation, entry.reason.as_deref()), (Operation::KeyReplace, Some("recovery")));
    assert_eq!(reopen(&site).unwrap().store.people().unwrap().len(), 2);
    assert_eq!(with_key(&site, &lost).err().unwrap().code(), "wrong_key");
}

#[test]
fn shares_of_a_set_that_was_replaced_or_of_no_set_open_nothing() {
    let mut site = site();
    let old = site.engine.acting().draw_recovery_key(2, 3).unwrap();
    let config = config(&site.folder);
    let code = |shares| Engine::recover(config.clone(), shares, Keeper::File).err().unwrap().code();
    assert_eq!(code(&old), "shares_of_another_set");
    site.engine.acting().make_recovery_key(3, &old).unwrap();
    let new = site.engine.acting().draw_recovery_key(3, 5).unwrap();
    site.engine.acting().make_recovery_key(5, &new).unwrap();
    assert_eq!(code(&old), "shares_of_another_set");
    reopen(&site).unwrap();
    assert!(Engine::recover(config.clone(), &new, Keeper::File).is_ok());
}

#[test]
fn a_key_that_the_host_hands_in_is_replaced_by_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeySource::Host(StoreKey::draw().unwrap());
    let settings = crate::store::Settings { terminal: "ward3-a".to_owned(), open: false };
    let mut engine = Engine::create(Config { key, ..config(&folder) }, settings).unwrap();
    assert_eq!(engine.acting().replace_store_key(None).unwrap_err().code(), "handed_in");
    let state = engine.key_state().unwrap();
    assert_eq!((state.keeper, state.path), (Keeper::Host, None));
}

#[test]
fn of_several_who_replace_the_key_at_once_one_has_the_key_that_opens_the_store() {
    let site = site();
    let config = config(&site.folder);
    let replace = || {
        for _ in 0..5 {
            // Whoever opens it while another's key takes its place may have to try again.
            if let Ok(mut engine) = Engine::open(config.clone()) {
                let _ = engine.acting().replace_store_key(None);
            }
        }
    };
    std::thread::scope(|scope| {
        (0..3).for_each(|_| drop(scope.spawn(replace)));
    });
    let before = place(&site).load(&config.state).unwrap();
    let mut engine = Engine::open(config).unwrap();
    engine.acting().replace_store_key(None).unwrap();
    assert_eq!(with_key(&site, &before).err().unwrap().code(), "wrong_key");
    engine.check_store().unwrap();
}
