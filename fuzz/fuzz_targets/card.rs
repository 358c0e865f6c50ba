//! See `targets/src/card.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mabataki_fuzz_targets::card(bytes));
