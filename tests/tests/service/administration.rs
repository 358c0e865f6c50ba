//! Administration over the socket: by a grant that has the right, page by page.

use std::io::Read;

use mabataki_engine::audit::Operation;
use mabataki_engine::engine::{ExportFormat, ExportOf};
use mabataki_engine::policy::Factor;
use mabataki_engine::service::Client;
use mabataki_engine::service::protocol::{Act, Acted, ExportOrder, Hidden, LockedOut, Report, Task};
use mabataki_engine::store::{CardStatus, PersonStatus, Profile, Stop};

use super::support::{CARD, PASSWORD, TIMEOUT, Terminal, code_of, typed};

fn add(client: &Client, id: &str) {
    let profile = Box::new(Profile::named(&format!("A Person of the Name {id}")));
    assert!(matches!(client.act(None, Act::AddPerson(id.to_owned(), profile)), Ok(Acted::Done)));
}

#[test]
fn people_cards_passwords_and_the_log_are_administered_over_the_socket() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    add(&client, "nurse01");
    assert_eq!(code_of(&client.act(None, Act::Person("nobody".to_owned()))), "not_found");
    let bind = Act::BindCard {
        person: "nurse01".to_owned(),
        card: Hidden::new(typed(CARD)),
        label: "staff card".to_owned(),
    };
    let Acted::Card(card) = client.act(None, bind).unwrap() else { panic!("no card") };
    let handle = card.handle;
    client.act(None, Act::StopCard(handle.clone(), Stop::Lost)).unwrap();
    let cards = client.cards(None, Some("nurse01")).unwrap();
    assert_eq!((cards.len(), &cards[0].handle, cards[0].status), (1, &handle, CardStatus::Lost));
    client.act(None, Act::RestoreCard(handle)).unwrap();
    let password = Hidden::new(typed(PASSWORD));
    let set = Act::SetPassword { person: "nurse01".to_owned(), password, must_change: false };
    client.act(None, set).unwrap();
    let wrong =
        client.change_password("nurse01", Hidden::new(typed("x-Heron-1")), Hidden::new(typed("y-Heron-2")));
    assert_eq!(code_of(&wrong), "wrong_password");
    let Acted::Lockouts(lockouts) = client.act(None, Act::Lockouts(None)).unwrap() else { panic!("no list") };
    assert_eq!((lockouts.len(), lockouts[0].factor, lockouts[0].failures), (1, Factor::Password, 1));
    let cleared = client.act(None, Act::ClearLockout(LockedOut::Person("nurse01".to_owned()), None)).unwrap();
    assert!(matches!(cleared, Acted::Cleared(1)), "{cleared:?}");
    client.act(None, Act::SetStatus("nurse01".to_owned(), PersonStatus::Disabled)).unwrap();
    let people = client.people(None).unwrap();
    assert_eq!((people.len(), people[0].status, people[0].cards), (1, PersonStatus::Disabled, 1));

    let log = client.log(None, 0).unwrap();
    let operations: Vec<Operation> = log.iter().map(|entry| entry.operation).collect();
    for operation in [Operation::PersonAdd, Operation::CardBind, Operation::CardLost, Operation::PasswordSet]
    {
        assert!(operations.contains(&operation), "{operation} is missing: {operations:?}");
    }
    let last = log.last().unwrap().seq;
    assert!(client.log(None, last).unwrap().iter().all(|entry| entry.seq > last));
}

#[test]
fn a_list_longer_than_a_message_comes_page_by_page_whole_and_in_order() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let ids: Vec<String> = (0..700).map(|number| format!("nurse{number:04}")).collect();
    ids.iter().for_each(|id| add(&client, id));
    let Acted::People(first) = client.act(None, Act::People(None)).unwrap() else { panic!("no list") };
    assert!((1..700).contains(&first.len()), "{}", first.len());
    let people: Vec<String> = client.people(None).unwrap().into_iter().map(|person| person.id).collect();
    assert_eq!(people, ids);
}

#[test]
fn the_log_is_taken_out_over_the_socket_as_the_command_does_it() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    add(&client, "nurse01");
    let order = ExportOrder {
        of: ExportOf::Records,
        format: ExportFormat::Jsonl,
        from: None,
        to: None,
        whole: false,
        japanese: false,
    };
    let mut exported = client.export_log(None, order).unwrap();
    let mut lines = String::new();
    exported.read_to_string(&mut lines).unwrap();
    assert_eq!(exported.length().unwrap(), lines.len() as u64);
    assert!(exported.told().verifiable && exported.told().rows >= 4, "{:?}", exported.told());
    let file = terminal.command.folder().join("log.jsonl");
    std::fs::write(&file, &lines).unwrap();
    let key =
        terminal.done(&["audit", "public-key"]).last()["public_key"].as_str().unwrap_or_default().to_owned();
    assert!(!key.is_empty());
    let verified =
        terminal.command.json(&["audit", "verify", super::support::text(&file), "--public-key", &key]);
    assert_eq!(verified.exit, 0, "{} {}", verified.stdout, verified.stderr);
}

