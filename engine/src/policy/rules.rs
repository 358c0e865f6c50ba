//! The rules of one attempt, as they come out of the policy for a purpose and a terminal.

use std::time::Duration;

use super::factor::{Factor, Factors};
use super::patterns::Patterns;
use super::words::{Cause, Challenge, Stage};
use crate::card::Assurance;

/// The rules of one kind of attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The name by which it is asked for and logged.
    pub name: String,
    /// Any one of these lets in, the preferred first.
    pub combinations: Vec<Factors>,
    /// What stands in for them, and when. Nothing else ever does.
    pub fallbacks: Vec<Fallback>,
    /// The least a card's identity must be worth.
    pub least_assurance: Assurance,
    /// False-match rate of the whole attempt: one decision is made in it, so it is that comparison's.
    pub fmr: f64,
    /// What the face must do to show that it lives.
    pub challenge: Challenge,
    /// Time for everything, from the first input.
    pub timeout: Duration,
    /// How long a grant lives, at the most.
    pub grant_life: Duration,
    /// The applications that such a grant opens without asking again (都度認証 for all others).
    pub applications: Patterns,
    /// A card may belong to several people; the face then tells which, with a margin. Without the face such a card is
    /// nobody's.
    pub department_cards: bool,
    /// The card must stay on the reader until the verdict. A tap is enough otherwise.
    pub card_stays: bool,
    /// Whether somebody may ask from another computer.
    pub remote: bool,
    /// How far this terminal's roll-out has come. To administer and to enrol is never only observed.
    pub stage: Stage,
}

/// Combinations that stand in for the ordinary ones, and the causes that open them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// Any of these opens it.
    pub when: Vec<Cause>,
    /// Any one of these then lets in.
    pub combinations: Vec<Factors>,
}

impl Policy {
    /// All that may let in, now or when a cause is found.
    pub fn all_combinations(&self) -> impl Iterator<Item = Factors> {
        let fallbacks = self.fallbacks.iter().flat_map(|fallback| &fallback.combinations);
        self.combinations.iter().chain(fallbacks).copied()
    }

    /// Card and face with a blink, as on the first day; nothing stands in for them. FMR 1e-4 is the ceiling of NIST SP
    /// 800-63B-4 for a biometric beside a card.
    #[must_use]
    pub fn ordinary() -> Policy {
        Policy {
            name: "ordinary".to_owned(),
            combinations: vec![Factors::of(&[Factor::Card, Factor::Face])],
            fallbacks: Vec::new(),
            least_assurance: Assurance::IdentifierOnly,
            fmr: 1e-4,
            challenge: Challenge::Blink,
            timeout: Duration::from_secs(20),
            grant_life: Duration::from_secs(12 * 3600),
            applications: Patterns::default(),
            department_cards: false,
            card_stays: false,
            remote: false,
            stage: Stage::Enforce,
        }
    }
}

/// The rules of an enrolment.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolmentPolicy {
    /// Samples aimed at. Averaging 3 to 5 lifts the true-match rate at FMR 1e-5 from 94 to 98 %.
    pub samples: usize,
    /// Samples without which nothing is kept.
    pub least_samples: usize,
    /// Time for everything.
    pub timeout: Duration,
    /// Least time between samples that look alike: frames of one moment say the same thing five times.
    pub spacing: Duration,
    /// Whether the face must blink between the samples.
    pub blink: bool,
    /// Whether the person's own card must lie on the reader.
    pub card: bool,
    /// How many administrators must agree, the one who enrols among them: 1 or 2.
    pub approvers: u8,
    /// How long an enrolment waits for somebody to look at it; then it is forgotten.
    pub pending: Duration,
}

impl EnrolmentPolicy {
    /// As this, with so many samples, and three at the least; fewer are enough only where fewer are asked for.
    #[must_use]
    pub fn with_samples(self, samples: usize) -> EnrolmentPolicy {
        EnrolmentPolicy { samples, least_samples: samples.min(3), ..self }
    }
}

/// Five samples of a live face beside its own card, taken by one administrator.
impl Default for EnrolmentPolicy {
    fn default() -> EnrolmentPolicy {
        EnrolmentPolicy {
            samples: 5,
            least_samples: 3,
            timeout: Duration::from_secs(60),
            spacing: Duration::from_millis(250),
            blink: true,
            card: true,
            approvers: 1,
            pending: Duration::from_secs(7 * 24 * 3600),
        }
    }
}
