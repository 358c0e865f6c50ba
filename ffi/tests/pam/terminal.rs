//! A terminal with its service, a reader and a nurse. It has no nets, so that it has no camera to speak of either, and the
//! policy's card and password stand in.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use mabataki_test_support::{Mabataki, PrivatePcscd, SupportError, VirtualReader, persona};
use rustix::process::{Pid, Signal, kill_process};

const READER: &str = "Counter";
/// What her card says, and another card that is nobody's.
pub(crate) const CARD: &str = "0114B34C1A2B3C4D";
pub(crate) const STRANGE_CARD: &str = "0114B34C1A2B3C4E";
pub(crate) const PASSWORD: &str = "quiet-Heron-42";

/// The process of a service.
#[derive(Clone, Copy)]
pub(crate) struct Service(Pid);

impl Service {
    /// It is there and does nothing any more.
    pub(crate) fn stop(self) {
        kill_process(self.0, Signal::STOP).unwrap();
    }

    /// It goes on.
    pub(crate) fn go_on(self) {
        kill_process(self.0, Signal::CONT).unwrap();
    }
}

/// A running service. All of it ends on drop.
pub(crate) struct Terminal {
    pub(crate) command: Mabataki,
    service: Child,
    hand: Option<VirtualReader>,
    _pcscd: Option<PrivatePcscd>,
}

impl Terminal {
    /// One with a reader, on which this card lies. None where this machine can have no pcscd of its own.
    pub(crate) fn with_card(card: Option<&str>) -> Option<Terminal> {
        let pcscd = match PrivatePcscd::start(&[READER]) {
            Ok(pcscd) => pcscd,
            Err(SupportError::Unavailable(why)) => {
                crate::common::skipped("the PAM module with a card", &why);
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let command = Mabataki::new().with_pcscd(pcscd.socket());
        let mut hand = pcscd.reader(READER).unwrap();
        if let Some(card) = card {
            hand.insert(persona::by_name(&format!("fcf:{card}")).unwrap()).unwrap();
        }
        Some(Terminal::served(command, Some(hand), Some(pcscd)))
    }

    /// One without any device.
    pub(crate) fn bare() -> Terminal {
        Terminal::served(Mabataki::new(), None, None)
    }

    fn served(command: Mabataki, hand: Option<VirtualReader>, pcscd: Option<PrivatePcscd>) -> Terminal {
        let done = |args: &[&str]| {
            let run = command.json(args);
            assert_eq!(run.exit, 0, "{args:?}: {}", run.stdout);
        };
        done(&["init", "--open", "--terminal", "ward3-a"]);
        done(&["person", "add", "nurse01", "--name", "看護師 花子", "--account", &user()]);
        done(&["card", "bind", "nurse01", "--card", &format!("felica:{CARD}")]);
        assert_eq!(command.json_fed(&["password", "set", "nurse01"], &[PASSWORD]).exit, 0);
        let service = serve(&command);
        Terminal { command, service, hand, _pcscd: pcscd }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        socket(&self.command)
    }

    /// Lays another card on the reader.
    pub(crate) fn lay(&mut self, card: &str) {
        let card = persona::by_name(&format!("fcf:{card}")).unwrap();
        self.hand.as_mut().unwrap().insert(card).unwrap();
    }

    /// Puts another policy in force: the present one with this line for that.
    pub(crate) fn change_policy(&self, line: &str, other: &str) {
        let policy = self.command.text(&["policy", "show"]).stdout;
        assert!(policy.contains(line), "the policy has no {line}");
        let file = self.command.folder().join("policy.toml");
        std::fs::write(&file, policy.replacen(line, other, 1)).unwrap();
        let run = self.command.json(&["policy", "set", file.to_str().unwrap()]);
        assert_eq!(run.exit, 0, "{}", run.stdout);
    }

    /// The service, to be stopped for a while.
    pub(crate) fn service(&self) -> Service {
        Service(Pid::from_child(&self.service))
    }

    /// The service is gone.
    pub(crate) fn kill(&mut self) {
        self.service.kill().unwrap();
        self.service.wait().unwrap();
    }

    /// Each attempt in the log: its outcome, its reason, and whom and what it was about.
    pub(crate) fn attempts(&self) -> Vec<String> {
        let log = self.command.json(&["audit", "list"]);
        assert_eq!(log.exit, 0, "{}", log.stdout);
        let words = ["outcome", "reason", "subject", "account", "host", "origin"];
        let told = log.lines.iter().filter(|line| line["operation"] == "authenticate");
        told.map(|line| words.map(|word| line[word].as_str().unwrap_or("-")).join(" ")).collect()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

fn serve(command: &Mabataki) -> Child {
    let mut serve = command.command(&["--json", "serve"]);
    serve.arg("--socket").arg(socket(command));
    for option in ["--pack", "--runtime"] {
        serve.arg(option).arg(command.folder().join("none"));
    }
    let mut service = serve.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("\"ready\""), "{line}");
    service
}

fn socket(command: &Mabataki) -> PathBuf {
    command.folder().join("run/mabataki.sock")
}

/// The user who runs this, by name.
pub(crate) fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
