//! By what a site knows its cards, through the real PC/SC stack: numbers in blocks, and keys that are proved.

#![cfg(test)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mabataki_engine::card::{
    Assurance, CardEvent, CardReader, DesfireKey, FelicaBlock, LiteSKeys, MifareBlock, Plan, Provider,
};
use mabataki_test_support::persona::site;
use mabataki_test_support::{PrivatePcscd, isolated, persona};
use pretty_assertions::assert_eq;
use zeroize::Zeroizing;

/// Long enough for anything that happens at once.
const SOON: Duration = Duration::from_secs(5);

/// Whom the site takes this card for, known by this alone; none when for nobody.
fn read(folder: &Path, provider: Provider, card: &str) -> Option<(Vec<u8>, Assurance)> {
    let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
    let mut hand = pcscd.reader("Counter").unwrap();
    let plan = Plan { providers: vec![provider], ..Plan::default() };
    let mut reader = CardReader::open_with(None, Arc::new(plan)).unwrap();
    hand.insert(persona::by_name(card).unwrap()).unwrap();
    match reader.wait(SOON) {
        Ok(Some(CardEvent::Inserted(reading))) => {
            reading.result.ok().map(|identity| (identity.id.to_vec(), identity.assurance))
        }
        other => panic!("{card} was not read: {other:?}"),
    }
}

fn lite_s() -> Provider {
    Provider::LiteS(LiteSKeys { master: Zeroizing::new(site::LITE_S_MASTER) })
}

fn desfire() -> Provider {
    Provider::Desfire(DesfireKey {
        application: site::DESFIRE_APPLICATION,
        number: site::DESFIRE_KEY_NUMBER,
        key: Zeroizing::new(site::DESFIRE_KEY),
        diversified: false,
    })
}

fn mifare() -> Provider {
    Provider::MifareBlock(MifareBlock {
        block: site::CLASSIC_BLOCK,
        key_b: false,
        key: Zeroizing::new(site::CLASSIC_KEY),
        offset: 0,
        length: 12,
    })
}

#[test]
fn a_number_in_a_card_is_read_though_a_transit_card_lies_in_the_same_holder() {
    isolated(|folder| {
        let number = site::NUMBER.to_vec();
        for (provider, card) in [
            (Provider::FelicaBlock(FelicaBlock::default()), "fcf"),
            (Provider::FelicaBlock(FelicaBlock::default()), "fcf_in_holder"),
            (mifare(), "mifare1k"),
        ] {
            let expected = Some((number.clone(), Assurance::IdentifierOnly));
            assert_eq!(read(folder, provider, card), expected, "{card}");
        }
    });
}

#[test]
fn a_card_that_proves_its_key_is_worth_more_and_one_that_cannot_is_worth_nothing() {
    isolated(|folder| {
        for (provider, card) in [(lite_s(), "lite_s"), (desfire(), "desfire"), (desfire(), "desfire_private")]
        {
            let (id, assurance) = read(folder, provider, card).unwrap();
            assert_eq!(assurance, Assurance::Proved, "{card}");
            assert!(!id.is_empty(), "{card}");
        }
        for (provider, card) in
            [(lite_s(), "lite_s_copy"), (lite_s(), "lite_s_pretender"), (desfire(), "desfire_copy")]
        {
            assert_eq!(read(folder, provider, card), None, "{card}");
        }
    });
}
