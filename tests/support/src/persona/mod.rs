//! Cards to lay on a virtual reader: sound ones of every kind that matters, and broken ones.
//!
//! A persona is a card *and* the contactless reader it lies on, as PC/SC sees them: an ATR, and answers to APDUs.

mod atr;
mod card;
mod certificate;
mod desfire;
mod fault;
pub mod felica;
mod mifare;
mod processor;
pub mod site;

pub use atr::{iso_14443_4, storage};
pub use card::{Card, Manner};
use certificate::{Certified, HPKI, JPKI};
pub use certificate::{PIN, Trick};
pub use desfire::Desfire;
pub use fault::{Answering, Failing, FailingAt, Slow};
use felica::{Carries, FelicaReader, LiteS, MOBILE_PMM, STANDARD_PMM, Service, Standard, Type3};

use mifare::Classic;
use processor::{LICENCE_APPLICATION, Processor, RESIDENCE_APPLICATION};

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
const WATCH: &[u8] = &[0x01, 0x14, 0x8B, 0x3E, 0x7A, 0x20, 0xC4, 0xF1];
const LITE_S_CARD: &[u8] = &[0x01, 0x2E, 0x4F, 0x58, 0x61, 0x72, 0x83, 0x94];
const CLASSIC_UID: &[u8] = &[0xDE, 0x6A, 0x1F, 0x93];
const NTAG_UID: &[u8] = &[0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80];
const PLUS_UID: &[u8] = &[0x04, 0x5E, 0x2B, 0x9A, 0x77, 0x31, 0x80];
const TYPE_A_UID: &[u8] = &[0x04, 0x77, 0xA8, 0x3C, 0x5E, 0x12, 0x90];
const VICINITY_UID: &[u8] = &[0xE0, 0x04, 0x01, 0x50, 0x6C, 0x7D, 0x8E, 0x9F];

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

/// A FeliCa card with an employee's number where the site looks for it.
fn staff(idm: &[u8], number: &[u8]) -> Standard {
    let mut block = [0x30; 16];
    block.iter_mut().skip(usize::from(site::FCF_OFFSET)).zip(number).for_each(|(at, byte)| *at = *byte);
    let service: Service = (site::FCF_SERVICE, vec![block, *b"SEED TARO       "]);
    Standard::new(eight(idm), STANDARD_PMM, vec![(site::FCF_SYSTEM, vec![service])])
}

/// A transit card. It has the common area too, and nothing of the site's in it.
fn transit(idm: &[u8], pmm: [u8; 8]) -> Standard {
    let journeys = (0x090F, vec![*b"\x16\x01\x00\x02\x23\x8D\x0A\x5B\x2B\x0C\x9E\x01\x00\x00\x12\x00"; 20]);
    Standard::new(eight(idm), pmm, vec![(0x0003, vec![journeys]), (0xFE00, Vec::new())])
}

fn on(carries: Carries, card: impl Type3 + 'static) -> Box<dyn Persona> {
    FelicaReader::new(carries, vec![Box::new(card)])
}

fn eight(idm: &[u8]) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.iter_mut().zip(idm).for_each(|(at, byte)| *at = *byte);
    eight
}

fn seven(uid: &[u8]) -> [u8; 7] {
    let mut seven = [0; 7];
    seven.iter_mut().zip(uid).for_each(|(at, byte)| *at = *byte);
    seven
}

