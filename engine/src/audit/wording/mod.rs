//! A record's stable words as people read them. A word that no vocabulary here knows stands as it is: it may be a host's
//! own, or a later version's.

mod refusals;

use std::borrow::Cow;
use std::str::FromStr;

use super::{Factor, Operation};
use crate::card::Assurance;
use crate::grant::Ending;
use crate::policy::{self, Cause, Freshness, Purpose};
use crate::session::{EnrolmentFailure, LivenessDetail, ReviewReason, Why};
use crate::text::Lang;
use refusals::{Note, Refusal};

/// Why something ended as it did: the reason's word, as a sentence or a few words.
///
/// The same word means another thing of another operation, so the operation says where to look first.
#[must_use]
pub fn reason(operation: Operation, word: &str, lang: Lang) -> Cow<'_, str> {
    let vocabularies: &[fn(&str, Lang) -> Option<&'static str>] = match operation {
        Operation::GrantEnd => &[ending],
        Operation::Fallback => &[cause],
        Operation::SyncLate => &[freshness],
        // A host's words are its own, whatever they look like.
        Operation::HostRecord => &[],
        Operation::FaceEnrol => &[enrolment, refusal, note],
        Operation::Authenticate | Operation::Identify | Operation::EmergencyUse => &[why, note, refusal],
        _ => &[refusal, note, why],
    };
    let known = vocabularies.iter().find_map(|vocabulary| vocabulary(word, lang));
    known.map_or(Cow::Borrowed(word), Cow::Borrowed)
}

/// What something was for.
#[must_use]
pub fn purpose(word: &str, lang: Lang) -> Cow<'_, str> {
    text(word, lang, Purpose::text).map_or(Cow::Borrowed(word), Cow::Borrowed)
}

impl Factor {
    /// What a person reads, with what a card is worth.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let factor = match self {
            Factor::Card { assurance } => {
                let card = policy::Factor::Card.text(lang);
                return match (assurance, lang) {
                    (Assurance::Proved, Lang::En) => format!("{card} (proved by its key)"),
                    (Assurance::Proved, Lang::Ja) => format!("{card}（鍵で認証）"),
                    (Assurance::IdentifierOnly, Lang::En) => format!("{card} (number only)"),
                    (Assurance::IdentifierOnly, Lang::Ja) => format!("{card}（番号のみ）"),
                };
            }
            Factor::Face => policy::Factor::Face,
            Factor::Password => policy::Factor::Password,
            Factor::HostPassword => policy::Factor::HostPassword,
            Factor::Pin => policy::Factor::Pin,
            Factor::StoreKey => policy::Factor::StoreKey,
            Factor::EmergencyCode => policy::Factor::EmergencyCode,
        };
        factor.text(lang).to_owned()
    }
}

fn text<T: FromStr>(word: &str, lang: Lang, said: fn(T, Lang) -> &'static str) -> Option<&'static str> {
    word.parse().ok().map(|known| said(known, lang))
}

/// Why an attempt ended so: the refusals for liveness have their detail behind the word.
fn why(word: &str, lang: Lang) -> Option<&'static str> {
    let detail = word.strip_prefix(Why::Liveness.code()).and_then(|rest| rest.strip_prefix('_'));
    match detail {
        Some(detail) => text(detail, lang, LivenessDetail::text),
        None => text(word, lang, Why::text),
    }
}

fn ending(word: &str, lang: Lang) -> Option<&'static str> {
    text(word, lang, Ending::text)
}

fn cause(word: &str, lang: Lang) -> Option<&'static str> {
    text(word, lang, Cause::text)
}

fn freshness(word: &str, lang: Lang) -> Option<&'static str> {
    text(word, lang, Freshness::text)
}

fn enrolment(word: &str, lang: Lang) -> Option<&'static str> {
    text(word, lang, EnrolmentFailure::text).or_else(|| text(word, lang, ReviewReason::text))
}

fn refusal(word: &str, lang: Lang) -> Option<&'static str> {
    text(word, lang, Refusal::text)
}

fn note(word: &str, lang: Lang) -> Option<&'static str> {
    text(word, lang, Note::text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_read_by_the_operation_it_belongs_to() {
        let ja = |operation, word| reason(operation, word, Lang::Ja).into_owned();
        assert_eq!(ja(Operation::Authenticate, "no_match"), "顔がカードの持ち主と一致しません。");
        assert_eq!(ja(Operation::Authenticate, "liveness_still"), "顔がまったく動きませんでした");
        assert_eq!(ja(Operation::GrantEnd, "other_person"), "別の人が端末の前にいます。");
        assert_eq!(ja(Operation::Authenticate, "other_person"), "カードとIDの利用者が異なります。");
        assert_eq!(ja(Operation::Fallback, "mask"), "マスクで顔が隠れています。");
        assert_eq!(ja(Operation::SyncLate, "late"), Freshness::Late.text(Lang::Ja));
        assert_eq!(ja(Operation::TerminalPair, "other_fingerprint"), "別の端末の指紋です");
        assert_eq!(ja(Operation::CameraLost, "no_camera"), "カメラがありません");
        assert_eq!(ja(Operation::PersonChange, "not_for_oneself"), "本人に関する操作はできません");
        assert_eq!(ja(Operation::FaceEnrol, "second_approver"), "別の管理者の承認が必要です。");
        assert_eq!(ja(Operation::ClockJump, "back"), "過去へ");
        assert_eq!(ja(Operation::EmergencyUse, "claimed"), "緊急コードによる自己申告");
    }

    #[test]
    fn the_words_of_a_host_are_never_taken_for_the_engines() {
        assert_eq!(reason(Operation::HostRecord, "matched", Lang::Ja), "matched");
    }

    #[test]
    fn every_factor_and_purpose_has_a_text_in_both_languages() {
        assert_eq!(Factor::Card { assurance: Assurance::Proved }.text(Lang::Ja), "カード（鍵で認証）");
        assert_eq!(
            Factor::Card { assurance: Assurance::IdentifierOnly }.text(Lang::En),
            "card (number only)"
        );
        assert_eq!(Factor::EmergencyCode.text(Lang::Ja), "緊急コード");
        assert_eq!(purpose("login", Lang::Ja), "ログイン");
        assert_eq!(purpose("surgery", Lang::Ja), "surgery");
    }

    proptest! {
        #[test]
        fn a_word_that_nobody_knows_stands_as_it_is(word in "[a-z]{3,8}_x[0-9]{1,3}") {
            for operation in Operation::ALL {
                prop_assert_eq!(&reason(*operation, &word, Lang::Ja), &word);
            }
        }
    }
}
