//! The numbers that stand for the engine's words, each written down once and never used for another.

use mabataki_engine::engine::PolicyWarning;
use mabataki_engine::policy::{Cause, Factor, Factors, Freshness, Purpose};
use mabataki_engine::secret::CodeState;
use mabataki_engine::session::{
    Coarse, EnrolmentFailure, Event, Guidance, Outcome, PinTrouble, ReviewReason, WatchEvent,
};
use mabataki_engine::store::{CardStatus, PersonStatus, Stop};

/// Factors, as bits of a set: what can be given to show who one is.
pub const MBT_F_CARD: u32 = 1;
pub const MBT_F_FACE: u32 = 2;
/// The product's own password.
pub const MBT_F_PASSWORD: u32 = 4;
/// The password of the host's account, which the operating system judges after the grant.
pub const MBT_F_HOST_PASSWORD: u32 = 8;
/// The card's own PIN.
pub const MBT_F_PIN: u32 = 16;
/// The store's key, in the hands of whoever runs the command on this terminal.
pub const MBT_F_STORE_KEY: u32 = 32;
/// Claims who somebody is, and does not prove it.
pub const MBT_F_EMERGENCY_CODE: u32 = 64;
/// In what MBT_EV_NEED lists: an id must be typed as well (mbt_session_claim).
pub const MBT_F_ID: u32 = 0x1_0000;
/// With MBT_F_PIN in mbt_session_push_secret: the person was told that it is the card's last try (MBT_PIN_LAST_TRY), and consents.
pub const MBT_F_LAST_TRY: u32 = 0x2_0000;

/// How a session ended. Pending: it is still under way.
pub const MBT_PENDING: i32 = 0;
pub const MBT_GRANTED: i32 = 1;
/// Somebody was judged and refused.
pub const MBT_REFUSED: i32 = 2;
/// Nothing was presented, or it was called off before anything was.
pub const MBT_ABANDONED: i32 = 3;
/// Judged and logged, nothing else: the terminal only observes, and the host lets in as it did before.
pub const MBT_OBSERVED: i32 = 4;
/// Nothing could be judged: the status and mbt_session_error say why.
pub const MBT_FAILED: i32 = 5;
/// An enrolment or a watch came to its end; the result has the rest.
pub const MBT_ENDED: i32 = 6;

/// What the person at the terminal is asked to do next: the code of MBT_EV_GUIDANCE.
pub const MBT_G_TAP_CARD: i32 = 1;
pub const MBT_G_CARD_UNUSABLE: i32 = 2;
pub const MBT_G_OTHER_CARD: i32 = 3;
pub const MBT_G_SHOW_FACE: i32 = 4;
pub const MBT_G_MANY_FACES: i32 = 5;
pub const MBT_G_OFF_CENTRE: i32 = 6;
pub const MBT_G_TOO_FAR: i32 = 7;
pub const MBT_G_TOO_NEAR: i32 = 8;
pub const MBT_G_LOOK_STRAIGHT: i32 = 9;
pub const MBT_G_TOO_DARK: i32 = 10;
pub const MBT_G_TOO_BRIGHT: i32 = 11;
pub const MBT_G_BLURRED: i32 = 12;
pub const MBT_G_EYES_HIDDEN: i32 = 13;
pub const MBT_G_MASK_SEEN: i32 = 14;
pub const MBT_G_HOLD_STILL: i32 = 15;
pub const MBT_G_PLEASE_BLINK: i32 = 16;
pub const MBT_G_BLINK_AGAIN: i32 = 17;
pub const MBT_G_TYPE_ID: i32 = 18;
pub const MBT_G_TYPE_PASSWORD: i32 = 19;
pub const MBT_G_TYPE_HOST_PASSWORD: i32 = 20;
pub const MBT_G_TYPE_PIN: i32 = 21;
pub const MBT_G_TYPE_CODE: i32 = 22;
pub const MBT_G_DONE: i32 = 23;
pub const MBT_G_TWO_CARDS: i32 = 24;
pub const MBT_G_HOLD_LONGER: i32 = 25;
pub const MBT_G_CARD_UNREADABLE: i32 = 26;
pub const MBT_G_IDENTIFIER_CHANGES: i32 = 27;
pub const MBT_G_CARD_NOT_ALLOWED: i32 = 28;
pub const MBT_G_CARD_UNKNOWN: i32 = 29;
pub const MBT_G_CARD_SUSPENDED: i32 = 30;
pub const MBT_G_BACK_LIGHT: i32 = 31;

