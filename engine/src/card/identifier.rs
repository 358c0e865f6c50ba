//! The number that a card gives anybody: UID or IDm, and which of them can stand for a person.

use zeroize::Zeroizing;

use super::apdu::{Channel, Command, DONE, END_OF_DATA, Shown};
use super::atr::Atr;
use super::felica::{Link, kind_of};
use super::{Assurance, CardIdentity, CardKind, IdKind, Unusable};

/// "Get data": the identifier of a contactless card (PC/SC part 3, section 3.2.2.1.3), with this Le; 0 asks for
/// all of it.
fn get_identifier(le: u8) -> Command {
    Command::get([0xFF, 0xCA, 0x00, 0x00], le, Shown::Command)
}

/// The other thing that "get data" gives: of a FeliCa card on Sony's readers the PMm.
fn get_make() -> Command {
    Command::get([0xFF, 0xCA, 0x01, 0x00], 0, Shown::Command)
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
/// The length of a vicinity card's UID in bytes, and its uppermost byte (ISO 15693-3, 4.1).
const VICINITY_LEN: usize = 8;
const VICINITY: u8 = 0xE0;

/// The number that the card gives anybody. Kinds whose identifier cannot be used are not asked for it.
pub(super) fn read<C: Channel>(
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

/// The kind of the FeliCa card that gave this identifier, as far as it can be had: from a poll it answered before, from the
/// reader, or by a poll where it is known what the reader speaks. A reader of which nothing is known is not tried out for
/// this alone.
pub(super) fn felica_kind<C: Channel>(
    id: &[u8],
    link: &mut Link,
    channel: &mut C,
) -> Result<CardKind, C::Error> {
    let is_it = |found: &[u8; 8]| idm(found).is_ok_and(|found| found[..] == *id);
    if let Some(target) = link.seen.filter(|target| is_it(&target.idm)) {
        return Ok(kind_of(&target.pmm));
    }
    let answer = channel.transmit(&get_make())?;
    if let (DONE, Ok(pmm)) = (answer.status, <&[u8; 8]>::try_from(&answer.data[..])) {
        return Ok(kind_of(pmm));
    }
    if !link.known {
        return Ok(CardKind::Felica);
    }
    let target = link.poll_any(channel)?;
    link.close(channel)?;
    Ok(target.filter(|target| is_it(&target.idm)).map_or(CardKind::Felica, |target| kind_of(&target.pmm)))
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
        CardKind::Unknown => Err(Unusable::UnknownCard),
        _ => Ok(()),
    }
}

/// Whether these bytes, given as the identifier of a card of this kind, can stand for a person. FeliCa cards of every kind
/// become [`CardKind::Felica`]: not every reader tells them apart, and a card must be the same on each.
pub(super) fn judge(kind: CardKind, bytes: &[u8]) -> Result<CardIdentity, Unusable> {
    can_identify(kind, true)?;
    let (kind, id_kind, id) = match kind {
        CardKind::Felica | CardKind::FelicaLiteS | CardKind::FelicaMobile => {
            (CardKind::Felica, IdKind::Idm, idm(bytes)?)
        }
        CardKind::Iso15693 => (kind, IdKind::Uid, vicinity_uid(bytes)?),
        _ => (kind, IdKind::Uid, uid(kind, bytes)?),
    };
    Ok(CardIdentity { kind, id_kind, assurance: Assurance::IdentifierOnly, id })
}

/// The part of an IDm that is the card's own.
pub(super) fn idm(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unusable> {
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

/// The UID of a type A card.
pub(super) fn uid(kind: CardKind, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unusable> {
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

/// The UID of a vicinity card, its E0 first; some readers give it as it goes over the air, least byte first.
fn vicinity_uid(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unusable> {
    if bytes.len() != VICINITY_LEN {
        return Err(length(bytes));
    }
    let mut id = Zeroizing::new(bytes.to_vec());
    if id[0] != VICINITY {
        id.reverse();
    }
    if id[0] != VICINITY || is_blank(&id[1..]) { Err(Unusable::InvalidIdentifier) } else { Ok(id) }
}

fn length(bytes: &[u8]) -> Unusable {
    if bytes.is_empty() { Unusable::NoIdentifier } else { Unusable::WrongLength }
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0x00) || bytes.iter().all(|&byte| byte == 0xFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDM: [u8; 8] = [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];

    #[test]
    fn the_system_that_answered_is_not_part_of_a_felica_cards_identity() {
        let other_system = [0x31, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];
        assert_eq!(judge(CardKind::Felica, &other_system).unwrap().id.as_slice(), IDM);
    }

    #[test]
    fn a_felica_card_is_the_same_whether_or_not_its_circuit_is_known() {
        for kind in [CardKind::FelicaLiteS, CardKind::FelicaMobile] {
            assert_eq!(judge(kind, &IDM), judge(CardKind::Felica, &IDM));
        }
    }

    #[test]
    fn a_vicinity_cards_uid_begins_with_e0_whichever_way_the_reader_gives_it() {
        let mut uid = [0xE0, 0x04, 0x01, 0x50, 0x6C, 0x7D, 0x8E, 0x9F];
        let identity = judge(CardKind::Iso15693, &uid).unwrap();
        uid.reverse();
        assert_eq!(judge(CardKind::Iso15693, &uid).unwrap(), identity);
        assert_eq!(identity.id[0], 0xE0);
        uid[7] = 0x11;
        assert_eq!(judge(CardKind::Iso15693, &uid), Err(Unusable::InvalidIdentifier));
        assert_eq!(judge(CardKind::Iso15693, &uid[..7]), Err(Unusable::WrongLength));
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
}
