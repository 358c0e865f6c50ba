//! What left the terminal tells what was done to it, though all that lies on it was made to fit.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::thread::spawn;

use mabataki_engine::policy::TRIAL;
use mabataki_test_support::Mabataki;
use pretty_assertions::assert_eq;

/// A store for trials with a copy in a folder and a collector behind a socket, and the key that its log began with.
fn trial() -> (Mabataki, String) {
    let command = Mabataki::new();
    let key = command.json(&["init", "--open", "--terminal", "ward3-a"]).word("public_key").to_owned();
    let (disk, socket) = (command.folder().join("disk"), command.folder().join("log"));
    fs::create_dir(&disk).unwrap();
    let outlets = format!(
        "keep = \"400 d\"\ncopy = \"{}\"\n[log.syslog]\nto = \"unix:{}\"\n#",
        disk.display(),
        socket.display()
    );
    let rules = TRIAL.replacen("every_records = 64", "every_records = 2", 1);
    let policy = command.folder().join("policy.toml");
    fs::write(&policy, rules.replacen("keep = \"400 d\"", &outlets, 1)).unwrap();
    assert_eq!(command.json(&["policy", "set", policy.to_str().unwrap()]).exit, 0);
    for id in ["p1", "p2", "p3"] {
        assert_eq!(command.json(&["person", "add", id, "--name", "Somebody"]).exit, 0);
    }
    (command, key)
}

