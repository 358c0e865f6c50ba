//! Key agreement: X25519 (RFC 7748). Whatever is sealed to a key that lies elsewhere is sealed through this.

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{KeyError, random};

/// Length of either half, and of what two come to, bytes.
const KEY: usize = 32;

/// The secret half of a key to agree by. Wiped on drop, never printed.
pub struct AgreementSecret(StaticSecret);

impl AgreementSecret {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn draw() -> Result<AgreementSecret, KeyError> {
        let mut bytes = Zeroizing::new([0; KEY]);
        random(&mut *bytes)?;
        Ok(AgreementSecret::from_bytes(&bytes))
    }

    /// The secret of these bytes, which must be random.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; KEY]) -> AgreementSecret {
        AgreementSecret(StaticSecret::from(*bytes))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> [u8; KEY] {
        PublicKey::from(&self.0).to_bytes()
    }

    /// What both sides come to; `None` for a public key that makes it come to the same with every secret. It is no key
    /// yet: both public halves belong into what the key is derived from.
    #[must_use]
    pub fn agree(&self, other: &[u8; KEY]) -> Option<Zeroizing<[u8; KEY]>> {
        let shared = self.0.diffie_hellman(&PublicKey::from(*other));
        shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
    }
}

impl std::fmt::Debug for AgreementSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgreementSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_come_to_the_same_and_a_third_does_not() {
        let [ours, theirs, third] = [(); 3].map(|()| AgreementSecret::draw().unwrap());
        let agreed = ours.agree(&theirs.public()).unwrap();
        assert_eq!(theirs.agree(&ours.public()), Some(agreed.clone()));
        assert_ne!(third.agree(&ours.public()), Some(agreed));
    }

    #[test]
    fn a_public_key_of_low_order_is_refused() {
        // Two of the points that RFC 7748, section 6.1 warns of: 0 and 1.
        let mut one = [0; KEY];
        one[0] = 1;
        let secret = AgreementSecret::from_bytes(&[7; KEY]);
        assert!(secret.agree(&[0; KEY]).is_none() && secret.agree(&one).is_none());
        assert_eq!(format!("{secret:?}"), "AgreementSecret(…)");
    }
}
