//! What is kept of a person's password.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PasswordHash, Secret, SecretError};
use crate::store::Document;

/// Most former passwords that are remembered, whatever the policy asks for: each costs one hash when a new one is set.
pub const MOST_REMEMBERED: usize = 24;

/// A person's password, as a hash, and those before it. Kept under the person's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRecord {
    /// Whose it is.
    pub person: String,
    /// Its hash.
    pub hash: PasswordHash,
    /// The hashes of those before it, the latest first.
    pub former: Vec<PasswordHash>,
    /// It is good for nothing but to be changed.
    pub must_change: bool,
    /// When it was set, UTC.
    pub set: Timestamp,
    /// Who set it; nobody where nobody administers yet.
    pub by: Option<String>,
}

impl Document for PasswordRecord {
    const KIND: &'static str = "password";

    fn person(&self) -> Option<&str> {
        Some(&self.person)
    }
}

impl PasswordRecord {
    /// Whether `password` is this one or one of the last `remembered - 1` before it.
    ///
    /// # Errors
    /// As [`PasswordHash::verify`].
    pub fn remembers(&self, password: &Secret, remembered: usize) -> Result<bool, SecretError> {
        for hash in std::iter::once(&self.hash).chain(&self.former).take(remembered) {
            if hash.verify(password)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The hashes that the next password's record remembers as former ones.
    #[must_use]
    pub fn into_former(self) -> Vec<PasswordHash> {
        std::iter::once(self.hash).chain(self.former).take(MOST_REMEMBERED).collect()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    fn record(passwords: &[&str]) -> PasswordRecord {
        let mut hashes = passwords.iter().map(|text| PasswordHash::of(&secret(text)).unwrap());
        PasswordRecord {
            person: "nurse01".to_owned(),
            hash: hashes.next().unwrap(),
            former: hashes.collect(),
            must_change: false,
            set: "2026-04-01T03:00:00Z".parse().unwrap(),
            by: None,
        }
    }

    #[test]
    fn as_many_passwords_are_remembered_as_are_asked_for() {
        let record = record(&["third", "second", "first"]);
        let remembers = |text: &str, remembered| record.remembers(&secret(text), remembered).unwrap();
        assert!(remembers("third", 1) && !remembers("second", 1));
        assert!(remembers("second", 2) && !remembers("first", 2));
        assert!(remembers("first", 3));
        assert!(!remembers("fourth", 24));
        assert!(!remembers("third", 0));
    }

    #[test]
    fn a_record_hands_its_hash_down_before_the_former_ones_and_no_more_than_the_most() {
        let mut record = record(&["new", "old"]);
        let (new, old) = (record.hash.clone(), record.former[0].clone());
        assert_eq!(record.clone().into_former(), [new, old.clone()]);
        record.former = vec![old; 40];
        assert_eq!(record.into_former().len(), MOST_REMEMBERED);
    }
}
