//! The log: what an inspector can rely on.

use mabataki_engine::{
    audit::{Category, Entry, Factor, HostSupplied, LocalOffset, Operation, Outcome, Source, Standing},
    card::Assurance,
    keys::RecoveryKey,
    store::{LogRules, Store},
};
use mabataki_models::Digest;
use pretty_assertions::assert_eq;

use crate::support::*;

fn full() -> Entry {
    Entry {
        time: at("2026-04-01T03:04:05.678901Z"),
        reason: Some("no_blink".to_owned()),
        subject: Some("nurse01".to_owned()),
        name: Some("山田 花子".to_owned()),
        object: Some("k7mq-2w9x".to_owned()),
        account: Some("WARD\\ward3".to_owned()),
        purpose: Some("log_in".to_owned()),
        factors: vec![Factor::Card { assurance: Assurance::IdentifierOnly }, Factor::Face],
        standing: Some(Standing::Claimed),
        session: Some("s-0001".to_owned()),
        duration_ms: Some(1234),
        pack: Some(Digest::of(b"pack")),
        runtime: Some("1.31.1".to_owned()),
        camera: Some("Front Camera".to_owned()),
        reader: Some("ACS ACR1252 00 00".to_owned()),
        origin: Some("pc-7.example".to_owned()),
        host: Some("login screen".to_owned()),
        host_supplied: HostSupplied { frames: true, card: false },
        source: Source::Host,
        ..attempt(Outcome::Denied)
    }
}

#[test]
fn a_record_reads_back_as_it_was_appended_with_number_and_terminal() {
    let trial = Trial::new();
    let mut store = trial.create();
    let plain = attempt(Outcome::Granted);
    assert_eq!(store.write(|w| w.append(&full())).unwrap(), 1);
    assert_eq!(store.write(|w| w.append(&plain)).unwrap(), 2);
    drop(store);
    let records = trial.open().log(0, 10).unwrap();
    assert_eq!(
        records.iter().map(|r| (r.seq, r.terminal.as_str())).collect::<Vec<_>>(),
        [(1, "ward3-a"), (2, "ward3-a")]
    );
    assert_eq!((&records[0].entry, &records[1].entry), (&full(), &plain));
}

#[test]
fn a_record_tells_how_the_sites_clocks_stood_at_its_time() {
    let trial = Trial::new();
    let mut store = trial.create();
    let append = |store: &mut Store, time: &str| {
        let entry = Entry { time: at(time), ..attempt(Outcome::Granted) };
        store.write(|w| w.append(&entry)).unwrap();
    };
    append(&mut store, "2026-01-01T00:00:00Z");
    store
        .write(|w| {
            w.set_log_rules(&LogRules { zone: Some("Europe/Berlin".to_owned()), ..LogRules::default() })
        })
        .unwrap();
    // Another process that had the store open before keeps to it as well.
    append(&mut trial.open(), "2026-01-01T00:00:00Z");
    append(&mut store, "2026-07-01T00:00:00Z");
    let offsets: Vec<LocalOffset> = store.log(0, 10).unwrap().iter().map(|record| record.offset).collect();
    assert_eq!(offsets.iter().map(ToString::to_string).collect::<Vec<_>>(), ["+00:00", "+01:00", "+02:00"]);
}

#[test]
fn the_log_is_read_in_pieces_by_number() {
    let trial = Trial::new();
    let mut store = trial.create();
    assert_eq!(store.log(0, 1).unwrap(), []);
    for _ in 0..25 {
        store.write(|w| w.append(&attempt(Outcome::Granted))).unwrap();
    }
    let numbers = |after, limit| store.log(after, limit).unwrap().iter().map(|r| r.seq).collect::<Vec<_>>();
    assert_eq!(numbers(0, 3), [1, 2, 3]);
    assert_eq!(numbers(3, 2), [4, 5]);
    assert_eq!(numbers(23, 100), [24, 25]);
    assert!(numbers(25, 100).is_empty());
    assert!(numbers(u64::MAX, 100).is_empty());
    assert!(numbers(0, 0).is_empty());
    assert_eq!(store.log(0, 100).unwrap().last().map(|record| record.seq), Some(25));
}

