//! What is read from each kind of card, through the real PC/SC stack.

#![cfg(test)]

mod bytes;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mabataki_engine::card::{
    Assurance, CardEvent, CardIdentity, CardKind, CardReader, CardReading, DesfireKey, IdKind, LiteSKeys,
    Plan, Provider, Unusable, reader,
};
use mabataki_test_support::persona::site;
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated, persona};
use pretty_assertions::assert_eq;
use zeroize::Zeroizing;

/// Long enough for anything that happens at once.
const SOON: Duration = Duration::from_secs(5);

const STAFF_CARD: [u8; 8] = [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];
const VICINITY: [u8; 8] = [0xE0, 0x04, 0x01, 0x50, 0x6C, 0x7D, 0x8E, 0x9F];
const NTAG: [u8; 7] = [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80];

/// One virtual reader on a private pcscd, watched by the engine.
struct Counter {
    hand: VirtualReader,
    reader: CardReader,
    /// Last: what the others speak to.
    _pcscd: PrivatePcscd,
}

impl Counter {
    fn open(folder: &Path) -> Counter {
        Counter::with(folder, Plan::default())
    }

    /// Whose cards are known by this plan.
    fn with(folder: &Path, plan: Plan) -> Counter {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let hand = pcscd.reader("Counter").unwrap();
        let reader = CardReader::open_with(None, Arc::new(plan)).unwrap();
        Counter { hand, reader, _pcscd: pcscd }
    }

    /// Lays a card on the reader, reads it, and takes it away.
    fn tap(&mut self, name: &str) -> CardReading {
        self.hand.insert(persona::by_name(name).unwrap()).unwrap();
        let reading = match self.reader.wait(SOON) {
            Ok(Some(CardEvent::Inserted(reading))) => reading,
            other => panic!("{name} was not read: {other:?}"),
        };
        self.hand.remove().unwrap();
        assert!(matches!(self.reader.wait(SOON), Ok(Some(CardEvent::Removed))), "{name} did not go");
        reading
    }
}

#[test]
fn cards_with_a_fixed_identifier_are_read_with_kind_identifier_and_assurance() {
    isolated(|folder| {
        let mut counter = Counter::open(folder);
        for (name, kind, id_kind, id) in [
            ("fcf", CardKind::Felica, IdKind::Idm, &STAFF_CARD[..]),
            ("transit", CardKind::Felica, IdKind::Idm, &[0x01, 0x01, 0x0A, 0x10, 0xC5, 0x11, 0x9F, 0x1C]),
            ("felica_12", CardKind::Felica, IdKind::Idm, &STAFF_CARD),
            ("felica_acr122", CardKind::Felica, IdKind::Idm, &STAFF_CARD),
            ("mifare1k", CardKind::MifareClassic, IdKind::Uid, &[0xDE, 0x6A, 0x1F, 0x93]),
            ("ntag213", CardKind::MifareUltralight, IdKind::Uid, &NTAG),
            ("exact_le", CardKind::MifareUltralight, IdKind::Uid, &NTAG),
            ("past_end", CardKind::MifareUltralight, IdKind::Uid, &NTAG),
            ("desfire", CardKind::Desfire, IdKind::Uid, &NTAG),
            ("mifare_plus", CardKind::MifarePlus, IdKind::Uid, &[0x04, 0x5E, 0x2B, 0x9A, 0x77, 0x31, 0x80]),
            ("iso15693", CardKind::Iso15693, IdKind::Uid, &VICINITY),
            ("type_a", CardKind::TypeA, IdKind::Uid, &[0x04, 0x77, 0xA8, 0x3C, 0x5E, 0x12, 0x90]),
        ] {
            let reading = counter.tap(name);
            assert_eq!((reading.kind, reading.reader.as_str()), (kind, "Counter 00 00"), "{name}");
            let identity: CardIdentity = reading.result.unwrap();
            assert_eq!(identity.id.as_slice(), id, "{name}");
            assert_eq!((identity.kind, identity.id_kind), (kind, id_kind), "{name}");
            assert_eq!(identity.assurance, Assurance::IdentifierOnly, "{name}");
        }
    });
}

#[test]
fn cards_that_cannot_stand_for_a_person_are_refused_with_the_reason() {
    isolated(|folder| {
        let mut counter = Counter::open(folder);
        for (name, kind, why) in [
            ("desfire_random", CardKind::Desfire, Unusable::RandomIdentifier),
            ("phone", CardKind::TypeA, Unusable::RandomIdentifier),
            ("my_number", CardKind::MyNumber, Unusable::RandomIdentifier),
            ("my_number_contact", CardKind::MyNumber, Unusable::NoIdentifier),
            ("driving_licence", CardKind::DrivingLicence, Unusable::RandomIdentifier),
            ("other_licence", CardKind::DrivingLicence, Unusable::RandomIdentifier),
            ("residence_card", CardKind::ResidenceCard, Unusable::RandomIdentifier),
            ("type_b", CardKind::TypeB, Unusable::RandomIdentifier),
            ("hpki", CardKind::TypeB, Unusable::RandomIdentifier),
            ("watch", CardKind::FelicaMobile, Unusable::ChangingIdentifier),
            ("zero", CardKind::MifareClassic, Unusable::InvalidIdentifier),
            ("ones", CardKind::MifareUltralight, Unusable::InvalidIdentifier),
            ("cascade", CardKind::MifareClassic, Unusable::InvalidIdentifier),
            ("five_bytes", CardKind::MifareClassic, Unusable::WrongLength),
            ("no_id", CardKind::MifareClassic, Unusable::NoIdentifier),
            ("contact", CardKind::Unknown, Unusable::UnknownCard),
        ] {
            let reading = counter.tap(name);
            assert_eq!((reading.kind, reading.result), (kind, Err(why)), "{name}");
        }
    });
}

