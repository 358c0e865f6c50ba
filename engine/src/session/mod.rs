//! The state machines of authentication and enrolment. They start no thread, read no clock and open no store: a driver
//! feeds them what devices and the store say, with the time, and does what they ask. So every rule can be tested to the
//! millisecond without a device.

mod authenticate;
mod enrol;
mod guidance;
mod outcome;
#[cfg(test)]
mod tests;

pub use authenticate::{
    Authentication, Device, Event, Input, Lockout, Need, Output, Request, Standing, Subject, Who,
};
pub use enrol::{Enrolment, EnrolmentEvent, EnrolmentResult, Refusal, Refused};
pub use guidance::Guidance;
pub use outcome::{Coarse, LivenessDetail, Outcome, Verdict, Why};