/// What a grant is asked for.
pub const MBT_PURPOSE_LOGIN: u32 = 1;
pub const MBT_PURPOSE_UNLOCK: u32 = 2;
pub const MBT_PURPOSE_APPLICATION: u32 = 3;
pub const MBT_PURPOSE_SWITCH: u32 = 4;
pub const MBT_PURPOSE_ADMIN: u32 = 5;
pub const MBT_PURPOSE_ENROLMENT: u32 = 6;
pub const MBT_PURPOSE_EMERGENCY: u32 = 7;

/// What a host may know, and show, of the reason.
pub const MBT_REASON_GRANTED: i32 = 1;
pub const MBT_REASON_REFUSED: i32 = 2;
pub const MBT_REASON_LOCKED: i32 = 3;
pub const MBT_REASON_CARD_USELESS: i32 = 4;
pub const MBT_REASON_TOO_LATE: i32 = 5;
pub const MBT_REASON_CANCELLED: i32 = 6;
pub const MBT_REASON_OBSERVED: i32 = 7;
pub const MBT_REASON_UNAVAILABLE: i32 = 8;

/// Steps on the way: the code of MBT_EV_STEP.
pub const MBT_STEP_CARD_READ: i32 = 1;
pub const MBT_STEP_FACE_FOUND: i32 = 2;
pub const MBT_STEP_BLINK_SEEN: i32 = 3;

/// Why something stands in for the ordinary factors: the code of MBT_EV_TURN.
pub const MBT_CAUSE_CAMERA_LOST: i32 = 1;
pub const MBT_CAUSE_READER_LOST: i32 = 2;
pub const MBT_CAUSE_MASK: i32 = 3;
pub const MBT_CAUSE_EYES_HIDDEN: i32 = 4;
pub const MBT_CAUSE_EXCEPTION: i32 = 5;
pub const MBT_CAUSE_FACE_LOCKED: i32 = 6;

/// Whether the terminal is up to date: the code of MBT_EV_LATE.
pub const MBT_FRESH_IN_TIME: i32 = 1;
pub const MBT_FRESH_LATE: i32 = 2;
pub const MBT_FRESH_OVERDUE: i32 = 3;

/// What a watch has to tell: the code of MBT_EV_WATCH.
pub const MBT_WATCH_ABSENT: i32 = 1;
pub const MBT_WATCH_BACK: i32 = 2;
pub const MBT_WATCH_OTHER_PERSON: i32 = 3;
pub const MBT_WATCH_CARD_REMOVED: i32 = 4;
pub const MBT_WATCH_EXPIRED: i32 = 5;
pub const MBT_WATCH_REVOKED: i32 = 6;
pub const MBT_WATCH_ENDED: i32 = 7;
/// Another card was tapped: `card_ref` of the event.
pub const MBT_WATCH_OTHER_CARD: i32 = 8;

/// Why a card did not take its PIN: it was another one,
pub const MBT_PIN_WRONG: i32 = 1;
/// it was not tried, since that would have been the last try,
pub const MBT_PIN_LAST_TRY: i32 = 2;
/// the card takes none any more,
pub const MBT_PIN_BLOCKED: i32 = 3;
/// it cannot be a PIN of such a card, and was not tried,
pub const MBT_PIN_MALFORMED: i32 = 4;
/// the card is gone or does not answer,
pub const MBT_PIN_NO_CARD: i32 = 5;
/// or it did not prove that it is the one that was read.
pub const MBT_PIN_NOT_PROVED: i32 = 6;

