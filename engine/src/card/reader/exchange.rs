//! Speaking to a card. A card that hangs blocks PC/SC for ever, and nothing unblocks it but taking the card away. So whatever
//! speaks to one runs on a thread of its own with a context of its own, and is abandoned when its time is up. No reader has
//! more than one such thread: while one hangs there, the next card is refused at once.

use std::ffi::{CStr, CString};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use pcsc::{Card, Context, Disposition, Error as Pcsc, Protocols, ReaderState, Scope, ShareMode, State};
use zeroize::Zeroizing;

use super::CardReading;
use super::monitor::{display, service_error};
use crate::card::apdu::{Answer, Command};
use crate::card::atr::{self, Atr};
use crate::card::{Plan, ReaderError, Unread, identify};

/// How long a card may take to be read. A FeliCa card on a slow reader takes a tenth of it.
const READ_LIMIT: Duration = Duration::from_secs(3);
/// How long a card that another program holds is waited for before that is told.
pub(super) const HELD_LIMIT: Duration = Duration::from_secs(5);
/// How soon after a failed exchange a removal of the card shows. A polled reader looks every 400 ms.
const REMOVAL_SHOWS: Duration = Duration::from_millis(500);
/// The longest answer to a short command: 256 bytes, status, and room for what readers add.
const LONGEST_ANSWER: usize = 264;
/// How many threads may speak to cards, or hang at one, in the whole process: as many as pcscd lists readers.
const MOST_THREADS: usize = 16;

/// A card that is being read.
pub(super) struct Exchange {
    reader: String,
    told: Receiver<Result<CardReading, ReaderError>>,
    pub(super) begun: Instant,
    reached: Reached,
    /// The reader's count of insertions and removals when the card lay there.
    pub(super) count: u32,
}

impl Exchange {
    /// Begins to read the card on a reader; none when another session reads it just now.
    ///
    /// # Errors
    /// [`ReaderError::Stuck`] when a card hangs there already, [`ReaderError::Busy`] when another program has held it for
    /// long, [`ReaderError::Unreadable`] for a wrong ATR.
    pub(super) fn begin(
        name: &CStr,
        atr: &[u8],
        count: u32,
        plan: &Arc<Plan>,
    ) -> Result<Option<Exchange>, ReaderError> {
        let reader = display(name);
        let atr = atr::decode(atr).map_err(|error| unreadable(&reader, Unread::Atr(error)))?;
        let Some(place) = Place::take(name)? else { return Ok(None) };
        let mut challenge = [0; 16];
        getrandom::fill(&mut challenge).map_err(|error| ReaderError::Other { source: error.into() })?;
        let (tell, told) = sync_channel(1);
        let reached = Arc::clone(&place.reached);
        let plan = Arc::clone(plan);
        let task = move || {
            let read = ask(&place, &atr, &plan, &challenge);
            // The place is free before anybody can ask for the next.
            drop(place);
            // Nobody listens when the time is up.
            let _ = tell.send(read);
        };
        let begun = std::thread::Builder::new().name("mabataki card".into()).spawn(task);
        begun.map_err(|error| ReaderError::Other { source: error.into() })?;
        Ok(Some(Exchange { reader, told, begun: Instant::now(), reached, count }))
    }

    /// What came of it; none when it is still under way after `wait`.
    pub(super) fn result(&self, wait: Duration) -> Option<Result<CardReading, ReaderError>> {
        match self.told.recv_timeout(wait.min(self.left())) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) if !self.left().is_zero() => None,
            Err(RecvTimeoutError::Timeout) if self.reached.get().is_none() => {
                Some(Err(ReaderError::Busy { name: self.reader.clone(), holders: Vec::new() }))
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Some(Err(unreadable(&self.reader, Unread::Silent { seconds: READ_LIMIT.as_secs() })))
            }
        }
    }

    /// How long it may still take. What another program takes is not the card's.
    fn left(&self) -> Duration {
        match self.reached.get() {
            Some(reached) => READ_LIMIT.saturating_sub(reached.elapsed()),
            None => HELD_LIMIT.saturating_sub(self.begun.elapsed()),
        }
    }
}

/// The threads that speak to a card, or hang at one.
static PLACES: Mutex<Vec<(CString, Instant, Reached)>> = Mutex::new(Vec::new());

