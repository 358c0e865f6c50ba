//! Counts and lists that stay small whatever is counted.

use std::collections::BTreeMap;

use serde::Serialize;

/// Most different things that are counted apart; what comes after is counted together.
const MOST_COUNTED: usize = 10_000;
/// Most things that are listed one by one.
const MOST_LISTED: usize = 200;

/// How often something was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// What: an id, a terminal, a stable word. Empty for what has none, such as an unknown card.
    pub what: String,
    /// The name of the person of that id, as the log has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How often.
    pub count: u64,
}

/// Counts, the highest first, and by what was counted where they are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Ranking {
    /// The counts.
    pub counts: Vec<Counted>,
    /// How often something was counted that had no place of its own any more.
    pub others: u64,
}

impl Ranking {
    /// How often anything was counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|counted| counted.count).fold(self.others, u64::saturating_add)
    }

    /// How often this was counted.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.counts.iter().find(|counted| counted.what == what).map_or(0, |counted| counted.count)
    }
}

/// The first things of a list, and how many more there were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    /// The first 200.
    pub shown: Vec<T>,
    /// How many more.
    pub more: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed { shown: Vec::new(), more: 0 }
    }
}

impl<T> Listed<T> {
    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.more.saturating_add(u64::try_from(self.shown.len()).unwrap_or(u64::MAX))
    }

    pub(super) fn push(&mut self, item: T) {
        if self.shown.len() < MOST_LISTED {
            self.shown.push(item);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

impl<T> FromIterator<T> for Listed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut listed = Listed::default();
        items.into_iter().for_each(|item| listed.push(item));
        listed
    }
}

/// Counts while the log is read.
#[derive(Debug, Default)]
pub(super) struct Counter {
    counts: BTreeMap<String, (Option<String>, u64)>,
    others: u64,
}

impl Counter {
    pub(super) fn count(&mut self, what: &str) {
        self.count_named(what, None);
    }

    /// Counts a person, under the name that they had last.
    pub(super) fn count_named(&mut self, what: &str, name: Option<&str>) {
        if let Some((known, count)) = self.counts.get_mut(what) {
            *count = count.saturating_add(1);
            if let Some(name) = name {
                *known = Some(name.to_owned());
            }
        } else if self.counts.len() < MOST_COUNTED {
            self.counts.insert(what.to_owned(), (name.map(str::to_owned), 1));
        } else {
            self.others = self.others.saturating_add(1);
        }
    }

    pub(super) fn ranking(self) -> Ranking {
        let counts = self.counts.into_iter();
        let mut counts: Vec<Counted> =
            counts.map(|(what, (name, count))| Counted { what, name, count }).collect();
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
        Ranking { counts, others: self.others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_most_comes_first_and_equals_by_their_name() {
        let mut counter = Counter::default();
        ["b", "a", "c", "b", "a", "b"].iter().for_each(|what| counter.count(what));
        counter.count_named("c", Some("山田"));
        let ranking = counter.ranking();
        let order: Vec<_> =
            ranking.counts.iter().map(|counted| (counted.what.as_str(), counted.count)).collect();
        assert_eq!(order, [("b", 3), ("a", 2), ("c", 2)]);
        assert_eq!((ranking.total(), ranking.of("a"), ranking.of("z")), (7, 2, 0));
        assert_eq!(ranking.counts[2].name.as_deref(), Some("山田"));
    }

    #[test]
    fn a_flood_of_different_things_is_counted_and_takes_no_more_room() {
        let mut counter = Counter::default();
        (0..25_000).for_each(|nth| counter.count(&format!("id{nth}")));
        let ranking = counter.ranking();
        assert_eq!((ranking.counts.len(), ranking.others, ranking.total()), (10_000, 15_000, 25_000));
        let listed: Listed<u32> = (0..1000).collect();
        assert_eq!((listed.shown.len(), listed.more, listed.total()), (200, 800, 1000));
    }
}