#[test]
fn cards_with_a_key_or_a_certificate_are_read_with_what_they_are_worth() {
    isolated(|folder| {
        let desfire = DesfireKey {
            application: site::DESFIRE_APPLICATION,
            number: site::DESFIRE_KEY_NUMBER,
            key: Zeroizing::new(site::DESFIRE_KEY),
            diversified: false,
        };
        let providers = vec![
            Provider::LiteS(LiteSKeys { master: Zeroizing::new(site::LITE_S_MASTER) }),
            Provider::Desfire(desfire),
            Provider::MyNumber,
            Provider::Hpki,
            Provider::Identifier,
        ];
        let plan = Plan { providers, mobile: true, ..Plan::default() };
        let mut counter = Counter::with(folder, plan);
        for (name, kind, id_kind, length, assurance) in [
            ("lite_s", CardKind::FelicaLiteS, IdKind::Idm, 8, Assurance::Proved),
            ("desfire", CardKind::Desfire, IdKind::Uid, 7, Assurance::Proved),
            // Its UID is told only to whoever knows the key.
            ("desfire_private", CardKind::Desfire, IdKind::Uid, 7, Assurance::Proved),
            ("my_number", CardKind::MyNumber, IdKind::CertificateKey, 32, Assurance::IdentifierOnly),
            ("hpki", CardKind::Hpki, IdKind::CertificateKey, 32, Assurance::IdentifierOnly),
            ("watch", CardKind::FelicaMobile, IdKind::Idm, 8, Assurance::IdentifierOnly),
            ("fcf", CardKind::Felica, IdKind::Idm, 8, Assurance::IdentifierOnly),
        ] {
            let reading = counter.tap(name);
            assert_eq!(reading.kind, kind, "{name}");
            let identity = reading.result.unwrap();
            let found = (identity.id_kind, identity.id.len(), identity.assurance);
            assert_eq!(found, (id_kind, length, assurance), "{name}");
        }
        for name in ["lite_s_copy", "lite_s_pretender", "desfire_copy"] {
            assert_eq!(counter.tap(name).result, Err(Unusable::ProofFailed), "{name}");
        }
    });
}

#[test]
fn a_card_that_lies_there_already_is_read_at_the_first_look() {
    isolated(|folder| {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        hand.insert(persona::by_name("fcf:0114B34C1A2B3C4E").unwrap()).unwrap();
        let mut reader = CardReader::open(None).unwrap();
        let Ok(Some(CardEvent::Inserted(reading))) = reader.wait(SOON) else { panic!("not read") };
        assert_eq!(reading.result.unwrap().id.last(), Some(&0x4E));
        assert!(matches!(reader.wait(Duration::from_millis(50)), Ok(None)), "it was read twice");
    });
}

#[test]
fn each_of_two_readers_tells_of_its_own_cards_and_either_can_be_chosen_by_name() {
    isolated(|folder| {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter", "Office"]).unwrap();
        let mut names = reader::list().unwrap();
        names.sort();
        // Each with the two numbers pcscd adds.
        assert_eq!(names, ["Counter 00 00", "Office 01 00"]);
        let (mut at_counter, mut at_office) =
            (pcscd.reader("Counter").unwrap(), pcscd.reader("Office").unwrap());
        let mut counter = CardReader::open(Some("Counter 00 00")).unwrap();
        let mut office = CardReader::open(Some("Office")).unwrap();
        assert_eq!((counter.name(), office.name()), ("Counter 00 00", "Office 01 00"));
        at_office.insert(persona::by_name("ntag213").unwrap()).unwrap();
        at_counter.insert(persona::by_name("fcf").unwrap()).unwrap();
        for (reader, kind) in [(&mut counter, CardKind::Felica), (&mut office, CardKind::MifareUltralight)] {
            let Ok(Some(CardEvent::Inserted(reading))) = reader.wait(SOON) else { panic!("not read") };
            assert_eq!((reading.kind, reading.reader.as_str()), (kind, reader.name()));
        }
    });
}

#[test]
fn a_card_swapped_for_another_goes_before_the_other_comes() {
    isolated(|folder| {
        let mut counter = Counter::open(folder);
        counter.hand.insert(persona::by_name("fcf").unwrap()).unwrap();
        assert!(matches!(counter.reader.wait(SOON), Ok(Some(CardEvent::Inserted(_)))));
        counter.hand.remove().unwrap();
        counter.hand.insert(persona::by_name("ntag213").unwrap()).unwrap();
        assert!(matches!(counter.reader.wait(SOON), Ok(Some(CardEvent::Removed))));
        let Ok(Some(CardEvent::Inserted(reading))) = counter.reader.wait(SOON) else { panic!("not read") };
        assert_eq!(reading.kind, CardKind::MifareUltralight);
    });
}
