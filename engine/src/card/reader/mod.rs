//! PC/SC: the readers there are, the cards that come and go, and the APDUs between. The only folder that names `pcsc`.
//!
//! PC/SC may block for ever, so nothing here calls it on the thread of whoever asks: `monitor` watches the readers on one
//! thread for all, `exchange` speaks to a card on one of its own.

mod exchange;
mod holders;
mod monitor;

use std::ffi::CString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pcsc::State;

use self::exchange::{Exchange, HELD_LIMIT, unreadable};
use self::holders::holders;
use self::monitor::{ANSWER_LIMIT, Seat, Seen, Watcher, display, service_error};
use super::presence::{Change, Outcome, Presence, Report, Told};
use super::{CardIdentity, CardKind, PinVerdict, Plan, ReaderError, Unread, Unusable};
use crate::secret::Secret;

/// How long a list of the readers may take.
const LIST_LIMIT: Duration = Duration::from_secs(1);
/// The longest wait asked for that is kept to: beyond it the clock might overflow.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// How much longer than the service a reader may take to be found.
const FIND_LIMIT: Duration = Duration::from_millis(200);
/// Between two looks whether a service that hangs goes on.
const SILENT_PAUSE: Duration = Duration::from_millis(20);
/// How often, while a card is spoken to, it is looked whether its reader is still there. Of that pcscd tells whoever speaks to
/// the card up to a second after it has told all others.
const THERE_PAUSE: Duration = Duration::from_millis(10);
/// Before a card that another program holds is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// Before a card that another session reads just now is read again.
const SHARED_PAUSE: Duration = Duration::from_millis(5);

/// The names of the readers connected, in PC/SC's order.
///
/// # Errors
/// [`ReaderError`], after a second at the latest: [`ReaderError::Silent`] when the service does not answer.
pub fn list() -> Result<Vec<String>, ReaderError> {
    let watcher = Watcher::begin()?;
    let deadline = Instant::now() + LIST_LIMIT;
    let mut round = 0;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let view = watcher.look(round, left)?;
        match &view.seen {
            Seen::Readers(seats) => return Ok(seats.iter().map(|seat| display(&seat.name)).collect()),
            Seen::Fault(fault) => return Err(service_error(*fault)),
            Seen::Nothing if left.is_zero() => {
                return Err(ReaderError::Silent { seconds: LIST_LIMIT.as_secs() });
            }
            Seen::Nothing => round = view.round,
        }
    }
}

/// What happened at a reader.
#[derive(Debug)]
#[non_exhaustive]
pub enum CardEvent {
    /// A card was laid on it, and read.
    Inserted(CardReading),
    /// The card is gone.
    Removed,
    /// The reader is there again, after an error told that it or the card service was gone.
    Connected {
        /// Its name: without a wish for one, it may be another.
        reader: String,
    },
}

/// A card that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardReading {
    /// The kind of card.
    pub kind: CardKind,
    /// The name of the reader.
    pub reader: String,
    /// Whom it may stand for, or why for nobody.
    pub result: Result<CardIdentity, Unusable>,
}

/// One reader, watched.
pub struct CardReader {
    wanted: Option<String>,
    /// By what its cards are known.
    plan: Arc<Plan>,
    name: String,
    watcher: Watcher,
    /// The reader that was found.
    seat: Option<CString>,
    presence: Presence,
    /// The card that was told of last, while that matters.
    known: Option<CardReading>,
    /// What is told next.
    pending: Option<Result<CardEvent, ReaderError>>,
    /// What was last looked at, and meant nothing more; 0 to look again.
    round: u64,
    /// What was last looked at.
    looked: u64,
    exchange: Option<Exchange>,
    /// By what error the reader or the service is gone, and the caller knows.
    lost: Option<&'static str>,
    /// Since when another program has had the card.
    held: Option<Instant>,
    /// When a card that could not be tried is tried again.
    retry: Option<Instant>,
}

