//! The service: one owner of store, keys, camera and reader for a terminal, and what its hosts talk to it with.
//!
//! A log-in host (root), the agent in a shared account, an enrolment tool: all are clients. What one of them may do is found
//! by what the kernel says of it, and by grants; malware in a session has neither the store nor the camera.
//!
//! The way of a request:
//!
//! ```text
//!  host ─ Client ─ Line ───────── Wire ══ socket ══ Wire ─ Core ─ host::Handle ─ Desk ─ an Engine
//!           │      one call       length,           who?   request, answer       lent for this one
//!           │      at a time      postcard          Peer   grants by number      request
//!           │
//!         ClientSession ─ Line ── Wire ══ socket ══ Wire ─ session::Control ─ Place ─ session::Driver ─ an Engine
//!                  │                                answers at once           thread of its own, lent
//!                  └ wait ─────── Wire ══ events ══ Wire ─────────────────────────────┘ to the end
//! ```
//!
//! - [`protocol`] is what is said; `wire` how it gets there: lengths are looked at before anything is allocated, and nobody
//!   waits for ever for the rest of a message.
//! - A connection is a handle of one host. `core` lets it in, having asked the kernel who is there (`peer`), with limits for
//!   each user (`admission`); `host` answers its requests one after another.
//! - A session is a connection of its own. Its thread here answers the host at once; another one, the driver, has an engine
//!   and goes on frame by frame, looking at what the host said in between. Events go out over a socket of their own: that
//!   is what a host waits for. Whoever does not read them is ended. Closing the connection calls the session off.
//! - What an administrator asks for is one [`protocol::Act`] with the grant of whoever asks; `administration` carries it out.
//!   Lists come page by page.
//! - What takes its time is a `job`, over a connection of its own: it tells how far it is, and what is long comes in sealed
//!   memory. Closing the connection calls it off.
//! - Pictures go through the `lane` of their session, each copied once on its way.
//! - Engines stay open at the `desk`, each lent to one user at a time; the threads of sessions are begun by one (`beginner`).
//! - A host never holds a grant, but a number for one (`grants`), good over its connection and for its user, its log-in session
//!   and its program, all three looked at each time. A log-in host may leave one for the account that it opened.
//! - With [`Client::in_process`] both ends are in one process, over a pair of sockets: the same code, and nobody else's.

mod administration;
mod admission;
mod beginner;
mod client;
mod core;
mod desk;
mod error;
mod grants;
mod host;
mod job;
mod lane;
mod limits;
mod peer;
pub mod protocol;
mod server;
mod session;
mod stop;
mod taps;
mod wire;

pub use self::client::{Client, ClientGrant, ClientJob, ClientSession, ExportedFile, Heard, HostPicture};
pub use self::error::{Refusal, ServiceError};
pub use self::limits::{
    BEGUN_AT_ONCE, BEGUN_EVERY, CLAIM_WITHIN, CONNECTIONS, CONNECTIONS_PER_USER, GRANTS, HALF_MESSAGE,
    MOST_EXPORT, MOST_MESSAGE, MOST_PICTURE, SESSIONS, SESSIONS_PER_USER,
};
pub use self::server::{SOCKET, Server};
