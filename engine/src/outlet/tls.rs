//! A collector elsewhere, by TLS (RFC 5425): TLS 1.2 or later, its certificate by the site's own authority and for the name
//! that the policy has. There is no way round: without that proof nothing is sent, and never anything in the clear.
//!
//! One connection a delivery. At its end this side says that nothing more comes (`close_notify`), and the other answers with
//! its own when it has read that (RFC 5425, 4.4). Nothing else counts as delivered. In TLS 1.3 this side is connected before the
//! collector has heard the end of the handshake: whoever sits on the way may swallow everything from there on, and the end
//! of a connection or silence may be theirs. A `close_notify` is sealed: it is the collector's. More TLS does not tell: what
//! a collector that closes of its own accord has read up to then only the collector knows.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::{Address, ClientFiles, DEADLINE, OutletError, Syslog, Unanswered, rfc5424};

/// Most bytes of a file of certificates: some dozens.
const FILE: u64 = 256 * 1024;

/// Sends each message in a frame of its own.
pub(super) fn send(
    name: &str,
    port: u16,
    settings: &Syslog,
    messages: &[Vec<u8>],
) -> Result<(), OutletError> {
    let to = || Address::Tls { name: name.to_owned(), port }.to_string();
    let unreachable = |cause| OutletError::Unreachable { to: to(), cause };
    let broken = |cause| OutletError::Broken { to: to(), cause };
    let config = Arc::new(config(settings)?);
    let server = ServerName::try_from(name.to_owned())
        .map_err(|_| unreachable(io::Error::other("no name that a certificate can be for")))?;
    let mut tcp = connect(name, port).map_err(unreachable)?;
    let mut tls =
        ClientConnection::new(config, server).map_err(|cause| OutletError::Untrusted { to: to(), cause })?;
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).map_err(|cause| match tls_error(&cause) {
            Some(error) => OutletError::Untrusted { to: to(), cause: error },
            None => unreachable(cause),
        })?;
    }
    for message in messages {
        tls.writer().write_all(&rfc5424::frame(message)).map_err(broken)?;
        flush(&mut tls, &mut tcp).map_err(broken)?;
    }
    match close(&mut tls, &mut tcp).map_err(broken)? {
        Heard::Closed => Ok(()),
        Heard::End if !settings.require_close_notify => Ok(()),
        Heard::End => Err(OutletError::Unconfirmed { to: to(), found: Unanswered::Ended }),
        Heard::Something | Heard::Nothing => {
            Err(OutletError::Unconfirmed { to: to(), found: Unanswered::Silent })
        }
    }
}

/// The first of the name's addresses that answers.
fn connect(name: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in (name, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, DEADLINE) {
            Ok(tcp) => {
                tcp.set_read_timeout(Some(DEADLINE))?;
                tcp.set_write_timeout(Some(DEADLINE))?;
                return Ok(tcp);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn flush(tls: &mut ClientConnection, tcp: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(tcp)?;
    }
    Ok(())
}

/// Says that nothing more comes, and gives what was heard last within the deadline. A side that was gone before has not read it.
///
/// The connection stays open for writing: a collector that finds it shut need not answer (RFC 5425, 4.4).
fn close(tls: &mut ClientConnection, tcp: &mut TcpStream) -> io::Result<Heard> {
    tcp.set_nonblocking(true)?;
    loop {
        match hear(tls, tcp)? {
            Heard::Something => {}
            Heard::Nothing => break,
            Heard::Closed | Heard::End => return Err(ErrorKind::ConnectionAborted.into()),
        }
    }
    tcp.set_nonblocking(false)?;
    tls.send_close_notify();
    flush(tls, tcp)?;
    let deadline = Instant::now() + DEADLINE;
    loop {
        let heard = hear(tls, tcp)?;
        if heard != Heard::Something || Instant::now() >= deadline {
            return Ok(heard);
        }
    }
}

/// What comes from the other side.
#[derive(PartialEq, Eq)]
enum Heard {
    Something,
    /// Within the time that the connection gives it.
    Nothing,
    /// That nothing more comes: the other side itself says so.
    Closed,
    /// Nothing any more, and nobody said so: anybody on the way can end a connection.
    End,
}

fn hear(tls: &mut ClientConnection, tcp: &mut TcpStream) -> io::Result<Heard> {
    match tls.read_tls(tcp) {
        Ok(0) => return Ok(Heard::End),
        Ok(_) => {}
        Err(error) => {
            return match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(Heard::Nothing),
                ErrorKind::Interrupted => Ok(Heard::Something),
                _ => Err(error),
            };
        }
    }
    // Such as an alert that it does not take this terminal's certificate.
    let state = tls.process_new_packets().map_err(io::Error::other)?;
    // Collectors have nothing to say: it is not kept.
    let mut unheard = vec![0; state.plaintext_bytes_to_read()];
    tls.reader().read_exact(&mut unheard)?;
    Ok(if state.peer_has_closed() { Heard::Closed } else { Heard::Something })
}

/// What TLS itself found wrong, if it did.
fn tls_error(error: &io::Error) -> Option<rustls::Error> {
    error.get_ref()?.downcast_ref::<rustls::Error>().cloned()
}

fn config(settings: &Syslog) -> Result<ClientConfig, OutletError> {
    let bad = |path: &Path, expected, found: String| OutletError::BadFile {
        path: path.to_owned(),
        expected,
        found,
    };
    let mut roots = RootCertStore::empty();
    let ca = settings.ca.as_deref().unwrap_or(Path::new(""));
    for certificate in certificates(ca)? {
        roots
            .add(certificate)
            .map_err(|error| bad(ca, "certificates of an authority in PEM", error.to_string()))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| OutletError::Untrusted { to: settings.to.to_string(), cause })?
        .with_root_certificates(roots);
    let mut config = match &settings.client {
        None => builder.with_no_client_auth(),
        Some(ClientFiles { certificate, key }) => builder
            .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
            .map_err(|error| bad(certificate, "a certificate that its key is for", error.to_string()))?,
    };
    // Every connection is proved anew.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OutletError> {
    const EXPECTED: &str = "certificates in PEM";
    let bad = |found: String| OutletError::BadFile { path: path.to_owned(), expected: EXPECTED, found };
    let text = read(path, EXPECTED)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| bad(error.to_string()))?;
    if found.is_empty() { Err(bad("none".to_owned())) } else { Ok(found) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, OutletError> {
    const EXPECTED: &str = "a key in PEM that nobody else may read";
    let bad = |found: String| OutletError::BadFile { path: path.to_owned(), expected: EXPECTED, found };
    let text = zeroize::Zeroizing::new(read(path, EXPECTED)?);
    let mode = fs::metadata(path).map_err(|error| bad(error.to_string()))?.mode();
    if mode & 0o077 != 0 {
        return Err(bad(format!("one with mode {:04o}", mode & 0o7777)));
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| bad(error.to_string()))
}

fn read(path: &Path, expected: &'static str) -> Result<Vec<u8>, OutletError> {
    let bad = |found: String| OutletError::BadFile { path: path.to_owned(), expected, found };
    let found = fs::metadata(path).map_err(|error| bad(error.to_string()))?;
    if !found.is_file() || found.len() > FILE {
        return Err(bad(if found.is_file() {
            format!("{} bytes", found.len())
        } else {
            "no file".to_owned()
        }));
    }
    fs::read(path).map_err(|error| bad(error.to_string()))
}

#[cfg(test)]
mod tests;
