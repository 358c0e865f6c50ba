//! Reads the file's tables key by key. What is wrong is noted with its line, and reading goes on, so that an operator
//! hears of everything at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use toml::de::{DeInteger, DeTable, DeValue};

use super::fault::{Fault, Faults};
use super::time;
use crate::audit::is_id;
use crate::text::UnknownWord;

/// Most bytes of a policy file.
const MOST_BYTES: usize = 64 * 1024;

/// Most entries of any list or table in it.
const MOST_ENTRIES: usize = 256;

/// The text, and what was found wrong with it.
struct Source<'t> {
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
}

/// Reads a whole file with `read`; what that gives is good only if nothing was found wrong.
pub(super) fn read<T>(text: &str, read: impl FnOnce(&mut Section<'_>) -> Option<T>) -> Result<T, Faults> {
    let source = Source { text, faults: RefCell::default() };
    if text.len() > MOST_BYTES {
        source.fault(0, format!("the policy has {} bytes, expected at most {MOST_BYTES}", text.len()));
        return Err(source.into_faults());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            source.fault(at, error.message().replace('\n', ", "));
        }
        return Err(source.into_faults());
    }
    let place = Place { source: &source, at: 0 };
    let mut top = Section::new(place, String::new(), table.get_ref());
    let result = read(&mut top);
    top.finish();
    let is_faultless = source.faults.borrow().is_empty();
    result.filter(|_| is_faultless).ok_or_else(|| source.into_faults())
}

impl Source<'_> {
    fn fault(&self, at: usize, what: String) {
        let mut faults = self.faults.borrow_mut();
        // They are sorted by line later; until then more are kept than will be shown.
        if faults.len() < 2 * Faults::MOST {
            let line = 1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            faults.push(Fault { line, what });
        }
    }

    fn into_faults(self) -> Faults {
        Faults::new(self.faults.into_inner())
    }
}

/// A place in the text, where something may be found wrong.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    source: &'s Source<'s>,
    at: usize,
}

impl Place<'_> {
    /// Notes that something is wrong here.
    pub(super) fn fault(self, what: &str) {
        self.source.fault(self.at, what.to_owned());
    }
}

/// One table. Keys are taken from it one by one; what is left at the end is unknown.
pub(super) struct Section<'s> {
    /// Its header.
    pub(super) place: Place<'s>,
    /// As it is written, `policies.ward`; empty for the whole file.
    title: String,
    entries: BTreeMap<&'s str, (Place<'s>, &'s DeValue<'s>)>,
    known: Vec<&'static str>,
}

impl<'s> Section<'s> {
    fn new(place: Place<'s>, title: String, table: &'s DeTable<'s>) -> Section<'s> {
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            let place = Place { at: key.span().start, ..place };
            entries.insert(key.get_ref().as_ref(), (place, value.get_ref()));
        }
        Section { place, title, entries, known: Vec::new() }
    }

    /// What stands under this key, if anything does.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'s>> {
        self.known.push(key);
        let (place, value) = self.entries.remove(key)?;
        Some(Value { place, title: self.title_of(key), value })
    }

    /// What stands under this key; that nothing does is a fault.
    pub(super) fn require(&mut self, key: &'static str) -> Option<Value<'s>> {
        let value = self.take(key);
        if value.is_none() {
            self.place.fault(&format!("{}: expected it to be given, found nothing", self.title_of(key)));
        }
        value
    }

    /// The table under this key; one that is missing is empty.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'s> {
        let section = self.take(key).and_then(Value::section);
        section.unwrap_or_else(|| Section {
            place: self.place,
            title: self.title_of(key),
            entries: BTreeMap::new(),
            known: Vec::new(),
        })
    }

    /// The tables in it, under names that the operator chose.
    pub(super) fn named_sections(self) -> Vec<(&'s str, Section<'s>)> {
        let sections = self.named_values().into_iter();
        sections.filter_map(|(name, value)| Some((name, value.section()?))).collect()
    }

    /// The values in it, under names that the operator chose.
    pub(super) fn named_values(self) -> Vec<(&'s str, Value<'s>)> {
        let (place, title) = (self.place, self.title.clone());
        let values = self.rest();
        if values.len() > MOST_ENTRIES {
            place.fault(&format!("{title}: expected at most {MOST_ENTRIES} entries, found {}", values.len()));
        }
        for (name, value) in values.iter().filter(|(name, _)| !is_id(name)) {
            let found = quoted(name);
            value
                .place
                .fault(&format!("{title}: expected a name of 1 to 64 of A-Z a-z 0-9 . _ @ -, found {found}"));
        }
        values
    }

    /// What was not taken is unknown.
    pub(super) fn finish(&mut self) {
        let place = if self.title.is_empty() { "the policy" } else { &self.title };
        let known = self.known.join(", ");
        for (key, (at, _)) in std::mem::take(&mut self.entries) {
            at.fault(&format!("{} is no key of {place}, which has {known}", quoted(key)));
        }
    }

    fn rest(self) -> Vec<(&'s str, Value<'s>)> {
        let title = |key: &str| self.title_of(key);
        let values = self.entries.iter();
        values
            .map(|(key, (place, value))| (*key, Value { place: *place, title: title(key), value }))
            .collect()
    }

    fn title_of(&self, key: &str) -> String {
        let key = if is_id(key) { key.to_owned() } else { quoted(key) };
        if self.title.is_empty() { key } else { format!("{}.{key}", self.title) }
    }
}

