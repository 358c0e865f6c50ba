//! By what a site knows its cards, as `[cards]` says it.

use pretty_assertions::assert_eq;

use super::{and, has_fault, parsed};
use crate::card::{Dialect, FelicaBlock};
use crate::policy::{CardRules, CardWay, DesfirePlace, MifarePlace};

const WHOLE: &str = r#"
[cards]
accept = ["desfire", "lite_s", "felica_number", "mifare_number", "my_number", "hpki", "identifier"]
dialect = "sony"
mobile = true
[cards.felica_number]
system = "FE00"
service = "1a8b"
block = 1
offset = 4
length = 8
[cards.mifare_number]
block = 5
key = "b"
offset = 8
length = 8
[cards.desfire]
application = "F48120"
key = 2
diversified = true
"#;

#[test]
fn without_the_section_a_card_is_known_by_the_identifier_that_it_gives_anybody() {
    let rules = parsed(&and("")).cards().clone();
    assert_eq!(rules, CardRules::default());
    assert_eq!((rules.accept, rules.mobile, rules.dialect), (vec![CardWay::Identifier], false, None));
}

#[test]
fn the_section_says_what_is_asked_of_a_card_in_which_order_and_where_it_stands() {
    let text = and(WHOLE);
    let book = parsed(&text);
    let rules = book.cards();
    assert_eq!(rules.accept, CardWay::ALL);
    assert_eq!((rules.dialect, rules.mobile), (Some(Dialect::Sony), true));
    assert_eq!(rules.felica, FelicaBlock { system: 0xFE00, service: 0x1A8B, block: 1, offset: 4, length: 8 });
    assert_eq!(rules.mifare, MifarePlace { block: 5, key_b: true, offset: 8, length: 8 });
    assert_eq!(rules.desfire, DesfirePlace { application: 0xF4_8120, number: 2, diversified: true });
}

#[test]
fn what_is_wrong_with_the_section_is_told_by_line() {
    let cards = |line: &str| and(&format!("[cards]\n{line}"));
    for (line, what) in [
        ("accept = [] # HERE", "expected at least one way"),
        ("accept = [\"uid\"] # HERE\n", "uid"),
        ("accept = [\"lite_s\", \"lite_s\"] # HERE", "expected each way once, found \"lite_s\""),
        ("accept = [\"identifier\", \"lite_s\"] # HERE", "\"identifier\" at the end, found \"lite_s\""),
        ("dialect = \"pcsc\" # HERE", "expected one of generic, sony, acs, pn532, identiv, found \"pcsc\""),
        ("key = \"00112233\" # HERE", "\"key\" is no key of cards, which has accept, "),
        ("felica_number.system = \"FE\" # HERE", "4 hexadecimal digits in quotes, found \"FE\""),
        ("felica_number.system = 65024 # HERE", "a text in quotes, found 65024"),
        ("felica_number.length = 17 # HERE", "a number from 1 to 16, found 17"),
        ("felica_number = { offset = 10, length = 7 } # HERE", "within a block of 16 bytes, found 10 and 7"),
        ("felica_number.offset = 8 # HERE", "within a block of 16 bytes, found 8 and 12"),
        ("mifare_number.block = 7 # HERE", "found one that holds a sector's keys"),
        ("mifare_number.block = 143 # HERE", "found one that holds a sector's keys"),
        ("mifare_number.key = \"c\" # HERE", "\"a\" or \"b\", found \"c\""),
        ("desfire.application = \"F4812\" # HERE", "6 hexadecimal digits"),
        ("desfire.key = 14 # HERE", "a number from 0 to 13, found 14"),
    ] {
        let text = cards(line);
        let faults = crate::policy::Rulebook::parse(&text).expect_err(line);
        assert!(faults.to_string().contains(what), "{line}: {faults}");
        // An empty list is told once; a list without a known word is told of twice, for the word and for the list.
        if !line.contains("uid") {
            has_fault(&text, what);
        }
    }
}
