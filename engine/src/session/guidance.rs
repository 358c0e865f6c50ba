//! What the person at the terminal is asked to do next, kept steady enough to be read.

use std::time::Duration;

use crate::card::Unusable;
use crate::face::Hint;
use crate::policy::Factor;
use crate::text::vocabulary;

vocabulary! {
    /// One thing to do, or to know, at a time.
    pub enum Guidance, "a guidance" {
        /// The card is wanted.
        TapCard = "tap_card", "Please hold your card to the reader.", "カードをかざしてください。";
        /// The card cannot stand for anybody.
        CardUnusable = "card_unusable",
            "This card cannot be used. Please try another.",
            "このカードは使用できません。別のカードをかざしてください。";
        /// More than one card lies on the reader.
        TwoCards = "two_cards",
            "Please hold only one card to the reader.",
            "カードは1枚だけかざしてください。";
        /// The card was taken away before it was read.
        HoldLonger = "hold_longer",
            "Please hold your card there a little longer.",
            "カードをもう少し長くかざしてください。";
        /// The card does not answer as cards do.
        CardUnreadable = "card_unreadable",
            "This card cannot be read. Please take it away and hold it there again.",
            "カードを読み取れません。一度離してから、もう一度かざしてください。";
        /// The card, or the phone, has another number at every tap or with every device.
        IdentifierChanges = "identifier_changes",
            "The number of this card changes, so it cannot be used. Please try another.",
            "このカードは番号が変わるため使用できません。別のカードをかざしてください。";
        /// The site takes no such cards.
        CardNotAllowed = "card_not_allowed",
            "Cards of this kind are not taken here. Please try another.",
            "この種類のカードはここでは使用できません。別のカードをかざしてください。";
        /// The card is bound to nobody. Said only where the policy lets that be known.
        CardUnknown = "card_unknown", "This card is not registered here.", "登録されていないカードです。";
        /// The card was suspended, reported lost, returned, or is past its date. Said only where the policy lets that be known.
        CardSuspended = "card_suspended",
            "This card has been stopped. Please ask your administrator.",
            "このカードは停止されています。管理者に連絡してください。";
        /// The card is bound to somebody else.
        OtherCard = "other_card",
            "This card belongs to somebody else.",
            "このカードは別の利用者のものです。";
        /// The face is wanted.
        ShowFace = "show_face", "Please look at the camera.", "カメラを見てください。";
        /// More than one face.
        ManyFaces = "many_faces", "Only one person, please.", "お一人で映ってください。";
        /// The face is off to a side or cut.
        OffCentre = "off_centre", "Please move to the middle.", "中央に移動してください。";
        /// The face is too small.
        TooFar = "too_far", "Please come closer.", "もう少し近づいてください。";
        /// The face fills the frame.
        TooNear = "too_near", "Please move back a little.", "少し離れてください。";
        /// The head is turned.
        LookStraight = "look_straight", "Please look straight ahead.", "正面を向いてください。";
        /// The light is behind the person.
        BackLight = "back_light",
            "The light is behind you. Please turn so that it falls on your face.",
            "逆光です。顔に光が当たるように向きを変えてください。";
        /// Too little light on the face.
        TooDark = "too_dark", "It is too dark. Please turn to the light.", "暗すぎます。明るいほうを向いてください。";
        /// Too much light on the face.
        TooBright = "too_bright", "It is too bright. Please turn from the light.", "明るすぎます。光を避けてください。";
        /// The face is blurred.
        Blurred = "blurred", "Please hold still.", "動かないでください。";
        /// The eyes cannot be judged.
        EyesHidden = "eyes_hidden", "Your eyes cannot be seen.", "目が映っていません。";
        /// Something covers mouth and nose.
        MaskSeen = "mask_seen", "A mask covers your face.", "マスクで顔が隠れています。";
        /// The face is being measured.
        HoldStill = "hold_still", "Please hold still.", "そのままお待ちください。";
        /// The challenge.
        PleaseBlink = "please_blink", "Please blink.", "まばたきをしてください。";
        /// The challenge again, because the face changed or was lost in between.
        BlinkAgain = "blink_again", "Please blink once more.", "もう一度まばたきをしてください。";
        /// Nothing says yet who it is.
        TypeId = "type_id", "Please type your ID.", "IDを入力してください。";
        /// The product's own password is wanted.
        TypePassword = "type_password", "Please type your password.", "パスワードを入力してください。";
        /// The password of the host's account is wanted.
        TypeHostPassword = "type_host_password",
            "Please type your Windows or system password.",
            "システムのパスワードを入力してください。";
        /// The card's PIN is wanted.
        TypePin = "type_pin", "Please type the PIN of your card.", "カードの暗証番号を入力してください。";
        /// The emergency code is wanted.
        TypeCode = "type_code", "Please type the emergency code.", "緊急コードを入力してください。";
        /// All that was asked for has been given.
        Done = "done", "Thank you.", "完了しました。";
    }
}

