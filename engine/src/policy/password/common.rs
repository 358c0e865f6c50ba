//! Whether a password is one that many people have. It is judged as Microsoft Entra's password protection does: a common
//! word counts as one point, however long, and so do a year and a run of neighbouring keys; any other character is a
//! point of its own. With too few points it is common.
//!
//! An estimator of strength such as zxcvbn would know more words, but it leaves copies of the password in memory that
//! nobody wipes, and brings fourteen crates along. Here a word is enough that stands among the first few hundred guesses:
//! lock-out allows fifty.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use zeroize::Zeroizing;

/// Fewer points are too few beside another factor (Microsoft Entra ID, "Eliminate bad passwords using Microsoft Entra
/// Password Protection").
const LEAST_POINTS: u32 = 5;

/// The same where the password lets in alone: what eight characters that nobody could guess would have.
const LEAST_POINTS_ALONE: u32 = 8;

/// Common words in small letters by their first, from a text with one a line and remarks after `# `.
static WORDS: LazyLock<BTreeMap<char, Vec<&str>>> = LazyLock::new(|| {
    let mut by_letter: BTreeMap<char, Vec<&str>> = BTreeMap::new();
    for word in include_str!("common.txt").lines().filter(|line| !line.starts_with("# ")) {
        if let Some(first) = word.chars().next() {
            by_letter.entry(first).or_default().push(word);
        }
    }
    by_letter
});

/// Keys that lie or follow beside each other, on keyboards with Latin and Japanese layouts.
const ROWS: [&str; 9] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "!@#$%^&*()",
    "!\"#$%&'()",
];

/// Shorter runs come about by chance.
const SHORTEST_RUN: usize = 3;

/// What is written for a letter.
const DISGUISES: [(char, &str); 8] =
    [('a', "@4"), ('b', "8"), ('e', "3"), ('i', "1!"), ('l', "1"), ('o', "0"), ('s', "$5"), ('t', "7+")];

/// Whether little is left of it without what is common; more must be left where it lets in `alone`.
pub(super) fn is_common(candidate: &str, alone: bool) -> bool {
    points(candidate) < if alone { LEAST_POINTS_ALONE } else { LEAST_POINTS }
}

/// The fewest points in which it can be had.
fn points(candidate: &str) -> u32 {
    let mut letters = Zeroizing::new(Vec::with_capacity(super::LONGEST));
    letters.extend(candidate.chars().take(super::LONGEST).map(small));
    // The fewest points for the first so many characters.
    let mut points = Zeroizing::new(vec![u32::MAX; letters.len() + 1]);
    points[0] = 0;
    for at in 0..letters.len() {
        let next = points[at] + 1;
        let rest = &letters[at..];
        let pieces = [1, year(rest), run(rest)].into_iter().chain(words(rest));
        for piece in pieces.filter(|piece| *piece > 0) {
            points[at + piece] = points[at + piece].min(next);
        }
    }
    points[letters.len()]
}

/// Whether this character is that letter, in whatever case, or is often written for it.
pub(super) fn passes_for(c: char, letter: char) -> bool {
    let (c, letter) = (small(c), small(letter));
    c == letter || DISGUISES.iter().any(|(of, signs)| *of == letter && signs.contains(c))
}

/// The lengths of all common words that the text begins with.
fn words(text: &[char]) -> impl Iterator<Item = usize> {
    let of_letter = WORDS.iter().filter(|(letter, _)| text.first().is_some_and(|c| passes_for(*c, **letter)));
    let begins_with = |word: &&str| {
        let mut rest = text.iter();
        word.chars().all(|letter| rest.next().is_some_and(|c| passes_for(*c, letter)))
    };
    of_letter
        .flat_map(|(_, words)| words.iter().copied())
        .filter(begins_with)
        .map(|word| word.chars().count())
}

/// The length of a year of the last or this century if the text begins with it, else 0.
fn year(text: &[char]) -> usize {
    match text {
        ['1', '9', a, b, ..] | ['2', '0', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => 4,
        _ => 0,
    }
}

/// How many characters at the beginning are one and the same, or neighbours in one direction; 0 if too few.
fn run(text: &[char]) -> usize {
    let same = text.iter().take_while(|c| Some(*c) == text.first()).count();
    let longest = ROWS.iter().map(|row| along(text, row.chars()).max(along(text, row.chars().rev()))).max();
    let longest = longest.map_or(same, |longest| longest.max(same));
    if longest >= SHORTEST_RUN { longest } else { 0 }
}

/// How many characters at the beginning follow each other in this row.
fn along(text: &[char], row: impl Iterator<Item = char>) -> usize {
    let from_first = row.skip_while(|key| text.first() != Some(key));
    text.iter().zip(from_first).take_while(|(c, key)| *c == key).count()
}

/// In small letters, where that is one letter too.
fn small(c: char) -> char {
    let mut small = c.to_lowercase();
    match (small.next(), small.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_years_and_runs_of_keys_in_disguise_are_common() {
        for candidate in [
            "",
            "P@ssw0rd1!",
            "Qwerty123!",
            "Hospital2026!",
            "Sakura2024!!",
            "aaaaaaaa1!",
            "1qaz2wsx!Q",
            "!@#$%^&*",
            "Adm1n1234#",
            "passwordpassword1",
            "qwertyuiopasdfghjkl",
            "zyxwvut4321!",
            "Nurse-2025",
            "ILoveYou!!1",
            "Welcome#2025",
            "12345678901234567890",
        ] {
            assert!(is_common(candidate, false), "{candidate}");
        }
    }

    #[test]
    fn what_has_five_points_besides_is_not_common() {
        for candidate in [
            "kz7#mLq2",
            "lamp under blue river",
            "sakura-kz7#",
            "Tr0ub4dor&3",
            "赤い自転車7台で#",
            "password kz7",
        ] {
            assert!(!is_common(candidate, false), "{candidate}");
        }
    }

    #[test]
    fn a_password_that_lets_in_alone_needs_as_much_as_eight_characters_would_have() {
        for candidate in
            ["1234567890123", "111222333444555", "sakura himawari", "q1w2e3r4t5y6u7", "dragon monkey kz7"]
        {
            assert!(is_common(candidate, true), "{candidate}");
        }
        assert!(!is_common("lamp under blue river", true));
        assert!(!is_common("dragon kz7#mLq2", true));
    }

    #[test]
    fn the_words_are_spelt_as_they_are_looked_for_and_each_stands_there_once() {
        let mut seen = std::collections::BTreeSet::new();
        for word in WORDS.values().flatten() {
            assert!(word.chars().count() >= 4, "{word} is in too many other words");
            assert!(word.chars().all(|c| c.is_ascii_graphic() && c == small(c)), "{word}");
            assert!(seen.insert(word), "{word} stands there twice");
        }
    }
}
