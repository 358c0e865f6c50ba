//! A terminal's keys and those before them: the present ones sign and open, the former ones say who follows them, and open
//! for a while what is still on its way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::succession::{MOST_STEPS, Step};
use super::{Introduction, TerminalKeys};
use crate::keys::AgreementSecret;
use crate::store::Document;

/// The keys of this terminal. Wiped on drop, never printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRing {
    keys: TerminalKeys,
    /// The last rotation first.
    former: Vec<Former>,
}

/// What is left of a key pair after its rotation. Its signing key is gone: it signed its successor, and nothing after.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Former {
    step: Step,
    opens: Option<Opens>,
}

/// The secret that opens what was sealed before others heard of the rotation.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opens {
    sealing: [u8; 32],
    #[zeroize(skip)]
    until: Timestamp,
}

impl Document for KeyRing {
    const KIND: &'static str = "terminal_keys";
}

impl KeyRing {
    /// The one ring's key in the store.
    pub const KEY: &str = "terminal";

    /// A ring with a terminal's first keys.
    #[must_use]
    pub fn new(keys: TerminalKeys) -> KeyRing {
        KeyRing { keys, former: Vec::new() }
    }

    /// The present keys.
    #[must_use]
    pub fn keys(&self) -> &TerminalKeys {
        &self.keys
    }

    /// What other terminals of the name and the store of this one are to know.
    #[must_use]
    pub fn introduction(&self, terminal: &str, store: [u8; 16]) -> Introduction {
        let steps: Vec<Step> = self.former.iter().map(|former| former.step.clone()).collect();
        Introduction::of(&self.keys, terminal, store, &steps)
    }

    /// Puts new keys, of bytes that must be random, in the place of the present ones. What was sealed to those opens until
    /// `until`; what they would sign is signed by nobody any more.
    pub fn rotate(
        &mut self,
        terminal: &str,
        store: [u8; 16],
        fresh: [Zeroizing<[u8; 32]>; 2],
        now: Timestamp,
        until: Timestamp,
    ) {
        let [signing, sealing] = fresh;
        let next = self.keys.next(signing, sealing, now);
        let step = Step::of(&self.keys, &next.identity(terminal, store));
        let opens = Opens { sealing: *self.keys.sealing_bytes(), until };
        self.former.insert(0, Former { step, opens: Some(opens) });
        self.former.truncate(MOST_STEPS);
        self.keys = next;
        self.wipe(now);
    }

    /// The secret of key pair `number`, present or former, that opens what was sealed to it; `None` for one that never
    /// was, or that opens no more.
    #[must_use]
    pub fn opens(&self, number: u32, now: Timestamp) -> Option<AgreementSecret> {
        let Some(back) = self.keys.number().checked_sub(number)?.checked_sub(1) else {
            return Some(self.keys.secret());
        };
        let former = self.former.get(usize::try_from(back).ok()?)?;
        let opens = former.opens.as_ref().filter(|opens| now < opens.until)?;
        Some(AgreementSecret::from_bytes(&opens.sealing))
    }

    /// Wipes the secrets that open nothing any more; says whether there were any.
    pub fn wipe(&mut self, now: Timestamp) -> bool {
        let is_over = |former: &Former| former.opens.as_ref().is_some_and(|opens| opens.until <= now);
        let mut wiped = false;
        for former in self.former.iter_mut().filter(|former| is_over(former)) {
            former.opens = None;
            wiped = true;
        }
        wiped
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("keys", &self.keys).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::fixture::{self, STORE};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_former_key_opens_until_its_time_is_over_and_is_wiped_then() {
        let mut ring = fixture::ring(1, 0);
        let public = ring.keys().secret().public();
        ring.rotate("er-1", STORE, fixture::seeds(2), at(100), at(200));
        let opens = |ring: &KeyRing, number, second| ring.opens(number, at(second)).map(|key| key.public());
        assert_eq!(opens(&ring, 1, 199), Some(public));
        assert_eq!(opens(&ring, 1, 200), None);
        assert_eq!(opens(&ring, 2, 900), Some(ring.keys().secret().public()));
        assert!([0, 3, u32::MAX].iter().all(|number| opens(&ring, *number, 100).is_none()));
        assert!(!ring.wipe(at(199)) && ring.wipe(at(200)) && !ring.wipe(at(201)));
        assert_eq!(opens(&ring, 1, 100), None);
    }

    #[test]
    fn a_rotation_keeps_name_and_store_and_goes_one_number_on() {
        let ring = fixture::ring(1, 2);
        assert_eq!(ring.keys().number(), 3);
        let read = serde_json::to_string(&ring).unwrap();
        let read: KeyRing = serde_json::from_str(&read).unwrap();
        assert_eq!(read.introduction("er-1", STORE), ring.introduction("er-1", STORE));
        assert_eq!(format!("{ring:?}"), "KeyRing { keys: TerminalKeys(number 3, …), .. }");
    }
}
