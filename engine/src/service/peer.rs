//! Who is at the other end of a connection: what the operating system says, and nothing that the other end says itself.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::sys::socket::{getsockopt, sockopt::PeerPidfd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::error::{Refusal, ServiceError};
use crate::audit::to_line;
use crate::engine::Class;

/// The most of a file of /proc that is read, bytes.
const MOST_OF_PROC: usize = 4096;

/// What the kernel says of the user of a log-in session where there is none.
const NO_USER: u32 = u32::MAX;

/// A process that is connected.
#[derive(Debug)]
pub(super) struct Peer {
    /// Its user.
    pub(super) uid: u32,
    pid: Pid,
    /// Keeps the number of the process from being given to another one unnoticed; where the kernel has it.
    process: Option<OwnedFd>,
}

/// What a grant is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The user.
    pub(super) uid: u32,
    /// The log-in session, as the kernel counts them and as the system's groups of processes name it.
    login: LoginSession,
    /// The program. `None` where the service may not see it: it is then nobody's listed host.
    program: Option<Program>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct LoginSession {
    /// The audit session of Linux; 4294967295 outside of any.
    number: Option<String>,
    /// Whose it is, by the audit's own mark, which nobody but root sets.
    user: Option<u32>,
    /// The `session-N.scope` of systemd.
    scope: Option<String>,
}

/// A log-in session that was opened for somebody, as the kernel counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened(Option<String>);

/// One executable file, wherever it is moved to, and where it was found.
#[derive(Debug, Clone)]
struct Program {
    device: u64,
    inode: u64,
    path: PathBuf,
}

/// An update of its package takes the name from a program that runs, and does not make it another one.
impl PartialEq for Program {
    fn eq(&self, other: &Program) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

impl Eq for Program {}

impl Program {
    /// Whether its path leads to it from here. In a name space of its own, which any user may make, a program is called what
    /// its user likes: the path alone is worth nothing.
    fn is_at_its_path(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|file| (file.dev(), file.ino()) == (self.device, self.inode))
    }
}

impl Peer {
    /// Whoever made this connection.
    pub(super) fn of(socket: &impl AsFd) -> Result<Peer, ServiceError> {
        let found = socket_peercred(socket)
            .map_err(|error| ServiceError::io("ask who is connected")(error.into()))?;
        // The kernel's own word for the process that connected (Linux 6.5); by its number there is a moment in between.
        let process = getsockopt(&socket.as_fd(), PeerPidfd)
            .ok()
            .or_else(|| pidfd_open(found.pid, PidfdFlags::empty()).ok());
        Ok(Peer { uid: found.uid.as_raw(), pid: found.pid, process })
    }

    /// What the system says of it now: it may run another program than when it connected.
    pub(super) fn identity(&self) -> Result<Identity, Refusal> {
        let folder = PathBuf::from(format!("/proc/{}", self.pid.as_raw_nonzero()));
        let exe = folder.join("exe");
        let program = fs::metadata(&exe).ok().and_then(|file| {
            Some(Program { device: file.dev(), inode: file.ino(), path: fs::read_link(&exe).ok()? })
        });
        let read = |name: &str| {
            let text = fs::read(folder.join(name)).ok()?;
            Some(String::from_utf8_lossy(text.get(..MOST_OF_PROC).unwrap_or(&text)).into_owned())
        };
        let login = LoginSession {
            number: read("sessionid").map(|number| number.trim().to_owned()),
            user: read("loginuid").and_then(|user| user.trim().parse().ok()).filter(|user| *user != NO_USER),
            scope: read("cgroup").and_then(|groups| scope_in(&groups)),
        };
        // Read first, then asked: had it ended in between, this might be another process's.
        if self.has_ended() {
            let text = "the program that connected has ended: expected one that is there to be asked about";
            return Err(Refusal::new(Class::Refused, "peer_gone", text, ""));
        }
        Ok(Identity { uid: self.uid, login, program })
    }

    fn has_ended(&self) -> bool {
        let Some(process) = &self.process else {
            return rustix::process::test_kill_process(self.pid) == Err(rustix::io::Errno::SRCH);
        };
        let mut fds = [PollFd::new(process, PollFlags::IN)];
        // Readable once it has ended.
        !matches!(poll(&mut fds, Some(&Timespec::default())), Ok(0))
    }
}

impl Identity {
    /// The log-in session that it has opened for this user, if it is in it already.
    pub(super) fn session_of(&self, uid: u32) -> Option<Opened> {
        (self.login.user == Some(uid)).then(|| Opened(self.login.number.clone()))
    }

    /// Whether it may use what this one was given: it is the same, or has meanwhile opened the session that it was in none
    /// of before, as a log-in host does.
    pub(super) fn is_still(&self, former: &Identity) -> bool {
        let login = &former.login;
        let entered = login.user.is_none() && (login.scope.is_none() || login.scope == self.login.scope);
        self.uid == former.uid && self.program == former.program && (self.login == *login || entered)
    }

    /// Whether it belongs to this log-in session.
    pub(super) fn is_in(&self, session: &Opened) -> bool {
        self.login.number.is_some() && self.login.number == session.0
    }

