//! The review as text, for a terminal or a mail.

use unicode_width::UnicodeWidthStr;

use super::document::{Bars, Block, Cell, Columns, Document, Section, Signing, Table};
use super::review::MonthlyReview;
use crate::text::Lang;

/// How wide the text is, in columns of a terminal; Japanese characters take two.
const WIDTH: usize = 96;
/// The widest a column of a table becomes; a longer text pushes the rest of its own row aside.
const WIDEST_CELL: usize = 56;
/// The longest bar.
const LONGEST_BAR: u64 = 40;

impl MonthlyReview {
    /// The review as text. It ends with a line break.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let document = self.document(lang);
        let mut text = head(&document);
        for (nth, part) in (1..).zip(&document.sections) {
            text.push_str(&section(nth, part));
        }
        text.push_str(&signing(&document.signing));
        text
    }
}

fn head(document: &Document) -> String {
    let mut text = format!("{}\n{}\n", document.title, "=".repeat(WIDTH));
    let widest = document.facts.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    for (label, value) in &document.facts {
        text.push_str(&format!("{}  {value}\n", padded(label, widest)));
    }
    let figures = document.figures.iter().map(|(label, count)| format!("{label} {count}"));
    text.push_str(&format!("\n{}\n", figures.collect::<Vec<_>>().join("   ")));
    text
}

fn section(nth: usize, section: &Section) -> String {
    let title = format!("{nth}. {}", section.title);
    let mut text = format!("\n{title}\n{}\n", "-".repeat(title.width()));
    for block in &section.blocks {
        text.push_str(&match block {
            Block::Say(sentence) => format!("{sentence}\n"),
            Block::Mark(sentence) => format!("(!) {sentence}\n"),
            Block::Table(rows) => table(rows),
            Block::Columns(chart) => columns(chart),
            Block::Bars(chart) => bars(chart),
        });
    }
    text
}

fn table(table: &Table) -> String {
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let mut widths: Vec<usize> = table.headers.iter().map(|header| header.width()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width().min(WIDEST_CELL));
        }
    }
    let mut text = table.caption.map(|caption| format!("\n[{caption}]\n")).unwrap_or_default();
    let headers = table.headers.iter().map(|header| (*header).to_owned()).collect();
    for row in std::iter::once(headers).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(&format!("  {}\n", line.trim_end()));
    }
    if let Some(more) = &table.more {
        text.push_str(&format!("  {more}\n"));
    }
    text
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Mark(text) => format!("(!) {text}"),
    }
}

/// One line for each column that is not empty: its label, and each kind with its count.
fn columns(chart: &Columns) -> String {
    let lines = chart.labels.iter().enumerate().filter_map(|(at, label)| {
        let values = chart.series.iter().filter_map(|series| {
            let value = series.values.get(at).copied().filter(|value| *value > 0)?;
            Some((series.name, value))
        });
        let values: Vec<(&str, u64)> = values.collect();
        let all = values.iter().fold(0, |sum: u64, (_, value)| sum.saturating_add(*value));
        let each = values.iter().map(|(name, value)| format!("{name} {value}"));
        (all > 0).then(|| (label.clone(), all, each.collect::<Vec<_>>().join(", ")))
    });
    lined(&chart.caption, lines.collect())
}

fn bars(chart: &Bars) -> String {
    let lines = chart.bars.iter().map(|(label, count)| (label.clone(), *count, count.to_string()));
    lined(&chart.caption, lines.collect())
}

/// A bar a line: what, how many, and what is said of it.
fn lined(caption: &str, lines: Vec<(String, u64, String)>) -> String {
    let widest = lines.iter().map(|(label, ..)| label.width()).max().unwrap_or(0);
    let highest = lines.iter().map(|(_, count, _)| *count).max().unwrap_or(0).max(1);
    let mut text = format!("\n[{caption}]\n");
    for (label, count, said) in lines {
        let length = count.saturating_mul(LONGEST_BAR).div_ceil(highest).min(LONGEST_BAR);
        let bar = "#".repeat(usize::try_from(length).unwrap_or(0));
        text.push_str(&format!("  {}  {bar} {said}\n", padded(&label, widest)));
    }
    text
}

fn signing(signing: &Signing) -> String {
    let mut text = format!("\n{}\n{}\n{}\n\n", "=".repeat(WIDTH), signing.title, signing.statement);
    let labels = signing.lines.iter().chain(std::iter::once(&signing.seal));
    let widest = labels.clone().map(|label| label.width()).max().unwrap_or(0);
    for label in labels {
        text.push_str(&format!("{}  {}\n\n", padded(label, widest), "_".repeat(40)));
    }
    text
}

/// The text with spaces behind it, to this width.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
