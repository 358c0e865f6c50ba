//! See `targets/src/log_line.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mabataki_fuzz_targets::log_line(bytes));
