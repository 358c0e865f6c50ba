//! How long and of what characters a text in a record may be.

use super::Entry;

/// Most characters of an identifier.
const ID_CHARS: usize = 64;
/// Most characters of a stable word.
const WORD_CHARS: usize = 64;
/// Most characters of a name, an account or a version.
const LINE_CHARS: usize = 128;
/// Most factors one attempt can have used.
const FACTORS: usize = 8;

/// A record that may not be written as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record's {field} does not fit: expected {expected}")]
pub struct InvalidEntry {
    /// The field of [`Entry`].
    pub field: &'static str,
    /// What it may hold.
    pub expected: &'static str,
}

/// Whether `text` is an identifier: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=ID_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'@' | b'-'))
}

/// Whether `text` is one line for people: 1 to `max` characters, not blank, and none that controls how the
/// rest is shown (control characters, line and paragraph separators, direction overrides).
pub(crate) fn is_line(text: &str, max: usize) -> bool {
    // A character takes at most four bytes: what is longer is refused without counting.
    text.len() <= max.saturating_mul(4)
        && text.chars().count() <= max
        && !text.trim().is_empty()
        && text.chars().all(shows)
}

/// What a device or a driver calls itself, as it may stand in a record: without the characters that would deceive a
/// reader, and no longer than a line; `None` if nothing is left.
pub(crate) fn to_line(text: &str) -> Option<String> {
    let line: String = text.chars().filter(|c| shows(*c)).take(LINE_CHARS).collect();
    Some(line).filter(|line| is_line(line, LINE_CHARS))
}

/// Whether a character does nothing to how the others are shown.
fn shows(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `text` is a stable word: 1 to 64 of `a-z 0-9 _`.
pub(crate) fn is_word(text: &str) -> bool {
    (1..=WORD_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl Entry {
    /// Checks every text against its limits.
    ///
    /// # Errors
    /// [`InvalidEntry`] names the first field that does not fit.
    pub fn check(&self) -> Result<(), InvalidEntry> {
        const ID: &str = "1 to 64 of A-Z a-z 0-9 . _ @ -";
        const WORD: &str = "1 to 64 of a-z 0-9 _";
        const LINE: &str = "1 to 128 characters on one line, not blank";
        type Rule = fn(&str) -> bool;
        let line: Rule = |text| is_line(text, LINE_CHARS);
        let fields: [(_, _, Rule, _); 12] = [
            ("reason", &self.reason, is_word, WORD),
            ("subject", &self.subject, is_id, ID),
            ("name", &self.name, line, LINE),
            ("object", &self.object, line, LINE),
            ("account", &self.account, line, LINE),
            ("purpose", &self.purpose, is_word, WORD),
            ("session", &self.session, is_id, ID),
            ("runtime", &self.runtime, line, LINE),
            ("camera", &self.camera, line, LINE),
            ("reader", &self.reader, line, LINE),
            ("origin", &self.origin, line, LINE),
            ("host", &self.host, line, LINE),
        ];
        for (field, text, fits, expected) in fields {
            if text.as_deref().is_some_and(|text| !fits(text)) {
                return Err(InvalidEntry { field, expected });
            }
        }
        if self.factors.len() > FACTORS {
            return Err(InvalidEntry { field: "factors", expected: "at most 8" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_identifier_is_exactly_what_the_rule_says(text in ".{0,80}|[A-Za-z0-9._@-]{0,70}") {
            let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-";
            let by_rule = !text.is_empty() && text.chars().count() <= 64 && text.chars().all(|c| allowed.contains(c));
            prop_assert_eq!(is_id(&text), by_rule);
        }

        #[test]
        fn a_line_never_holds_a_control_character(text in any::<String>()) {
            if is_line(&text, 128) {
                prop_assert!(!text.chars().any(char::is_control));
                prop_assert!((1..=128).contains(&text.chars().count()));
            }
        }

        #[test]
        fn whatever_a_device_calls_itself_fits_into_a_record_or_is_left_out(text in any::<String>()) {
            match to_line(&text) {
                Some(line) => prop_assert!(is_line(&line, 128)),
                None => prop_assert!(text.chars().filter(|c| shows(*c)).take(128).all(char::is_whitespace)),
            }
        }
    }

    #[test]
    fn a_line_may_be_128_characters_of_any_script_and_no_more() {
        assert!(is_line(&"病".repeat(128), 128));
        assert!(!is_line(&"病".repeat(129), 128));
        assert!(!is_line("", 128));
        assert!(!is_line(" \u{3000} ", 128));
    }

    #[test]
    fn a_name_cannot_turn_the_direction_of_a_line() {
        assert!(!is_line("nurse\u{202e}nimda", 128));
        assert!(!is_line("a\u{2028}b", 128));
        assert!(!is_line("\u{1b}[2J", 128));
    }
}
