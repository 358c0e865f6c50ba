//! A model pack's manifest.

use mabataki_models::Manifest;

/// A manifest that is accepted has a threshold for the rate it asks for.
pub fn manifest(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::parse_bytes(bytes) {
        assert!(manifest.calibration.threshold_for(manifest.calibration.default_fmr).is_finite());
    }
}