impl Guidance {
    /// How a person is asked for this factor; nobody is asked for a key file.
    pub(super) const fn to_give(factor: Factor) -> Option<Guidance> {
        match factor {
            Factor::Card => Some(Guidance::TapCard),
            Factor::Face => Some(Guidance::ShowFace),
            Factor::Password => Some(Guidance::TypePassword),
            Factor::HostPassword => Some(Guidance::TypeHostPassword),
            Factor::Pin => Some(Guidance::TypePin),
            Factor::EmergencyCode => Some(Guidance::TypeCode),
            Factor::StoreKey => None,
        }
    }
}

/// What keeps a card from being used, where another try or another card may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardTrouble {
    /// It was taken away before it was read.
    Torn,
    /// It does not answer as cards do.
    Unreadable,
    /// Another one lies there with it.
    Several,
    /// Whoever enrols may know that it is stopped.
    Stopped,
}

impl From<CardTrouble> for Guidance {
    fn from(trouble: CardTrouble) -> Guidance {
        match trouble {
            CardTrouble::Torn => Guidance::HoldLonger,
            CardTrouble::Unreadable => Guidance::CardUnreadable,
            CardTrouble::Several => Guidance::TwoCards,
            CardTrouble::Stopped => Guidance::CardSuspended,
        }
    }
}

/// That a card failed its proof is not told from one that has no number: whoever made a copy need not know how near it came.
impl From<Unusable> for Guidance {
    fn from(unusable: Unusable) -> Guidance {
        match unusable {
            Unusable::RandomIdentifier | Unusable::ChangingIdentifier => Guidance::IdentifierChanges,
            Unusable::NotAllowed | Unusable::NotOfSite | Unusable::UnknownCard => Guidance::CardNotAllowed,
            Unusable::InvalidIdentifier
            | Unusable::WrongLength
            | Unusable::NoIdentifier
            | Unusable::ProofFailed => Guidance::CardUnusable,
        }
    }
}

impl From<Hint> for Guidance {
    fn from(hint: Hint) -> Guidance {
        match hint {
            Hint::NoFace => Guidance::ShowFace,
            Hint::ManyFaces => Guidance::ManyFaces,
            Hint::OffCentre => Guidance::OffCentre,
            Hint::TooFar => Guidance::TooFar,
            Hint::TooNear => Guidance::TooNear,
            Hint::LookStraight => Guidance::LookStraight,
            Hint::BackLight => Guidance::BackLight,
            Hint::TooDark => Guidance::TooDark,
            Hint::TooBright => Guidance::TooBright,
            Hint::Blurred => Guidance::Blurred,
        }
    }
}

/// How long a new guidance must hold before it replaces the one shown. Shorter, and hints that alternate from frame to
/// frame flicker; longer, and the person waits for nothing (measured reading of a short line: 300 ms and more).
const STEADY: Duration = Duration::from_millis(300);

