//! The introduction: the file that is carried from one terminal to another, so that they know each other's keys.
//!
//! It proves nothing of who made it, only that its maker holds the keys that it names. Who that is, people say to each
//! other: by the fingerprint. After a rotation the former keys say it.

use serde::{Deserialize, Serialize};

use super::succession::{MOST_STEPS, Step};
use super::{Identity, TerminalError, TerminalKeys};
use crate::audit::is_id;
use crate::text::base64;

/// Most bytes of an introduction: the longest there is, with 16 rotations, takes 3.9 kB.
pub const MOST_BYTES: usize = 4096;

/// The format that this version writes and reads.
const FORMAT: u32 = 1;

/// What is signed begins with it; then the identity follows.
const TAG: &[u8] = b"mabataki terminal introduction 1\0";

/// A terminal's identity, signed by itself, with the steps that lead from its former keys to these. Whoever has one that
/// was [parsed](Introduction::parse) has one whose every signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    identity: Identity,
    signature: [u8; 64],
    /// The last rotation first.
    former: Vec<Step>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    introduction: u32,
    identity: Identity,
    #[serde(with = "base64")]
    signature: [u8; 64],
    former: Vec<Step>,
}

/// The one key that files of all formats have.
#[derive(Deserialize)]
struct Kind {
    introduction: u32,
}

impl Introduction {
    /// Introduces a terminal by its keys; `former` are the steps that led to them, the last one first.
    pub(super) fn of(keys: &TerminalKeys, terminal: &str, store: [u8; 16], former: &[Step]) -> Introduction {
        let identity = keys.identity(terminal, store);
        let signature = keys.sign(&message(&identity));
        Introduction { identity, signature, former: former.to_vec() }
    }

    /// Reads a file, and verifies all of its signatures.
    ///
    /// # Errors
    /// [`TerminalError::NotAnIntroduction`], [`TerminalError::Format`], [`TerminalError::Signature`].
    pub fn parse(bytes: &[u8]) -> Result<Introduction, TerminalError> {
        let unknown = |found: String| TerminalError::NotAnIntroduction { found };
        if bytes.len() > MOST_BYTES {
            return Err(unknown(format!("{} bytes", bytes.len())));
        }
        let elsewhere =
            |error: serde_json::Error| unknown(format!("something else in line {}", error.line().max(1)));
        let Kind { introduction: found } = serde_json::from_slice(bytes).map_err(elsewhere)?;
        if found != FORMAT {
            return Err(TerminalError::Format { expected: FORMAT, found });
        }
        let File { identity, signature, former, .. } = serde_json::from_slice(bytes).map_err(elsewhere)?;
        if !is_id(&identity.terminal) || identity.number == 0 {
            return Err(unknown("a terminal without a name or a number".to_owned()));
        }
        if former.len() > MOST_STEPS {
            return Err(unknown(format!("{} rotations", former.len())));
        }
        let read = Introduction { identity, signature, former };
        let is_signed = read.identity.verify(&message(&read.identity), &read.signature)
            && read.predecessors().count() == read.former.len();
        if is_signed { Ok(read) } else { Err(TerminalError::Signature { terminal: read.identity.terminal }) }
    }

    /// The file's content: JSON on one line.
    #[must_use]
    #[expect(clippy::expect_used, reason = "texts, numbers and lists of them are always JSON")]
    pub fn to_text(&self) -> String {
        let file = File {
            introduction: FORMAT,
            identity: self.identity.clone(),
            signature: self.signature,
            former: self.former.clone(),
        };
        serde_json::to_string(&file).expect("plain values") + "\n"
    }

    /// Who is introduced.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Who is introduced, where these are the successors of keys that people have compared before: each step from the
    /// pinned keys on is signed by the keys before it.
    ///
    /// # Errors
    /// [`TerminalError::NotASuccessor`], also when the keys are the pinned ones.
    pub fn successor_of(&self, pinned: &Identity) -> Result<&Identity, TerminalError> {
        if self.predecessors().any(|former| former == *pinned) {
            return Ok(&self.identity);
        }
        Err(TerminalError::NotASuccessor {
            terminal: pinned.terminal.clone(),
            pinned: pinned.number,
            found: self.identity.number,
        })
    }

