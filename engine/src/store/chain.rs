//! Where the log stands, kept under seal, and its checkpoints, kept in the open.
//!
//! Each transaction reads where the log stands when it first appends, and writes it once at its end. What stood there
//! before is gone: overwritten in the database (`secure_delete`), and with the write-ahead log emptied after each
//! checkpoint, so that the key that signed and those of the records before it are not left there either. Where the keys of
//! the records are sealed to the holders of a recovery key it is emptied after each record: those keys tell something then.

use std::cell::RefMut;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Document, Opened, Store, StoreError, Write, log_rules, rows, schema, seal};
use crate::audit::{
    Checkpoint, CheckpointKey, Line, LogId, LogState, MacKey, NameProof, NextKeys, Place, PublicKey, Record,
    escrow_context,
};
use crate::keys::{Escrow, KeyError};

/// The one document's key.
pub(super) const KEY: &str = "state";

/// A checkpoint as it lies in the database.
#[derive(Debug)]
pub struct FoundCheckpoint {
    /// Its number.
    pub number: u64,
    /// The last record that it covers, as it stands beside it in plain.
    last: u64,
    /// The checkpoint, or why it cannot be read.
    pub checkpoint: Result<Checkpoint, StoreError>,
}

impl FoundCheckpoint {
    /// The last record that it covers: as it was signed, or as it stands beside one that cannot be read.
    pub(crate) fn last(&self) -> u64 {
        self.checkpoint.as_ref().map_or(self.last, |checkpoint| checkpoint.head.last)
    }
}

/// To whom the keys of the records are sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogEscrow {
    holders: Escrow,
}

impl Document for LogEscrow {
    const KIND: &'static str = "log_escrow";
}

impl Document for LogState {
    const KIND: &'static str = "log_state";
}

impl Store {
    /// Which log it is.
    #[must_use]
    pub fn log_id(&self) -> LogId {
        LogId::of_store(self.id)
    }

    /// The public key that the log began with: its identity. Without it nobody can verify the log.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when where the log stands or its first checkpoint is damaged.
    pub fn log_key(&self) -> Result<PublicKey, StoreError> {
        self.look(|store| match store.checkpoint_of(1)? {
            Some(first) => Ok(first.head.key),
            None => Ok(store.chain()?.signer()),
        })
    }

    /// Every key that whoever verifies the log must know: the one that it began with, and those that it went on with when
    /// the store was put back from a backup.
    ///
    /// # Errors
    /// As [`Store::log_key`].
    pub fn log_keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        let mut keys = vec![self.log_key()?];
        self.look(|store| {
            keys.extend_from_slice(store.chain()?.renewed());
            Ok(keys)
        })
    }

    /// The checkpoints after number `after`, oldest first, `limit` of them at most.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is none.
    pub fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<Checkpoint>, StoreError> {
        self.look(|store| store.checkpoints(after, limit))
    }

    /// As [`Store::checkpoints`], each with its number and the last record that it covers, or why it cannot be read: one that was
    /// damaged hides no other.
    ///
    /// # Errors
    /// The database's own.
    pub fn checkpoints_as_found(&self, after: u64, limit: u32) -> Result<Vec<FoundCheckpoint>, StoreError> {
        self.look(|store| store.checkpoints_as_found(after, limit))
    }

    /// The number of the last checkpoint; 0 before the first. Whether it can be read is another matter.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when where the log stands is damaged.
    pub fn last_checkpoint_number(&self) -> Result<u64, StoreError> {
        self.look(|store| Ok(store.chain()?.checkpoint()))
    }

    /// The last checkpoint; none before the first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is none.
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.look(|store| {
            let last = store.chain()?.checkpoint();
            store.checkpoint_of(last)
        })
    }
}

