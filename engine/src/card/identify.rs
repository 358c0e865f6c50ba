//! Finding out what a card is and whom it may stand for. No device in here: the caller carries the APDUs.

use super::apdu::{Channel, Command, DONE, Shown};
use super::atr::Atr;
use super::certificate::{self, Family};
use super::felica::{Link, kind_of};
use super::plan::{Plan, Provider};
use super::{CardIdentity, CardKind, IdKind, Unusable, desfire, felica, identifier, lite_s, mifare};

/// What [`identify`] found: the kind of card, and whom it may stand for.
pub type Identified = (CardKind, Result<CardIdentity, Unusable>);

/// The application with the picture of a residence card (在留カード等仕様書), and the one with what is printed on a driving
/// licence (運転免許証及び運転免許証作成システム等仕様書): who has it is such a card.
const APPLICATIONS: [([u8; 16], CardKind); 2] = [
    ([0xD3, 0x92, 0xF0, 0x00, 0x4F, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], CardKind::ResidenceCard),
    ([0xA0, 0x00, 0x00, 0x02, 0x31, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], CardKind::DrivingLicence),
];

/// Finds out what a card is and whom it may stand for. `channel` carries commands to the card on the reader of this name;
/// `challenge` was drawn for this tap alone.
///
/// The first provider of the plan whose card it is decides: a card that fails its proof is not asked for anything less. A
/// card that cannot stand for a person is no error: the inner result says why.
///
/// The kind that comes first tells FeliCa cards apart as far as reader and card let it; that of the identity does not (see
/// [`CardIdentity::kind`]), so that a card is the same one on every reader.
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
    let mut link = Link::new(plan.dialect, reader);
    for provider in &plan.providers {
        let found = match provider {
            Provider::Identifier => Some(identifier::read(kind, atr, channel)?),
            Provider::FelicaBlock(place) if kind == CardKind::Felica => {
                felica::read_number(channel, &mut link, place)?
            }
            Provider::LiteS(keys) if kind == CardKind::Felica => {
                lite_s::prove(channel, &mut link, keys, challenge)?
            }
            Provider::MifareBlock(place) if kind == CardKind::MifareClassic => {
                mifare::read_number(channel, place)?
            }
            Provider::Desfire(key) if may_be_desfire(kind) => desfire::prove(channel, key, challenge)?,
            Provider::MyNumber if may_hold_certificates(kind) => {
                certificate::identify(channel, Family::MyNumber)?
            }
            Provider::Hpki if may_hold_certificates(kind) => certificate::identify(channel, Family::Hpki)?,
            _ => None,
        };
        link.close(channel)?;
        if let Some(result) = found {
            return settle(kind, plan, result, &mut link, channel);
        }
    }
    settle(kind, plan, Err(Unusable::NotAllowed), &mut link, channel)
}

/// The kind of card by all that is known of it now, and whether the plan takes such a one.
fn settle<C: Channel>(
    kind: CardKind,
    plan: &Plan,
    result: Result<CardIdentity, Unusable>,
    link: &mut Link,
    channel: &mut C,
) -> Result<Identified, C::Error> {
    Ok(match (kind, result) {
        (CardKind::Felica, Ok(identity)) if identity.id_kind == IdKind::Idm => {
            let kind = identifier::felica_kind(&identity.id, link, channel)?;
            match kind {
                CardKind::FelicaMobile if !plan.mobile => (kind, Err(Unusable::ChangingIdentifier)),
                _ => (kind, Ok(identity)),
            }
        }
        // The one that was asked last.
        (CardKind::Felica, result) => (link.seen.map_or(kind, |target| kind_of(&target.pmm)), result),
        (CardKind::TypeB, Err(why)) => (application_kind(channel)?.unwrap_or(kind), Err(why)),
        (_, Ok(identity)) => (identity.kind, Ok(identity)),
        (_, Err(why)) => (kind, Err(why)),
    })
}

/// The kind of a type B card by its applications; none when it has none that is known.
fn application_kind<C: Channel>(channel: &mut C) -> Result<Option<CardKind>, C::Error> {
    for (name, kind) in &APPLICATIONS {
        let Some(select) = Command::put([0x00, 0xA4, 0x04, 0x0C], name, None, Shown::Command) else {
            continue;
        };
        if channel.transmit(&select)?.status == DONE {
            return Ok(Some(*kind));
        }
    }
    Ok(None)
}

