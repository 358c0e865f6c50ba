//! What is kept of emergencies: the codes that were issued, the uses that wait for review, and a disaster.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CodeMac, EmergencyCode, SecretError};
use crate::audit::is_line;
use crate::policy::{Purpose, Steady};
use crate::store::Document;
use crate::text::vocabulary;

/// Most characters of a remark.
const REMARK_CHARS: usize = 200;

/// A time that ends on both clocks: whichever says first that it is over is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// When it began, UTC.
    pub from: Timestamp,
    /// When it ends, UTC.
    pub until: Timestamp,
    /// When it began on the clock that nobody can set.
    steady: Steady,
    /// How long it is, ms.
    ms: u64,
}

impl Term {
    /// From now on, for so long.
    #[must_use]
    pub fn new(wall: Timestamp, steady: Steady, length: Duration) -> Term {
        let until = wall.checked_add(length).unwrap_or(wall);
        Term { from: wall, until, steady, ms: u64::try_from(length.as_millis()).unwrap_or(u64::MAX) }
    }

    /// Whether it is over. `behind` says that the wall's clock stands before a time that it has already shown: then it is
    /// not believed, and only a term that began since this start of the machine can still be running.
    #[must_use]
    pub fn is_over(&self, wall: Timestamp, steady: Steady, behind: bool) -> bool {
        let by_wall = if behind { !self.steady.same_boot(steady) } else { wall >= self.until };
        by_wall || self.steady.elapsed(steady) >= Duration::from_millis(self.ms)
    }

    /// How much of it is left at most.
    #[must_use]
    pub fn left(&self, steady: Steady) -> Duration {
        Duration::from_millis(self.ms).saturating_sub(self.steady.elapsed(steady))
    }
}

vocabulary! {
    /// What has become of a code.
    pub enum CodeState, "a code's state" {
        /// It can be used.
        Open = "open", "open", "未使用";
        /// It was used.
        Used = "used", "used", "使用済み";
        /// An administrator took it back.
        Revoked = "revoked", "revoked", "取り消し済み";
        /// Its time ran out before anybody used it.
        Expired = "expired", "expired", "期限切れ";
    }
}

/// A code that was issued. Kept under its handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedCode {
    /// What is kept of the code itself.
    pub mac: CodeMac,
    /// The one person it is good for; anybody in the store if none.
    pub person: Option<String>,
    /// The one terminal it is good at.
    pub terminal: String,
    /// What it is good for.
    pub purposes: Vec<Purpose>,
    /// How long it lets somebody work, minutes.
    pub minutes: u32,
    /// How long it may wait to be used.
    pub term: Term,
    /// Who issued it; nobody in a store without administrators.
    pub issuer: Option<String>,
    /// Open, used or revoked. That it expired is told by its term.
    pub state: CodeState,
}

impl Document for IssuedCode {
    const KIND: &'static str = "emergency_code";

    /// A code that is still good goes with the person it is good for.
    fn person(&self) -> Option<&str> {
        self.person.as_deref().filter(|_| self.state == CodeState::Open)
    }
}

impl IssuedCode {
    /// What has become of it by now.
    #[must_use]
    pub fn state_at(&self, wall: Timestamp, steady: Steady, behind: bool) -> CodeState {
        if self.state == CodeState::Open && self.term.is_over(wall, steady, behind) {
            return CodeState::Expired;
        }
        self.state
    }

    /// Whether this is the code, and it is good here for this person and purpose: never for whoever issued it.
    /// Everything is looked at whatever the first answer is.
    #[must_use]
    pub fn fits(&self, code: &EmergencyCode, terminal: &str, person: &str, purpose: Purpose) -> bool {
        self.mac.is_of(code)
            & (self.terminal == terminal)
            & self.person.as_deref().is_none_or(|bound| bound == person)
            & (self.issuer.as_deref() != Some(person))
            & self.purposes.contains(&purpose)
    }
}

/// Why somebody wants in although the ordinary ways are closed, or what an administrator found: one line of people's own
/// words. It is demanded, and it is kept for the review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark(String);

