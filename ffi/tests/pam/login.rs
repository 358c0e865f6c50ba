//! A log-in by PAM that needs no root and leaves /etc alone: pamtester under pam_wrapper, with somebody who types.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::common::{linked, root, skipped};

/// The longest that one log-in may take before it counts as hanging.
const HANGS: Duration = Duration::from_secs(40);

/// What PAM's codes are called by pamtester.
pub(crate) const AUTH_ERR: &str = "Authentication failure";
pub(crate) const AUTHINFO_UNAVAIL: &str = "Authentication service cannot retrieve authentication info";
pub(crate) const MAXTRIES: &str = "Have exhausted maximum number of retries for service";
pub(crate) const CONV_ERR: &str = "Conversation error";
pub(crate) const SUCCESS: &str = "successfully authenticated";
/// A stack in which every module ignores ends so.
pub(crate) const IGNORED: &str = "Permission denied";

/// The last words of pamtester, which are its own.
const OWN: &str = "pamtester: ";

/// What is done at a prompt.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    Type(&'a str),
    HangUp,
    Do(&'a dyn Fn()),
}

/// How pamtester is called.
pub(crate) struct By<'a> {
    pub(crate) options: &'a [&'a str],
    pub(crate) environment: &'a [(&'a str, &'a str)],
    /// In their order, a space between two.
    pub(crate) operations: &'a str,
}

impl Default for By<'_> {
    fn default() -> Self {
        By { options: &[], environment: &[], operations: "authenticate" }
    }
}

/// A module, compiled, and a folder of services.
pub(crate) struct Stack {
    folder: tempfile::TempDir,
}

/// What came of a log-in.
pub(crate) struct Told {
    /// What PAM said in the end, in pamtester's words.
    pub(crate) end: String,
    /// Whether pamtester says that it succeeded.
    pub(crate) granted: bool,
    /// What went through the conversation as information.
    pub(crate) info: Vec<String>,
    /// What went through it as prompts and errors.
    pub(crate) asked: String,
    /// What went to the system's log.
    pub(crate) log: String,
    pub(crate) took: Duration,
}

impl Told {
    /// All that the person could see and an onlooker could tell apart.
    pub(crate) fn transcript(&self) -> (&str, &[String], &str) {
        (&self.end, &self.info, &self.asked)
    }
}

impl Stack {
    /// A service `login` with these lines, in which `MODULE` stands for the module.
    pub(crate) fn new(lines: &str) -> Stack {
        let folder = tempfile::tempdir().unwrap();
        let lines = lines.replace("MODULE", module().to_str().unwrap());
        std::fs::write(folder.path().join("login"), lines).unwrap();
        std::fs::write(folder.path().join("other"), "auth required pam_deny.so\n").unwrap();
        Stack { folder }
    }

    /// The module alone, with these options, at this service.
    pub(crate) fn of(socket: &Path, options: &str) -> Stack {
        Stack::new(&format!("auth required MODULE socket={} {options}\n", socket.display()))
    }

    /// The module alone, which also opens sessions.
    pub(crate) fn with_session(socket: &Path) -> Stack {
        let socket = socket.display();
        Stack::new(&format!(
            "auth required MODULE socket={socket}\nsession required MODULE socket={socket}\n"
        ))
    }

    /// The module with another one behind it that lets everybody in whom this one does not refuse.
    pub(crate) fn before_permit(socket: &Path, options: &str) -> Stack {
        let socket = socket.display();
        Stack::new(&format!("auth required MODULE socket={socket} {options}\nauth required pam_permit.so\n"))
    }

