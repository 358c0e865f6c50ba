//! Records for the tests of this room.

use mabataki_models::Digest;

use super::{
    Canonical, CheckpointKey, Entry, Factor, Head, HostSupplied, LogId, LogState, MacKey, NameProof,
    NextKeys, Operation, Outcome, Record, Source, Standing,
};
use crate::card::Assurance;

/// A record with nothing but what every record has, an hour after the one before it.
pub(super) fn record(seq: u64) -> Record {
    let time = jiff::Timestamp::from_second(1_800_000_000 + 3600 * i64::try_from(seq).unwrap()).unwrap();
    Record {
        seq,
        terminal: "ward3-a".to_owned(),
        offset: "+09:00".parse().unwrap(),
        entry: Entry::new(time, Operation::Authenticate, Outcome::Granted),
    }
}

pub(super) fn canonical(seq: u64) -> Canonical {
    Canonical::of(&record(seq), None)
}

/// The beginning of a log, and keys to go on with, other ones for each `n` below 100.
pub(super) fn state() -> LogState {
    LogState::begin(LogId([3; 16]), keys(0))
}

pub(super) fn keys(n: u8) -> NextKeys {
    NextKeys {
        records: MacKey::from_bytes([n; 32]),
        checkpoint: CheckpointKey::from_seed([100 + n; 32]),
        escrow: None,
    }
}

/// The third checkpoint of a log, to be signed by this key.
pub(super) fn head(key: &CheckpointKey) -> Head {
    Head {
        log: LogId([3; 16]),
        terminal: "ward3-a".to_owned(),
        number: 3,
        first: 129,
        last: 192,
        link: Digest::of(b"link"),
        time: record(192).entry.time,
        previous: Digest::of(b"previous"),
        key: key.public(),
        next_key: CheckpointKey::from_seed([3; 32]).public(),
        generation: 1,
        digests: Digest::of(b"digests"),
        escrow: Some([5; 80]),
    }
}

/// A record with everything that a record can have.
pub(super) fn full(seq: u64) -> (Record, NameProof) {
    let plain = record(seq);
    let salt = [9; 16];
    let proof = NameProof {
        commitment: NameProof::commit(&salt, "山田 花子"),
        seal: Digest::of(b"seal"),
        salt: Some(salt),
    };
    let text = |text: &str| Some(text.to_owned());
    let entry = Entry {
        reason: text("no_blink"),
        subject: text("nurse01"),
        name: text("山田 花子"),
        object: text("k7mq-2w9x"),
        account: text("WARD\\ward3"),
        purpose: text("login"),
        factors: vec![Factor::Card { assurance: Assurance::IdentifierOnly }, Factor::Face],
        standing: Some(Standing::Claimed),
        session: text("s-0001"),
        duration_ms: Some(1234),
        pack: Some(Digest::of(b"pack")),
        runtime: text("1.31.1"),
        camera: text("Front Camera"),
        reader: text("ACS ACR1252 00 00"),
        origin: text("pc-7.example"),
        host: text("login screen"),
        host_supplied: HostSupplied { frames: true, card: true },
        source: Source::Host,
        ..plain.entry
    };
    (Record { entry, ..plain }, proof)
}

/// A full record, then the same with one thing of it changed, by what was changed.
pub(super) fn one_change_each() -> Vec<(&'static str, Record, Option<NameProof>)> {
    type Change = fn(&mut Record, &mut Option<NameProof>);
    let changes: [(&str, Change); 30] = [
        ("nothing", |_, _| {}),
        ("seq", |r, _| r.seq += 1),
        ("time", |r, _| r.entry.time += jiff::SignedDuration::from_micros(1)),
        ("offset", |r, _| r.offset = "+08:59".parse().unwrap()),
        ("terminal", |r, _| r.terminal.push('b')),
        ("operation", |r, _| r.entry.operation = Operation::Identify),
        ("outcome", |r, _| r.entry.outcome = Outcome::Denied),
        ("reason", |r, _| r.entry.reason = None),
        ("subject", |r, _| r.entry.subject = Some("nurse02".to_owned())),
        ("commitment", |_, n| n.as_mut().unwrap().commitment = Digest::of(b"other")),
        ("seal", |_, n| n.as_mut().unwrap().seal = Digest::of(b"other")),
        ("name", |_, n| *n = None),
        ("object", |r, _| r.entry.object = None),
        ("account", |r, _| r.entry.account = Some("WARD\\ward4".to_owned())),
        ("purpose", |r, _| r.entry.purpose = None),
        ("factors", |r, _| r.entry.factors.truncate(1)),
        ("assurance", |r, _| r.entry.factors[0] = Factor::Card { assurance: Assurance::Proved }),
        ("standing", |r, _| r.entry.standing = Some(Standing::Proved)),
        ("session", |r, _| r.entry.session = None),
        ("duration_ms", |r, _| r.entry.duration_ms = Some(1235)),
        ("pack", |r, _| r.entry.pack = None),
        ("runtime", |r, _| r.entry.runtime = None),
        ("camera", |r, _| r.entry.camera = None),
        ("reader", |r, _| r.entry.reader = None),
        ("camera and reader", |r, _| std::mem::swap(&mut r.entry.camera, &mut r.entry.reader)),
        ("origin", |r, _| r.entry.origin = None),
        ("host", |r, _| r.entry.host = None),
        ("host_supplied.frames", |r, _| r.entry.host_supplied.frames = false),
        ("host_supplied.card", |r, _| r.entry.host_supplied.card = false),
        ("source", |r, _| r.entry.source = Source::Engine),
    ];
    let change = |(what, change): (&'static str, Change)| {
        let (mut record, proof) = full(5);
        let mut proof = Some(proof);
        change(&mut record, &mut proof);
        (what, record, proof)
    };
    changes.into_iter().map(change).collect()
}
