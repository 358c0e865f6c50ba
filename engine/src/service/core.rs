//! What all connections of a service have in common, and how one is let in.

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::admission::{Counter, Rate};
use super::beginner::Beginner;
use super::desk::Desk;
use super::error::{Refusal, ServiceError};
use super::grants::Grants;
use super::limits::{
    BEGUN_AT_ONCE, BEGUN_EVERY, CONNECTIONS, CONNECTIONS_PER_USER, HALF_MESSAGE, SESSIONS, SESSIONS_PER_USER,
};
use super::peer::{Identity, Peer};
use super::protocol::{Hello, Numbered, PROTOCOL, SessionRequest, Welcome};
use super::stop::Stop;
use super::taps::Taps;
use super::wire::{Patience, Wire};
use super::{host, session};
use crate::engine::{Class, Engine, Grant};
use crate::grant::Ending;

/// A running service.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) desk: Arc<Desk>,
    pub(super) beginner: Beginner,
    pub(super) sessions: Arc<Counter>,
    pub(super) grants: Grants,
    pub(super) taps: Taps,
    pub(super) stop: Stop,
    /// The user that the service runs as.
    pub(super) uid: u32,
    /// Whether it runs in a host's own process.
    pub(super) in_process: bool,
    connections: Arc<Counter>,
    begun: Rate,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A connection that was let in: who it is, and what it said of itself.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) wire: Wire,
    pub(super) peer: Peer,
    /// What it calls itself.
    pub(super) name: Option<String>,
    /// Whether it is believed what it calls itself, and may leave grants for others.
    pub(super) trusted: bool,
}

impl Guest {
    /// The host's name in policy and log.
    pub(super) fn host(&self, identity: &Identity) -> Option<String> {
        identity.host(self.trusted, self.name.as_deref())
    }
}

impl Core {
    pub(super) fn start(engine: Engine, in_process: bool) -> Result<Arc<Core>, ServiceError> {
        let desk = Desk::of(engine);
        Ok(Arc::new(Core {
            beginner: Beginner::start(Arc::clone(&desk))?,
            desk,
            sessions: Counter::new("sessions", SESSIONS_PER_USER, SESSIONS),
            grants: Grants::default(),
            taps: Taps::default(),
            stop: Stop::new()?,
            uid: rustix::process::geteuid().as_raw(),
            in_process,
            connections: Counter::new("connections", CONNECTIONS_PER_USER, CONNECTIONS),
            begun: Rate::new(BEGUN_AT_ONCE, BEGUN_EVERY),
            threads: Mutex::default(),
        }))
    }

    /// Lets a guest begin what stands in the log and takes no grant. Whoever is trusted has the log anyhow, and is not held up.
    pub(super) fn let_begin(&self, guest: &Guest) -> Result<(), Refusal> {
        if guest.trusted { Ok(()) } else { self.begun.step(guest.peer.uid, Instant::now()) }
    }

    /// Takes a connection in, on a thread of its own. One too many is told so, and closed.
    pub(super) fn admit(self: &Arc<Core>, socket: UnixStream) -> Result<(), ServiceError> {
        socket.set_nonblocking(true).map_err(ServiceError::io("set a connection up"))?;
        let peer = Peer::of(&socket)?;
        let wire = Wire::new(socket);
        let place = match self.connections.enter(peer.uid) {
            Ok(place) => place,
            // It is not waited for: there is room for so little in a new connection.
            Err(refusal) => return wire.send_now(&Welcome::Refused(refusal)),
        };
        let core = Arc::clone(self);
        let serve = move || {
            let _place = place;
            // Whoever breaks the protocol or goes away is let go; what was theirs is put in order on the way out.
            let _ = core.receive(wire, peer);
        };
        let thread = std::thread::Builder::new().name("mabataki host".to_owned()).spawn(serve);
        let thread = thread.map_err(ServiceError::io("begin a thread"))?;
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    fn receive(self: &Arc<Core>, wire: Wire, peer: Peer) -> Result<(), ServiceError> {
        let soon = Patience::Within(Instant::now() + HALF_MESSAGE, &self.stop);
        let (hello, _) = wire.receive::<Hello>(soon)?;
        let trusted = self.in_process || peer.uid == 0 || peer.uid == self.uid;
        let guest = Guest { wire, peer, name: hello.name, trusted };
        if let Err(refusal) = check_version(hello.version) {
            return guest.tell(&Welcome::Refused(refusal));
        }
        // What a session is to be was sent in the same breath. Who asks is found out after that has come.
        let first = match hello.session_of {
            Some(handle) => Some((handle, guest.wire.receive::<Numbered<SessionRequest>>(soon)?)),
            None => None,
        };
        let identity = match guest.peer.identity() {
            Ok(identity) => identity,
            Err(refusal) => return guest.tell(&Welcome::Refused(refusal)),
        };
        match first {
            None => host::serve(self, &guest, identity),
            Some((handle, first)) if self.grants.knows(handle, &identity) => {
                guest.tell(&Welcome::Session)?;
                session::serve(self, &guest, handle, identity, first)
            }
            Some(_) => guest.tell(&Welcome::Refused(Refusal::no_handle())),
        }
    }

    /// Ends grants that nobody has any more.
    pub(super) fn end(&self, grants: Vec<Grant>, why: Ending) {
        for grant in grants {
            // A store that cannot be written any more lets the grant run out by itself.
            let _ = self.desk.ask(|engine| engine.end_grant(&grant, why));
        }
    }

    /// Lets every connection go, and waits until the last has ended.
    pub(super) fn close(&self) {
        self.stop.set();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            let _ = thread.join();
        }
        self.end(self.grants.all(), Ending::LoggedOff);
    }
}

fn check_version(version: u32) -> Result<(), Refusal> {
    if version == PROTOCOL {
        return Ok(());
    }
    let text = format!("the service speaks version {PROTOCOL} of the protocol, this program {version}");
    let fix = "install the library and the service of one version";
    Err(Refusal::new(Class::Unavailable, "other_protocol", text, fix))
}

impl Guest {
    /// Says something. Whoever does not take it in time is let go.
    pub(super) fn tell(&self, message: &impl serde::Serialize) -> Result<(), ServiceError> {
        self.wire.send(message, None, Instant::now() + HALF_MESSAGE)
    }
}
