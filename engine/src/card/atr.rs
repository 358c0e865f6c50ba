//! The answer to reset: ISO 7816-3, and what contactless readers put into it (PC/SC part 3).

use super::CardKind;

/// An answer to reset that holds to ISO 7816-3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atr {
    bytes: Vec<u8>,
    historical_at: usize,
    historical_len: usize,
}

/// Why bytes are no answer to reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AtrError {
    /// Too few or too many bytes for any ATR.
    #[error("an ATR has {SHORTEST} to {LONGEST} bytes, found {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// The first byte tells neither convention.
    #[error("an ATR begins with 3B or 3F, found {found:02X}")]
    InitialByte {
        /// TS.
        found: u8,
    },
    /// The bytes announced and the bytes there differ.
    #[error("the ATR announces {announced} bytes, found {found}")]
    Announced {
        /// How many its own format bytes call for, as far as they go.
        announced: usize,
        /// How many there are.
        found: usize,
    },
    /// The check byte TCK does not fit.
    #[error("the ATR's check byte does not fit")]
    Checksum,
}

const SHORTEST: usize = 2;
const LONGEST: usize = 33;

/// The registered identifier of the PC/SC workgroup, with which historical bytes of a storage card begin:
/// category 80, application identifier 4F, 12 bytes long.
const STORAGE_CARD: [u8; 8] = [0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06];

/// ATRs that stand for one kind of card and are not told by their form.
const KNOWN: &[(&[u8], CardKind)] = &[
    // NXP AN10833: ISO 14443-4 with the one historical byte 80.
    (&[0x3B, 0x81, 0x80, 0x01, 0x80, 0x80], CardKind::Desfire),
    (&[0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x7F], CardKind::MyNumber),
    (&[0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x41, 0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x3B], CardKind::MyNumber),
    (
        &[
            0x3B, 0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73, 0xC6,
            0x01, 0xC0, 0x3B,
        ],
        CardKind::MyNumber,
    ),
    (
        &[0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x91, 0x81, 0xC1, 0x00, 0xD8],
        CardKind::DrivingLicence,
    ),
];

/// Reads an ATR: format bytes, interface bytes, historical bytes and, unless the card speaks T=0 alone, the check
/// byte.
pub fn decode(bytes: &[u8]) -> Result<Atr, AtrError> {
    let found = bytes.len();
    if !(SHORTEST..=LONGEST).contains(&found) {
        return Err(AtrError::Length { found });
    }
    if !matches!(bytes[0], 0x3B | 0x3F) {
        return Err(AtrError::InitialByte { found: bytes[0] });
    }
    let historical_len = usize::from(bytes[1] & 0x0F);
    let mut present = bytes[1] >> 4;
    let mut at = 2;
    let mut protocols = 0u16;
    // TA, TB, TC, TD of each round; TD announces the next round.
    loop {
        at += present.count_ones() as usize;
        if present & 0b1000 == 0 {
            break;
        }
        let td = *bytes.get(at - 1).ok_or(AtrError::Announced { announced: at, found })?;
        protocols |= 1 << (td & 0x0F);
        present = td >> 4;
    }
    if protocols == 0 {
        protocols = 1;
    }
    let checked = protocols != 1;
    let announced = at + historical_len + usize::from(checked);
    if announced != found {
        return Err(AtrError::Announced { announced, found });
    }
    if checked && bytes[1..].iter().fold(0, |sum, byte| sum ^ byte) != 0 {
        return Err(AtrError::Checksum);
    }
    Ok(Atr { bytes: bytes.to_vec(), historical_at: at, historical_len })
}

impl Atr {
    /// All of it, 2 to 33 bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The historical bytes, at most 15.
    pub fn historical(&self) -> &[u8] {
        &self.bytes[self.historical_at..self.historical_at + self.historical_len]
    }

    /// The kind of card, as far as the ATR tells it.
    pub fn kind(&self) -> CardKind {
        if let Some((_, kind)) = KNOWN.iter().find(|(known, _)| *known == self.bytes) {
            return *kind;
        }
        if !self.is_contactless() {
            return CardKind::Unknown;
        }
        match self.historical() {
            [head @ .., standard, high, low, _, _, _, _] if head == STORAGE_CARD => {
                storage_card(*standard, u16::from_be_bytes([*high, *low]))
            }
            // Type B: four bytes of application data, three of protocol information, and the buffer length index
            // in the upper half of the last.
            [_, _, _, _, _, _, _, last] if last & 0x0F == 0 => CardKind::TypeB,
            _ => CardKind::TypeA,
        }
    }

    /// Whether it has the form readers give ISO 14443 cards: `3B 8n 80 01`, n historical bytes, TCK.
    pub(super) fn is_contactless(&self) -> bool {
        matches!(*self.bytes, [0x3B, t0, 0x80, 0x01, ..] if t0 & 0xF0 == 0x80)
    }
}

