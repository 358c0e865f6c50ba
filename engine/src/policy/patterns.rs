//! Names of terminals, hosts, accounts and applications, and whole families of them.

use serde::{Deserialize, Serialize};

/// Names, and beginnings of names with a `*` at their end. The empty list fits nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patterns(Vec<String>);

impl Patterns {
    pub(super) fn new(patterns: Vec<String>) -> Patterns {
        Patterns(patterns)
    }

    /// Whether `text` is a name, or the beginning of names with one `*` at its end.
    pub(super) fn is_pattern(text: &str, is_name: fn(&str) -> bool) -> bool {
        let name = text.strip_suffix('*').unwrap_or(text);
        !name.contains('*') && (is_name(name) || (name.is_empty() && !text.is_empty()))
    }

    /// A list that was written down elsewhere than in the policy; `None` when one of it is no pattern of such names.
    pub(crate) fn of(patterns: Vec<String>, is_name: fn(&str) -> bool) -> Option<Patterns> {
        patterns.iter().all(|text| Self::is_pattern(text, is_name)).then_some(Patterns(patterns))
    }

    /// Whether every name that fits `other` fits one of these.
    #[must_use]
    pub fn cover(&self, other: &Patterns) -> bool {
        let covers = |ours: &str, theirs: &str| match ours.strip_suffix('*') {
            Some(beginning) => theirs.strip_suffix('*').unwrap_or(theirs).starts_with(beginning),
            None => ours == theirs,
        };
        other.iter().all(|theirs| self.iter().any(|ours| covers(ours, theirs)))
    }

    /// Whether it fits every name, whatever it is.
    #[must_use]
    pub fn fit_all(&self) -> bool {
        self.iter().any(|pattern| pattern == "*")
    }

    /// Whether it fits nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them fits.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        self.closest(name).is_some()
    }

    /// How closely the closest of them fits: the more of the name it spells out, the closer; all of it is closest.
    pub(super) fn closest(&self, name: &str) -> Option<usize> {
        let closeness = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning).then_some(beginning.len()),
            None => (name == pattern).then_some(usize::MAX),
        };
        self.0.iter().filter_map(closeness).max()
    }

    /// Each of them, as it is written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(patterns: &[&str]) -> Patterns {
        Patterns::new(patterns.iter().map(|pattern| (*pattern).to_owned()).collect())
    }

    #[test]
    fn a_pattern_fits_the_name_it_spells_or_all_names_with_its_beginning() {
        let wards = patterns(&["er-1", "ward3-*"]);
        assert!(["er-1", "ward3-", "ward3-pc7"].iter().all(|name| wards.fits(name)));
        assert!(
            ["er-10", "er-", "ward3", "ward31-pc7", "xward3-pc7", "", "*"]
                .iter()
                .all(|name| !wards.fits(name))
        );
        assert!(patterns(&["*"]).fits(""));
        assert!(!patterns(&[]).fits(""));
    }

    #[test]
    fn patterns_cover_others_when_whatever_fits_those_fits_them() {
        let all = patterns(&["*"]);
        let some = patterns(&["er-1", "ward3-*"]);
        assert!(all.cover(&some) && all.cover(&all) && some.cover(&some) && !some.cover(&all));
        assert!(some.cover(&patterns(&["ward3-a", "ward3-b*"])));
        for beyond in ["ward3*", "ward*", "er-*", "er-1*", "er-10", "ward3"] {
            assert!(!some.cover(&patterns(&[beyond])), "{beyond}");
        }
        assert!(some.cover(&patterns(&[])) && !patterns(&[]).cover(&some));
    }

    #[test]
    fn the_more_of_a_name_is_spelt_out_the_closer_it_fits() {
        assert!(patterns(&["*"]).closest("ward3-pc7") < patterns(&["ward*"]).closest("ward3-pc7"));
        assert!(
            patterns(&["ward*", "ward3-*"]).closest("ward3-pc7") > patterns(&["ward*"]).closest("ward3-pc7")
        );
        assert!(
            patterns(&["ward3-pc7"]).closest("ward3-pc7") > patterns(&["ward3-pc7*"]).closest("ward3-pc7")
        );
    }
}
