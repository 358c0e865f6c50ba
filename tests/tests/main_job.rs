//! The main job, end to end: a person is enrolled and let in with card, face and a blink; everybody else is not.

#![cfg(test)]

use std::path::{Path, PathBuf};

use mabataki_models::Digest;
use mabataki_test_support::{Mabataki, clip::cut, workspace};

const CARD: &str = "felica:0114B34C1A2B3C4D";

fn sample(name: &str) -> String {
    let path = workspace().join(".mabataki/samples").join(name);
    assert!(path.exists(), "{} is missing: cargo xtask setup makes it", path.display());
    path.display().to_string()
}

/// The person of one recording: frames to enrol from, and frames of another moment, with a blink, to be let in by.
fn her(command: &Mabataki, range: std::ops::RangeInclusive<usize>) -> String {
    cut(Path::new(&sample("single_face.mjpeg")), range, command.folder()).display().to_string()
}

/// The person of the other recording, blinking.
fn him(command: &Mabataki) -> String {
    let clip = sample("WolfgangLanger_Pexels.mjpeg");
    cut(Path::new(&clip), 360..=436, command.folder()).display().to_string()
}

/// A store for trials in which `person` has the card and is enrolled from `frames`.
fn enrolled(person: &str, frames: impl Fn(&Mabataki) -> String) -> Mabataki {
    let command = Mabataki::new();
    let frames = frames(&command);
    assert_eq!(command.json(&["init", "--open"]).exit, 0);
    assert_eq!(command.json(&["person", "add", person, "--name", "A Person"]).exit, 0);
    assert_eq!(command.json(&["card", "bind", person, "--card", CARD]).exit, 0);
    let enrolled = command.json(&["enrol", person, "--frames", &frames]);
    assert_eq!(enrolled.exit, 0, "{}", enrolled.stdout);
    assert!(enrolled.last()["samples"].as_u64() >= Some(3), "{}", enrolled.stdout);
    command
}

#[test]
fn the_person_enrolled_is_let_in_and_the_log_says_so() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let run = command.json(&["authenticate", "--card", CARD, "--frames", &her(&command, 0..=39)]);
    assert_eq!((run.exit, run.word("outcome"), run.word("why")), (0, "granted", "matched"), "{}", run.stdout);
    assert_eq!(run.word("subject"), "nurse01");
    assert_eq!(run.last()["factors"], serde_json::json!(["card", "face"]));
    assert!(run.last().get("score").is_none(), "a score was told: {}", run.stdout);
    let events: Vec<_> = run.lines.iter().filter_map(|line| line["event"].as_str()).collect();
    for event in ["card_read", "face_found", "blink_seen"] {
        assert!(events.contains(&event), "{event} is missing: {events:?}");
    }
    assert!(run.lines.iter().any(|line| line["guidance"] == "please_blink"), "{}", run.stdout);

    let log = command.json(&["audit", "list"]);
    let record = log.last();
    assert_eq!(record["operation"], "authenticate");
    assert_eq!(record["outcome"], "granted");
    assert_eq!((&record["subject"], &record["name"]), (&"nurse01".into(), &"A Person".into()));
    assert_eq!((&record["standing"], &record["source"]), (&"proved".into(), &"engine".into()));
    assert_eq!(record["host_supplied"], serde_json::json!({ "frames": true, "card": true }));
    let numbers: Vec<_> = log.lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(!log.stdout.contains("0114B34C1A2B3C4D") && !log.stdout.contains("0114b34c1a2b3c4d"));
}

#[test]
fn another_face_with_the_same_card_is_refused() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let run = command.json(&["authenticate", "--card", CARD, "--frames", &him(&command)]);
    assert_eq!((run.exit, run.word("outcome"), run.word("why")), (1, "denied", "no_match"), "{}", run.stdout);
}

#[test]
fn a_still_photo_of_the_person_is_refused_for_liveness() {
    let photos = tempfile::tempdir().unwrap();
    for name in ["obama.jpg", "obama2.jpg", "obama3.jpg"] {
        std::fs::copy(sample(name), photos.path().join(name)).unwrap();
    }
    let command = enrolled("doctor01", |_| photos.path().display().to_string());
    let run = command.json(&["authenticate", "--card", CARD, "--frames", &sample("obama.jpg")]);
    assert_eq!((run.exit, run.word("outcome"), run.word("why")), (1, "denied", "liveness"), "{}", run.stdout);
    assert_eq!(run.word("detail"), "no_blink");
    assert!(run.last()["ms"].as_u64() >= Some(20_000), "denied before the time was up: {}", run.stdout);
}

#[test]
fn an_unknown_card_and_a_card_with_a_random_number_are_refused() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let frames = her(&command, 0..=39);
    for (card, why) in [("felica:0114B34C1A2B3C4E", "card_unknown"), ("type_a:08112233", "card_random_id")] {
        let run = command.json(&["authenticate", "--card", card, "--frames", &frames]);
        assert_eq!((run.exit, run.word("outcome"), run.word("why")), (1, "denied", why), "{}", run.stdout);
    }
}

#[test]
fn until_the_verdict_an_unknown_card_is_treated_like_a_known_one() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let frames = her(&command, 0..=39);
    let steps = |card: &str| {
        let mut run = command.json(&["authenticate", "--card", card, "--frames", &frames]);
        run.lines.pop();
        run.lines
    };
    let known = steps(CARD);
    assert!(known.iter().any(|line| line["event"] == "blink_seen"), "{known:?}");
    assert_eq!(known, steps("felica:0114B34C1A2B3C4E"));
}

