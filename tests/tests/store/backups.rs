//! Backups: what is in them, what is not, and what becomes of everything that happened since.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use mabataki_engine::audit::{Finding, Outcome, PublicKey, Tampering, Trust, Verifier};
use mabataki_engine::store::{
    Backup, CardStatus, LogFile, LogLines, Merged, PersonStatus, Staged, Stop, Store, StoreError,
};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::mirror::mirror;
use crate::support::*;

/// Two people, a backup of them, and where it is.
pub(crate) fn backed_up() -> (Trial, PathBuf) {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "a", [1; 8]);
    admit(&mut store, "b", [2; 8]);
    store.write(|w| w.put_document("a", &Counter(1))).unwrap();
    let backup = trial.root.path().join("backup");
    store.back_up(&backup, noon()).unwrap();
    (trial, backup)
}

fn stage(trial: &Trial, backup: &Path) -> Result<Staged, StoreError> {
    Staged::unpack(&trial.location(), &Backup::read(backup)?, &trial.key, None)
}

pub(crate) fn restore(trial: &Trial, backup: &Path) -> Merged {
    let staged = stage(trial, backup).unwrap();
    let merged = staged.merged();
    staged.put_in_place().unwrap();
    merged
}

pub(crate) fn write(
    trial: &Trial,
    work: impl FnOnce(&mabataki_engine::store::Write<'_>) -> Result<(), StoreError>,
) {
    trial.open().write(work).unwrap();
}

#[test]
fn a_lost_store_comes_back_as_it_was_backed_up() {
    let (trial, backup) = backed_up();
    let whole = trial.read_all().unwrap();
    fs::remove_dir_all(&trial.state).unwrap();
    let merged = restore(&trial, &backup);
    assert_eq!(Merged { log_key: None, ..merged }, Merged::default());
    assert_eq!(trial.read_all().unwrap(), whole);
    write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
    trial.open().check().unwrap();
}

#[test]
fn a_lost_witness_is_made_anew_with_the_store() {
    let (trial, backup) = backed_up();
    fs::remove_dir_all(trial.location().witness).unwrap();
    restore(&trial, &backup);
    assert_eq!(trial.read_all().unwrap().people.len(), 2);
}

#[test]
fn a_backup_tells_whose_it_is_and_shows_nothing_else() {
    let (trial, backup) = backed_up();
    let header = Backup::read(&backup).unwrap().header().clone();
    assert_eq!(
        (header.terminal.as_str(), header.taken, header.store),
        ("ward3-a", noon(), trial.open().id())
    );
    let bytes = fs::read(&backup).unwrap();
    for secret in ["看護師", "ward3\"", "nurse", "PersonAdd", "person_add", "SQLite"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}

#[test]
fn a_backup_is_its_owners_alone_and_lies_outside_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let (trial, backup) = backed_up();
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o7777, 0o600);
    let store = trial.open();
    assert_eq!(store.back_up(&backup, noon()).unwrap_err().code(), "exists");
    for inside in [trial.state.join("backup"), trial.location().witness.join("backup")] {
        assert_eq!(store.back_up(&inside, noon()).unwrap_err().code(), "not_permitted");
    }
    let missing = trial.root.path().join("no").join("folder");
    store.back_up(&missing, noon()).unwrap_err();
    let left: Vec<_> = fs::read_dir(&trial.state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.to_str().unwrap().starts_with("store.sqlite")), "{left:?}");
    assert!(left.len() <= 3, "{left:?}");
}

