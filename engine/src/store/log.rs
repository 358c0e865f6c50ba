//! The log on disk: appended, chained, never changed. Plain columns but for the names (see `schema` for why).

use std::collections::BTreeMap;

use jiff::Timestamp;
use mabataki_models::Digest;
use rusqlite::params;

use super::{
    Store, StoreError, Write,
    log_row::{self, Reader, SEALED_NAME},
    log_rules, rows,
    seal::{self, Place},
};
use crate::audit::{Chained, Entry, Factor, LocalOffset, NameProof, Record, SALT, Standing};

const APPEND: &str = "INSERT INTO log (seq, time, offset, terminal, category, operation, outcome, reason, subject, name, \
    name_commitment, object, account, purpose, factors, standing, session, duration_ms, pack, runtime, camera, reader, \
    origin, host, host_frames, host_card, source, mac, link) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
    ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)";

const LAST_GRANTED: &str =
    "SELECT subject, max(time) FROM log WHERE outcome = 'granted' AND subject IS NOT NULL GROUP BY subject";

/// Most records read at a time.
pub const LOG_PAGE: u32 = 10_000;

/// A record's number, and the record or why it cannot be read.
type Numbered = (u64, Result<Record, StoreError>);

impl Store {
    /// The records after number `after` (0 for all), oldest first, `limit` of them at most and 10,000 at most.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record does not hold what records hold.
    pub fn log(&self, after: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        Ok(self.chained(after, limit)?.into_iter().map(|chained| chained.record).collect())
    }

    /// As [`Store::log`], each record with its place in the chain and the proof of its name.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record does not hold what records hold.
    pub fn chained(&self, after: u64, limit: u32) -> Result<Vec<Chained>, StoreError> {
        log_row::read_some(&self.held().rows(), self.log_id(), after, limit.min(LOG_PAGE))
    }

    /// As [`Store::log`], each record with its number, or why it cannot be read: one that was damaged hides no other.
    ///
    /// # Errors
    /// The database's own.
    pub fn log_as_found(&self, after: u64, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        let held = self.held();
        let rows = held.rows();
        let reader = Reader { path: rows.path, keys: Some(rows.keys), log: self.log_id() };
        let mut records = Vec::new();
        reader.each(rows.conn, after, Some(limit.min(LOG_PAGE)), |seq, record| {
            records.push((seq, record.map(|chained| chained.record)));
            Ok(())
        })?;
        Ok(records)
    }

    /// The last record's number; 0 before there is any.
    ///
    /// # Errors
    /// The database's own.
    pub fn last_seq(&self) -> Result<u64, StoreError> {
        const LAST: &str = "SELECT coalesce(max(seq), 0) FROM log";
        let held = self.held();
        let rows = held.rows();
        let last: i64 =
            rows.conn.query_row(LAST, [], |row| row.get(0)).map_err(|error| rows.failed(error))?;
        Ok(u64::try_from(last).unwrap_or(0))
    }

    /// The numbers of the first and the last record from this time, inclusive, until that one, exclusive; none where there is
    /// no record.
    ///
    /// # Errors
    /// The database's own.
    pub fn seqs_between(
        &self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        const SEQS: &str = "SELECT min(seq), max(seq) FROM log \
            WHERE (?1 IS NULL OR time >= ?1) AND (?2 IS NULL OR time < ?2)";
        let text = |time: Option<Timestamp>| time.map(|time| format!("{time:.6}"));
        let held = self.held();
        let rows = held.rows();
        let found = rows.conn.query_row(SEQS, params![text(from), text(until)], |row| {
            Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?))
        });
        let found = found.map_err(|error| rows.failed(error))?;
        Ok(found.map(|(first, last)| (u64::try_from(first).unwrap_or(0), u64::try_from(last).unwrap_or(0))))
    }

    /// When each person who was ever let in was let in last, by id. Reads the whole log.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record does not hold what records hold.
    pub fn last_granted(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let held = self.held();
        let rows = held.rows();
        let wrap = |error| rows.failed(error);
        let mut statement = rows.conn.prepare_cached(LAST_GRANTED).map_err(wrap)?;
        let mut found = statement.query([]).map_err(wrap)?;
        let mut last = BTreeMap::new();
        while let Some(row) = found.next().map_err(wrap)? {
            let (subject, time): (String, String) = (row.get(0).map_err(wrap)?, row.get(1).map_err(wrap)?);
            let time = time
                .parse()
                .map_err(|error: jiff::Error| rows.damaged("log", &subject, &error.to_string()))?;
            last.insert(subject, time);
        }
        Ok(last)
    }
}

