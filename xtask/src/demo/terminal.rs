//! The real `mabataki` command at work: on a store of its own, its JSON read line by line.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command;
use crate::error::Error;

/// A terminal: the command, the store it works on, and the card service it talks to.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) program: PathBuf,
    /// Run from here, so that the command finds the checkout's pack and runtime by itself.
    pub(super) root: PathBuf,
    pub(super) state: PathBuf,
    /// The socket of a private pcscd; the system's own when absent.
    pub(super) pcscd: Option<PathBuf>,
}

impl Terminal {
    /// Runs one command; `on_event` sees each line as it comes. Returns the last line.
    ///
    /// # Errors
    /// [`Error::Terminal`] with the command's own detail and remedy when it could not do its work. A person who
    /// was refused is no error.
    pub(super) fn run(
        &self,
        arguments: &[&str],
        mut on_event: impl FnMut(&Value) -> Result<(), Error>,
    ) -> Result<Value, Error> {
        let mut process = self.command(arguments);
        process.arg("--json").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let start = |source| Error::Start {
            program: self.program.display().to_string(),
            fix: "cargo builds it: `cargo build --release -p mabataki-cli`",
            source,
        };
        let mut child = Ended(process.spawn().map_err(start)?);
        let mut last = Value::Null;
        if let Some(stdout) = child.0.stdout.take() {
            for line in BufReader::new(stdout).lines() {
                let line = line.map_err(Error::io("read what is said by", &self.program))?;
                last = serde_json::from_str(&line).map_err(|_| Error::NotJson { line })?;
                on_event(&last)?;
            }
        }
        let status = child.0.wait().map_err(Error::io("wait for", &self.program))?;
        if let Some(error) = last.get("error") {
            return Err(Error::Terminal {
                command: format!("mabataki {}", arguments.join(" ")),
                detail: text(error, "detail").to_owned(),
                fix: text(error, "fix").to_owned(),
            });
        }
        // 1: refused, 3: something is unavailable (doctor's finding), 5: abandoned. The last line tells which.
        if !matches!(status.code(), Some(0 | 1 | 3 | 5)) {
            let command = command::shown(&process);
            return Err(Error::Command { command, status: status.to_string(), output: String::new() });
        }
        Ok(last)
    }

    /// As [`Terminal::run`], for commands whose lines need no watching.
    pub(super) fn tell(&self, arguments: &[&str]) -> Result<Value, Error> {
        self.run(arguments, |_| Ok(()))
    }

    /// One command, prepared, speaking English.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root).args(arguments).args(["--lang", "en"]);
        command.arg("--state").arg(&self.state);
        if let Some(socket) = &self.pcscd {
            command.env("PCSCLITE_CSOCK_NAME", socket);
        }
        command
    }
}

/// The text under a key; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Shows a path as an argument.
pub(super) fn argument(path: &Path) -> String {
    path.display().to_string()
}

/// A child that is not left running when its watcher stops early.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A stand-in that says `lines` and exits with `status`.
    fn terminal(folder: &Path, lines: &str, status: i32) -> Terminal {
        let program = folder.join("stand-in");
        std::fs::write(&program, format!("#!/bin/sh\ncat <<'END'\n{lines}\nEND\nexit {status}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Terminal { program, root: folder.to_owned(), state: folder.join("state"), pcscd: None }
    }

    #[test]
    fn every_line_is_seen_and_the_last_returned() {
        let folder = tempfile::tempdir().unwrap();
        let terminal = terminal(folder.path(), "{\"event\":\"a\"}\n{\"outcome\":\"denied\"}", 1);
        let mut seen = 0;
        let last = terminal
            .run(&["authenticate"], |_| {
                seen += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!((seen, text(&last, "outcome")), (2, "denied"));
    }

    #[test]
    fn what_cannot_be_done_comes_with_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let line = r#"{"error":{"code":"no_reader","detail":"no reader","fix":"plug one in"}}"#;
        let error = terminal(folder.path(), line, 3).tell(&["card", "read"]).unwrap_err().to_string();
        assert_eq!(error, "`mabataki card read`: no reader (plug one in)");
    }

    #[test]
    fn what_is_no_json_or_ends_oddly_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(terminal(folder.path(), "hello", 0).tell(&[]), Err(Error::NotJson { .. })));
        assert!(matches!(terminal(folder.path(), "{}", 101).tell(&[]), Err(Error::Command { .. })));
    }
}
