//! How the command speaks: one JSON object a line for programs, text for people.

use std::cell::Cell;
use std::io::{ErrorKind, IsTerminal, Write};

use mabataki_engine::text::Lang;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

/// Where results and prose go.
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) lang: Lang,
    unheard: Cell<bool>,
}

impl Output {
    pub(crate) fn new(json: bool, lang: Lang) -> Output {
        Output { json, lang, unheard: Cell::new(false) }
    }

    /// Whether whoever read standard output has gone away: what would go on for ever ends then.
    pub(crate) fn is_unheard(&self) -> bool {
        self.unheard.get()
    }

    /// A result: the JSON line for programs, or the text for people.
    pub(crate) fn result(
        &self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let line = if self.json {
            serde_json::to_string(value).map_err(|error| Failure::internal("printing a result", &error))?
        } else {
            text()
        };
        let mut out = std::io::stdout().lock();
        let written = if line.is_empty() { Ok(()) } else { writeln!(out, "{line}") };
        match written.and_then(|()| out.flush()) {
            // A reader that has gone away (`| head`) is no failure of ours.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.unheard.set(true);
                Ok(())
            }
            other => other.map_err(|error| Failure::internal("writing to standard output", &error)),
        }
    }

    /// A remark on standard error.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// A question on standard error; its answer is typed on the same line.
    pub(crate) fn ask(&self, question: &str) {
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
    }

    /// The one line that says what failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.json {
            let error =
                json!({ "error": { "code": failure.code, "detail": failure.detail, "fix": failure.fix } });
            let _ = writeln!(std::io::stdout().lock(), "{error}");
        }
        let fix = if failure.fix.is_empty() { String::new() } else { format!(" ({})", failure.fix) };
        self.note(&format!("mabataki: {}{fix}", failure.detail));
    }

    /// A progress bar for what takes longer than a second; silent where nobody watches.
    pub(crate) fn progress(&self, what: &'static str) -> impl FnMut(u64, u64) + use<> {
        let bar = if std::io::stderr().is_terminal() {
            indicatif::ProgressBar::new(0).with_finish(indicatif::ProgressFinish::AndClear)
        } else {
            indicatif::ProgressBar::hidden()
        };
        if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        move |done, of| {
            bar.set_length(of);
            bar.set_position(done);
            if of > 0 && done >= of {
                bar.finish_and_clear();
            }
        }
    }

    /// The same for what is done one by one, `total` times.
    pub(crate) fn steps(&self, what: &'static str, total: u64) -> impl FnMut() + use<> {
        let mut progress = self.progress(what);
        let mut done: u64 = 0;
        move || {
            done = done.saturating_add(1);
            // Drawing takes longer than most steps.
            if done.is_multiple_of(1024) || done == total {
                progress(done, total);
            }
        }
    }
}
