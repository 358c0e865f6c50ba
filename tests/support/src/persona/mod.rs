//! Cards to lay on a virtual reader: sound ones of every kind that matters, and broken ones.
//!
//! A persona is a card *and* the contactless reader it lies on, as PC/SC sees them: an ATR, and answers to APDUs.

mod atr;
mod card;
mod fault;

pub use atr::{iso_14443_4, storage};
pub use card::{Card, Manner};
pub use fault::{Answering, Failing};

use crate::SupportError;

/// A card on a reader.
pub trait Persona: Send {
    /// The ATR the reader gives for it, at most 33 bytes; empty when it stays mute at power-up.
    fn atr(&self) -> Vec<u8>;

    /// The identifier the reader would give for it now; none when it gives none.
    fn uid(&self) -> Option<Vec<u8>>;

    /// The card comes into the field, or is reset.
    fn power_up(&mut self) {}

    /// What comes of an APDU.
    fn apdu(&mut self, apdu: &[u8]) -> Reaction;
}

/// What comes of an APDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// These bytes come back, status last (unless a fault is played).
    Answer(Vec<u8>),
    /// Nothing comes back, ever.
    Mute,
    /// The reader fails with this IFD error (605 to 618 in pcsc-lite's `ifdhandler.h`).
    Fail(u16),
    /// The card is taken away in the middle of it.
    Torn,
    /// The reader is unplugged in the middle of it.
    Unplugged,
}

/// A name, what it stands for, and how to make one; a fixed identifier can be given another value.
struct Entry {
    name: &'static str,
    /// The identifier it has when none is named; empty when it is drawn or there is none.
    id: &'static [u8],
    make: fn(Vec<u8>) -> Box<dyn Persona>,
}

const STAFF_CARD: &[u8] = &[0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];
const TRANSIT_CARD: &[u8] = &[0x01, 0x01, 0x0A, 0x10, 0xC5, 0x11, 0x9F, 0x1C];
const CLASSIC_UID: &[u8] = &[0xDE, 0x6A, 0x1F, 0x93];
const NTAG_UID: &[u8] = &[0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80];

/// My Number card over the air, and with contacts.
const MY_NUMBER: &[u8] = &[0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x7F];
const MY_NUMBER_CONTACT: &[u8] = &[
    0x3B, 0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73, 0xC6, 0x01,
    0xC0, 0x3B,
];
const LICENCE: &[u8] = &[0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x91, 0x81, 0xC1, 0x00, 0xD8];

fn felica() -> Vec<u8> {
    storage(0x11, 0x003B)
}

fn classic() -> Vec<u8> {
    storage(0x03, 0x0001)
}

fn ntag() -> Vec<u8> {
    storage(0x03, 0x0003)
}

