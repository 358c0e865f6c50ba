//! What a bundle keeps its promise about, whoever carries it.

use std::io::Cursor;

use jiff::Timestamp;
use mabataki_models::Digest;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::card::{Assurance, CardKind, IdKind};
use crate::keys::AgreementSecret;
use crate::store::{CarriedCard, Person, PersonStatus, Profile};
use crate::terminal::{Identity, Scope, TerminalKeys};

fn keys(byte: u8) -> TerminalKeys {
    let seed = |of: u8| Zeroizing::new([byte ^ of; 32]);
    TerminalKeys::first(seed(0), seed(0x80), Timestamp::UNIX_EPOCH)
}

fn sender() -> Identity {
    keys(1).identity("ward3-a", [1; 16])
}

fn recipient() -> Identity {
    keys(2).identity("er-1", [2; 16])
}

fn header(counts: Counts, secret: &AgreementSecret) -> Header {
    Header {
        sender: Party::from(&sender()),
        recipient: Party::from(&recipient()),
        revision: 7,
        made: "2026-04-01T03:00:00Z".parse().unwrap(),
        not_after: "2026-05-01T03:00:00Z".parse().unwrap(),
        scope: Scope::new(vec!["er-*".to_owned()], vec![], false, false).unwrap(),
        whole: true,
        models: vec![Digest::of(b"model")],
        counts,
        ephemeral: secret.public(),
    }
}

fn person(id: &str) -> Record {
    Record::Person(Box::new(Person {
        id: id.to_owned(),
        profile: Profile { wards: vec!["er-1".to_owned()], ..Profile::named("山田 花子") },
        status: PersonStatus::Active,
        face_exception: None,
        consent: None,
        created: Timestamp::UNIX_EPOCH,
    }))
}

fn card(handle: &str, person: &str) -> Record {
    Record::Card(CarriedCard {
        handle: handle.parse().unwrap(),
        people: vec![person.to_owned()],
        label: "職員証".to_owned(),
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        temporary: false,
        stopped: None,
        valid_from: None,
        valid_until: None,
        bound: Timestamp::UNIX_EPOCH,
        identifier: Zeroizing::new(b"IDENTIFI".to_vec()),
    })
}

fn template(person: &str, bytes: usize) -> Record {
    Record::Template(CarriedTemplate {
        person: person.to_owned(),
        model: Digest::of(b"model"),
        quality: 0.7,
        samples: 3,
        created: Timestamp::UNIX_EPOCH,
        bytes: Zeroizing::new(vec![0x5a; bytes]),
    })
}

fn some() -> Vec<Record> {
    vec![
        Record::Policy("format = 1".to_owned()),
        Record::Gone(RecordKey::Login("nurse01".to_owned(), "chart".to_owned())),
        person("nurse01"),
        card("k7mq-2w9x", "nurse01"),
        template("nurse01", 300),
        Record::Gone(RecordKey::Person("gone01".to_owned())),
    ]
}

fn bundle_of(records: &[Record]) -> Result<Vec<u8>, BundleError> {
    let secret = AgreementSecret::from_bytes(&[9; 32]);
    let header = header(Counts { people: 1, ..Counts::default() }, &secret);
    let mut draft = Draft::begin(Cursor::new(Vec::new()), &header, &secret, &recipient())?;
    records.iter().try_for_each(|record| draft.add(record))?;
    Ok(draft.finish(|message| keys(1).sign(message))?.0.into_inner())
}

/// The bundle's records, as JSON, for whoever has these keys.
fn opened_by(bytes: &[u8], keys: &TerminalKeys) -> Result<Vec<String>, BundleError> {
    let verified = Bundle::read(Cursor::new(bytes))?.verify(&sender())?;
    verified.open(&keys.secret())?.map(|record| Ok(serde_json::to_string(&record?).unwrap())).collect()
}

fn opened(bytes: &[u8]) -> Result<Vec<String>, BundleError> {
    opened_by(bytes, &keys(2))
}

fn as_json(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| serde_json::to_string(record).unwrap()).collect()
}

