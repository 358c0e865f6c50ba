//! Stable words: one list gives an enum its variants, its code word, its parser and its JSON, and, where people read
//! it, both languages, so that none can be missing.

/// A text that is none of a vocabulary's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not a word for {what}")]
pub struct UnknownWord {
    /// What the word was to name.
    pub what: &'static str,
    /// The word found.
    pub word: String,
}

impl UnknownWord {
    /// The first 32 characters of what was found are enough for a message.
    pub(crate) fn new(what: &'static str, word: &str) -> UnknownWord {
        UnknownWord { what, word: word.chars().take(32).collect() }
    }
}

/// Declares an enum whose variants are stable words for programs and for the store: `code`, `Display`, `FromStr` and
/// serde agree.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident, $what:literal {
            $( $(#[$doc:meta])* $variant:ident = $code:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        $vis enum $name {
            $( $(#[$doc])* #[serde(rename = $code)] $variant, )+
        }

        impl $name {
            /// Every word of this vocabulary, in the order of declaration.
            $vis const ALL: &'static [$name] = &[$( $name::$variant, )+];

            /// The stable word that programs rely on.
            #[must_use]
            $vis const fn code(self) -> &'static str {
                match self { $( $name::$variant => $code, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.iter().copied().find(|known| known.code() == word);
                known.ok_or_else(|| $crate::text::UnknownWord::new($what, word))
            }
        }
    };
}

/// Declares [`words!`] that are said to people too: a sentence in English and in Japanese each.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident, $what:literal {
            $( $(#[$doc:meta])* $variant:ident = $code:literal, $en:literal, $ja:literal; )+
        }
    ) => {
        $crate::text::words! {
            $(#[$meta])*
            $vis enum $name, $what { $( $(#[$doc])* $variant = $code, )+ }
        }

        impl $name {
            /// What a person reads.
            #[must_use]
            $vis const fn text(self, lang: $crate::text::Lang) -> &'static str {
                match (self, lang) {
                    $( ($name::$variant, $crate::text::Lang::En) => $en,
                       ($name::$variant, $crate::text::Lang::Ja) => $ja, )+
                }
            }
        }
    };
}

pub(crate) use {vocabulary, words};
