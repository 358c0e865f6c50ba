//! What people read, in Japanese and English. Each room keeps its own vocabulary beside the type that it names;
//! `vocabulary!` gives every such type its stable code words and both languages at once, so that none can be missing.

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

/// Declares an enum of things that are said to people: a stable code word for programs, and a sentence in English and
/// in Japanese for people.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$doc:meta])* $variant:ident = $code:literal, $en:literal, $ja:literal; )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        $vis enum $name {
            $( $(#[$doc])* $variant, )+
        }

        impl $name {
            /// Every word of this vocabulary.
            pub const ALL: &'static [$name] = &[$( $name::$variant, )+];

            /// The stable word that programs rely on.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $( $name::$variant => $code, )+ }
            }

            /// What a person reads.
            #[must_use]
            pub fn text(self, lang: $crate::text::Lang) -> &'static str {
                match (self, lang) {
                    $( ($name::$variant, $crate::text::Lang::En) => $en,
                       ($name::$variant, $crate::text::Lang::Ja) => $ja, )+
                }
            }
        }
    };
}

pub(crate) use vocabulary;

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