#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    let trial = Trial::new();
    drop(trial.create());
    let writer = {
        let (location, key) = (trial.location(), trial.key.clone());
        std::thread::spawn(move || {
            let mut store = Store::open(&location, &key).unwrap();
            for n in 0..100 {
                let id = format!("p{n:03}");
                // A person and a counter of people: a moment in between is no moment.
                store
                    .write(|w| {
                        add(w, &id)?;
                        w.put_document("people", &Counter(n + 1))
                    })
                    .unwrap();
            }
        })
    };
    let backups: Vec<PathBuf> = (0..4).map(|n| trial.root.path().join(format!("backup{n}"))).collect();
    let store = trial.open();
    for backup in &backups {
        store.back_up(backup, noon()).unwrap();
    }
    drop(store);
    writer.join().unwrap();
    for backup in &backups {
        fs::remove_dir_all(&trial.state).unwrap();
        fs::remove_dir_all(trial.location().witness).unwrap();
        restore(&trial, backup);
        let store = trial.open();
        let counted = store.document::<Counter>("people").unwrap().map_or(0, |counter| counter.0);
        assert_eq!(store.people().unwrap().len() as u64, counted);
    }
}

#[test]
fn what_was_revoked_or_counted_since_the_backup_stays_so() {
    let (trial, backup) = backed_up();
    let handle = card(&trial.open(), &felica([1; 8])).unwrap().handle;
    write(&trial, |w| {
        w.stop_card(&handle, Stop::Lost)?;
        w.set_status("b", PersonStatus::Disabled)?;
        w.remove_template("a")?;
        w.put_document("a", &Counter(7))?;
        add(w, "c")
    });
    let merged = restore(&trial, &backup);
    assert_eq!(merged, Merged { newer: 4, removed: 1, ..Merged::default() });
    let store = trial.open();
    assert_eq!(card(&store, &felica([1; 8])).unwrap().status, CardStatus::Lost);
    assert_eq!(store.person("b").unwrap().unwrap().status, PersonStatus::Disabled);
    assert!(!store.has_template("a").unwrap());
    assert_eq!(store.document("a").unwrap(), Some(Counter(7)));
    assert!(store.person("c").unwrap().is_some());
}

#[test]
fn what_was_removed_before_the_backup_does_not_come_back_with_an_older_store() {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "a", [1; 8]);
    admit(&mut store, "b", [2; 8]);
    drop(store);
    let older = fs::read(trial.file()).unwrap();
    write(&trial, |w| w.remove_person("b").map(|_| ()));
    let backup = trial.root.path().join("backup");
    trial.open().back_up(&backup, noon()).unwrap();
    fs::write(trial.file(), older).unwrap();
    let merged = restore(&trial, &backup);
    assert_eq!((merged.newer, merged.lost), (0, false));
    assert_eq!(trial.open().person("b").unwrap(), None);
}

#[test]
fn of_a_damaged_store_whatever_still_opens_is_kept() {
    let (trial, backup) = backed_up();
    write(&trial, |w| {
        w.set_status("a", PersonStatus::Disabled)?;
        w.set_status("b", PersonStatus::Disabled)
    });
    let database = trial.database();
    database.execute("UPDATE person SET sealed = zeroblob(200) WHERE id = 'b'", []).unwrap();
    database.execute("DELETE FROM template WHERE person = 'a'", []).unwrap();
    drop(database);
    fs::remove_file(mirror(&trial)).unwrap();
    let merged = restore(&trial, &backup);
    assert_eq!((merged.newer, merged.removed, merged.unreadable, merged.lost), (1, 0, 1, true));
    let store = trial.open();
    assert_eq!(store.person("a").unwrap().unwrap().status, PersonStatus::Disabled);
    assert_eq!(store.person("b").unwrap().unwrap().status, PersonStatus::Active, "nobody knows any better");
    assert!(
        store.has_template("a").unwrap(),
        "a record that is missing from a damaged store was not removed"
    );
}

/// Enough records for several checkpoints.
fn fill_log(trial: &Trial) {
    let mut store = trial.open();
    for _ in 0..200 {
        store.write(|w| w.append(&attempt(Outcome::Denied))).unwrap();
    }
}

#[test]
fn the_log_goes_on_where_the_replaced_store_had_it() {
    let (trial, backup) = backed_up();
    fill_log(&trial);
    let before = trial.open().log(0, 10_000).unwrap();
    let signed = trial.open().last_checkpoint().unwrap().unwrap();
    trial.database().execute("UPDATE person SET sealed = zeroblob(200) WHERE id = 'b'", []).unwrap();
    assert!(!restore(&trial, &backup).lost);
    let mut store = trial.open();
    assert_eq!(store.log(0, 10_000).unwrap(), before);
    assert_eq!(store.last_checkpoint().unwrap().unwrap().head, signed.head);
    store.write(|w| w.append(&attempt(Outcome::Denied))).unwrap();
    store.check().unwrap();
}