#[test]
fn a_bundle_opens_for_its_recipient_as_it_was_made_however_long_it_is() {
    assert_eq!(opened(&bundle_of(&some()).unwrap()).unwrap(), as_json(&some()));
    assert_eq!(opened(&bundle_of(&[]).unwrap()).unwrap(), Vec::<String>::new());
    let many: Vec<Record> = (100..160).map(|n| template(&format!("nurse{n}"), 40_000)).collect();
    assert_eq!(opened(&bundle_of(&many).unwrap()).unwrap(), as_json(&many));
}

#[test]
fn the_digest_tells_a_bundle_from_every_other() {
    let of = |bytes: &[u8]| Bundle::read(Cursor::new(bytes)).unwrap().digest();
    let (one, other) = (bundle_of(&some()).unwrap(), bundle_of(&some()[..2]).unwrap());
    assert_eq!(of(&one), of(&one));
    assert_ne!(of(&one), of(&other));
}

#[test]
fn a_bundle_with_any_byte_changed_is_refused() {
    let bytes = bundle_of(&some()).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let code = opened(&changed).unwrap_err().code();
        assert!(matches!(code, "bundle_foreign" | "bundle_signature"), "byte {at}: {code}");
    }
}

#[test]
fn a_bundle_that_is_cut_or_has_something_after_its_end_is_refused() {
    let bytes = bundle_of(&some()).unwrap();
    for length in 0..bytes.len() {
        assert!(opened(&bytes[..length]).is_err(), "{length}");
    }
    assert_eq!(opened(&[&bytes[..], b"\n"].concat()).unwrap_err().code(), "bundle_signature");
}

#[test]
fn a_bundle_opens_for_nobody_else_and_counts_as_nobody_elses() {
    let bytes = bundle_of(&some()).unwrap();
    assert_eq!(opened_by(&bytes, &keys(3)).unwrap_err().code(), "bundle_malformed");
    assert_eq!(opened_by(&bytes, &keys(1)).unwrap_err().code(), "bundle_malformed");
    let other = keys(4).identity("ward3-a", [1; 16]);
    let refused = Bundle::read(Cursor::new(&bytes)).unwrap().verify(&other);
    assert_eq!(refused.err().unwrap().code(), "bundle_signature");
}

#[test]
fn nothing_that_a_bundle_carries_is_in_the_file_in_the_clear() {
    let bytes = bundle_of(&some()).unwrap();
    for needle in
        ["山田", "nurse01", "gone01", "k7mq-2w9x", "職員証", "IDENTIFI", "SURFTlRJRkk", "format", "WlpaWlpa"]
    {
        assert!(!bytes.windows(needle.len()).any(|part| part == needle.as_bytes()), "{needle}");
    }
}

#[test]
fn records_out_of_their_order_or_twice_are_neither_written_nor_read() {
    for wrong in
        [vec![person("b"), person("a")], vec![person("a"), person("a")], vec![template("a", 1), person("a")]]
    {
        assert_eq!(bundle_of(&wrong).unwrap_err().code(), "bundle_malformed");
        let lines = as_json(&wrong).join("\n") + "\n";
        let read: Result<Vec<Record>, BundleError> = Records::new(lines.as_bytes()).collect();
        assert!(matches!(read.unwrap_err(), BundleError::Malformed { number: 2, .. }));
    }
}

#[test]
fn a_record_about_what_no_store_would_give_a_name_is_not_read() {
    for id in ["", "\u{1b}]0;", "a b", "x\ny", &"x".repeat(65)] {
        let keys = [
            RecordKey::Person(id.to_owned()),
            RecordKey::Card(id.to_owned()),
            RecordKey::Login("a".to_owned(), id.to_owned()),
        ];
        for record in keys.map(Record::Gone) {
            let line = as_json(&[record]).remove(0) + "\n";
            let read = Records::new(line.as_bytes()).next().unwrap();
            assert!(matches!(read.unwrap_err(), BundleError::Malformed { number: 1, .. }), "{id:?}");
        }
    }
}

