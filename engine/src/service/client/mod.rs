//! How a host uses a service: over its socket, or with the engine in the host's own process.

mod administration;
mod grant;
mod line;
mod picture;
mod session;

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::administration::ExportedFile;
pub use self::grant::ClientGrant;
use self::line::Line;
pub use self::session::{ClientSession, HostPicture};
use super::error::{Refusal, ServiceError};
use super::protocol::{Begin, Beginning, DeviceName, Hello, Info, PROTOCOL, Reply, Request, Welcome};
use super::server::Embedded;
use super::wire::{Patience, Wire};
use crate::engine::Config;

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
        let (wire, welcome) = door.connect(name.clone(), None, timeout)?;
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
    /// A new connection, made known.
    fn connect(
        &self,
        name: Option<String>,
        session_of: Option<u64>,
        timeout: Duration,
    ) -> Result<(Wire, Welcome), ServiceError> {
        let end = Instant::now() + timeout;
        let socket = match self {
            Door::Socket(path) => UnixStream::connect(path)
                .map_err(|cause| ServiceError::NoService { path: path.clone(), cause })?,
            Door::Within(embedded) => embedded.connect()?,
        };
        socket.set_nonblocking(true).map_err(ServiceError::io("set a connection up"))?;
        let wire = Wire::new(socket);
        match wire.send(&Hello { version: PROTOCOL, name, session_of }, None, end) {
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

fn unexpected(reply: Reply) -> ServiceError {
    match reply {
        Reply::Refused(refusal) => ServiceError::Refused(refusal),
        _ => ServiceError::Malformed { what: "an answer to another question" },
    }
}

/// What a session or a grant that is over answers.
fn over(text: &str) -> ServiceError {
    Refusal::new(crate::engine::Class::Usage, "over", text, "").into()
}
