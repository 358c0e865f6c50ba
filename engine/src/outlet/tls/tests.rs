//! A real server of TLS on this machine, with certificates made here.

use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use pretty_assertions::assert_eq;
use rcgen::{CertificateParams, DnType, Issuer, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use tempfile::TempDir;

use super::*;
use crate::outlet::Facility;

/// An authority of the site, and a folder for files.
struct Site {
    folder: TempDir,
    authority: Issuer<'static, KeyPair>,
    ca: PathBuf,
}

fn site() -> Site {
    site_of("site")
}

fn site_of(authority: &str) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, authority);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, params.self_signed(&key).unwrap().pem()).unwrap();
    Site { authority: Issuer::new(params, key), ca, folder }
}

/// A certificate's parameters, good from this year to that one.
fn named(name: &str, years: (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    params
}

const NOW: (i32, i32) = (2020, 2090);

impl Site {
    fn file(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn settings(&self, port: u16) -> Syslog {
        Syslog {
            to: Address::Tls { name: "localhost".to_owned(), port },
            ca: Some(self.ca.clone()),
            client: None,
            require_close_notify: true,
            facility: Facility::AuthPriv,
            records: false,
        }
    }

    fn identity(&self, params: &CertificateParams) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        (certificate.into(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

fn server(
    (certificate, key): (CertificateDer<'static>, PrivateKeyDer<'static>),
    clients: Option<&Site>,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(site) => {
            let mut roots = RootCertStore::empty();
            certificates(&site.ca).unwrap().into_iter().for_each(|ca| roots.add(ca).unwrap());
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    builder.with_single_cert(vec![certificate], key).unwrap()
}

/// Takes one connection, and gives what came through it.
fn listen(config: ServerConfig) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
        let mut heard = Vec::new();
        // What a client that does not trust it sends ends it too.
        let _ = rustls::Stream::new(&mut tls, &mut tcp).read_to_end(&mut heard);
        tls.send_close_notify();
        let _ = tls.complete_io(&mut tcp);
        heard
    });
    (port, heard)
}

fn messages() -> Vec<Vec<u8>> {
    vec![b"<85>1 one".to_vec(), "<85>1 \u{feff}二".as_bytes().to_vec(), vec![b'x'; 8192]]
}

fn framed() -> Vec<u8> {
    [&b"9 <85>1 one12 <85>1 \xef\xbb\xbf\xe4\xba\x8c8192 "[..], &[b'x'; 8192]].concat()
}

const ALL: &[&SupportedProtocolVersion] = rustls::ALL_VERSIONS;

#[test]
fn messages_arrive_in_frames_at_a_collector_that_proves_its_name_by_either_version() {
    let site = site();
    for versions in [ALL, &[&rustls::version::TLS12]] {
        let (port, heard) = listen(server(site.identity(&named("localhost", NOW)), None, versions));
        send("localhost", port, &site.settings(port), &messages()).unwrap();
        assert_eq!(heard.join().unwrap(), framed());
    }
}

#[test]
fn a_collector_of_another_authority_of_another_name_or_out_of_its_days_gets_nothing() {
    let (good, other) = (site(), site_of("somebody else"));
    for (identity, why) in [
        (other.identity(&named("localhost", NOW)), "UnknownIssuer"),
        (good.identity(&named("logs.example", NOW)), "NotValidForName"),
        (good.identity(&named("localhost", (2020, 2021))), "expired"),
        (good.identity(&named("localhost", (2088, 2090))), "not valid yet"),
    ] {
        let (port, heard) = listen(server(identity, None, ALL));
        let error = send("localhost", port, &good.settings(port), &messages()).unwrap_err();
        assert_eq!(error.code(), "outlet_untrusted");
        assert!(format!("{error} {error:?}").contains(why), "{why}: {error:?}");
        assert_eq!(heard.join().unwrap(), b"", "{why}");
    }
}

#[test]
fn a_collector_that_signed_its_own_certificate_is_pinned_by_it() {
    let site = site();
    let key = KeyPair::generate().unwrap();
    let certificate = named("localhost", NOW).self_signed(&key).unwrap();
    let ca = site.file("pinned.pem", &certificate.pem(), 0o644);
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let (port, heard) = listen(server((certificate.into(), key), None, ALL));
    let pinned = Syslog { ca: Some(ca), ..site.settings(port) };
    send("localhost", port, &pinned, &messages()).unwrap();
    assert_eq!(heard.join().unwrap(), framed());
}

#[test]
fn nothing_is_said_in_the_clear_to_whoever_answers_without_tls() {
    let site = site();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        tcp.write_all(b"220 collector ready\r\n").unwrap();
        let mut heard = Vec::new();
        let _ = tcp.read_to_end(&mut heard);
        heard
    });
    let error = send("localhost", port, &site.settings(port), &messages()).unwrap_err();
    assert_eq!(error.code(), "outlet_untrusted");
    let heard = heard.join().unwrap();
    assert!(!heard.windows(5).any(|window| window == b"<85>1"));
}

#[test]
fn a_collector_that_wants_to_know_the_terminal_is_shown_its_certificate() {
    let site = site();
    let identity = || site.identity(&named("localhost", NOW));
    let (port, heard) = listen(server(identity(), Some(&site), ALL));
    let refused = send("localhost", port, &site.settings(port), &messages()).unwrap_err();
    assert_eq!(refused.code(), "outlet_broken", "{refused}");
    assert_eq!(heard.join().unwrap(), b"");

    let key = KeyPair::generate().unwrap();
    let certificate = named("ward3-a", NOW).signed_by(&key, &site.authority).unwrap();
    let certificate = site.file("ward3-a.pem", &certificate.pem(), 0o644);
    let (port, heard) = listen(server(identity(), Some(&site), ALL));
    let open = site.file("open.key", &key.serialize_pem(), 0o640);
    let client = |key| Some(ClientFiles { certificate: certificate.clone(), key });
    let settings = Syslog { client: client(open), ..site.settings(port) };
    let error = send("localhost", port, &settings, &messages()).unwrap_err();
    assert_eq!(error.code(), "outlet_bad_file");
    assert!(error.to_string().contains("mode 0640"), "{error}");
    let settings = Syslog { client: client(site.file("own.key", &key.serialize_pem(), 0o600)), ..settings };
    send("localhost", port, &settings, &messages()).unwrap();
    assert_eq!(heard.join().unwrap(), framed());
}

#[test]
fn what_a_collector_did_not_read_before_it_went_away_is_not_delivered() {
    let site = site();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(server(site.identity(&named("localhost", NOW)), None, ALL));
    let gone = spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut tls = ServerConnection::new(config).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut tcp).unwrap();
        }
        // Some of it has come, and nobody reads it.
        let mut byte = [0];
        tcp.peek(&mut byte).unwrap();
    });
    let error = send("localhost", port, &site.settings(port), &vec![vec![b'x'; 8192]; 500]).unwrap_err();
    gone.join().unwrap();
    assert_eq!(error.code(), "outlet_broken");
}

