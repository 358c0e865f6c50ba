//! What a session says.

use std::ffi::c_char;

use mabataki_engine::service::protocol::{SessionEvent, SessionResult};

use crate::codes::{
    CAUSES, FAILURES, FRESHNESS, GUIDANCE, MBT_ENDED, MBT_F_ID, MBT_FAILED, MBT_PENDING,
    MBT_WATCH_OTHER_CARD, OUTCOMES, PINS, REASONS, REVIEWS, STEPS, WATCHING, bits, number,
};
use crate::sized::Plain;
use crate::status::{MBT_OK, mbt_status};
use crate::strings::fill;
use crate::trouble;

/// Kinds of events, and what their code is: a step on the way, MBT_STEP_*
pub const MBT_EV_STEP: u32 = 1;
/// What the person should do now: MBT_G_*
pub const MBT_EV_GUIDANCE: u32 = 2;
/// What would help now: `needs` has the alternatives, the preferred first. The code is how many there are.
pub const MBT_EV_NEED: u32 = 3;
/// The terminal is not up to date: MBT_FRESH_*
pub const MBT_EV_LATE: u32 = 4;
/// Something stands in for the ordinary factors: MBT_CAUSE_*
pub const MBT_EV_TURN: u32 = 5;
/// Of an enrolment: `done` samples of `all`.
pub const MBT_EV_SAMPLE: u32 = 6;
/// Of a watch: MBT_WATCH_*
pub const MBT_EV_WATCH: u32 = 7;
/// The last one, and the outcome: MBT_GRANTED and the others. mbt_session_result has the rest.
pub const MBT_EV_DONE: u32 = 8;
/// The card did not take its PIN: MBT_PIN_*. `all` is 1 where the card says how many tries are left, and `done` is how many.
pub const MBT_EV_PIN: u32 = 9;

/// The most alternatives that an event lists.
pub const MBT_NEEDS: usize = 16;

/// Something that happened in a session.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_event {
    pub size: u32,
    /// MBT_EV_*; one that the host does not know is to be passed over.
    pub kind: u32,
    pub code: i32,
    /// Of MBT_EV_SAMPLE and MBT_EV_PIN.
    pub done: u32,
    pub all: u32,
    /// Of MBT_EV_NEED: sets of MBT_F_*, with MBT_F_ID where an id must be typed as well.
    pub needs: [u32; MBT_NEEDS],
    pub reserved: u32,
    /// Of MBT_WATCH_OTHER_CARD: the card that was tapped, for one `mbt_auth_params` within ten seconds. It says nothing of the card.
    pub card_ref: u64,
}

// SAFETY: repr(C), begins with `size`, only numbers.
unsafe impl Plain for mbt_event {}

/// The operating system has yet to judge its password: mbt_grant_confirm.
pub const MBT_RESULT_PROVISIONAL: u32 = 1;
/// Only an administrator can make it make sense to try again.
pub const MBT_RESULT_STOPPED: u32 = 2;
/// Of an enrolment: the face counts from now on.
pub const MBT_RESULT_ENROLLED: u32 = 4;

/// How a session ended. Neither a score nor the exact reason is in it: these are in the log.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_result {
    pub size: u32,
    /// MBT_PENDING, MBT_GRANTED and the others
    pub outcome: i32,
    /// MBT_REASON_*: what may be shown
    pub reason: i32,
    /// MBT_RESULT_*
    pub flags: u32,
    /// MBT_F_* that were given, of a grant.
    pub factors: u32,
    /// When it makes sense to try again; 0: at once.
    pub retry_after_s: u32,
    /// With MBT_FAILED: why nothing could be judged.
    pub status: mbt_status,
    /// Of an enrolment: MBT_FAILURE_*, MBT_REVIEW_*, or 0.
    pub failure: i32,
    pub review: i32,
    /// Of an enrolment: pictures taken.
    pub samples: u32,
    /// Of a grant: the person's id.
    pub subject: [c_char; 128],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_result {}

impl mbt_event {
    pub(crate) fn of(event: &SessionEvent) -> mbt_event {
        let mut told = mbt_event {
            size: 0,
            kind: 0,
            code: 0,
            done: 0,
            all: 0,
            needs: [0; MBT_NEEDS],
            reserved: 0,
            card_ref: 0,
        };
        (told.kind, told.code) = match event {
            SessionEvent::Step(step) => (MBT_EV_STEP, number(STEPS, step)),
            SessionEvent::Guide(guidance) => (MBT_EV_GUIDANCE, number(GUIDANCE, guidance)),
            SessionEvent::Need(needs) => {
                for (place, need) in told.needs.iter_mut().zip(needs) {
                    *place = bits(need.factors) | if need.claim { MBT_F_ID } else { 0 };
                }
                (MBT_EV_NEED, i32::try_from(needs.len().min(MBT_NEEDS)).unwrap_or_default())
            }
            SessionEvent::Late(freshness) => (MBT_EV_LATE, number(FRESHNESS, freshness)),
            SessionEvent::Turn(cause) => (MBT_EV_TURN, number(CAUSES, cause)),
            SessionEvent::Sample { taken, of } => {
                (told.done, told.all) = (*taken, *of);
                (MBT_EV_SAMPLE, 0)
            }
            SessionEvent::Pin(trouble, left) => {
                (told.done, told.all) = (u32::from(left.unwrap_or_default()), u32::from(left.is_some()));
                (MBT_EV_PIN, number(PINS, trouble))
            }
            SessionEvent::Watch(watch) => (MBT_EV_WATCH, number(WATCHING, watch)),
            SessionEvent::OtherCard(number) => {
                told.card_ref = *number;
                (MBT_EV_WATCH, MBT_WATCH_OTHER_CARD)
            }
            SessionEvent::Done(result) => (MBT_EV_DONE, mbt_result::of(result).outcome),
            SessionEvent::Failed(_) => (MBT_EV_DONE, MBT_FAILED),
        };
        told
    }
}

impl mbt_result {
    pub(crate) fn of(result: &SessionResult) -> mbt_result {
        let mut told = mbt_result {
            size: 0,
            outcome: MBT_PENDING,
            reason: 0,
            flags: 0,
            factors: 0,
            retry_after_s: 0,
            status: MBT_OK,
            failure: 0,
            review: 0,
            samples: 0,
            subject: [0; 128],
        };
        let mut flag = |set, flag| told.flags |= if set { flag } else { 0 };
        match result {
            SessionResult::Pending => {}
            SessionResult::Authenticated(end) => {
                flag(end.provisional, MBT_RESULT_PROVISIONAL);
                flag(end.stopped, MBT_RESULT_STOPPED);
                told.outcome = number(OUTCOMES, &end.outcome);
                told.reason = number(REASONS, &end.reason);
                told.factors = bits(end.factors);
                let wait = end.retry_after_s.unwrap_or_default();
                told.retry_after_s = u32::try_from(wait).unwrap_or(u32::MAX);
                told.subject = fill(end.subject.as_deref().unwrap_or_default());
            }
            SessionResult::Enrolled(end) => {
                flag(end.enrolled, MBT_RESULT_ENROLLED);
                told.outcome = MBT_ENDED;
                told.failure = end.failure.as_ref().map_or(0, |failure| number(FAILURES, failure));
                told.review = end.review.as_ref().map_or(0, |review| number(REVIEWS, review));
                told.samples = end.samples;
            }
            SessionResult::Watched => told.outcome = MBT_ENDED,
            SessionResult::Failed(refusal) => {
                told.outcome = MBT_FAILED;
                told.status = trouble::of(refusal);
            }
        }
        told
    }
}
