//! The host's programs that a machine is made with.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::MachineError;

/// Where a program lies, looked for in `PATH` and then in the administrators' folders, which an ordinary user's `PATH`
/// leaves out.
pub(crate) fn find(program: &str) -> Result<PathBuf, MachineError> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| MachineError::Unavailable(format!("there is no `{program}`")))
}

/// Runs a helper to its end and gives what it printed.
pub(crate) fn run(program: &'static str, command: &mut Command) -> Result<Vec<u8>, MachineError> {
    let failed = MachineError::io(format!("starting {program}"));
    let output = command.stdin(Stdio::null()).output().map_err(failed)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(MachineError::Helper { program, said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}
