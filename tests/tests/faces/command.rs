//! `mabataki enrol` with a new person's card, and `mabataki enrolment`.

use mabataki_test_support::{Mabataki, PrivatePcscd, Run, persona};
use pretty_assertions::assert_eq;

use super::site::{HER, HER_BLINK, Site, virtual_card};

const CARD: &str = "felica:0114B34C1A2B3C03";

fn enrolled(run: &Run) -> (i32, Option<bool>, Option<&str>) {
    (run.exit, run.last()["enrolled"].as_bool(), run.last()["why"].as_str())
}

#[test]
fn a_new_person_is_enrolled_with_name_card_and_face_in_one_command() {
    let site = Site::new(&[]);
    let (enrol_from, let_in_from) = (site.clip(HER), site.clip(HER_BLINK));
    let [enrol_from, let_in_from] = [&enrol_from, &let_in_from].map(|path| path.to_str().unwrap());
    let args = ["enrol", "nurse03", "--name", "Somebody New", "--card", CARD, "--frames", enrol_from];
    let run = site.command.json(&args);
    assert_eq!(enrolled(&run), (0, Some(true), None), "{}", run.stdout);
    assert_eq!(run.last()["not_compared"], 0);
    let shown = site.command.json(&["person", "show", "nurse03"]);
    assert_eq!(shown.word("name"), "Somebody New", "{}", shown.stdout);
    let run = site.command.json(&["authenticate", "--card", CARD, "--frames", let_in_from]);
    assert_eq!((run.exit, run.word("subject")), (0, "nurse03"), "{}", run.stdout);
    // Once more, they are there already.
    let run = site.command.json(&args);
    assert_eq!((run.exit, &run.last()["error"]["code"]), (2, &"exists".into()), "{}", run.stdout);
}

#[test]
fn a_new_persons_card_is_taken_from_the_reader() {
    let pcscd = match PrivatePcscd::start(&["Counter"]) {
        Ok(pcscd) => pcscd,
        Err(why) => {
            eprintln!("skipped: a private pcscd cannot run here: {why}");
            return;
        }
    };
    let mut hand = pcscd.reader("Counter").unwrap();
    hand.insert(persona::by_name(&virtual_card(3)).unwrap()).unwrap();
    let Site { command, engine } = Site::new(&[("card = false", "card = true")]);
    drop(engine);
    let command = Mabataki::with_pcscd(command, pcscd.socket());
    let frames = mabataki_test_support::workspace().join(".mabataki/samples").join(HER.0);
    let frames = mabataki_test_support::clip::cut(&frames, HER.1, command.folder());
    let frames = frames.to_str().unwrap();

    let without = command.json(&["enrol", "nurse03", "--name", "Somebody New", "--frames", frames]);
    assert_eq!((without.exit, &without.last()["error"]["code"]), (2, &"card_needed".into()));
    let args =
        ["enrol", "nurse03", "--name", "Somebody New", "--reader", "--label", "blue", "--frames", frames];
    let run = command.json(&args);
    assert_eq!(enrolled(&run), (0, Some(true), None), "{}", run.stdout);
    let cards = command.json(&["card", "list"]);
    let hers: Vec<_> = cards.lines.iter().filter(|card| card["person"] == "nurse03").collect();
    assert_eq!((hers.len(), &hers[0]["label"]), (1, &"blue".into()), "{}", cards.stdout);
}

#[test]
fn what_waits_is_listed_and_approved_or_refused() {
    let site = Site::new(&[("approvers = 1", "approvers = 2")]);
    let frames = site.clip(HER);
    let frames = frames.to_str().unwrap();
    let wait = |id: &str| {
        let args = ["enrol", id, "--name", "Somebody New", "--card", CARD, "--frames", frames];
        let run = site.command.json(&args);
        assert_eq!(enrolled(&run), (1, Some(false), Some("second_approver")), "{}", run.stdout);
    };
    let waiting = || {
        let list = site.command.json(&["enrolment", "list"]);
        list.lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    wait("nurse03");
    let list = site.command.json(&["enrolment", "list"]);
    let pending = list.last();
    assert_eq!((&pending["why"], &pending["new"]), (&"second_approver".into(), &true.into()));
    assert!(pending["until"].as_str() > pending["at"].as_str(), "{pending}");
    assert_eq!(site.command.json(&["enrolment", "refuse", "nurse03"]).exit, 0);
    assert_eq!(waiting(), [""; 0]);
    assert_eq!(site.command.json(&["person", "show", "nurse03"]).exit, 2);

    wait("nurse04");
    assert_eq!(waiting(), ["nurse04"]);
    assert_eq!(site.command.json(&["enrolment", "approve", "nurse04"]).exit, 0);
    assert_eq!(waiting(), [""; 0]);
    assert_eq!(site.command.json(&["person", "show", "nurse04"]).exit, 0);
    let again = site.command.json(&["enrolment", "approve", "nurse04"]);
    assert_eq!((again.exit, &again.last()["error"]["code"]), (2, &"not_found".into()), "{}", again.stdout);
    let text = site.command.text(&["--lang", "ja", "enrolment", "list"]);
    assert_eq!((text.exit, text.stdout.as_str()), (0, ""));
}
