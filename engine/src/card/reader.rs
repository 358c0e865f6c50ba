//! PC/SC: the readers there are, the cards that come and go, and the APDUs between. The only file that names `pcsc`.
//!
//! A card that hangs blocks PC/SC for ever, and nothing unblocks it but taking the card away. So whatever speaks to
//! a card runs on a thread of its own with a context of its own, and is left behind when its time is up.

use std::ffi::CString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use pcsc::{Card, Context, Disposition, Error as Pcsc, Protocols, ReaderState, Scope, ShareMode, State};
use zeroize::Zeroizing;

use super::atr::{self, Atr};
use super::identify::{Answer, identify};
use super::presence::{Change, Presence, Report};
use super::{CardIdentity, CardKind, ReaderError, Unread, Unusable};

/// How long a card may take to be read. A FeliCa card on a slow reader takes a tenth of it.
const READ_LIMIT: Duration = Duration::from_secs(3);
/// The longest single wait for PC/SC: how late a service that stopped is noticed where it does not say so.
const WAIT_SLICE: Duration = Duration::from_millis(500);
/// The longest wait asked for that is kept to: beyond it the clock might overflow.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two looks for a reader or a service that is gone.
const ABSENT_PAUSE: Duration = Duration::from_millis(200);
/// Before a card that another program holds is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(100);
/// How soon after a failed exchange a removal of the card shows. A polled reader looks every 400 ms.
const REMOVAL_SHOWS: Duration = Duration::from_millis(500);
/// The longest answer to a short command: 256 bytes, status, and room for what readers add.
const LONGEST_ANSWER: usize = 264;
/// How many threads may speak to cards, or hang at one, in the whole process.
const MOST_THREADS: usize = 8;

/// Threads that speak to a card, or hang at one.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// The names of the readers connected, in PC/SC's order.
pub fn list() -> Result<Vec<String>, ReaderError> {
    let context = Context::establish(Scope::User).map_err(service_error)?;
    Ok(names(&context)?.iter().map(display).collect())
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
    name: String,
    link: Option<Link>,
    presence: Presence,
    /// The reader or the service is gone, and the caller knows.
    lost: bool,
    /// Another program had the card to itself at the last try.
    busy: bool,
}

/// A connection to the service and what it last said about the reader.
struct Link {
    context: Context,
    state: ReaderState,
}

impl CardReader {
    /// Opens the reader of this name, or the only one whose name contains it; without a name, the first there is.
    pub fn open(name: Option<&str>) -> Result<CardReader, ReaderError> {
        let mut reader = CardReader {
            wanted: name.map(str::to_owned),
            name: String::new(),
            link: None,
            presence: Presence::default(),
            lost: false,
            busy: false,
        };
        reader.connect()?;
        Ok(reader)
    }

    /// The reader's name in PC/SC.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits until a card comes or goes, at most `timeout` and the time it takes to read a card (3 s when it
    /// hangs), a day at most; `None` when nothing happened. A card that lies there already comes at the first call.
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
                    self.link = None;
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

