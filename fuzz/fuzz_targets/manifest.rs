//! A manifest that is accepted can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mabataki_models::Manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse_bytes(bytes) {
        assert!(manifest.calibration.threshold_for(manifest.calibration.default_fmr).is_finite());
    }
});
