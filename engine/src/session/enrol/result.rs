//! How an enrolment ended.

use super::pictures::Refused;
use crate::card::CardIdentity;
use crate::matching::Template;
use crate::text::vocabulary;

vocabulary! {
    /// Why an enrolment gave no template.
    pub enum EnrolmentFailure, "a failure of an enrolment" {
        /// Too few good pictures.
        TooFewSamples = "too_few_samples", "There were too few good pictures.", "良好な写真が足りませんでした。";
        /// No blink when it was asked for.
        NoBlink = "no_blink", "There was no blink.", "まばたきを確認できませんでした。";
        /// The face was not seen to live, or is not the one of the pictures.
        NotLive = "not_live", "No live person could be confirmed.", "生体であることを確認できませんでした。";
        /// The person's own card was not on the reader.
        NoCard = "no_card", "The person's own card was not on the reader.", "本人のカードがかざされませんでした。";
        /// Camera or reader went away.
        DeviceLost = "device_lost", "The camera or the reader was lost.", "カメラまたはリーダーが切断されました。";
        /// It was called off.
        Cancelled = "cancelled", "The enrolment was cancelled.", "登録が取り消されました。";
    }
}

vocabulary! {
    /// Why somebody has to look at an enrolment before it counts.
    pub enum ReviewReason, "a reason for a review" {
        /// Another person's template matches this face: one person under two ids, or a twin.
        OtherPersonMatches = "other_person_matches",
            "The face is like that of another person enrolled.",
            "登録済みの別の利用者と顔が似ています。";
        /// The face is not like the template it would replace.
        DiffersFromBefore = "differs_from_before",
            "The face is unlike the one enrolled before.",
            "以前に登録された顔と異なります。";
        /// The policy asks for a second administrator.
        SecondApprover = "second_approver",
            "A second administrator must approve.",
            "別の管理者の承認が必要です。";
    }
}

/// The end of an enrolment. Template and card are kept together, or neither is.
#[derive(Debug)]
pub struct EnrolmentResult {
    /// The template; `None` if there is a failure.
    pub template: Option<Template>,
    /// The card that is to be bound to the person together with the template. `None`: none was asked for, or it is
    /// theirs already.
    pub card: Option<CardIdentity>,
    /// Why there is no template.
    pub failure: Option<EnrolmentFailure>,
    /// Why it must not be kept before somebody else has looked at it; of several reasons the gravest.
    pub review: Option<ReviewReason>,
    /// The other person whose template matches, for the reviewer.
    pub resembles: Option<String>,
    /// How many people's templates it could not be compared with: another model's, or damaged. Whether the face is one of
    /// theirs is not known.
    pub left_out: usize,
    /// Samples taken.
    pub samples: usize,
    /// Samples without which nothing is kept.
    pub least_samples: usize,
    /// Mean quality of the samples, 0..1.
    pub quality: f32,
    /// Pictures refused.
    pub refused: Refused,
}
