//! Finding out what a card is and whom it may stand for. No device in here: the caller carries the APDUs.

use zeroize::Zeroizing;

use super::apdu::{Channel, Command, DONE, END_OF_DATA, Shown};
use super::atr::Atr;
use super::certificate::{self, Family};
use super::dialect::Dialect;
use super::plan::{Plan, Provider};
use super::{Assurance, CardIdentity, CardKind, IdKind, Unusable, desfire, felica, lite_s, mifare};

/// "Get data": the identifier of a contactless card (PC/SC part 3, section 3.2.2.1.3), with this Le; 0 asks for
/// all of it.
fn get_identifier(le: u8) -> Command {
    Command::get([0xFF, 0xCA, 0x00, 0x00], le, Shown::Command)
}

/// Wrong Le; the lower byte is the right one.
const WRONG_LE: u16 = 0x6C00;

/// The length of an IDm in bytes (JIS X 6319-4).
const IDM_LEN: usize = 8;
/// One family of readers gives the IDm with four bytes more.
const IDM_AND_MORE_LEN: usize = 12;
/// The upper half of an IDm's first byte: the number of the system that answered, not part of the card's identity.
const SYSTEM_INDEX: u8 = 0xF0;
/// What an IDm begins with when it was drawn for peer-to-peer (NFC Forum Digital Protocol, NFCID2).
const RANDOM_NFCID2: [u8; 2] = [0x01, 0xFE];
/// The first byte of a random UID, and of a cascade tag (ISO 14443-3, type A).
const RANDOM_UID: u8 = 0x08;
const CASCADE_TAG: u8 = 0x88;

/// What [`identify`] found: the kind of card, and whom it may stand for.
pub type Identified = (CardKind, Result<CardIdentity, Unusable>);

/// Finds out what a card is and whom it may stand for. `channel` carries commands to the card on the reader of this name;
/// `challenge` was drawn for this tap alone.
///
/// The first provider of the plan whose card it is decides: a card that fails its proof is not asked for anything less. A
/// card that cannot stand for a person is no error: the inner result says why.
///
/// # Errors
/// Only those of `channel`.
pub fn identify<C: Channel>(
    atr: &Atr,
    reader: &str,
    plan: &Plan,
    challenge: &[u8; 16],
    channel: &mut C,
) -> Result<Identified, C::Error> {
    let kind = atr.kind();
    let dialect = plan.dialect.unwrap_or_else(|| Dialect::of_reader(reader));
    for provider in &plan.providers {
        let found = match provider {
            Provider::Identifier => Some(identifier(kind, atr, channel)?),
            Provider::FelicaBlock(place) if kind == CardKind::Felica => {
                felica::read_number(channel, dialect, place)?
            }
            Provider::LiteS(keys) if kind == CardKind::Felica => {
                lite_s::prove(channel, dialect, keys, challenge)?
            }
            Provider::MifareBlock(place) if kind == CardKind::MifareClassic => {
                mifare::read_number(channel, place)?
            }
            Provider::Desfire(key) if kind == CardKind::Desfire => desfire::prove(channel, key, challenge)?,
            Provider::MyNumber if may_hold_certificates(kind) => {
                certificate::identify(channel, Family::MyNumber)?
            }
            Provider::Hpki if may_hold_certificates(kind) => certificate::identify(channel, Family::Hpki)?,
            _ => None,
        };
        if let Some(result) = found {
            return Ok((result.as_ref().map_or(kind, |identity| identity.kind), result));
        }
    }
    Ok((kind, Err(Unusable::NotAllowed)))
}

/// Whether a card of this kind, as far as its ATR tells, may turn out to be My Number or HPKI.
fn may_hold_certificates(kind: CardKind) -> bool {
    matches!(kind, CardKind::MyNumber | CardKind::TypeA | CardKind::TypeB | CardKind::Unknown)
}

