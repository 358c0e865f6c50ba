//! See `targets/src/sealed_record.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mabataki_fuzz_targets::sealed_record(bytes));
