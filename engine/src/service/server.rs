//! The service of a terminal: a socket that everybody may connect to, one service behind it, and the log kept meanwhile.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, flock};

use super::core::Core;
use super::error::ServiceError;
use crate::engine::{Config, Engine, LogKeeper, OutletEvent};
use crate::grant::Ending;

/// Where the service of a terminal listens, where nobody says otherwise.
pub const SOCKET: &str = "/run/mabataki/mabataki.sock";

/// How often it is looked whether a grant that was left for somebody was claimed in time.
const SWEEP: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// How long to wait where the system has no more connections to give.
const REST: Duration = Duration::from_millis(50);

/// A running service. Dropped, it ends: sessions are called off, grants end, and that it ended stands in the log.
#[derive(Debug)]
pub struct Server {
    core: Arc<Core>,
    accepting: Option<JoinHandle<()>>,
    keeper: Option<LogKeeper>,
    socket: PathBuf,
    /// Held for as long as the service runs.
    _lock: File,
}

impl Server {
    /// Begins to serve at this socket. Its folder is made if it is missing.
    ///
    /// # Errors
    /// [`ServiceError::Served`] when another service runs; [`ServiceError::Folder`] when others could put a socket there;
    /// as [`crate::engine::Engine::open`].
    pub fn start(config: Config, socket: &Path) -> Result<Server, ServiceError> {
        let folder = prepare(socket)?;
        let lock = lock(&folder, socket)?;
        let engine = Engine::open(config)?;
        let beside = engine.beside()?;
        let core = Core::start(engine, false)?;
        core.desk.ask(Engine::end_held)?;
        // That it begins stands in the log, and from here on that it ends.
        let keeper = LogKeeper::with(beside)?;
        let listener = listen(socket)?;
        let accept = {
            let core = Arc::clone(&core);
            move || accept(&core, &listener)
        };
        let accepting = std::thread::Builder::new().name("mabataki door".to_owned()).spawn(accept);
        let accepting = accepting.map_err(ServiceError::io("begin a thread"))?;
        let socket = socket.to_owned();
        Ok(Server { core, accepting: Some(accepting), keeper: Some(keeper), socket, _lock: lock })
    }

    /// What happened to the log on its way out of the terminal; none when nothing did within `wait`.
    ///
    /// # Errors
    /// As [`LogKeeper::next_event`]: the service must end then.
    pub fn next_event(&mut self, wait: Duration) -> Result<Option<OutletEvent>, ServiceError> {
        match &mut self.keeper {
            Some(keeper) => Ok(keeper.next_event(wait)?),
            None => Ok(None),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // First nobody new, then nobody at all.
        let _ = fs::remove_file(&self.socket);
        self.core.stop.set();
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        self.core.close();
        self.keeper = None;
    }
}

fn accept(core: &Arc<Core>, listener: &UnixListener) {
    while !core.stop.is_set() {
        let mut fds = [PollFd::new(listener, PollFlags::IN), PollFd::new(&core.stop, PollFlags::IN)];
        // An interruption is looked at like a time that is over.
        let _ = poll(&mut fds, Some(&SWEEP));
        core.end(core.grants.lapsed(), Ending::LoggedOff);
        match listener.accept() {
            // Whoever cannot be let in hears so, or sees the connection closed.
            Ok((socket, _)) => drop(core.admit(socket)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => std::thread::sleep(REST),
        }
    }
}

/// The folder of the socket: there, and nobody else's to put something into.
fn prepare(socket: &Path) -> Result<PathBuf, ServiceError> {
    let folder = socket.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match DirBuilder::new().mode(0o755).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(ServiceError::io("make the folder of the socket")(error));
        }
        _ => {}
    }
    let found = fs::metadata(folder).map_err(ServiceError::io("look at the folder of the socket"))?;
    let us = rustix::process::geteuid().as_raw();
    if !found.is_dir() || ![0, us].contains(&found.uid()) || found.mode() & 0o022 != 0 {
        return Err(ServiceError::Folder { path: folder.to_owned() });
    }
    Ok(folder.to_owned())
}

fn lock(folder: &Path, socket: &Path) -> Result<File, ServiceError> {
    let mut name = socket.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let path = folder.join(name);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(ServiceError::io("open the lock beside the socket"))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(ServiceError::Served { lock: path }),
        Err(error) => Err(ServiceError::io("lock the file beside the socket")(error.into())),
    }
}

/// Who comes is told by the kernel, so anybody may. What a service that was killed has left is in the way.
fn listen(socket: &Path) -> Result<UnixListener, ServiceError> {
    let failed = ServiceError::io("listen at the socket");
    match fs::symlink_metadata(socket) {
        Ok(found) if std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) => {
            fs::remove_file(socket).map_err(&failed)?;
        }
        _ => {}
    }
    let listener = UnixListener::bind(socket).map_err(&failed)?;
    fs::set_permissions(socket, Permissions::from_mode(0o666)).map_err(&failed)?;
    listener.set_nonblocking(true).map_err(&failed)?;
    Ok(listener)
}

/// A service within a host's own process, for as long as one client has it.
#[derive(Debug)]
pub(super) struct Embedded {
    core: Arc<Core>,
    process: u32,
}

impl Embedded {
    /// Opens the engine here. The log says so.
    pub(super) fn start(config: Config, host: Option<&str>) -> Result<Embedded, ServiceError> {
        let core = Core::start(Engine::open(config)?, true)?;
        core.desk.ask(|engine| engine.start_in_process(host))?;
        Ok(Embedded { core, process: std::process::id() })
    }

    /// A new connection to it.
    pub(super) fn connect(&self) -> Result<UnixStream, ServiceError> {
        let (ours, theirs) = UnixStream::pair().map_err(ServiceError::io("make a connection"))?;
        self.core.admit(theirs)?;
        Ok(ours)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // In a child of the process the threads are not there that would end, and waiting for them would never end.
            std::mem::forget(Arc::clone(&self.core));
            return;
        }
        self.core.close();
        // A store that cannot be written any more has no record of the end; everything before it stands.
        let _ = self.core.desk.ask(Engine::stop);
    }
}
