//! FeliCa: frames (JIS X 6319-4), the way to the card through each maker's reader, and the number in a block.

mod carry;
mod frame;
mod link;

use zeroize::Zeroizing;

pub(super) use frame::Said;
pub(super) use link::Link;

use super::apdu::Channel;
use super::plan::FelicaBlock;
use super::{Assurance, CardIdentity, CardKind, IdKind, Unusable};

/// The system code that any card answers.
const ANY_SYSTEM: u16 = 0xFFFF;

/// A card that answered a poll.
#[derive(Clone, Copy)]
pub(super) struct Target {
    /// Its identifier, the number of the system in the upper half of the first byte.
    pub(super) idm: [u8; 8],
    /// What is known of its make.
    pub(super) pmm: [u8; 8],
}

/// The kind of FeliCa card by its PMm, whose second byte names the circuit (Sony, "FeliCa Card User's Manual", IC code
/// list).
pub(super) fn kind_of(pmm: &[u8; 8]) -> CardKind {
    match pmm[1] {
        0xF1 | 0xF2 => CardKind::FelicaLiteS,
        // Cards among the codes of phones and watches.
        0x08 | 0x09 | 0x0B..=0x0D => CardKind::Felica,
        0x06..=0x1F => CardKind::FelicaMobile,
        _ => CardKind::Felica,
    }
}

/// Reads the number of an employee from a block; none when the card has no such system, service or block, or the reader
/// carries no FeliCa commands: it is not one of the site's.
pub(super) fn read_number<C: Channel>(
    channel: &mut C,
    link: &mut Link,
    place: &FelicaBlock,
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    let Some(target) = link.poll(channel, place.system)? else { return Ok(None) };
    Ok(match link.read(channel, &target.idm, place.service, &[place.block])? {
        Said::Done(block) => Some(number(CardKind::Felica, &block, place.offset, place.length)),
        Said::Refused => None,
        Said::Nonsense => Some(Err(Unusable::NoIdentifier)),
    })
}

/// The number that stands in a block. It is taken as bytes, as they stand there: issuers write ASCII, packed decimals or
/// half-width kana, and only the site knows. Refused is what a card holds that was never given a number.
pub(super) fn number(kind: CardKind, block: &[u8], offset: u8, length: u8) -> Result<CardIdentity, Unusable> {
    let begin = usize::from(offset);
    let bytes = block.get(begin..begin + usize::from(length)).ok_or(Unusable::NotOfSite)?;
    if is_blank(bytes) {
        return Err(Unusable::NotOfSite);
    }
    let id = Zeroizing::new(bytes.to_vec());
    Ok(CardIdentity { kind, id_kind: IdKind::Number, assurance: Assurance::IdentifierOnly, id })
}

/// Nothing, zeros or spaces, in any mixture, or a number of zeros alone: what stands where nobody wrote one.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, 0x00 | 0xFF | b' '))
        || bytes.iter().all(|byte| matches!(byte, b'0' | b' ' | 0x00))
}

#[cfg(test)]
mod tests {
    use mabataki_test_support::persona::site;

    use super::*;
    use crate::card::testing::Laid;

    fn place() -> FelicaBlock {
        FelicaBlock::default()
    }

    fn read(name: &str, place: &FelicaBlock) -> Option<Result<CardIdentity, Unusable>> {
        let mut laid = Laid::on("Counter", name);
        read_number(&mut laid, &mut Link::new(None, "Counter"), place).unwrap()
    }

    #[test]
    fn the_number_of_an_employee_is_read_where_the_site_has_it() {
        let identity = read("fcf", &place()).unwrap().unwrap();
        assert_eq!(identity.id[..], site::NUMBER[..]);
        assert_eq!((identity.kind, identity.id_kind), (CardKind::Felica, IdKind::Number));
        assert_eq!(identity.assurance, Assurance::IdentifierOnly);
        let elsewhere = FelicaBlock { block: 1, offset: 0, length: 4, ..place() };
        assert_eq!(read("fcf", &elsewhere).unwrap().unwrap().id[..], b"SEED"[..]);
    }

    #[test]
    fn a_transit_card_in_the_same_holder_does_not_answer_for_the_employees() {
        assert_eq!(read("fcf_in_holder", &place()).unwrap().unwrap().id[..], site::NUMBER[..]);
    }

    #[test]
    fn a_card_without_the_system_the_service_or_the_block_is_none_of_the_sites() {
        assert!(read("transit", &place()).is_none());
        assert!(read("lite_s", &place()).is_none());
        assert!(read("fcf", &FelicaBlock { service: 0x100B, ..place() }).is_none());
        assert!(read("fcf", &FelicaBlock { block: 9, ..place() }).is_none());
        assert!(read("fcf_uncarried", &place()).is_none());
    }

    #[test]
    fn a_card_that_was_never_given_a_number_is_refused() {
        assert_eq!(read("fcf_blank", &place()), Some(Err(Unusable::NotOfSite)));
        for blank in [[0x00; 4], [0xFF; 4], *b"    ", *b"0000", [0x00, 0xFF, 0x20, 0x00], *b"000 "] {
            assert_eq!(number(CardKind::Felica, &blank, 0, 4), Err(Unusable::NotOfSite));
        }
        assert!(number(CardKind::Felica, b"0001", 0, 4).is_ok());
    }

    #[test]
    fn a_place_outside_the_block_holds_no_number() {
        for (offset, length) in [(0, 17), (16, 1), (255, 255), (3, 0)] {
            assert_eq!(number(CardKind::Felica, &[1; 16], offset, length), Err(Unusable::NotOfSite));
        }
    }

    #[test]
    fn the_circuit_tells_standard_lite_s_and_mobile_apart() {
        let kind = |code| kind_of(&[0x10, code, 0, 0, 0, 0, 0, 0]);
        for code in [0x01, 0x08, 0x0B, 0x0D, 0x20, 0x32, 0x35, 0xF0] {
            assert_eq!(kind(code), CardKind::Felica, "{code:02X}");
        }
        for code in [0x06, 0x0A, 0x10, 0x14, 0x1F] {
            assert_eq!(kind(code), CardKind::FelicaMobile, "{code:02X}");
        }
        assert_eq!((kind(0xF1), kind(0xF2)), (CardKind::FelicaLiteS, CardKind::FelicaLiteS));
    }
}
