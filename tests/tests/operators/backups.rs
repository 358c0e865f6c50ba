//! The drill of the checklist: a backup is taken, the store is lost, and an administrator brings it back.

use std::fs;

use mabataki_test_support::Mabataki;
use serde_json::Value;

use super::support::ends;

const PASSWORD: &str = "Kobe-4711-harbour";
const ADMIN: [&str; 2] = ["--admin", "boss"];

/// A terminal with the administrator `boss` and the nurse `nurse01`.
fn terminal() -> Mabataki {
    let command = Mabataki::new();
    let init = ["--admin", "boss", "init", "--name", "Boss", "--terminal", "ward3-a"];
    ends(&command.json_fed(&init, &[PASSWORD]), 0);
    ends(&acting(&command, &["person", "add", "nurse01", "--name", "山田 花子"]), 0);
    command
}

fn acting(command: &Mabataki, args: &[&str]) -> mabataki_test_support::Run {
    command.json_fed(&[&ADMIN[..], args].concat(), &[PASSWORD])
}

fn code(run: &mabataki_test_support::Run) -> &Value {
    &run.last()["error"]["code"]
}

#[test]
fn a_lost_store_is_an_alarm_until_an_administrator_restores_its_backup() {
    let command = terminal();
    let backup = command.folder().join("monday.backup");
    let file = backup.to_str().unwrap();
    let taken = command.json(&["store", "backup", file]);
    ends(&taken, 0);
    assert_eq!(taken.word("terminal"), "ward3-a");
    let again = command.json(&["store", "backup", file]);
    assert_eq!((again.exit, code(&again)), (2, &"exists".into()));
    ends(&acting(&command, &["person", "disable", "nurse01"]), 0);

    fs::remove_dir_all(command.state()).unwrap();
    let shut = acting(&command, &["person", "list"]);
    assert_eq!((shut.exit, code(&shut)), (3, &"store_gone".into()), "{}", shut.stdout);
    let anew = command.json(&["init", "--terminal", "ward3-a"]);
    assert_ne!(anew.exit, 0, "a terminal that was set up is never new again: {}", anew.stdout);

    let unnamed = command.json(&["store", "restore", file]);
    assert_eq!((unnamed.exit, code(&unnamed)), (1, &"no_right".into()), "{}", unnamed.stdout);
    let restored = acting(&command, &["store", "restore", file]);
    ends(&restored, 0);
    assert_eq!(restored.last()["lost"], false, "that she was disabled is in the witness folder");
    assert_eq!(restored.last()["log_lost"], true);
    let list = acting(&command, &["person", "list"]);
    let nurse = list.lines.iter().find(|line| line["id"] == "nurse01").unwrap();
    assert_eq!((&nurse["name"], &nurse["disabled"]), (&"山田 花子".into(), &true.into()));
    ends(&command.json(&["store", "check"]), 0);
    let log = acting(&command, &["audit", "list"]);
    let told = |operation: &str| log.lines.iter().filter(|line| line["operation"] == operation).count();
    assert_eq!((told("store_restore"), told("alarm") > 0), (1, true));
}

#[test]
fn whoever_was_disabled_since_the_backup_stays_disabled() {
    let command = terminal();
    let backup = command.folder().join("monday.backup");
    let file = backup.to_str().unwrap();
    ends(&command.json(&["store", "backup", file]), 0);
    ends(&acting(&command, &["person", "disable", "nurse01"]), 0);
    let restored = acting(&command, &["store", "restore", file]);
    ends(&restored, 0);
    assert_eq!(restored.last()["lost"], false, "{}", restored.stdout);
    let list = acting(&command, &["person", "list"]);
    let nurse = list.lines.iter().find(|line| line["id"] == "nurse01").unwrap();
    assert_eq!(nurse["disabled"], true, "{}", list.stdout);
    let text = command.text(&["--lang", "ja", "store", "check"]).stdout;
    assert!(text.contains("異常なし"), "{text}");
}

#[test]
fn a_file_that_is_no_backup_is_refused_and_a_folder_put_back_from_a_copy_too() {
    let command = terminal();
    let file = command.folder().join("letter.txt");
    fs::write(&file, "Dear Sir").unwrap();
    let refused = acting(&command, &["store", "restore", file.to_str().unwrap()]);
    assert_eq!((refused.exit, code(&refused)), (4, &"not_a_backup".into()));
    let store = command.state().join("store.sqlite");
    let copy = fs::read(&store).unwrap();
    ends(&acting(&command, &["person", "disable", "nurse01"]), 0);
    fs::write(&store, copy).unwrap();
    let old = acting(&command, &["person", "list"]);
    assert_eq!((old.exit, code(&old)), (3, &"store_rolled_back".into()));
}

