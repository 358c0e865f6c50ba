//! Messages over a stream socket: a length, u32 little endian, and as many bytes of postcard; with some, one file descriptor.
//!
//! Nothing is allocated before the length was found to be within its limit, and nothing waits for ever for the rest of a
//! message that was begun. Buffers are wiped: there may be passwords in them.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroize;

use super::error::ServiceError;
use super::limits::{HALF_MESSAGE, MOST_MESSAGE};
use super::stop::Stop;

/// Bytes of the length before each message.
const HEAD: usize = 4;

/// The longest message that is handled without memory of its own, bytes.
const NEAR: usize = 512;

/// Room for one file descriptor. A second one would not fit, and the message that brings it is refused.
const CONTROL: usize = rustix::cmsg_space!(ScmRights(1));

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Wire {
    socket: UnixStream,
}

/// How long to wait for a message to begin.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience<'s> {
    /// Until then, and no longer.
    Until(Instant),
    /// For as long as it takes, unless all is to end.
    Unless(&'s Stop),
    /// Until then, unless all is to end.
    Within(Instant, &'s Stop),
}

impl<'s> Patience<'s> {
    /// When it ends, and what ends it before.
    fn parts(self) -> (Option<Instant>, Option<&'s Stop>) {
        match self {
            Patience::Until(end) => (Some(end), None),
            Patience::Unless(stop) => (None, Some(stop)),
            Patience::Within(end, stop) => (Some(end), Some(stop)),
        }
    }

    /// The same for the rest of a message that has begun.
    fn for_the_rest(self, end: Instant) -> Patience<'s> {
        match self.parts() {
            (_, Some(stop)) => Patience::Within(end, stop),
            (_, None) => Patience::Until(end),
        }
    }
}

impl Patience<'_> {
    pub(super) fn of(time: Duration) -> Patience<'static> {
        // What cannot be counted is as good as for ever.
        let now = Instant::now();
        Patience::Until(now.checked_add(time).unwrap_or_else(|| now + Duration::from_secs(1 << 30)))
    }
}

impl Wire {
    pub(super) fn new(socket: UnixStream) -> Wire {
        Wire { socket }
    }

    /// Sends a message, with a file descriptor if one is given. Waits for the other end to make room, until `until`.
    pub(super) fn send(
        &self,
        message: &impl Serialize,
        file: Option<BorrowedFd<'_>>,
        until: Instant,
    ) -> Result<(), ServiceError> {
        let mut buffer = Buffer::new();
        let mut left = buffer.encode(message)?;
        let mut file = file;
        while !left.is_empty() {
            match send_some(&self.socket, left, file) {
                Ok(sent) => {
                    left = left.get(sent..).unwrap_or_default();
                    file = None;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT, Patience::Until(until))?,
                Err(error) => return Err(lost_or(error, "send a message")),
            }
        }
        Ok(())
    }

    /// Sends a message if there is room for all of it now. What goes out only in part makes the connection useless, and is
    /// an error as well.
    pub(super) fn send_now(&self, message: &impl Serialize) -> Result<(), ServiceError> {
        let mut buffer = Buffer::new();
        let bytes = buffer.encode(message)?;
        match send_some(&self.socket, bytes, None) {
            Ok(sent) if sent == bytes.len() => Ok(()),
            Ok(_) | Err(Errno::AGAIN) => Err(ServiceError::Lost),
            Err(error) => Err(lost_or(error, "send a message")),
        }
    }

    /// Whether something can be sent at once.
    ///
    /// # Errors
    /// [`ServiceError::Lost`] when the other end has hung up.
    pub(super) fn has_room(&self) -> Result<bool, ServiceError> {
        let mut polled = [PollFd::new(&self.socket, PollFlags::OUT)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut polled, Some(&at_once)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(ServiceError::io("look at a connection")(error.into())),
        }
        let found = polled[0].revents();
        if found.intersects(PollFlags::HUP | PollFlags::ERR) {
            return Err(ServiceError::Lost);
        }
        Ok(found.contains(PollFlags::OUT))
    }