impl Remark {
    /// Takes a line of 1 to 200 characters, not blank.
    ///
    /// # Errors
    /// [`SecretError::Remark`].
    pub fn new(text: &str) -> Result<Remark, SecretError> {
        if !is_line(text, REMARK_CHARS) {
            return Err(SecretError::Remark { found: text.chars().take(REMARK_CHARS * 4).count() });
        }
        Ok(Remark(text.trim().to_owned()))
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// That somebody was let in by a claim. It waits for an administrator to look at it. Kept under a number of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyUse {
    /// The code's handle; none in a disaster.
    pub code: Option<String>,
    /// Who they said they are.
    pub person: String,
    /// Their name as it was then.
    pub name: String,
    /// What they wanted to be let in for.
    pub purpose: Purpose,
    /// Why, in their own words.
    pub reason: String,
    /// Where.
    pub terminal: String,
    /// When, UTC.
    pub at: Timestamp,
    /// The number under which the log knows what they did then.
    pub session: Option<String>,
    /// Who made it possible: issued the code, or declared the disaster. They may not review it.
    pub allowed_by: Vec<String>,
    /// Who looked at it.
    pub review: Option<Review>,
}

impl Document for EmergencyUse {
    const KIND: &'static str = "emergency_use";
}

/// That an administrator looked at a use and found what they write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Who; nobody in a store without administrators.
    pub by: Option<String>,
    /// When, UTC.
    pub at: Timestamp,
    /// What they found.
    pub note: String,
}

/// A disaster that two administrators declared. While it lasts, a claim and a reason let somebody in for an emergency,
/// without a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disaster {
    /// How long it lasts.
    pub term: Term,
    /// Who declared it.
    pub declared_by: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Document for Disaster {
    const KIND: &'static str = "disaster";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: u8, ms: u64) -> Steady {
        Steady { boot: [boot; 16], ms }
    }

    fn noon(plus: i64) -> Timestamp {
        Timestamp::from_second(1_775_012_400 + plus).unwrap()
    }

    #[test]
    fn a_term_ends_to_the_millisecond_on_whichever_clock_says_so_first() {
        let term = Term::new(noon(0), at(1, 5_000), Duration::from_secs(60));
        assert!(!term.is_over(noon(59), at(1, 64_999), false));
        assert!(term.is_over(noon(60), at(1, 64_999), false));
        assert!(term.is_over(noon(59), at(1, 65_000), false));
        assert_eq!(term.left(at(1, 64_999)), Duration::from_millis(1));
    }

    #[test]
    fn setting_the_clock_back_brings_no_term_back() {
        let term = Term::new(noon(0), at(1, 5_000), Duration::from_secs(60));
        assert!(term.is_over(noon(-100_000), at(1, 65_000), true));
        // After a restart the steady clock tells at least the time since then.
        assert!(term.is_over(noon(1), at(2, 60_000), false));
        assert!(
            term.is_over(noon(1), at(2, 1), true),
            "a clock that stands behind after a restart is not believed"
        );
    }

    #[test]
    fn a_term_that_began_under_a_clock_that_stands_behind_runs_on_the_steady_clock() {
        let term = Term::new(noon(-1_000_000), at(1, 5_000), Duration::from_secs(60));
        assert!(!term.is_over(noon(-1_000_000), at(1, 64_999), true));
        assert!(term.is_over(noon(-1_000_000), at(1, 65_000), true));
        assert!(term.is_over(noon(0), at(1, 5_001), false), "the clock was put right");
    }

    #[test]
    fn a_code_is_good_for_its_person_its_terminal_and_its_purposes_alone() {
        let code = EmergencyCode::draw().unwrap();
        let issued = IssuedCode {
            mac: CodeMac::of(&code).unwrap(),
            person: Some("nurse01".to_owned()),
            terminal: "ward3-a".to_owned(),
            purposes: vec![Purpose::Login, Purpose::Emergency],
            minutes: 30,
            term: Term::new(noon(0), at(1, 0), Duration::from_secs(60)),
            issuer: None,
            state: CodeState::Open,
        };
        assert!(issued.fits(&code, "ward3-a", "nurse01", Purpose::Emergency));
        assert!(!issued.fits(&EmergencyCode::draw().unwrap(), "ward3-a", "nurse01", Purpose::Emergency));
        assert!(!issued.fits(&code, "ward3-b", "nurse01", Purpose::Emergency));
        assert!(!issued.fits(&code, "ward3-a", "nurse02", Purpose::Emergency));
        assert!(!issued.fits(&code, "ward3-a", "nurse01", Purpose::Unlock));
        let anybody = IssuedCode { person: None, ..issued.clone() };
        assert!(anybody.fits(&code, "ward3-a", "nurse02", Purpose::Login));
        assert_eq!(issued.state_at(noon(60), at(1, 0), false), CodeState::Expired);
        let used = IssuedCode { state: CodeState::Used, ..issued };
        assert_eq!(used.state_at(noon(60), at(1, 0), false), CodeState::Used);
    }
}