/// What whoever sits on the way does with the connection in the end.
#[derive(Clone, Copy)]
enum Way {
    /// Nothing that anybody could notice.
    Passes,
    /// Ends it.
    Ends,
    /// Leaves it as it is.
    Waits,
}

/// Sits between the terminal and the collector at `port`. Unless it passes on everything, the collector hears no more than
/// the first record, which begins the handshake, and the terminal hears the collector's whole answer.
fn sit_on_the_way(way: Way, port: u16) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap().port();
    let sitting = spawn(move || {
        let (mut terminal, _) = listener.accept().unwrap();
        let mut collector = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut record = vec![0; 5];
        terminal.read_exact(&mut record).unwrap();
        record.resize(5 + usize::from(u16::from_be_bytes([record[3], record[4]])), 0);
        terminal.read_exact(&mut record[5..]).unwrap();
        collector.write_all(&record).unwrap();
        let (mut from, mut to) = (collector.try_clone().unwrap(), terminal.try_clone().unwrap());
        let answers = spawn(move || {
            let _ = io::copy(&mut from, &mut to);
        });
        match way {
            Way::Passes => {
                let _ = io::copy(&mut terminal, &mut collector);
            }
            Way::Ends => {
                // Until nothing more comes.
                terminal.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
                let _ = io::copy(&mut terminal, &mut io::sink());
                terminal.shutdown(Shutdown::Write).unwrap();
            }
            Way::Waits => {
                let _ = io::copy(&mut terminal, &mut io::sink());
            }
        }
        let _ = collector.shutdown(Shutdown::Both);
        answers.join().unwrap();
    });
    (here, sitting)
}