const PERSONAS: &[Entry] = &[
    // Cards that identify.
    Entry { name: "fcf", id: STAFF_CARD, make: |id| Card::with_id(felica(), id) },
    Entry { name: "transit", id: TRANSIT_CARD, make: |id| Card::with_id(felica(), id) },
    Entry { name: "mifare1k", id: CLASSIC_UID, make: |id| Card::with_id(classic(), id) },
    Entry { name: "ntag213", id: NTAG_UID, make: |id| Card::with_id(ntag(), id) },
    Entry { name: "desfire", id: NTAG_UID, make: |id| Card::with_id(iso_14443_4(&[0x80]), id) },
    // Sound cards on readers with manners of their own.
    Entry { name: "felica_12", id: STAFF_CARD, make: |id| Card::new(felica(), id, Manner::IdmAndMore) },
    Entry { name: "felica_acr122", id: STAFF_CARD, make: |id| Card::with_id(storage(0x03, 0xF011), id) },
    Entry { name: "exact_le", id: NTAG_UID, make: |id| Card::new(ntag(), id, Manner::ExactLength) },
    Entry { name: "past_end", id: NTAG_UID, make: |id| Card::new(ntag(), id, Manner::EndOfData) },
    // Sound cards that cannot stand for a person.
    Entry { name: "desfire_random", id: &[], make: |_| Card::drawing(iso_14443_4(&[0x80]), &[0x08]) },
    Entry { name: "phone", id: &[], make: |_| Card::drawing(iso_14443_4(&[]), &[0x08]) },
    Entry { name: "my_number", id: &[], make: |_| Card::drawing(MY_NUMBER.to_vec(), &[]) },
    Entry { name: "my_number_contact", id: &[], make: |_| Card::without_id(MY_NUMBER_CONTACT.to_vec()) },
    Entry { name: "driving_licence", id: &[], make: |_| Card::drawing(LICENCE.to_vec(), &[]) },
    Entry {
        name: "type_b",
        id: &[],
        make: |_| Card::drawing(iso_14443_4(&[0x1C, 0x2D, 0x94, 0x11, 0xF7, 0x71, 0x85, 0x00]), &[]),
    },
    Entry { name: "zero", id: &[0; 4], make: |id| Card::with_id(classic(), id) },
    Entry { name: "ones", id: &[0xFF; 7], make: |id| Card::with_id(ntag(), id) },
    Entry { name: "cascade", id: &[0x88, 0x04, 0xA1, 0xB2], make: |id| Card::with_id(classic(), id) },
    Entry {
        name: "five_bytes",
        id: &[0xDE, 0x6A, 0x1F, 0x93, 0x38],
        make: |id| Card::with_id(classic(), id),
    },
    Entry { name: "no_id", id: &[], make: |_| Card::without_id(classic()) },
    Entry { name: "contact", id: &[], make: |_| Card::without_id(vec![0x3B, 0x02, 0x14, 0x50]) },
    // Faults.
    Entry { name: "mute", id: &[], make: |_| Answering::boxed(Vec::new(), &[]) },
    Entry { name: "mute_apdu", id: &[], make: |_| Failing::boxed(felica(), Reaction::Mute) },
    Entry { name: "torn", id: &[], make: |_| Failing::boxed(felica(), Reaction::Torn) },
    Entry { name: "unplugged", id: &[], make: |_| Failing::boxed(felica(), Reaction::Unplugged) },
    Entry { name: "empty", id: &[], make: |_| Answering::boxed(felica(), &[]) },
    Entry { name: "short", id: &[], make: |_| Answering::boxed(felica(), &[0x90]) },
    Entry { name: "long", id: &[], make: |_| Answering::boxed(felica(), &[0xA5; 3000]) },
    Entry { name: "garbage", id: &[], make: |_| Answering::boxed(felica(), &[0xA5; 41]) },
    Entry { name: "bad_atr", id: &[], make: |_| Answering::boxed(vec![0xFF; 33], &[0x90, 0x00]) },
    Entry { name: "bad_checksum", id: CLASSIC_UID, make: |id| Card::with_id(atr::spoilt(classic()), id) },
    Entry { name: "long_atr", id: &[], make: |_| Answering::boxed(vec![0x3B; 34], &[0x90, 0x00]) },
];

/// The persona of this name. `name:HEX` gives one with a fixed identifier another value of the same length, so
/// that several people can have such a card: `fcf:0114B34C1A2B3C4E`.
///
/// # Errors
/// [`SupportError::UnknownPersona`] names those there are; [`SupportError::BadIdentifier`].
pub fn by_name(name: &str) -> Result<Box<dyn Persona>, SupportError> {
    let (plain, id) = name.split_once(':').map_or((name, None), |(plain, id)| (plain, Some(id)));
    let entry = PERSONAS.iter().find(|entry| entry.name == plain).ok_or_else(|| {
        SupportError::UnknownPersona { name: plain.into(), known: names().collect::<Vec<_>>().join(", ") }
    })?;
    let id = match id {
        None => entry.id.to_vec(),
        Some(hex) => {
            from_hex(hex).filter(|id| id.len() == entry.id.len() && !id.is_empty()).ok_or_else(|| {
                SupportError::BadIdentifier {
                    name: plain.into(),
                    expected: entry.id.len(),
                    found: hex.into(),
                }
            })?
        }
    };
    Ok((entry.make)(id))
}

/// The names [`by_name`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    PERSONAS.iter().map(|entry| entry.name)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_persona_can_be_made_by_its_name() {
        for name in names() {
            assert!(by_name(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_persona_takes_another_identifier_of_the_right_length_only() {
        let card = by_name("fcf:0114B34C1A2B3C4E").unwrap();
        assert_eq!(card.uid().unwrap(), [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4E]);
        assert!(matches!(by_name("fcf:0114").err(), Some(SupportError::BadIdentifier { expected: 8, .. })));
        assert!(matches!(by_name("fcf:0114B34C1A2B3C4").err(), Some(SupportError::BadIdentifier { .. })));
        assert!(matches!(by_name("phone:08010203").err(), Some(SupportError::BadIdentifier { .. })));
        assert!(matches!(by_name("watch").err(), Some(SupportError::UnknownPersona { .. })));
    }
}