#[test]
fn a_log_that_is_lost_goes_on_from_the_backup_and_the_checkpoints_of_the_lost_one_are_kept() {
    let (trial, backup) = backed_up();
    fill_log(&trial);
    fs::remove_file(trial.file()).unwrap();
    let merged = restore(&trial, &backup);
    assert_eq!((merged.lost, merged.log_lost), (false, true));
    let mut store = trial.open();
    assert_eq!(store.last_seq().unwrap(), 2);
    store.write(|w| w.append(&attempt(Outcome::Denied))).unwrap();
    store.check().unwrap();
    drop(store);
    trial.open();
    let aside = fs::read_dir(trial.location().witness)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_str().unwrap().contains("checkpoints.before-"));
    assert!(fs::read_to_string(aside.unwrap()).unwrap().lines().count() >= 3);
}

#[test]
fn a_backup_whose_log_has_many_checkpoints_is_restored_where_nothing_is_left() {
    let (trial, _) = backed_up();
    fill_log(&trial);
    let backup = trial.root.path().join("later");
    trial.open().back_up(&backup, noon()).unwrap();
    let before = trial.open().log(0, 10_000).unwrap();
    for witness_too in [false, true] {
        fs::remove_dir_all(&trial.state).unwrap();
        if witness_too {
            fs::remove_dir_all(trial.location().witness).unwrap();
        }
        restore(&trial, &backup);
        assert_eq!(trial.open().log(0, 10_000).unwrap(), before);
        write(&trial, |w| w.append(&attempt(Outcome::Denied)).map(|_| ()));
        trial.open().check().unwrap();
    }
}

#[test]
fn a_card_that_was_bound_anew_since_the_backup_is_found_under_its_new_handle() {
    let (trial, backup) = backed_up();
    let old = card(&trial.open(), &felica([1; 8])).unwrap().handle;
    write(&trial, |w| {
        w.remove_card(&old)?;
        w.bind_card("b", &felica([1; 8]), &label("bound anew")).map(|_| ())
    });
    restore(&trial, &backup);
    let store = trial.open();
    assert_eq!(card(&store, &felica([1; 8])).unwrap().people, ["b"]);
    assert_eq!(store.card(&old).unwrap(), None);
}

#[test]
fn a_second_key_that_was_replaced_since_the_backup_opens_nothing() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| w.put_key("recovery", &key(20))).unwrap();
    let backup = trial.root.path().join("backup");
    store.back_up(&backup, noon()).unwrap();
    store.write(|w| w.put_key("recovery", &key(21))).unwrap();
    drop(store);
    restore(&trial, &backup);
    let by = |key| Store::open_by(&trial.location(), "recovery", &key).map(|_| ());
    assert_eq!(by(key(20)).unwrap_err().code(), "wrong_key");
    by(key(21)).unwrap();
}

