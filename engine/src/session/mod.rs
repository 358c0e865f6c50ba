//! The state machines of authentication, enrolment and the watch over a grant. They start no thread, read no clock and open
//! no store: a driver feeds them what devices and the store say, with the time, and does what they ask. So every rule can
//! be tested to the millisecond without a device.

mod authenticate;
mod enrol;
mod guidance;
mod outcome;
mod pace;
mod pin;
mod sight;
#[cfg(test)]
mod tests;
mod watch;

pub use authenticate::{
    Authentication, Device, Event, Input, Lockout, Need, Output, Request, Standing, Subject, Verified, Who,
};
pub use enrol::{
    Comparison, Enrolment, EnrolmentFailure, EnrolmentInput, EnrolmentOutput, EnrolmentRequest,
    EnrolmentResult, Refusal, Refused, Resemblance, ReviewReason,
};
pub use guidance::{CardTrouble, Guidance};
pub use outcome::{Coarse, LivenessDetail, Outcome, Verdict, Why};
pub use pace::Pacer;
pub use pin::PinTrouble;
pub use watch::{Watch, WatchEvent, WatchInput, WatchRequest};