const PERSONAS: &[Entry] = &[
    // Cards that identify.
    Entry { name: "fcf", id: STAFF_CARD, make: |id| on(Carries::Session, staff(&id, site::NUMBER)) },
    Entry { name: "transit", id: TRANSIT_CARD, make: |id| on(Carries::Session, transit(&id, STANDARD_PMM)) },
    Entry { name: "mifare1k", id: CLASSIC_UID, make: |id| Classic::new(id, site::NUMBER) },
    Entry { name: "ntag213", id: NTAG_UID, make: |id| Card::with_id(ntag(), id) },
    Entry { name: "desfire", id: NTAG_UID, make: |id| Desfire::new(id, site::DESFIRE_KEY) },
    Entry { name: "mifare_plus", id: PLUS_UID, make: |id| Card::with_id(storage(0x03, 0x0037), id) },
    Entry { name: "iso15693", id: VICINITY_UID, make: |id| Card::with_id(storage(0x0B, 0x0035), id) },
    Entry { name: "type_a", id: TYPE_A_UID, make: |id| Card::with_id(iso_14443_4(b"JCOP"), id) },
    // Numbers in a FeliCa card, each on a reader with words of its own.
    Entry { name: "fcf_sony", id: STAFF_CARD, make: |id| on(Carries::Sony, staff(&id, site::NUMBER)) },
    Entry {
        name: "fcf_sony_counted",
        id: STAFF_CARD,
        make: |id| on(Carries::SonyCounted, staff(&id, site::NUMBER)),
    },
    Entry { name: "fcf_acs", id: STAFF_CARD, make: |id| on(Carries::Acs, staff(&id, site::NUMBER)) },
    Entry { name: "fcf_pn532", id: STAFF_CARD, make: |id| on(Carries::Pn532, staff(&id, site::NUMBER)) },
    Entry {
        name: "fcf_pn532_exchange",
        id: STAFF_CARD,
        make: |id| on(Carries::Pn532Exchange, staff(&id, site::NUMBER)),
    },
    Entry { name: "fcf_identiv", id: STAFF_CARD, make: |id| on(Carries::Identiv, staff(&id, site::NUMBER)) },
    Entry {
        name: "fcf_uncarried",
        id: STAFF_CARD,
        make: |id| on(Carries::Nothing, staff(&id, site::NUMBER)),
    },
    Entry { name: "fcf_blank", id: STAFF_CARD, make: |id| on(Carries::Session, staff(&id, &[b' '; 12])) },
    // The reader found the transit card first.
    Entry {
        name: "fcf_in_holder",
        id: STAFF_CARD,
        make: |id| {
            let transit = Standard::new(
                eight(TRANSIT_CARD),
                STANDARD_PMM,
                vec![(0x0003, vec![(0x090F, vec![[0x16; 16]])])],
            );
            FelicaReader::new(Carries::Session, vec![Box::new(transit), Box::new(staff(&id, site::NUMBER))])
        },
    },
    Entry { name: "watch", id: WATCH, make: |id| on(Carries::Sony, transit(&id, MOBILE_PMM)) },
    // Cards that prove a key, and such as cannot.
    Entry {
        name: "lite_s",
        id: LITE_S_CARD,
        make: |id| on(Carries::Session, LiteS::personalised(eight(&id), &site::LITE_S_MASTER)),
    },
    Entry {
        name: "lite_s_sony",
        id: LITE_S_CARD,
        make: |id| on(Carries::Sony, LiteS::personalised(eight(&id), &site::LITE_S_MASTER)),
    },
    Entry {
        name: "lite_s_identiv",
        id: LITE_S_CARD,
        make: |id| on(Carries::Identiv, LiteS::personalised(eight(&id), &site::LITE_S_MASTER)),
    },
    Entry {
        name: "lite_s_copy",
        id: LITE_S_CARD,
        make: |id| on(Carries::Session, LiteS::copied(eight(&id))),
    },
    Entry {
        name: "lite_s_pretender",
        id: LITE_S_CARD,
        make: |id| on(Carries::Session, LiteS::pretending(eight(&id), &site::LITE_S_MASTER)),
    },
    Entry {
        name: "desfire_private",
        id: NTAG_UID,
        make: |id| Desfire::private(seven(&id), site::DESFIRE_KEY),
    },
    Entry {
        name: "desfire_diversified",
        id: NTAG_UID,
        make: |id| {
            let key = desfire::diversified(&site::DESFIRE_KEY, &seven(&id));
            Desfire::new(id, key)
        },
    },
    Entry { name: "desfire_copy", id: NTAG_UID, make: |id| Desfire::new(id, [0; 16]) },
    Entry { name: "mifare1k_fresh", id: CLASSIC_UID, make: Classic::fresh },
    Entry { name: "mifare1k_blank", id: CLASSIC_UID, make: |id| Classic::new(id, &[]) },
    // Sound cards on readers with manners of their own.
    Entry { name: "felica_12", id: STAFF_CARD, make: |id| Card::new(felica(), id, Manner::IdmAndMore) },
    Entry { name: "felica_acr122", id: STAFF_CARD, make: |id| Card::with_id(storage(0x03, 0xF011), id) },
    Entry { name: "exact_le", id: NTAG_UID, make: |id| Card::new(ntag(), id, Manner::ExactLength) },
    Entry { name: "past_end", id: NTAG_UID, make: |id| Card::new(ntag(), id, Manner::EndOfData) },
    // Sound cards that cannot stand for a person.
    Entry { name: "desfire_random", id: &[], make: |_| Card::drawing(iso_14443_4(&[0x80]), &[0x08]) },
    Entry { name: "phone", id: &[], make: |_| Card::drawing(iso_14443_4(&[]), &[0x08]) },
    // Cards with certificates, and such as pretend.
    Entry { name: "my_number", id: &[], make: |_| Certified::boxed(JPKI, Trick::None) },
    Entry { name: "my_number_blocked", id: &[], make: |_| Certified::with_tries(JPKI, 0) },
    Entry { name: "my_number_last_try", id: &[], make: |_| Certified::with_tries(JPKI, 1) },
    Entry { name: "my_number_other_key", id: &[], make: |_| Certified::boxed(JPKI, Trick::OtherKey) },
    Entry { name: "my_number_swapped", id: &[], make: |_| Certified::boxed(JPKI, Trick::OtherCertificate) },
    Entry { name: "my_number_cut", id: &[], make: |_| Certified::boxed(JPKI, Trick::Cut) },
    Entry { name: "my_number_huge", id: &[], make: |_| Certified::boxed(JPKI, Trick::Huge) },
    Entry { name: "my_number_noise", id: &[], make: |_| Certified::boxed(JPKI, Trick::Noise) },
    Entry { name: "my_number_drips", id: &[], make: |_| Certified::boxed(JPKI, Trick::Drips) },
    Entry { name: "hpki", id: &[], make: |_| Certified::boxed(HPKI, Trick::None) },
    Entry { name: "my_number_contact", id: &[], make: |_| Card::without_id(MY_NUMBER_CONTACT.to_vec()) },
    Entry { name: "residence_card", id: &[], make: |_| Processor::boxed(RESIDENCE_APPLICATION) },
    Entry { name: "other_licence", id: &[], make: |_| Processor::boxed(LICENCE_APPLICATION) },
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
        assert!(matches!(by_name("oyster").err(), Some(SupportError::UnknownPersona { .. })));
    }
}
