//! What one peer may take of the service, so that none stalls or starves the others.

use std::time::Duration;

use rustix::fs::SealFlags;

/// The longest message, bytes. Whatever is longer is pulled piece by piece.
pub const MOST_MESSAGE: usize = 64 * 1024;

/// The longest picture that a host hands in, bytes: 8 million pixels of three channels, and some.
pub const MOST_PICTURE: u64 = 32 * 1024 * 1024;

/// What the lane of a session's pictures holds at once, bytes: the most that a user without privileges may ask for (pipe(7)),
/// and a picture of 640×480 in RGB with room to spare.
pub(super) const LANE: i32 = 1024 * 1024;

/// The longest export of the log over a connection, bytes. It lies in memory until its reader closes it.
pub const MOST_EXPORT: u64 = 256 * 1024 * 1024;

/// Connections of one user of the operating system. A session is a connection of its own.
pub const CONNECTIONS_PER_USER: usize = 16;

/// Connections of all users together.
pub const CONNECTIONS: usize = 64;

/// Sessions of one user at a time.
pub const SESSIONS_PER_USER: usize = 4;

/// Sessions of all users at a time.
pub const SESSIONS: usize = 6;

/// What one user may begin at once of what stands in the log and takes no grant: sessions, set-ups, changes of a password.
pub const BEGUN_AT_ONCE: u32 = 60;

/// And one more after each of these times: a shared account that switches people needs one in minutes, and a process that
/// begins all it can writes some hundred megabytes a day and not the disk full over night.
pub const BEGUN_EVERY: Duration = Duration::from_secs(1);

/// Engines that are open at a time: two more than sessions, so that no number of these keeps a short request waiting.
pub(super) const ENGINES: usize = SESSIONS + 2;

/// Engines that are kept open with nothing to do, of each kind: with nets and without.
pub(super) const IDLE_ENGINES: usize = 2;

/// Grants that one connection holds at a time.
pub const GRANTS: usize = 64;

/// A peer that has begun a message and does not finish it, or does not take an answer, is dropped after this time.
pub const HALF_MESSAGE: Duration = Duration::from_secs(5);

/// How long a request waits for an engine while all are in use.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// What the system keeps of events that a client has not read yet, bytes. A client that lets more come together is ended,
/// and never waited for.
pub(super) const UNREAD_EVENTS: usize = 64 * 1024;

/// Messages that wait for one session's thread: secrets, choices, claims. No person types so many.
pub(super) const INBOX: usize = 32;

/// A grant that was left for the account that was opened is claimed within this time, or ended.
pub const CLAIM_WITHIN: Duration = Duration::from_secs(120);

/// What is shared as memory is sealed against, so that it stays as it is.
pub(super) const SEALS: SealFlags =
    SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::WRITE).union(SealFlags::SEAL);
