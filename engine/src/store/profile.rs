//! What is written down of a person when they are added or changed, and its limits.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::audit::{is_id, is_line};

/// Most characters of a name, an account, a scope or a reason.
const LINE_CHARS: usize = 128;
/// Most accounts of one person.
const ACCOUNTS: usize = 16;
/// Most wards of one person.
const WARDS: usize = 16;

/// What an id is spelt with, for messages.
pub(super) const ID: &str = "1 to 64 of A-Z a-z 0-9 . _ @ -";
const LINE: &str = "1 to 128 characters on one line, not blank";

/// What an administrator writes down of a person. Adding and changing somebody take the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// 1 to 128 characters on one line.
    pub name: String,
    /// How the name is read (ふりがな): 1 to 128 characters on one line.
    pub reading: Option<String>,
    /// What policy knows them as: spelt like an id.
    pub role: Option<String>,
    /// The accounts of the host that are theirs: 16 at most, each 1 to 128 characters on one line.
    pub accounts: Vec<String>,
    /// The wards they work on, spelt like ids: 16 at most. By them another terminal is sent the people it needs.
    #[serde(default)]
    pub wards: Vec<String>,
    /// From when on they may come in.
    pub valid_from: Option<Timestamp>,
    /// From when on they may come in no more.
    pub valid_until: Option<Timestamp>,
    /// Staff for a time: needs `valid_until`.
    pub temporary: bool,
    /// They come from outside to maintain something: needs `valid_until`.
    pub vendor: Option<Vendor>,
}

/// Somebody of a vendor, who is let in for a piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The id of the person of the house who answers for them.
    pub sponsor: String,
    /// What they may work on: 1 to 128 characters on one line.
    pub scope: String,
}

/// Leave not to show the face, for a while: an eye patch, a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceException {
    /// 1 to 128 characters on one line.
    pub reason: String,
    /// From when on it holds no more.
    pub until: Timestamp,
}

/// That a person has agreed to the use of their face.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The day on the form.
    pub date: Date,
    /// Which form it was: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
    pub version: String,
}

impl Profile {
    /// Only a name.
    #[must_use]
    pub fn named(name: &str) -> Profile {
        Profile { name: name.to_owned(), ..Profile::default() }
    }

    /// Checks everything that can be checked without the store.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] names what does not fit.
    pub fn check(&self) -> Result<(), StoreError> {
        line("the person's name", &self.name)?;
        self.reading.iter().try_for_each(|reading| line("the reading of the person's name", reading))?;
        self.role.iter().try_for_each(|role| id("the person's role", role))?;
        if self.accounts.len() > ACCOUNTS {
            let found = self.accounts.len().to_string();
            return Err(invalid("the number of a person's accounts", "at most 16", found));
        }
        self.accounts.iter().try_for_each(|account| line("the person's account", account))?;
        each_once("the person's accounts", &self.accounts)?;
        if self.wards.len() > WARDS {
            let found = self.wards.len().to_string();
            return Err(invalid("the number of a person's wards", "at most 16", found));
        }
        self.wards.iter().try_for_each(|ward| id("the person's ward", ward))?;
        each_once("the person's wards", &self.wards)?;
        check_times("the person's validity", self.valid_from, self.valid_until)?;
        if let Some(vendor) = &self.vendor {
            id("the vendor's sponsor", &vendor.sponsor)?;
            line("the vendor's scope", &vendor.scope)?;
        }
        match self.valid_until {
            None if self.vendor.is_some() => Err(invalid("a vendor's person", "an end of validity", "none")),
            None if self.temporary => Err(invalid("temporary staff", "an end of validity", "none")),
            _ => Ok(()),
        }
    }
}

impl FaceException {
    pub(super) fn check(&self) -> Result<(), StoreError> {
        line("the reason of an exception", &self.reason)
    }
}

impl Consent {
    pub(super) fn check(&self) -> Result<(), StoreError> {
        id("the version of a consent", &self.version)
    }
}

pub(super) fn check_times(
    what: &'static str,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    match (from, until) {
        (Some(from), Some(until)) if from >= until => {
            Err(invalid(what, "an end after its beginning", "an end at or before it"))
        }
        _ => Ok(()),
    }
}

pub(super) fn id(what: &'static str, text: &str) -> Result<(), StoreError> {
    if is_id(text) { Ok(()) } else { Err(invalid(what, ID, characters(text))) }
}

pub(super) fn characters(text: &str) -> String {
    format!("{} characters", text.chars().count())
}

pub(super) fn invalid(what: &'static str, expected: &'static str, found: impl Into<String>) -> StoreError {
    StoreError::Invalid { what, expected, found: found.into() }
}

pub(super) fn each_once(what: &'static str, texts: &[String]) -> Result<(), StoreError> {
    let twice = texts.iter().enumerate().any(|(at, text)| texts.iter().take(at).any(|other| other == text));
    if twice { Err(invalid(what, "each once", "one twice")) } else { Ok(()) }
}

fn line(what: &'static str, text: &str) -> Result<(), StoreError> {
    if is_line(text, LINE_CHARS) { Ok(()) } else { Err(invalid(what, LINE, characters(text))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_was_kept_before_there_were_wards_still_opens() {
        let kept = r#"{"name":"A","reading":null,"role":null,"accounts":[],"valid_from":null,"valid_until":null,
            "temporary":false,"vendor":null}"#;
        assert_eq!(serde_json::from_str::<Profile>(kept).unwrap(), Profile::named("A"));
    }
}