/// When the card itself was reached: until then, another program may hold it.
type Reached = Arc<OnceLock<Instant>>;

fn places() -> MutexGuard<'static, Vec<(CString, Instant, Reached)>> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one thread that speaks to the card on a reader.
struct Place {
    reader: CString,
    reached: Reached,
}

impl Place {
    fn take(reader: &CStr) -> Result<Option<Place>, ReaderError> {
        let mut places = places();
        let hangs = |since: &Instant| since.elapsed() >= READ_LIMIT;
        let stuck = |count| Err(ReaderError::Stuck { count });
        if let Some((_, begun, reached)) = places.iter().find(|(taken, ..)| taken.as_c_str() == reader) {
            return match reached.get() {
                Some(since) if hangs(since) => stuck(1),
                None if hangs(begun) => Err(ReaderError::Busy { name: display(reader), holders: Vec::new() }),
                _ => Ok(None),
            };
        }
        if places.len() >= MOST_THREADS {
            return stuck(places.len());
        }
        let reached = Reached::default();
        places.push((reader.to_owned(), Instant::now(), Arc::clone(&reached)));
        Ok(Some(Place { reader: reader.to_owned(), reached }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        places().retain(|(taken, ..)| *taken != self.reader);
    }
}

/// Speaks to the card; blocks as long as it likes.
fn ask(place: &Place, atr: &Atr, plan: &Plan, challenge: &[u8; 16]) -> Result<CardReading, ReaderError> {
    let name = place.reader.as_c_str();
    let reader = display(name);
    let context = Context::establish(Scope::User).map_err(service_error)?;
    let card = context.connect(name, ShareMode::Shared, Protocols::ANY);
    let mut card = card.map_err(|error| exchange_error(error, &reader))?;
    // Waits for another program's transaction, and asks nothing of the card.
    let connected = card.status2_owned().map_err(|error| exchange_error(error, &reader))?;
    let _ = place.reached.set(Instant::now());
    if connected.atr() != atr.bytes() {
        // Another card lies there by now; it will be told of as the next.
        return Err(ReaderError::Removed { name: reader });
    }
    let mut channel = |command: &Command| transmit(&mut card, command.bytes(), &reader);
    let result = identify(atr, &reader, plan, challenge, &mut channel);
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
fn is_removed(context: &Context, name: &CStr) -> bool {
    let mut states = [ReaderState::new(name.to_owned(), State::UNAWARE)];
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

pub(super) fn unreadable(reader: &str, why: Unread) -> ReaderError {
    ReaderError::Unreadable { name: reader.to_owned(), why }
}

/// What an error means that came from speaking to a card.
fn exchange_error(error: Pcsc, reader: &str) -> ReaderError {
    let name = reader.to_owned();
    match error {
        Pcsc::SharingViolation => ReaderError::Busy { name, holders: Vec::new() },
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
    fn no_reader_has_two_threads_and_all_together_no_more_than_their_share() {
        let reader = |number: usize| CString::new(format!("Counter {number}")).unwrap();
        let mut taken: Vec<Place> =
            (0..MOST_THREADS).map(|number| Place::take(&reader(number)).unwrap().unwrap()).collect();
        // It may be done in a moment.
        assert!(matches!(Place::take(&reader(0)), Ok(None)));
        assert!(matches!(Place::take(&reader(99)), Err(ReaderError::Stuck { count: MOST_THREADS })));
        taken.remove(0);
        assert!(matches!(Place::take(&reader(0)), Ok(Some(_))));
        drop(taken);
        // One that should have been done long ago is not waited for.
        let long_ago = Instant::now().checked_sub(READ_LIMIT).unwrap();
        let reached = Reached::default();
        places().push((reader(0), long_ago, Arc::clone(&reached)));
        let hung = Place { reader: reader(0), reached };
        assert!(matches!(Place::take(&reader(0)), Err(ReaderError::Busy { .. })));
        hung.reached.set(long_ago).unwrap();
        assert!(matches!(Place::take(&reader(0)), Err(ReaderError::Stuck { count: 1 })));
        assert!(matches!(Place::take(&reader(1)), Ok(Some(_))));
        drop(hung);
        assert!(matches!(Place::take(&reader(0)), Ok(Some(_))));
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
