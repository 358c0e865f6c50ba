//! Curves as SVG.

use std::fmt::Write;

/// A receiver operating curve: (false-match rate, true-match rate).
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// The picture's size and the margins of its field, px.
const SIZE: (f64, f64) = (720.0, 480.0);
const MARGIN: f64 = 60.0;

/// The field: false-match rates from 10⁻⁶ to 1, true-match rates from 0.8 to 1.
const DECADES: i32 = 6;
const LEAST_TMR: f64 = 0.8;

const COLOURS: [&str; 2] = ["#1b6ca8", "#c8553d"];

/// Draws true-match rates over false-match rates (logarithmic), and marks the shipped default.
pub(crate) fn roc(curves: &[Curve], default: (f64, f64)) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = draw(&mut svg, curves, default);
    svg
}

fn draw(svg: &mut String, curves: &[Curve], default: (f64, f64)) -> std::fmt::Result {
    let (width, height) = SIZE;
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">
<rect width="{width}" height="{height}" fill="#fff"/>
<g stroke="#ddd" stroke-width="1">"##
    )?;
    for decade in 0..=DECADES {
        let (x, _) = place(10f64.powi(-decade), 1.0);
        writeln!(svg, r#"<line x1="{x:.1}" y1="{MARGIN}" x2="{x:.1}" y2="{:.1}"/>"#, height - MARGIN)?;
    }
    for tick in 0..=4 {
        let (_, y) = place(1.0, LEAST_TMR + 0.05 * f64::from(tick));
        writeln!(svg, r#"<line x1="{MARGIN}" y1="{y:.1}" x2="{:.1}" y2="{y:.1}"/>"#, width - MARGIN)?;
    }
    writeln!(svg, r##"</g><g fill="#444" text-anchor="middle">"##)?;
    for decade in 0..=DECADES {
        let (x, _) = place(10f64.powi(-decade), 1.0);
        writeln!(svg, r#"<text x="{x:.1}" y="{:.1}">1e-{decade}</text>"#, height - MARGIN + 20.0)?;
    }
    for tick in 0..=4 {
        let tmr = LEAST_TMR + 0.05 * f64::from(tick);
        let (_, y) = place(1.0, tmr);
        writeln!(svg, r#"<text x="{:.1}" y="{:.1}">{tmr:.2}</text>"#, MARGIN - 22.0, y + 4.0)?;
    }
    writeln!(
        svg,
        r#"<text x="{:.1}" y="{:.1}">false-match rate</text><text x="{:.1}" y="{:.1}">true-match rate</text></g>"#,
        width / 2.0,
        height - 14.0,
        MARGIN,
        MARGIN - 18.0
    )?;
    for (nth, (curve, colour)) in curves.iter().zip(COLOURS.iter().cycle()).enumerate() {
        write!(svg, r#"<polyline fill="none" stroke="{colour}" stroke-width="2" points=""#)?;
        let shown = curve.points.iter().filter(|&&(fmr, _)| fmr > 0.0);
        shown.map(|&(fmr, tmr)| place(fmr, tmr)).try_for_each(|(x, y)| write!(svg, "{x:.1},{y:.1} "))?;
        let y = height - MARGIN - 20.0 - 20.0 * nth as f64;
        writeln!(
            svg,
            r#""/><text x="{:.1}" y="{y:.1}" fill="{colour}">{}</text>"#,
            width - 170.0,
            curve.name
        )?;
    }
    let (x, y) = place(default.0, default.1);
    writeln!(
        svg,
        r##"<circle cx="{x:.1}" cy="{y:.1}" r="5" fill="none" stroke="#222" stroke-width="2"/><text x="{:.1}" y="{:.1}" fill="#222">shipped default</text>
</svg>"##,
        x + 10.0,
        y + 18.0
    )
}

/// Where a point of the curve lies, px; what is outside of the field is put on its border.
fn place(fmr: f64, tmr: f64) -> (f64, f64) {
    let along = 1.0 + fmr.max(f64::MIN_POSITIVE).log10() / f64::from(DECADES);
    let up = (tmr - LEAST_TMR) / (1.0 - LEAST_TMR);
    let x = MARGIN + along.clamp(0.0, 1.0) * (SIZE.0 - 2.0 * MARGIN);
    (x, SIZE.1 - MARGIN - up.clamp(0.0, 1.0) * (SIZE.1 - 2.0 * MARGIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_where_the_axes_say() {
        assert_eq!(place(1.0, 1.0), (660.0, 60.0));
        assert_eq!(place(1e-3, 0.9), (360.0, 240.0));
        assert_eq!(place(0.0, 0.0), (60.0, 420.0));
    }

    #[test]
    fn every_curve_is_drawn_with_its_name() {
        let curve = |name| Curve { name, points: vec![(0.0, 0.5), (1e-4, 0.97), (1.0, 1.0)] };
        let svg = roc(&[curve("everybody"), curve("the group")], (1e-4, 0.97));
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(
            svg.contains(">everybody<") && svg.contains(">the group<") && svg.trim_end().ends_with("</svg>")
        );
    }
}
