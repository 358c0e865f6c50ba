//! The review as one page of HTML: nothing in it is fetched, nothing runs, and every text is escaped by the template.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart;
use super::document::{Block, Cell, Document, Section, Signing, Table};
use super::review::MonthlyReview;
use crate::text::Lang;

/// The style sheet. It holds nothing that comes from the log.
const STYLE: &str = include_str!("style.css");

/// What a browser may do with the page: show it by its own style sheet, and nothing else. It is a second lock, should a
/// text ever get past the first.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

impl MonthlyReview {
    /// The review as a page that stands by itself, to be looked at or printed (A4).
    #[must_use]
    pub fn html(&self, lang: Lang) -> String {
        page(&self.document(lang), lang).into_string()
    }
}

fn page(document: &Document, lang: Lang) -> Markup {
    let code = match lang {
        Lang::En => "en",
        Lang::Ja => "ja",
    };
    html! {
        (DOCTYPE)
        html lang=(code) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (document.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (chart::patterns())
                header {
                    h1 { (document.title) }
                    dl {
                        @for (label, value) in &document.facts {
                            div { dt { (label) } dd { (value) } }
                        }
                    }
                }
                ul.figures {
                    @for (label, count) in &document.figures {
                        li { b { (count) } span { (label) } }
                    }
                }
                main {
                    @for (nth, part) in (1..).zip(&document.sections) {
                        (section(nth, part))
                    }
                }
                (signing(&document.signing))
            }
        }
    }
}

fn section(nth: usize, section: &Section) -> Markup {
    html! {
        section {
            h2 { (nth) ". " (section.title) }
            @for block in &section.blocks {
                @match block {
                    Block::Say(text) => p { (text) },
                    Block::Mark(text) => p.mark { (text) },
                    Block::Table(rows) => (table(rows)),
                    Block::Columns(columns) => (chart::columns(columns)),
                    Block::Bars(bars) => (chart::bars(bars)),
                }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    html! {
        table {
            @if let Some(text) = table.caption { caption { (text) } }
            thead {
                tr {
                    @for (at, header) in table.headers.iter().enumerate() {
                        th.number[is_number(table, at)] scope="col" { (header) }
                    }
                }
            }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for cell in row {
                            @match cell {
                                Cell::Text(text) => td { (text) },
                                Cell::Number(number) => td.number { (number) },
                                Cell::Mark(text) => td.mark { (text) },
                            }
                        }
                    }
                }
            }
        }
        @if let Some(more) = &table.more { p.more { (more) } }
    }
}

/// Whether a column holds numbers: its header stands above them, to the right.
fn is_number(table: &Table, column: usize) -> bool {
    table.rows.first().and_then(|row| row.get(column)).is_some_and(|cell| matches!(cell, Cell::Number(_)))
}

fn signing(signing: &Signing) -> Markup {
    html! {
        footer {
            h2 { (signing.title) }
            p { (signing.statement) }
            div.signing {
                dl {
                    @for line in &signing.lines {
                        div { dt { (line) } dd {} }
                    }
                }
                div.seal { (signing.seal) }
            }
        }
    }
}