    /// One look at the reader, at most a slice of `left`.
    fn step(&mut self, left: Duration) -> Result<Option<CardEvent>, ReaderError> {
        if self.link.is_none() {
            self.connect()?;
        }
        let Some(Link { context, state }) = &mut self.link else { return Ok(None) };
        match context.get_status_change(Some(left.min(WAIT_SLICE)), std::slice::from_mut(state)) {
            Ok(()) => {}
            Err(Pcsc::Timeout) => return Ok(None),
            Err(Pcsc::UnknownReader) => return Err(ReaderError::ReaderGone { name: self.name.clone() }),
            Err(error) => return Err(service_error(error)),
        }
        let flags = state.event_state();
        if flags.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
            return Err(ReaderError::ReaderGone { name: self.name.clone() });
        }
        self.lost = false;
        let report = Report { present: flags.contains(State::PRESENT), count: state.event_count() };
        match self.presence.update(report) {
            Change::None => {
                state.sync_current_state();
                Ok(None)
            }
            // The state is not taken as known: PC/SC tells it again at the next look, in case it was a swap.
            Change::Left => Ok(Some(CardEvent::Removed)),
            Change::Arrived => {
                let atr = state.atr().to_vec();
                let mute = flags.contains(State::MUTE);
                let name = state.name().to_owned();
                let result = if mute { Err(unreadable(&self.name, Unread::Mute)) } else { read(name, &atr) };
                self.presence = match &result {
                    Err(ReaderError::Busy { .. } | ReaderError::Stuck { .. }) => {
                        self.busy = true;
                        Presence::Absent
                    }
                    Err(ReaderError::Removed { .. }) => Presence::TornOff { count: report.count },
                    _ => Presence::Present { count: report.count },
                };
                result.map(|reading| Some(CardEvent::Inserted(reading)))
            }
        }
    }

    /// Makes a new context (one whose service died never recovers) and finds the reader.
    fn connect(&mut self) -> Result<(), ReaderError> {
        let context = Context::establish(Scope::User).map_err(service_error)?;
        let name = self.choose(names(&context)?)?;
        self.name = display(&name);
        self.link = Some(Link { context, state: ReaderState::new(name, State::UNAWARE) });
        Ok(())
    }

    fn choose(&self, mut names: Vec<CString>) -> Result<CString, ReaderError> {
        let Some(wanted) = &self.wanted else {
            return names.into_iter().next().ok_or(ReaderError::NoReader);
        };
        let exact = names.iter().position(|name| display(name) == *wanted);
        let mut containing =
            (0..names.len()).filter(|&index| display(&names[index]).contains(wanted.as_str()));
        let only = containing.next().filter(|_| containing.next().is_none());
        match exact.or(only) {
            Some(index) => Ok(names.swap_remove(index)),
            None if names.is_empty() => Err(ReaderError::NoReader),
            None => Err(ReaderError::UnknownReader {
                name: wanted.clone(),
                found: names.iter().map(display).collect(),
            }),
        }
    }
}

/// Reads the card on a reader: on a thread that is left behind when the card hangs.
fn read(name: CString, atr: &[u8]) -> Result<CardReading, ReaderError> {
    let reader = display(&name);
    let atr = atr::decode(atr).map_err(|error| unreadable(&reader, Unread::Atr(error)))?;
    let place = Place::take()?;
    let (tell, told) = sync_channel(1);
    let task = move || {
        // Nobody listens when the time is up.
        let _ = tell.send(ask(name, &atr));
        drop(place);
    };
    std::thread::Builder::new()
        .name("mabataki card".into())
        .spawn(task)
        .map_err(|error| ReaderError::Other { source: error.into() })?;
    match told.recv_timeout(READ_LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Err(unreadable(&reader, Unread::Silent { seconds: READ_LIMIT.as_secs() }))
        }
    }
}

/// One of the threads that may speak to cards.
struct Place;

impl Place {
    fn take() -> Result<Place, ReaderError> {
        let taken = |count: usize| (count < MOST_THREADS).then_some(count + 1);
        match THREADS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken) {
            Ok(_) => Ok(Place),
            Err(count) => Err(ReaderError::Stuck { count }),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        THREADS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Speaks to the card; blocks as long as it likes.
fn ask(name: CString, atr: &Atr) -> Result<CardReading, ReaderError> {
    let reader = display(&name);
    let context = Context::establish(Scope::User).map_err(service_error)?;
    let card = context.connect(&name, ShareMode::Shared, Protocols::ANY);
    let mut card = card.map_err(|error| exchange_error(error, &reader))?;
    let connected = card.status2_owned().map_err(|error| exchange_error(error, &reader))?;
    if connected.atr() != atr.bytes() {
        // Another card lies there by now; it will be told of as the next.
        return Err(ReaderError::Removed { name: reader });
    }
    let result = identify(atr, |apdu| transmit(&mut card, apdu, &reader));
    // Left as it is, not reset: another program may be using it.
    let _ = card.disconnect(Disposition::LeaveCard);
    match result {
        Ok((kind, result)) => Ok(CardReading { kind, reader, result }),
        // Not every reader tells a card that was taken away from one that failed, at once.
        Err(ReaderError::Unreadable { .. }) if is_removed(&context, name) => {
            Err(ReaderError::Removed { name: reader })
        }
        Err(error) => Err(error),
    }
}

fn transmit(card: &mut Card, apdu: &[u8], reader: &str) -> Result<Answer, ReaderError> {
    let mut buffer = Zeroizing::new([0; LONGEST_ANSWER]);
    let mut answer = card.transmit(apdu, &mut *buffer).map(<[u8]>::len);
    if answer == Err(Pcsc::ResetCard) {
        // Another program reset it; it is the same card.
        card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)
            .map_err(|error| exchange_error(error, reader))?;
        answer = card.transmit(apdu, &mut *buffer).map(<[u8]>::len);
    }
    let found = answer.map_err(|error| exchange_error(error, reader))?;
    Answer::parse(&buffer[..found]).ok_or_else(|| unreadable(reader, Unread::ShortAnswer { found }))
}

/// Whether the card is gone, or goes in the time a removal takes to show.
fn is_removed(context: &Context, name: CString) -> bool {
    let mut states = [ReaderState::new(name, State::UNAWARE)];
    let deadline = Instant::now() + REMOVAL_SHOWS;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match context.get_status_change(Some(left), &mut states) {
            Ok(()) if !states[0].event_state().contains(State::PRESENT) => return true,
            Ok(()) if !left.is_zero() => states[0].sync_current_state(),
            _ => return false,
        }
    }
}

