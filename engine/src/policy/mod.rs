//! What it takes to be let in, and what a success is good for: factors and their combinations, rights, lock-out rules.
//! Rules only: nothing here reads a clock, a store or a device.

mod factor;
mod lockout;
mod rules;
mod slowing;
mod steady;
mod words;

pub use factor::{Factor, Factors, Kind};
pub use lockout::{Counter, Locked, LockoutRules, Reservation};
pub use rules::{EnrolmentPolicy, Fallback, Policy};
pub use slowing::TerminalCounter;
pub use steady::Steady;
pub use words::{Cause, Challenge, Purpose, Right, Stage};
