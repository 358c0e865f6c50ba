//! Face templates as they lie in the store.

use mabataki_engine::matching::Template;

/// A template that was read is written as it was.
pub fn template(bytes: &[u8]) {
    if let Ok(template) = Template::from_bytes(bytes) {
        assert!(template.to_bytes()[..] == *bytes);
    }
}
