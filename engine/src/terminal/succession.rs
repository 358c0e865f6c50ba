//! Succession: a key pair's word for the one that takes its place.

use serde::{Deserialize, Serialize};

use super::{Identity, TerminalKeys};
use crate::text::base64;

/// Most rotations that a peer may have missed.
pub const MOST_STEPS: usize = 16;

/// What is signed begins with it; then the former identity and its successor follow.
const TAG: &[u8] = b"mabataki terminal succession 1\0";

/// A former key pair, and its signature on the one that came after it. Name, store and number are the successor's, the
/// number less one: a step over two rotations cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(with = "base64")]
    signing: [u8; 32],
    #[serde(with = "base64")]
    sealing: [u8; 32],
    #[serde(with = "base64")]
    signature: [u8; 64],
}

impl Step {
    /// The step from these keys to their successor.
    pub(super) fn of(former: &TerminalKeys, successor: &Identity) -> Step {
        let identity = former.identity(&successor.terminal, successor.store);
        let signature = former.sign(&message(&identity, successor));
        Step { signing: identity.signing, sealing: identity.sealing, signature }
    }

    /// Who signed the successor; `None` when nobody of such keys did.
    pub(super) fn predecessor_of(&self, successor: &Identity) -> Option<Identity> {
        let number = successor.number.checked_sub(1).filter(|number| *number > 0)?;
        let Step { signing, sealing, .. } = *self;
        let former = Identity { number, signing, sealing, ..successor.clone() };
        former.verify(&message(&former, successor), &self.signature).then_some(former)
    }
}

fn message(former: &Identity, successor: &Identity) -> Vec<u8> {
    [TAG, &former.to_bytes(), &successor.to_bytes()].concat()
}