#[test]
fn what_somebody_on_the_way_swallows_is_not_delivered_whether_they_end_the_connection_or_keep_silent() {
    let site = site();
    for (way, found) in [(Way::Ends, "the end of the connection"), (Way::Waits, "none within 5 s")] {
        let (collector, heard) = listen(server(site.identity(&named("localhost", NOW)), None, ALL));
        let (port, sitting) = sit_on_the_way(way, collector);
        let error = send("localhost", port, &site.settings(port), &messages()).unwrap_err();
        assert_eq!(error.code(), "outlet_unconfirmed");
        assert!(error.to_string().contains(found) && error.fix().contains("close_notify"), "{error}");
        sitting.join().unwrap();
        assert_eq!(heard.join().unwrap(), b"", "the collector has nothing of it");
    }
    let (collector, heard) = listen(server(site.identity(&named("localhost", NOW)), None, ALL));
    let (port, sitting) = sit_on_the_way(Way::Passes, collector);
    send("localhost", port, &site.settings(port), &messages()).unwrap();
    sitting.join().unwrap();
    assert_eq!(heard.join().unwrap(), framed());
}

#[test]
fn a_collector_that_never_answers_a_close_notify_counts_only_where_the_policy_says_so_and_if_it_ends() {
    let site = site();
    for version in ALL {
        for (required, ends, code) in [
            (true, true, Some("outlet_unconfirmed")),
            (false, true, None),
            (false, false, Some("outlet_unconfirmed")),
        ] {
            let config = Arc::new(server(site.identity(&named("localhost", NOW)), None, &[version]));
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let heard = spawn(move || {
                let (mut tcp, _) = listener.accept().unwrap();
                let mut tls = ServerConnection::new(config).unwrap();
                let mut heard = Vec::new();
                rustls::Stream::new(&mut tls, &mut tcp).read_to_end(&mut heard).unwrap();
                if !ends {
                    let _ = tcp.read(&mut [0]);
                }
                heard
            });
            let settings = Syslog { require_close_notify: required, ..site.settings(port) };
            let sent = send("localhost", port, &settings, &messages());
            assert_eq!(sent.err().map(|error| error.code()), code, "{version:?} {required} {ends}");
            assert_eq!(heard.join().unwrap(), framed());
        }
    }
}

#[test]
fn nobody_at_the_port_and_files_that_hold_no_certificate_are_told() {
    let site = site();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = send("localhost", free, &site.settings(free), &messages()).unwrap_err();
    assert_eq!(error.code(), "outlet_unreachable");
    assert!(error.to_string().contains(&format!("tls:localhost:{free}")), "{error}");
    let files = [
        site.folder.path().join("missing"),
        site.folder.path().to_owned(),
        site.file("no.pem", "hello", 0o644),
    ];
    for ca in files {
        let settings = Syslog { ca: Some(ca), ..site.settings(free) };
        assert_eq!(send("localhost", free, &settings, &messages()).unwrap_err().code(), "outlet_bad_file");
    }
}