/// Why an enrolment gave no template.
pub const MBT_FAILURE_TOO_FEW_SAMPLES: i32 = 1;
pub const MBT_FAILURE_NO_BLINK: i32 = 2;
pub const MBT_FAILURE_NOT_LIVE: i32 = 3;
pub const MBT_FAILURE_NO_CARD: i32 = 4;
pub const MBT_FAILURE_DEVICE_LOST: i32 = 5;
pub const MBT_FAILURE_CANCELLED: i32 = 6;

/// Why somebody has to look at an enrolment before it counts.
pub const MBT_REVIEW_OTHER_PERSON_MATCHES: i32 = 1;
pub const MBT_REVIEW_DIFFERS_FROM_BEFORE: i32 = 2;
pub const MBT_REVIEW_SECOND_APPROVER: i32 = 3;

/// Whether somebody may come in.
pub const MBT_STATUS_ACTIVE: u32 = 1;
pub const MBT_STATUS_DISABLED: u32 = 2;
pub const MBT_STATUS_ON_LEAVE: u32 = 3;
/// They have left; only id and name are kept.
pub const MBT_STATUS_RETIRED: u32 = 4;

/// Whether a card may be used.
pub const MBT_CARD_ACTIVE: u32 = 1;
/// It stands in for another one.
pub const MBT_CARD_TEMPORARY: u32 = 2;
pub const MBT_CARD_SUSPENDED: u32 = 3;
pub const MBT_CARD_LOST: u32 = 4;
pub const MBT_CARD_RETURNED: u32 = 5;

/// Why a card is stopped.
pub const MBT_STOP_SUSPENDED: u32 = 1;
pub const MBT_STOP_LOST: u32 = 2;
pub const MBT_STOP_RETURNED: u32 = 3;

/// Warnings of mbt_policy_set, as bits of a set: nobody can administer here by the policy that is in force now,
pub const MBT_POLICY_NO_ADMIN_HERE: u32 = 1;
/// or no administrator has what it asks for.
pub const MBT_POLICY_ADMIN_OUT_OF_REACH: u32 = 2;

/// What became of an emergency code.
pub const MBT_CODE_OPEN: u32 = 1;
pub const MBT_CODE_USED: u32 = 2;
pub const MBT_CODE_REVOKED: u32 = 3;
pub const MBT_CODE_EXPIRED: u32 = 4;

/// A word of the engine's and its number.
pub(crate) type Numbered<W> = (i32, W);

/// The number of a word; 0 for one that this library has none for yet.
pub(crate) fn number<W: PartialEq>(table: &[Numbered<W>], word: &W) -> i32 {
    table.iter().find(|(_, known)| known == word).map_or(0, |(number, _)| *number)
}

/// The word of a number.
pub(crate) fn word<W: Copy>(table: &[Numbered<W>], number: u32) -> Option<W> {
    table.iter().find(|(known, _)| u32::try_from(*known) == Ok(number)).map(|(_, word)| *word)
}

/// A set of factors as bits.
pub(crate) fn bits(factors: Factors) -> u32 {
    FACTORS.iter().filter(|(_, factor)| factors.contains(*factor)).map(|(bit, _)| bit.cast_unsigned()).sum()
}

/// The set that these bits are; none where one of them is no factor.
pub(crate) fn factors(bits: u32) -> Option<Factors> {
    let factors: Factors = FACTORS
        .iter()
        .filter(|(bit, _)| bits & bit.cast_unsigned() != 0)
        .map(|(_, factor)| *factor)
        .collect();
    (self::bits(factors) == bits).then_some(factors)
}

