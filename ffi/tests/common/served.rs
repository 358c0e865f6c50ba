//! A service that runs for one test, over the terminal of [`Ward`].

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::ward::Ward;

/// What of a service may not become more.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) threads: usize,
    pub(crate) descriptors: usize,
}

/// A running service. It ends on drop.
pub(crate) struct Served {
    ward: Ward,
    folder: tempfile::TempDir,
    service: Option<Child>,
}

impl Served {
    pub(crate) fn new(ward: Ward) -> Served {
        let mut served = Served { ward, folder: tempfile::tempdir().unwrap(), service: None };
        served.start();
        served
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("run/mabataki.sock")
    }

    /// Starts it, and waits until it is ready.
    pub(crate) fn start(&mut self) {
        let mut serve = self.ward.command("serve");
        serve.arg("--socket").arg(self.socket());
        let mut service = serve.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.service = Some(service);
        assert!(line.contains("\"ready\""), "{line}");
    }

    /// Kills it, as by SIGKILL.
    pub(crate) fn kill(&mut self) {
        let mut service = self.service.take().expect("it runs");
        service.kill().unwrap();
        service.wait().unwrap();
    }

    /// The reason of each record of this operation in the log.
    pub(crate) fn log(&self, operation: &str) -> Vec<String> {
        let output = self.ward.command("audit").arg("list").output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let records = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let told = records.filter(|record| record["operation"] == operation);
        told.map(|record| record["reason"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// How many threads and descriptors it has.
    pub(crate) fn held(&self) -> Held {
        let process = Path::new("/proc").join(self.service.as_ref().expect("it runs").id().to_string());
        let entries = |folder| std::fs::read_dir(process.join(folder)).unwrap().count();
        Held { threads: entries("task"), descriptors: entries("fd") }
    }

    /// The same once it has so many threads, as long as hosts that went away may take to be noticed.
    pub(crate) fn settled(&self, threads: usize) -> Held {
        let begun = Instant::now();
        while self.held().threads > threads && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.held()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(service) = &mut self.service {
            // Nobody is left to tell.
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}
