//! What is said, in both languages.

use super::*;

#[test]
fn every_word_that_is_said_exists_in_both_languages() {
    use crate::text::Lang;
    fn check(code: &str, en: &str, ja: &str) {
        assert!(
            !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{code}"
        );
        assert!(!en.is_empty() && en.is_ascii(), "{code}");
        assert!(ja.chars().any(|letter| letter as u32 > 0x3000), "{code}");
    }
    for word in Guidance::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in Why::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in Refusal::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in Outcome::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in EnrolmentFailure::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in ReviewReason::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in Coarse::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in LivenessDetail::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
}
