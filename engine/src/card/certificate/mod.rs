//! Cards with certificates: My Number (JPKI) and HPKI. Who holds one is known by the key of its certificate for
//! authentication, which anybody may read; that it is the card itself, only a signature after the PIN shows.
//!
//! Nothing else on the card is looked at: neither the certificate for signing, which bears name and address, nor the
//! application with the individual number (個人番号).

mod family;
mod file;
mod key;
mod proof;

pub(super) use family::Family;
use key::PublicKey;
pub use proof::{PinVerdict, prove};

use super::apdu::{Channel, Command, DONE, Shown};
use super::{Assurance, CardIdentity, IdKind, Unusable};

/// Reads the certificate for authentication; none when the card has no such application.
pub(super) fn identify<C: Channel>(
    channel: &mut C,
    family: Family,
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    if !select(channel, family)? {
        return Ok(None);
    }
    let key = read_key(channel, family)?;
    Ok(Some(key.map(|key| identity(family, &key)).ok_or(Unusable::NoIdentifier)))
}

/// Selects the application; whether the card has it.
fn select<C: Channel>(channel: &mut C, family: Family) -> Result<bool, C::Error> {
    let command = Command::put([0x00, 0xA4, 0x04, 0x0C], family.application(), None, Shown::All);
    let Some(command) = command else { return Ok(false) };
    Ok(channel.transmit(&command)?.status == DONE)
}

/// The key in the certificate for authentication of the application that is selected; none when it is not to be had.
fn read_key<C: Channel>(channel: &mut C, family: Family) -> Result<Option<PublicKey>, C::Error> {
    let certificate = file::read(channel, family.certificate())?;
    Ok(certificate.and_then(|der| PublicKey::of_certificate(&der)))
}

fn identity(family: Family, key: &PublicKey) -> CardIdentity {
    CardIdentity {
        kind: family.kind(),
        id_kind: IdKind::CertificateKey,
        assurance: Assurance::IdentifierOnly,
        id: key.digest(),
    }
}

#[cfg(test)]
mod tests;
