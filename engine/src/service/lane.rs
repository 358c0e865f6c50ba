//! The lane of a session: the pipe that its host's pictures go through, each copied once.
//!
//! The host lends the kernel the pages that a picture lies in (`vmsplice`), and the service copies them out of the pipe into
//! memory of its own, which goes round from picture to picture. That copy is the only one, and what is judged is the copy: a
//! host that changes its bytes meanwhile, ends too early or says a wrong length spoils its own picture and nothing else.
//! Nothing of a host's is mapped here, no descriptor is taken from it, and a pipe holds a megabyte at the most.
//!
//! Memory that both ends map would take a second copy, for as long as the host can write to it nothing in it may be judged;
//! sealed memory cannot be used again, and to make and clear some for each picture costs more than the copy.

use std::fs::{File, OpenOptions};
use std::io::IoSlice;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl, vmsplice};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::{Errno, read, write};

use super::error::ServiceError;
use super::limits::{HALF_MESSAGE, LANE};
use super::protocol::LaneEnd;
use super::wire::Wire;

/// The service's end.
#[derive(Debug)]
pub(super) struct Exit {
    pipe: File,
}

/// What a host is given of a lane, each end once.
#[derive(Debug)]
pub(super) struct HostEnds {
    entrance: Option<OwnedFd>,
    exit: Option<OwnedFd>,
}

/// A new lane.
pub(super) fn open() -> Result<(Exit, HostEnds), ServiceError> {
    let failed = ServiceError::io("make a way for pictures");
    let (exit, entrance) = std::io::pipe().map_err(&failed)?;
    // A smaller one does it too, in more steps: an unprivileged user may have used up what the system gives.
    let _ = fcntl(&entrance, FcntlArg::F_SETPIPE_SZ(LANE));
    // Opened once more: of an end that the host has as well it would also be the host's whether reading from it waits.
    let own = format!("/proc/self/fd/{}", exit.as_raw_fd());
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let pipe = OpenOptions::new().read(true).custom_flags(flags).open(own).map_err(&failed)?;
    Ok((Exit { pipe }, HostEnds { entrance: Some(entrance.into()), exit: Some(exit.into()) }))
}

impl HostEnds {
    pub(super) fn take(&mut self, end: LaneEnd) -> Option<OwnedFd> {
        match end {
            LaneEnd::Entrance => self.entrance.take(),
            LaneEnd::Exit => self.exit.take(),
        }
    }
}

impl Exit {
    /// Takes as many bytes as `memory` is long. A host that does not send them is waited for no longer than for the rest of
    /// a message.
    pub(super) fn fill(&self, memory: &mut [u8]) -> Result<(), ServiceError> {
        let end = Instant::now() + HALF_MESSAGE;
        let mut filled = 0;
        while filled < memory.len() {
            match read(&self.pipe, &mut memory[filled..]) {
                Ok(0) => return Err(ServiceError::Lost),
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(ServiceError::Lost);
                    }
                    ready(&mut [PollFd::new(&self.pipe, PollFlags::IN)], left)?;
                }
                Err(error) => return Err(ServiceError::io("take a picture in")(error.into())),
            }
        }
        Ok(())
    }
}

/// The host's end.
#[derive(Debug)]
pub(super) struct Lane {
    entrance: OwnedFd,
    /// Kept, and never read: with it what is sent to a service that has gone is an error, and no signal that ends the host.
    _exit: OwnedFd,
}

/// A picture on its way: what of it has not been sent yet.
#[derive(Debug)]
pub(super) struct Load<'p> {
    lane: &'p Lane,
    left: &'p [u8],
    /// What is sent then: a further plane, which may lie elsewhere.
    then: &'p [u8],
}

impl Lane {
    pub(super) fn new(entrance: OwnedFd, exit: OwnedFd) -> Result<Lane, ServiceError> {
        let failed = |error: Errno| ServiceError::io("set a way for pictures up")(error.into());
        for end in [&entrance, &exit] {
            if FileType::from_raw_mode(fstat(end).map_err(failed)?.st_mode) != FileType::Fifo {
                return Err(ServiceError::Malformed { what: "a way for pictures that is no pipe" });
            }
        }
        let flags = fcntl_getfl(&entrance).map_err(failed)?;
        fcntl_setfl(&entrance, flags | OFlags::NONBLOCK).map_err(failed)?;
        Ok(Lane { entrance, _exit: exit })
    }

    /// A picture, in two pieces or with an empty second one.
    pub(super) fn load<'p>(&'p self, [left, then]: [&'p [u8]; 2]) -> Load<'p> {
        Load { lane: self, left, then }
    }
}

impl Load<'_> {
    /// Whether all of it has been sent.
    pub(super) fn is_sent(&self) -> bool {
        self.left.is_empty() && self.then.is_empty()
    }

    /// Sends what there is room for now.
    pub(super) fn send_some(&mut self) -> Result<(), ServiceError> {
        while !self.is_sent() {
            if self.left.is_empty() {
                self.left = std::mem::take(&mut self.then);
            }
            match lend(&self.lane.entrance, self.left) {
                Ok(sent) => self.left = self.left.get(sent..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(ServiceError::io("send a picture")(error.into())),
            }
        }
        Ok(())
    }

    /// Sends the rest, until the service says something on the `wire`, is gone, or `until`.
    pub(super) fn send_rest(&mut self, wire: &Wire, until: Instant) -> Result<(), ServiceError> {
        let begun = Instant::now();
        loop {
            self.send_some()?;
            if self.is_sent() {
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ServiceError::TimedOut { after: begun.elapsed() });
            }
            let mut ends =
                [PollFd::new(&self.lane.entrance, PollFlags::OUT), PollFd::new(wire, PollFlags::IN)];
            ready(&mut ends, left)?;
            if !ends[1].revents().is_empty() {
                return Ok(());
            }
        }
    }
}