fn names(context: &Context) -> Result<Vec<CString>, ReaderError> {
    match context.list_readers_owned() {
        Ok(names) => Ok(names),
        Err(Pcsc::NoReadersAvailable) => Ok(Vec::new()),
        Err(error) => Err(service_error(error)),
    }
}

fn display(name: &CString) -> String {
    name.to_string_lossy().into_owned()
}

fn unreadable(reader: &str, why: Unread) -> ReaderError {
    ReaderError::Unreadable { name: reader.to_owned(), why }
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
            | ReaderError::Other { .. }
    )
}

/// What an error means that is not about one card.
fn service_error(error: Pcsc) -> ReaderError {
    let source = error.into();
    match error {
        Pcsc::NoService | Pcsc::ServiceStopped | Pcsc::CommError | Pcsc::Shutdown | Pcsc::InvalidHandle => {
            ReaderError::NoService { source }
        }
        Pcsc::SecurityViolation | Pcsc::NoAccess => ReaderError::NotPermitted { source },
        Pcsc::NoReadersAvailable => ReaderError::NoReader,
        _ => ReaderError::Other { source },
    }
}

/// What an error means that came from speaking to a card.
fn exchange_error(error: Pcsc, reader: &str) -> ReaderError {
    let name = reader.to_owned();
    match error {
        Pcsc::SharingViolation => ReaderError::Busy { name },
        Pcsc::RemovedCard | Pcsc::NoSmartcard => ReaderError::Removed { name },
        // A handle to a reader that was unplugged turns invalid.
        Pcsc::UnknownReader | Pcsc::ReaderUnavailable | Pcsc::InvalidValue => {
            ReaderError::ReaderGone { name }
        }
        Pcsc::UnpoweredCard | Pcsc::UnresponsiveCard => unreadable(reader, Unread::Mute),
        Pcsc::InsufficientBuffer => unreadable(reader, Unread::LongAnswer { longest: LONGEST_ANSWER }),
        Pcsc::NoService | Pcsc::ServiceStopped | Pcsc::CommError | Pcsc::Shutdown | Pcsc::InvalidHandle => {
            ReaderError::NoService { source: error.into() }
        }
        _ => unreadable(reader, Unread::Exchange(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_that_hang_take_no_more_than_their_share_of_threads() {
        let places: Vec<Place> = (0..MOST_THREADS).map(|_| Place::take().unwrap()).collect();
        assert!(matches!(Place::take(), Err(ReaderError::Stuck { count: MOST_THREADS })));
        drop(places);
        assert!(Place::take().is_ok());
    }

    #[test]
    fn what_pcsc_says_is_told_apart() {
        for (error, code) in [
            (Pcsc::NoService, "no_card_service"),
            (Pcsc::ServiceStopped, "no_card_service"),
            (Pcsc::CommError, "no_card_service"),
            (Pcsc::SharingViolation, "reader_busy"),
            (Pcsc::RemovedCard, "card_removed"),
            (Pcsc::NoSmartcard, "card_removed"),
            (Pcsc::InvalidValue, "no_reader"),
            (Pcsc::UnknownReader, "no_reader"),
            (Pcsc::ReaderUnavailable, "no_reader"),
            (Pcsc::UnpoweredCard, "card_unreadable"),
            (Pcsc::NotTransacted, "card_unreadable"),
            (Pcsc::ProtoMismatch, "card_unreadable"),
            (Pcsc::InsufficientBuffer, "card_unreadable"),
        ] {
            assert_eq!(exchange_error(error, "Counter").code(), code, "{error:?}");
        }
        assert_eq!(service_error(Pcsc::SecurityViolation).code(), "not_permitted");
        assert_eq!(service_error(Pcsc::NoMemory).code(), "reader_failed");
    }
}
