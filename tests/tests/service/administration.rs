//! Administration over the socket: by a grant that has the right, page by page.

use std::io::Read;

use mabataki_engine::audit::Operation;
use mabataki_engine::engine::{ExportFormat, ExportOf};
use mabataki_engine::policy::Factor;
use mabataki_engine::service::Client;
use mabataki_engine::service::protocol::{Act, Acted, ExportOrder, Hidden};
use mabataki_engine::store::{CardStatus, PersonStatus, Profile, Stop};

use super::support::{CARD, PASSWORD, Terminal, code_of, typed};

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
    let Acted::Card(handle) = client.act(None, bind).unwrap() else { panic!("no handle") };
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
    let Acted::Lockouts(lockouts) = client.act(None, Act::Lockouts).unwrap() else { panic!("no list") };
    assert_eq!((lockouts.len(), lockouts[0].factor, lockouts[0].failures), (1, Factor::Password, 1));
    let cleared = client.act(None, Act::ClearLockout("nurse01".to_owned(), None)).unwrap();
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
    grant.end().unwrap();
    assert_eq!(code_of(&client.people(Some(&grant))), "no_grant");
}