/// Lends the pages of these bytes to the pipe. What the system does not lend, such as memory of a device, is copied.
fn lend(entrance: &OwnedFd, bytes: &[u8]) -> Result<usize, Errno> {
    match vmsplice(entrance, &[IoSlice::new(bytes)], SpliceFFlags::SPLICE_F_NONBLOCK) {
        Ok(sent) => Ok(sent),
        Err(nix::Error::EAGAIN) => Err(Errno::AGAIN),
        Err(nix::Error::EINTR) => Err(Errno::INTR),
        Err(_) => write(entrance, bytes),
    }
}

fn ready(ends: &mut [PollFd<'_>], wait: Duration) -> Result<(), ServiceError> {
    let timeout = Timespec::try_from(wait).ok();
    match poll(ends, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(ServiceError::io("wait for a picture")(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    fn lane() -> (Exit, Lane) {
        let (exit, ends) = open().unwrap();
        (exit, Lane::new(ends.entrance.unwrap(), ends.exit.unwrap()).unwrap())
    }

    fn wires() -> (Wire, Wire) {
        let (one, other) = UnixStream::pair().unwrap();
        (Wire::new(one), Wire::new(other))
    }

    fn picture(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    #[test]
    fn pictures_come_out_as_they_went_in_however_long_they_are() {
        let (exit, lane) = lane();
        let (wire, _service) = wires();
        for length in [0, 1, 4096, 921_600, 9_000_001] {
            let sent = picture(length);
            std::thread::scope(|scope| {
                let filled = scope.spawn(|| {
                    let mut memory = vec![0; length];
                    exit.fill(&mut memory).unwrap();
                    memory
                });
                let (first, second) = sent.split_at(length / 3);
                let mut load = lane.load([first, second]);
                load.send_rest(&wire, Instant::now() + HALF_MESSAGE).unwrap();
                assert!(load.is_sent());
                assert!(filled.join().unwrap() == sent, "{length} bytes");
            });
        }
    }

    #[test]
    fn a_host_that_goes_away_in_the_middle_of_a_picture_is_not_waited_for() {
        let (exit, ends) = open().unwrap();
        let lane = Lane::new(ends.entrance.unwrap(), ends.exit.unwrap()).unwrap();
        let sent = picture(100);
        lane.load([&sent, &[]]).send_some().unwrap();
        drop(lane);
        let begun = Instant::now();
        assert!(matches!(exit.fill(&mut [0; 200]), Err(ServiceError::Lost)));
        assert!(begun.elapsed() < HALF_MESSAGE / 2);
    }

    #[test]
    fn a_host_cannot_make_the_service_wait_by_what_it_does_to_its_ends() {
        let (exit, ends) = open().unwrap();
        let (entrance, other) = (ends.entrance.unwrap(), ends.exit.unwrap());
        for end in [&entrance, &other] {
            fcntl_setfl(end, OFlags::empty()).unwrap();
        }
        assert!(fcntl_getfl(&exit.pipe).unwrap().contains(OFlags::NONBLOCK));
        let begun = Instant::now();
        assert!(matches!(exit.fill(&mut [0; 8]), Err(ServiceError::Lost)));
        assert!((HALF_MESSAGE..HALF_MESSAGE * 3).contains(&begun.elapsed()));
    }

    #[test]
    fn what_is_judged_is_the_copy_whatever_the_host_does_to_its_own_bytes() {
        let (exit, lane) = lane();
        let mut sent = picture(921_600);
        let mut load = lane.load([&sent, &[]]);
        load.send_some().unwrap();
        assert!(load.is_sent());
        let mut memory = vec![0; sent.len()];
        exit.fill(&mut memory).unwrap();
        let copy = memory.clone();
        sent.fill(0);
        assert!(memory == copy && memory != sent);
    }

    #[test]
    fn a_service_that_is_gone_is_an_error_and_no_signal() {
        let (exit, lane) = lane();
        let (wire, service) = wires();
        drop((exit, service));
        let sent = picture(9_000_001);
        let mut load = lane.load([&sent, &[]]);
        load.send_rest(&wire, Instant::now() + HALF_MESSAGE).unwrap();
        assert!(!load.is_sent());
    }

    #[test]
    fn a_service_that_does_not_take_a_picture_is_waited_for_no_longer_than_said() {
        let (_exit, lane) = lane();
        let (wire, _service) = wires();
        let sent = picture(9_000_001);
        let sent = lane.load([&sent, &[]]).send_rest(&wire, Instant::now() + Duration::from_millis(50));
        assert!(matches!(sent, Err(ServiceError::TimedOut { .. })));
    }

    #[test]
    fn a_way_for_pictures_that_is_no_pipe_is_refused() {
        let file = || OwnedFd::from(tempfile::tempfile().unwrap());
        assert!(matches!(Lane::new(file(), file()), Err(ServiceError::Malformed { .. })));
    }
}
