//! `[cards]`: by what the site knows its cards.

use std::ops::RangeInclusive;

use super::read::{Section, Value, quoted};
use super::settings::{number, truth};
use crate::card::{Dialect, FelicaBlock};
use crate::policy::{CardRules, CardWay, DesfirePlace, MifarePlace};

/// What a reader may speak, as it is written.
const DIALECTS: [(&str, Dialect); 5] = [
    ("generic", Dialect::Generic),
    ("sony", Dialect::Sony),
    ("acs", Dialect::Acs),
    ("pn532", Dialect::Pn532),
    ("identiv", Dialect::Identiv),
];

/// Bytes of a block of a FeliCa or MIFARE Classic card.
const BLOCK: u32 = 16;

pub(super) fn read(mut section: Section<'_>) -> CardRules {
    let standard = CardRules::default();
    let rules = CardRules {
        accept: section.take("accept").map_or(standard.accept, |value| accept(&value)),
        dialect: section.take("dialect").and_then(|value| dialect(&value)),
        mobile: truth(section.take("mobile"), standard.mobile),
        explain: truth(section.take("explain"), standard.explain),
        felica: felica(section.section("felica_number"), &standard.felica),
        mifare: mifare(section.section("mifare_number"), standard.mifare),
        desfire: desfire(section.section("desfire"), standard.desfire),
    };
    section.finish();
    rules
}

/// The ways in order of preference, each once. The identifier is every card's: what comes after it would never be asked.
fn accept(value: &Value<'_>) -> Vec<CardWay> {
    let mut ways: Vec<CardWay> = Vec::new();
    for entry in value.list().unwrap_or_default() {
        let Some(way) = entry.word::<CardWay>() else { continue };
        if ways.contains(&way) {
            entry.fault(&format!("expected each way once, found \"{way}\" again"));
        } else if ways.contains(&CardWay::Identifier) {
            entry.fault(&format!("expected \"identifier\" at the end, found \"{way}\" behind it"));
        }
        ways.push(way);
    }
    if ways.is_empty() {
        value.fault("expected at least one way to know a card, found none");
    }
    ways
}

fn dialect(value: &Value<'_>) -> Option<Dialect> {
    let text = value.text()?;
    let found = DIALECTS.iter().find(|(word, _)| *word == text).map(|(_, dialect)| *dialect);
    if found.is_none() {
        let known = DIALECTS.map(|(word, _)| word).join(", ");
        value.fault(&format!("expected one of {known}, found {}", quoted(text)));
    }
    found
}

fn felica(mut section: Section<'_>, standard: &FelicaBlock) -> FelicaBlock {
    let word = |value: Option<Value<'_>>, standard| {
        let number = value.and_then(|value| hex(&value, 4));
        number.and_then(|number| u16::try_from(number).ok()).unwrap_or(standard)
    };
    let (system, service) =
        (word(section.take("system"), standard.system), word(section.take("service"), standard.service));
    let block = number(section.take("block"), 0..=u32::from(u16::MAX), u32::from(standard.block));
    let (offset, length) = place(&mut section, standard.offset, standard.length);
    section.finish();
    let block = u16::try_from(block).unwrap_or(standard.block);
    FelicaBlock { system, service, block, offset, length }
}

fn mifare(mut section: Section<'_>, standard: MifarePlace) -> MifarePlace {
    let block = section.take("block");
    let number_of_block = byte(block.clone(), 0..=255, standard.block);
    if is_trailer(number_of_block)
        && let Some(value) = &block
    {
        value.fault("expected a block that holds data, found one that holds a sector's keys");
    }
    let key_b = section.take("key").is_some_and(|value| {
        value.text_that(|text| matches!(text, "a" | "b"), "\"a\" or \"b\"") == Some("b")
    });
    let (offset, length) = place(&mut section, standard.offset, standard.length);
    section.finish();
    MifarePlace { block: number_of_block, key_b, offset, length }
}

/// The last block of each sector: of 4 blocks up to block 127, of 16 beyond (MF1S70yyX, 8.6).
fn is_trailer(block: u8) -> bool {
    if block < 128 { block % 4 == 3 } else { block % 16 == 15 }
}

fn desfire(mut section: Section<'_>, standard: DesfirePlace) -> DesfirePlace {
    let application = section.take("application").and_then(|value| hex(&value, 6));
    let rules = DesfirePlace {
        application: application.unwrap_or(standard.application),
        number: byte(section.take("key"), 0..=13, standard.number),
        diversified: truth(section.take("diversified"), standard.diversified),
    };
    section.finish();
    rules
}

/// Where in a block a number stands: it must not reach beyond it.
fn place(section: &mut Section<'_>, offset: u8, length: u8) -> (u8, u8) {
    let at = byte(section.take("offset"), 0..=BLOCK - 1, offset);
    let long = section.take("length");
    let length = byte(long.clone(), 1..=BLOCK, length);
    if u32::from(at) + u32::from(length) > BLOCK {
        let found =
            format!("expected offset and length within a block of {BLOCK} bytes, found {at} and {length}");
        match long {
            Some(value) => value.fault(&found),
            None => section.place.fault(&found),
        }
    }
    (at, length)
}

fn byte(value: Option<Value<'_>>, range: RangeInclusive<u32>, standard: u8) -> u8 {
    u8::try_from(number(value, range, u32::from(standard))).unwrap_or(standard)
}

/// A number written in so many hexadecimal digits, as data sheets have it.
fn hex(value: &Value<'_>, digits: usize) -> Option<u32> {
    let fits = |text: &str| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = value.text_that(fits, &format!("{digits} hexadecimal digits in quotes"))?;
    u32::from_str_radix(text, 16).ok()
}