#[test]
fn a_suspended_card_and_a_disabled_person_are_refused_until_restored() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let frames = her(&command, 0..=39);
    let why = || command.json(&["authenticate", "--card", CARD, "--frames", &frames]).word("why").to_owned();
    let handle = command.json(&["card", "list"]).word("handle").to_owned();

    assert_eq!(command.json(&["card", "suspend", &handle]).exit, 0);
    assert_eq!(why(), "card_revoked");
    assert_eq!(command.json(&["card", "restore", &handle]).exit, 0);
    assert_eq!(command.json(&["person", "disable", "nurse01"]).exit, 0);
    assert_eq!(why(), "disabled");
    assert_eq!(command.json(&["person", "disable", "nurse01", "--undo"]).exit, 0);
    assert_eq!(why(), "matched");
}

#[test]
fn a_template_of_another_model_is_refused_and_the_log_names_whose_it_is() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let pack = pack_with_another_embedding_model(command.folder());
    assert_eq!(command.json(&["--pack", &pack, "pin", "set"]).exit, 0);
    let frames = her(&command, 0..=39);
    let run = command.json(&["--pack", &pack, "authenticate", "--card", CARD, "--frames", &frames]);
    assert_eq!((run.exit, &run.last()["error"]["code"]), (4, &"other_model".into()), "{}", run.stdout);
    let log = command.json(&["audit", "list"]);
    let told = ["outcome", "reason", "subject", "name"].map(|key| log.word(key));
    assert_eq!(told, ["failed", "other_model", "nurse01", "A Person"]);
}

#[test]
fn any_video_is_played_where_ffmpeg_is_on_the_path() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let video = command.folder().join("video.mp4").display().to_string();
    let clip = her(&command, 0..=39);
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-r", "30", "-i", &clip, "-pix_fmt", "yuv420p", &video])
        .status();
    if made.is_err() {
        eprintln!("skipped: no ffmpeg on PATH");
        return;
    }
    let run = command.json(&["authenticate", "--card", CARD, "--frames", &video]);
    assert_eq!((run.exit, run.word("outcome")), (0, "granted"), "{}", run.stdout);
    let whole = std::fs::read(&video).unwrap();
    std::fs::write(&video, &whole[..whole.len() / 2]).unwrap();
    let cut = command.json(&["authenticate", "--card", CARD, "--frames", &video]);
    assert_eq!(cut.exit, 4, "{}", cut.stdout);
    assert!(cut.stderr.contains("video.mp4"), "{}", cut.stderr);
}

#[test]
fn identification_finds_the_person_and_not_a_stranger() {
    let command = enrolled("nurse01", |command| her(command, 40..=71));
    let found = command.json(&["identify", "--frames", &her(&command, 0..=39)]);
    assert_eq!(found.exit, 0, "{}", found.stdout);
    assert_eq!(found.last()["hits"][0]["subject"], "nurse01");
    let stranger = command.json(&["identify", "--frames", &him(&command)]);
    assert_eq!(stranger.exit, 1, "{}", stranger.stdout);
    assert_eq!(stranger.last()["hits"][0]["matched"], false);
}

#[test]
fn on_the_recorded_clips_the_person_enrolled_is_let_in_and_nobody_else_is() {
    let clips = workspace().join("../shared/data/video");
    if !clips.is_dir() {
        eprintln!("skipped: no recorded clips at {}", clips.display());
        return;
    }
    let command = enrolled("andrew", |_| clip(&clips.join("andrew_a.mjpeg")));
    for path in mjpegs(&clips) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let truth = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
        let fps = truth["fps"].to_string();
        let run = command.json(&["authenticate", "--card", CARD, "--frames", &clip(&path), "--fps", &fps]);
        let expected = if name.starts_with("andrew") { (0, "granted") } else { (1, "denied") };
        assert_eq!((run.exit, run.word("outcome")), expected, "{name}: {}", run.stdout);
    }
}

/// The pack in use, but for a note in the embedding model's file: the same numbers from another model.
fn pack_with_another_embedding_model(folder: &Path) -> String {
    const FILE: &str = "fr_feature.onnx";
    let (from, to) = (workspace().join(".mabataki/pack"), folder.join("pack"));
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(&from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    let mut model = std::fs::read(from.join(FILE)).unwrap();
    let (digest, length) = (Digest::of(&model).to_string(), format!("bytes = {}", model.len()));
    // Field 6 of an ONNX model, its description, of one character.
    model.extend([0x32, 1, b'x']);
    std::fs::write(to.join(FILE), &model).unwrap();
    let manifest = std::fs::read_to_string(from.join("manifest.toml")).unwrap();
    assert!(manifest.contains(&digest) && manifest.contains(&length), "{FILE} is not a model of the pack");
    let manifest = manifest
        .replace(&digest, &Digest::of(&model).to_string())
        .replace(&length, &format!("bytes = {}", model.len()));
    std::fs::write(to.join("manifest.toml"), manifest).unwrap();
    to.display().to_string()
}

fn clip(path: &Path) -> String {
    path.display().to_string()
}

fn mjpegs(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mjpeg"))
        .collect();
    paths.sort();
    paths
}