/// Sends once to a collector that saves each message on a line of its own, as collectors do, among those of others.
fn send_to_collector(command: &Mabataki) -> String {
    let socket = UnixDatagram::bind(command.folder().join("log")).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(2))).unwrap();
    let collector = spawn(move || {
        let mut saved =
            b"Nov 22 19:00:00 pc7 cron[1]: {\"checkpoint\":\"of another kind\"}\nNov 22 caf\xe9\n".to_vec();
        saved.extend_from_slice(b"{\"level\":\"info\"}\n");
        let mut buffer = vec![0; 65_536];
        while let Ok(length) = socket.recv(&mut buffer) {
            saved.extend_from_slice(&buffer[..length]);
            saved.push(b'\n');
        }
        saved
    });
    let sent = command.json(&["audit", "send", "--wait", "20s"]);
    assert_eq!(sent.exit, 0, "{}{}", sent.stdout, sent.stderr);
    for (line, outlet) in sent.lines.iter().zip(["copy", "syslog"]) {
        assert_eq!((&line["outlet"], &line["waiting"]), (&outlet.into(), &0.into()), "{line}");
    }
    let path = command.folder().join("saved.log");
    // Twice, as after a crash between the sending and the writing down of it.
    fs::write(&path, collector.join().unwrap().repeat(2)).unwrap();
    fs::remove_file(command.folder().join("log")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn only_file_in(folder: &Path) -> String {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert_eq!(files.next(), None);
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_log_that_was_cut_with_all_that_lies_beside_it_is_told_by_what_was_sent() {
    let (command, key) = trial();
    let saved = send_to_collector(&command);
    let copy = only_file_in(&command.folder().join("disk"));
    let verify = |checkpoints: &str| {
        command.json(&["audit", "verify", "--public-key", &key, "--checkpoints", checkpoints])
    };
    for checkpoints in [&copy, &saved] {
        let good = verify(checkpoints);
        assert_eq!(good.exit, 0, "{}{}", good.stdout, good.stderr);
        assert_eq!(good.stderr.contains("2 lines"), checkpoints == &saved, "{}", good.stderr);
    }
    let database = rusqlite::Connection::open(command.state().join("store.sqlite")).unwrap();
    let guards = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
    let mut guards = database.prepare(guards).unwrap();
    let guards: Vec<(String, String)> = guards
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .map(|name| name.unwrap())
        .map(|name| {
            let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
            let sql = database.query_row(sql, [&name], |row| row.get(0)).unwrap();
            (name, sql)
        })
        .collect();
    guards.iter().for_each(|(name, _)| database.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    let second: i64 =
        database.query_row("SELECT last FROM checkpoint WHERE number = 2", [], |row| row.get(0)).unwrap();
    database
        .execute_batch(&format!(
            "DELETE FROM log WHERE seq > {second}; DELETE FROM checkpoint WHERE number > 2"
        ))
        .unwrap();
    guards.iter().for_each(|(_, sql)| database.execute_batch(sql).unwrap());
    fs::remove_file(command.folder().join("state.witness/checkpoints")).unwrap();
    let blind = command.json(&["audit", "verify", "--public-key", &key]);
    assert_eq!(blind.exit, 0, "nothing on the terminal tells: {}", blind.stdout);
    for checkpoints in [&copy, &saved] {
        let found = verify(checkpoints);
        assert_eq!((found.exit, found.word("what")), (4, "cut"), "{}", found.stdout);
        assert_eq!(found.last()["first_bad"], second + 1);
    }
}

#[test]
fn what_cannot_be_sent_is_told_with_its_reason_and_by_the_doctor() {
    let (command, _) = trial();
    let sent = command.json(&["--lang", "ja", "audit", "send", "--wait", "1s"]);
    assert_eq!(sent.exit, 3, "{}", sent.stdout);
    assert_eq!((&sent.lines[0]["waiting"], sent.lines[1]["waiting"].as_u64() > Some(0)), (&0.into(), true));
    assert!(sent.stderr.contains("送信できませんでした") && sent.stderr.contains("unix:"), "{}", sent.stderr);
    let doctor = command.json(&["doctor"]);
    let outlets = doctor.lines.iter().find(|line| line["check"] == "outlets").unwrap();
    assert!(
        outlets["ok"] == true && outlets["detail"].as_str().unwrap().contains("waiting since"),
        "{outlets}"
    );
}

#[test]
fn a_collector_that_need_not_confirm_what_it_read_is_told_by_the_doctor() {
    let (command, _) = trial();
    let policy = command.folder().join("policy.toml");
    let socket = format!("to = \"unix:{}\"", command.folder().join("log").display());
    let rules = fs::read_to_string(&policy).unwrap();
    for (required, told) in [(true, false), (false, true)] {
        let collector =
            format!("to = \"tls:localhost:6514\"\nca = \"/ca.pem\"\nrequire_close_notify = {required}");
        fs::write(&policy, rules.replacen(&socket, &collector, 1)).unwrap();
        assert_eq!(command.json(&["policy", "set", policy.to_str().unwrap()]).exit, 0);
        let doctor = command.json(&["doctor"]);
        let outlets = doctor.lines.iter().find(|line| line["check"] == "outlets").unwrap();
        assert_eq!(
            outlets["detail"].as_str().unwrap().contains("require_close_notify is false"),
            told,
            "{outlets}"
        );
    }
}

#[test]
fn a_record_that_cannot_be_read_holds_no_other_up_and_is_told_once() {
    let (command, _) = trial();
    let policy = command.folder().join("policy.toml");
    let rules =
        fs::read_to_string(&policy).unwrap().replacen("[log.syslog]", "[log.syslog]\nrecords = true", 1);
    fs::write(&policy, rules).unwrap();
    assert_eq!(command.json(&["policy", "set", policy.to_str().unwrap()]).exit, 0);
    send_to_collector(&command);
    for id in ["p4", "p5"] {
        assert_eq!(command.json(&["person", "add", id, "--name", "Somebody"]).exit, 0);
    }
    let database = rusqlite::Connection::open(command.state().join("store.sqlite")).unwrap();
    let find = "SELECT max(seq) FROM log WHERE operation = 'person_add' AND subject IS NOT 'p5' AND object IS NOT 'p5'";
    let damaged: i64 = database.query_row(find, [], |row| row.get(0)).unwrap();
    let guard = "SELECT sql FROM sqlite_schema WHERE name = 'log_is_not_changed'";
    let guard: String = database.query_row(guard, [], |row| row.get(0)).unwrap();
    let damage = format!("UPDATE log SET category = 'none' WHERE seq = {damaged}");
    database.execute_batch(&format!("DROP TRIGGER log_is_not_changed; {damage}; {guard}")).unwrap();
    for _ in 0..2 {
        let saved = fs::read(send_to_collector(&command)).unwrap();
        let saved = String::from_utf8_lossy(&saved);
        assert!(!saved.contains(&format!("seq=\"{damaged}\"")), "{saved}");
    }
    let alarm = format!("SELECT count(*) FROM log WHERE operation = 'alarm' AND object = 'record {damaged}'");
    assert_eq!(database.query_row(&alarm, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn a_checkpoint_that_cannot_be_read_holds_nothing_up_and_is_told_once_for_each_outlet() {
    let (command, _) = trial();
    send_to_collector(&command);
    let database = rusqlite::Connection::open(command.state().join("store.sqlite")).unwrap();
    let last =
        || -> i64 { database.query_row("SELECT max(number) FROM checkpoint", [], |row| row.get(0)).unwrap() };
    let damaged = last() + 1;
    for id in ["p4", "p5", "p6", "p7"] {
        assert_eq!(command.json(&["person", "add", id, "--name", "Somebody"]).exit, 0);
    }
    let after = last();
    assert!(after > damaged);
    database.execute("UPDATE checkpoint SET line = 'x' WHERE number = ?1", [damaged]).unwrap();
    for round in 0..2 {
        let saved = fs::read(send_to_collector(&command)).unwrap();
        let saved = String::from_utf8_lossy(&saved);
        assert!(!saved.contains(&format!(" number=\"{damaged}\"")), "{saved}");
        let alarm = format!(" object=\"checkpoint {damaged}\"");
        let came = [format!(" number=\"{after}\""), alarm].map(|what| saved.contains(&what));
        assert_eq!(came, [round == 0; 2], "{saved}");
    }
    let copy = fs::read_to_string(only_file_in(&command.folder().join("disk"))).unwrap();
    let has = |number: i64| copy.contains(&format!("{{\"checkpoint\":{number},"));
    assert_eq!([damaged - 1, damaged, after].map(has), [true, false, true]);
    let alarms =
        format!("SELECT count(*) FROM log WHERE operation = 'alarm' AND object = 'checkpoint {damaged}'");
    assert_eq!(database.query_row(&alarms, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[test]
fn whoever_keeps_the_log_tells_what_it_does_line_by_line_until_it_is_ended() {
    use std::io::{BufRead, BufReader};
    let (command, _) = trial();
    let keeping = command.command(&["--json", "audit", "keep"]).stdout(std::process::Stdio::piped()).spawn();
    let mut keeping = keeping.unwrap();
    let lines = BufReader::new(keeping.stdout.take().unwrap()).lines();
    let mut events = lines.map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
    let delivered = events.find(|event| event["event"] == "delivered").unwrap();
    assert_eq!((&delivered["outlet"], delivered["checkpoints"].as_u64() > Some(1)), (&"copy".into(), true));
    let failed = events.find(|event| event["event"] == "failed").unwrap();
    assert_eq!((&failed["outlet"], &failed["code"]), (&"syslog".into(), &"outlet_unreachable".into()));
    keeping.kill().unwrap();
    keeping.wait().unwrap();
    assert_eq!(command.json(&["audit", "verify"]).exit, 0, "a terminal that is switched off loses nothing");
    let mut keeping =
        command.command(&["--json", "audit", "keep"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(keeping.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let process = rustix::process::Pid::from_child(&keeping);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert_eq!(keeping.wait().unwrap().code(), Some(0));
    let log = command.json(&["audit", "list"]);
    let told = |operation: &str| log.lines.iter().filter(|line| line["operation"] == operation).count();
    assert_eq!((told("start"), told("stop")), (2, 1), "{}", log.stdout);
}
