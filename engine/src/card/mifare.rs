//! MIFARE Classic: a block read with the site's key. Its cipher is broken (Crypto1): whoever has a card and some minutes
//! has the key, so what stands there identifies and proves nothing.

use zeroize::Zeroizing;

use super::apdu::{Channel, Command, DONE, Shown};
use super::felica::number;
use super::plan::MifareBlock;
use super::{CardIdentity, CardKind, Unusable};

/// The slot of the reader's volatile memory that the key goes to.
const SLOT: u8 = 0x00;
/// How a block is opened: with key A, with key B.
const KEY_A: u8 = 0x60;
const KEY_B: u8 = 0x61;

/// Reads the number in a block; none when the card does not take the key: it is not one of the site's.
///
/// The commands are those of PC/SC part 3, 3.2.2: load key, general authenticate, read binary.
pub(super) fn read_number<C: Channel>(
    channel: &mut C,
    place: &MifareBlock,
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    if !load(channel, &place.key)? {
        return Ok(None);
    }
    let key = if place.key_b { KEY_B } else { KEY_A };
    let data = [0x01, 0x00, place.block, key, SLOT];
    let opened = match Command::put([0xFF, 0x86, 0x00, 0x00], &data, None, Shown::Command) {
        Some(command) => channel.transmit(&command)?.status == DONE,
        None => false,
    };
    let block = Command::get([0xFF, 0xB0, 0x00, place.block], 0x10, Shown::Command);
    let answer = if opened { Some(channel.transmit(&block)?) } else { None };
    // No other program finds the key there.
    load(channel, &Zeroizing::new([0; 6]))?;
    Ok(answer.map(|answer| match answer.status {
        DONE if answer.data.len() == 16 => {
            number(CardKind::MifareClassic, &answer.data, place.offset, place.length)
        }
        _ => Err(Unusable::NotOfSite),
    }))
}

/// Puts a key into the reader; false when it does not take one.
fn load<C: Channel>(channel: &mut C, key: &Zeroizing<[u8; 6]>) -> Result<bool, C::Error> {
    match Command::put([0xFF, 0x82, 0x00, SLOT], &key[..], None, Shown::Header) {
        Some(command) => Ok(channel.transmit(&command)?.status == DONE),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use mabataki_test_support::persona::site;

    use super::*;
    use crate::card::testing::Laid;
    use crate::card::{Assurance, IdKind};

    fn place() -> MifareBlock {
        let key = Zeroizing::new(site::CLASSIC_KEY);
        MifareBlock { block: site::CLASSIC_BLOCK, key_b: false, key, offset: 0, length: 12 }
    }

    fn read(name: &str, place: &MifareBlock) -> Option<Result<CardIdentity, Unusable>> {
        read_number(&mut Laid::on("Counter", name), place).unwrap()
    }

    #[test]
    fn the_number_is_read_with_the_sites_key_a_or_b() {
        for key_b in [false, true] {
            let identity = read("mifare1k", &MifareBlock { key_b, ..place() }).unwrap().unwrap();
            assert_eq!(identity.id[..], site::NUMBER[..]);
            assert_eq!((identity.id_kind, identity.assurance), (IdKind::Number, Assurance::IdentifierOnly));
        }
    }

    #[test]
    fn a_card_with_other_keys_is_none_of_the_sites_and_a_blank_one_is_refused() {
        assert_eq!(read("mifare1k_fresh", &place()), None);
        assert_eq!(read("mifare1k_blank", &place()), Some(Err(Unusable::NotOfSite)));
        assert_eq!(read("ntag213", &place()), None);
    }

    #[test]
    fn the_key_does_not_stay_in_the_reader() {
        for name in ["mifare1k", "mifare1k_fresh"] {
            let mut laid = Laid::on("Counter", name);
            read_number(&mut laid, &place()).unwrap();
            assert_eq!(laid.asked.last().unwrap().0, [0xFF, 0x82, 0, 0, 6, 0, 0, 0, 0, 0, 0], "{name}");
        }
    }
}
