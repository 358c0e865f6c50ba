//! Who may connect, how many, and what becomes of whoever does not keep to the protocol.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use mabataki_engine::service::{CONNECTIONS_PER_USER, Client, ServiceError};
use mabataki_test_support::installed;

use super::support::{TIMEOUT, Terminal, text};

#[test]
fn a_service_says_when_it_is_ready_answers_and_ends_cleanly_and_the_log_says_both() {
    let mut terminal = Terminal::new();
    terminal.serve();
    assert_eq!(fs::metadata(terminal.socket()).unwrap().permissions().mode() & 0o777, 0o666);
    let info = terminal.connect().info().unwrap();
    assert_eq!((info.terminal.as_str(), info.trial, info.in_process), ("ward3-a", true, false));
    assert_eq!(terminal.end(), Some(0));
    assert!(!terminal.socket().exists());
    assert_eq!(terminal.log(&["start", "stop"]), ["start done", "stop done"]);
}

#[test]
fn whoever_asks_hears_when_the_nets_are_loaded_however_often_they_asked_before() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let begun = Instant::now();
    while !client.info().unwrap().nets {
        assert!(begun.elapsed() < TIMEOUT, "the nets are not loaded");
    }
}

#[test]
fn there_is_one_service_and_a_killed_one_leaves_nothing_in_the_way() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let second = terminal.command.json(&["serve", "--socket", text(&terminal.socket())]);
    assert_eq!((second.exit, &second.last()["error"]["code"]), (3, &"already_served".into()));
    terminal.kill();
    terminal.serve();
    terminal.connect().info().unwrap();
}

#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    let terminal = Terminal::new();
    let folder = terminal.command.folder().join("open");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let refused = terminal.command.json(&["serve", "--socket", text(&folder.join("s"))]);
    assert_eq!((refused.exit, &refused.last()["error"]["code"]), (2, &"unsafe_folder".into()));
}

#[test]
fn the_end_of_the_service_is_noticed_within_a_second() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    terminal.kill();
    let begun = Instant::now();
    assert!(matches!(client.info(), Err(ServiceError::Lost)));
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(matches!(
        Client::connect(&terminal.socket(), None, TIMEOUT),
        Err(ServiceError::NoService { .. })
    ));
}

#[test]
fn one_user_has_so_many_connections_and_may_have_another_once_one_is_closed() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let mut clients: Vec<Client> = (0..CONNECTIONS_PER_USER).map(|_| terminal.connect()).collect();
    let one_more = || Client::connect(&terminal.socket(), None, TIMEOUT);
    let Err(ServiceError::Refused(refusal)) = one_more() else { panic!("it was let in") };
    assert_eq!(refusal.code, "too_many");
    clients.pop();
    let begun = Instant::now();
    while one_more().is_err() {
        assert!(begun.elapsed() < TIMEOUT);
    }
}

#[test]
fn bytes_that_are_no_message_end_the_connection_and_disturb_nobody() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let long = [&u32::MAX.to_le_bytes()[..], &[0; 64]].concat();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &long, &[1, 0, 0, 0, 0xff], &[0, 0, 0, 0]] {
        let mut socket = UnixStream::connect(terminal.socket()).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        // The connection is closed, with or without what was not read.
        let _ = socket.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{answer:?}");
        client.info().unwrap();
    }
}

#[test]
fn whoever_stops_in_the_middle_of_a_message_is_dropped_after_five_seconds_and_holds_nobody_up() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let mut socket = UnixStream::connect(terminal.socket()).unwrap();
    socket.write_all(&[20, 0, 0, 0, 1]).unwrap();
    let begun = Instant::now();
    client.info().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0);
    let passed = begun.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(8)).contains(&passed), "{passed:?}");
}

#[test]
fn whoever_says_nothing_or_half_of_something_does_not_hold_up_the_end_of_the_service() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let silent = UnixStream::connect(terminal.socket()).unwrap();
    let mut halting = UnixStream::connect(terminal.socket()).unwrap();
    halting.write_all(&[20, 0, 0, 0, 1]).unwrap();
    client.info().unwrap();
    let begun = Instant::now();
    assert_eq!(terminal.end(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop((silent, halting));
}

#[test]
fn eight_threads_share_a_client_and_each_gets_its_own_answers() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(client.info().unwrap().terminal, "ward3-a");
                }
            });
        }
    });
}

#[test]
fn the_file_that_says_where_everything_is_counts_alone_and_only_if_nobody_else_can_write_it() {
    let mut terminal = Terminal::new();
    let folder = terminal.command.folder().to_owned();
    let socket = folder.join("elsewhere/mabataki.sock");
    let paths = [
        ("state", terminal.command.state()),
        ("witness", terminal.command.witness()),
        ("key", folder.join("state.key")),
        ("pack", installed::pack()),
        ("runtime", installed::runtime()),
        ("socket", socket.clone()),
    ];
    let text_of: String = paths.iter().map(|(name, path)| format!("{name} = {path:?}\n")).collect();
    let file = folder.join("mabataki.toml");
    fs::write(&file, text_of).unwrap();
    let set_mode = |mode| fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    let options = ["--config", text(&file)];
    set_mode(0o666);
    let refused = terminal.command.json(&[&["serve"], &options[..]].concat());
    assert_eq!(refused.last()["error"]["code"], "not_permitted", "{}", refused.stdout);
    set_mode(0o644);
    terminal.serve_by(&options, &socket);
    let client = Client::connect(&socket, None, TIMEOUT).unwrap();
    assert_eq!(client.info().unwrap().terminal, "ward3-a");
}