/// Whether a card of this kind, as far as its ATR tells, may turn out to be a DESFire.
fn may_be_desfire(kind: CardKind) -> bool {
    matches!(kind, CardKind::Desfire | CardKind::TypeA)
}

/// Whether a card of this kind, as far as its ATR tells, may turn out to be My Number or HPKI.
fn may_hold_certificates(kind: CardKind) -> bool {
    matches!(kind, CardKind::MyNumber | CardKind::TypeA | CardKind::TypeB | CardKind::Unknown)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use mabataki_test_support::persona::{self, site};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::super::apdu::{Answer, END_OF_DATA};
    use super::super::testing::{Laid, headers};
    use super::super::{Assurance, DesfireKey, Dialect, FelicaBlock, LiteSKeys, MifareBlock, atr};
    use super::*;

    /// All that the personas' site can ask, proofs first.
    fn site_plan() -> Plan {
        Plan {
            providers: vec![
                Provider::LiteS(LiteSKeys { master: Zeroizing::new(site::LITE_S_MASTER) }),
                Provider::Desfire(DesfireKey {
                    application: site::DESFIRE_APPLICATION,
                    number: site::DESFIRE_KEY_NUMBER,
                    key: Zeroizing::new(site::DESFIRE_KEY),
                    diversified: false,
                }),
                Provider::FelicaBlock(FelicaBlock::default()),
                Provider::MifareBlock(MifareBlock {
                    block: site::CLASSIC_BLOCK,
                    key_b: false,
                    key: Zeroizing::new(site::CLASSIC_KEY),
                    offset: 0,
                    length: 12,
                }),
                Provider::Identifier,
            ],
            ..Plan::default()
        }
    }

    /// Identifies a persona without any reader.
    fn tap(name: &str, plan: &Plan) -> (Identified, Laid) {
        let mut laid = Laid::on("Counter", name);
        let atr = laid.atr();
        let found = identify(&atr, "Counter", plan, &[0x5A; 16], &mut laid).unwrap();
        (found, laid)
    }

    fn id(name: &str) -> Vec<u8> {
        tap(name, &Plan::default()).0.1.unwrap().id.to_vec()
    }

    const IDM: [u8; 8] = [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];

    #[test]
    fn a_felica_card_is_its_idm_whatever_reader_it_lies_on() {
        assert_eq!(id("fcf"), IDM);
        assert_eq!(id("felica_12"), IDM);
        assert_eq!(id("felica_acr122"), IDM);
    }

    #[test]
    fn a_reader_that_wants_the_exact_length_or_warns_of_the_end_gives_the_same_identifier() {
        assert_eq!(id("exact_le"), id("ntag213"));
        assert_eq!(id("past_end"), id("ntag213"));
    }

    #[test]
    fn each_card_of_a_site_is_known_by_the_best_it_has() {
        for (name, kind, id_kind, assurance) in [
            ("lite_s", CardKind::FelicaLiteS, IdKind::Idm, Assurance::Proved),
            ("desfire", CardKind::Desfire, IdKind::Uid, Assurance::Proved),
            ("desfire_private", CardKind::Desfire, IdKind::Uid, Assurance::Proved),
            ("fcf", CardKind::Felica, IdKind::Number, Assurance::IdentifierOnly),
            ("fcf_in_holder", CardKind::Felica, IdKind::Number, Assurance::IdentifierOnly),
            ("mifare1k", CardKind::MifareClassic, IdKind::Number, Assurance::IdentifierOnly),
            ("transit", CardKind::Felica, IdKind::Idm, Assurance::IdentifierOnly),
            ("mifare1k_fresh", CardKind::MifareClassic, IdKind::Uid, Assurance::IdentifierOnly),
            ("mifare_plus", CardKind::MifarePlus, IdKind::Uid, Assurance::IdentifierOnly),
            ("ntag213", CardKind::MifareUltralight, IdKind::Uid, Assurance::IdentifierOnly),
            ("iso15693", CardKind::Iso15693, IdKind::Uid, Assurance::IdentifierOnly),
        ] {
            let ((found, result), _) = tap(name, &site_plan());
            let identity = result.unwrap_or_else(|why| panic!("{name}: {why}"));
            assert_eq!((found, identity.id_kind, identity.assurance), (kind, id_kind, assurance), "{name}");
        }
    }

    #[test]
    fn a_card_that_fails_its_proof_is_not_asked_for_anything_less() {
        for name in ["lite_s_copy", "lite_s_pretender", "desfire_copy"] {
            let ((_, result), laid) = tap(name, &site_plan());
            assert_eq!(result, Err(Unusable::ProofFailed), "{name}");
            assert!(!headers(&laid).contains(&[0xFF, 0xCA, 0x00, 0x00]), "{name}");
        }
    }

    #[test]
    fn a_proved_lite_s_card_is_found_as_the_one_that_was_only_read() {
        let ((_, proved), _) = tap("lite_s", &site_plan());
        let ((_, read), _) = tap("lite_s", &Plan::default());
        let (proved, read) = (proved.unwrap(), read.unwrap());
        assert_eq!((proved.kind, proved.id_kind, &proved.id), (read.kind, read.id_kind, &read.id));
        assert_ne!(proved.assurance, read.assurance);
    }

    #[test]
    fn a_watch_is_told_from_a_card_and_its_idm_is_taken_only_where_the_plan_says_so() {
        let ((kind, result), _) = tap("watch", &Plan::default());
        assert_eq!((kind, result), (CardKind::FelicaMobile, Err(Unusable::ChangingIdentifier)));
        let ((kind, result), _) = tap("watch", &Plan { mobile: true, ..Plan::default() });
        assert_eq!((kind, result.unwrap().kind), (CardKind::FelicaMobile, CardKind::Felica));
    }

    #[test]
    fn a_card_is_polled_for_its_kind_only_where_the_readers_words_are_known() {
        let ((kind, _), laid) = tap("lite_s", &Plan::default());
        assert_eq!((kind, laid.asked.len()), (CardKind::Felica, 2));
        let known = Plan { dialect: Some(Dialect::Generic), ..Plan::default() };
        let ((kind, result), _) = tap("lite_s", &known);
        assert_eq!((kind, result.unwrap().kind), (CardKind::FelicaLiteS, CardKind::Felica));
    }

    #[test]
    fn residence_cards_and_licences_are_told_apart_and_refused_with_the_reason() {
        for (name, kind) in [
            ("residence_card", CardKind::ResidenceCard),
            ("other_licence", CardKind::DrivingLicence),
            ("driving_licence", CardKind::DrivingLicence),
            ("type_b", CardKind::TypeB),
        ] {
            let (found, _) = tap(name, &Plan::default());
            assert_eq!(found, (kind, Err(Unusable::RandomIdentifier)), "{name}");
        }
    }

    #[test]
    fn a_card_that_no_provider_knows_is_not_allowed() {
        let plan = Plan { providers: site_plan().providers[..4].to_vec(), ..Plan::default() };
        for name in ["transit", "ntag213", "phone", "mifare1k_fresh", "fcf_uncarried"] {
            assert_eq!(tap(name, &plan).0.1, Err(Unusable::NotAllowed), "{name}");
        }
        assert_eq!(
            tap("fcf", &Plan { providers: Vec::new(), ..Plan::default() }).0.1,
            Err(Unusable::NotAllowed)
        );
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
                prop_assert_eq!(identity.assurance, Assurance::IdentifierOnly);
                prop_assert!(status == DONE || status == END_OF_DATA);
            }
        }

        #[test]
        fn random_answers_prove_nothing_and_end_soon(
            atr in prop::sample::select(vec![
                persona::storage(0x11, 0x003B), persona::storage(0x03, 0x0001), persona::iso_14443_4(&[0x80]),
                persona::iso_14443_4(&[]), persona::iso_14443_4(&[1, 2, 3, 4, 5, 6, 7, 0]),
            ]),
            answers in prop::collection::vec(
                (prop::collection::vec(any::<u8>(), 0..60), prop::sample::select(vec![
                    0x9000u16, 0x9100, 0x91AF, 0x6110, 0x6300, 0x6C08,
                ])), 1..30),
        ) {
            let atr = atr::decode(&atr).unwrap();
            let mut asked = 0;
            let mut channel = |_: &Command| {
                let (data, status) = &answers[asked % answers.len()];
                asked += 1;
                Ok::<_, Infallible>(Answer::parse(&[&data[..], &status.to_be_bytes()].concat()).unwrap())
            };
            let (_, result) = identify(&atr, "Counter", &site_plan(), &[7; 16], &mut channel).unwrap();
            prop_assert!(result.is_err() || result.unwrap().assurance == Assurance::IdentifierOnly);
            prop_assert!(asked < 100, "{}", asked);
        }
    }
}
