//! What a bundle tells of itself before it is opened.

use jiff::{SignedDuration, Timestamp};
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::{BundleError, MOST_RECORDS};
use crate::audit::is_id;
use crate::terminal::{Identity, Scope};
use crate::text::base64;

/// Most bytes of a header.
pub(super) const MOST_HEADER: usize = 64 * 1024;

/// The longest that a bundle may be good for: 90 days. Who left meanwhile is let in by nothing that is older.
pub const LONGEST_VALID: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Most embedding models whose templates are in one bundle: a pack has one, and one that it follows.
const MOST_MODELS: usize = 16;

/// Who, for whom, of when, and of what. Nothing of it is secret; all of it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Who made it.
    pub sender: Party,
    /// Who may open it.
    pub recipient: Party,
    /// Which one it is of those that the sender made for this recipient: 1 for the first, and then rising.
    pub revision: u64,
    /// When it was made, UTC, by the sender's clock.
    pub made: Timestamp,
    /// From when on it is good no more, UTC: 90 days after it was made at most.
    pub not_after: Timestamp,
    /// What was asked for. Nothing in it is beyond this.
    pub scope: Scope,
    /// Whether that was all that the sender may send the recipient. Else what is gone there may not be in it.
    pub whole: bool,
    /// The embedding models that its templates were made with.
    pub models: Vec<Digest>,
    /// How many records of each kind there are.
    pub counts: Counts,
    /// The public half of the key pair that was drawn for it: X25519.
    #[serde(with = "base64")]
    pub ephemeral: [u8; 32],
}

/// A terminal, by one of its key pairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its name.
    pub terminal: String,
    /// Its store's id.
    #[serde(with = "base64")]
    pub store: [u8; 16],
    /// Which of its key pairs.
    pub number: u32,
}

/// How many records there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The policy: 0 or 1.
    pub policies: u64,
    /// What is gone.
    pub gone: u64,
    /// People.
    pub people: u64,
    /// Cards.
    pub cards: u64,
    /// Faces.
    pub templates: u64,
    /// Passwords.
    pub passwords: u64,
    /// Application logins.
    pub logins: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Counts { policies, gone, people, cards, templates, passwords, logins } = *self;
        [policies, gone, people, cards, templates, passwords, logins].into_iter().fold(0, u64::saturating_add)
    }
}

impl From<&Identity> for Party {
    fn from(identity: &Identity) -> Party {
        Party { terminal: identity.terminal.clone(), store: identity.store, number: identity.number }
    }
}

impl Header {
    pub(super) fn parse(text: &[u8]) -> Result<Header, BundleError> {
        let foreign = |found: &str| BundleError::Foreign { found: found.to_owned() };
        let header: Header =
            serde_json::from_slice(text).map_err(|_| foreign("another version's header, or none"))?;
        let Header { sender, recipient, revision, made, not_after, models, .. } = &header;
        if !is_id(&sender.terminal) || !is_id(&recipient.terminal) || *revision == 0 {
            return Err(foreign("a header without names or a number"));
        }
        if made >= not_after || made.duration_until(*not_after) > LONGEST_VALID {
            return Err(foreign("a header that is good for no time, or for more than 90 days"));
        }
        if models.len() > MOST_MODELS {
            return Err(foreign("a header of too many models"));
        }
        if header.counts.total() > MOST_RECORDS {
            return Err(foreign("a header of too many records"));
        }
        Ok(header)
    }

    pub(super) fn to_text(&self) -> Result<Vec<u8>, BundleError> {
        if self.counts.total() > MOST_RECORDS {
            return Err(BundleError::TooLong { what: "the content", most: "1,048,576 records" });
        }
        let text = serde_json::to_vec(self).ok().filter(|text| text.len() <= MOST_HEADER);
        text.ok_or(BundleError::TooLong { what: "the header", most: "64 KiB" })
    }
}
