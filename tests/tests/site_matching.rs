//! A site's own matching, end to end: its threshold, calibrated on its people, and its rotation, renewed.

#![cfg(test)]

use std::path::Path;

use mabataki_test_support::{Mabataki, clip::cut, workspace};

fn clip(command: &Mabataki, name: &str, range: std::ops::RangeInclusive<usize>) -> String {
    let path = workspace().join(".mabataki/samples").join(name);
    assert!(path.exists(), "{} is missing: cargo xtask setup makes it", path.display());
    cut(Path::new(&path), range, command.folder()).display().to_string()
}

/// A store in which a woman and a man are enrolled.
fn site() -> Mabataki {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--open"]).exit, 0);
    let her = clip(&command, "single_face.mjpeg", 40..=71);
    let him = clip(&command, "WolfgangLanger_Pexels.mjpeg", 160..=200);
    for (id, frames) in [("nurse01", &her), ("nurse02", &him)] {
        assert_eq!(command.json(&["person", "add", id, "--name", "A Person"]).exit, 0);
        let enrolled = command.json(&["enrol", id, "--frames", frames]);
        assert_eq!(enrolled.exit, 0, "{}", enrolled.stdout);
    }
    command
}

#[test]
fn a_calibration_on_two_people_claims_no_more_than_one_pair_shows() {
    let command = site();
    let none = command.json(&["calibrate", "--show"]);
    assert_eq!((none.exit, &none.last()["calibration"]), (0, &serde_json::Value::Null));

    let run = command.json(&["calibrate", "--fmr", "1e-4"]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
    let found = run.last();
    assert_eq!(found["alike"], serde_json::json!([]));
    assert_eq!((&found["impostor_pairs"], &found["people"]), (&1.into(), &2.into()));
    assert_eq!((&found["basis"], &found["one_person"]), (&"pack".into(), &0.into()));
    assert_eq!((&found["fmr_target"], &found["threshold"]), (&1e-4.into(), &found["pack_threshold"]));
    assert!(found["least_shown"].as_f64() > Some(0.9), "{found}");

    let shown = command.json(&["calibrate", "--show"]);
    assert_eq!(shown.last()["date"], found["date"]);
    let text = command.text(&["--lang", "ja", "calibrate", "--show"]);
    assert!(text.stdout.contains("しきい値"), "{}", text.stdout);
    let log = command.json(&["audit", "list"]);
    assert_eq!((&log.last()["operation"], &log.last()["outcome"]), (&"calibrate".into(), &"done".into()));

    let beyond = command.json(&["calibrate", "--fmr", "1e-12"]);
    assert_eq!(
        (beyond.exit, beyond.last()["error"]["code"].as_str().unwrap_or_default()),
        (3, "not_calibrated")
    );
}

#[test]
fn after_the_rotation_is_renewed_people_are_known_as_before_without_being_enrolled_again() {
    let command = site();
    let him = clip(&command, "WolfgangLanger_Pexels.mjpeg", 380..=390);
    let nearest = || {
        let run = command.json(&["identify", "--frames", &him]);
        assert_eq!(run.exit, 0, "{}", run.stdout);
        let hit = run.last()["hits"][0].clone();
        assert_eq!((&hit["subject"], &hit["matched"]), (&"nurse02".into(), &true.into()), "{hit}");
    };
    nearest();
    for _ in 0..2 {
        let renewed = command.json(&["rotation", "renew"]);
        assert_eq!((renewed.exit, &renewed.last()["templates"]), (0, &2.into()), "{}", renewed.stdout);
    }
    nearest();
    let log = command.json(&["audit", "list"]);
    let renewals = log.lines.iter().filter(|line| line["operation"] == "rotation_renew").count();
    assert_eq!(renewals, 2);
}
