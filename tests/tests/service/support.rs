//! A service that runs for one test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use mabataki_engine::service::Client;
use mabataki_test_support::{Mabataki, Run, installed};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

/// A terminal with its service.
pub(super) struct Terminal {
    pub(super) command: Mabataki,
    service: Option<Child>,
}

impl Terminal {
    /// A store for trials, and nothing in it yet; the service does not run.
    pub(super) fn new() -> Terminal {
        let command = Mabataki::new();
        let terminal = Terminal { command, service: None };
        terminal.done(&["init", "--open", "--terminal", "ward3-a"]);
        terminal
    }

    /// Carries a command out that must succeed.
    pub(super) fn done(&self, args: &[&str]) -> Run {
        let run = self.command.json(args);
        assert_eq!(run.exit, 0, "{args:?}: {}", run.stdout);
        run
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.command.folder().join("run/mabataki.sock")
    }

    /// Starts the service, and waits until it is ready.
    pub(super) fn serve(&mut self) {
        let socket = self.socket();
        let mut command = self.command.command(&["--json", "serve", "--socket", text(&socket)]);
        command.arg("--pack").arg(installed::pack()).arg("--runtime").arg(installed::runtime());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.service = Some(child);
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&ready["event"], &ready["socket"]), (&"ready".into(), &text(&socket).into()), "{line}");
    }

    /// Ends the service as the system does. Gives its exit status.
    pub(super) fn end(&mut self) -> Option<i32> {
        self.signal(Signal::TERM)
    }

    /// Kills it.
    pub(super) fn kill(&mut self) {
        self.signal(Signal::KILL);
    }

    fn signal(&mut self, signal: Signal) -> Option<i32> {
        let mut child = self.service.take()?;
        kill_process(Pid::from_child(&child), signal).unwrap();
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            if begun.elapsed() > TIMEOUT {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("the service did not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn connect(&self) -> Client {
        Client::connect(&self.socket(), Some("log-in-screen"), TIMEOUT).unwrap()
    }

    /// What the log has of these operations, with how each ended.
    pub(super) fn log(&self, operations: &[&str]) -> Vec<String> {
        let log = self.done(&["audit", "list"]);
        let told = |line: &Value| {
            let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            operations.contains(&word("operation").as_str()).then(|| {
                format!("{} {} {}", word("operation"), word("outcome"), word("reason")).trim_end().to_owned()
            })
        };
        log.lines.iter().filter_map(told).collect()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(child) = &mut self.service {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