/// What stands under a key, or in a list.
#[derive(Clone)]
pub(super) struct Value<'s> {
    pub(super) place: Place<'s>,
    /// `policies.ward.timeout`.
    pub(super) title: String,
    value: &'s DeValue<'s>,
}

impl<'s> Value<'s> {
    pub(super) fn text(&self) -> Option<&'s str> {
        self.expect("a text in quotes", self.value.as_str())
    }

    /// A text that `fits`.
    pub(super) fn text_that(&self, fits: impl FnOnce(&str) -> bool, expected: &str) -> Option<&'s str> {
        let text = self.text()?;
        self.expect(expected, fits(text).then_some(text))
    }

    pub(super) fn truth(&self) -> Option<bool> {
        self.expect("true or false", self.value.as_bool())
    }

    pub(super) fn number(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let number = self.value.as_integer().and_then(integer).filter(|number| range.contains(number));
        self.expect(&format!("a number from {} to {}", range.start(), range.end()), number)
    }

    /// A number above the one and not above the other.
    pub(super) fn fraction(&self, above: f64, most: f64) -> Option<f64> {
        let number: Option<f64> = match self.value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => integer(number).map(f64::from),
            _ => None,
        };
        let number = number.filter(|number| *number > above && *number <= most);
        self.expect(&format!("a number above {above} and at most {most}"), number)
    }

    /// A length of time, written with its unit.
    pub(super) fn time(&self, range: RangeInclusive<Duration>) -> Option<Duration> {
        let time = self.value.as_str().and_then(time::parse).filter(|time| range.contains(time));
        let (from, to) = (time::said(*range.start()), time::said(*range.end()));
        self.expect(&format!("a time from \"{from}\" to \"{to}\""), time)
    }

    /// A word of a vocabulary.
    pub(super) fn word<T: FromStr<Err = UnknownWord>>(&self) -> Option<T> {
        let word = self.text()?.parse();
        word.map_err(|error: UnknownWord| self.fault(&error.to_string())).ok()
    }

    pub(super) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// Each entry of a list.
    pub(super) fn list(&self) -> Option<Vec<Value<'s>>> {
        let list = self.expect("a list in brackets", self.value.as_array())?;
        if list.len() > MOST_ENTRIES {
            self.fault(&format!("expected at most {MOST_ENTRIES} entries, found {}", list.len()));
        }
        let mut entries = Vec::new();
        for entry in list.iter().take(MOST_ENTRIES) {
            let place = Place { at: entry.span().start, ..self.place };
            entries.push(Value { place, title: self.title.clone(), value: entry.get_ref() });
        }
        Some(entries)
    }

    /// Its keys and values.
    pub(super) fn section(self) -> Option<Section<'s>> {
        let table = self.expect("a table of keys and values", self.value.as_table())?;
        Some(Section::new(self.place, self.title, table))
    }

    /// Notes that something is wrong with it.
    pub(super) fn fault(&self, what: &str) {
        self.place.fault(&format!("{}: {what}", self.title));
    }

    fn expect<T>(&self, expected: &str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            self.fault(&format!("expected {expected}, found {}", shown(self.value)));
        }
        found
    }
}

/// The entries of a list that may be missing.
pub(super) fn entries<'s>(list: Option<&Value<'s>>) -> Vec<Value<'s>> {
    list.and_then(Value::list).unwrap_or_default()
}

/// A text as it is shown in a fault: quoted, and no longer than a name.
pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(64).collect::<String>())
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(list) => format!("a list of {}", list.len()),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn integer(number: &DeInteger<'_>) -> Option<u32> {
    u32::from_str_radix(number.as_str(), number.radix()).ok()
}