/// The number that the card gives anybody. Kinds whose identifier cannot be used are not asked for it.
fn identifier<C: Channel>(
    kind: CardKind,
    atr: &Atr,
    channel: &mut C,
) -> Result<Result<CardIdentity, Unusable>, C::Error> {
    if let Err(why) = can_identify(kind, atr.is_contactless()) {
        return Ok(Err(why));
    }
    let mut answer = channel.transmit(&get_identifier(0))?;
    if answer.status & 0xFF00 == WRONG_LE {
        answer = channel.transmit(&get_identifier((answer.status & 0x00FF) as u8))?;
    }
    Ok(match answer.status {
        DONE | END_OF_DATA => judge(kind, &answer.data),
        _ => Err(Unusable::NoIdentifier),
    })
}

/// Whether cards of this kind have an identifier worth asking for.
fn can_identify(kind: CardKind, contactless: bool) -> Result<(), Unusable> {
    match kind {
        // Over the air these give a PUPI, drawn at every power-up; with contacts, nothing.
        CardKind::MyNumber | CardKind::Hpki | CardKind::DrivingLicence | CardKind::ResidenceCard
            if !contactless =>
        {
            Err(Unusable::NoIdentifier)
        }
        CardKind::MyNumber
        | CardKind::Hpki
        | CardKind::DrivingLicence
        | CardKind::ResidenceCard
        | CardKind::TypeB => Err(Unusable::RandomIdentifier),
        CardKind::Iso15693 | CardKind::Unknown => Err(Unusable::UnknownCard),
        _ => Ok(()),
    }
}

/// Whether these bytes, given as the identifier of a card of this kind, can stand for a person.
pub(super) fn judge(kind: CardKind, bytes: &[u8]) -> Result<CardIdentity, Unusable> {
    can_identify(kind, true)?;
    let (id_kind, id) = match kind {
        CardKind::Felica => (IdKind::Idm, idm(bytes)?),
        _ => (IdKind::Uid, uid(kind, bytes)?),
    };
    Ok(CardIdentity { kind, id_kind, assurance: Assurance::IdentifierOnly, id })
}

