//! Cells that no spreadsheet program takes for a formula (CWE-1236; OWASP, "CSV Injection").
//!
//! A cell whose first character, spaces and quotation marks aside, begins a formula gets an apostrophe before it. That can be
//! taken away again without loss: see [`unguarded`].

use std::borrow::Cow;

/// What goes before a cell that would run.
const GUARD: char = '\'';

/// The cell as it may stand in a table.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if would_run(text) { Cow::Owned(format!("{GUARD}{text}")) } else { Cow::Borrowed(text) }
}

/// The text that [`guarded`] was given.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix(GUARD).filter(|text| would_run(text)).unwrap_or(cell)
}

/// Whether a spreadsheet program could take it for a formula. Programs differ in what they pass over before they look, so
/// everything that any of them passes over is passed over here.
fn would_run(text: &str) -> bool {
    let passed_over = |c: char| {
        matches!(c, '"' | '\'' | '`' | '“' | '”' | '‘' | '’' | '＂' | '＇' | '\u{feff}' | ' ' | '\u{3000}')
    };
    let first = text.trim_start_matches(passed_over).chars().next();
    first.is_some_and(|c| {
        matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '−')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_run_as_a_formula_gets_an_apostrophe() {
        for text in [
            "=1+1",
            "=cmd|' /C calc'!A0",
            "+81-3-0000-0000",
            "-1",
            "@SUM(A1)",
            "＝HYPERLINK(\"x\")",
            "＠x",
            "\"=1",
            "'=1",
            " =1",
            "\u{3000}＋1",
            "“=1",
            "\t=1",
        ] {
            assert_eq!(guarded(text), format!("'{text}"), "{text}");
        }
    }

    #[test]
    fn ordinary_names_and_texts_stay_as_they_are() {
        for text in
            ["", "山田 花子", "O'Brien", "'quoted'", "a=b", "1-2", "n0123", "“quoted”", "user@example"]
        {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(text in any::<String>(), odd in "['\"=+@ ＝-]{0,6}[a-z]?") {
            for text in [text, odd] {
                let cell = guarded(&text);
                prop_assert_eq!(unguarded(&cell), &text);
            }
        }

        #[test]
        fn no_cell_begins_with_what_begins_a_formula(text in "[ \"'“\u{3000}]{0,3}[=+@\t\r＝＋－＠-].{0,8}") {
            prop_assert!(guarded(&text).starts_with('\''));
        }
    }
}
