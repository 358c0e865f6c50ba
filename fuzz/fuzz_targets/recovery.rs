//! See `targets/src/recovery.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mabataki_fuzz_targets::recovery(bytes));
