//! Who a terminal is to others: its name, its store, and the public halves of its keys.

use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::Fingerprint;
use crate::text::base64;

/// What the canonical form begins with.
const TAG: &[u8] = b"mabataki terminal identity 1\0";

/// Who a terminal is, as long as it keeps these keys. Nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The terminal's name: an id.
    pub terminal: String,
    /// Its store's id, drawn when the store was made.
    #[serde(with = "base64")]
    pub store: [u8; 16],
    /// Which key pair of this terminal it is: 1 for the first, and one more at each rotation.
    pub number: u32,
    /// The key that verifies what the terminal signed: Ed25519, RFC 8032.
    #[serde(with = "base64")]
    pub signing: [u8; 32],
    /// The key that others seal to: X25519, RFC 7748.
    #[serde(with = "base64")]
    pub sealing: [u8; 32],
}

impl Identity {
    /// The one form in which it is signed and hashed: a tag, then the fields one after the other; numbers big-endian, the
    /// name with its length.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(TAG);
        bytes.extend_from_slice(&(self.terminal.len() as u64).to_be_bytes());
        bytes.extend_from_slice(self.terminal.as_bytes());
        bytes.extend_from_slice(&self.store);
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.signing);
        bytes.extend_from_slice(&self.sealing);
        bytes
    }

    /// What people compare.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }

    /// Whether this terminal signed the message. Strict (`verify_strict`): no second signature passes for the same
    /// message, and no key of small order for any.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.signing)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use crate::terminal::fixture;

    #[test]
    fn no_two_identities_have_the_same_bytes() {
        let identity = fixture::keys(1).identity("er-1", [7; 16]);
        let mut others = [(); 5].map(|()| identity.clone());
        others[0].terminal = "er-".to_owned();
        others[1].store[0] = b'1';
        others[2].number += 1;
        others[3].signing[31] ^= 1;
        others[4].sealing[0] ^= 1;
        assert!(others.iter().all(|other| other.to_bytes() != identity.to_bytes()));
    }

    #[test]
    fn a_signature_is_good_for_its_message_and_its_terminal_alone() {
        let (ours, theirs) = (fixture::keys(1), fixture::keys(2));
        let signature = ours.sign(b"message");
        let identity = ours.identity("er-1", [7; 16]);
        assert!(identity.verify(b"message", &signature));
        assert!(!identity.verify(b"another", &signature));
        assert!(!theirs.identity("er-2", [8; 16]).verify(b"message", &signature));
    }

    #[test]
    fn a_key_of_small_order_verifies_nothing() {
        let mut identity = fixture::keys(1).identity("er-1", [7; 16]);
        // The neutral element: with it and a signature of zeros, every message would be signed.
        identity.signing = [0; 32];
        identity.signing[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!identity.verify(b"anything", &signature));
    }
}