#[test]
fn a_record_that_somebody_put_behind_the_end_of_the_log_is_not_taken_over() {
    let (trial, backup) = backed_up();
    fill_log(&trial);
    let database = trial.database();
    let columns: String = database
        .query_row(
            "SELECT group_concat(name, ', ') FROM pragma_table_info('log') WHERE name <> 'seq'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let plant = format!("INSERT INTO log SELECT 900, {columns} FROM log WHERE seq = 100");
    database.execute(&plant, []).unwrap();
    drop(database);
    assert!(!restore(&trial, &backup).lost);
    assert_eq!(trial.open().last_seq().unwrap(), 202);
}

#[test]
fn a_log_that_was_changed_at_its_end_is_not_gone_on_with() {
    let (trial, backup) = backed_up();
    fill_log(&trial);
    let database = trial.database();
    database.execute_batch("DROP TRIGGER log_is_not_cut; DELETE FROM log WHERE seq > 150").unwrap();
    let trigger = "CREATE TRIGGER log_is_not_cut BEFORE DELETE ON log";
    let whole: String = {
        let other = Trial::new();
        drop(other.create());
        let find = "SELECT sql FROM sqlite_schema WHERE name = 'log_is_not_cut'";
        other.database().query_row(find, [], |row| row.get(0)).unwrap()
    };
    assert!(whole.starts_with(trigger), "{whole}");
    database.execute_batch(&whole).unwrap();
    drop(database);
    let merged = restore(&trial, &backup);
    assert_eq!((merged.lost, merged.log_lost), (false, true));
    assert_eq!(trial.open().last_seq().unwrap(), 2);
}

#[test]
fn changes_that_nothing_holds_any_more_are_told() {
    let (trial, backup) = backed_up();
    write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
    fs::remove_file(trial.file()).unwrap();
    fs::remove_file(mirror(&trial)).unwrap();
    assert!(restore(&trial, &backup).lost);
}

#[test]
fn after_a_restore_the_store_of_before_is_an_old_copy_for_good() {
    let (trial, backup) = backed_up();
    for n in 0..50 {
        write(&trial, |w| w.put_document("b", &Counter(n)));
    }
    let before = fs::read(trial.file()).unwrap();
    restore(&trial, &backup);
    fs::write(trial.file(), before).unwrap();
    assert_eq!(Store::open(&trial.location(), &trial.key).unwrap_err().code(), "store_rolled_back");
}

#[test]
fn the_store_that_was_replaced_is_set_aside_and_not_thrown_away() {
    let (trial, backup) = backed_up();
    let before = fs::read(trial.file()).unwrap();
    restore(&trial, &backup);
    let aside: Vec<_> = fs::read_dir(&trial.state)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().contains(".before-"))
        .collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(fs::read(&aside[0]).unwrap(), before);
}

