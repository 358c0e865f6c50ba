//! Speaking to a card. A card that hangs blocks PC/SC for ever, and nothing unblocks it but taking the card away. So whatever
//! speaks to one runs on a thread of its own with a context of its own, and is abandoned when its time is up. No reader has
//! more than one such thread: while one hangs there, the next card is refused at once.

use std::ffi::{CStr, CString};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use pcsc::{
    Card, Context, Disposition, Error as Pcsc, Protocols, ReaderState, Scope, ShareMode, State, Transaction,
};
use zeroize::Zeroizing;

use super::CardReading;
use super::monitor::{display, service_error};
use crate::card::apdu::{Answer, Channel, Command};
use crate::card::atr::{self, Atr};
use crate::card::{CardIdentity, PinVerdict, Plan, ReaderError, Unread, identify, prove, trace};
use crate::secret::Secret;

/// How long a card may take to be read. A FeliCa card on a slow reader takes a tenth of it.
const READ_LIMIT: Duration = Duration::from_secs(3);
/// How long a card may take to judge its PIN and to sign: a My Number card takes about a second.
const PROOF_LIMIT: Duration = Duration::from_secs(6);
/// How long a card that another program holds is waited for before that is told.
pub(super) const HELD_LIMIT: Duration = Duration::from_secs(5);
/// How soon after a failed exchange a removal of the card shows. A polled reader looks every 400 ms.
const REMOVAL_SHOWS: Duration = Duration::from_millis(500);
/// The longest answer to a short command: 256 bytes, status, and room for what readers add.
const LONGEST_ANSWER: usize = 264;
/// How often another program may reset the card just before it is spoken to, until that program is told to hold it.
const MOST_RESETS: u32 = 20;
/// How many threads may speak to cards, or hang at one, in the whole process: as many as pcscd lists readers.
const MOST_THREADS: usize = 16;

/// A card that is spoken to.
pub(super) struct Exchange<T = CardReading> {
    reader: String,
    told: Receiver<Result<T, ReaderError>>,
    limit: Duration,
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
        let (plan, challenge) = (Arc::clone(plan), challenge::<16>()?);
        Exchange::speak(name, atr, count, (READ_LIMIT, false), move |atr, reader, channel| {
            let (kind, result) = identify(atr, reader, &plan, &challenge, channel)?;
            Ok(CardReading { kind, reader: reader.to_owned(), result })
        })
    }
}

impl Exchange<PinVerdict> {
    /// Has the card on a reader judge its PIN and prove that it is `expected`; none when it is spoken to just now.
    ///
    /// # Errors
    /// As [`Exchange::begin`].
    pub(super) fn prove(
        name: &CStr,
        atr: &[u8],
        count: u32,
        expected: CardIdentity,
        pin: Secret,
        may_be_last: bool,
    ) -> Result<Option<Exchange<PinVerdict>>, ReaderError> {
        let challenge = challenge::<32>()?;
        Exchange::speak(name, atr, count, (PROOF_LIMIT, true), move |_, _, channel| {
            prove(channel, &expected, &pin, &challenge, may_be_last)
        })
    }
}

/// Bytes that nobody can foresee.
fn challenge<const N: usize>() -> Result<[u8; N], ReaderError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| ReaderError::Other { source: error.into() })?;
    Ok(bytes)
}

impl<T: Send + 'static> Exchange<T> {
    /// Speaks to the card on a reader, for no longer than `limit` once it is reached, and from reset to reset if it `proves`
    /// itself; none when another session speaks to it.
    fn speak(
        name: &CStr,
        atr: &[u8],
        count: u32,
        (limit, proves): (Duration, bool),
        what: impl FnOnce(&Atr, &str, &mut Link<'_>) -> Result<T, ReaderError> + Send + 'static,
    ) -> Result<Option<Exchange<T>>, ReaderError> {
        let reader = display(name);
        let atr = atr::decode(atr).map_err(|error| unreadable(&reader, Unread::Atr(error)))?;
        let Some(place) = Place::take(name)? else { return Ok(None) };
        let (tell, told) = sync_channel(1);
        let reached = Arc::clone(&place.reached);
        let task = move || {
            let read = ask(&place, (&atr, count), proves, what);
            // The place is free before anybody can ask for the next.
            drop(place);
            // Nobody listens when the time is up.
            let _ = tell.send(read);
        };
        let begun = std::thread::Builder::new().name("mabataki card".into()).spawn(task);
        begun.map_err(|error| ReaderError::Other { source: error.into() })?;
        Ok(Some(Exchange { reader, told, limit, begun: Instant::now(), reached, count }))
    }

    /// What came of it; none when it is still under way after `wait`.
    pub(super) fn result(&self, wait: Duration) -> Option<Result<T, ReaderError>> {
        match self.told.recv_timeout(wait.min(self.left())) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) if !self.left().is_zero() => None,
            Err(RecvTimeoutError::Timeout) if self.reached.get().is_none() => {
                Some(Err(ReaderError::Busy { name: self.reader.clone(), holders: Vec::new() }))
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Some(Err(unreadable(&self.reader, Unread::Silent { seconds: self.limit.as_secs() })))
            }
        }
    }

    /// How long it may still take. What another program takes is not the card's.
    fn left(&self) -> Duration {
        match self.reached.get() {
            Some(reached) => self.limit.saturating_sub(reached.elapsed()),
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

/// The way to a card that lies on a reader, and that nobody else speaks to until the end.
struct Link<'c> {
    card: &'c Card,
    reader: &'c str,
}

impl Channel for Link<'_> {
    type Error = ReaderError;

    fn transmit(&mut self, command: &Command) -> Result<Answer, ReaderError> {
        match trace::sink() {
            Some(sink) => sink.around(self.reader, command, || self.send(command)),
            None => self.send(command),
        }
    }
}

