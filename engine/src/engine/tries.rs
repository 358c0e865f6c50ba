//! Counters of tries, on the disk: a try is counted there before it is judged, so that neither a restart nor a race of
//! several processes gives anybody one for free.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::clock::Now;
use super::{Engine, Error};
use crate::card::CardIdentity;
use crate::grant::OpenTry;
use crate::policy::{Counter, Factor, Factors, Locked, LockoutRules, Reservation, TerminalCounter};
use crate::store::{CardHandle, Document, StoreError, Write};

/// Counters for those we do not know. So many that the tries of one stranger hardly ever lock another, which would tell
/// strangers from people, and few enough that no number of strangers fills the disk: they take 1 MB.
const STRANGERS: u16 = 4096;

/// Whose tries are counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// A person's.
    Person(&'a str),
    /// A department card's: none of its people is locked out by what another does with it.
    Card(&'a CardHandle),
    /// A card's that nobody has. Counted like a person's, with the same writes; no person is touched by it.
    StrangeCard(&'a CardIdentity),
    /// A name's that nobody has.
    StrangeName(&'a str),
}

/// Tries that were counted and are not judged yet. Dropped, they stay counted.
#[derive(Debug)]
#[must_use = "a try that is not settled stays counted as a failure"]
pub(super) struct Reserved {
    tries: Vec<Try>,
    slowing: Duration,
}

/// A factor that may not be tried now. No try was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LockedFactor {
    pub(super) factor: Factor,
    pub(super) locked: Locked,
}

#[derive(Debug)]
struct Try {
    key: String,
    factor: Factor,
    reservation: Reservation,
}

impl Reserved {
    /// How much longer than usual the answer is to take at this terminal.
    pub(super) fn slowing(&self) -> Duration {
        self.slowing
    }

    /// Takes out the tries of a factor that is judged later, by somebody else.
    pub(super) fn take(&mut self, factor: Factor) -> Vec<OpenTry> {
        let taken = self.tries.extract_if(.., |one| one.factor == factor);
        taken.map(|Try { key, reservation, .. }| OpenTry { counter: key, reservation }).collect()
    }
}

/// One counter in the store: a person's, a department card's by its handle, or a stranger's.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tries {
    pub(super) person: Option<String>,
    pub(super) card: Option<String>,
    pub(super) factor: Factor,
    pub(super) counter: Counter,
}

impl Document for Tries {
    const KIND: &'static str = "tries";

    fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }
}

/// The terminal's counter in the store, under the terminal's id.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TerminalTries {
    counter: TerminalCounter,
}

impl Document for TerminalTries {
    const KIND: &'static str = "terminal_tries";
}

