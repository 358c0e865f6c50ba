//! The rack's disks for QEMU, by the NBD protocol (github.com/NetworkBlockDevice/nbd, doc/proto.md) over a local socket:
//! as much of it as QEMU asks for. A disk's name is its number.
//!
//! Requests are answered one after the other, so that what a flush covers is what came before it.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use super::Rack;
use crate::MachineError;

const GREETING: &[u8; 16] = b"NBDMAGICIHAVEOPT";
/// The beginning of an option of the client's.
const OPTION: &[u8; 8] = b"IHAVEOPT";
/// The beginning of an answer to one.
const OPTION_REPLY: u64 = 0x0003_e889_0455_65a9;
const REQUEST: u32 = 0x2560_9513;
const REPLY: u32 = 0x6744_6698;

/// Fixed newstyle, without the zeros of old.
const HANDSHAKE: u16 = 3;
/// There are flags; a flush may be asked for.
const FLAGS: u16 = 1 | 4;

const OPTION_ABORT: u32 = 2;
const OPTION_GO: u32 = 7;
const SAYS_DONE: u32 = 1;
const SAYS_INFO: u32 = 3;
const SAYS_UNKNOWN: u32 = 0x8000_0001;
const SAYS_NO_SUCH_DISK: u32 = 0x8000_0006;

const READ: u16 = 0;
const WRITE: u16 = 1;
const DISCONNECT: u16 = 2;
const FLUSH: u16 = 3;

/// `EINVAL`
const INVALID: u32 = 22;

/// Most bytes of an option, and of a request: QEMU asks for 32 MiB at most.
const MOST_OPTION: usize = 4096;
const MOST: usize = 32 << 20;

