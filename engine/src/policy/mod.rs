//! What it takes to be let in, and what a success is good for: factors and their combinations, rights, lock-out rules,
//! and the site's policy file that holds them.
//! Rules only: nothing here reads a clock, a store or a device.

mod cards;
mod factor;
mod lockout;
mod password;
mod patterns;
mod rights;
mod rulebook;
mod rules;
mod slowing;
mod steady;
mod sync;
mod words;

pub use cards::{CardKeyKind, CardRules, CardWay, DesfirePlace, MifarePlace};
pub use factor::{Factor, Factors, Kind};
pub use lockout::{Counter, Locked, LockoutRules, Reservation};
pub use password::{
    LONGEST as LONGEST_PASSWORD, Owner as PasswordOwner, PasswordFault, PasswordRules, check_password,
};
pub use patterns::Patterns;
pub use rights::Rights;
pub use rulebook::{
    Audience, EmergencyRules, Fault, Faults, Group, LogPolicy, NoPolicy, Rulebook, STANDARD, TRIAL,
};
pub use rules::{EnrolmentPolicy, Fallback, Policy};
pub use slowing::TerminalCounter;
pub use steady::Steady;
pub use sync::{Freshness, SyncRules};
pub use words::{CameraOpens, Cause, Challenge, Purpose, Right, Stage};
