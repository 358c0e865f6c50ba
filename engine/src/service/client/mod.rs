//! How a host uses a service: over its socket, or with the engine in the host's own process.

mod administration;
mod grant;
mod job;
mod line;
mod memory;
mod session;

use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

pub use self::administration::ExportedFile;
pub use self::grant::ClientGrant;
pub use self::job::{ClientJob, Heard};
use self::line::Line;
use self::memory::sealed;
pub use self::session::{ClientSession, HostPicture};
use super::error::ServiceError;
use super::protocol::{
    Begin, Beginning, DeviceName, Hello, Info, Introduced, Numbered, PROTOCOL, Reply, Request,
    SessionRequest, State, Welcome,
};
use super::server::Embedded;
use super::wire::{Patience, Wire};
use crate::engine::Config;

/// How long to wait where there is no room at the door.
const FULL: Duration = Duration::from_millis(5);

/// A connection to the service of this terminal: one handle. Calls may be made from many threads at once; each waits for
/// its turn, and no longer than the client's time-out.
///
/// Dropped, it lets go of the service: grants that were not left for anybody end.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    line: Line,
    handle: u64,
    name: Option<String>,
    timeout: Duration,
    /// Last: it waits for the connections to be closed.
    door: Door,
}

#[derive(Debug)]
enum Door {
    Socket(PathBuf),
    Within(Embedded),
}

impl Client {
    /// Connects to a service. `name` is what this host calls itself: only root and the service's own user are believed. No
    /// call takes longer than `timeout`.
    ///
    /// # Errors
    /// [`ServiceError::NoService`] when nobody listens there; [`ServiceError::Refused`] when there are too many already, or
    /// the service is of another version.
    pub fn connect(socket: &Path, name: Option<&str>, timeout: Duration) -> Result<Client, ServiceError> {
        Client::through(Door::Socket(socket.to_owned()), name, timeout)
    }

    /// Opens the engine in this process instead, for programs that own the store themselves. The log says so.
    ///
    /// # Errors
    /// As [`crate::engine::Engine::open`].
    pub fn in_process(config: Config, name: Option<&str>, timeout: Duration) -> Result<Client, ServiceError> {
        Client::through(Door::Within(Embedded::start(config, name)?), name, timeout)
    }

    fn through(door: Door, name: Option<&str>, timeout: Duration) -> Result<Client, ServiceError> {
        let name = name.map(str::to_owned);
        let (wire, welcome) = door.connect(name.clone(), None, None, Instant::now() + timeout)?;
        let Welcome::Handle(handle) = welcome else {
            return Err(ServiceError::Malformed { what: "another welcome than a handle's" });
        };
        let inner = Inner { line: Line::new(wire), handle, name, timeout, door };
        Ok(Client { inner: Arc::new(inner) })
    }

    /// What the service is.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn info(&self) -> Result<Info, ServiceError> {
        match self.inner.ask(Request::Info)? {
            Reply::Info(info) => Ok(info),
            other => Err(unexpected(other)),
        }
    }

    /// How the terminal stands: its clock, whether it is up to date, whether there is a disaster.
    ///
    /// # Errors
    /// When the service does not answer, or its store fails.
    pub fn state(&self) -> Result<State, ServiceError> {
        match self.inner.ask(Request::State)? {
            Reply::State(state) => Ok(state),
            other => Err(unexpected(other)),
        }
    }

    /// The keys that assertions are verified by, as a JSON Web Key Set.
    ///
    /// # Errors
    /// When the service does not answer, or its store fails.
    pub fn verifying_keys(&self) -> Result<String, ServiceError> {
        match self.inner.ask(Request::Keys)? {
            Reply::Keys(keys) => Ok(keys),
            other => Err(unexpected(other)),
        }
    }

    /// This terminal, as it shows itself to others.
    ///
    /// # Errors
    /// When the service does not answer, or its store fails.
    pub fn introduce(&self) -> Result<Introduced, ServiceError> {
        match self.inner.ask(Request::Introduce)? {
            Reply::Introduced(introduced) => Ok(introduced),
            other => Err(unexpected(other)),
        }
    }

    /// Has the service open store, pack and runtime anew for what is asked from now on. Only root and the service's own user
    /// may.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] for everybody else, and when the store cannot be opened.
    pub fn reload(&self) -> Result<(), ServiceError> {
        match self.inner.ask(Request::Reload)? {
            Reply::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Cameras and readers of the terminal.
    ///
    /// # Errors
    /// When the service does not answer.
    pub fn devices(&self) -> Result<Vec<DeviceName>, ServiceError> {
        match self.inner.ask(Request::Devices)? {
            Reply::Devices(devices) => Ok(devices),
            other => Err(unexpected(other)),
        }
    }

    /// The grant that a log-in host left for the user of this process a moment ago. It is handed over once.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when there is none.
    pub fn claim(&self) -> Result<ClientGrant, ServiceError> {
        match self.inner.ask(Request::Claim)? {
            Reply::Grant(number) => Ok(ClientGrant::new(&self.inner, number)),
            other => Err(unexpected(other)),
        }
    }

    /// Begins a session, over a connection of its own. With a time-out it is called off when that is over.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when the engine does not begin it: what is missing, or not permitted.
    pub fn begin(&self, what: Beginning, timeout: Option<Duration>) -> Result<ClientSession, ServiceError> {
        self.inner.line.check_fork()?;
        let timeout_ms = timeout.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        ClientSession::begin(&self.inner, Begin { what, timeout_ms })
    }

    /// How long a call of this client waits at the most.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.inner.timeout
    }
}

