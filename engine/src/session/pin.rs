//! What a card says when its PIN is typed.

use crate::text::vocabulary;

vocabulary! {
    /// Why a card did not take a PIN.
    pub enum PinTrouble, "a card's word on its PIN" {
        /// It was another one.
        Wrong = "wrong", "This PIN is wrong.", "暗証番号が違います。";
        /// It was not tried: it would have been the last try before the card is blocked, and nobody consented to that.
        LastTry = "last_try",
            "One try is left. If it fails the card is blocked, and only its issuer can unblock it.",
            "残り1回です。間違えるとカードがロックされ、発行元の窓口での解除が必要になります。";
        /// It takes none any more.
        Blocked = "blocked",
            "This card is blocked. Its issuer can unblock it: for My Number, the municipal office.",
            "カードがロックされています。発行元（マイナンバーカードは市区町村の窓口）で解除してください。";
        /// It cannot be a PIN of such a card, and was not tried.
        Malformed = "malformed", "This is no PIN of such a card.", "暗証番号の形式が正しくありません。";
        /// The card could not be asked: it is gone, or does not answer. Nothing was tried as far as is known.
        NoCard = "no_card", "Please leave your card on the reader.", "カードをリーダーに置いたままにしてください。";
        /// The PIN was taken, and the card did not prove that it is the one that was read.
        NotProved = "not_proved", "This card could not be verified.", "カードの正当性を確認できません。";
    }
}
