//! What it takes to be let in. For now one policy, the ordinary one: card and live face, both, always.

use std::time::Duration;

use crate::card::Assurance;

/// The rules of one kind of attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The name by which it is asked for and logged.
    pub name: String,
    /// False-match rate of the whole decision: one comparison is made an attempt, so it is that comparison's.
    pub fmr: f64,
    /// Time for everything, from the first input.
    pub timeout: Duration,
    /// The least a card's identity must be worth.
    pub least_assurance: Assurance,
}

impl Policy {
    /// Card and face with a blink. FMR 1e-4 is the ceiling of NIST SP 800-63B-4 for a biometric beside a card.
    #[must_use]
    pub fn ordinary() -> Policy {
        Policy {
            name: "ordinary".to_owned(),
            fmr: 1e-4,
            timeout: Duration::from_secs(20),
            least_assurance: Assurance::IdentifierOnly,
        }
    }

    /// The policy of that name, if there is one.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Policy> {
        (name == "ordinary").then(Policy::ordinary)
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
}

impl EnrolmentPolicy {
    /// Five samples, three at the least; fewer are enough only where fewer are asked for.
    #[must_use]
    pub fn with_samples(samples: usize) -> EnrolmentPolicy {
        EnrolmentPolicy {
            samples,
            least_samples: samples.min(3),
            timeout: Duration::from_secs(60),
            spacing: Duration::from_millis(250),
        }
    }
}

impl Default for EnrolmentPolicy {
    fn default() -> EnrolmentPolicy {
        EnrolmentPolicy::with_samples(5)
    }
}