    /// Ends the connection for both ends, at once.
    pub(super) fn hang_up(&self) {
        // One that the other end has ended is ended already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// The next message, and the file descriptor that came with it.
    pub(super) fn receive<T: DeserializeOwned>(
        &self,
        patience: Patience<'_>,
    ) -> Result<(T, Option<OwnedFd>), ServiceError> {
        self.wait(PollFlags::IN, patience)?;
        let patience = patience.for_the_rest(Instant::now() + HALF_MESSAGE);
        let mut file = None;
        let mut head = [0; HEAD];
        self.fill(&mut head, &mut file, patience)?;
        let length = usize::try_from(u32::from_le_bytes(head)).unwrap_or(usize::MAX);
        if length > MOST_MESSAGE {
            return Err(ServiceError::too_long(length));
        }
        let mut buffer = Buffer::new();
        let body = buffer.room(length);
        self.fill(body, &mut file, patience)?;
        Ok((decode(body)?, file))
    }

    /// Whether the other end has hung up, or there is something to read. Waits until then, or until `patience` ends.
    fn wait(&self, events: PollFlags, patience: Patience<'_>) -> Result<(), ServiceError> {
        let begun = Instant::now();
        let (end, stop) = patience.parts();
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            // A time beyond what the system counts is none.
            let timeout = left.and_then(|left| Timespec::try_from(left).ok());
            let ours = PollFd::new(&self.socket, events);
            let mut fds = match stop {
                Some(stop) => [ours, PollFd::new(stop, PollFlags::IN)],
                None => [ours.clone(), ours],
            };
            let watched = fds.get_mut(..1 + usize::from(stop.is_some())).unwrap_or_default();
            match poll(watched, timeout.as_ref()) {
                Ok(0) => return Err(ServiceError::TimedOut { after: begun.elapsed() }),
                Ok(_) if watched.get(1).is_some_and(|stop| !stop.revents().is_empty()) => {
                    return Err(ServiceError::Lost);
                }
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(ServiceError::io("wait for a message")(error.into())),
            }
        }
    }

    fn fill(
        &self,
        buffer: &mut [u8],
        file: &mut Option<OwnedFd>,
        patience: Patience<'_>,
    ) -> Result<(), ServiceError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let mut space = [MaybeUninit::uninit(); CONTROL];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
            let mut parts = [IoSliceMut::new(&mut buffer[filled..])];
            match recvmsg(&self.socket, &mut parts, &mut control, flags) {
                Ok(received) => {
                    for message in control.drain() {
                        if let RecvAncillaryMessage::ScmRights(files) = message {
                            take_one(files, file)?;
                        }
                    }
                    if received.flags.contains(ReturnFlags::CTRUNC) {
                        return Err(ServiceError::Malformed { what: "more than one file descriptor" });
                    }
                    if received.bytes == 0 {
                        return Err(ServiceError::Lost);
                    }
                    filled += received.bytes;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::IN, patience).map_err(half)?,
                Err(error) => return Err(lost_or(error, "read a message")),
            }
        }
        Ok(())
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn take_one(files: impl Iterator<Item = OwnedFd>, file: &mut Option<OwnedFd>) -> Result<(), ServiceError> {
    for found in files {
        if file.replace(found).is_some() {
            return Err(ServiceError::Malformed { what: "more than one file descriptor" });
        }
    }
    Ok(())
}

/// Of what stopped in the middle of a message, nobody knows where the next one begins: it is no silence between two.
fn half(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::TimedOut { .. } => ServiceError::Lost,
        error => error,
    }
}

fn send_some(socket: &UnixStream, bytes: &[u8], file: Option<BorrowedFd<'_>>) -> Result<usize, Errno> {
    let mut space = [MaybeUninit::uninit(); CONTROL];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let files = file.map(|file| [file]);
    if let Some(files) = &files {
        // The space is that of one.
        control.push(SendAncillaryMessage::ScmRights(files));
    }
    sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
}

fn lost_or(error: Errno, doing: &'static str) -> ServiceError {
    match error {
        Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN => ServiceError::Lost,
        error => ServiceError::io(doing)(error.into()),
    }
}

/// Room for one message, wiped afterwards. Most are short and need no memory but that of whoever handles them: nothing is
/// allocated for a picture's.
struct Buffer {
    near: [u8; NEAR],
    far: Vec<u8>,
}

impl Buffer {
    fn new() -> Buffer {
        Buffer { near: [0; NEAR], far: Vec::new() }
    }

    /// Of this length, which is within the limits.
    fn room(&mut self, length: usize) -> &mut [u8] {
        if length > NEAR {
            // In one piece from the beginning: a buffer that grows leaves copies that nobody wipes.
            self.far = vec![0; length];
            return &mut self.far;
        }
        self.near.get_mut(..length).unwrap_or_default()
    }

    /// A message with its length before it.
    fn encode(&mut self, message: &impl Serialize) -> Result<&[u8], ServiceError> {
        let fits = |room: &mut [u8]| {
            let (head, body) = room.split_at_mut_checked(HEAD)?;
            let length = postcard::to_slice(message, body).ok()?.len();
            head.copy_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
            Some(HEAD + length)
        };
        if let Some(length) = fits(&mut self.near) {
            return Ok(self.near.get(..length).unwrap_or_default());
        }
        let length = fits(self.room(HEAD + MOST_MESSAGE));
        let length = length.ok_or_else(|| ServiceError::too_long(MOST_MESSAGE + 1))?;
        Ok(self.far.get(..length).unwrap_or_default())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.near.zeroize();
        self.far.zeroize();
    }
}