/// The kind of storage card: `standard` (SS) and `name` (NN NN) of PC/SC part 3, supplement of 2012.
fn storage_card(standard: u8, name: u16) -> CardKind {
    match (standard, name) {
        // ACS readers with a PN532 (ACR122U) name FeliCa so: 212 and 424 kbit/s.
        (0x11, _) | (_, 0x003B | 0xF011 | 0xF012) => CardKind::Felica,
        (0x01..=0x03, 0x0001 | 0x0002 | 0x0026) => CardKind::MifareClassic,
        (0x01..=0x03, 0x0003 | 0x003A | 0x003D) => CardKind::MifareUltralight,
        (0x01..=0x03, 0x0036..=0x0039) => CardKind::MifarePlus,
        (0x01..=0x03, _) => CardKind::TypeA,
        (0x05..=0x07, _) => CardKind::TypeB,
        (0x09..=0x0C, _) => CardKind::Iso15693,
        _ => CardKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use mabataki_test_support::persona::{iso_14443_4, storage};
    use proptest::prelude::*;

    use super::*;

    fn kind(bytes: &[u8]) -> CardKind {
        decode(bytes).unwrap().kind()
    }

    #[test]
    fn storage_cards_are_told_by_the_name_the_reader_gives_them() {
        for (standard, name, expected) in [
            (0x03, 0x0001, CardKind::MifareClassic),
            (0x03, 0x0002, CardKind::MifareClassic),
            (0x03, 0x0003, CardKind::MifareUltralight),
            (0x03, 0x003A, CardKind::MifareUltralight),
            (0x03, 0x0037, CardKind::MifarePlus),
            (0x03, 0x0030, CardKind::TypeA),
            (0x11, 0x003B, CardKind::Felica),
            (0x03, 0xF011, CardKind::Felica),
            (0x06, 0x0007, CardKind::TypeB),
            (0x0B, 0x0035, CardKind::Iso15693),
            (0x00, 0x0000, CardKind::Unknown),
        ] {
            assert_eq!(kind(&storage(standard, name)), expected, "{standard:02X} {name:04X}");
        }
    }

    #[test]
    fn cards_with_a_processor_are_told_by_the_whole_or_the_form_of_their_atr() {
        assert_eq!(kind(&iso_14443_4(&[0x80])), CardKind::Desfire);
        assert_eq!(kind(&iso_14443_4(&[])), CardKind::TypeA);
        assert_eq!(kind(&iso_14443_4(&[0, 0, 0x05, 0xE0, 0xB3, 0x81, 0xA1, 0])), CardKind::MyNumber);
        assert_eq!(kind(&iso_14443_4(&[0, 0, 0, 0, 0x91, 0x81, 0xC1, 0])), CardKind::DrivingLicence);
        assert_eq!(kind(&iso_14443_4(&[1, 2, 3, 4, 0x77, 0x81, 0x91, 0x10])), CardKind::TypeB);
        assert_eq!(kind(&[0x3B, 0x02, 0x14, 0x50]), CardKind::Unknown);
    }

    #[test]
    fn an_atr_is_taken_apart_by_its_format_bytes() {
        let my_number = KNOWN[3].0;
        let atr = decode(my_number).unwrap();
        assert_eq!(atr.historical(), [0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73, 0xC6, 0x01, 0xC0]);
        let t0_only = decode(&[0x3B, 0x02, 0x14, 0x50]).unwrap();
        assert_eq!(t0_only.historical(), [0x14, 0x50]);
    }

    #[test]
    fn what_is_no_atr_is_refused_with_its_reason() {
        let mut spoilt = storage(0x03, 0x0001);
        *spoilt.last_mut().unwrap() ^= 1;
        assert_eq!(decode(&spoilt), Err(AtrError::Checksum));
        assert_eq!(decode(&[]), Err(AtrError::Length { found: 0 }));
        assert_eq!(decode(&[0x3B; 34]), Err(AtrError::Length { found: 34 }));
        assert_eq!(decode(&[0xFF; 33]), Err(AtrError::InitialByte { found: 0xFF }));
        assert_eq!(decode(&[0x3B, 0x80]), Err(AtrError::Announced { announced: 3, found: 2 }));
        assert_eq!(decode(&[0x3B, 0x02, 0x14]), Err(AtrError::Announced { announced: 4, found: 3 }));
        assert_eq!(decode(&[0x3B, 0x00, 0x00]), Err(AtrError::Announced { announced: 2, found: 3 }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(atr) = decode(&bytes) {
                atr.kind();
                prop_assert_eq!(atr.bytes(), &bytes[..]);
            }
        }

        #[test]
        fn bytes_that_look_like_an_atr_do_not_make_it_panic_either(rest in prop::collection::vec(any::<u8>(), 1..34)) {
            let bytes = [&[0x3B][..], &rest].concat();
            if let Ok(atr) = decode(&bytes) {
                atr.kind();
                prop_assert!(atr.historical().len() <= 15);
            }
        }
    }
}