impl Link<'_> {
    fn send(&mut self, command: &Command) -> Result<Answer, ReaderError> {
        let mut buffer = Zeroizing::new([0; LONGEST_ANSWER]);
        let sent = self.card.transmit(command.bytes(), &mut *buffer).map(<[u8]>::len);
        let found = sent.map_err(|error| exchange_error(error, self.reader))?;
        Answer::parse(&buffer[..found]).ok_or_else(|| unreadable(self.reader, Unread::ShortAnswer { found }))
    }
}

/// Speaks to the card; blocks as long as it likes.
fn ask<T>(
    place: &Place,
    (atr, count): (&Atr, u32),
    proves: bool,
    what: impl FnOnce(&Atr, &str, &mut Link<'_>) -> Result<T, ReaderError>,
) -> Result<T, ReaderError> {
    let name = place.reader.as_c_str();
    let reader = display(name);
    let context = Context::establish(Scope::User).map_err(service_error)?;
    let mut card = context
        .connect(name, ShareMode::Shared, Protocols::ANY)
        .map_err(|error| exchange_error(error, &reader))?;
    // Reset after a proof, so that nobody finds it with its PIN open. Else left as it is: another program may be using it.
    let end = if proves { Disposition::ResetCard } else { Disposition::LeaveCard };
    let result = ask_alone(&mut card, place, (&reader, atr), end, what);
    // Not reset once more, now that the lock is gone: it would break another program's proof, or hide a card that is laid
    // there just now, for pcscd takes a reset that fails for the state of the reader.
    let _ = card.disconnect(Disposition::LeaveCard);
    match result {
        // Not every reader tells a card that was taken away from one that failed, at once.
        Err(ReaderError::Unreadable { .. }) if is_removed(&context, name, count) => {
            Err(ReaderError::Removed { name: reader })
        }
        result => result,
    }
}

/// Speaks to the card while nobody else does: what another program asked of it in between, or that it reset it, would make a
/// sound card fail its proof.
fn ask_alone<T>(
    card: &mut Card,
    place: &Place,
    (reader, atr): (&str, &Atr),
    end: Disposition,
    what: impl FnOnce(&Atr, &str, &mut Link<'_>) -> Result<T, ReaderError>,
) -> Result<T, ReaderError> {
    let failed = |error| exchange_error(error, reader);
    let mut held = hold(card).map_err(failed)?;
    // Another program may have reset the card between the service's look at that and its lock: then the first command would
    // fail. This asks nothing of the card.
    held.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard).map_err(failed)?;
    let connected = held.status2_owned().map_err(failed)?;
    let _ = place.reached.set(Instant::now());
    if connected.atr() != atr.bytes() {
        // Another card lies there by now; it will be told of as the next.
        return Err(ReaderError::Removed { name: reader.to_owned() });
    }
    if let Some(sink) = trace::sink() {
        sink.card(reader, atr.bytes());
    }
    if end == Disposition::ResetCard {
        // Whatever another program left open is closed: the tries that are left show only then.
        held.reconnect(ShareMode::Shared, Protocols::ANY, end).map_err(failed)?;
    }
    let result = what(atr, reader, &mut Link { card: &held, reader });
    match held.end(end) {
        // What is proved and is not closed again is no proof.
        Err((_, error)) if end == Disposition::ResetCard => result.and(Err(failed(error))),
        _ => result,
    }
}

/// The card with nobody else speaking to it; waits for another program's transaction, and asks nothing of the card.
fn hold(mut card: &mut Card) -> Result<Transaction<'_>, Pcsc> {
    for _ in 0..MOST_RESETS {
        match card.transaction2() {
            Ok(held) => return Ok(held),
            Err((back, Pcsc::ResetCard)) => {
                // Another program reset it; it is the same card.
                back.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)?;
                card = back;
            }
            Err((_, error)) => return Err(error),
        }
    }
    Err(Pcsc::SharingViolation)
}

/// Whether the card that lay there at this count is gone, or goes in the time a removal takes to show. Another one may lie there.
fn is_removed(context: &Context, name: &CStr, count: u32) -> bool {
    let mut states = [ReaderState::new(name.to_owned(), State::UNAWARE)];
    let deadline = Instant::now() + REMOVAL_SHOWS;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match context.get_status_change(Some(left), &mut states) {
            Ok(()) if !states[0].event_state().contains(State::PRESENT) => return true,
            Ok(()) if states[0].event_count() != count => return true,
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