pub(crate) const FACTORS: &[Numbered<Factor>] = &[
    (MBT_F_CARD.cast_signed(), Factor::Card),
    (MBT_F_FACE.cast_signed(), Factor::Face),
    (MBT_F_PASSWORD.cast_signed(), Factor::Password),
    (MBT_F_HOST_PASSWORD.cast_signed(), Factor::HostPassword),
    (MBT_F_PIN.cast_signed(), Factor::Pin),
    (MBT_F_STORE_KEY.cast_signed(), Factor::StoreKey),
    (MBT_F_EMERGENCY_CODE.cast_signed(), Factor::EmergencyCode),
];

pub(crate) const OUTCOMES: &[Numbered<Outcome>] = &[
    (MBT_GRANTED, Outcome::Granted),
    (MBT_REFUSED, Outcome::Denied),
    (MBT_ABANDONED, Outcome::Abandoned),
    (MBT_OBSERVED, Outcome::Observed),
];

pub(crate) const GUIDANCE: &[Numbered<Guidance>] = &[
    (MBT_G_TAP_CARD, Guidance::TapCard),
    (MBT_G_CARD_UNUSABLE, Guidance::CardUnusable),
    (MBT_G_OTHER_CARD, Guidance::OtherCard),
    (MBT_G_SHOW_FACE, Guidance::ShowFace),
    (MBT_G_MANY_FACES, Guidance::ManyFaces),
    (MBT_G_OFF_CENTRE, Guidance::OffCentre),
    (MBT_G_TOO_FAR, Guidance::TooFar),
    (MBT_G_TOO_NEAR, Guidance::TooNear),
    (MBT_G_LOOK_STRAIGHT, Guidance::LookStraight),
    (MBT_G_BACK_LIGHT, Guidance::BackLight),
    (MBT_G_TOO_DARK, Guidance::TooDark),
    (MBT_G_TOO_BRIGHT, Guidance::TooBright),
    (MBT_G_BLURRED, Guidance::Blurred),
    (MBT_G_EYES_HIDDEN, Guidance::EyesHidden),
    (MBT_G_MASK_SEEN, Guidance::MaskSeen),
    (MBT_G_HOLD_STILL, Guidance::HoldStill),
    (MBT_G_PLEASE_BLINK, Guidance::PleaseBlink),
    (MBT_G_BLINK_AGAIN, Guidance::BlinkAgain),
    (MBT_G_TYPE_ID, Guidance::TypeId),
    (MBT_G_TYPE_PASSWORD, Guidance::TypePassword),
    (MBT_G_TYPE_HOST_PASSWORD, Guidance::TypeHostPassword),
    (MBT_G_TYPE_PIN, Guidance::TypePin),
    (MBT_G_TYPE_CODE, Guidance::TypeCode),
    (MBT_G_DONE, Guidance::Done),
    (MBT_G_TWO_CARDS, Guidance::TwoCards),
    (MBT_G_HOLD_LONGER, Guidance::HoldLonger),
    (MBT_G_CARD_UNREADABLE, Guidance::CardUnreadable),
    (MBT_G_IDENTIFIER_CHANGES, Guidance::IdentifierChanges),
    (MBT_G_CARD_NOT_ALLOWED, Guidance::CardNotAllowed),
    (MBT_G_CARD_UNKNOWN, Guidance::CardUnknown),
    (MBT_G_CARD_SUSPENDED, Guidance::CardSuspended),
];

pub(crate) const PURPOSES: &[Numbered<Purpose>] = &[
    (MBT_PURPOSE_LOGIN.cast_signed(), Purpose::Login),
    (MBT_PURPOSE_UNLOCK.cast_signed(), Purpose::Unlock),
    (MBT_PURPOSE_APPLICATION.cast_signed(), Purpose::Application),
    (MBT_PURPOSE_SWITCH.cast_signed(), Purpose::Switch),
    (MBT_PURPOSE_ADMIN.cast_signed(), Purpose::Admin),
    (MBT_PURPOSE_ENROLMENT.cast_signed(), Purpose::Enrolment),
    (MBT_PURPOSE_EMERGENCY.cast_signed(), Purpose::Emergency),
];

