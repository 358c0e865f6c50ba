//! PC/SC: the readers there are, the cards that come and go, and the APDUs between. The only folder that names `pcsc`.
//!
//! PC/SC may block for ever, so nothing here calls it on the thread of whoever asks: `monitor` watches the readers on one
//! thread for all, `exchange` speaks to a card on one of its own.

mod exchange;
mod monitor;

use std::ffi::CString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pcsc::State;

use self::exchange::{Exchange, unreadable};
use self::monitor::{ANSWER_LIMIT, Seat, Seen, Watcher, display, service_error};
use super::presence::{Change, Presence, Report};
use super::{CardIdentity, CardKind, Plan, ReaderError, Unread, Unusable};

/// How long a list of the readers may take.
const LIST_LIMIT: Duration = Duration::from_secs(1);
/// The longest wait asked for that is kept to: beyond it the clock might overflow.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two looks for a reader or a service that is gone.
const ABSENT_PAUSE: Duration = Duration::from_millis(200);
/// Before a card that another program holds is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(100);
/// Before a card that another session reads just now is read again.
const SHARED_PAUSE: Duration = Duration::from_millis(20);

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
    /// What was last looked at, and meant nothing more; 0 to look again.
    round: u64,
    exchange: Option<Exchange>,
    /// The reader or the service is gone, and the caller knows.
    lost: bool,
    /// Another program had the card to itself at the last try.
    busy: bool,
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
        reader.poll_open(ANSWER_LIMIT + ABSENT_PAUSE)?;
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
            round: 0,
            exchange: None,
            lost: false,
            busy: false,
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
    /// # Errors
    /// An error is told once, at once; with the reader or the service gone, the card is gone too. Call again to go
    /// on: the reader is opened anew when it is back, and until then the same error comes after `timeout`. A card
    /// that cannot be read is tried again only after it was taken away, one that was busy at the next call.
    pub fn wait(&mut self, timeout: Duration) -> Result<Option<CardEvent>, ReaderError> {
        let timeout = timeout.min(LONGEST_WAIT);
        let deadline = Instant::now() + timeout;
        if std::mem::take(&mut self.busy) {
            std::thread::sleep(BUSY_PAUSE.min(timeout));
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.step(left) {
                Ok(None) if left.is_zero() => return Ok(None),
                Ok(None) => {}
                Ok(event) => return Ok(event),
                Err(error) if is_lost(&error) => {
                    let known = std::mem::replace(&mut self.lost, true);
                    (self.seat, self.exchange, self.round) = (None, None, 0);
                    self.presence = Presence::Absent;
                    if !known || left.is_zero() {
                        return Err(error);
                    }
                    std::thread::sleep(ABSENT_PAUSE.min(left));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// One look at the reader, or at the card that is being read, at most so long.
    fn step(&mut self, left: Duration) -> Result<Option<CardEvent>, ReaderError> {
        if let Some(exchange) = &self.exchange {
            let Some(result) = exchange.result(left) else { return Ok(None) };
            let count = exchange.count;
            self.exchange = None;
            self.presence = presence_after(&result, count);
            self.busy = self.presence == Presence::Absent;
            return result.map(|reading| Some(CardEvent::Inserted(reading)));
        }
        let view = self.watcher.look(self.round, left)?;
        let seats = match &view.seen {
            Seen::Readers(seats) => seats,
            Seen::Fault(fault) => return Err(service_error(*fault)),
            Seen::Nothing => {
                self.round = view.round;
                return Ok(None);
            }
        };
        let seat = match &self.seat {
            Some(name) => seats.iter().find(|seat| seat.name == *name),
            None => Some(choose(self.wanted.as_deref(), seats)?),
        };
        let gone = || ReaderError::ReaderGone { name: self.name.clone() };
        let seat = seat.ok_or_else(gone)?;
        if seat.flags.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
            return Err(gone());
        }
        if self.seat.is_none() {
            self.name = display(&seat.name);
            self.seat = Some(seat.name.clone());
        }
        self.lost = false;
        let report = Report { present: seat.flags.contains(State::PRESENT), count: seat.count };
        // What is seen is looked at again, in case a card was swapped for another.
        self.round = 0;
        match self.presence.update(report) {
            Change::None => {
                self.round = view.round;
                Ok(None)
            }
            Change::Left => Ok(Some(CardEvent::Removed)),
            Change::Arrived if seat.flags.contains(State::MUTE) => {
                self.presence = Presence::Present { count: report.count };
                Err(unreadable(&self.name, Unread::Mute))
            }
            Change::Arrived => {
                let begun = Exchange::begin(&seat.name, &seat.atr, report.count, &self.plan);
                drop(view);
                match begun {
                    Ok(Some(exchange)) => self.exchange = Some(exchange),
                    Ok(None) => std::thread::sleep(SHARED_PAUSE.min(left)),
                    Err(error) => {
                        let result = Err(error);
                        self.presence = presence_after(&result, report.count);
                        self.busy = self.presence == Presence::Absent;
                        return result.map(|_| None);
                    }
                }
                Ok(None)
            }
        }
    }
}

/// What is known of the card after it was read, or was not.
fn presence_after(result: &Result<CardReading, ReaderError>, count: u32) -> Presence {
    match result {
        // To be tried again.
        Err(ReaderError::Busy { .. } | ReaderError::Stuck { .. }) => Presence::Absent,
        Err(ReaderError::Removed { .. }) => Presence::TornOff { count },
        _ => Presence::Present { count },
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