impl CardReader {
    /// Opens the reader of this name, or the only one whose name contains it; without a name, the first there is.
    ///
    /// # Errors
    /// [`ReaderError`], after two seconds at the latest: [`ReaderError::Silent`] when the service does not answer.
    pub fn open(name: Option<&str>) -> Result<CardReader, ReaderError> {
        CardReader::open_with(name, Arc::default())
    }

    /// As [`CardReader::open`]; its cards are known by this plan.
    ///
    /// # Errors
    /// As [`CardReader::open`].
    pub fn open_with(name: Option<&str>, plan: Arc<Plan>) -> Result<CardReader, ReaderError> {
        let mut reader = CardReader::begin(name, plan)?;
        reader.poll_open(ANSWER_LIMIT + FIND_LIMIT)?;
        Ok(reader)
    }

    /// Begins to open a reader, as [`CardReader::open`], and waits for nothing.
    pub(crate) fn begin(name: Option<&str>, plan: Arc<Plan>) -> Result<CardReader, ReaderError> {
        Ok(CardReader {
            wanted: name.map(str::to_owned),
            plan,
            name: String::new(),
            watcher: Watcher::begin()?,
            seat: None,
            presence: Presence::default(),
            known: None,
            pending: None,
            round: 0,
            looked: 0,
            exchange: None,
            lost: None,
            held: None,
            retry: None,
        })
    }

