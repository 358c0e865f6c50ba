//! A record as a line: what every JSON of a record has, and its place in the chain of its log.

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::{Bytes, place_of};
use crate::audit::canonical::SALT;
use crate::audit::{
    Category, Chained, Entry, Factor, HostSupplied, LogId, NameProof, Operation, Outcome, Place, Record,
    Source, Standing, is_id,
};

/// One object: the record's own keys, then the chain's.
impl Serialize for Chained {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            #[serde(flatten)]
            record: &'a Record,
            log: LogId,
            mac: Digest,
            link: Digest,
            name_commitment: Option<Digest>,
            name_seal: Option<Digest>,
            name_salt: Option<Bytes<SALT>>,
        }
        let name = self.name.as_ref();
        let line = Line {
            record: &self.record,
            log: self.log,
            mac: self.place.mac,
            link: self.place.link,
            name_commitment: name.map(|name| name.commitment),
            name_seal: name.map(|name| name.seal),
            name_salt: name.and_then(|name| name.salt).map(Bytes),
        };
        line.serialize(serializer)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordLine {
    seq: u64,
    time: String,
    offset: String,
    terminal: String,
    category: Category,
    operation: Operation,
    outcome: Outcome,
    reason: Option<String>,
    subject: Option<String>,
    name: Option<String>,
    object: Option<String>,
    account: Option<String>,
    purpose: Option<String>,
    factors: Vec<Factor>,
    standing: Option<Standing>,
    session: Option<String>,
    duration_ms: Option<u64>,
    pack: Option<Digest>,
    runtime: Option<String>,
    camera: Option<String>,
    reader: Option<String>,
    origin: Option<String>,
    host: Option<String>,
    host_supplied: HostSupplied,
    source: Source,
    log: LogId,
    mac: Digest,
    link: Digest,
    name_commitment: Option<Digest>,
    name_seal: Option<Digest>,
    name_salt: Option<Bytes<SALT>>,
}

pub(super) fn read(text: &str) -> Result<Chained, String> {
    let line: RecordLine = serde_json::from_str(text).map_err(|error| place_of(&error))?;
    let time: Timestamp = line.time.parse().map_err(|_| "its time is no time".to_owned())?;
    if format!("{time:.6}") != line.time {
        return Err("its time is not spelt as times are".to_owned());
    }
    let name = match (line.name_commitment, line.name_seal) {
        (Some(commitment), Some(seal)) => {
            Some(NameProof { commitment, seal, salt: line.name_salt.map(|Bytes(salt)| salt) })
        }
        (None, None) if line.name.is_none() && line.name_salt.is_none() => None,
        _ => return Err("the proof of its name is not whole".to_owned()),
    };
    let entry = Entry {
        time,
        operation: line.operation,
        outcome: line.outcome,
        reason: line.reason,
        subject: line.subject,
        name: line.name,
        object: line.object,
        account: line.account,
        purpose: line.purpose,
        factors: line.factors,
        standing: line.standing,
        session: line.session,
        duration_ms: line.duration_ms,
        pack: line.pack,
        runtime: line.runtime,
        camera: line.camera,
        reader: line.reader,
        origin: line.origin,
        host: line.host,
        host_supplied: line.host_supplied,
        source: line.source,
    };
    entry.check().map_err(|error| error.to_string())?;
    if !is_id(&line.terminal) || line.category != entry.operation.category() {
        return Err("its terminal or category is not one that logs have".to_owned());
    }
    let offset = line.offset.parse().map_err(|_| "its offset is none".to_owned())?;
    let record = Record { seq: line.seq, terminal: line.terminal, offset, entry };
    Ok(Chained { log: line.log, record, place: Place { mac: line.mac, link: line.link }, name })
}