    /// The name by which policy and log know the host: its program's path, as the system says. Only root and the service's
    /// own user are believed when they `say` another.
    pub(super) fn host(&self, believed: bool, say: Option<&str>) -> Option<String> {
        match say {
            Some(name) if believed => to_line(name),
            _ => {
                let program = self.program.as_ref().filter(|program| program.is_at_its_path())?;
                to_line(&program.path.to_string_lossy())
            }
        }
    }
}

/// The log-in session among a process's groups.
fn scope_in(groups: &str) -> Option<String> {
    let parts = groups.lines().flat_map(|line| line.split('/'));
    parts.filter(|part| part.starts_with("session-") && part.ends_with(".scope")).map(str::to_owned).next()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_thread_of_this_process_is_known_by_user_and_program() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let peer = Peer::of(&ours).unwrap();
        let identity = peer.identity().unwrap();
        assert_eq!(identity.uid, rustix::process::geteuid().as_raw());
        assert_eq!(identity, peer.identity().unwrap());
        let path = fs::read_link("/proc/self/exe").unwrap().display().to_string();
        assert_eq!(identity.host(false, Some("log-in-screen")), to_line(&path));
        assert_eq!(identity.host(true, Some("log-in-screen")).as_deref(), Some("log-in-screen"));
    }

    #[test]
    fn a_program_that_is_not_where_its_path_leads_has_no_name() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let identity = Peer::of(&ours).unwrap().identity().unwrap();
        let other = tempfile::NamedTempFile::new().unwrap();
        for path in [other.path().to_owned(), PathBuf::from("/usr/lib/mabataki/no-such-agent")] {
            let program = identity.program.clone().map(|program| Program { path, ..program });
            let disguised = Identity { program, ..identity.clone() };
            assert_eq!(disguised.host(false, None), None);
        }
        assert!(identity.host(false, None).is_some());
    }

    #[test]
    fn a_process_that_runs_another_program_is_somebody_else() {
        let mut child =
            Command::new("sh").args(["-c", "read go; exec sleep 60"]).stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let peer = Peer { uid: 0, pid, process: pidfd_open(pid, PidfdFlags::empty()).ok() };
        let named = |name: &str| {
            let begun = Instant::now();
            loop {
                let identity = peer.identity().unwrap();
                let program = identity.program.as_ref().unwrap();
                if program.path.file_name().unwrap().to_string_lossy().contains(name) {
                    return identity;
                }
                assert!(begun.elapsed() < Duration::from_secs(20), "{program:?}");
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        let before = named("sh");
        assert_eq!(before, peer.identity().unwrap());
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert_ne!(named("sleep"), before);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn whoever_has_opened_a_session_is_in_it_and_so_is_what_it_begins_and_nobody_else() {
        // What a log-in writes, once, when it opens a session: only root may.
        let script = "read go; echo 5 > /proc/self/loginuid; read go";
        let mut child = Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let peer = Peer { uid: 0, pid, process: pidfd_open(pid, PidfdFlags::empty()).ok() };
        let (begun, ours) = (Instant::now(), fs::read_link("/proc/self/exe").unwrap());
        let before = loop {
            let found = peer.identity().unwrap();
            let program = found.program.as_ref().unwrap();
            if program.path != ours || begun.elapsed() > Duration::from_secs(5) {
                break found;
            }
        };
        child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        let login = loop {
            let found = peer.identity();
            match found {
                Ok(identity) if identity.login.user == Some(5) => break Some(identity),
                Ok(_) if begun.elapsed() < Duration::from_secs(5) && child.try_wait().unwrap().is_none() => {}
                _ => break None,
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let _ = child.kill();
        child.wait().unwrap();
        let Some(login) = login else {
            eprintln!("skipped: this kernel, or this user, opens no audit session");
            return;
        };
        assert!(login.is_still(&before), "the log-in that opened a session may use what it was given before");
        assert!(!before.is_still(&login), "and nobody who has left one");
        let session = login.session_of(5).unwrap();
        assert!(login.is_in(&session));
        assert_eq!(login.session_of(6), None);
        let (ours, _theirs) = UnixStream::pair().unwrap();
        assert!(!Peer::of(&ours).unwrap().identity().unwrap().is_in(&session));
    }

    #[test]
    fn a_process_that_has_ended_has_no_identity() {
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let process = pidfd_open(pid, PidfdFlags::empty()).ok();
        let peer = Peer { uid: 0, pid, process };
        assert!(peer.identity().is_ok());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(peer.identity().unwrap_err().code, "peer_gone");
    }

    #[test]
    fn the_session_is_found_among_the_groups_of_both_kinds() {
        let unified = "0::/user.slice/user-1000.slice/session-3.scope\n";
        let older = "1:name=systemd:/user.slice/user-1000.slice/session-c7.scope\n0::/\n";
        assert_eq!(scope_in(unified).as_deref(), Some("session-3.scope"));
        assert_eq!(scope_in(older).as_deref(), Some("session-c7.scope"));
        assert_eq!(scope_in("0::/system.slice/mabataki.service\n"), None);
    }
}
