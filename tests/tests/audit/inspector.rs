//! What somebody did to the database who has it and the time for it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::spawn;

use mabataki_engine::audit::Tampering;
use pretty_assertions::assert_eq;

use crate::site::*;

/// Ten records under checkpoints of four, and two more.
fn site() -> Site {
    Site::with(10)
}

#[test]
fn a_log_as_it_was_written_is_good_for_whoever_has_the_public_key_and_no_other() {
    let site = site();
    let verdict = site.verdict();
    assert_eq!((verdict.finding, verdict.records, verdict.checkpoints), (None, 10, 2));
    assert_eq!(verdict.unprotected.records, 2);
    assert_eq!(verdict.terminal.as_deref(), Some("ward3-a"));
    let other = Site { key: Site::with(1).key, ..site };
    assert_eq!(other.finding(), Some((1, Tampering::UnknownKey)));
}

#[test]
fn a_record_that_was_changed_is_named() {
    for (seq, sql) in [
        (1, "UPDATE log SET subject = 'nurse02' WHERE seq = 1"),
        (4, "UPDATE log SET outcome = 'denied' WHERE seq = 4"),
        (6, "UPDATE log SET time = '2027-01-15T08:00:05.000000Z' WHERE seq = 6"),
        (7, "UPDATE log SET mac = zeroblob(32) WHERE seq = 7"),
        (8, "UPDATE log SET link = zeroblob(32) WHERE seq = 8"),
        (3, "UPDATE log SET operation = 'no such thing' WHERE seq = 3"),
        (5, "UPDATE log SET name = (SELECT name FROM log WHERE seq = 6) WHERE seq = 5"),
        (5, "UPDATE log SET name_commitment = (SELECT name_commitment FROM log WHERE seq = 6) WHERE seq = 5"),
        (9, "UPDATE log SET account = 'somebody' WHERE seq = 9"),
    ] {
        let site = site();
        site.lay_hands_on(sql);
        assert_eq!(site.finding(), Some((seq, Tampering::Changed)), "{sql}");
    }
}

#[test]
fn a_record_that_was_removed_is_named_whether_the_rest_is_numbered_anew_or_not() {
    let site_a = site();
    site_a.lay_hands_on("DELETE FROM log WHERE seq = 6");
    assert_eq!(site_a.finding(), Some((6, Tampering::Removed)));
    let site_b = site();
    site_b.lay_hands_on("DELETE FROM log WHERE seq = 6; UPDATE log SET seq = seq - 1 WHERE seq > 6");
    assert_eq!(site_b.finding(), Some((6, Tampering::Removed)));
}

#[test]
fn a_record_that_was_put_in_is_named() {
    let site = site();
    let columns = "time, offset, terminal, category, operation, outcome, reason, subject, name, name_commitment, object, \
        account, purpose, factors, standing, session, duration_ms, pack, runtime, camera, reader, origin, host, \
        host_frames, host_card, source, mac, link";
    site.lay_hands_on(&format!(
        "UPDATE log SET seq = -seq - 1 WHERE seq >= 3; UPDATE log SET seq = -seq WHERE seq < 0; \
         INSERT INTO log (seq, {columns}) SELECT 3, {} FROM log WHERE seq = 1",
        columns.replace("mac", "zeroblob(32)").replace(" subject,", " 'mallory',")
    ));
    assert_eq!(site.finding(), Some((3, Tampering::Added)));
}

#[test]
fn records_that_changed_places_are_named() {
    let site = site();
    site.lay_hands_on(
        "UPDATE log SET seq = -5 WHERE seq = 5; UPDATE log SET seq = 5 WHERE seq = 6; UPDATE log SET seq = 6 WHERE seq = -5",
    );
    assert_eq!(site.finding(), Some((5, Tampering::Reordered)));
}

#[test]
fn an_end_that_was_cut_is_named_by_the_checkpoint_outside() {
    let site = site();
    site.lay_hands_on("DELETE FROM log WHERE seq > 6; DELETE FROM checkpoint WHERE last > 6");
    assert_eq!(site.finding(), Some((7, Tampering::Cut)));
    // Even with all that lies outside in his hands, he cannot sign another end.
    let emptied = Site::with(0);
    assert_eq!(emptied.finding(), Some((1, Tampering::NotCovered)));
}

