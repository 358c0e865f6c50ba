//! Face templates as they lie in the store.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mabataki_engine::matching::Template;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(template) = Template::from_bytes(bytes) {
        assert!(template.to_bytes()[..] == *bytes);
    }
});
