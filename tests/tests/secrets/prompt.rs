//! The prompt, on a terminal of its own.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mabataki_test_support::Mabataki;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::{ends, site};

const PASSWORD: &str = "Kobe-4711-harbour";

/// The command with a terminal for standard input and standard error.
struct Terminal {
    keys: File,
    screen: String,
    peer: OwnedFd,
    child: Child,
}

impl Terminal {
    fn start(command: &Mabataki, args: &[&str]) -> Terminal {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let controller = openpt(flags).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let peer = ioctl_tiocgptpeer(&controller, flags).unwrap();
        let stdio = |peer: &OwnedFd| Stdio::from(peer.try_clone().unwrap());
        let child = command
            .command(args)
            .stdin(stdio(&peer))
            .stdout(Stdio::null())
            .stderr(stdio(&peer))
            .spawn()
            .unwrap();
        rustix::fs::fcntl_setfl(&controller, rustix::fs::OFlags::NONBLOCK).unwrap();
        Terminal { keys: File::from(controller), screen: String::new(), peer, child }
    }

    /// Reads the screen until it shows this, for ten seconds at the most.
    fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        while !self.screen.contains(text) {
            assert!(start.elapsed() < Duration::from_secs(10), "waited for {text:?}, saw {:?}", self.screen);
            self.look();
        }
    }

    fn look(&mut self) {
        let mut bytes = [0; 1024];
        match self.keys.read(&mut bytes) {
            Ok(count) => self.screen.push_str(&String::from_utf8_lossy(&bytes[..count])),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(5))
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn shows_what_is_typed(&self) -> bool {
        tcgetattr(&self.peer).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits for the command to end, and reads what is left on the screen.
    fn end(mut self) -> (ExitStatus, bool, String) {
        let status = self.child.wait().unwrap();
        for _ in 0..10 {
            self.look();
        }
        (status, self.shows_what_is_typed(), self.screen)
    }
}

#[test]
fn a_password_typed_twice_is_set_and_never_shown() {
    let command = site();
    let mut terminal = Terminal::start(&command, &["password", "set", "nurse01"]);
    terminal.wait_for("New password of nurse01: ");
    assert!(!terminal.shows_what_is_typed());
    terminal.type_in(&format!("{PASSWORD}\n"));
    terminal.wait_for("Again: ");
    terminal.type_in(&format!("{PASSWORD}\n"));
    let (status, echo, screen) = terminal.end();
    assert!(status.success(), "{screen}");
    assert!(echo, "the terminal shows what is typed again");
    assert!(!screen.contains(PASSWORD), "{screen}");
    ends(&command.json_fed(&["password", "change", "nurse01"], &[PASSWORD, "Nara-1868-temple!"]), 0);
}

#[test]
fn two_entries_that_differ_set_nothing() {
    let command = site();
    let mut terminal = Terminal::start(&command, &["--lang", "ja", "password", "set", "nurse01"]);
    terminal.wait_for("nurse01 の新しいパスワード: ");
    terminal.type_in(&format!("{PASSWORD}\n"));
    terminal.wait_for("もう一度入力してください: ");
    terminal.type_in("another\n");
    let (status, echo, screen) = terminal.end();
    assert_eq!((status.code(), echo), (Some(2), true), "{screen}");
    assert_eq!(command.json(&["password", "remove", "nurse01"]).last()["removed"], false);
}

#[test]
fn control_c_leaves_the_prompt_and_a_terminal_that_shows_what_is_typed() {
    let command = site();
    let mut terminal = Terminal::start(&command, &["password", "set", "nurse01"]);
    terminal.wait_for("New password of nurse01: ");
    terminal.type_in("half\u{3}");
    let (status, echo, screen) = terminal.end();
    assert_eq!((status.code(), echo), (Some(5), true), "{screen}");
}