/// A rack's server. Dropped, it ends.
pub(crate) struct Server {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the disks at this socket.
    pub(crate) fn start(rack: &Rack, path: &Path) -> Result<Server, MachineError> {
        let listener = UnixListener::bind(path).map_err(MachineError::io("serving disks"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (rack, stopped) = (rack.clone(), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let rack = rack.clone();
                // It ends with its client; what goes wrong is between the two, and QEMU tells it.
                thread::spawn(move || serve(&rack, &stream));
            }
        });
        Ok(Server { path: path.to_owned(), stop, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Whoever waits for a client gets one.
        let _ = UnixStream::connect(&self.path);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(rack: &Rack, stream: &UnixStream) -> io::Result<()> {
    let mut client = stream;
    client.write_all(GREETING)?;
    client.write_all(&HANDSHAKE.to_be_bytes())?;
    take::<4>(&mut client)?;
    match choose(rack, &mut client)? {
        Some(disk) => transmit(rack, disk, &mut client),
        None => Ok(()),
    }
}

/// Lets the client choose a disk; `None` when it leaves.
fn choose<C: Read + Write>(rack: &Rack, client: &mut C) -> io::Result<Option<usize>> {
    loop {
        if take::<8>(client)? != *OPTION {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let option = u32::from_be_bytes(take(client)?);
        let length = u32::from_be_bytes(take(client)?);
        let data = bytes(client, length, MOST_OPTION)?;
        let mut answer = |says: u32, data: &[u8]| {
            let head = [&OPTION_REPLY.to_be_bytes()[..], &option.to_be_bytes(), &says.to_be_bytes()].concat();
            client.write_all(&head)?;
            client.write_all(&(data.len() as u32).to_be_bytes())?;
            client.write_all(data)
        };
        match option {
            OPTION_GO => {
                let disk = number(&data);
                let Some((disk, size)) = disk.and_then(|disk| Some((disk, rack.size(disk)?))) else {
                    answer(SAYS_NO_SUCH_DISK, &[])?;
                    continue;
                };
                // What follows is about the disk itself: its size and flags.
                let info = [&0_u16.to_be_bytes()[..], &(size as u64).to_be_bytes(), &FLAGS.to_be_bytes()];
                answer(SAYS_INFO, &info.concat())?;
                answer(SAYS_DONE, &[])?;
                return Ok(Some(disk));
            }
            OPTION_ABORT => return answer(SAYS_DONE, &[]).map(|()| None),
            _ => answer(SAYS_UNKNOWN, &[])?,
        }
    }
}

/// The disk that is named: the length of its name, u32, and the name.
fn number(data: &[u8]) -> Option<usize> {
    let (length, rest) = data.split_first_chunk::<4>()?;
    let name = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    std::str::from_utf8(name).ok()?.parse().ok()
}

fn transmit<C: Read + Write>(rack: &Rack, disk: usize, client: &mut C) -> io::Result<()> {
    loop {
        if u32::from_be_bytes(take(client)?) != REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let _flags: [u8; 2] = take(client)?;
        let kind = u16::from_be_bytes(take(client)?);
        let cookie: [u8; 8] = take(client)?;
        let at = usize::try_from(u64::from_be_bytes(take(client)?)).unwrap_or(usize::MAX);
        let length = u32::from_be_bytes(take(client)?);
        let mut read = Vec::new();
        let done = match kind {
            READ if length as usize <= MOST => {
                let found = rack.read(disk, at, length as usize);
                found.map(|found| read = found)
            }
            WRITE => rack.write(disk, at, bytes(client, length, MOST)?),
            FLUSH => {
                rack.flush(disk);
                Some(())
            }
            DISCONNECT => return Ok(()),
            _ => None,
        };
        let error = if done.is_some() { 0 } else { INVALID };
        client.write_all(&[&REPLY.to_be_bytes()[..], &error.to_be_bytes(), &cookie].concat())?;
        client.write_all(&read)?;
    }
}

fn take<const N: usize>(client: &mut impl Read) -> io::Result<[u8; N]> {
    let mut taken = [0; N];
    client.read_exact(&mut taken).map(|()| taken)
}

fn bytes(client: &mut impl Read, length: u32, most: usize) -> io::Result<Vec<u8>> {
    let length = length as usize;
    if length > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut taken = vec![0; length];
    client.read_exact(&mut taken).map(|()| taken)
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    fn option(kind: u32, data: &[u8]) -> Vec<u8> {
        [OPTION, &kind.to_be_bytes()[..], &(data.len() as u32).to_be_bytes(), data].concat()
    }

    fn request(kind: u16, at: u64, length: u32, data: &[u8]) -> Vec<u8> {
        let head = [&REQUEST.to_be_bytes()[..], &[0; 2], &kind.to_be_bytes(), b"a cookie"].concat();
        [&head, &at.to_be_bytes()[..], &length.to_be_bytes(), data].concat()
    }

    /// What the server answers to all of this, up to its last words.
    fn exchange(rack: &Rack, said: &[Vec<u8>]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disks");
        let _server = Server::start(rack, &path).unwrap();
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(&said.concat()).unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).unwrap();
        heard
    }

    #[test]
    fn a_disk_is_read_as_it_was_written_and_all_of_it_is_remembered() {
        let rack = Rack::of(vec![vec![0; 1024], vec![0; 1024]]);
        let go = option(OPTION_GO, b"\0\0\0\x011\0\0");
        let heard = exchange(
            &rack,
            &[
                vec![0; 4],
                option(8, b""),
                go,
                request(WRITE, 512, 3, b"abc"),
                request(FLUSH, 0, 0, b""),
                request(READ, 511, 5, b""),
                request(WRITE, 1022, 3, b"abc"),
                request(DISCONNECT, 0, 0, b""),
            ],
        );
        assert!(heard.starts_with(GREETING));
        let reply = |error: u32| [&REPLY.to_be_bytes()[..], &error.to_be_bytes(), b"a cookie"].concat();
        let end = [reply(0), reply(0), reply(0), b"\0abc\0".to_vec(), reply(INVALID)].concat();
        assert!(heard.ends_with(&end), "{heard:02x?}");
        let written = Event::Written { disk: 1, at: 512, bytes: b"abc".to_vec() };
        let mut remembered = super::super::History::default();
        remembered.push(written);
        remembered.push(Event::Flushed { disk: 1 });
        assert_eq!(format!("{:?}", rack.history()), format!("{remembered:?}"));
    }

    #[test]
    fn a_disk_that_is_not_in_the_rack_and_a_stranger_are_refused() {
        let rack = Rack::of(vec![vec![0; 512]]);
        let heard =
            exchange(&rack, &[vec![0; 4], option(OPTION_GO, b"\0\0\0\x017\0\0"), option(OPTION_ABORT, b"")]);
        let refused =
            [&OPTION_REPLY.to_be_bytes()[..], &OPTION_GO.to_be_bytes(), &SAYS_NO_SUCH_DISK.to_be_bytes()];
        assert!(heard.windows(16).any(|window| window == refused.concat()));
        exchange(&rack, &[vec![0; 4], b"GET / HT".to_vec()]);
        assert!(rack.history().is_empty());
    }
}
