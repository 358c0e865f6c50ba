use super::*;
use crate::engine::trial::{self, Site};
use crate::engine::{AttemptRequest, Step};
use crate::policy::{Factor, Factors, Purpose};
use crate::session::Verdict;
use crate::store::{PersonStatus, Profile};

const PASSWORD: &str = "Kobe-4711-harbour";

/// A site with the administrators `boss` and `deputy`, each with a password, and a backup of it.
fn site() -> (Site, std::path::PathBuf) {
    let mut site = trial::site();
    let profile = Profile { role: Some("administrator".to_owned()), ..Profile::named("Administrator") };
    site.engine.acting().add_person("boss", &profile).unwrap();
    site.engine.acting().set_password("boss", &trial::secret(PASSWORD), false).unwrap();
    let boss = trial::grant(&mut site.engine, "boss", Purpose::Admin, None);
    site.engine.acting_by(&boss).add_person("deputy", &profile).unwrap();
    site.engine.acting_by(&boss).set_password("deputy", &trial::secret(PASSWORD), false).unwrap();
    let backup = site.folder.path().join("backup");
    site.engine.acting().back_up(&backup).unwrap();
    (site, backup)
}

fn let_in(engine: &mut Engine, id: &str, password: &str) -> (Verdict, Option<Grant>) {
    let request = AttemptRequest {
        claim: Some(id.to_owned()),
        store_key: true,
        secrets: Factors::of(&[Factor::Password]),
        ..AttemptRequest::new(Purpose::Admin)
    };
    let mut attempt = engine.authenticate(request).unwrap();
    attempt.give_password(trial::secret(password)).unwrap();
    while let Some(step) = attempt.next_step().unwrap() {
        if let Step::Done(verdict) = step {
            return (verdict, attempt.take_grant());
        }
    }
    panic!("an attempt without an end");
}

#[test]
fn an_administrator_restores_a_backup_every_grant_ends_and_the_log_tells() {
    let (Site { mut engine, folder }, backup) = site();
    let nurse = trial::grant(&mut engine, "nurse01", Purpose::Login, None);
    let config = trial::config(&folder);
    let mut restoration = Restoration::begin(&config, &backup, None).unwrap();
    let boss = let_in(restoration.engine(), "boss", PASSWORD).1.unwrap();
    drop(engine);
    let restored = restoration.finish(Some(&boss)).unwrap();
    assert!(!restored.merged.lost);
    let mut engine = Engine::open(config).unwrap();
    assert!(matches!(engine.examine(&nurse), Err(Error::GrantEnded { why: Ending::StoreRestored })));
    assert!(matches!(engine.examine(&boss), Err(Error::GrantEnded { why: Ending::StoreRestored })));
    let log = engine.store.log(0, 10_000).unwrap();
    let record = log.iter().find(|record| record.entry.operation == Operation::StoreRestore).unwrap();
    assert_eq!(record.entry.subject.as_deref(), Some("boss"));
    engine.check_store().unwrap();
}

#[test]
fn whoever_may_not_change_the_policy_restores_nothing() {
    let (Site { engine, folder }, backup) = site();
    let config = trial::config(&folder);
    drop(engine);
    let mut restoration = Restoration::begin(&config, &backup, None).unwrap();
    let nurse = trial::grant(restoration.engine(), "nurse01", Purpose::Admin, None);
    assert_eq!(restoration.finish(Some(&nurse)).unwrap_err().code(), "no_right");
    assert!(Engine::open(config).is_ok());
}

#[test]
fn who_was_disabled_or_locked_out_since_the_backup_cannot_restore_it_whether_the_store_is_there_or_not() {
    for is_gone in [false, true] {
        let (Site { mut engine, folder }, backup) = site();
        let config = trial::config(&folder);
        let deputy = trial::grant(&mut engine, "deputy", Purpose::Admin, None);
        engine.acting_by(&deputy).set_status("boss", PersonStatus::Disabled).unwrap();
        for _ in 0..10 {
            let_in(&mut engine, "deputy", "wrong-Password-9");
        }
        drop(engine);
        if is_gone {
            std::fs::remove_dir_all(&config.state).unwrap();
        }
        let mut restoration = Restoration::begin(&config, &backup, None).unwrap();
        for id in ["boss", "deputy"] {
            let (verdict, grant) = let_in(restoration.engine(), id, PASSWORD);
            assert!(grant.is_none(), "{id}, {is_gone}: {verdict:?}");
        }
    }
}

