//! The end of the log that no checkpoint covers yet, checked by who has enough shares of the recovery key.

use std::fs;

use mabataki_models::Digest;
use mabataki_test_support::Mabataki;
use pretty_assertions::assert_eq;
use rusqlite::Connection;

/// A store for trials, the key that its log began with, and three shares of a recovery key, of which two are needed.
fn trial() -> (Mabataki, String, Vec<String>) {
    let command = Mabataki::new();
    let key = command.json(&["init", "--open", "--terminal", "ward3-a"]).word("public_key").to_owned();
    let (exit, told) = command.make_recovery_key(&[0, 1, 2]);
    assert_eq!(exit, 0, "{told:?}");
    let shares = told.iter().filter_map(|line| line["text"].as_str().map(str::to_owned)).collect();
    for id in ["p1", "p2", "p3"] {
        assert_eq!(command.json(&["person", "add", id, "--name", "Somebody"]).exit, 0);
    }
    (command, key, shares)
}

/// Changes what the last record was done to, and ties it to the chain as a record must be: only its message code, whose key
/// is gone, cannot be made again.
fn change_the_last(command: &Mabataki) -> u64 {
    let database = Connection::open(command.state().join("store.sqlite")).unwrap();
    let guard: String = database
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'log_is_not_changed'", [], |row| row.get(0))
        .unwrap();
    database.execute_batch("DROP TRIGGER log_is_not_changed").unwrap();
    let columns = "seq, time, offset, terminal, operation, outcome, object, source";
    let sql = format!("SELECT {columns}, mac FROM log ORDER BY seq DESC LIMIT 1");
    let (seq, mut texts, mac): (u64, Vec<String>, Vec<u8>) = database
        .query_row(&sql, [], |row| {
            let texts = (1..8).map(|at| row.get(at)).collect::<Result<_, _>>()?;
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), texts, row.get(8)?))
        })
        .unwrap();
    texts[5] = "p9".to_owned();
    let before: Vec<u8> = database
        .query_row("SELECT link FROM log WHERE seq = ?1", [seq.cast_signed() - 1], |row| row.get(0))
        .unwrap();
    let mut record = Vec::new();
    let mut put = |tag: u8, value: &[u8]| {
        record.push(tag);
        record.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
        record.extend_from_slice(value);
    };
    put(1, &seq.to_be_bytes());
    for (tag, text) in [2, 3, 4, 5, 6, 11, 26].into_iter().zip(&texts) {
        put(tag, text.as_bytes());
    }
    let length = (record.len() as u64).to_be_bytes();
    let link = Digest::of(&[b"mabataki log link 1\0", &before[..], &length, &record, &mac].concat());
    let update = "UPDATE log SET object = ?2, link = ?3 WHERE seq = ?1";
    database.execute(update, rusqlite::params![seq.cast_signed(), texts[5], link.as_bytes()]).unwrap();
    database.execute_batch(&guard).unwrap();
    seq
}

#[test]
fn a_change_to_the_end_that_no_checkpoint_covers_is_seen_with_enough_shares_and_not_without() {
    let (command, key, shares) = trial();
    let verify = ["audit", "verify", "--public-key", &key];
    let by_shares = [&verify[..], &["--shares"]].concat();
    let good = command.json_fed(&by_shares, &[&shares[2], &shares[0]]);
    assert_eq!((good.exit, &good.last()["unprotected"]["checked"]), (0, &true.into()), "{}", good.stdout);
    let seq = change_the_last(&command);
    let blind = command.json(&verify);
    assert_eq!((blind.exit, &blind.last()["unprotected"]["checked"]), (0, &false.into()), "{}", blind.stdout);
    assert!(blind.last()["unprotected"]["records"].as_u64().unwrap() >= 3);
    let seen = command.json_fed(&by_shares, &[&shares[0], &shares[1]]);
    let found = seen.last();
    assert_eq!((seen.exit, &found["first_bad"], &found["what"]), (4, &seq.into(), &"changed".into()));
    let papers = command.folder().join("papers");
    fs::write(&papers, format!("{}\n\n{}\n", shares[1], shares[2])).unwrap();
    let from_file = format!("--shares={}", papers.display());
    let seen = command.json(&[&verify[..], &[&from_file]].concat());
    assert_eq!((seen.exit, &seen.last()["first_bad"]), (4, &seq.into()), "{}", seen.stdout);
}

#[test]
fn too_few_shares_open_nothing_and_those_of_another_set_are_told_to_be() {
    let (command, key, shares) = trial();
    let papers = command.folder().join("papers");
    fs::write(&papers, format!("{}\n", shares[0])).unwrap();
    let from_file = format!("--shares={}", papers.display());
    let args = ["audit", "verify", "--public-key", &key, &from_file];
    let refused = command.json(&args);
    assert_eq!((refused.exit, &refused.last()["error"]["code"]), (2, &"shares_too_few".into()));
    let (_, _, others) = trial();
    fs::write(&papers, format!("{}\n{}\n", others[0], others[1])).unwrap();
    let other = command.json(&args);
    assert_eq!((other.exit, &other.last()["unprotected"]["checked"]), (0, &false.into()));
    assert!(other.stderr.contains("not sealed to this recovery key"), "{}", other.stderr);
}
