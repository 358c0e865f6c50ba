//! Records and checkpoints as lines of JSON, one object each: in archives, in merged logs, and in the file of checkpoints
//! outside the database. Lines of many logs may lie in one file; each log's are in the order in which it was written.

mod checkpoint;
mod record;

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::checkpoint::MOST_COVERED;
use super::{Chained, Checkpoint, LogId, RecordDigest};
use crate::text::base64;

/// Most bytes of a line: a checkpoint with all its digests takes 24 KB.
pub const LINE: usize = 64 * 1024;

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A record with its place in the chain.
    Record(Box<Chained>),
    /// A checkpoint.
    Checkpoint(Box<Checkpoint>),
}

/// A line that is neither record nor checkpoint, with what could be made out of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a record of a log or a checkpoint, found a line that is neither: {what}")]
pub struct BadLine {
    /// What is wrong with it, without its content.
    pub what: String,
    /// The log that it says it is of.
    pub log: Option<LogId>,
    /// The record that it says it is.
    pub seq: Option<u64>,
}

/// Enough of a line to tell what it is.
#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    log: Option<LogId>,
    #[serde(default)]
    seq: Option<u64>,
    #[serde(default)]
    checkpoint: Option<u64>,
}

impl Checkpoint {
    /// The checkpoint as a line, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        to_line(self)
    }
}

impl Chained {
    /// The record as a line, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        to_line(self)
    }
}

impl Line {
    /// Reads a line, without its end.
    ///
    /// # Errors
    /// [`BadLine`] for anything that these lines are not written as.
    pub fn parse(text: &str) -> Result<Line, BadLine> {
        let unknown = |what: String| BadLine { what, log: None, seq: None };
        if text.len() > LINE {
            return Err(unknown(format!("{} bytes, expected at most {LINE}", text.len())));
        }
        let kind: Kind = serde_json::from_str(text).map_err(|error| unknown(place_of(&error)))?;
        let bad = |what: String| BadLine { what, log: kind.log, seq: kind.seq };
        if kind.checkpoint.is_some() {
            checkpoint::read(text).map(|line| Line::Checkpoint(Box::new(line))).map_err(bad)
        } else {
            record::read(text).map(|line| Line::Record(Box::new(line))).map_err(bad)
        }
    }
}

#[expect(clippy::expect_used, reason = "texts, numbers and lists of them are always JSON")]
fn to_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain values")
}

/// Where the JSON is wrong, without what stands there: it may be somebody's name.
fn place_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "it is no JSON",
        _ => "a key is missing, unknown or holds something else",
    };
    format!("{what}, at column {}", error.column())
}

/// Digests of records, as one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Digests(pub(super) Vec<RecordDigest>);

impl Serialize for Digests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|digest| digest.0).collect();
        serializer.serialize_str(&Base64::encode_string(&bytes))
    }
}

impl<'de> Deserialize<'de> for Digests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = base64::any_length(deserializer)?;
        let (digests, rest) = bytes.as_chunks::<{ RecordDigest::BYTES }>();
        if !rest.is_empty() || digests.len() > MOST_COVERED {
            return Err(de::Error::custom("expected at most 1024 digests of 16 bytes"));
        }
        Ok(Digests(digests.iter().map(|digest| RecordDigest(*digest)).collect()))
    }
}

/// Exactly so many bytes, as one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Bytes<const N: usize>(#[serde(with = "base64")] [u8; N]);

#[cfg(test)]
mod tests;