pub(crate) const REASONS: &[Numbered<Coarse>] = &[
    (MBT_REASON_GRANTED, Coarse::Granted),
    (MBT_REASON_REFUSED, Coarse::Refused),
    (MBT_REASON_LOCKED, Coarse::Locked),
    (MBT_REASON_CARD_USELESS, Coarse::CardUseless),
    (MBT_REASON_TOO_LATE, Coarse::TooLate),
    (MBT_REASON_CANCELLED, Coarse::Cancelled),
    (MBT_REASON_OBSERVED, Coarse::Observed),
    (MBT_REASON_UNAVAILABLE, Coarse::Unavailable),
];

pub(crate) const STEPS: &[Numbered<Event>] = &[
    (MBT_STEP_CARD_READ, Event::CardRead),
    (MBT_STEP_FACE_FOUND, Event::FaceFound),
    (MBT_STEP_BLINK_SEEN, Event::BlinkSeen),
];

pub(crate) const CAUSES: &[Numbered<Cause>] = &[
    (MBT_CAUSE_CAMERA_LOST, Cause::CameraLost),
    (MBT_CAUSE_READER_LOST, Cause::ReaderLost),
    (MBT_CAUSE_MASK, Cause::Mask),
    (MBT_CAUSE_EYES_HIDDEN, Cause::EyesHidden),
    (MBT_CAUSE_EXCEPTION, Cause::Exception),
    (MBT_CAUSE_FACE_LOCKED, Cause::FaceLocked),
];

pub(crate) const FRESHNESS: &[Numbered<Freshness>] = &[
    (MBT_FRESH_IN_TIME, Freshness::InTime),
    (MBT_FRESH_LATE, Freshness::Late),
    (MBT_FRESH_OVERDUE, Freshness::Overdue),
];

pub(crate) const PINS: &[Numbered<PinTrouble>] = &[
    (MBT_PIN_WRONG, PinTrouble::Wrong),
    (MBT_PIN_LAST_TRY, PinTrouble::LastTry),
    (MBT_PIN_BLOCKED, PinTrouble::Blocked),
    (MBT_PIN_MALFORMED, PinTrouble::Malformed),
    (MBT_PIN_NO_CARD, PinTrouble::NoCard),
    (MBT_PIN_NOT_PROVED, PinTrouble::NotProved),
];

pub(crate) const WATCHING: &[Numbered<WatchEvent>] = &[
    (MBT_WATCH_ABSENT, WatchEvent::Absent),
    (MBT_WATCH_BACK, WatchEvent::Back),
    (MBT_WATCH_OTHER_PERSON, WatchEvent::OtherPerson),
    (MBT_WATCH_CARD_REMOVED, WatchEvent::CardRemoved),
    (MBT_WATCH_EXPIRED, WatchEvent::Expired),
    (MBT_WATCH_REVOKED, WatchEvent::Revoked),
    (MBT_WATCH_ENDED, WatchEvent::Ended),
    (MBT_WATCH_OTHER_CARD, WatchEvent::OtherCard),
];

pub(crate) const FAILURES: &[Numbered<EnrolmentFailure>] = &[
    (MBT_FAILURE_TOO_FEW_SAMPLES, EnrolmentFailure::TooFewSamples),
    (MBT_FAILURE_NO_BLINK, EnrolmentFailure::NoBlink),
    (MBT_FAILURE_NOT_LIVE, EnrolmentFailure::NotLive),
    (MBT_FAILURE_NO_CARD, EnrolmentFailure::NoCard),
    (MBT_FAILURE_DEVICE_LOST, EnrolmentFailure::DeviceLost),
    (MBT_FAILURE_CANCELLED, EnrolmentFailure::Cancelled),
];

pub(crate) const REVIEWS: &[Numbered<ReviewReason>] = &[
    (MBT_REVIEW_OTHER_PERSON_MATCHES, ReviewReason::OtherPersonMatches),
    (MBT_REVIEW_DIFFERS_FROM_BEFORE, ReviewReason::DiffersFromBefore),
    (MBT_REVIEW_SECOND_APPROVER, ReviewReason::SecondApprover),
];

