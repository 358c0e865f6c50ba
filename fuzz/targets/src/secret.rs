//! Secrets as they are typed, and as they are read back: emergency codes, password hashes, logins.

use mabataki_engine::secret::{EmergencyCode, Login, PasswordHash, Secret};

/// A code that was read is read again as it is shown.
pub fn secret(bytes: &[u8]) {
    // Never verified: a hash may ask for more memory than a fuzzer has.
    if let Ok(hash) = serde_json::from_slice::<PasswordHash>(bytes) {
        let _ = hash.is_of_today();
    }
    if let Ok(login) = serde_json::from_slice::<Login>(bytes) {
        let _ = login.check();
    }
    let Ok(typed) = Secret::from_bytes(bytes.to_vec().into()) else { return };
    if let Ok(code) = EmergencyCode::read(&typed) {
        let again = Secret::new(code.to_text()).expect("a code is one line");
        assert!(EmergencyCode::read(&again).is_ok());
    }
}
