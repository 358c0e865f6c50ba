//! The `mabataki` command, run as its users run it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::build::{Built, workspace};

/// The command with a state folder of its own.
#[derive(Debug)]
pub struct Mabataki {
    program: PathBuf,
    folder: tempfile::TempDir,
    socket: Option<PathBuf>,
}

/// What one run of the command gave.
#[derive(Debug)]
pub struct Run {
    /// The exit status.
    pub exit: i32,
    /// The JSON objects of standard output, one a line.
    pub lines: Vec<Value>,
    /// Standard output as it was.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Mabataki {
    /// The command of this build, with an empty folder for state and key.
    ///
    /// # Panics
    /// When it cannot be built: there is nothing to test then.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without the command there is nothing to test")]
    pub fn new() -> Mabataki {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| Built::MABATAKI.locate().expect("the mabataki command"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        Mabataki { program: program.clone(), folder, socket: None }
    }

    /// Lets the command find the pcscd behind this socket.
    #[must_use]
    pub fn with_pcscd(mut self, socket: PathBuf) -> Mabataki {
        self.socket = Some(socket);
        self
    }

    /// The program itself.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The folder that holds state and key, and whatever a test puts there.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder().join("state")
    }

    /// The witness folder, which lies beside it.
    #[must_use]
    pub fn witness(&self) -> PathBuf {
        self.folder().join("state.witness")
    }

    /// Runs the command with `--json`.
    pub fn json(&self, args: &[&str]) -> Run {
        let mut run = self.run(&[&["--json"], args].concat());
        run.read_json();
        run
    }

    /// Runs the command with `--json` and these lines on its standard input.
    pub fn json_fed(&self, args: &[&str], lines: &[&str]) -> Run {
        let mut command = self.command(&[&["--json"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[expect(clippy::expect_used, reason = "without the command there is nothing to test")]
        let mut child = command.spawn().expect("the mabataki command starts");
        let fed: String = lines.iter().map(|line| format!("{line}\n")).collect();
        // One that ends before it has read everything is told so by its exit status.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(fed.as_bytes()));
        #[expect(clippy::expect_used, reason = "without the command there is nothing to test")]
        let mut run = Run::of(child.wait_with_output().expect("the mabataki command ends"));
        run.read_json();
        run
    }

    /// Makes a recovery key of three shares, of which two are needed, as somebody would who copies them to paper and types
    /// `back` of them in. Gives the exit status and what was told: the shares first.
    #[expect(clippy::expect_used, reason = "without the command there is nothing to test")]
    pub fn make_recovery_key(&self, back: &[usize]) -> (i32, Vec<Value>) {
        let mut command =
            self.command(&["--json", "key", "recovery", "make", "--shares", "3", "--needed", "2"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the mabataki command starts");
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let mut told: Vec<Value> = lines.by_ref().take(3).collect();
        let typed = back.iter().filter_map(|share| told.get(*share)?["text"].as_str());
        let fed: String = typed.map(|share| format!("{share}\n")).collect();
        // It asks for the shares when it has shown them all.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(fed.as_bytes()));
        told.extend(lines);
        let ended = child.wait().expect("the mabataki command ends");
        (ended.code().unwrap_or(-1), told)
    }

    /// Runs the command for a person to read.
    pub fn text(&self, args: &[&str]) -> Run {
        self.run(args)
    }

    /// The command, ready to be given arguments and started.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).arg("--state").arg(self.state());
        command.current_dir(workspace()).env("LC_ALL", "C.UTF-8");
        for name in [
            "MABATAKI_STATE",
            "MABATAKI_KEY",
            "MABATAKI_WITNESS",
            "MABATAKI_PACK",
            "MABATAKI_RUNTIME",
            "MABATAKI_TPM",
        ] {
            command.env_remove(name);
        }
        // Without a pcscd of the test's own there is none: never that of the machine.
        let nobody = self.folder().join("no-pcscd");
        command.env("PCSCLITE_CSOCK_NAME", self.socket.as_ref().unwrap_or(&nobody));
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        let output = self.command(args).output();
        #[expect(clippy::expect_used, reason = "without the command there is nothing to test")]
        Run::of(output.expect("the mabataki command starts"))
    }
}

impl Default for Mabataki {
    fn default() -> Mabataki {
        Mabataki::new()
    }
}

impl Run {
    fn of(output: Output) -> Run {
        let Output { status, stdout, stderr } = output;
        Run {
            exit: status.code().unwrap_or(-1),
            lines: Vec::new(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    fn read_json(&mut self) {
        self.lines = self.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    }

    /// The last JSON object: the result.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test fails so")]
    pub fn last(&self) -> &Value {
        self.lines.last().expect(&self.stderr)
    }

    /// The text behind `key` of the last JSON object; empty if it is none.
    #[must_use]
    pub fn word(&self, key: &str) -> &str {
        self.last()[key].as_str().unwrap_or_default()
    }
}