/// How long what is said of a card stays, whatever else there is to say: whoever holds one to the reader looks at the reader,
/// and reads the screen a moment later.
const STAYS: Duration = Duration::from_secs(2);

/// Shows one guidance at a time and changes it only when the new one lasts.
#[derive(Debug, Default)]
pub(super) struct Guide {
    shown: Option<Guidance>,
    next: Option<(Guidance, Duration)>,
    /// What is shown stays until then.
    stays: Option<Duration>,
}

impl Guide {
    /// Takes what this moment would say; answers with what to show when that changes.
    pub(super) fn suggest(&mut self, now: Duration, guidance: Guidance) -> Option<Guidance> {
        if self.shown == Some(guidance) || self.stays(now) {
            self.next = None;
            return None;
        }
        let since = match self.next {
            Some((waiting, since)) if waiting == guidance => since,
            _ => now,
        };
        self.next = Some((guidance, since));
        let lasting = now.saturating_sub(since) >= STEADY;
        if self.shown.is_none() || lasting { self.show(guidance) } else { None }
    }

    /// Shows a guidance at once: prompts that the person's next act answers must not lag.
    pub(super) fn show(&mut self, guidance: Guidance) -> Option<Guidance> {
        (self.next, self.stays) = (None, None);
        if self.shown == Some(guidance) {
            return None;
        }
        self.shown = Some(guidance);
        Some(guidance)
    }

    /// Whether what is said of a card has yet to be read.
    pub(super) fn stays(&self, now: Duration) -> bool {
        self.stays.is_some_and(|until| now < until)
    }

    /// A card was read after all: what was said of it need not stay.
    pub(super) fn card_is_read(&mut self) {
        self.stays = None;
    }

    /// Shows at once what is wrong with a card, and for long enough to be read.
    pub(super) fn show_of_card(&mut self, now: Duration, guidance: Guidance) -> Option<Guidance> {
        let shown = self.show(guidance);
        self.stays = Some(now.saturating_add(STAYS));
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_first_guidance_is_shown_at_once() {
        assert_eq!(Guide::default().suggest(ms(0), Guidance::ShowFace), Some(Guidance::ShowFace));
    }

    #[test]
    fn a_hint_that_comes_and_goes_does_not_flicker() {
        let mut guide = Guide::default();
        guide.suggest(ms(0), Guidance::HoldStill);
        for frame in 1..30 {
            let hint = if frame % 2 == 0 { Guidance::HoldStill } else { Guidance::Blurred };
            assert_eq!(guide.suggest(ms(frame * 33), hint), None, "at frame {frame}");
        }
    }

    #[test]
    fn what_is_said_of_a_card_stays_long_enough_to_be_read_unless_the_person_acts() {
        let mut guide = Guide::default();
        guide.suggest(ms(0), Guidance::TapCard);
        assert_eq!(guide.show_of_card(ms(10), Guidance::HoldLonger), Some(Guidance::HoldLonger));
        for frame in 0..60 {
            assert_eq!(guide.suggest(ms(10 + frame * 33), Guidance::TapCard), None, "at frame {frame}");
        }
        guide.suggest(ms(2_010), Guidance::TapCard);
        assert_eq!(guide.suggest(ms(2_310), Guidance::TapCard), Some(Guidance::TapCard));
        guide.show_of_card(ms(3_000), Guidance::HoldLonger);
        assert_eq!(guide.show(Guidance::PleaseBlink), Some(Guidance::PleaseBlink));
    }

    #[test]
    fn a_hint_that_lasts_300_ms_is_shown_once() {
        let mut guide = Guide::default();
        guide.suggest(ms(0), Guidance::HoldStill);
        assert_eq!(guide.suggest(ms(10), Guidance::TooFar), None);
        assert_eq!(guide.suggest(ms(309), Guidance::TooFar), None);
        assert_eq!(guide.suggest(ms(310), Guidance::TooFar), Some(Guidance::TooFar));
        assert_eq!(guide.suggest(ms(900), Guidance::TooFar), None);
    }
}