impl Write<'_> {
    /// Appends a record and gives its number. A checkpoint that is due after it is made.
    ///
    /// # Errors
    /// [`StoreError::InvalidEntry`] when a text is beyond its limits.
    pub fn append(&self, entry: &Entry) -> Result<u64, StoreError> {
        entry.check()?;
        let offset = log_rules::in_force(self)?.offset(entry.time);
        self.put_record(entry, offset)
    }

    /// Appends a record at an hour of the site's clocks that is known already.
    pub(super) fn put_record(&self, entry: &Entry, offset: LocalOffset) -> Result<u64, StoreError> {
        let seq = self.chain()?.last() + 1;
        let terminal = self.settings.terminal.clone();
        let record = Record { seq, terminal, offset, entry: entry.clone() };
        let name = entry.name.as_deref().map(|name| self.seal_name(seq, name)).transpose()?;
        let place = self.extend_chain(&record, name.as_ref().map(|(proof, _)| proof))?;
        self.rows.execute(
            APPEND,
            params![
                rows::column(seq),
                // Of one width, so that text order is time order.
                format!("{:.6}", entry.time),
                offset.to_string(),
                record.terminal,
                entry.operation.category().code(),
                entry.operation.code(),
                entry.outcome.code(),
                entry.reason,
                entry.subject,
                name.as_ref().map(|(_, sealed)| sealed),
                name.as_ref().map(|(proof, _)| proof.commitment.as_bytes()),
                entry.object,
                entry.account,
                entry.purpose,
                Factor::list(&entry.factors),
                entry.standing.map(Standing::code),
                entry.session,
                entry.duration_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
                entry.pack.map(|pack| pack.to_string()),
                entry.runtime,
                entry.camera,
                entry.reader,
                entry.origin,
                entry.host,
                entry.host_supplied.frames,
                entry.host_supplied.card,
                entry.source.code(),
                place.mac.as_bytes(),
                place.link.as_bytes(),
            ],
        )?;
        self.sign_if_due()?;
        Ok(seq)
    }

    /// Seals a name under a salt of its own, and proves it.
    fn seal_name(&self, seq: u64, name: &str) -> Result<(NameProof, Vec<u8>), StoreError> {
        let mut salt = [0; SALT];
        seal::fill_random(&mut salt)?;
        let content = zeroize::Zeroizing::new([&salt[..], name.as_bytes()].concat());
        let place = Place { table: SEALED_NAME, key: &seq.to_string(), revision: 0 };
        let sealed = self.rows.keys.seal(place, &content)?;
        let commitment = NameProof::commit(&salt, name);
        Ok((NameProof { commitment, seal: Digest::of(&sealed), salt: Some(salt) }, sealed))
    }
}

/// Checks that the log ends where the chain says: a cut end shows, and a changed one.
pub(super) fn verify(store: &Write<'_>) -> Result<(), StoreError> {
    const END: &str = "SELECT seq, link FROM log ORDER BY seq DESC LIMIT 1";
    let rows = &store.rows;
    let mut statement = rows.conn.prepare_cached(END).map_err(|error| rows.failed(error))?;
    let mut found = statement.query([]).map_err(|error| rows.failed(error))?;
    let end: Option<(i64, Vec<u8>)> = match found.next().map_err(|error| rows.failed(error))? {
        Some(row) => Some((row.get(0), row.get(1))).map(|(seq, link)| Ok((seq?, link?))).transpose(),
        None => Ok(None),
    }
    .map_err(|error| rows.failed(error))?;
    let chain = store.chain()?;
    let (expected, link) = (chain.last(), chain.link());
    let (seq, found) = end.unwrap_or((0, Vec::new()));
    let seq = u64::try_from(seq).unwrap_or(0);
    if seq != expected {
        let what = format!("table `log`: expected record {expected} as its last, found record {seq}");
        return Err(StoreError::corrupt(rows.path, what));
    }
    if seq > 0 && found != link.as_bytes() {
        return Err(rows.damaged("log", &seq.to_string(), "it is not the one that was written"));
    }
    Ok(())
}