/// A message from its bytes, all of them.
fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err(ServiceError::Malformed { what: "bytes behind its end" }),
        Err(_) => Err(ServiceError::Malformed { what: "not one of its messages" }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pair() -> (Wire, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Wire::new(ours), theirs)
    }

    fn receive(wire: &Wire) -> Result<String, ServiceError> {
        wire.receive(Patience::of(Duration::from_millis(500))).map(|(message, _)| message)
    }

    #[test]
    fn a_message_arrives_as_it_was_sent_with_its_file() {
        let (ours, theirs) = pair();
        let theirs = Wire::new(theirs);
        let file = tempfile::tempfile().unwrap();
        ours.send(&"hello", Some(file.as_fd()), Instant::now() + HALF_MESSAGE).unwrap();
        ours.send(&"again", None, Instant::now() + HALF_MESSAGE).unwrap();
        let (message, file): (String, _) = theirs.receive(Patience::of(HALF_MESSAGE)).unwrap();
        assert_eq!((message.as_str(), file.is_some()), ("hello", true));
        let (message, file): (String, _) = theirs.receive(Patience::of(HALF_MESSAGE)).unwrap();
        assert_eq!((message.as_str(), file.is_some()), ("again", false));
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_anything_is_allocated() {
        let (ours, mut theirs) = pair();
        theirs.write_all(&u32::MAX.to_le_bytes()).unwrap();
        assert!(matches!(receive(&ours), Err(ServiceError::TooLong { .. })));
    }

    #[test]
    fn bytes_that_are_no_message_and_bytes_behind_one_are_refused() {
        let (ours, mut theirs) = pair();
        theirs.write_all(&[2, 0, 0, 0, 9, b'x']).unwrap();
        assert!(matches!(receive(&ours), Err(ServiceError::Malformed { .. })));
        theirs.write_all(&[3, 0, 0, 0, 1, b'x', 0]).unwrap();
        assert!(matches!(receive(&ours), Err(ServiceError::Malformed { .. })));
    }

    #[test]
    fn whoever_hangs_up_in_the_middle_is_gone_and_whoever_is_silent_is_waited_for_no_longer_than_said() {
        let (ours, mut theirs) = pair();
        assert!(matches!(receive(&ours), Err(ServiceError::TimedOut { .. })));
        theirs.write_all(&[2, 0, 0]).unwrap();
        drop(theirs);
        assert!(matches!(receive(&ours), Err(ServiceError::Lost)));
    }

    #[test]
    fn messages_of_every_length_up_to_the_limit_arrive_and_longer_ones_are_never_begun() {
        let (ours, theirs) = pair();
        let theirs = Wire::new(theirs);
        // A text has its own length before it, of up to three bytes.
        for length in [0, 1, NEAR - HEAD - 3, NEAR - HEAD, NEAR, NEAR + 1, 10_000, MOST_MESSAGE - 3] {
            let text = "x".repeat(length);
            ours.send(&text, None, Instant::now() + HALF_MESSAGE).unwrap();
            assert_eq!(receive(&theirs).unwrap().len(), length);
        }
        let sent = ours.send(&"x".repeat(MOST_MESSAGE - 2), None, Instant::now() + HALF_MESSAGE);
        assert!(matches!(sent, Err(ServiceError::TooLong { .. })));
        assert!(matches!(receive(&theirs), Err(ServiceError::TimedOut { .. })));
    }

    #[test]
    fn what_is_to_end_is_not_held_up_by_whoever_says_nothing_or_half_a_message() {
        let stop = Stop::new().unwrap();
        stop.set();
        for said in [&[][..], &[2, 0, 0]] {
            let (ours, mut theirs) = pair();
            theirs.write_all(said).unwrap();
            let begun = Instant::now();
            let patience = Patience::Within(Instant::now() + HALF_MESSAGE, &stop);
            assert!(matches!(ours.receive::<String>(patience), Err(ServiceError::Lost)));
            assert!(begun.elapsed() < HALF_MESSAGE / 2);
        }
    }

    #[test]
    fn whether_there_is_room_and_whether_somebody_is_there_is_told_at_once() {
        let (ours, theirs) = pair();
        assert!(ours.has_room().unwrap());
        let text = "x".repeat(10_000);
        while ours.has_room().unwrap() {
            ours.send_now(&text).unwrap();
        }
        drop(theirs);
        assert!(matches!(ours.has_room(), Err(ServiceError::Lost)));
    }

    #[test]
    fn half_a_message_is_no_silence() {
        let (ours, mut theirs) = pair();
        theirs.write_all(&[2, 0, 0]).unwrap();
        assert!(matches!(receive(&ours), Err(ServiceError::Lost)));
    }

    #[test]
    fn a_reader_that_does_not_read_is_not_waited_for() {
        let (ours, _theirs) = pair();
        let text = "x".repeat(10_000);
        let sent = (0..10_000).take_while(|_| ours.send_now(&text).is_ok()).count();
        assert!((1..10_000).contains(&sent), "{sent}");
    }
}
