//! Cards with certificates: My Number (JPKI) and HPKI. Who holds one is known by the key of its certificate for
//! authentication, which anybody may read; that it is the card itself, only a signature after the PIN shows.

use super::CardIdentity;
use super::Unusable;
use super::apdu::Channel;

/// A family of such cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// My Number: the application for public key infrastructure (公的個人認証サービス).
    MyNumber,
    /// HPKI: the authentication application of health care's own.
    Hpki,
}

/// Reads the certificate for authentication; none when the card has no such application.
pub(super) fn identify<C: Channel>(
    channel: &mut C,
    family: Family,
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    let _ = (channel, family);
    Ok(None)
}
