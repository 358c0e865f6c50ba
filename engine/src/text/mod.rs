//! What people read, in Japanese and English, and the stable words that programs rely on. Each room keeps its own
//! vocabulary beside the type that it names.

pub(crate) mod base64;
mod moment;
pub(crate) mod secret_bytes;
mod typed;
mod words;

pub use moment::{BadMoment, Edge, day, moment};
pub(crate) use typed::{base_32_letter, base_32_value, is_separator, narrow};
pub use words::UnknownWord;
pub(crate) use words::{vocabulary, words};

/// A language of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// The language of a POSIX locale name such as `ja_JP.UTF-8`; English for all that is not Japanese.
    #[must_use]
    pub fn of_locale(locale: &str) -> Lang {
        match locale.split(['_', '.', '@']).next() {
            Some("ja") => Lang::Ja,
            _ => Lang::En,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_japanese_locale_gives_japanese_and_any_other_english() {
        assert_eq!(Lang::of_locale("ja_JP.UTF-8"), Lang::Ja);
        assert_eq!(Lang::of_locale("ja"), Lang::Ja);
        assert_eq!(Lang::of_locale("C.UTF-8"), Lang::En);
        assert_eq!(Lang::of_locale("jam_JM"), Lang::En);
        assert_eq!(Lang::of_locale(""), Lang::En);
    }
}
