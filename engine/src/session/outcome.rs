//! How an attempt ended.

use std::time::Duration;

use crate::card::Unusable;
use crate::policy::Factor;
use crate::text::vocabulary;

vocabulary! {
    /// The three ways an attempt ends. An error is none of them: it means that nothing could be judged.
    pub enum Outcome, "an outcome" {
        /// Every factor of the policy was given.
        Granted = "granted", "granted", "許可";
        /// Somebody was judged and refused.
        Denied = "denied", "denied", "拒否";
        /// Nothing was presented, or the attempt was called off before anything was.
        Abandoned = "abandoned", "abandoned", "中止";
    }
}

vocabulary! {
    /// Why. For the log and for administrators; a host that faces the public shows only the outcome.
    pub enum Why, "a reason" {
        /// Granted: every factor matched.
        Matched = "matched", "Card and face belong together.", "カードと顔が一致しました。";
        /// The face is not that of the card's owner.
        NoMatch = "no_match", "The face does not belong to this card.", "顔がカードの持ち主と一致しません。";
        /// No blink when it was asked for, or the anti-spoof net refused.
        Liveness = "liveness", "No live person could be confirmed.", "生体であることを確認できませんでした。";
        /// The card is bound to nobody.
        CardUnknown = "card_unknown", "This card is not registered.", "登録されていないカードです。";
        /// The card's identifier is drawn anew at every tap.
        CardRandomId = "card_random_id",
            "This card changes its number at every tap and cannot be used.",
            "このカードは毎回番号が変わるため使用できません。";
        /// The card has no identifier that could stand for a person.
        CardUnusable = "card_unusable", "This card cannot be used here.", "このカードは使用できません。";
        /// The card was suspended or reported lost.
        CardRevoked = "card_revoked", "This card has been suspended.", "このカードは停止されています。";
        /// Policy wants a card that proves itself.
        CardAssurance = "card_assurance", "A card that proves itself is required.", "認証機能のあるカードが必要です。";
        /// The person is disabled.
        Disabled = "disabled", "This person is disabled.", "この利用者は無効になっています。";
        /// The person has no template.
        NotEnrolled = "not_enrolled", "No face is enrolled for this card.", "顔が登録されていません。";
        /// The account asked for is not this person's.
        Account = "account", "This person may not use that account.", "このアカウントは使用できません。";
        /// A card was shown and no usable face followed.
        NoFace = "no_face", "No face was seen in time.", "時間内に顔を確認できませんでした。";
        /// No card was shown.
        NoCard = "no_card", "No card was shown in time.", "時間内にカードがかざされませんでした。";
        /// The host called it off.
        Cancelled = "cancelled", "The attempt was cancelled.", "認証が取り消されました。";
        /// Camera or reader went away.
        DeviceLost = "device_lost", "The camera or the reader was lost.", "カメラまたはリーダーが切断されました。";
    }
}

vocabulary! {
    /// What stood behind a refusal for liveness.
    pub enum LivenessDetail, "a refusal for liveness" {
        /// The challenge was not answered before the time was up.
        NoBlink = "no_blink", "no blink before the time was up", "時間内にまばたきがありませんでした";
        /// There was a blink, in a face that did not move at all.
        Still = "still", "the face did not move at all, as a picture does not", "顔がまったく動きませんでした";
        /// The anti-spoof net read a picture or a screen.
        Spoof = "spoof", "a picture or a screen, not a face", "写真または画面と判定されました";
        /// The face before the blink and the face after it are not one person's.
        FaceChanged = "face_changed", "the face changed", "途中で顔が変わりました";
    }
}

impl From<Unusable> for Why {
    fn from(unusable: Unusable) -> Why {
        match unusable {
            Unusable::RandomIdentifier => Why::CardRandomId,
            _ => Why::CardUnusable,
        }
    }
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub why: Why,
    /// What stood behind a refusal for liveness.
    pub detail: Option<LivenessDetail>,
    /// The factors that were given and held.
    pub factors: Vec<Factor>,
    /// The person the card belongs to; named in a refusal too, for the log.
    pub subject: Option<String>,
    /// From the first input to the verdict.
    pub took: Duration,
    /// Cosine of probe and template, −1..1. For diagnosis on trial stores only; never for hosts.
    pub score: Option<f32>,
}
