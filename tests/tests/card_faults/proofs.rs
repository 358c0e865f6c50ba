//! What goes wrong while a card judges its PIN and proves its key.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardIdentity, CardReader, PinVerdict, Plan, Provider, ReaderError, Unread};
use mabataki_engine::secret::Secret;
use mabataki_test_support::persona::{FailingAt, PIN, Persona, Reaction};
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated};
use pcsc::ShareMode;
use pretty_assertions::assert_eq;
use zeroize::Zeroizing;

use crate::{SHORT, SOON, hold, inserted, persona, take_away, unread};

/// The command by which the card signs: the last of a proof, after the PIN was right.
const SIGN: &[u8] = &[0x80, 0x2A];
/// The one with the PIN, four digits of it.
const VERIFY: &[u8] = &[0x00, 0x20, 0x00, 0x80, 0x04];

fn pin() -> Secret {
    Secret::new(Zeroizing::new(PIN.to_owned())).unwrap()
}

/// A reader, and somebody's My Number card that was read on it.
struct Counter {
    hand: VirtualReader,
    reader: CardReader,
    whose: CardIdentity,
    pcscd: PrivatePcscd,
}

impl Counter {
    /// With this card on it.
    fn with(folder: &Path, card: Box<dyn Persona>) -> Counter {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        let plan = Plan { providers: vec![Provider::MyNumber, Provider::Identifier], ..Plan::default() };
        let mut reader = CardReader::open_with(None, Arc::new(plan)).unwrap();
        hand.insert(card).unwrap();
        let whose = inserted(&mut reader).result.unwrap();
        Counter { hand, reader, whose, pcscd }
    }

    /// With a sound one that comes to this end at these commands.
    fn failing(folder: &Path, beginning: &'static [u8], end: Reaction) -> Counter {
        Counter::with(folder, FailingAt::boxed(persona("my_number"), beginning, end))
    }

    fn prove(&mut self) -> Result<PinVerdict, ReaderError> {
        self.reader.prove(&self.whose, pin(), false)
    }

    /// A sound card is read and proves itself, whatever happened before.
    fn works(&mut self) {
        self.hand.insert(persona("my_number")).unwrap();
        let deadline = Instant::now() + SOON;
        loop {
            let event = self.reader.wait(SHORT);
            match self.prove() {
                Ok(verdict) => return assert!(matches!(verdict, PinVerdict::Proved(_)), "{verdict:?}"),
                Err(error) => {
                    assert!(
                        Instant::now() < deadline,
                        "nothing can be proved any more: {error:?} after {event:?}"
                    );
                }
            }
        }
    }
}

/// A card that counts how often it was reset.
struct Counting {
    card: Box<dyn Persona>,
    resets: Arc<AtomicUsize>,
}

impl Persona for Counting {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn uid(&self) -> Option<Vec<u8>> {
        self.card.uid()
    }

    fn power_up(&mut self) {
        self.resets.fetch_add(1, Ordering::SeqCst);
        self.card.power_up();
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        self.card.apdu(apdu)
    }
}

/// Once more, when the card is locked no longer, would break another program's proof, or hide a card that is laid there
/// just then: pcscd takes a reset that fails for the state of the reader.
#[test]
fn a_proof_resets_the_card_before_and_after_and_not_once_more() {
    isolated(|folder| {
        let resets = Arc::new(AtomicUsize::new(0));
        let mut counter = Counter::with(
            folder,
            Box::new(Counting { card: persona("my_number"), resets: Arc::clone(&resets) }),
        );
        let before = resets.load(Ordering::SeqCst);
        assert!(matches!(counter.prove(), Ok(PinVerdict::Proved(_))));
        // The reader tells the card of a reset without waiting for it.
        std::thread::sleep(SHORT);
        assert_eq!(resets.load(Ordering::SeqCst) - before, 2);
    });
}

#[test]
fn a_card_that_is_no_longer_there_proves_nothing_and_that_is_said() {
    isolated(|folder| {
        let mut counter = Counter::with(folder, persona("my_number"));
        take_away(&mut counter.hand, &mut counter.reader);
        assert_eq!(counter.prove().unwrap_err().code(), "card_removed");
        counter.works();
    });
}

#[test]
fn a_card_torn_away_in_mid_proof_is_said_to_be_gone() {
    isolated(|folder| {
        for command in [VERIFY, SIGN] {
            let mut counter = Counter::failing(folder, command, Reaction::Torn);
            let error = counter.prove().unwrap_err();
            assert_eq!(error.code(), "card_removed", "{error}");
            counter.works();
        }
    });
}

#[test]
fn a_reader_unplugged_in_mid_proof_is_said_to_be_gone() {
    isolated(|folder| {
        let mut counter = Counter::failing(folder, SIGN, Reaction::Unplugged);
        let error = counter.prove().unwrap_err();
        assert_eq!(error.code(), "no_reader", "{error}");
        counter.hand.plug().unwrap();
        counter.works();
    });
}

#[test]
fn a_reader_that_fails_in_mid_proof_makes_the_card_unreadable_and_proves_nothing() {
    isolated(|folder| {
        let mut counter = Counter::failing(folder, SIGN, Reaction::Fail(612));
        let why = unread(counter.prove().unwrap_err());
        assert!(matches!(why, Unread::Exchange(_)), "{why:?}");
        counter.works();
    });
}

#[test]
fn a_card_that_hangs_in_mid_proof_is_given_up_in_time() {
    isolated(|folder| {
        let mut counter = Counter::failing(folder, SIGN, Reaction::Mute);
        let start = Instant::now();
        let why = unread(counter.prove().unwrap_err());
        assert!(matches!(why, Unread::Silent { seconds: 6 }), "{why:?}");
        assert!(start.elapsed() < Duration::from_secs(6) + SOON, "{:?}", start.elapsed());
        counter.works();
    });
}

#[test]
fn a_card_service_that_dies_in_mid_proof_is_told() {
    isolated(|folder| {
        let Counter { hand, mut reader, whose, pcscd } = Counter::failing(folder, SIGN, Reaction::Mute);
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(SHORT);
                pcscd.crash().unwrap();
            });
            reader.prove(&whose, pin(), false).unwrap_err()
        });
        assert_eq!(error.code(), "no_card_service", "{error}");
        drop(hand);
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let hand = pcscd.reader("Counter").unwrap();
        Counter { hand, reader, whose, pcscd }.works();
    });
}

#[test]
fn another_card_than_the_one_that_was_read_is_told_no_pin_and_proves_nothing() {
    isolated(|folder| {
        // From the second time on it shows another certificate, and it would hang if it were told the PIN.
        let swapped = FailingAt::boxed(persona("my_number_swapped"), VERIFY, Reaction::Mute);
        let mut counter = Counter::with(folder, swapped);
        assert_eq!(counter.prove().unwrap(), PinVerdict::NotProved);
        take_away(&mut counter.hand, &mut counter.reader);
        counter.hand.insert(persona("fcf")).unwrap();
        inserted(&mut counter.reader);
        assert_eq!(counter.prove().unwrap(), PinVerdict::NotProved);
        counter.works();
    });
}

#[test]
fn a_card_that_another_program_keeps_to_itself_is_said_to_be_held() {
    isolated(|folder| {
        let mut counter = Counter::with(folder, persona("my_number"));
        let held = hold(ShareMode::Exclusive);
        let error = counter.prove().unwrap_err();
        assert_eq!(error.code(), "reader_busy", "{error}");
        drop(held);
        counter.works();
    });
}
