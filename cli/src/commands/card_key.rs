//! `mabataki card key`: the site's keys for its cards. A key comes from the prompt or from standard input, and is never
//! shown.

use mabataki_engine::engine::CardKey;
use mabataki_engine::policy::CardKeyKind;
use mabataki_engine::secret::Secret;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Context;
use crate::args::CardKeys;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::{phrases, secret_input};

pub(super) fn run(command: &CardKeys, context: Context, out: &Output) -> Result<Exit, Failure> {
    let mut console = context.open(out)?;
    match command {
        CardKeys::Set { kind } => {
            let kind = kind_of(kind)?;
            let typed = secret_input::read_new(&phrases::card::key_prompt(out.lang, kind), out)?;
            let key = console.acting().set_card_key(kind, &bytes(&typed, kind)?)?;
            out.result(&told(&key), || phrases::card::key_set(out.lang, &key))?;
        }
        CardKeys::List => {
            for key in console.acting().card_keys()? {
                out.result(&told(&key), || phrases::card::key_listed(out.lang, &key))?;
            }
        }
        CardKeys::Remove { kind } => {
            let kind = kind_of(kind)?;
            let was_there = console.acting().remove_card_key(kind)?;
            out.result(&json!({ "kind": kind.code(), "removed": was_there }), || {
                phrases::card::key_removed(out.lang, kind, was_there)
            })?;
        }
    }
    Ok(Exit::Done)
}

fn told(key: &CardKey) -> Value {
    json!({ "kind": key.kind.code(), "check": key.check, "set": key.set.to_string() })
}

fn kind_of(word: &str) -> Result<CardKeyKind, Failure> {
    word.parse().map_err(|error| Failure::usage(format!("{error}"), "see: mabataki card key --help"))
}

/// The key from its hexadecimal digits; spaces between them are left out. Nothing of it is told when it is refused.
fn bytes(typed: &Secret, kind: CardKeyKind) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let wrong = |found: String| {
        let digits = 2 * kind.length();
        Failure::usage(
            format!("a key for {}: expected {digits} hexadecimal digits, found {found}", kind.code()),
            "type the key as it stands in the key sheet of the cards' maker",
        )
    };
    let mut key = Zeroizing::new(vec![0; kind.length()]);
    let mut digits = 0;
    for byte in typed.expose().bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digit = digit.ok_or_else(|| wrong("something else".to_owned()))?;
        if let Some(place) = key.get_mut(digits / 2) {
            *place = *place << 4 | digit;
        }
        digits += 1;
    }
    if digits == 2 * kind.length() { Ok(key) } else { Err(wrong(digits.to_string())) }
}
