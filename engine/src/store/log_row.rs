//! A row of the log, read: with the store's keys or, by an inspector, without any.

use std::{path::Path, str::FromStr};

use mabataki_models::Digest;
use rusqlite::{Connection, Row, params, types::FromSql};

use super::{
    StoreError,
    rows::Rows,
    seal::{Keys, Place as Seal},
};
use crate::audit::{
    Category, Chained, Entry, Factor, HostSupplied, LogId, NameProof, Place, Record, SALT, is_id,
};

/// What the names' seals are bound to, beside the record's number.
pub(super) const SEALED_NAME: &str = "log";

/// The columns in the order in which they are read.
pub(super) const COLUMNS: &str = "seq, time, offset, terminal, category, operation, outcome, reason, subject, name, \
    object, account, purpose, factors, standing, session, duration_ms, pack, runtime, camera, reader, origin, host, \
    host_frames, host_card, source, name_commitment, mac, link";

/// The records after number `after`, at most so many.
pub(super) fn read_some(
    rows: &Rows<'_>,
    log: LogId,
    after: u64,
    limit: u32,
) -> Result<Vec<Chained>, StoreError> {
    let reader = Reader { path: rows.path, keys: Some(rows.keys), log };
    let mut records = Vec::new();
    reader.each(rows.conn, after, Some(limit), |_, record| {
        records.push(record?);
        Ok(())
    })?;
    Ok(records)
}

/// Reads rows of one log.
pub(super) struct Reader<'r> {
    pub(super) path: &'r Path,
    /// Without keys the names stay sealed.
    pub(super) keys: Option<&'r Keys>,
    pub(super) log: LogId,
}

impl Reader<'_> {
    /// Feeds the records after number `after`, oldest first, at most so many: each with its number, or the reason why it
    /// cannot be read.
    pub(super) fn each(
        &self,
        conn: &Connection,
        after: u64,
        limit: Option<u32>,
        mut feed: impl FnMut(u64, Result<Chained, StoreError>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let wrap = |error| StoreError::database(self.path, error);
        let sql = format!("SELECT {COLUMNS} FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        let mut statement = conn.prepare_cached(&sql).map_err(wrap)?;
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let mut found = statement.query(params![after, limit.map_or(-1, i64::from)]).map_err(wrap)?;
        while let Some(row) = found.next().map_err(wrap)? {
            let seq = row.get::<_, i64>(0).map_err(wrap)?;
            feed(u64::try_from(seq).unwrap_or(0), self.read(row))?;
        }
        Ok(())
    }

    fn read(&self, row: &Row<'_>) -> Result<Chained, StoreError> {
        let columns = Columns { path: self.path, row };
        let mut entry = columns.entry()?;
        let record_of = |entry| -> Result<Record, StoreError> {
            Ok(Record {
                seq: columns.number(0)?,
                offset: columns.word(2)?,
                terminal: columns.text(3)?,
                entry,
            })
        };
        let name = match (columns.get::<Option<Vec<u8>>>(9)?, columns.get::<Option<Vec<u8>>>(26)?) {
            (Some(sealed), Some(commitment)) => {
                let commitment = columns.digest(&commitment)?;
                let mut proof = NameProof { commitment, seal: Digest::of(&sealed), salt: None };
                if let Some(keys) = self.keys {
                    let (salt, name) = columns.open_name(keys, &sealed)?;
                    (proof.salt, entry.name) = (Some(salt), Some(name));
                }
                Some(proof)
            }
            (None, None) => None,
            _ => return Err(columns.damaged("its name is not whole")),
        };
        columns.check(&entry)?;
        let place = Place {
            mac: columns.digest(&columns.get::<Vec<u8>>(27)?)?,
            link: columns.digest(&columns.get::<Vec<u8>>(28)?)?,
        };
        Ok(Chained { log: self.log, record: record_of(entry)?, place, name })
    }
}

/// The columns of one record.
pub(super) struct Columns<'r> {
    pub(super) path: &'r Path,
    pub(super) row: &'r Row<'r>,
}

impl Columns<'_> {
    /// What the record tells, but for its name.
    pub(super) fn entry(&self) -> Result<Entry, StoreError> {
        Ok(Entry {
            time: self.word(1)?,
            operation: self.word(5)?,
            outcome: self.word(6)?,
            reason: self.get(7)?,
            subject: self.get(8)?,
            name: None,
            object: self.get(10)?,
            account: self.get(11)?,
            purpose: self.get(12)?,
            factors: Factor::parse_list(&self.text(13)?).map_err(|error| self.damaged(&error.to_string()))?,
            standing: self.word_if_any(14)?,
            session: self.get(15)?,
            duration_ms: self.get::<Option<i64>>(16)?.map(|_| self.number(16)).transpose()?,
            pack: self.word_if_any(17)?,
            runtime: self.get(18)?,
            camera: self.get(19)?,
            reader: self.get(20)?,
            origin: self.get(21)?,
            host: self.get(22)?,
            host_supplied: HostSupplied { frames: self.get(23)?, card: self.get(24)? },
            source: self.word(25)?,
        })
    }

    /// The same limits as at writing: what was put here by something else must not reach a screen.
    pub(super) fn check(&self, entry: &Entry) -> Result<(), StoreError> {
        entry.check().map_err(|error| self.damaged(&error.to_string()))?;
        if !is_id(&self.text(3)?) || self.word::<Category>(4)? != entry.operation.category() {
            return Err(self.damaged("its terminal or category is not one the store writes"));
        }
        Ok(())
    }

    fn open_name(&self, keys: &Keys, sealed: &[u8]) -> Result<([u8; SALT], String), StoreError> {
        let place = Seal { table: SEALED_NAME, key: &self.number(0)?.to_string(), revision: 0 };
        let opened = keys.open(place, sealed);
        let parts = opened.as_ref().and_then(|content| content.split_first_chunk::<SALT>());
        let name = parts.and_then(|(salt, name)| Some((*salt, String::from_utf8(name.to_vec()).ok()?)));
        name.ok_or_else(|| {
            self.damaged("the seal of its name does not fit: it was changed, or put here from elsewhere")
        })
    }

    pub(super) fn get<T: FromSql>(&self, at: usize) -> Result<T, StoreError> {
        self.row.get(at).map_err(|error| StoreError::database(self.path, error))
    }

    fn text(&self, at: usize) -> Result<String, StoreError> {
        self.get(at)
    }

    fn number(&self, at: usize) -> Result<u64, StoreError> {
        u64::try_from(self.get::<i64>(at)?).map_err(|error| self.damaged(&error.to_string()))
    }

    fn digest(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let bytes = <[u8; 32]>::try_from(bytes)
            .map_err(|_| self.damaged("expected 32 bytes of a digest, found others"))?;
        Ok(Digest::from_bytes(bytes))
    }

    pub(super) fn word<T: FromStr<Err: std::fmt::Display>>(&self, at: usize) -> Result<T, StoreError> {
        self.text(at)?.parse().map_err(|error: T::Err| self.damaged(&error.to_string()))
    }

    fn word_if_any<T: FromStr<Err: std::fmt::Display>>(&self, at: usize) -> Result<Option<T>, StoreError> {
        self.get::<Option<String>>(at)?.map(|_| self.word(at)).transpose()
    }

    fn damaged(&self, what: &str) -> StoreError {
        let seq = self.row.get::<_, i64>(0).unwrap_or(0).to_string();
        StoreError::corrupt(self.path, format!("table `log`, row {seq:?}: {what}"))
    }
}
