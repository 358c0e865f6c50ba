//! A service that runs for one test.

use std::io::{BufRead, BufReader};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use mabataki_engine::frame::{Pace, Raster};
use mabataki_engine::policy::{Purpose, TRIAL};
use mabataki_engine::service::protocol::{
    Authenticate, Beginning, CardOrigin, FrameOrigin, SessionEvent, SessionResult, Told,
};
use mabataki_engine::service::{Client, ClientSession, HostPicture, ServiceError};
use mabataki_test_support::clip::{cut, frames};
use mabataki_test_support::{Mabataki, Run, installed, workspace};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use zeroize::Zeroizing;

pub(super) const CARD: &str = "felica:0114B34C1A2B3C4D";
pub(super) const PASSWORD: &str = "quiet-Heron-42";
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

/// A terminal with its service.
pub(super) struct Terminal {
    pub(super) command: Mabataki,
    service: Option<Child>,
}

impl Terminal {
    /// A store for trials, and nothing in it yet; the service does not run.
    pub(super) fn new() -> Terminal {
        Terminal::of(Mabataki::new())
    }

    /// The same for a command that was set up by a test.
    pub(super) fn of(command: Mabataki) -> Terminal {
        let terminal = Terminal { command, service: None };
        terminal.done(&["init", "--open", "--terminal", "ward3-a"]);
        terminal
    }

    /// The same with `nurse01`, who has a card, a face and a password, and whose account is that of whoever runs this.
    pub(super) fn with_nurse() -> Terminal {
        let terminal = Terminal::new();
        terminal.take_passwords();
        terminal.done(&["person", "add", "nurse01", "--name", "Nurse 1", "--account", &user()]);
        terminal.done(&["card", "bind", "nurse01", "--card", CARD]);
        let enrolled = cut(&sample("single_face.mjpeg"), 40..=71, terminal.command.folder());
        terminal.done(&["enrol", "nurse01", "--frames", text(&enrolled)]);
        assert_eq!(terminal.command.json_fed(&["password", "set", "nurse01"], &[PASSWORD]).exit, 0);
        terminal
    }

    /// A card and a password let in here as well as a card and a face.
    pub(super) fn take_passwords(&self) {
        let policy = self.command.folder().join("policy.toml");
        let faces = r#"combinations = ["card+face"]"#;
        assert!(TRIAL.contains(faces), "the policy for trials has changed");
        let text_of = TRIAL.replacen(faces, r#"combinations = ["card+face", "card+password"]"#, 1);
        std::fs::write(&policy, text_of).unwrap();
        self.done(&["policy", "set", text(&policy)]);
    }

    /// Begins to let somebody in by the card, and by these frames of a clip, all of which are handed in.
    pub(super) fn show(&self, client: &Client, clip: &str, range: RangeInclusive<usize>) -> ClientSession {
        let begin = Authenticate {
            cards: CardOrigin::Host,
            frames: FrameOrigin::Host(Pace::Recorded),
            ..Authenticate::new(Purpose::Login)
        };
        let session = client.begin(Beginning::Authenticate(begin), None).unwrap();
        session.push_card(Some(CARD)).unwrap();
        push_all(&session, clip, range);
        session
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
        self.serve_at(&self.socket());
    }

    /// The same at another place.
    pub(super) fn serve_at(&mut self, socket: &Path) {
        self.serve_by(&["--socket", text(socket)], socket);
    }

    /// The same by these options, which lead to this socket.
    pub(super) fn serve_by(&mut self, options: &[&str], socket: &Path) {
        let mut command = self.command.command(&[&["--json", "serve"], options].concat());
        command.arg("--pack").arg(installed::pack()).arg("--runtime").arg(installed::runtime());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.service = Some(child);
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&ready["event"], &ready["socket"]), (&"ready".into(), &text(socket).into()), "{line}");
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

    /// How an attempt ends.
    pub(super) fn verdict(&self, session: &ClientSession) -> Told {
        loop {
            match session.wait(TIMEOUT).unwrap().expect("an event in time") {
                SessionEvent::Done(SessionResult::Authenticated(told)) => return told,
                SessionEvent::Failed(refusal) => panic!("{refusal}"),
                _ => {}
            }
        }
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

/// Hands in these frames of a clip, 30 a second, each once there is room for it.
pub(super) fn push_all(session: &ClientSession, clip: &str, range: RangeInclusive<usize>) {
    let begun = Instant::now();
    for (number, data) in pictures(clip, range).iter().enumerate() {
        let time = Duration::from_millis(1000 + u64::try_from(number).unwrap() * 33);
        let picture = host_picture(data, Some(time));
        loop {
            match session.push_frame(&picture) {
                Ok(taken) if taken.queued => break,
                // It ended before its host was done.
                Err(error) if error.code() == "over" => return,
                pushed => drop(pushed.unwrap()),
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "nobody looks at the frames");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    session.end_frames().unwrap();
}

/// These frames of a clip.
pub(super) fn pictures(clip: &str, range: RangeInclusive<usize>) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(sample(clip)).unwrap();
    frames(&bytes)[range].iter().map(|picture| picture.to_vec()).collect()
}

pub(super) fn host_picture(data: &[u8], time: Option<Duration>) -> HostPicture<'_> {
    HostPicture { raster: Raster::JPEG, time, data: [data, &[]] }
}

fn sample(name: &str) -> PathBuf {
    let path = workspace().join(".mabataki/samples").join(name);
    assert!(path.exists(), "{} is missing: cargo xtask setup makes it", path.display());
    path
}

/// The user who runs this, by name.
pub(super) fn user() -> String {
    let output = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(super) fn typed(secret: &str) -> Zeroizing<String> {
    Zeroizing::new(secret.to_owned())
}

/// The stable word of what must have failed.
pub(super) fn code_of<T>(result: &Result<T, ServiceError>) -> String {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => error.code().to_owned(),
    }
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
