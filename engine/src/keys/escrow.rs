//! Sealing a key to somebody who is not there: to the public half of a recovery key.
//!
//! A fresh X25519 key pair for each sealing (RFC 7748), HKDF-SHA256 over what the two agree on, XChaCha20-Poly1305 under
//! the key that comes out. That key seals this once, so its nonce is zero.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{AgreementSecret, KeyError};

/// Length of a key of either half, bytes.
const KEY: usize = 32;
/// Length of an authentication tag, bytes.
const TAG: usize = 16;
/// Length of a key that is sealed, bytes.
pub const ESCROWED: usize = KEY + KEY + TAG;

/// To whom keys are sealed: the public half.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Escrow([u8; KEY]);

impl Escrow {
    /// The key as bytes: X25519, RFC 7748.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// Seals a key of 32 bytes for the holders of the secret half. `context` says what it is; it must be said again to
    /// open it.
    ///
    /// # Errors
    /// When the system gives no random numbers; [`KeyError::NoEscrow`] when these bytes are nobody's public key.
    pub fn seal(&self, context: &[u8], key: &[u8; KEY]) -> Result<[u8; ESCROWED], KeyError> {
        let secret = AgreementSecret::draw()?;
        let ours = secret.public();
        let cipher = agree(&secret, &self.0, &ours, &self.0).ok_or(KeyError::NoEscrow)?;
        let payload = Payload { msg: key, aad: context };
        let body = cipher.encrypt(&XNonce::default(), payload).map_err(|_| KeyError::NoEscrow)?;
        let mut sealed = [0; ESCROWED];
        for (byte, value) in sealed.iter_mut().zip(ours.into_iter().chain(body)) {
            *byte = value;
        }
        Ok(sealed)
    }
}

impl std::fmt::Debug for Escrow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Escrow(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// What opens them: the secret half. Wiped on drop, never printed.
pub struct EscrowSecret(AgreementSecret);

impl EscrowSecret {
    pub(super) fn from_seed(seed: &[u8; KEY]) -> EscrowSecret {
        EscrowSecret(AgreementSecret::from_bytes(seed))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> Escrow {
        Escrow(self.0.public())
    }

    /// Opens what was sealed to the public half in this context; `None` when it is anything else.
    #[must_use]
    pub fn open(&self, context: &[u8], sealed: &[u8; ESCROWED]) -> Option<Zeroizing<[u8; KEY]>> {
        let (theirs, body) = sealed.split_first_chunk::<KEY>()?;
        let cipher = agree(&self.0, theirs, theirs, &self.public().0)?;
        let opened = cipher.decrypt(&XNonce::default(), Payload { msg: body, aad: context }).ok();
        let opened = Zeroizing::new(opened?);
        opened.first_chunk::<KEY>().map(|key| Zeroizing::new(*key))
    }
}

impl std::fmt::Debug for EscrowSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EscrowSecret(…)")
    }
}

/// The cipher under what both halves come to; `None` for what is nobody's public key.
fn agree(
    secret: &AgreementSecret,
    other: &[u8; KEY],
    fresh: &[u8; KEY],
    holder: &[u8; KEY],
) -> Option<XChaCha20Poly1305> {
    let shared = secret.agree(other)?;
    let mut key = Zeroizing::new([0; 32]);
    let salt = [fresh.as_slice(), holder.as_slice()].concat();
    Hkdf::<Sha256>::new(Some(&salt), &*shared).expand(b"mabataki escrow 1", &mut *key).ok()?;
    Some(XChaCha20Poly1305::new((&*key).into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_for_its_holder_in_its_context_and_unchanged(
            seed: [u8; 32], other: [u8; 32], key: [u8; 32], context: Vec<u8>, at in 0..ESCROWED, flip in 1..=255_u8,
        ) {
            prop_assume!(seed != other);
            let holder = EscrowSecret::from_seed(&seed);
            let sealed = holder.public().seal(&context, &key).unwrap();
            prop_assert_eq!(holder.open(&context, &sealed).map(|key| *key), Some(key));
            prop_assert!(EscrowSecret::from_seed(&other).open(&context, &sealed).is_none());
            prop_assert!(holder.open(&[&context[..], &[0]].concat(), &sealed).is_none());
            let mut changed = sealed;
            changed[at] ^= flip;
            // The top bit of an X25519 public key is not part of it, but of what the keys are derived from.
            prop_assert!(holder.open(&context, &changed).is_none());
        }
    }

    #[test]
    fn the_same_key_is_never_sealed_alike() {
        let holder = EscrowSecret::from_seed(&[1; 32]).public();
        assert_ne!(holder.seal(b"", &[7; 32]).unwrap(), holder.seal(b"", &[7; 32]).unwrap());
    }

    #[test]
    fn nothing_is_sealed_to_what_is_nobodys_key() {
        assert_eq!(Escrow([0; 32]).seal(b"", &[7; 32]).unwrap_err().code(), "no_escrow");
        assert!(!format!("{:?}", EscrowSecret::from_seed(&[0xab; 32])).contains("ab"));
    }
}
