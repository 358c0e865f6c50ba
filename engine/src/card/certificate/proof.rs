//! The PIN of a card with certificates, and the proof that follows it: a signature over a challenge that nobody could
//! foresee.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Family, file, read_key, select};
use crate::card::apdu::{Channel, Command, DONE, Shown};
use crate::card::{Assurance, CardIdentity};
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

/// What a signature is of: these words, then the challenge. So a signature that the card makes here is good for nothing else.
const DOMAIN: &[u8] = b"mabataki card proof 1";

/// The `DigestInfo` of a SHA-256 digest, up to the digest (RFC 8017, 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// The card takes no PIN any more (ISO 7816-4: authentication method blocked; reference data not usable).
const METHOD_BLOCKED: u16 = 0x6983;
const DATA_NOT_USABLE: u16 = 0x6984;

/// Has the card judge a PIN and prove itself. That it is the card that was expected is looked at before the PIN is sent, and
/// the tries that are left are asked before one is spent.
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
    let Some(family) = Family::of(expected.kind) else { return Ok(PinVerdict::NotProved) };
    if !family.may_be_pin(pin.expose()) {
        return Ok(PinVerdict::Malformed);
    }
    if !select(channel, family)? {
        return Ok(PinVerdict::NotProved);
    }
    let Some(key) = read_key(channel, family)? else { return Ok(PinVerdict::NotProved) };
    if !bool::from(key.digest().ct_eq(&expected.id)) {
        return Ok(PinVerdict::NotProved);
    }
    if let Some(refused) = judge(channel, family, pin, consent_to_last_try)? {
        return Ok(refused);
    }
    let message = [DOMAIN, challenge].concat();
    let signature = sign(channel, family, &message)?;
    Ok(match signature {
        Some(signature) if key.has_signed(&message, &signature) => {
            PinVerdict::Proved(CardIdentity { assurance: Assurance::Proved, ..expected.clone() })
        }
        _ => PinVerdict::NotProved,
    })
}

/// Has the card judge the PIN; none when it is right.
fn judge<C: Channel>(
    channel: &mut C,
    family: Family,
    pin: &Secret,
    consent_to_last_try: bool,
) -> Result<Option<PinVerdict>, C::Error> {
    let (file, reference) = family.pin();
    if !file::select(channel, file)? {
        return Ok(Some(PinVerdict::NotProved));
    }
    let header = [0x00, 0x20, 0x00, reference];
    match tries(channel.transmit(&Command::bare(header, Shown::All))?.status) {
        // Open already, though it was reset, or something else: no such card.
        None => return Ok(Some(PinVerdict::NotProved)),
        Some(0) => return Ok(Some(PinVerdict::Blocked)),
        Some(1) if !consent_to_last_try => return Ok(Some(PinVerdict::LastTry)),
        Some(_) => {}
    }
    let Some(verify) = Command::put(header, pin.expose().as_bytes(), None, Shown::Header) else {
        return Ok(Some(PinVerdict::Malformed));
    };
    let status = channel.transmit(&verify)?.status;
    Ok(match (status, tries(status)) {
        (DONE, _) => None,
        (METHOD_BLOCKED | DATA_NOT_USABLE, _) => Some(PinVerdict::Blocked),
        (_, Some(left)) => Some(PinVerdict::Wrong { left }),
        _ => Some(PinVerdict::NotProved),
    })
}

/// How many tries a status tells of.
fn tries(status: u16) -> Option<u8> {
    match status.to_be_bytes() {
        [0x63, left @ 0xC0..=0xCF] => Some(left & 0x0F),
        _ if matches!(status, METHOD_BLOCKED | DATA_NOT_USABLE) => Some(0),
        _ => None,
    }
}

/// Has the card sign: PKCS #1 v1.5 over the digest of `message`. None when it does not.
fn sign<C: Channel>(
    channel: &mut C,
    family: Family,
    message: &[u8],
) -> Result<Option<Zeroizing<Vec<u8>>>, C::Error> {
    if !file::select(channel, family.key())? {
        return Ok(None);
    }
    let info = [&DIGEST_INFO[..], &Sha256::digest(message)].concat();
    let Some(command) = Command::put([0x80, 0x2A, 0x00, 0x80], &info, Some(0), Shown::Header) else {
        return Ok(None);
    };
    let answer = channel.transmit(&command)?;
    Ok((answer.status == DONE).then_some(answer.data))
}
