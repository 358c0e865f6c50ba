//! What a person reads: aligned, quiet, coloured only on a terminal.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

/// Writes prose for a person, to stdout or (when stdout carries JSON) to stderr.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Narrator {
    stream: Stream,
    colour: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Note,
    Plain,
}

/// Columns that a label takes, so that what follows lines up.
const LABEL_WIDTH: usize = 20;

impl Narrator {
    /// Prose on stdout; on stderr when `json` keeps stdout for itself.
    pub(crate) fn new(json: bool) -> Self {
        let stream = if json { Stream::Err } else { Stream::Out };
        let terminal = match stream {
            Stream::Out => io::stdout().is_terminal(),
            Stream::Err => io::stderr().is_terminal(),
        };
        // The convention of no-color.org: any value but the empty one turns colour off.
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { stream, colour: terminal && !refused }
    }

    /// A line that opens a part, with an empty line before it.
    pub(crate) fn heading(&self, text: &str) {
        self.line(format_args!("\n{}", self.paint("1", text)));
    }

    /// `mark label  text`, the label padded.
    pub(crate) fn item(&self, tone: Tone, label: &str, text: &str) {
        let mark = match tone {
            Tone::Good => self.paint("32", "✓"),
            Tone::Bad => self.paint("31", "✗"),
            Tone::Note => self.paint("36", "·"),
            Tone::Plain => " ".to_owned(),
        };
        // Padding counts characters, which is what a person's name or a label is made of here.
        let label = format!("{label:LABEL_WIDTH$}");
        self.line(format_args!("  {mark} {label}  {text}"));
    }

    /// Plain text under what went before.
    pub(crate) fn text(&self, text: &str) {
        self.line(format_args!("  {text}"));
    }

    /// Text that matters less.
    pub(crate) fn aside(&self, text: &str) {
        self.line(format_args!("  {}", self.paint("2", text)));
    }

    /// Text in the colour of its tone, for use inside a line.
    pub(crate) fn toned(&self, tone: Tone, text: &str) -> String {
        match tone {
            Tone::Good => self.paint("1;32", text),
            Tone::Bad => self.paint("1;31", text),
            Tone::Note => self.paint("36", text),
            Tone::Plain => text.to_owned(),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A reader who closed the pipe wants no more: that is no failure of the task.
    fn line(&self, line: fmt::Arguments<'_>) {
        let _ = match self.stream {
            Stream::Out => writeln!(io::stdout().lock(), "{line}"),
            Stream::Err => writeln!(io::stderr().lock(), "{line}"),
        };
    }
}

/// A duration as a person says it: `0.4 s`, `12 s`, `3 min 20 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 119.5 {
        format!("{seconds:.0} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        for (milliseconds, text) in [(412, "0.4 s"), (12_300, "12 s"), (200_000, "3 min 20 s")] {
            assert_eq!(spoken(Duration::from_millis(milliseconds)), text);
        }
    }

    #[test]
    fn without_colour_nothing_but_the_text_is_written() {
        let plain = Narrator { stream: Stream::Out, colour: false };
        assert_eq!(plain.toned(Tone::Good, "GRANTED"), "GRANTED");
        let coloured = Narrator { stream: Stream::Out, colour: true };
        assert_eq!(coloured.toned(Tone::Good, "GRANTED"), "\u{1b}[1;32mGRANTED\u{1b}[0m");
    }
}