#[test]
fn a_record_beyond_its_limit_is_neither_written_nor_read() {
    let long = Record::Policy("x".repeat(MOST_LINE));
    assert_eq!(bundle_of(std::slice::from_ref(&long)).unwrap_err().code(), "bundle_too_long");
    let line = serde_json::to_string(&long).unwrap() + "\n";
    assert_eq!(Records::new(line.as_bytes()).next().unwrap().unwrap_err().code(), "bundle_malformed");
    let longest = Record::Policy("x".repeat(MOST_LINE - 20));
    assert_eq!(opened(&bundle_of(std::slice::from_ref(&longest)).unwrap()).unwrap(), as_json(&[longest]));
}

#[test]
fn a_header_beyond_its_limits_is_none() {
    let secret = AgreementSecret::from_bytes(&[9; 32]);
    let header = header(Counts::default(), &secret);
    let later = |days: i64| header.made + jiff::SignedDuration::from_hours(24 * days);
    for wrong in [
        Header { revision: 0, ..header.clone() },
        Header { not_after: header.made, ..header.clone() },
        Header { not_after: later(91), ..header.clone() },
        Header { models: vec![Digest::of(b"model"); 17], ..header.clone() },
        Header { sender: Party { terminal: "ward 3".to_owned(), ..header.sender.clone() }, ..header.clone() },
    ] {
        let draft = Draft::begin(Cursor::new(Vec::new()), &wrong, &secret, &recipient()).unwrap();
        let bytes = draft.finish(|message| keys(1).sign(message)).unwrap().0.into_inner();
        assert_eq!(Bundle::read(Cursor::new(&bytes)).unwrap_err().code(), "bundle_foreign", "{wrong:?}");
    }
    assert!(Header::parse(&Header { not_after: later(90), ..header }.to_text().unwrap()).is_ok());
}

#[test]
fn a_face_counts_as_the_same_whatever_turned_its_numbers_and_everything_else_as_it_is_written() {
    assert_eq!(template("a", 3).digest(), template("a", 4).digest());
    assert_ne!(template("a", 3).digest(), template("b", 3).digest());
    assert_ne!(person("a").digest(), person("b").digest());
    assert_ne!(Record::Policy("a".to_owned()).digest(), Record::Policy("b".to_owned()).digest());
}

#[test]
fn printed_records_show_nothing_that_is_secret() {
    let shown = format!("{:?}", some());
    assert!(!shown.contains("IDENTIFI") && !shown.contains("73, 68") && !shown.contains("90, 90"), "{shown}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, behind: bool) {
        let bytes = if behind { [b"mabataki bundle 1\n".as_slice(), &bytes].concat() } else { bytes };
        let _ = Bundle::read(Cursor::new(&bytes));
        let _ = Records::new(bytes.as_slice()).count();
    }

    #[test]
    fn whatever_is_read_is_written_alike(lines in prop::collection::vec("\\{\"(policy|gone)\":(\"[a-z]{0,3}\"|\\{\"(person|card)\":\"[a-z]{0,3}\"\\})\\}", 0..4)) {
        let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        for (record, line) in Records::new(text.as_bytes()).zip(&lines) {
            let Ok(record) = record else { break };
            prop_assert_eq!(&serde_json::to_string(&record).unwrap(), line);
        }
    }
}

#[test]
fn nothing_is_taken_away_and_brought_again_by_one_bundle() {
    for record in [card("k7mq-2w9x", "nurse01"), template("nurse01", 10), person("nurse01")] {
        let mut both = vec![Record::Gone(record.key()), record];
        both.sort_by_key(Record::place);
        let refused = bundle_of(&both).unwrap_err();
        assert_eq!(refused.code(), "bundle_malformed");
        let lines: String = as_json(&both).iter().map(|line| format!("{line}\n")).collect();
        let read: Result<Vec<Record>, BundleError> = Records::new(lines.as_bytes()).collect();
        assert_eq!(read.unwrap_err().code(), "bundle_malformed");
    }
}
