//! A terminal's secret keys: one that signs what it sends, one that opens what is sent to it.

use ed25519_dalek::{Signer as _, SigningKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Identity;
use crate::keys::AgreementSecret;

/// The keys of a terminal. Wiped on drop, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalKeys {
    #[zeroize(skip)]
    number: u32,
    /// The seed of an Ed25519 key, RFC 8032.
    signing: [u8; 32],
    /// An X25519 secret, RFC 7748.
    sealing: [u8; 32],
    #[zeroize(skip)]
    drawn: Timestamp,
}

impl TerminalKeys {
    /// A terminal's first keys, of bytes that must be random.
    #[must_use]
    pub fn first(
        signing: Zeroizing<[u8; 32]>,
        sealing: Zeroizing<[u8; 32]>,
        drawn: Timestamp,
    ) -> TerminalKeys {
        TerminalKeys { number: 1, signing: *signing, sealing: *sealing, drawn }
    }

    /// The keys that follow on these, of bytes that must be random.
    #[must_use]
    pub fn next(
        &self,
        signing: Zeroizing<[u8; 32]>,
        sealing: Zeroizing<[u8; 32]>,
        drawn: Timestamp,
    ) -> TerminalKeys {
        TerminalKeys { number: self.number.saturating_add(1), signing: *signing, sealing: *sealing, drawn }
    }

    /// Which key pair of its terminal it is, from 1 on.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// When it was drawn, UTC.
    #[must_use]
    pub fn drawn(&self) -> Timestamp {
        self.drawn
    }

    /// The terminal of this name and this store, as others may know it.
    #[must_use]
    pub fn identity(&self, terminal: &str, store: [u8; 16]) -> Identity {
        Identity {
            terminal: terminal.to_owned(),
            store,
            number: self.number,
            signing: self.pair().verifying_key().to_bytes(),
            sealing: self.secret().public(),
        }
    }

    /// Signs a message: Ed25519. What is signed must begin with a tag that says what it is.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair().sign(message).to_bytes()
    }

    /// What this terminal and the holder of another key come to ([`AgreementSecret::agree`]).
    #[must_use]
    pub fn agree(&self, other: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        self.secret().agree(other)
    }

    /// The secret that opens what is sealed to it.
    #[must_use]
    pub fn secret(&self) -> AgreementSecret {
        AgreementSecret::from_bytes(&self.sealing)
    }

    pub(super) fn sealing_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.sealing)
    }

    fn pair(&self) -> SigningKey {
        SigningKey::from_bytes(&self.signing)
    }
}

impl std::fmt::Debug for TerminalKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TerminalKeys(number {}, …)", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::fixture;

    #[test]
    fn two_terminals_come_to_the_same_and_a_point_of_low_order_to_nothing() {
        let (ours, theirs) = (fixture::keys(1), fixture::keys(2));
        let sealing = |keys: &TerminalKeys| keys.identity("er-1", [7; 16]).sealing;
        assert_eq!(ours.agree(&sealing(&theirs)), theirs.agree(&sealing(&ours)));
        assert!(ours.agree(&[0; 32]).is_none());
    }

    #[test]
    fn printed_keys_show_nothing_of_themselves() {
        assert_eq!(format!("{:?}", fixture::keys(0xab)), "TerminalKeys(number 1, …)");
    }
}