#[test]
fn a_restore_that_nobody_finishes_changes_nothing_and_leaves_nothing() {
    let (trial, backup) = backed_up();
    write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
    let whole = trial.read_all().unwrap();
    // One that was killed leaves its folder; the next one takes its place.
    let left_over = trial.state.join("restoring");
    fs::DirBuilder::new().mode(0o700).create(&left_over).unwrap();
    fs::write(left_over.join("store.sqlite"), "half of it").unwrap();
    let staged = stage(&trial, &backup).unwrap();
    assert_eq!(stage(&trial, &backup).err().unwrap().code(), "store_busy", "one at a time");
    drop(staged);
    assert_eq!(trial.read_all().unwrap(), whole);
    let left: Vec<String> = [trial.root.path(), &trial.state]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("restoring"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_backup_of_before_the_store_key_was_replaced_opens_by_the_new_key_while_the_store_is_there() {
    let (mut trial, backup) = backed_up();
    let new = key(9);
    write(&trial, |w| w.replace_store_key(&new));
    let old = std::mem::replace(&mut trial.key, new);
    restore(&trial, &backup);
    assert_eq!(Store::open(&trial.location(), &old).unwrap_err().code(), "wrong_key");
    trial.open();
    // Without the store, only by a key that the backup was made with.
    fs::remove_dir_all(&trial.state).unwrap();
    assert_eq!(stage(&trial, &backup).err().unwrap().code(), "wrong_key");
    let by_old = Staged::unpack(&trial.location(), &Backup::read(&backup).unwrap(), &trial.key, Some(&old));
    by_old.unwrap().put_in_place().unwrap();
    trial.open();
}

#[test]
fn another_terminals_backup_takes_no_stores_place_also_with_the_same_key() {
    let (trial, _) = backed_up();
    let (_other, theirs) = backed_up();
    let error = stage(&trial, &theirs).err().unwrap();
    assert_eq!(error.code(), "other_store", "{error}");
    fs::remove_dir_all(&trial.state).unwrap();
    let strange = key(3);
    let by_strange = Staged::unpack(&trial.location(), &Backup::read(&theirs).unwrap(), &strange, None);
    assert_eq!(by_strange.err().unwrap().code(), "wrong_key");
}

#[test]
fn where_nothing_is_left_that_could_tell_changes_count_as_lost() {
    let (trial, backup) = backed_up();
    fs::remove_dir_all(&trial.state).unwrap();
    fs::remove_dir_all(trial.location().witness).unwrap();
    assert!(restore(&trial, &backup).lost);
}

#[test]
fn a_store_in_which_all_is_well_is_checked_record_by_record() {
    let (trial, _) = backed_up();
    let mut store = trial.open();
    let before = store.check().unwrap();
    assert_eq!(
        (before.records, before.log),
        (8, 2),
        "two people, cards and faces, a counter, the log's state"
    );
    store.write(|w| w.append(&attempt(Outcome::Denied))).unwrap();
    assert!(store.check().unwrap().log == 3);
    trial.database().execute("UPDATE person SET sealed = zeroblob(99) WHERE id = 'b'", []).unwrap();
    let text = store.check().unwrap_err().to_string();
    assert!(text.contains("table `person`, row \"b\""), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_backup_with_anything_changed_or_cut_is_refused_and_touches_nothing(
        at in any::<prop::sample::Index>(), flip in 1..=255_u8, cut in any::<bool>(),
    ) {
        let (trial, backup) = backed_up();
        let whole = trial.read_all().unwrap();
        let mut bytes = fs::read(&backup).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
        fs::write(&backup, bytes).unwrap();
        let code = stage(&trial, &backup).err().unwrap().code();
        prop_assert!(["not_a_backup", "wrong_key", "store_corrupt", "store_format"].contains(&code), "{}", code);
        prop_assert_eq!(trial.read_all().unwrap(), whole);
    }
}

/// What an inspector who knows these keys finds in the store's log.
fn verified(trial: &Trial, keys: Vec<PublicKey>) -> Option<Finding> {
    let log = LogFile::open(&trial.state).unwrap();
    let outside = LogLines::open(&trial.location().checkpoints()).unwrap();
    let mut verifier = Verifier::new(Trust { keys, whole: true, ..Trust::default() });
    log.feed(&mut verifier, outside.checkpoints_of(log.id()), || {}).unwrap();
    verifier.finish(noon()).remove(0).finding
}

#[test]
fn whoever_has_a_backup_and_the_key_signs_nothing_that_the_logs_first_key_vouches_for() {
    let (trial, _) = backed_up();
    fill_log(&trial);
    let first = trial.open().log_key().unwrap();
    let backup = trial.root.path().join("later");
    trial.open().back_up(&backup, noon()).unwrap();
    assert_eq!(verified(&trial, vec![first]), None);
    for folder in [&trial.state, &trial.location().witness] {
        fs::remove_dir_all(folder).unwrap();
    }
    let renewed = restore(&trial, &backup).log_key.unwrap();
    write(&trial, |w| w.append(&attempt(Outcome::Granted)).map(|_| ()));
    write(&trial, |w| w.sign_log().map(|_| ()));
    let finding = verified(&trial, vec![first]).unwrap();
    assert_eq!(finding.what, Tampering::BadSignature);
    assert_eq!(verified(&trial, vec![first, renewed]), None, "the site says so itself");
    assert_eq!(trial.open().log_keys().unwrap(), [first, renewed]);
    assert_eq!(LogFile::open(&trial.state).unwrap().keys().unwrap(), [first, renewed]);
}

#[test]
fn a_store_that_was_written_to_since_the_backup_was_unpacked_stays() {
    let (trial, backup) = backed_up();
    let staged = stage(&trial, &backup).unwrap();
    write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
    assert_eq!(staged.put_in_place().unwrap_err().code(), "store_busy");
    let status = |store: Store| store.person("a").unwrap().unwrap().status;
    assert_eq!(status(trial.open()), PersonStatus::Disabled);
    restore(&trial, &backup);
    assert_eq!(status(trial.open()), PersonStatus::Disabled);
}