impl Opened {
    /// Empties the write-ahead log, where the keys before the last checkpoint still are. Nobody is made to wait for it: while
    /// another process reads, they stay there until the next checkpoint.
    pub(super) fn forget_used_keys(&self) -> Result<(), StoreError> {
        let wait =
            |time| self.conn.busy_timeout(time).map_err(|error| StoreError::database(&self.path, error));
        wait(Duration::ZERO)?;
        let emptied = self.wipe_deleted();
        wait(schema::BUSY_TIMEOUT)?;
        match emptied {
            Ok(_) | Err(StoreError::Busy { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Write<'_> {
    /// Makes a checkpoint of the records that none covers yet; none when there are no such records.
    ///
    /// # Errors
    /// The database's own, or when the system gives no random numbers.
    pub fn sign_log(&self) -> Result<Option<Checkpoint>, StoreError> {
        let generation = self.root.borrow().generation();
        let number = self.chain()?.checkpoint() + 1;
        let keys = self.next_keys(number)?;
        let signed = self.chain()?.sign(&self.settings.terminal, generation, keys);
        if let Some(checkpoint) = &signed {
            self.rows.execute(
                "INSERT INTO checkpoint (number, last, line) VALUES (?1, ?2, ?3)",
                params![
                    rows::column(checkpoint.head.number),
                    rows::column(checkpoint.head.last),
                    checkpoint.to_line(),
                ],
            )?;
            self.chain_moved.set(true);
            self.signed.set(true);
        }
        Ok(signed)
    }

    /// Seals the keys of the log's records to the holders of the recovery key from the next checkpoint on: they can then check
    /// the records that no checkpoint covers yet.
    ///
    /// # Errors
    /// The database's own.
    pub fn set_log_escrow(&self, holders: Escrow) -> Result<(), StoreError> {
        self.put_document(KEY, &LogEscrow { holders })
    }

    /// Where the log stands, as of this transaction.
    pub(super) fn chain(&self) -> Result<RefMut<'_, LogState>, StoreError> {
        if self.chain.borrow().is_none() {
            let state = match self.document(KEY)? {
                Some(state) => state,
                None => {
                    self.chain_moved.set(true);
                    self.begin_chain()?
                }
            };
            *self.chain.borrow_mut() = Some(state);
        }
        RefMut::filter_map(self.chain.borrow_mut(), Option::as_mut)
            .map_err(|_| StoreError::corrupt(self.rows.path, "where the log stands is not known"))
    }

    /// Goes on from where another copy of this store stood.
    pub(super) fn go_on_with(&self, state: LogState) -> Result<(), StoreError> {
        self.put_document(KEY, &state)?;
        *self.chain.borrow_mut() = Some(state);
        Ok(())
    }

    /// Lets a new key sign the next checkpoint; see [`LogState::renew_signer`]. Gives its public half, if there is one.
    pub(super) fn renew_signer(&self) -> Result<Option<PublicKey>, StoreError> {
        let signer = draw_signer()?;
        let mut chain = self.chain()?;
        chain.renew_signer(signer);
        self.chain_moved.set(true);
        Ok(chain.renewed().last().copied())
    }

    /// Forgets the key that signs next: whoever has this copy of the store signs nothing in its name.
    pub(super) fn forget_signer(&self) -> Result<(), StoreError> {
        self.chain()?.forget_signer(draw_signer()?);
        self.chain_moved.set(true);
        Ok(())
    }

    /// Takes the next record into the chain.
    pub(super) fn extend_chain(
        &self,
        record: &Record,
        name: Option<&NameProof>,
    ) -> Result<Place, StoreError> {
        let place = self.chain()?.extend(record, name);
        self.chain_moved.set(true);
        if !self.escrowed.get() {
            self.escrowed.set(self.document::<LogEscrow>(KEY)?.is_some());
        }
        Ok(place)
    }

    /// Makes a checkpoint if the site's rules ask for one now.
    pub(super) fn sign_if_due(&self) -> Result<(), StoreError> {
        let rules = log_rules::in_force(self)?;
        let records = usize::try_from(rules.every_records).unwrap_or(usize::MAX);
        let time = SignedDuration::from_mins(i64::from(rules.every_minutes));
        if self.chain()?.is_due(records, time) {
            self.sign_log()?;
        }
        Ok(())
    }

    /// Whether the first record without a checkpoint has waited for as long as the site's rules let it.
    ///
    /// # Errors
    /// The database's own.
    pub fn has_waited(&self, now: Timestamp) -> Result<bool, StoreError> {
        let time = SignedDuration::from_mins(i64::from(log_rules::in_force(self)?.every_minutes));
        Ok(self.chain()?.has_waited(now, time))
    }

    /// Makes a checkpoint if the first record without one has waited for as long as the site's rules let it.
    ///
    /// # Errors
    /// As [`Write::sign_log`].
    pub fn sign_if_waiting(&self, now: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        if self.has_waited(now)? { self.sign_log() } else { Ok(None) }
    }

    /// Writes down where the log stands at the end of a transaction, if it moved.
    pub(super) fn keep_chain(&self) -> Result<(), StoreError> {
        match self.chain.borrow().as_ref() {
            Some(state) if self.chain_moved.replace(false) => self.put_document(KEY, state),
            _ => Ok(()),
        }
    }

    /// The checkpoint of this number.
    pub(super) fn checkpoint_of(&self, number: u64) -> Result<Option<Checkpoint>, StoreError> {
        let line: Option<String> = self
            .rows
            .conn
            .prepare_cached("SELECT line FROM checkpoint WHERE number = ?1")
            .and_then(|mut statement| {
                statement.query_row([rows::column(number)], |row| row.get(0)).optional()
            })
            .map_err(|error| self.rows.failed(error))?;
        line.map(|line| self.read_checkpoint(number, &line)).transpose()
    }

    /// Whether a checkpoint covers every record.
    ///
    /// # Errors
    /// The database's own.
    pub fn is_signed(&self) -> Result<bool, StoreError> {
        Ok(self.chain()?.unsigned() == 0)
    }

    /// The checkpoints after number `after`, oldest first, `limit` of them at most.
    pub(super) fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<Checkpoint>, StoreError> {
        self.checkpoints_as_found(after, limit)?.into_iter().map(|found| found.checkpoint).collect()
    }

    fn checkpoints_as_found(&self, after: u64, limit: u32) -> Result<Vec<FoundCheckpoint>, StoreError> {
        let wrap = |error| self.rows.failed(error);
        let sql = "SELECT number, last, line FROM checkpoint WHERE number > ?1 ORDER BY number LIMIT ?2";
        let mut statement = self.rows.conn.prepare_cached(sql).map_err(wrap)?;
        let mut rows = statement.query(params![rows::column(after), limit]).map_err(wrap)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(wrap)? {
            let number = |at| row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap_or(0));
            let (number, last) = (number(0).map_err(wrap)?, number(1).map_err(wrap)?);
            // What is no text is no checkpoint either.
            let line = row.get_ref(2).map_err(wrap)?.as_str().unwrap_or_default();
            found.push(FoundCheckpoint { number, last, checkpoint: self.read_checkpoint(number, line) });
        }
        Ok(found)
    }

    /// Tells a checkpoint from what somebody else may have put into its place.
    fn read_checkpoint(&self, number: u64, line: &str) -> Result<Checkpoint, StoreError> {
        match Line::parse(line) {
            Ok(Line::Checkpoint(checkpoint)) if checkpoint.head.number == number => Ok(*checkpoint),
            _ => Err(self.rows.damaged(
                "checkpoint",
                &number.to_string(),
                "it is not the one that was written",
            )),
        }
    }

    /// The beginning of a log, in a store that has none yet.
    fn begin_chain(&self) -> Result<LogState, StoreError> {
        let used: bool = self
            .rows
            .conn
            .query_row("SELECT EXISTS (SELECT 1 FROM log) OR EXISTS (SELECT 1 FROM checkpoint)", [], |row| {
                row.get(0)
            })
            .map_err(|error| self.rows.failed(error))?;
        if used {
            return Err(StoreError::corrupt(
                self.rows.path,
                "where the log stands is not known, and there is a log",
            ));
        }
        Ok(LogState::begin(LogId::of_store(*self.id), self.next_keys(0)?))
    }

    /// Keys for what follows checkpoint `number`.
    fn next_keys(&self, number: u64) -> Result<NextKeys, StoreError> {
        // Each is drawn where it stays: a copy on the way would be wiped by nobody.
        let records = MacKey::drawn(seal::fill_random)?;
        let context = escrow_context(LogId::of_store(*self.id), number);
        let seal = |escrow: LogEscrow| escrow.holders.seal(&context, records.as_bytes());
        let escrow = self.document::<LogEscrow>(KEY)?.map(seal).transpose().map_err(|error| match error {
            KeyError::File(error) => error,
            error => StoreError::corrupt(self.rows.path, format!("the recovery key's public half: {error}")),
        })?;
        Ok(NextKeys { records, checkpoint: draw_signer()?, escrow })
    }
}

fn draw_signer() -> Result<CheckpointKey, StoreError> {
    CheckpointKey::drawn(seal::fill_random)
}