#[test]
fn an_alarm_stands_in_the_log_of_the_store_that_is_put_right_again() {
    let (Site { engine, folder }, backup) = site();
    let config = trial::config(&folder);
    drop(engine);
    let store = config.state.join("store.sqlite");
    std::fs::rename(&store, folder.path().join("taken")).unwrap();
    for _ in 0..2 {
        assert_eq!(Engine::open(config.clone()).err().unwrap().code(), "store_gone");
    }
    let mut restoration = Restoration::begin(&config, &backup, None).unwrap();
    let boss = let_in(restoration.engine(), "boss", PASSWORD).1.unwrap();
    restoration.finish(Some(&boss)).unwrap();
    let alarms = |config| {
        let log = Engine::open(config).unwrap().store.log(0, 10_000).unwrap();
        let alarms = log.into_iter().filter(|record| record.entry.operation == Operation::Alarm);
        alarms.map(|record| record.entry.reason.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(alarms(config.clone()), ["store_gone", "store_gone"]);
    assert_eq!(alarms(config), ["store_gone", "store_gone"], "they are told once");
}

#[test]
fn a_backup_from_before_the_first_administrator_makes_no_terminal_new_again() {
    let Site { mut engine, folder } = trial::site();
    let config = trial::config(&folder);
    let backup = |engine: &mut Engine, name: &str| {
        let path = folder.path().join(name);
        engine.acting().back_up(&path).unwrap();
        path
    };
    let nobody = backup(&mut engine, "nobody");
    let profile = Profile { role: Some("administrator".to_owned()), ..Profile::named("Administrator") };
    engine.acting().add_person("boss", &profile).unwrap();
    let appointed = backup(&mut engine, "appointed");
    engine.acting().set_password("boss", &trial::secret(PASSWORD), false).unwrap();
    let set_up = backup(&mut engine, "set up");
    drop(engine);
    let lose = || {
        std::fs::remove_dir_all(&config.state).unwrap();
        std::fs::remove_file(config.witness.join("mirror.sqlite")).unwrap();
    };
    let refused = || {
        lose();
        for _ in 0..2 {
            let error = Restoration::begin(&config, &nobody, None).err().unwrap();
            assert_eq!(error.code(), "no_administrator_in_backup", "{error}");
        }
        // Somebody in it could restore it, so it opens; and nobody restores it who is not named.
        let restoration = Restoration::begin(&config, &appointed, None).unwrap();
        assert_eq!(restoration.finish(None).unwrap_err().code(), "no_right");
        assert_eq!(Engine::open(config.clone()).err().unwrap().code(), "store_gone");
    };
    refused();
    // Through a restoration, and everything that is written after it, the witness goes on knowing.
    let mut restoration = Restoration::begin(&config, &set_up, None).unwrap();
    let boss = let_in(restoration.engine(), "boss", PASSWORD).1.unwrap();
    restoration.finish(Some(&boss)).unwrap();
    drop(Engine::open(config.clone()).unwrap());
    refused();
}

#[test]
fn a_backup_is_restored_by_nobody_where_nobody_was_ever_needed() {
    let Site { mut engine, folder } = trial::site();
    let config = trial::config(&folder);
    let backup = folder.path().join("nobody");
    engine.acting().back_up(&backup).unwrap();
    drop(engine);
    std::fs::remove_dir_all(&config.state).unwrap();
    Restoration::begin(&config, &backup, None).unwrap().finish(None).unwrap();
    assert!(Engine::open(config).is_ok());
}
