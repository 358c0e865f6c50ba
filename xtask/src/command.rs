//! Running other programs.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::Error;

/// The most lines of a failed program's output that are repeated in the error.
const REPEATED_LINES: usize = 12;

/// Runs a program quietly; its output is shown only in the error when it fails.
pub(crate) fn quietly(command: &mut Command, fix: &'static str) -> Result<Output, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(start_error(command, fix))?;
    if output.status.success() {
        return Ok(output);
    }
    let spoken = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    let text = String::from_utf8_lossy(spoken);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = &lines[lines.len().saturating_sub(REPEATED_LINES)..];
    let output_text = tail.iter().map(|line| format!("\n    {line}")).collect();
    Err(Error::Command { command: shown(command), status: output.status.to_string(), output: output_text })
}

/// Runs a program whose output the reader is meant to see.
pub(crate) fn openly(command: &mut Command, fix: &'static str) -> Result<(), Error> {
    let status = command.stdin(Stdio::null()).status().map_err(start_error(command, fix))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Command { command: shown(command), status: status.to_string(), output: String::new() })
}

/// Whether a program can be started and succeeds, its output aside.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Where a program lies, looked for in `PATH` and then in the administrators' folders, which an
/// ordinary user's `PATH` leaves out.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| is_executable(candidate))
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn start_error(command: &Command, fix: &'static str) -> impl FnOnce(io::Error) -> Error {
    let program = command.get_program().to_string_lossy().into_owned();
    move |source| Error::Start { program, fix, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_repeats_what_the_program_said() {
        let error =
            quietly(Command::new("sh").args(["-c", "echo the reason >&2; exit 3"]), "install a shell")
                .unwrap_err()
                .to_string();
        assert!(error.contains("the reason") && error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_missing_program_says_what_to_do() {
        let error = quietly(&mut Command::new("no-such-program-here"), "install it").unwrap_err().to_string();
        assert_eq!(error, "cannot start `no-such-program-here`: install it");
        assert_eq!(find("no-such-program-here"), None);
    }

    #[test]
    fn a_program_is_found_by_name() {
        assert!(find("sh").is_some());
    }
}