pub(crate) const PEOPLE: &[Numbered<PersonStatus>] = &[
    (MBT_STATUS_ACTIVE.cast_signed(), PersonStatus::Active),
    (MBT_STATUS_DISABLED.cast_signed(), PersonStatus::Disabled),
    (MBT_STATUS_ON_LEAVE.cast_signed(), PersonStatus::OnLeave),
    (MBT_STATUS_RETIRED.cast_signed(), PersonStatus::Retired),
];

pub(crate) const CARDS: &[Numbered<CardStatus>] = &[
    (MBT_CARD_ACTIVE.cast_signed(), CardStatus::Active),
    (MBT_CARD_TEMPORARY.cast_signed(), CardStatus::Temporary),
    (MBT_CARD_SUSPENDED.cast_signed(), CardStatus::Suspended),
    (MBT_CARD_LOST.cast_signed(), CardStatus::Lost),
    (MBT_CARD_RETURNED.cast_signed(), CardStatus::Returned),
];

pub(crate) const STOPS: &[Numbered<Stop>] = &[
    (MBT_STOP_SUSPENDED.cast_signed(), Stop::Suspended),
    (MBT_STOP_LOST.cast_signed(), Stop::Lost),
    (MBT_STOP_RETURNED.cast_signed(), Stop::Returned),
];

pub(crate) const CODE_STATES: &[Numbered<CodeState>] = &[
    (MBT_CODE_OPEN.cast_signed(), CodeState::Open),
    (MBT_CODE_USED.cast_signed(), CodeState::Used),
    (MBT_CODE_REVOKED.cast_signed(), CodeState::Revoked),
    (MBT_CODE_EXPIRED.cast_signed(), CodeState::Expired),
];

/// Bits of a set.
pub(crate) const WARNINGS: &[Numbered<PolicyWarning>] = &[
    (MBT_POLICY_NO_ADMIN_HERE.cast_signed(), PolicyWarning::NoAdminHere),
    (MBT_POLICY_ADMIN_OUT_OF_REACH.cast_signed(), PolicyWarning::AdminOutOfReach),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn covers<W: PartialEq + Copy + std::fmt::Debug>(table: &[Numbered<W>], all: &[W]) {
        for word in all {
            assert_eq!(table.iter().filter(|(_, known)| known == word).count(), 1, "{word:?}");
        }
        let mut numbers: Vec<i32> = table.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all.len());
        assert!(numbers[0] > 0, "0 stands for what has no number yet");
    }

    #[test]
    fn every_word_of_the_engine_has_one_number() {
        covers(FACTORS, Factor::ALL);
        covers(OUTCOMES, Outcome::ALL);
        covers(GUIDANCE, Guidance::ALL);
        covers(PURPOSES, Purpose::ALL);
        covers(REASONS, Coarse::ALL);
        covers(STEPS, Event::ALL);
        covers(CAUSES, Cause::ALL);
        covers(FRESHNESS, Freshness::ALL);
        covers(PINS, PinTrouble::ALL);
        covers(WATCHING, WatchEvent::ALL);
        covers(FAILURES, EnrolmentFailure::ALL);
        covers(REVIEWS, ReviewReason::ALL);
        covers(PEOPLE, PersonStatus::ALL);
        covers(CARDS, CardStatus::ALL);
        covers(STOPS, Stop::ALL);
        covers(CODE_STATES, CodeState::ALL);
        covers(WARNINGS, PolicyWarning::ALL);
    }

    #[test]
    fn a_set_of_factors_goes_there_and_back_and_an_unknown_bit_is_none() {
        let all: Factors = Factor::ALL.iter().copied().collect();
        assert_eq!(factors(bits(all)), Some(all));
        assert_eq!(factors(0), Some(Factors::NONE));
        assert_eq!(factors(MBT_F_CARD | MBT_F_ID), None);
    }
}
