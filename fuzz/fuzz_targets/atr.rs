//! Answers to reset, as a card sends them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mabataki_engine::card::atr;

fuzz_target!(|bytes: &[u8]| {
    let _ = atr::decode(bytes);
});