#[test]
fn of_two_generations_of_backups_either_restores_the_store_and_what_is_newer_counts_where_it_can_be_read() {
    let command = terminal();
    let file = |day: &str| command.folder().join(day).display().to_string();
    let (monday, tuesday) = (file("monday.backup"), file("tuesday.backup"));
    ends(&command.json(&["store", "backup", &monday]), 0);
    ends(&acting(&command, &["person", "add", "nurse02", "--name", "佐藤 次郎"]), 0);
    ends(&acting(&command, &["person", "disable", "nurse01"]), 0);
    ends(&command.json(&["store", "backup", &tuesday]), 0);
    let people = || {
        let list = acting(&command, &["person", "list"]);
        ends(&list, 0);
        let nurses = list.lines.iter().filter(|line| line["id"] != "boss");
        nurses
            .map(|line| (line["id"].as_str().unwrap().to_owned(), line["disabled"] == true))
            .collect::<Vec<_>>()
    };
    let told = |operation: &str| {
        let log = acting(&command, &["audit", "list"]);
        log.lines.iter().filter(|line| line["operation"] == operation).count()
    };
    let of_tuesday = [("nurse01".to_owned(), true), ("nurse02".to_owned(), false)];

    let lose = || {
        fs::remove_dir_all(command.state()).unwrap();
        ends(&command.json(&["person", "list"]), 3);
    };
    lose();
    let restored = acting(&command, &["store", "restore", &tuesday]);
    ends(&restored, 0);
    assert_eq!(people(), of_tuesday);
    assert_eq!((told("store_restore"), told("alarm") > 0), (1, true));

    // With the store at hand, Monday's brings nothing older back.
    let over = acting(&command, &["store", "restore", &monday]);
    ends(&over, 0);
    assert_eq!(over.last()["lost"], false, "{}", over.stdout);
    assert_eq!(people(), of_tuesday);
    assert_eq!(told("store_restore"), 2);

    lose();
    let last = acting(&command, &["store", "restore", &monday]);
    ends(&last, 0);
    assert_eq!(last.last()["lost"], false, "the witness folder has what Tuesday's had");
    assert_eq!(people(), of_tuesday);
    assert_eq!((told("store_restore"), told("alarm") > 0), (1, true));
    ends(&command.json(&["store", "check"]), 0);
}

#[test]
fn a_backup_from_before_the_first_administrator_makes_no_terminal_new_again() {
    let command = Mabataki::new();
    ends(&command.json(&["init", "--terminal", "ward3-a"]), 0);
    let file = |name: &str| command.folder().join(name).display().to_string();
    let (day0, day1) = (file("day0.bak"), file("day1.bak"));
    ends(&command.json(&["store", "backup", &day0]), 0);
    let boss = ["person", "add", "boss", "--name", "Boss", "--role", "administrator"];
    ends(&command.json(&boss), 0);
    ends(&command.json_fed(&["password", "set", "boss"], &[PASSWORD]), 0);
    ends(&command.json(&["store", "backup", &day1]), 0);

    // The witness folder knows of her: nobody restores it but she.
    fs::remove_dir_all(command.state()).unwrap();
    let unnamed = command.json(&["store", "restore", &day0]);
    assert_eq!((unnamed.exit, code(&unnamed)), (1, &"no_right".into()), "{}", unnamed.stdout);
    ends(&acting(&command, &["store", "restore", &day0]), 0);
    ends(&acting(&command, &["person", "list"]), 0);

    let shut = || {
        fs::remove_dir_all(command.state()).unwrap();
        fs::remove_file(command.witness().join("mirror.sqlite")).unwrap();
        for args in [&["store", "restore", &day0][..], &["--admin", "boss", "store", "restore", &day0]] {
            let refused = command.json_fed(args, &[PASSWORD]);
            assert_eq!((refused.exit, code(&refused)), (1, &"no_administrator_in_backup".into()));
            assert!(refused.stdout.contains("newer backup"), "{}", refused.stdout);
        }
        let intruder = ["person", "add", "intruder", "--name", "Intruder", "--role", "administrator"];
        let added = command.json(&intruder);
        assert_eq!((added.exit, code(&added)), (3, &"store_gone".into()), "{}", added.stdout);
    };
    shut();
    // A newer one is restored by whoever is in it, and the witness knows afterwards what it knew before.
    ends(&acting(&command, &["store", "restore", &day1]), 0);
    ends(&acting(&command, &["person", "list"]), 0);
    shut();
}
