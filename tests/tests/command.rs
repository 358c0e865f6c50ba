//! The command's contract: exit statuses, error words, and that bad input leaves nothing behind.

#![cfg(test)]

use std::fs;
use std::path::Path;

use mabataki_test_support::{Mabataki, Run, workspace};
use serde_json::Value;

const CARD: &str = "felica:0114B34C1A2B3C4D";

fn home(name: &str) -> String {
    workspace().join(".mabataki").join(name).display().to_string()
}

fn trial() -> Mabataki {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--open", "--terminal", "ward-3"]).exit, 0);
    command
}

/// Checks that a run failed with this exit status and word, with one line on standard error that says so.
fn assert_fails(run: &Run, exit: i32, code: &str) {
    assert_eq!(run.exit, exit, "{}\n{}", run.stdout, run.stderr);
    assert_eq!(run.last()["error"]["code"], code, "{}", run.stdout);
    assert!(
        run.last()["error"]["detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty() && !detail.contains('\n'))
    );
    assert_eq!(
        run.stderr.trim_end().lines().filter(|line| line.starts_with("mabataki: ")).count(),
        1,
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn people_are_added_listed_disabled_and_removed() {
    let command = trial();
    let added = command.json(&[
        "person",
        "add",
        "nurse01",
        "--name",
        "山田 花子",
        "--account",
        "ward3",
        "--role",
        "nurse",
    ]);
    assert_eq!(added.exit, 0, "{}", added.stderr);
    let expected = added.last().clone();
    for (key, value) in [
        ("id", Value::from("nurse01")),
        ("name", "山田 花子".into()),
        ("account", "ward3".into()),
        ("role", "nurse".into()),
        ("disabled", false.into()),
        ("templates", 0.into()),
        ("cards", 0.into()),
    ] {
        assert_eq!(expected[key], value, "{key}");
    }
    assert_eq!(*command.json(&["person", "show", "nurse01"]).last(), expected);
    assert_eq!(command.json(&["person", "list"]).lines, [expected]);
    assert_eq!(command.json(&["person", "disable", "nurse01"]).last()["disabled"], true);
    assert_eq!(command.json(&["person", "remove", "nurse01"]).exit, 0);
    assert_eq!(command.json(&["person", "list"]).lines, [Value::Null; 0]);
    let operations: Vec<_> = command
        .json(&["audit", "list"])
        .lines
        .iter()
        .map(|record| (record["operation"].as_str().unwrap().to_owned(), record["terminal"].clone()))
        .collect();
    let names: Vec<_> = operations.iter().map(|(operation, _)| operation.as_str()).collect();
    assert_eq!(names, ["store_create", "person_add", "person_disable", "person_remove"]);
    assert!(operations.iter().all(|(_, terminal)| terminal == "ward-3"));
}

#[test]
fn what_cannot_be_done_to_people_and_cards_says_why() {
    let command = trial();
    command.json(&["person", "add", "nurse01", "--name", "A"]);
    assert_fails(&command.json(&["person", "add", "nurse01", "--name", "B"]), 2, "exists");
    assert_fails(&command.json(&["person", "add", "../x", "--name", "B"]), 2, "invalid");
    assert_fails(&command.json(&["person", "show", "nobody"]), 2, "not_found");
    assert_fails(&command.json(&["card", "bind", "nobody", "--card", CARD]), 2, "not_found");
    assert_eq!(command.json(&["card", "bind", "nurse01", "--card", CARD]).exit, 0);
    command.json(&["person", "add", "nurse02", "--name", "B"]);
    assert_fails(&command.json(&["card", "bind", "nurse02", "--card", CARD]), 2, "card_bound");
    assert_fails(&command.json(&["card", "bind", "nurse02", "--card", "felica"]), 2, "bad_card");
    let random = command.json(&["card", "bind", "nurse02", "--card", "type_a:08010203"]);
    assert_eq!((random.exit, random.word("why")), (1, "card_random_id"));
    let bound = command.json(&["card", "list", "nurse01"]);
    assert_eq!(bound.word("status"), "active");
    assert_eq!(bound.word("assurance"), "identifier_only");
    assert!(!bound.stdout.contains("0114B34C"));
}

#[test]
fn wrong_usage_ends_with_2() {
    let command = Mabataki::new();
    let wrong = [
        &[][..],
        &["no-such-command"],
        &["authenticate"],
        &["eval", "blink"],
        &["person", "add", "x"],
        &["identify", "--frames", "x.jpg", "--top", "0"],
    ];
    for args in wrong {
        assert_fails(&command.json(args), 2, "usage");
    }
    let picture = home("samples/obama.jpg");
    let authenticate = ["authenticate", "--card", CARD, "--frames", &picture];
    assert_fails(&trial().json(&[&authenticate[..], &["--purpose", "x\ny"]].concat()), 2, "usage");
    let no_policy = trial().json(&[&authenticate[..], &["--policy", "none"]].concat());
    assert_fails(&no_policy, 2, "no_policy");
}

#[test]
fn an_attempt_that_could_not_be_recorded_is_not_begun() {
    let command = trial();
    let picture = home("samples/obama.jpg");
    for odd in [["--account", "x\ny"], ["--account", ""]] {
        let args = [&["authenticate", "--card", CARD, "--frames", &picture][..], &odd].concat();
        let run = command.json(&args);
        assert_fails(&run, 2, "invalid");
        assert_eq!(run.lines.len(), 1, "steps were taken: {}", run.stdout);
    }
}

#[test]
fn an_attempt_and_an_enrolment_whose_output_is_lost_stand_in_the_log() {
    let command = trial();
    command.json(&["person", "add", "nurse01", "--name", "A"]);
    let picture = home("samples/obama.jpg");
    for args in [&["authenticate", "--card", CARD][..], &["enrol", "nurse01"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let args = [&["--json"][..], args, &["--frames", &picture]].concat();
        assert_eq!(command.command(&args).stdout(full).status().unwrap().code(), Some(3), "{args:?}");
    }
    let log = command.json(&["audit", "list"]).lines;
    let last: Vec<_> = log[log.len() - 2..]
        .iter()
        .map(|record| ["operation", "outcome", "reason"].map(|key| record[key].as_str().unwrap_or("")))
        .collect();
    assert_eq!(last, [["authenticate", "abandoned", "cancelled"], ["face_enrol", "abandoned", "cancelled"]]);
}

#[test]
fn without_a_store_everything_that_needs_one_is_unavailable() {
    let command = Mabataki::new();
    for args in [&["person", "list"][..], &["audit", "list"], &["card", "list"]] {
        let run = command.json(args);
        assert_eq!(run.exit, 3, "{args:?}: {}", run.stdout);
    }
    assert!(!command.state().exists());
}

#[test]
fn a_second_init_leaves_the_first_store_as_it_was() {
    let command = trial();
    command.json(&["person", "add", "nurse01", "--name", "A"]);
    assert_fails(&command.json(&["init", "--open"]), 2, "exists");
    assert_eq!(command.json(&["person", "list"]).lines.len(), 1);
}

#[test]
fn another_key_is_told_from_a_corrupt_store() {
    let (mine, other) = (trial(), trial());
    let key = |command: &Mabataki| command.folder().join("state.key");
    let kept = fs::read(key(&mine)).unwrap();
    fs::copy(key(&other), key(&mine)).unwrap();
    assert_fails(&mine.json(&["person", "list"]), 4, "wrong_key");
    fs::write(key(&mine), kept).unwrap();
    let store = mine.state().join("store.sqlite");
    let mut bytes = fs::read(&store).unwrap();
    bytes.truncate(bytes.len() / 2);
    bytes.iter_mut().skip(100).for_each(|byte| *byte ^= 0x5a);
    fs::write(&store, bytes).unwrap();
    let _ = fs::remove_file(mine.state().join("store.sqlite-wal"));
    assert_fails(&mine.json(&["person", "list"]), 4, "store_corrupt");
}

#[test]
fn a_store_that_is_not_for_trials_takes_no_card_and_no_frames_from_files() {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init"]).exit, 0);
    command.json(&["person", "add", "nurse01", "--name", "A"]);
    assert_fails(&command.json(&["card", "bind", "nurse01", "--card", CARD]), 1, "not_permitted");
    let refused = command.json(&["audit", "list"]);
    let record = ["operation", "object", "outcome", "reason"].map(|key| refused.word(key));
    assert_eq!(record, ["card_bind", "nurse01", "refused", "not_permitted"]);
    let picture = home("samples/obama.jpg");
    assert_fails(&command.json(&["enrol", "nurse01", "--frames", &picture]), 1, "not_permitted");
    assert_fails(&command.json(&["identify", "--frames", &picture]), 1, "not_permitted");
    assert_fails(&command.json(&["authenticate", "--card", CARD, "--frames", &picture]), 1, "not_permitted");
}

#[test]
fn a_missing_runtime_pack_or_file_is_named() {
    let command = trial();
    let picture = home("samples/obama.jpg");
    let detect = |args: &[&str]| command.json(&[args, &["face", "detect", &picture]].concat());
    assert_fails(&detect(&["--runtime", "/nowhere/libonnxruntime.so"]), 3, "no_runtime");
    assert_fails(&detect(&["--pack", "/nowhere"]), 3, "no_model");
    let text = command.folder().join("libonnxruntime.so");
    fs::write(&text, "no library").unwrap();
    assert_fails(&detect(&["--runtime", &text.display().to_string()]), 3, "no_runtime");
    let missing = command.json(&["face", "detect", "/nowhere/picture.jpg"]);
    assert_eq!(missing.exit, 3, "{}", missing.stdout);
    assert!(missing.stderr.contains("/nowhere/picture.jpg"));
}

#[test]
fn a_model_that_is_not_the_one_in_the_manifest_is_refused_with_both_hashes() {
    let command = trial();
    let pack = command.folder().join("pack");
    copy_folder(Path::new(&home("pack")), &pack);
    let pack_arg = pack.display().to_string();
    assert_eq!(command.json(&["--pack", &pack_arg, "models", "verify"]).exit, 0);
    let eye = pack.join("fr_eye.onnx");
    let mut bytes = fs::read(&eye).unwrap();
    bytes[1000] ^= 1;
    fs::write(&eye, &bytes).unwrap();
    let verify = command.json(&["--pack", &pack_arg, "models", "verify"]);
    assert_eq!(verify.exit, 4);
    let bad: Vec<_> = verify.lines.iter().filter(|line| line["ok"] == false).collect();
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0]["file"], "fr_eye.onnx");
    let run = command.json(&["--pack", &pack_arg, "face", "detect", &home("samples/obama.jpg")]);
    assert_fails(&run, 4, "wrong_hash");
    let detail = run.last()["error"]["detail"].as_str().unwrap();
    assert!(detail.contains("1afcea006abc1ccac3c517022abde0aa092bed74ff3c9fe6878483ef9e6e38de"), "{detail}");
    assert!(detail.contains(&mabataki_models::Digest::of(&bytes).to_string()), "{detail}");
}

#[test]
fn pictures_that_are_none_are_refused_and_the_file_is_named() {
    let command = trial();
    command.json(&["person", "add", "nurse01", "--name", "A"]);
    let jpeg = fs::read(home("samples/obama.jpg")).unwrap();
    let cases: [(&str, &[u8]); 4] = [
        ("truncated.jpg", &jpeg[..jpeg.len() / 3]),
        ("empty.jpg", b""),
        ("text.jpg", b"hello"),
        ("half.mjpeg", &jpeg[..999]),
    ];
    for (name, bytes) in cases {
        let path = command.folder().join(name);
        fs::write(&path, bytes).unwrap();
        let path = path.display().to_string();
        for args in [
            &["face", "detect", &path][..],
            &["enrol", "nurse01", "--frames", &path],
            &["authenticate", "--card", CARD, "--frames", &path],
        ] {
            let run = command.json(args);
            assert!([3, 4].contains(&run.exit), "{name}: {args:?}: {} {}", run.exit, run.stdout);
            assert!(run.stderr.contains(name), "{name} is not named: {}", run.stderr);
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        }
    }
    assert_eq!(command.json(&["person", "show", "nurse01"]).last()["templates"], 0);
}

#[test]
fn pictures_without_a_usable_face_enrol_nobody_and_say_why() {
    let command = trial();
    command.json(&["person", "add", "nurse01", "--name", "A"]);
    let folder = command.folder().join("pictures");
    fs::create_dir(&folder).unwrap();
    fs::copy(home("samples/obama_partial_face2.jpg"), folder.join("b.jpg")).unwrap();
    let run = command.json(&["enrol", "nurse01", "--frames", &folder.display().to_string()]);
    assert_eq!((run.exit, run.word("why")), (1, "too_few_samples"), "{}", run.stdout);
    assert_eq!(run.last()["enrolled"], false);
    assert!(run.last()["refused"].as_object().is_some_and(|refused| !refused.is_empty()), "{}", run.stdout);
    assert_eq!(command.json(&["person", "show", "nurse01"]).last()["templates"], 0);
    assert_eq!(command.json(&["audit", "list"]).word("outcome"), "refused");
}

#[test]
fn without_reader_or_camera_the_attempt_is_unavailable() {
    let command = trial();
    let run = command.json(&["card", "read", "--timeout", "1"]);
    assert_eq!(run.exit, 3, "{}", run.stdout);
    let run = command.json(&["authenticate", "--card", CARD, "--camera", "no such camera"]);
    assert_fails(&run, 3, "no_camera");
}

#[test]
fn faces_are_found_and_compared() {
    let command = Mabataki::new();
    let [a, b, c] = ["obama.jpg", "obama2.jpg", "biden.jpg"].map(|name| home(&format!("samples/{name}")));
    let found = command.json(&["face", "detect", &a, &c]);
    assert_eq!(found.lines.len(), 2);
    for line in &found.lines {
        let faces = line["faces"].as_array().unwrap();
        assert_eq!(faces.len(), 1);
        assert_eq!(faces[0]["box"].as_array().unwrap().len(), 4);
        assert_eq!(faces[0]["points"].as_array().unwrap().len(), 68);
        for key in ["score", "pose", "quality", "eyes", "live"] {
            assert!(!faces[0][key].is_null(), "{key}");
        }
    }
    let score = |a: &str, b: &str| command.json(&["face", "compare", a, b]).last()["score"].as_f64().unwrap();
    assert!(score(&a, &b) > 0.75);
    assert!(score(&a, &c) < 0.15);
}

#[test]
fn the_doctor_says_what_works_and_what_to_do_about_the_rest() {
    let report = trial().json(&["doctor"]);
    assert_eq!(report.exit, 3, "no reader, no camera: {}", report.stdout);
    for line in &report.lines {
        let ok = line["ok"].as_bool().unwrap();
        let expected = !["reader", "camera"].contains(&line["check"].as_str().unwrap());
        assert_eq!(ok, expected, "{line}");
        assert_eq!(line["fix"].as_str().unwrap().is_empty(), ok, "{line}");
    }
}

#[test]
fn whoever_looks_at_a_face_has_nothing_kept_in_their_home() {
    let command = trial();
    let nobodys = tempfile::tempdir().unwrap();
    let mut detect = command.command(&["face", "detect", &home("samples/obama.jpg")]);
    detect.env("HOME", nobodys.path()).env_remove("XDG_CACHE_HOME").env_remove("ORT_DISABLE_TELEMETRY");
    assert!(detect.output().unwrap().status.success());
    let kept: Vec<_> = fs::read_dir(nobodys.path()).unwrap().collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn japanese_is_spoken_where_the_terminal_speaks_it() {
    let command = trial();
    let run = command.text(&[
        "--lang",
        "ja",
        "authenticate",
        "--card",
        "type_a:08112233",
        "--frames",
        &home("samples/obama.jpg"),
    ]);
    assert_eq!(run.exit, 1);
    assert!(run.stdout.contains("拒否"), "{}", run.stdout);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