#[test]
fn a_grant_to_log_in_administers_nothing() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let session = terminal.show(&client, "single_face.mjpeg", 0..=39);
    terminal.verdict(&session);
    let grant = session.grant().unwrap();
    assert_eq!(code_of(&client.people(Some(&grant))), "no_right");
    assert_eq!(code_of(&client.log(Some(&grant), 0)), "no_right");
    for task in [Task::VerifyLog { key: None }, Task::BackUp, Task::CheckStore, list(true)] {
        let job = client.begin_job(Some(&grant), task, Some(b"id,name\nnurse02,Nurse 2\n")).unwrap();
        assert_eq!(code_of(&job.finish(TIMEOUT)), "no_right");
    }
    grant.end().unwrap();
    assert_eq!(code_of(&client.people(Some(&grant))), "no_grant");
}

fn list(check: bool) -> Task {
    Task::TakeList { disable: false, check }
}

#[test]
fn a_job_tells_what_came_of_it_and_gives_what_it_wrote_piece_by_piece() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let people: String = (0..300).map(|number| format!("nurse{number:03},Nurse {number}\n")).collect();
    let people = format!("id,name\n{people}");
    let job = client.begin_job(None, list(false), Some(people.as_bytes())).unwrap();
    let Report::Listed(taken) = job.finish(TIMEOUT).unwrap() else { panic!("another report") };
    assert_eq!((taken.taken, taken.added, taken.rejected), (true, 300, 0));
    let (mut all, mut piece) = (Vec::new(), [0; 700]);
    loop {
        match job.read(&mut piece).unwrap() {
            0 => break,
            length => all.extend_from_slice(&piece[..length]),
        }
    }
    assert_eq!(
        (all.len() as u64, all.iter().filter(|byte| **byte == b'\n').count()),
        (job.length().unwrap(), 300)
    );
    assert_eq!(client.people(None).unwrap().len(), 300);

    let job = client.begin_job(None, Task::VerifyLog { key: None }, None).unwrap();
    assert_eq!(code_of(&job.read(&mut piece)), "misuse");
    let Report::Verified(verified) = job.finish(TIMEOUT).unwrap() else { panic!("another report") };
    assert!(verified.finding.is_none() && verified.records >= 300, "{verified:?}");
    let other = "0".repeat(64);
    let job = client.begin_job(None, Task::VerifyLog { key: Some(other) }, None).unwrap();
    let Report::Verified(verified) = job.finish(TIMEOUT).unwrap() else { panic!("another report") };
    assert!(verified.finding.is_some(), "another key was believed: {verified:?}");
}

#[test]
fn a_backup_through_the_service_is_one_that_the_command_restores() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    add(&client, "nurse01");
    let job = client.begin_job(None, Task::BackUp, None).unwrap();
    let Report::BackedUp { last_record, .. } = job.finish(TIMEOUT).unwrap() else { panic!("another report") };
    assert!(last_record > 0);
    let (mut all, mut piece) = (Vec::new(), [0; 64 * 1024]);
    loop {
        match job.read(&mut piece).unwrap() {
            0 => break,
            length => all.extend_from_slice(&piece[..length]),
        }
    }
    let file = terminal.command.folder().join("backup");
    std::fs::write(&file, all).unwrap();
    add(&client, "nurse02");
    drop(client);
    terminal.end();
    terminal.done(&["store", "restore", super::support::text(&file)]);
    terminal.done(&["person", "show", "nurse01"]);
}

#[test]
fn what_is_taken_in_is_sealed_memory_and_no_longer_than_the_limit() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let job = client.begin_job(None, list(true), None).unwrap();
    assert_eq!(code_of(&job.finish(TIMEOUT)), "invalid");
    let long = vec![b'x'; 9 << 20];
    let job = client.begin_job(None, list(true), Some(&long)).unwrap();
    assert_eq!(code_of(&job.finish(TIMEOUT)), "bad_list");
}

#[test]
fn a_job_that_was_called_off_says_so_and_leaves_its_place_to_others() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    for _ in 0..3 * mabataki_engine::service::SESSIONS_PER_USER {
        let job = client.begin_job(None, Task::BackUp, None).unwrap();
        job.cancel().unwrap();
        assert_eq!(code_of(&job.finish(TIMEOUT)), "cancelled");
    }
    let begun = std::time::Instant::now();
    loop {
        let job = client.begin_job(None, Task::CheckStore, None).unwrap();
        match job.finish(TIMEOUT) {
            Ok(report) => break assert!(matches!(report, Report::Checked { .. }), "{report:?}"),
            // Those that were called off have their places until they have noticed.
            refused => assert_eq!(code_of(&refused), "too_many"),
        }
        assert!(begun.elapsed() < TIMEOUT, "places are never left");
    }
}

#[test]
fn after_an_installation_the_service_opens_everything_anew_when_it_is_told_to() {
    let mut terminal = Terminal::new();
    terminal.serve();
    let client = terminal.connect();
    let before = client.state().unwrap();
    client.reload().unwrap();
    assert_eq!(client.state().unwrap().log_key, before.log_key);
    assert!(client.info().unwrap().trial);
    let introduced = client.introduce().unwrap();
    assert_eq!(introduced.terminal, "ward3-a");
    assert!(client.verifying_keys().unwrap().contains("keys"));
}
