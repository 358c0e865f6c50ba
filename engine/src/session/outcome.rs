//! How an attempt ended.

use std::time::Duration;

use super::authenticate::Lockout;
use crate::card::Unusable;
use crate::policy::Factors;
use crate::text::vocabulary;

vocabulary! {
    /// The ways an attempt ends. An error is none of them: it means that nothing could be judged.
    pub enum Outcome, "an outcome" {
        /// Every factor of the policy was given.
        Granted = "granted", "granted", "許可";
        /// Somebody was judged and refused.
        Denied = "denied", "denied", "拒否";
        /// Nothing was presented, or the attempt was called off before anything was.
        Abandoned = "abandoned", "abandoned", "中止";
        /// Judged and logged, and nothing else: this terminal only observes. The host lets in as it did before.
        Observed = "observed", "observed", "観察";
    }
}

vocabulary! {
    /// Why. For the log and for administrators; a host that faces the public shows only the outcome.
    pub enum Why, "a reason" {
        /// Granted: every factor matched.
        Matched = "matched", "Card and face belong together.", "カードと顔が一致しました。";
        /// Granted on an emergency code, which claims who somebody is and does not prove it.
        Emergency = "emergency", "Let in by an emergency code.", "緊急コードで許可されました。";
        /// The face is not that of the card's owner.
        NoMatch = "no_match", "The face does not belong to this card.", "顔がカードの持ち主と一致しません。";
        /// No blink when it was asked for, or the anti-spoof net refused.
        Liveness = "liveness", "No live person could be confirmed.", "生体であることを確認できませんでした。";
        /// A password, PIN or code was wrong. Which one is not said.
        WrongSecret = "wrong_secret",
            "What was typed is not right.",
            "入力された内容が正しくありません。";
        /// The password was right, and is good only to be changed.
        MustChange = "must_change",
            "This password must be changed first.",
            "パスワードを変更してください。";
        /// The card is bound to nobody.
        CardUnknown = "card_unknown", "This card is not registered.", "登録されていないカードです。";
        /// The card's identifier is drawn anew at every tap.
        CardRandomId = "card_random_id",
            "This card changes its number at every tap and cannot be used.",
            "このカードは毎回番号が変わるため使用できません。";
        /// The card has no identifier that could stand for a person.
        CardUnusable = "card_unusable", "This card cannot be used here.", "このカードは使用できません。";
        /// The typed id is nobody's.
        PersonUnknown = "person_unknown", "This ID is not registered.", "登録されていないIDです。";
        /// The card was suspended, reported lost, returned, or is past its date.
        CardRevoked = "card_revoked", "This card has been suspended.", "このカードは停止されています。";
        /// The card was taken from the reader although it had to stay there.
        CardRemoved = "card_removed", "The card was removed too early.", "カードが途中で取り外されました。";
        /// Policy wants a card that proves itself.
        CardAssurance = "card_assurance", "A card that proves itself is required.", "認証機能のあるカードが必要です。";
        /// The card was bound as one that proves itself, and did not prove it now: it may be a copy.
        CardUnproved = "card_unproved",
            "This card did not prove itself as it did when it was registered.",
            "カードの認証が、登録時のようには確認できませんでした。";
        /// The person is disabled.
        Disabled = "disabled", "This person is disabled.", "この利用者は無効になっています。";
        /// The person is on leave.
        OnLeave = "on_leave", "This person is on leave.", "この利用者は休職中です。";
        /// The person's time has not begun.
        NotYetValid = "not_yet_valid", "This person may not log in yet.", "この利用者はまだ有効期間前です。";
        /// The person's time is over.
        Expired = "expired", "This person's time is over.", "この利用者の有効期間は終了しました。";
        /// Not at this hour.
        OutOfHours = "out_of_hours", "This person may not log in at this hour.", "この時間帯は利用できません。";
        /// The person is retired.
        Retired = "retired", "This person has left.", "この利用者は退職しています。";
        /// A factor was tried too often, and nothing else was left.
        LockedOut = "locked_out",
            "There were too many failed tries. Please wait.",
            "失敗が続いたため、一時的に使用できません。";
        /// Several people share the card, and it could not be told which of them it is.
        Ambiguous = "ambiguous",
            "It could not be told who this is.",
            "どの利用者か判別できませんでした。";
        /// Card, typed id and counted tries are not one person's.
        OtherPerson = "other_person",
            "Card and ID belong to different people.",
            "カードとIDの利用者が異なります。";
        /// What the policy lists cannot be given here by this person.
        NothingLeft = "nothing_left",
            "No permitted way to log in is left.",
            "利用できる認証方法がありません。";
        /// The person has no template.
        NotEnrolled = "not_enrolled", "No face is enrolled for this card.", "顔が登録されていません。";
        /// The account asked for is not this person's.
        Account = "account", "This person may not use that account.", "このアカウントは使用できません。";
        /// A card was shown and no usable face followed.
        NoFace = "no_face", "No face was seen in time.", "時間内に顔を確認できませんでした。";
        /// No card was shown.
        NoCard = "no_card", "No card was shown in time.", "時間内にカードがかざされませんでした。";
        /// Nobody said who they are.
        NoId = "no_id", "No ID was given in time.", "時間内にIDが入力されませんでした。";
        /// A password, PIN or code is missing.
        NoSecret = "no_secret", "Something was not typed in time.", "時間内に入力されませんでした。";
        /// The host called it off.
        Cancelled = "cancelled", "The attempt was cancelled.", "認証が取り消されました。";
        /// The terminal has had no bundle of those that keep it up to date for too long.
        Offline = "offline",
            "This terminal is not up to date, so it lets nobody in this way.",
            "この端末の情報が古いため、この方法では利用できません。";
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

vocabulary! {
    /// What a host that faces the public may know of a reason: nothing about who is known here, and not which factor was
    /// wrong.
    pub enum Coarse, "a coarse reason" {
        /// Let in.
        Granted = "granted", "Welcome.", "認証されました。";
        /// Not let in.
        Refused = "refused", "You could not be let in.", "認証できませんでした。";
        /// Not let in, and no use trying again at once.
        Locked = "locked", "Please wait, or ask for help.", "しばらく待つか、管理者に連絡してください。";
        /// This card is good for nobody.
        CardUseless = "card_useless", "This card cannot be used here.", "このカードは使用できません。";
        /// Something was not given in time.
        TooLate = "too_late", "The time is up.", "時間切れです。";
        /// The host called it off.
        Cancelled = "cancelled", "Cancelled.", "取り消されました。";
        /// This terminal only observes: neither let in nor refused.
        Observed = "observed", "Please log in as before.", "従来どおりログインしてください。";
        /// A device is missing, and nothing stands in for it.
        Unavailable = "unavailable", "This cannot be used at the moment.", "現在使用できません。";
    }
}

impl Why {
    /// What a host may be told of it, where the time was not up.
    pub(super) const fn coarse(self) -> Coarse {
        match self {
            Why::Matched | Why::Emergency => Coarse::Granted,
            Why::LockedOut => Coarse::Locked,
            Why::CardRandomId | Why::CardUnusable | Why::CardAssurance => Coarse::CardUseless,
            Why::NoFace | Why::NoCard | Why::NoId | Why::NoSecret => Coarse::TooLate,
            Why::Cancelled => Coarse::Cancelled,
            Why::DeviceLost | Why::Offline => Coarse::Unavailable,
            Why::NoMatch
            | Why::Liveness
            | Why::WrongSecret
            | Why::MustChange
            | Why::CardUnknown
            | Why::PersonUnknown
            | Why::CardRevoked
            | Why::CardUnproved
            | Why::CardRemoved
            | Why::Disabled
            | Why::OnLeave
            | Why::NotYetValid
            | Why::Expired
            | Why::OutOfHours
            | Why::Retired
            | Why::Ambiguous
            | Why::OtherPerson
            | Why::NothingLeft
            | Why::NotEnrolled
            | Why::Account => Coarse::Refused,
        }
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
    /// How it ended, for the host: never granted where the terminal only observes.
    pub outcome: Outcome,
    /// How it was judged, for the log.
    pub judgement: Outcome,
    /// Why.
    pub why: Why,
    /// What a host that faces the public may show of it. When the time is up it says so whoever was presented: else
    /// who taps a card and waits would learn whether anybody has it. Where the terminal only observes it says nothing
    /// of what was judged.
    pub told: Coarse,
    /// What stood behind a refusal for liveness.
    pub detail: Option<LivenessDetail>,
    /// The factors that were given and held. Of a grant: the combination that gave it.
    pub factors: Factors,
    /// The tries that were counted and judged right, for the person whom they were counted for. These are forgiven,
    /// whatever became of the attempt: who knows the password and shows a bad face has not guessed the password. All
    /// others stay counted: what was wrong, what was not judged, and the host's password, which the operating system
    /// has yet to judge.
    pub succeeded: Factors,
    /// Granted, but the operating system has yet to judge its password.
    pub provisional: bool,
    /// The person whom card or id lead to; named in a refusal too, for the log.
    pub subject: Option<String>,
    /// The last factor that was found locked, and for how long.
    pub locked: Option<Lockout>,
    /// From the first input to the verdict.
    pub took: Duration,
    /// Cosine of probe and template, −1..1. For diagnosis on trial stores only; never for hosts.
    pub score: Option<f32>,
}
