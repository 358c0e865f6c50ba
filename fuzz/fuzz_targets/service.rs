//! See `targets/src/service.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mabataki_fuzz_targets::service(bytes));
