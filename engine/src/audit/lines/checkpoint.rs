//! A checkpoint as a line.

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::{Bytes, Digests, place_of};
use crate::audit::checkpoint::{ESCROW, MOST_COVERED};
use crate::audit::{Checkpoint, Head, LogId, PublicKey, is_id};

/// The keys of the line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointLine {
    checkpoint: u64,
    log: LogId,
    terminal: String,
    first: u64,
    last: u64,
    link: Digest,
    time: String,
    previous: Digest,
    key: PublicKey,
    next_key: PublicKey,
    generation: u64,
    digests: Digest,
    escrow: Option<Bytes<ESCROW>>,
    signature: Bytes<64>,
    records: Option<Digests>,
}

/// One object; what is not known is null.
impl Serialize for Checkpoint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let head = &self.head;
        let line = CheckpointLine {
            checkpoint: head.number,
            log: head.log,
            terminal: head.terminal.clone(),
            first: head.first,
            last: head.last,
            link: head.link,
            time: format!("{:.6}", head.time),
            previous: head.previous,
            key: head.key,
            next_key: head.next_key,
            generation: head.generation,
            digests: head.digests,
            escrow: head.escrow.map(Bytes),
            signature: Bytes(self.signature),
            records: self.records.clone().map(Digests),
        };
        line.serialize(serializer)
    }
}

pub(super) fn read(text: &str) -> Result<Checkpoint, String> {
    let line: CheckpointLine = serde_json::from_str(text).map_err(|error| place_of(&error))?;
    let time: Timestamp = line.time.parse().map_err(|_| "its time is no time".to_owned())?;
    if format!("{time:.6}") != line.time {
        return Err("its time is not spelt as times are".to_owned());
    }
    if !is_id(&line.terminal) {
        return Err("its terminal is not one".to_owned());
    }
    let head = Head {
        log: line.log,
        terminal: line.terminal,
        number: line.checkpoint,
        first: line.first,
        last: line.last,
        link: line.link,
        time,
        previous: line.previous,
        key: line.key,
        next_key: line.next_key,
        generation: line.generation,
        digests: line.digests,
        escrow: line.escrow.map(|Bytes(sealed)| sealed),
    };
    if head.first == 0 || head.number == 0 || head.last < head.first || head.records() > MOST_COVERED as u64 {
        return Err("its numbers are not those of a checkpoint".to_owned());
    }
    let Bytes(signature) = line.signature;
    Ok(Checkpoint { head, signature, records: line.records.map(|Digests(list)| list) })
}
