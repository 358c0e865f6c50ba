//! A clock that has shown a wrong time: what the command says of it, and how it is believed again.

use jiff::Timestamp;
use mabataki_engine::grant::ClockMark;
use mabataki_engine::keys::KeyPlace;
use mabataki_engine::policy::Steady;
use mabataki_engine::store::{Location, Store};
use mabataki_test_support::Mabataki;

const PASSWORD: &str = "Kobe-4711-harbour";
const ADMIN: [&str; 2] = ["--admin", "boss"];

/// A store with the administrator `boss`, at a terminal whose clock has shown the year 2090 and was set right again.
fn after_an_empty_battery() -> Mabataki {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--terminal", "ward3-a"]).exit, 0);
    let boss = ["person", "add", "boss", "--name", "Boss", "--role", "administrator"];
    assert_eq!(command.json(&boss).exit, 0);
    assert_eq!(command.json_fed(&["password", "set", "boss"], &[PASSWORD]).exit, 0);
    assert_eq!(command.json_fed(&["password", "change", "boss"], &[PASSWORD, NEW]).exit, 0);
    assert_eq!(command.json(&["clock", "show"]).last()["behind"], false);

    let key = KeyPlace::new(command.folder().join("state.key")).load(&command.state()).unwrap();
    let mut store = Store::open(&Location::beside(&command.state()), &key).unwrap();
    let wrong: Timestamp = "2090-01-01T00:00:00Z".parse().unwrap();
    let mark = ClockMark::new(wrong, Steady { boot: [0; 16], ms: 0 });
    store.write(|store| store.put_document("mark", &mark)).unwrap();
    command
}

const NEW: &str = "Nara-1868-temple!";

#[test]
fn a_clock_that_is_behind_is_told_by_show_and_by_the_doctor_and_believed_again_by_an_administrator() {
    let command = after_an_empty_battery();
    let shown = command.json(&["clock", "show"]);
    assert_eq!((shown.exit, &shown.last()["behind"]), (0, &true.into()), "{}", shown.stdout);
    assert_eq!(shown.word("mark"), "2090-01-01T00:00:00Z");
    let text = command.text(&["clock", "show"]).stdout;
    assert!(text.contains("behind") && text.contains("mabataki clock accept"), "{text}");
    let text = command.text(&["--lang", "ja", "clock", "show"]).stdout;
    assert!(text.contains("過去に戻っています"), "{text}");
    let doctor = command.json(&["doctor"]);
    let line = |check: &str| doctor.lines.iter().find(|line| line["check"] == check).unwrap();
    assert_eq!(line("store")["ok"], true, "{}", doctor.stdout);
    assert_eq!(line("clock")["ok"], false, "{}", doctor.stdout);
    assert!(line("clock")["fix"].as_str().unwrap().contains("clock accept"));

    let unnamed = command.json(&["clock", "accept"]);
    assert_eq!((unnamed.exit, &unnamed.last()["error"]["code"]), (1, &"no_right".into()));
    let before = Timestamp::now();
    let accepted = command.json_fed(&[&ADMIN[..], &["clock", "accept"]].concat(), &[NEW]);
    assert_eq!((accepted.exit, &accepted.last()["behind"]), (0, &false.into()), "{}", accepted.stdout);
    let mark: Timestamp = accepted.word("mark").parse().unwrap();
    assert!((before..=Timestamp::now()).contains(&mark));
    assert_eq!(command.json(&["clock", "show"]).last()["behind"], false);

    let log = command.json_fed(&[&ADMIN[..], &["audit", "list"]].concat(), &[NEW]);
    let of = |operation: &str, outcome: &str| {
        let fits = |line: &&serde_json::Value| line["operation"] == operation && line["outcome"] == outcome;
        log.lines.iter().filter(fits).cloned().collect::<Vec<_>>()
    };
    let accepted = of("clock_accept", "done");
    assert_eq!((accepted.len(), of("clock_accept", "refused").len()), (1, 1), "{}", log.stdout);
    assert_eq!(accepted[0]["subject"], "boss");
    let object = accepted[0]["object"].as_str().unwrap();
    assert!(object.starts_with("2090-01-01T00:00:00.000Z -> 20"), "{object}");
    assert_eq!(of("clock_jump", "done").len(), 1, "{}", log.stdout);
}
