//! The review as it is laid out, before it is text or HTML.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::text::words;

/// The whole review.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) title: String,
    /// What it covers: labels and values.
    pub(super) facts: Vec<(&'static str, String)>,
    /// The figures at the top: labels and values.
    pub(super) figures: Vec<(&'static str, u64)>,
    pub(super) sections: Vec<Section>,
    /// What is filled in by hand: who has reviewed it, when, and their seal.
    pub(super) signing: Signing,
}

/// The lines that whoever has reviewed it fills in.
#[derive(Debug)]
pub(super) struct Signing {
    pub(super) title: &'static str,
    pub(super) statement: &'static str,
    pub(super) lines: Vec<&'static str>,
    pub(super) seal: &'static str,
}

/// One heading and what stands below it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug)]
pub(super) enum Block {
    /// A sentence.
    Say(String),
    /// A sentence that asks for a look.
    Mark(String),
    Table(Table),
    Columns(Columns),
    Bars(Bars),
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) caption: Option<&'static str>,
    pub(super) headers: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said when there were more rows than are shown.
    pub(super) more: Option<String>,
}

#[derive(Debug)]
pub(super) enum Cell {
    Text(String),
    Number(u64),
    /// A text that asks for a look.
    Mark(String),
}

/// A bar for each of several things, with a text each.
#[derive(Debug)]
pub(super) struct Bars {
    pub(super) caption: String,
    pub(super) bars: Vec<(String, u64)>,
}

/// Columns over an axis, each a stack of the series' values.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) caption: String,
    /// What stands below each column.
    pub(super) labels: Vec<String>,
    pub(super) series: Vec<Series>,
}

/// One kind of thing that is counted: a value for each column.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) fill: Fill,
    pub(super) values: Vec<u64>,
}

words! {
    /// How a part of a column is filled: as the style sheet says of its word. All are told apart without colour.
    pub(super) enum Fill, "a fill" {
        Granted = "granted",
        Denied = "denied",
        Observed = "observed",
        Abandoned = "abandoned",
        Failed = "failed",
    }
}

/// A moment by the site's clocks, to the minute.
pub(super) fn minute(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}