    /// Who the terminal was before each rotation, the last one first, as far as each is signed by the one before it.
    fn predecessors(&self) -> impl Iterator<Item = Identity> {
        self.former.iter().scan(self.identity.clone(), |successor, step| {
            *successor = step.predecessor_of(successor)?;
            Some(successor.clone())
        })
    }
}

fn message(identity: &Identity) -> Vec<u8> {
    [TAG, &identity.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::terminal::fixture::{self, STORE};

    fn introduction(rotations: u8) -> Introduction {
        fixture::ring(1, rotations).introduction("er-1", STORE)
    }

    fn code(bytes: &[u8]) -> &'static str {
        Introduction::parse(bytes).unwrap_err().code()
    }

    proptest! {
        #[test]
        fn a_file_with_any_byte_changed_is_refused_or_says_the_same(at in 0_usize..2000, byte: u8) {
            let introduction = introduction(3);
            let mut bytes = introduction.to_text().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            // A space between two keys changes nothing that is said.
            prop_assert!(Introduction::parse(&bytes).is_err() || Introduction::parse(&bytes) == Ok(introduction));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Introduction::parse(&bytes);
        }
    }

    #[test]
    fn the_longest_file_there_is_reads_back_and_keeps_to_the_limit() {
        let name = "w".repeat(64);
        let longest = fixture::ring_of(&name, 1, 40).introduction(&name, STORE);
        assert_eq!(longest.former.len(), MOST_STEPS);
        let text = longest.to_text();
        assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
        assert_eq!(Introduction::parse(text.as_bytes()), Ok(longest));
    }

    #[test]
    fn whoever_pinned_a_former_key_takes_the_successor_over_any_step_in_the_file() {
        let latest = introduction(5);
        for missed in 0..5 {
            let pinned = introduction(missed).identity;
            assert_eq!(latest.successor_of(&pinned), Ok(latest.identity()), "{missed}");
        }
        assert_eq!(latest.successor_of(&latest.identity).unwrap_err().code(), "not_a_successor");
        let old = introduction(2);
        assert!(old.successor_of(&latest.identity).is_err(), "there is no way back");
    }

    #[test]
    fn keys_that_another_terminal_signed_succeed_nobody() {
        let pinned = introduction(0).identity;
        let other = fixture::ring(9, 2).introduction("er-1", STORE);
        assert!(Introduction::parse(other.to_text().as_bytes()).is_ok());
        assert!(other.successor_of(&pinned).is_err());
        let renamed = fixture::ring(1, 2).introduction("er-2", STORE);
        assert!(renamed.successor_of(&pinned).is_err());
    }

    #[test]
    fn a_chain_with_a_step_left_out_or_of_another_terminal_is_refused() {
        let mut gap = introduction(4);
        gap.former.remove(1);
        assert_eq!(code(gap.to_text().as_bytes()), "introduction_signature");
        let mut foreign = introduction(4);
        foreign.former[3] = fixture::ring(9, 4).introduction("er-1", STORE).former[3].clone();
        assert_eq!(code(foreign.to_text().as_bytes()), "introduction_signature");
        let mut beyond = introduction(1);
        let step = beyond.former[0].clone();
        beyond.former.push(step);
        assert_eq!(
            code(beyond.to_text().as_bytes()),
            "introduction_signature",
            "nothing comes before the first"
        );
    }

    #[test]
    fn an_introduction_signed_by_other_keys_than_it_names_is_refused() {
        let mut forged = introduction(0);
        forged.identity.sealing = introduction(1).identity.sealing;
        assert_eq!(code(forged.to_text().as_bytes()), "introduction_signature");
    }

    #[test]
    fn what_is_no_introduction_is_told_from_one_of_a_newer_format() {
        let text = introduction(0).to_text();
        assert_eq!(code(b""), "not_an_introduction");
        assert_eq!(code(&vec![b' '; MOST_BYTES + 1]), "not_an_introduction");
        assert_eq!(code(text.replace("er-1", "er 1").as_bytes()), "not_an_introduction");
        assert_eq!(code(text.replacen('{', r#"{"more":1,"#, 1).as_bytes()), "not_an_introduction");
        let newer = text.replace(r#""introduction":1"#, r#""introduction":2,"more":1"#);
        assert_eq!(code(newer.as_bytes()), "introduction_format");
    }
}