#[test]
fn a_checkpoint_that_was_changed_or_taken_from_the_database_is_told_or_replaced_by_the_one_outside() {
    let site_a = site();
    site_a.lay_hands_on(
        "UPDATE checkpoint SET line = replace(line, '\"generation\":0', '\"generation\":1') WHERE number = 2",
    );
    assert_eq!(site_a.finding(), Some((5, Tampering::Forked)));
    let site_b = site();
    site_b.lay_hands_on("DELETE FROM checkpoint WHERE number = 2");
    assert_eq!(site_b.finding(), None, "the one outside tells that all is there");
    fs::write(site_b.location().checkpoints(), "").unwrap();
    assert_eq!(site_b.verdict().unprotected.records, 6);
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_told_and_the_one_outside_verifies_the_log() {
    let damage = "UPDATE checkpoint SET line = 'x' WHERE number = 1";
    for damage in [damage, "UPDATE checkpoint SET line = CAST(x'ff00' AS TEXT) WHERE number = 1"] {
        let site = site();
        site.lay_hands_on(damage);
        let verdict = site.verdict();
        assert_eq!(site.finding(), Some((1, Tampering::CheckpointUnreadable)), "{damage}");
        assert_eq!((verdict.records, verdict.checkpoints), (10, 2));
        // Which record was changed is told all the same.
        site.lay_hands_on("UPDATE log SET subject = 'nurse02' WHERE seq = 3");
        assert_eq!(site.finding(), Some((3, Tampering::Changed)));
    }
    let alone = site();
    alone.lay_hands_on("UPDATE checkpoint SET line = 'x' WHERE number = 2");
    fs::write(alone.location().checkpoints(), "").unwrap();
    assert_eq!(alone.finding(), Some((5, Tampering::CheckpointUnreadable)));
}

#[test]
fn no_name_is_in_the_clear_in_the_state_folder_or_beside_it() {
    let site = site();
    let _open = site.open().unwrap();
    for folder in [site.location().state, site.location().witness] {
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let bytes = fs::read(&file).unwrap();
            let found = bytes.windows(9).any(|window| window == "看護師".as_bytes());
            assert!(!found, "{}", file.display());
        }
    }
}

/// Does what whoever owns a folder can do: puts a link to a file of theirs in the place of each new one that has not its
/// name yet. Says how often.
fn exchange_what_is_new(folder: &Path, mine: &Path, until: &AtomicBool) -> u32 {
    let mut exchanged = 0;
    while !until.load(Ordering::Relaxed) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type());
            let is_new = path.to_str().unwrap().ends_with(".new") && kind.is_ok_and(|kind| kind.is_file());
            if is_new && fs::remove_file(&path).is_ok() && symlink(mine, &path).is_ok() {
                exchanged += 1;
            }
        }
    }
    exchanged
}

#[test]
fn whoever_owns_the_archives_folder_gets_nothing_of_the_log_and_has_no_other_file_written_over() {
    let site = site();
    let store = site.open().unwrap();
    let (theirs, mine) = (site.folder.path().join("theirs"), site.folder.path().join("mine"));
    fs::create_dir(&theirs).unwrap();
    fs::write(&mine, b"").unwrap();
    let until = Arc::new(AtomicBool::new(false));
    let owner = spawn({
        let (theirs, mine, until) = (theirs.clone(), mine.clone(), until.clone());
        move || exchange_what_is_new(&theirs, &mine, &until)
    });
    for round in 0..20 {
        let path = theirs.join(format!("archive-{round}"));
        match store.write_archive(&path, now(), &mut |_, _| {}) {
            Ok(archived) => {
                assert!(
                    archived.is_some() && fs::symlink_metadata(&path).unwrap().is_file(),
                    "round {round}"
                );
            }
            Err(error) => assert_eq!(error.code(), "file_exchanged", "round {round}: {error}"),
        }
        assert_eq!(fs::read(&mine).unwrap(), b"", "round {round}");
    }
    until.store(true, Ordering::Relaxed);
    assert!(owner.join().unwrap() > 0, "nothing was exchanged");
}

#[test]
fn a_log_that_was_changed_is_not_archived() {
    let site = site();
    site.lay_hands_on("UPDATE log SET subject = 'nurse02' WHERE seq = 1");
    let store = site.open().unwrap();
    let path = site.folder.path().join("archive");
    let error = store.write_archive(&path, now(), &mut |_, _| {}).unwrap_err();
    assert_eq!(error.code(), "store_corrupt");
    assert!(error.to_string().contains("row \"1\": changed"), "{error}");
    assert!(!path.exists());
}
