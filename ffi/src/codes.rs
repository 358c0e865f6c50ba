//! The numbers that stand for the engine's words, each written down once and never used for another.

use mabataki_engine::policy::Factor;
use mabataki_engine::session::{Guidance, Outcome};

/// What the person at the terminal is asked to do next.
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

/// How a session ended.
pub const MBT_GRANTED: i32 = 1;
/// Somebody was judged and refused.
pub const MBT_REFUSED: i32 = 2;
/// Nothing was presented, or it was called off before anything was.
pub const MBT_ABANDONED: i32 = 3;
/// Judged and logged, nothing else: the terminal only observes, and the host lets in as it did before.
pub const MBT_OBSERVED: i32 = 4;

pub(crate) const GUIDANCE: &[(i32, Guidance)] = &[
    (MBT_G_TAP_CARD, Guidance::TapCard),
    (MBT_G_CARD_UNUSABLE, Guidance::CardUnusable),
    (MBT_G_OTHER_CARD, Guidance::OtherCard),
    (MBT_G_SHOW_FACE, Guidance::ShowFace),
    (MBT_G_MANY_FACES, Guidance::ManyFaces),
    (MBT_G_OFF_CENTRE, Guidance::OffCentre),
    (MBT_G_TOO_FAR, Guidance::TooFar),
    (MBT_G_TOO_NEAR, Guidance::TooNear),
    (MBT_G_LOOK_STRAIGHT, Guidance::LookStraight),
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
];

pub(crate) const FACTORS: &[(u32, Factor)] = &[
    (MBT_F_CARD, Factor::Card),
    (MBT_F_FACE, Factor::Face),
    (MBT_F_PASSWORD, Factor::Password),
    (MBT_F_HOST_PASSWORD, Factor::HostPassword),
    (MBT_F_PIN, Factor::Pin),
    (MBT_F_STORE_KEY, Factor::StoreKey),
    (MBT_F_EMERGENCY_CODE, Factor::EmergencyCode),
];

pub(crate) const OUTCOMES: &[(i32, Outcome)] = &[
    (MBT_GRANTED, Outcome::Granted),
    (MBT_REFUSED, Outcome::Denied),
    (MBT_ABANDONED, Outcome::Abandoned),
    (MBT_OBSERVED, Outcome::Observed),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn covers<N: Copy + Ord, W: PartialEq + Copy + std::fmt::Debug>(table: &[(N, W)], all: &[W]) {
        for word in all {
            assert_eq!(table.iter().filter(|(_, known)| known == word).count(), 1, "{word:?}");
        }
        let mut numbers: Vec<N> = table.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all.len());
    }

    #[test]
    fn every_word_of_the_engine_has_one_number() {
        covers(GUIDANCE, Guidance::ALL);
        covers(FACTORS, Factor::ALL);
        covers(OUTCOMES, Outcome::ALL);
    }
}