#[test]
fn the_log_survives_the_removal_of_the_person_it_names() {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "nurse01", [1; 8]);
    store.write(|w| w.append(&full())).unwrap();
    store.write(|w| w.remove_person("nurse01")).unwrap();
    assert_eq!(store.log(0, 10).unwrap()[1].entry.name.as_deref(), Some("山田 花子"));
}

#[test]
fn a_record_cannot_be_changed_or_removed_through_the_database() {
    let trial = Trial::new();
    trial.create().write(|w| w.append(&full())).unwrap();
    let database = trial.database();
    for sql in ["UPDATE log SET outcome = 'granted'", "DELETE FROM log"] {
        let error = database.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
    assert_eq!(trial.open().log(0, 1).unwrap()[0].entry, full());
}

#[test]
fn a_failed_write_leaves_no_gap_in_the_numbers() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| w.append(&attempt(Outcome::Granted))).unwrap();
    store
        .write(|w| {
            w.append(&attempt(Outcome::Granted))?;
            w.remove_person("nobody")
        })
        .unwrap_err();
    assert_eq!(store.write(|w| w.append(&attempt(Outcome::Granted))).unwrap(), 2);
}

#[test]
fn what_could_deceive_a_reader_of_the_log_is_refused() {
    let wrong = |change: fn(&mut Entry)| {
        let mut entry = full();
        change(&mut entry);
        entry
    };
    let entries = [
        wrong(|e| e.name = Some("a\nb".to_owned())),
        wrong(|e| e.name = Some("\u{202e}nimda".to_owned())),
        wrong(|e| e.name = Some("x".repeat(129))),
        wrong(|e| e.reason = Some("Not a word".to_owned())),
        wrong(|e| e.subject = Some("two words".to_owned())),
        wrong(|e| e.account = Some("\u{1b}[2J".to_owned())),
        wrong(|e| e.origin = Some("pc\n7".to_owned())),
        wrong(|e| e.host = Some("h".repeat(129))),
        wrong(|e| e.camera = Some("a\u{7}b".to_owned())),
        wrong(|e| e.reader = Some(" ".to_owned())),
        wrong(|e| e.factors = vec![Factor::Face; 9]),
    ];
    let trial = Trial::new();
    let mut store = trial.create();
    for entry in entries {
        assert_eq!(store.write(|w| w.append(&entry)).unwrap_err().code(), "invalid", "{entry:?}");
    }
    assert_eq!(store.log(0, 1).unwrap(), []);
}

#[test]
fn a_record_has_the_keys_that_tools_rely_on() {
    let trial = Trial::new();
    let mut store = trial.create();
    store
        .write(|w| w.set_log_rules(&LogRules { zone: Some("Asia/Tokyo".to_owned()), ..LogRules::default() }))
        .unwrap();
    store.write(|w| w.append(&full())).unwrap();
    let json = serde_json::to_value(&store.log(0, 1).unwrap()[0]).unwrap();
    let expected = serde_json::json!({
        "seq": 1, "time": "2026-04-01T03:04:05.678901Z", "offset": "+09:00", "terminal": "ward3-a", "category": "authentication",
        "operation": "authenticate", "outcome": "denied", "reason": "no_blink", "subject": "nurse01", "name": "山田 花子",
        "object": "k7mq-2w9x", "account": "WARD\\ward3", "purpose": "log_in",
        "factors": [{"factor": "card", "assurance": "identifier_only"}, {"factor": "face"}],
        "standing": "claimed", "session": "s-0001", "duration_ms": 1234, "pack": Digest::of(b"pack").to_string(), "runtime": "1.31.1",
        "camera": "Front Camera", "reader": "ACS ACR1252 00 00", "origin": "pc-7.example", "host": "login screen",
        "host_supplied": {"frames": true, "card": false}, "source": "host"
    });
    assert_eq!(json, expected);
}