fn idm(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unusable> {
    let (IDM_LEN | IDM_AND_MORE_LEN) = bytes.len() else { return Err(length(bytes)) };
    let mut id = Zeroizing::new(bytes[..IDM_LEN].to_vec());
    if is_blank(&id) {
        return Err(Unusable::InvalidIdentifier);
    }
    if id.starts_with(&RANDOM_NFCID2) {
        return Err(Unusable::RandomIdentifier);
    }
    id[0] &= !SYSTEM_INDEX;
    if is_blank(&id) { Err(Unusable::InvalidIdentifier) } else { Ok(id) }
}

fn uid(kind: CardKind, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unusable> {
    let fits = match (kind, bytes.len()) {
        (CardKind::MifareUltralight, found) => found == 7,
        (_, found) => matches!(found, 4 | 7 | 10),
    };
    if !fits {
        return Err(length(bytes));
    }
    if is_blank(bytes) || bytes[0] == CASCADE_TAG {
        return Err(Unusable::InvalidIdentifier);
    }
    if bytes.len() == 4 && bytes[0] == RANDOM_UID {
        return Err(Unusable::RandomIdentifier);
    }
    Ok(Zeroizing::new(bytes.to_vec()))
}

fn length(bytes: &[u8]) -> Unusable {
    if bytes.is_empty() { Unusable::NoIdentifier } else { Unusable::WrongLength }
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0x00) || bytes.iter().all(|&byte| byte == 0xFF)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use mabataki_test_support::persona::{self, Reaction};
    use proptest::prelude::*;

    use super::super::apdu::Answer;
    use super::super::atr;
    use super::*;

    /// Identifies a persona without any reader.
    fn read(name: &str) -> (CardKind, Result<CardIdentity, Unusable>) {
        let mut card = persona::by_name(name).unwrap();
        let atr = atr::decode(&card.atr()).unwrap();
        let mut exchange = |command: &Command| match card.apdu(command.bytes()) {
            Reaction::Answer(bytes) => Ok::<_, Infallible>(Answer::parse(&bytes).unwrap()),
            other => panic!("{name} did not answer: {other:?}"),
        };
        identify(&atr, "Counter", &Plan::default(), &[0; 16], &mut exchange).unwrap()
    }

    fn id(name: &str) -> Vec<u8> {
        read(name).1.unwrap().id.to_vec()
    }

    const IDM: [u8; 8] = [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];

    #[test]
    fn a_felica_card_is_its_idm_whatever_reader_it_lies_on() {
        assert_eq!(id("fcf"), IDM);
        assert_eq!(id("felica_12"), IDM);
        assert_eq!(id("felica_acr122"), IDM);
    }

    #[test]
    fn the_system_that_answered_is_not_part_of_a_felica_cards_identity() {
        let other_system = [0x31, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];
        assert_eq!(judge(CardKind::Felica, &other_system).unwrap().id.as_slice(), IDM);
    }

    #[test]
    fn a_reader_that_wants_the_exact_length_or_warns_of_the_end_gives_the_same_identifier() {
        assert_eq!(id("exact_le"), id("ntag213"));
        assert_eq!(id("past_end"), id("ntag213"));
    }

    #[test]
    fn a_length_no_card_of_the_kind_has_is_refused() {
        for length in [0, 1, 3, 5, 6, 8, 9, 11, 256] {
            let bytes = vec![0x5A; length];
            assert!(judge(CardKind::MifareClassic, &bytes).is_err(), "{length}");
        }
        for length in [0, 7, 9, 11, 13] {
            assert!(judge(CardKind::Felica, &vec![0x5A; length]).is_err(), "{length}");
        }
        assert_eq!(judge(CardKind::MifareUltralight, &[1, 2, 3, 4]), Err(Unusable::WrongLength));
    }

    #[test]
    fn identifiers_no_maker_gave_are_refused() {
        assert_eq!(judge(CardKind::Felica, &[0x10, 0, 0, 0, 0, 0, 0, 0]), Err(Unusable::InvalidIdentifier));
        assert_eq!(judge(CardKind::Felica, &[0xFF; 8]), Err(Unusable::InvalidIdentifier));
        assert_eq!(judge(CardKind::Felica, &[1, 0xFE, 1, 2, 3, 4, 5, 6]), Err(Unusable::RandomIdentifier));
        assert_eq!(judge(CardKind::TypeA, &[8, 1, 2, 3]), Err(Unusable::RandomIdentifier));
        assert_eq!(judge(CardKind::TypeA, &[0x88, 4, 2, 3]), Err(Unusable::InvalidIdentifier));
        // Only random UIDs are four bytes long and begin so.
        assert!(judge(CardKind::TypeA, &[8, 1, 2, 3, 4, 5, 6]).is_ok());
    }

    #[test]
    fn a_reader_that_names_one_wrong_length_after_the_other_is_not_asked_for_ever() {
        let atr = atr::decode(&persona::storage(0x03, 0x0003)).unwrap();
        let mut asked = 0;
        let (_, result) = identify(&atr, "Counter", &Plan::default(), &[0; 16], &mut |_: &Command| {
            asked += 1;
            Ok::<_, Infallible>(Answer::parse(&[0x6C, 0x07]).unwrap())
        })
        .unwrap();
        assert_eq!((asked, result), (2, Err(Unusable::NoIdentifier)));
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic_and_what_is_accepted_holds_to_the_rules(
            standard in prop::sample::select(vec![0x01u8, 0x03, 0x06, 0x0B, 0x11]),
            name in prop::sample::select(vec![0x0001u16, 0x0003, 0x0026, 0x0030, 0x0036, 0x003B]),
            bytes in prop::collection::vec(any::<u8>(), 2..20),
            status in prop::sample::select(vec![0x9000u16, 0x6282, 0x6C07, 0x6300, 0x6A81]),
        ) {
            let atr = atr::decode(&persona::storage(standard, name)).unwrap();
            let answer = [&bytes[..], &status.to_be_bytes()].concat();
            let (_, result) =
                identify(&atr, "Counter", &Plan::default(), &[0; 16], &mut |_: &Command| Ok::<_, Infallible>(Answer::parse(&answer).unwrap())).unwrap();
            if let Ok(identity) = result {
                prop_assert!(matches!(identity.id.len(), 4 | 7 | 8 | 10));
                prop_assert!(!is_blank(&identity.id));
                prop_assert_eq!(identity.assurance, Assurance::IdentifierOnly);
                prop_assert!(status == DONE || status == END_OF_DATA);
            }
        }
    }
}