    /// Whether the reader was found, waiting for it so long at the most.
    ///
    /// # Errors
    /// As [`CardReader::open`].
    pub(crate) fn poll_open(&mut self, wait: Duration) -> Result<bool, ReaderError> {
        let deadline = Instant::now() + wait;
        let mut round = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let view = self.watcher.look(round, left)?;
            match &view.seen {
                Seen::Nothing if left.is_zero() => return Ok(false),
                Seen::Nothing => round = view.round,
                Seen::Fault(fault) => return Err(service_error(*fault)),
                Seen::Readers(seats) => {
                    let seat = choose(self.wanted.as_deref(), seats)?;
                    self.name = display(&seat.name);
                    self.seat = Some(seat.name.clone());
                    return Ok(true);
                }
            }
        }
    }

    /// The reader's name in PC/SC; empty until it is found.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits until a card comes or goes, at most `timeout`, a day at most; `None` when nothing happened, or a card is
    /// still being read: that takes 3 s when it hangs. A card that lies there already comes at the first call.
    ///
    /// A card that chatters at the edge of the field comes once and goes once; its going is told after 150 ms at the
    /// latest. One that another program holds is waited for.
    ///
    /// # Errors
    /// An error is told once, at once; with the reader or the service gone, the card is gone too. Call again to go
    /// on: the reader is opened anew when it is back, which is told with [`CardEvent::Connected`], and until then the
    /// same error comes after `timeout`. A card that cannot be read is tried again only after it was taken away, one
    /// that hangs at the next call. [`ReaderError::Busy`] comes after each 5 s that another program holds the card.
    pub fn wait(&mut self, timeout: Duration) -> Result<Option<CardEvent>, ReaderError> {
        let deadline = Instant::now() + timeout.min(LONGEST_WAIT);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.step(left) {
                Ok(None) if left.is_zero() => return Ok(None),
                Ok(None) => {}
                Ok(event) => return Ok(event),
                Err(error) if is_lost(&error) => {
                    let known = self.lost.replace(error.code()) == Some(error.code());
                    self.forget();
                    if !known || left.is_zero() {
                        return Err(error);
                    }
                    if self.watcher.look(self.looked, left).is_err() {
                        std::thread::sleep(SILENT_PAUSE.min(left));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Has the card that lies on the reader judge its PIN and prove that it is `expected`. Blocks until it has, 6 s at the
    /// most, or as long as another program holds it.
    ///
    /// # Errors
    /// When no card lies there, it is taken away, or does not answer. The PIN may have been tried all the same.
    pub fn prove(
        &mut self,
        expected: &CardIdentity,
        pin: Secret,
        may_be_last: bool,
    ) -> Result<PinVerdict, ReaderError> {
        let gone = || ReaderError::Removed { name: self.name.clone() };
        let wanted = self.seat.as_ref().ok_or_else(gone)?;
        let view = self.watcher.look(0, Duration::ZERO)?;
        let Seen::Readers(seats) = &view.seen else { return Err(gone()) };
        let seat = seats.iter().find(|seat| seat.name == *wanted && seat.flags.contains(State::PRESENT));
        let seat = seat.ok_or_else(gone)?;
        let (name, atr, count) = (seat.name.clone(), seat.atr.clone(), seat.count);
        drop(view);
        let exchange = Exchange::prove(&name, &atr, count, expected.clone(), pin, may_be_last)?;
        let busy = || ReaderError::Busy { name: self.name.clone(), holders: Vec::new() };
        let exchange = exchange.ok_or_else(busy)?;
        loop {
            if let Some(result) = exchange.result(LONGEST_WAIT) {
                return result;
            }
        }
    }

    /// Forgets the reader and its card.
    fn forget(&mut self) {
        (self.seat, self.exchange, self.round) = (None, None, 0);
        (self.presence, self.known, self.pending) = (Presence::default(), None, None);
        (self.held, self.retry) = (None, None);
    }

    /// One look at the reader, or at the card that is being read, at most so long.
    fn step(&mut self, left: Duration) -> Result<Option<CardEvent>, ReaderError> {
        if let Some(pending) = self.pending.take() {
            return pending.map(Some);
        }
        let next = [self.presence.due(), self.retry].into_iter().flatten().min();
        let left = next.map_or(left, |next| left.min(next.saturating_duration_since(Instant::now())));
        if let Some(exchange) = &self.exchange {
            let Some(result) = exchange.result(left.min(THERE_PAUSE)) else {
                self.find(&self.watcher.look(0, Duration::ZERO)?.seen)?;
                let due = self.presence.expire(Instant::now());
                return self.tell(due);
            };
            let (count, begun) = (exchange.count, exchange.begun);
            self.exchange = None;
            if matches!(result, Err(ReaderError::Busy { .. })) {
                self.held.get_or_insert(begun);
            }
            return self.take_in(result, count);
        }
        let view = self.watcher.look(self.round, left)?;
        self.looked = view.round;
        let Some(seat) = self.find(&view.seen)? else {
            self.round = view.round;
            return Ok(None);
        };
        if self.seat.is_none() {
            self.name = display(&seat.name);
            self.seat = Some(seat.name.clone());
        }
        // What is seen is looked at again, in case a card was swapped for another.
        self.round = 0;
        if self.lost.take().is_some() {
            return Ok(Some(CardEvent::Connected { reader: self.name.clone() }));
        }
        let now = Instant::now();
        let report = Report { present: seat.flags.contains(State::PRESENT), count: seat.count };
        if !report.present {
            self.held = None;
        }
        let change = self.presence.update(report, now);
        if !self.presence.remembers(now) {
            self.known = None;
        }
        if change != Change::Arrived {
            if change == Change::None {
                self.round = view.round;
            }
            drop(view);
            return self.tell(change);
        }
        if self.retry.is_some_and(|retry| now < retry) {
            self.round = view.round;
            return Ok(None);
        }
        self.retry = None;
        let begun = if seat.flags.contains(State::MUTE) {
            Err(unreadable(&self.name, Unread::Mute))
        } else {
            Exchange::begin(&seat.name, &seat.atr, report.count, &self.plan)
        };
        drop(view);
        match begun {
            Ok(Some(exchange)) => self.exchange = Some(exchange),
            Ok(None) => self.retry = Some(now + SHARED_PAUSE),
            Err(error) => return self.take_in(Err(error), report.count),
        }
        Ok(None)
    }

    /// The reader among what is seen; none while nothing is.
    fn find<'s>(&self, seen: &'s Seen) -> Result<Option<&'s Seat>, ReaderError> {
        let seats = match seen {
            Seen::Readers(seats) => seats,
            Seen::Fault(fault) => return Err(service_error(*fault)),
            Seen::Nothing => return Ok(None),
        };
        let seat = match &self.seat {
            Some(name) => seats.iter().find(|seat| seat.name == *name),
            None => Some(choose(self.wanted.as_deref(), seats)?),
        };
        let is_there =
            |seat: &&Seat| !seat.flags.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE);
        let gone = || ReaderError::ReaderGone { name: self.name.clone() };
        seat.filter(is_there).map(Some).ok_or_else(gone)
    }

    /// What is told of a change that needs no reading.
    fn tell(&self, change: Change) -> Result<Option<CardEvent>, ReaderError> {
        match change {
            Change::None | Change::Arrived => Ok(None),
            Change::Left => Ok(Some(CardEvent::Removed)),
            Change::Torn => Err(ReaderError::Removed { name: self.name.clone() }),
            Change::Stayed => Ok(self.known.clone().map(CardEvent::Inserted)),
        }
    }

    /// What is told of a card that was read, or was not, at this count of the reader's.
    fn take_in(
        &mut self,
        result: Result<CardReading, ReaderError>,
        count: u32,
    ) -> Result<Option<CardEvent>, ReaderError> {
        let now = Instant::now();
        let due = self.presence.expire(now);
        let outcome = match &result {
            Err(error) if is_lost(error) => return result.map(|_| None),
            Err(ReaderError::Busy { .. } | ReaderError::Stuck { .. }) => Outcome::Retry,
            Err(ReaderError::Removed { .. }) => Outcome::Torn,
            // Two cards that stand for nobody look the same, and may be two.
            Ok(reading) if reading.result.is_ok() && self.known.as_ref() == Some(reading) => Outcome::Same,
            _ => Outcome::Other,
        };
        let told = self.presence.read(count, outcome, now);
        if outcome == Outcome::Same || outcome == Outcome::Other {
            (self.known, self.held) = (result.as_ref().ok().cloned(), None);
        }
        let news = match outcome {
            Outcome::Retry => self.put_off(result, now).err().map(Err),
            _ if told == Told::Nothing => None,
            _ => Some(result.map(CardEvent::Inserted)),
        };
        if due == Change::Left || told == Told::GoneThenCard {
            self.pending = news;
            return Ok(Some(CardEvent::Removed));
        }
        match news {
            Some(news) => news.map(Some),
            // One that was read or is tried again by now was not torn away.
            None if outcome == Outcome::Torn => self.tell(due),
            None => Ok(None),
        }
    }

    /// Tries a card again later; an error when that has been told of too seldom.
    fn put_off(&mut self, result: Result<CardReading, ReaderError>, now: Instant) -> Result<(), ReaderError> {
        self.retry = Some(now + BUSY_PAUSE);
        match result {
            Err(ReaderError::Busy { name, .. }) => {
                let since = *self.held.get_or_insert(now);
                if now.saturating_duration_since(since) < HELD_LIMIT {
                    return Ok(());
                }
                self.held = Some(now);
                Err(ReaderError::Busy { name, holders: holders() })
            }
            result => result.map(|_| ()),
        }
    }
}

/// The reader of this name, or the only one whose name contains it; without a name, the first there is.
fn choose<'s>(wanted: Option<&str>, seats: &'s [Seat]) -> Result<&'s Seat, ReaderError> {
    let Some(wanted) = wanted else { return seats.first().ok_or(ReaderError::NoReader) };
    let exact = seats.iter().find(|seat| display(&seat.name) == wanted);
    let mut containing = seats.iter().filter(|seat| display(&seat.name).contains(wanted));
    let only = containing.next().filter(|_| containing.next().is_none());
    exact.or(only).ok_or_else(|| match seats {
        [] => ReaderError::NoReader,
        _ => ReaderError::UnknownReader {
            name: wanted.to_owned(),
            found: seats.iter().map(|seat| display(&seat.name)).collect(),
        },
    })
}

/// Whether the reader or the service is gone, and with it the link to them.
fn is_lost(error: &ReaderError) -> bool {
    matches!(
        error,
        ReaderError::NoService { .. }
            | ReaderError::NotPermitted { .. }
            | ReaderError::NoReader
            | ReaderError::UnknownReader { .. }
            | ReaderError::ReaderGone { .. }
            | ReaderError::Silent { .. }
            | ReaderError::Other { .. }
    )
}