    /// Logs in as this user, doing this at the prompts that hold these words, in their order.
    pub(crate) fn log_in(&self, user: &str, prompts: &[(&str, At<'_>)]) -> Told {
        self.log_in_by(&By::default(), user, prompts)
    }

    /// The same in another way.
    pub(crate) fn log_in_by(&self, by: &By<'_>, user: &str, prompts: &[(&str, At<'_>)]) -> Told {
        let begun = Instant::now();
        let mut pamtester = Command::new("pamtester");
        pamtester.args(by.options).args(["login", user]).args(by.operations.split(' '));
        pamtester.env("LD_PRELOAD", wrapper().unwrap()).env("PAM_WRAPPER", "1").env("LC_ALL", "C.UTF-8");
        pamtester.env("PAM_WRAPPER_SERVICE_DIR", self.folder.path());
        pamtester.envs(by.environment.iter().copied());
        let pamtester = pamtester.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut pamtester = pamtester.spawn().unwrap();
        let mut keyboard = pamtester.stdin.take();
        let mut screen = pamtester.stderr.take().unwrap();
        let (tell, seen) = channel();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 512];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if tell.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut prompts = prompts.iter();
        let mut next = prompts.next();
        let (mut bytes, mut read) = (Vec::new(), 0);
        loop {
            match seen.recv_timeout(HANGS.saturating_sub(begun.elapsed())) {
                Ok(more) => bytes.extend(more),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    pamtester.kill().unwrap();
                    pamtester.wait().unwrap();
                    panic!("it hangs: {}", String::from_utf8_lossy(&bytes));
                }
            }
            let Some((words, at)) = next else { continue };
            if !String::from_utf8_lossy(&bytes[read..]).contains(words) {
                continue;
            }
            read = bytes.len();
            match at {
                At::Type(text) => writeln!(keyboard.as_mut().unwrap(), "{text}").unwrap(),
                At::HangUp => drop(keyboard.take()),
                At::Do(what) => {
                    what();
                    writeln!(keyboard.as_mut().unwrap(), "too late").unwrap();
                }
            }
            next = prompts.next();
        }
        reader.join().unwrap();
        let mut stdout = String::new();
        pamtester.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status = pamtester.wait().unwrap();
        told(&stdout, &String::from_utf8(bytes).unwrap(), status.success(), begun.elapsed())
    }
}

/// Takes the words of pamtester from those of the module.
fn told(stdout: &str, stderr: &str, granted: bool, took: Duration) -> Told {
    let own = |text: &str| text.rfind(OWN).map(|at| text[at + OWN.len()..].trim().to_owned());
    let end = own(stdout).or_else(|| own(stderr)).unwrap_or_default();
    let info = stdout.lines().filter(|line| !line.starts_with(OWN)).map(str::to_owned).collect();
    let asked = &stderr[..stderr.rfind(OWN).unwrap_or(stderr.len())];
    // pam_wrapper shows here what goes to the system's log.
    let (log, asked) = asked.split_inclusive('\n').partition(|line| line.starts_with("PWRAP_"));
    Told { end, granted, info, asked, log, took }
}

/// Whether all that this takes is there. If not, it says so in one line.
pub(crate) fn is_possible() -> bool {
    let missing = if wrapper().is_none() {
        "no libpam_wrapper.so (Debian: libpam-wrapper)"
    } else if Command::new("pamtester").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        "no pamtester"
    } else if !Path::new("/usr/include/security/pam_ext.h").exists() {
        "no headers of PAM (Debian: libpam0g-dev)"
    } else {
        return true;
    };
    skipped("the PAM module", missing);
    false
}

/// The library that makes PAM read its services elsewhere.
fn wrapper() -> Option<PathBuf> {
    in_libraries("libpam_wrapper.so")
}

/// A module that sets what the environment says, such as the password of an earlier module.
pub(crate) fn setter() -> Option<PathBuf> {
    in_libraries("pam_wrapper/pam_set_items.so")
}

fn in_libraries(name: &str) -> Option<PathBuf> {
    let triplet = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    [triplet.as_str(), "/usr/lib64", "/usr/lib"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|file| file.exists())
}

/// The module, compiled once for all tests.
fn module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(|| {
        let file = linked().join("pam_mabataki.so");
        let mut cc = Command::new("cc");
        cc.args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-fPIC", "-shared", "-I"]);
        cc.arg(root().join("include"))
            .arg(root().join("../bindings/pam/pam_mabataki.c"))
            .arg("-o")
            .arg(&file);
        cc.arg("-L").arg(linked()).args(["-Wl,-z,defs", "-lmabataki", "-lpam"]);
        let output = cc.arg(format!("-Wl,-rpath,{}", linked().display())).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        file
    })
}
