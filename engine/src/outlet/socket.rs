//! A collector on this machine, by its socket: datagrams, as syslog(3) sends them to `/dev/log`, or a stream.
//!
//! A datagram is accepted by the system, not by the collector: nothing tells whether it was read. So is what is written to a
//! stream. Both stay on the machine, where only a crash between the two can lose them.

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;

use rustix::io::Errno;

use super::{Address, DEADLINE, OutletError};

/// Sends each message.
pub(super) fn send(path: &Path, messages: &[Vec<u8>]) -> Result<(), OutletError> {
    let to = || Address::Unix(path.to_owned()).to_string();
    let unreachable = |cause| OutletError::Unreachable { to: to(), cause };
    let broken = |cause| OutletError::Broken { to: to(), cause };
    let socket = UnixDatagram::unbound().map_err(unreachable)?;
    match socket.connect(path) {
        Ok(()) => datagrams(&socket, messages).map_err(broken),
        Err(error) if error.raw_os_error() == Some(Errno::PROTOTYPE.raw_os_error()) => {
            stream(&UnixStream::connect(path).map_err(unreachable)?, messages).map_err(broken)
        }
        Err(error) => Err(unreachable(error)),
    }
}

fn datagrams(socket: &UnixDatagram, messages: &[Vec<u8>]) -> io::Result<()> {
    socket.set_write_timeout(Some(DEADLINE))?;
    messages.iter().try_for_each(|message| socket.send(message).map(|_| ()))
}

/// Each message on a line of its own (RFC 6587, 3.4.2): there is no line's end within one.
fn stream(mut socket: &UnixStream, messages: &[Vec<u8>]) -> io::Result<()> {
    socket.set_write_timeout(Some(DEADLINE))?;
    for message in messages {
        socket.write_all(&[message, &b"\n"[..]].concat())?;
    }
    socket.shutdown(Shutdown::Write)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn messages() -> Vec<Vec<u8>> {
        vec![b"<85>1 one".to_vec(), vec![b'x'; 8192], "<85>1 \u{feff}三".as_bytes().to_vec()]
    }

    #[test]
    fn a_socket_of_datagrams_gets_each_message_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let receiver = UnixDatagram::bind(&path).unwrap();
        send(&path, &messages()).unwrap();
        for message in messages() {
            let mut buffer = vec![0; 65_536];
            let length = receiver.recv(&mut buffer).unwrap();
            assert_eq!(buffer[..length], message);
        }
    }

    #[test]
    fn a_socket_of_a_stream_gets_a_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let listener = UnixListener::bind(&path).unwrap();
        let reading = std::thread::spawn(move || {
            let mut read = Vec::new();
            listener.accept().unwrap().0.read_to_end(&mut read).unwrap();
            read
        });
        send(&path, &messages()).unwrap();
        let lines: Vec<Vec<u8>> =
            reading.join().unwrap().split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        assert_eq!(lines[..3], messages());
        assert_eq!(lines[3], b"");
    }

    #[test]
    fn a_socket_that_is_not_there_or_that_nobody_listens_at_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert_eq!(send(&path, &messages()).unwrap_err().code(), "outlet_unreachable");
        drop(UnixDatagram::bind(&path).unwrap());
        let error = send(&path, &messages()).unwrap_err();
        assert_eq!(error.code(), "outlet_unreachable");
        assert!(error.to_string().contains(&format!("unix:{}", path.display())), "{error}");
    }

    #[test]
    fn a_collector_that_does_not_read_holds_nobody_up_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let _receiver = UnixDatagram::bind(&path).unwrap();
        let began = std::time::Instant::now();
        let error = send(&path, &vec![vec![b'x'; 8192]; 2000]).unwrap_err();
        assert_eq!(error.code(), "outlet_broken");
        assert!(began.elapsed() < DEADLINE * 2);
    }
}
