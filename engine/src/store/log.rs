//! The log on disk: appended, never changed. Plain columns (see `schema` for why).

use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;
use rusqlite::{Row, params, types::FromSql};

use super::{Store, StoreError, Write, log_rules, rows::Rows};
use crate::audit::{Category, Entry, Factor, HostSupplied, Record, Standing, is_id};

const APPEND: &str = "INSERT INTO log (time, offset, terminal, category, operation, outcome, reason, subject, name, \
    object, account, purpose, factors, standing, session, duration_ms, pack, runtime, camera, reader, origin, host, \
    host_frames, host_card, source) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
    ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)";

const READ: &str = "SELECT seq, time, offset, terminal, category, operation, outcome, reason, subject, name, object, \
    account, purpose, factors, standing, session, duration_ms, pack, runtime, camera, reader, origin, host, host_frames, \
    host_card, source FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2";

const LAST_GRANTED: &str =
    "SELECT subject, max(time) FROM log WHERE outcome = 'granted' AND subject IS NOT NULL GROUP BY subject";

/// Most records read at a time.
const PAGE_RECORDS: u32 = 10_000;

impl Store {
    /// The records after number `after` (0 for all), oldest first, `limit` of them at most and 10,000 at most.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record does not hold what records hold.
    pub fn log(&self, after: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        let rows = self.rows();
        let wrap = |error| rows.failed(error);
        let mut statement = rows.conn.prepare_cached(READ).map_err(wrap)?;
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let mut found = statement.query(params![after, limit.min(PAGE_RECORDS)]).map_err(wrap)?;
        let mut records = Vec::new();
        while let Some(row) = found.next().map_err(wrap)? {
            records.push(read(&rows, row)?);
        }
        Ok(records)
    }
}

impl Store {
    /// The last record's number; 0 before there is any.
    ///
    /// # Errors
    /// The database's own.
    pub fn last_seq(&self) -> Result<u64, StoreError> {
        const LAST: &str = "SELECT coalesce(max(seq), 0) FROM log";
        let rows = self.rows();
        let last: i64 =
            rows.conn.query_row(LAST, [], |row| row.get(0)).map_err(|error| rows.failed(error))?;
        Ok(u64::try_from(last).unwrap_or(0))
    }

    /// When each person who was ever let in was let in last, by id. Reads the whole log.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record does not hold what records hold.
    pub fn last_granted(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let rows = self.rows();
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
    /// Appends a record and gives its number.
    ///
    /// # Errors
    /// [`StoreError::InvalidEntry`] when a text is beyond its limits.
    pub fn append(&self, entry: &Entry) -> Result<u64, StoreError> {
        entry.check()?;
        let offset = log_rules::in_force(self)?.offset(entry.time);
        self.rows.execute(
            APPEND,
            params![
                // Of one width, so that text order is time order.
                format!("{:.6}", entry.time),
                offset.to_string(),
                self.settings.terminal,
                entry.operation.category().code(),
                entry.operation.code(),
                entry.outcome.code(),
                entry.reason,
                entry.subject,
                entry.name,
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
            ],
        )?;
        Ok(u64::try_from(self.rows.conn.last_insert_rowid()).unwrap_or(0))
    }
}

/// Checks that the log ends where the database's own counter says: a cut end shows.
pub(super) fn verify(rows: &Rows<'_>) -> Result<(), StoreError> {
    const ENDS: &str = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'log'), 0), \
        coalesce((SELECT max(seq) FROM log), 0)";
    let (expected, found): (i64, i64) = rows
        .conn
        .query_row(ENDS, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|error| rows.failed(error))?;
    if expected != found {
        let what = format!("table `log`: expected record {expected} as its last, found record {found}");
        return Err(StoreError::corrupt(rows.path, what));
    }
    Ok(())
}

fn read(rows: &Rows<'_>, row: &Row<'_>) -> Result<Record, StoreError> {
    let columns = Columns { rows, row, seq: row.get(0).map_err(|error| rows.failed(error))? };
    let record = Record {
        seq: columns.number(0)?,
        offset: columns.word(2)?,
        terminal: columns.text(3)?,
        entry: Entry {
            time: columns.word(1)?,
            operation: columns.word(5)?,
            outcome: columns.word(6)?,
            reason: columns.get(7)?,
            subject: columns.get(8)?,
            name: columns.get(9)?,
            object: columns.get(10)?,
            account: columns.get(11)?,
            purpose: columns.get(12)?,
            factors: Factor::parse_list(&columns.text(13)?)
                .map_err(|error| columns.damaged(&error.to_string()))?,
            standing: columns.word_if_any(14)?,
            session: columns.get(15)?,
            duration_ms: columns.get::<Option<i64>>(16)?.map(|_| columns.number(16)).transpose()?,
            pack: columns.word_if_any(17)?,
            runtime: columns.get(18)?,
            camera: columns.get(19)?,
            reader: columns.get(20)?,
            origin: columns.get(21)?,
            host: columns.get(22)?,
            host_supplied: HostSupplied { frames: columns.get(23)?, card: columns.get(24)? },
            source: columns.word(25)?,
        },
    };
    // The same limits as at writing: what was put here by something else must not reach a screen.
    record.entry.check().map_err(|error| columns.damaged(&error.to_string()))?;
    if !is_id(&record.terminal) || columns.word::<Category>(4)? != record.entry.operation.category() {
        return Err(columns.damaged("its terminal or category is not one the store writes"));
    }
    Ok(record)
}

/// The columns of one record, with the record's number for messages.
struct Columns<'r> {
    rows: &'r Rows<'r>,
    row: &'r Row<'r>,
    seq: i64,
}

impl Columns<'_> {
    fn get<T: FromSql>(&self, at: usize) -> Result<T, StoreError> {
        self.row.get(at).map_err(|error| self.rows.failed(error))
    }

    fn text(&self, at: usize) -> Result<String, StoreError> {
        self.get(at)
    }

    fn number(&self, at: usize) -> Result<u64, StoreError> {
        u64::try_from(self.get::<i64>(at)?).map_err(|error| self.damaged(&error.to_string()))
    }

    fn word<T: FromStr<Err: std::fmt::Display>>(&self, at: usize) -> Result<T, StoreError> {
        self.text(at)?.parse().map_err(|error: T::Err| self.damaged(&error.to_string()))
    }

    fn word_if_any<T: FromStr<Err: std::fmt::Display>>(&self, at: usize) -> Result<Option<T>, StoreError> {
        self.get::<Option<String>>(at)?.map(|_| self.word(at)).transpose()
    }

    fn damaged(&self, what: &str) -> StoreError {
        self.rows.damaged("log", &self.seq.to_string(), what)
    }
}