#[test]
fn a_record_is_one_line_for_people() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| w.append(&full())).unwrap();
    store.write(|w| w.append(&attempt(Outcome::Abandoned))).unwrap();
    let lines: Vec<String> = store.log(0, 2).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "     1  2026-04-01T03:04:05.678Z  ward3-a  authentication/authenticate  denied (no_blink)  nurse01 山田 花子  \
             object=k7mq-2w9x  account=WARD\\ward3  purpose=log_in  session=s-0001  \
             camera=Front Camera  reader=ACS ACR1252 00 00  origin=pc-7.example  host=login screen  \
             factors=card:identifier_only+face  claimed  1234 ms  host-supplied=frames  (the host's word)",
            "     2  2026-04-01T03:00:00.000Z  ward3-a  authentication/authenticate  abandoned",
        ]
    );
}

#[test]
fn every_word_of_the_vocabulary_reads_back_from_the_store() {
    let trial = Trial::new();
    let mut store = trial.create();
    for operation in Operation::ALL {
        for outcome in Outcome::ALL {
            store.write(|w| w.append(&Entry::new(noon(), *operation, *outcome))).unwrap();
        }
    }
    let records = store.log(0, u32::MAX).unwrap();
    let expected =
        Operation::ALL.iter().flat_map(|op| Outcome::ALL.iter().map(move |outcome| (*op, *outcome)));
    assert!(records.iter().map(|r| (r.entry.operation, r.entry.outcome)).eq(expected));
    for category in Category::ALL {
        assert!(
            records.iter().any(|r| r.entry.operation.category() == *category),
            "{category} has an operation"
        );
    }
}

#[test]
fn an_inspector_can_read_the_log_without_the_key_but_for_the_names() {
    let trial = Trial::new();
    trial.create().write(|w| w.append(&full())).unwrap();
    let row: (String, String, String, Vec<u8>) = trial
        .database()
        .query_row("SELECT time, subject, outcome, name FROM log", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    let (time, subject, outcome, name) = row;
    assert_eq!((&*time, &*subject, &*outcome), ("2026-04-01T03:04:05.678901Z", "nurse01", "denied"));
    assert!(!String::from_utf8_lossy(&name).contains("花子"));
    for file in [trial.file(), trial.file().with_extension("sqlite-wal")] {
        let bytes = std::fs::read(file).unwrap_or_default();
        assert!(!bytes.windows(6).any(|window| window == "花子".as_bytes()));
    }
}

#[test]
fn a_record_put_there_by_something_else_is_not_shown() {
    let put = |change: &str| {
        let trial = Trial::new();
        trial.create().write(|w| w.append(&full())).unwrap();
        let sql = format!(
            "DROP TRIGGER log_is_not_changed; UPDATE log SET {change}; \
             CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        );
        trial.database().execute_batch(&sql).unwrap();
        let error =
            Store::open(&trial.location(), &trial.key).and_then(|store| store.log(0, 10)).unwrap_err();
        assert_eq!(error.code(), "store_corrupt", "{change}");
        assert!(error.to_string().contains("row \"1\""), "{error}");
    };
    put("category = 'system'");
    put("operation = 'grant_all'");
    put("account = char(27) || '[2J'");
    put("factors = 'face+smile'");
    put("name = zeroblob(60)");
    put("name = NULL");
    put("offset = '9'");
    put("link = zeroblob(32)");
    put("mac = zeroblob(31)");
}

#[test]
fn where_somebody_holds_the_keys_of_the_records_those_of_before_are_not_in_the_write_ahead_log() {
    let trial = Trial::new();
    let mut store = trial.create();
    let ahead = || std::fs::metadata(trial.state.join("store.sqlite-wal")).map_or(0, |found| found.len());
    store.write(|w| w.append(&attempt(Outcome::Denied))).unwrap();
    assert!(ahead() > 0);
    let holders = RecoveryKey::draw().unwrap().escrow();
    store.write(|w| w.set_log_escrow(holders)).unwrap();
    for _ in 0..3 {
        store.write(|w| w.append(&attempt(Outcome::Denied))).unwrap();
        assert_eq!(ahead(), 0);
    }
}