impl Engine {
    /// Counts a try of each factor for each subject, and one at this terminal, before anything is judged; or none of
    /// them, when a factor is locked for a subject.
    pub(super) fn reserve(
        &mut self,
        who: &[Subject<'_>],
        factors: Factors,
    ) -> Result<Result<Reserved, LockedFactor>, Error> {
        let rules = self.lockout_rules()?;
        let terminal = self.store.settings().terminal.clone();
        self.transact(|store, now| Ok(reserve(store, &rules, &terminal, who, factors, now)?))
    }

    /// See [`settle`].
    pub(super) fn settle(&mut self, reserved: Reserved, right: Factors) -> Result<(), Error> {
        self.transact(|store, now| Ok(settle(store, reserved, right, now)?))
    }

    /// The rules of lock-out that hold here.
    pub(super) fn lockout_rules(&self) -> Result<LockoutRules, Error> {
        Ok(self.rulebook()?.lockout().clone())
    }
}

/// Either way each counter is written: what is locked takes as long as what is not.
fn reserve(
    store: &Write<'_>,
    rules: &LockoutRules,
    terminal: &str,
    who: &[Subject<'_>],
    factors: Factors,
    now: Now,
) -> Result<Result<Reserved, LockedFactor>, StoreError> {
    let mut counters = Vec::with_capacity(who.len());
    let mut longest: Option<LockedFactor> = None;
    let guessed = factors.iter().filter(|factor| can_be_guessed(*factor));
    for (factor, subject) in guessed.flat_map(|factor| who.iter().map(move |one| (factor, one))) {
        let key = subject.key(factor);
        let tries = store.document(&key)?.unwrap_or_else(|| subject.no_tries(factor));
        let locked = tries.counter.locked(now.steady, rules, has_liveness(factor));
        if let Some(locked) = locked.filter(|one| longest.is_none_or(|other| outlasts(*one, other.locked))) {
            longest = Some(LockedFactor { factor, locked });
        }
        counters.push((key, tries));
    }
    let mut here = store.document::<TerminalTries>(terminal)?.unwrap_or_default();
    let mut reserved = Reserved { tries: Vec::with_capacity(counters.len()), slowing: Duration::ZERO };
    for (key, mut tries) in counters {
        let factor = tries.factor;
        if longest.is_none() {
            match tries.counter.reserve(now.steady, rules, has_liveness(factor)) {
                Ok(reservation) => reserved.tries.push(Try { key: key.clone(), factor, reservation }),
                Err(locked) => longest = Some(LockedFactor { factor, locked }),
            }
        }
        store.put_document(&key, &tries)?;
    }
    if longest.is_none() {
        here.counter.count(now.steady, rules);
        reserved.slowing = here.counter.slowing(now.steady, rules);
    }
    store.put_document(terminal, &here)?;
    Ok(longest.map_or(Ok(reserved), Err))
}

fn outlasts(one: Locked, other: Locked) -> bool {
    let wait = |locked: Locked| locked.wait().unwrap_or(Duration::MAX);
    wait(one) > wait(other)
}

/// Says what became of tries: those of the factors in `right` are forgiven with those before them, the others' wait runs
/// from now. A counter that went with its person meanwhile stays gone.
pub(super) fn settle(
    store: &Write<'_>,
    reserved: Reserved,
    right: Factors,
    now: Now,
) -> Result<(), StoreError> {
    for Try { key, factor, reservation } in reserved.tries {
        settle_one(store, &key, reservation, right.contains(factor), now)?;
    }
    Ok(())
}

/// As [`settle`], for tries that were judged after their attempt.
pub(super) fn settle_later(
    store: &Write<'_>,
    tries: Vec<OpenTry>,
    right: bool,
    now: Now,
) -> Result<(), StoreError> {
    tries.into_iter().try_for_each(|one| settle_one(store, &one.counter, one.reservation, right, now))
}

fn settle_one(
    store: &Write<'_>,
    key: &str,
    reservation: Reservation,
    right: bool,
    now: Now,
) -> Result<(), StoreError> {
    let Some(mut tries) = store.document::<Tries>(key)? else { return Ok(()) };
    if right {
        tries.counter.succeed(reservation);
    } else {
        tries.counter.fail(reservation, now.steady);
    }
    store.put_document(key, &tries)
}

/// Somebody was let in here: the terminal is as quick as ever.
pub(super) fn forgive_terminal(store: &Write<'_>, terminal: &str) -> Result<(), StoreError> {
    let mut tries = store.document::<TerminalTries>(terminal)?.unwrap_or_default();
    tries.counter.forgive();
    store.put_document(terminal, &tries)
}

/// Nobody guesses one of 2^67 codes that live for hours. To count wrong ones for the person they are typed for would let
/// any visitor shut the emergency's door for a doctor: they only slow the terminal.
fn can_be_guessed(factor: Factor) -> bool {
    factor != Factor::EmergencyCode
}

/// Ten tries instead of five are allowed where the factor tells a living person from a picture.
pub(super) fn has_liveness(factor: Factor) -> bool {
    factor == Factor::Face
}

impl Subject<'_> {
    /// Where the counter is kept. No id and no handle holds a slash, so no two of these are alike.
    pub(super) fn key(&self, factor: Factor) -> String {
        match self {
            Subject::Person(person) => format!("person/{person}/{factor}"),
            Subject::Card(handle) => format!("card/{handle}/{factor}"),
            Subject::StrangeCard(card) => stranger_key(&card.id, factor),
            Subject::StrangeName(name) => stranger_key(name.as_bytes(), factor),
        }
    }

    fn no_tries(&self, factor: Factor) -> Tries {
        let (person, card) = match self {
            Subject::Person(person) => (Some((*person).to_owned()), None),
            Subject::Card(handle) => (None, Some(handle.to_string())),
            Subject::StrangeCard(_) | Subject::StrangeName(_) => (None, None),
        };
        Tries { person, card, factor, counter: Counter::default() }
    }
}

/// The counter of a stranger: the same for the same card or name, and told by 12 bits of a hash, from which neither can
/// be found.
fn stranger_key(of: &[u8], factor: Factor) -> String {
    let [first, second, ..]: [u8; 32] = Sha256::digest(of).into();
    let number = u16::from_be_bytes([first, second]) % STRANGERS;
    format!("stranger/{number}/{factor}")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use zeroize::Zeroizing;

    use super::*;
    use crate::card::{Assurance, CardKind, IdKind};
    use crate::engine::LockoutOf;
    use crate::engine::trial::{Site, config, site};
    use crate::policy::Steady;
    use crate::store::NewCard;

    const PASSWORD: Factors = Factors::NONE.with(Factor::Password);
    const FACE: Factors = Factors::NONE.with(Factor::Face);

    fn at(ms: u64) -> Now {
        Now { wall: Timestamp::UNIX_EPOCH, steady: Steady { boot: [1; 16], ms }, behind: false }
    }

    fn card(id: u64) -> CardIdentity {
        CardIdentity {
            kind: CardKind::Felica,
            id_kind: IdKind::Idm,
            assurance: Assurance::IdentifierOnly,
            id: Zeroizing::new(id.to_be_bytes().to_vec()),
        }
    }

    fn try_at(
        engine: &mut Engine,
        who: Subject<'_>,
        factors: Factors,
        now: Now,
    ) -> Result<Reserved, LockedFactor> {
        let rules = LockoutRules::default();
        engine.store.write(|store| reserve(store, &rules, "ward3-a", &[who], factors, now)).unwrap()
    }

    fn settle_at(engine: &mut Engine, reserved: Reserved, right: Factors, now: Now) {
        engine.store.write(|store| settle(store, reserved, right, now)).unwrap();
    }

    fn fail(engine: &mut Engine, who: Subject<'_>, factors: Factors, now: Now) -> Result<(), LockedFactor> {
        let reserved = try_at(engine, who, factors, now)?;
        settle_at(engine, reserved, Factors::NONE, now);
        Ok(())
    }

    #[test]
    fn a_factor_that_is_locked_leaves_the_others_of_that_person_and_other_people_alone() {
        let Site { mut engine, folder: _folder } = site();
        let nurse = Subject::Person("nurse01");
        for _ in 0..5 {
            fail(&mut engine, nurse, PASSWORD, at(0)).unwrap();
        }
        assert!(fail(&mut engine, nurse, PASSWORD, at(0)).is_err());
        let both = try_at(&mut engine, nurse, PASSWORD.with(Factor::Face), at(0)).unwrap_err();
        assert_eq!((both.factor, both.locked), (Factor::Password, Locked::For(Duration::from_secs(30))));
        let failures = |engine: &mut Engine| engine.acting().lockouts().unwrap().len();
        assert_eq!(failures(&mut engine), 1, "the face was not counted");
        fail(&mut engine, nurse, FACE, at(0)).unwrap();
        fail(&mut engine, Subject::Person("nurse02"), PASSWORD, at(0)).unwrap();
    }

    #[test]
    fn a_lock_outlasts_the_process_and_no_setting_of_the_clock_ends_it() {
        let Site { mut engine, folder } = site();
        let nurse = Subject::Person("nurse01");
        for _ in 0..5 {
            fail(&mut engine, nurse, PASSWORD, at(1_000)).unwrap();
        }
        drop(engine);
        let mut engine = Engine::open(config(&folder)).unwrap();
        for wall in ["1990-01-01T00:00:00Z", "2090-01-01T00:00:00Z"] {
            let now = Now { wall: wall.parse().unwrap(), ..at(30_999) };
            assert!(fail(&mut engine, nurse, PASSWORD, now).is_err(), "{wall}");
        }
        let restarted = Now { steady: Steady { boot: [2; 16], ms: 29_999 }, ..at(0) };
        assert!(fail(&mut engine, nurse, PASSWORD, restarted).is_err());
        fail(&mut engine, nurse, PASSWORD, at(31_000)).unwrap();
    }

    #[test]
    fn a_try_that_is_never_settled_stays_counted() {
        let Site { mut engine, folder: _folder } = site();
        let nurse = Subject::Person("nurse01");
        for _ in 0..5 {
            drop(try_at(&mut engine, nurse, PASSWORD, at(0)).unwrap());
        }
        assert!(fail(&mut engine, nurse, PASSWORD, at(0)).is_err());
    }

    #[test]
    fn a_factor_that_was_right_is_forgiven_though_the_other_was_wrong() {
        let Site { mut engine, folder: _folder } = site();
        let nurse = Subject::Person("nurse01");
        for _ in 0..4 {
            fail(&mut engine, nurse, PASSWORD.with(Factor::Face), at(0)).unwrap();
        }
        let reserved = try_at(&mut engine, nurse, PASSWORD.with(Factor::Face), at(0)).unwrap();
        settle_at(&mut engine, reserved, PASSWORD, at(0));
        let left = engine.acting().lockouts().unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(
            (left[0].person.as_deref(), left[0].factor, left[0].failures),
            (Some("nurse01"), Factor::Face, 5)
        );
    }

    #[test]
    fn ten_thousand_strange_cards_touch_no_person_and_are_locked_like_one() {
        let Site { mut engine, folder: _folder } = site();
        let now = at(0);
        let rules = LockoutRules::default();
        engine
            .store
            .write(|store| {
                for id in 0..10_000 {
                    let card = card(id);
                    let _ = reserve(store, &rules, "ward3-a", &[Subject::StrangeCard(&card)], FACE, now)?;
                }
                Ok::<(), Error>(())
            })
            .unwrap();
        assert!(engine.acting().lockouts().unwrap().is_empty());
        let kept = engine.store.documents::<Tries>().unwrap().len();
        assert!((3_000..=usize::from(STRANGERS)).contains(&kept), "{kept} counters");
        let reserved = try_at(&mut engine, Subject::Person("nurse01"), FACE, now).unwrap();
        assert!(reserved.slowing() <= rules.longest_terminal_delay);
        let stranger = card(77_777);
        let tries =
            (0..50).take_while(|_| fail(&mut engine, Subject::StrangeCard(&stranger), FACE, now).is_ok());
        assert!(tries.count() <= 10);
    }

    #[test]
    fn a_department_card_locks_neither_its_people_nor_they_it() {
        let Site { mut engine, folder: _folder } = site();
        let handle = engine
            .acting()
            .bind_card("nurse01", &card(1), &NewCard::labelled("ward", Timestamp::now()))
            .unwrap();
        for _ in 0..10 {
            fail(&mut engine, Subject::Card(&handle), FACE, at(0)).unwrap();
        }
        assert!(fail(&mut engine, Subject::Card(&handle), FACE, at(0)).is_err());
        fail(&mut engine, Subject::Person("nurse01"), FACE, at(0)).unwrap();
        let forgiven = engine.acting().clear_lockout(LockoutOf::Card(&handle), None).unwrap();
        assert_eq!(forgiven, 10);
        fail(&mut engine, Subject::Card(&handle), FACE, at(0)).unwrap();
    }

    #[test]
    fn a_terminal_slows_down_for_everybody_and_shuts_for_nobody() {
        let Site { mut engine, folder: _folder } = site();
        for id in 0..30 {
            let _ = fail(&mut engine, Subject::StrangeCard(&card(id)), FACE, at(0));
        }
        let reserved = try_at(&mut engine, Subject::Person("nurse01"), FACE, at(0)).unwrap();
        assert_eq!(reserved.slowing(), Duration::from_secs(5));
        engine.store.write(|store| forgive_terminal(store, "ward3-a")).unwrap();
        let reserved = try_at(&mut engine, Subject::Person("nurse01"), FACE, at(0)).unwrap();
        assert_eq!(reserved.slowing(), Duration::ZERO);
    }

    #[test]
    fn counters_go_with_their_person_and_a_try_under_way_brings_none_back() {
        let Site { mut engine, folder: _folder } = site();
        let reserved = try_at(&mut engine, Subject::Person("nurse01"), FACE, at(0)).unwrap();
        engine.acting().remove_person("nurse01").unwrap();
        settle_at(&mut engine, reserved, Factors::NONE, at(0));
        assert!(engine.acting().lockouts().unwrap().is_empty());
    }
}