impl Inner {
    fn ask(&self, request: Request) -> Result<Reply, ServiceError> {
        match self.line.call::<_, Reply>(request, None, self.timeout)? {
            (Reply::Refused(refusal), _) => Err(refusal.into()),
            (reply, _) => Ok(reply),
        }
    }
}

impl Door {
    /// A new connection, made known. What a session is to be goes out `first`, before the answer has come.
    fn connect(
        &self,
        name: Option<String>,
        session_of: Option<u64>,
        first: Option<(Numbered<SessionRequest>, Option<BorrowedFd<'_>>)>,
        end: Instant,
    ) -> Result<(Wire, Welcome), ServiceError> {
        let socket = match self {
            Door::Socket(path) => knock(path, end)?,
            Door::Within(embedded) => embedded.connect()?,
        };
        socket.set_nonblocking(true).map_err(ServiceError::io("set a connection up"))?;
        let wire = Wire::new(socket);
        let sent = wire.send(&Hello { version: PROTOCOL, name, session_of }, None, end);
        let sent = sent.and_then(|()| first.map_or(Ok(()), |(first, file)| wire.send(&first, file, end)));
        match sent {
            // One too many: the connection is closed already, and what was said before that is still to be read.
            Err(ServiceError::Lost) => {}
            sent => sent?,
        }
        let (welcome, _) = wire.receive::<Welcome>(Patience::Until(end))?;
        match welcome {
            Welcome::Refused(refusal) => Err(refusal.into()),
            welcome => Ok((wire, welcome)),
        }
    }
}

/// Connects until `end`. A service that is there and has stopped lets its door fill up; a log-in screen does not wait there.
fn knock(path: &Path, end: Instant) -> Result<UnixStream, ServiceError> {
    let none = |cause: Errno| ServiceError::NoService { path: path.to_owned(), cause: cause.into() };
    let address = SocketAddrUnix::new(path).map_err(none)?;
    let begun = Instant::now();
    loop {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(none)?;
        match connect(&socket, &address) {
            Ok(()) => return Ok(UnixStream::from(socket)),
            Err(Errno::INTR) => {}
            // No room at the door now, and nothing that would tell when there is.
            Err(Errno::AGAIN) if Instant::now() < end => std::thread::sleep(FULL),
            Err(Errno::AGAIN) => return Err(ServiceError::TimedOut { after: begun.elapsed() }),
            Err(error) => return Err(none(error)),
        }
    }
}

fn unexpected(reply: Reply) -> ServiceError {
    match reply {
        Reply::Refused(refusal) => ServiceError::Refused(refusal),
        _ => ServiceError::Malformed { what: "an answer to another question" },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn at_the_full_door_of_a_service_that_has_stopped_nobody_waits_longer_than_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        let brief = || Instant::now() + Duration::from_millis(50);
        let mut waiting = Vec::new();
        let error = loop {
            assert!(Instant::now() < end, "the door never fills up");
            match knock(&path, brief()) {
                Ok(socket) => waiting.push(socket),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, ServiceError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn where_nobody_listens_there_is_no_service() {
        let folder = tempfile::tempdir().unwrap();
        let error = knock(&folder.path().join("socket"), Instant::now()).unwrap_err();
        assert!(matches!(error, ServiceError::NoService { .. }), "{error}");
    }
}
