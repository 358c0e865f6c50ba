//! Charts as SVG within the page: no script, no colour that means something by itself.

use maud::{Markup, html};

use super::document::{Bars, Columns, Series};

/// The field of a chart with columns: its size, and what is kept free of columns beside and below it, px.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;

/// How much of its place a column takes.
const FULL: f64 = 0.72;

/// Bars: the height of each with its gap, the room for the texts before them, and for the figure behind, px.
const BAR: f64 = 26.0;
const TEXTS: f64 = 300.0;
const FIGURE: f64 = 60.0;

/// The ways columns are filled that are patterns and not plain. They are named in the style sheet, and stand once in a page.
pub(super) fn patterns() -> Markup {
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" {
            defs {
                pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.ground width="6" height="6" {}
                    circle cx="3" cy="3" r="1.5" {}
                }
                pattern id="lines" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.ground width="5" height="5" {}
                    rect width="2" height="5" {}
                }
            }
        }
    }
}

/// Stacked columns with their axis, and below them what each filling means.
pub(super) fn columns(chart: &Columns) -> Markup {
    let highest = heights(&chart.series).into_iter().max().unwrap_or(0);
    let (step, top) = scale(highest);
    let steps = top.checked_div(step).unwrap_or(0);
    let up = |value: u64| (HEIGHT - TOP - BOTTOM) * (value as f64 / top as f64);
    let ground = HEIGHT - BOTTOM;
    let place = (WIDTH - LEFT) / (chart.labels.len().max(1) as f64);
    html! {
        figure {
            figcaption { (chart.caption) }
            svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(chart.caption) {
                @for tick in 0..=steps {
                    @let y = px(ground - up(tick * step));
                    line.grid x1=(LEFT) x2=(WIDTH) y1=(y) y2=(y) {}
                    text.tick x=(LEFT - 6.0) y=(y) text-anchor="end" dominant-baseline="middle" { (tick * step) }
                }
                @for (at, label) in chart.labels.iter().enumerate() {
                    @let x = LEFT + place * at as f64;
                    text.tick x=(px(x + place / 2.0)) y=(px(HEIGHT - 8.0)) text-anchor="middle" { (label) }
                    @for (fill, value, below) in stack(&chart.series, at) {
                        rect class=(fill) x=(px(x + place * (1.0 - FULL) / 2.0)) width=(px(place * FULL))
                            y=(px(ground - up(below + value))) height=(px(up(value))) {
                            title { (label) ": " (value) }
                        }
                    }
                }
            }
            @if chart.series.len() > 1 {
                ul.legend {
                    @for series in &chart.series {
                        li {
                            svg viewBox="0 0 14 14" aria-hidden="true" {
                                rect class=(series.fill) x="1" y="1" width="12" height="12" {}
                            }
                            (series.name)
                        }
                    }
                }
            }
        }
    }
}

/// Bars with their texts before them and their figures behind.
pub(super) fn bars(chart: &Bars) -> Markup {
    let highest = chart.bars.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let height = BAR * chart.bars.len() as f64;
    html! {
        figure {
            figcaption { (chart.caption) }
            svg.chart viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(chart.caption) {
                @for (at, (label, count)) in chart.bars.iter().enumerate() {
                    @let middle = BAR * (at as f64 + 0.5);
                    @let width = (WIDTH - TEXTS - FIGURE) * (*count as f64 / highest as f64);
                    text.label x=(TEXTS - 10.0) y=(px(middle)) text-anchor="end" dominant-baseline="middle" { (label) }
                    rect.denied x=(TEXTS) y=(px(middle - 8.0)) width=(px(width)) height="16" {}
                    text.figure x=(px(TEXTS + width + 8.0)) y=(px(middle)) dominant-baseline="middle" { (count) }
                }
            }
        }
    }
}

/// The parts of one column from the ground up: how it is filled, its value, and what lies below it.
fn stack(series: &[Series], at: usize) -> Vec<(&'static str, u64, u64)> {
    let mut below: u64 = 0;
    let mut parts = Vec::new();
    for series in series {
        let value = series.values.get(at).copied().unwrap_or(0);
        if value > 0 {
            parts.push((series.fill.code(), value, below));
        }
        below = below.saturating_add(value);
    }
    parts
}

/// How high each column is.
fn heights(series: &[Series]) -> Vec<u64> {
    let columns = series.iter().map(|series| series.values.len()).max().unwrap_or(0);
    let height = |at: usize| {
        let values = series.iter().filter_map(|series| series.values.get(at));
        values.fold(0, |sum: u64, value| sum.saturating_add(*value))
    };
    (0..columns).map(height).collect()
}

/// The step of an axis and its end: at most five steps of 1, 2 or 5 and noughts, the last at or above the highest value.
fn scale(highest: u64) -> (u64, u64) {
    let highest = highest.max(1);
    let mut ten: u64 = 1;
    loop {
        for digit in [1, 2, 5] {
            let step = ten.saturating_mul(digit);
            if highest.div_ceil(step) <= 5 {
                return (step, highest.div_ceil(step).saturating_mul(step));
            }
        }
        ten = ten.saturating_mul(10);
    }
}

/// A length in px, to a tenth.
fn px(length: f64) -> String {
    format!("{length:.1}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::document::Fill;
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_steps() {
        assert_eq!(
            [0, 1, 4, 5, 6, 23, 99, 1001].map(scale),
            [(1, 1), (1, 1), (1, 4), (1, 5), (2, 6), (5, 25), (20, 100), (500, 1500)]
        );
    }

    proptest! {
        #[test]
        fn an_axis_reaches_every_value_in_at_most_five_steps(highest in 0..u64::MAX / 100) {
            let (step, top) = scale(highest);
            prop_assert!(top >= highest && top / step <= 5 && top.is_multiple_of(step));
        }
    }

    #[test]
    fn a_stack_lies_part_on_part() {
        let series = |fill, values: &[u64]| Series { name: "", fill, values: values.to_vec() };
        let series =
            [series(Fill::Granted, &[3, 0]), series(Fill::Denied, &[2, 4]), series(Fill::Failed, &[0, 1])];
        assert_eq!(stack(&series, 0), [("granted", 3, 0), ("denied", 2, 3)]);
        assert_eq!(stack(&series, 1), [("denied", 4, 0), ("failed", 1, 4)]);
        assert_eq!(heights(&series), [5, 5]);
        let chart = Columns {
            caption: "<c>".to_owned(),
            labels: vec!["1".to_owned(), "2".to_owned()],
            series: series.into(),
        };
        let svg = columns(&chart).into_string();
        assert_eq!(svg.matches("<rect class=\"denied\"").count(), 3, "two columns and the legend: {svg}");
        // 166 px of the field less what is kept free, for five: 154 / 5 each.
        assert!(svg.contains("height=\"61.6\"") && !svg.contains("<c>"), "{svg}");
    }
}
