//! What people read, in Japanese and English, by number.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use mabataki_engine::text::Lang;

use crate::boundary::guard;
use crate::codes;
use crate::status::spoken;

/// Languages of mbt_text.
pub const MBT_LANG_EN: u32 = 1;
pub const MBT_LANG_JA: u32 = 2;

/// Kinds of mbt_text, by what the number is one of: MBT_G_*
pub const MBT_TEXT_GUIDANCE: u32 = 1;
/// One MBT_F_*
pub const MBT_TEXT_FACTOR: u32 = 2;
/// MBT_GRANTED and the other outcomes
pub const MBT_TEXT_OUTCOME: u32 = 3;
/// mbt_status
pub const MBT_TEXT_STATUS: u32 = 4;
/// MBT_REASON_*
pub const MBT_TEXT_REASON: u32 = 5;
/// MBT_STEP_*
pub const MBT_TEXT_STEP: u32 = 6;
/// MBT_CAUSE_*
pub const MBT_TEXT_CAUSE: u32 = 7;
/// MBT_FRESH_*
pub const MBT_TEXT_FRESH: u32 = 8;
/// MBT_WATCH_*
pub const MBT_TEXT_WATCH: u32 = 9;
/// MBT_FAILURE_*
pub const MBT_TEXT_FAILURE: u32 = 10;
/// MBT_REVIEW_*
pub const MBT_TEXT_REVIEW: u32 = 11;
/// MBT_PURPOSE_*
pub const MBT_TEXT_PURPOSE: u32 = 12;
/// MBT_PIN_*
pub const MBT_TEXT_PIN: u32 = 13;

/// What the person at the terminal may be told: of a kind MBT_TEXT_*, for a number of that kind, in MBT_LANG_EN or
/// MBT_LANG_JA (English for any other). Static, never NULL; empty for a number that has no text.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_text(kind: u32, code: i32, lang: u32) -> *const c_char {
    guard(c"", || {
        let lang = if lang == MBT_LANG_JA { lang } else { MBT_LANG_EN };
        texts().get(&(kind, code, lang)).map_or(c"", |text: &CString| text.as_c_str())
    })
    .as_ptr()
}

type Texts = BTreeMap<(u32, i32, u32), CString>;

/// Every text there is, made once and kept as long as the library.
fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let mut texts = Texts::new();
        let mut put = |kind, code, en: &str, ja: &str| {
            for (lang, text) in [(MBT_LANG_EN, en), (MBT_LANG_JA, ja)] {
                // No text of ours has a NUL in it.
                texts.insert((kind, code, lang), CString::new(text).unwrap_or_default());
            }
        };
        macro_rules! put_all {
            ($($kind:ident: $table:ident,)*) => {$(
                for (code, word) in codes::$table {
                    put($kind, *code, word.text(Lang::En), word.text(Lang::Ja));
                }
            )*};
        }
        put_all! {
            MBT_TEXT_GUIDANCE: GUIDANCE,
            MBT_TEXT_FACTOR: FACTORS,
            MBT_TEXT_OUTCOME: OUTCOMES,
            MBT_TEXT_REASON: REASONS,
            MBT_TEXT_STEP: STEPS,
            MBT_TEXT_CAUSE: CAUSES,
            MBT_TEXT_FRESH: FRESHNESS,
            MBT_TEXT_WATCH: WATCHING,
            MBT_TEXT_FAILURE: FAILURES,
            MBT_TEXT_REVIEW: REVIEWS,
            MBT_TEXT_PURPOSE: PURPOSES,
            MBT_TEXT_PIN: PINS,
        }
        for (status, en, ja) in spoken() {
            put(MBT_TEXT_STATUS, status, en, ja);
        }
        texts
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;
    use crate::codes::{MBT_F_CARD, MBT_G_PLEASE_BLINK, MBT_GRANTED, MBT_REASON_LOCKED};
    use crate::status::MBT_E_NO_CAMERA;

    fn said(kind: u32, code: i32, lang: u32) -> &'static str {
        let text = mbt_text(kind, code, lang);
        unsafe { CStr::from_ptr(text) }.to_str().unwrap()
    }

    #[test]
    fn each_kind_is_told_in_both_languages() {
        assert_eq!(said(MBT_TEXT_GUIDANCE, MBT_G_PLEASE_BLINK, MBT_LANG_JA), "まばたきをしてください。");
        assert_eq!(said(MBT_TEXT_GUIDANCE, MBT_G_PLEASE_BLINK, MBT_LANG_EN), "Please blink.");
        assert_eq!(said(MBT_TEXT_FACTOR, MBT_F_CARD.cast_signed(), MBT_LANG_JA), "カード");
        assert_eq!(said(MBT_TEXT_OUTCOME, MBT_GRANTED, MBT_LANG_JA), "許可");
        assert_eq!(said(MBT_TEXT_STATUS, MBT_E_NO_CAMERA, MBT_LANG_JA), "カメラがありません。");
        assert_eq!(said(MBT_TEXT_REASON, MBT_REASON_LOCKED, MBT_LANG_EN), "Please wait, or ask for help.");
        for kind in MBT_TEXT_GUIDANCE..=MBT_TEXT_PIN {
            assert!(!said(kind, 1, MBT_LANG_JA).is_empty() || kind == MBT_TEXT_STATUS, "{kind}");
        }
    }

    #[test]
    fn a_number_without_a_text_gives_none_and_another_language_english() {
        assert_eq!(said(MBT_TEXT_GUIDANCE, 9999, MBT_LANG_EN), "");
        assert_eq!(said(99, 1, MBT_LANG_EN), "");
        assert_eq!(said(MBT_TEXT_OUTCOME, MBT_GRANTED, 77), "granted");
    }
}
