//! A face is forgotten, and the person is not.

use mabataki_test_support::clip::cut;
use mabataki_test_support::{Mabataki, workspace};

use crate::support::{CARD, authenticate, ends, fails, ward};

fn her(command: &Mabataki, range: std::ops::RangeInclusive<usize>) -> String {
    let clip = workspace().join(".mabataki/samples/single_face.mjpeg");
    assert!(clip.exists(), "{} is missing: cargo xtask setup makes it", clip.display());
    cut(&clip, range, command.folder()).display().to_string()
}

#[test]
fn after_consent_is_withdrawn_only_the_face_is_forgotten_with_a_receipt() {
    let command = ward();
    fails(&command.json(&["person", "forget-face", "nurse01"]), 2, "not_found");
    fails(&command.json(&["person", "forget-face", "nobody"]), 2, "not_found");
    ends(&command.json(&["enrol", "nurse01", "--frames", &her(&command, 40..=71)]), 0);
    let frames = her(&command, 0..=39);
    let by_face = ["authenticate", "--card", CARD, "--frames", &frames];
    assert_eq!(command.json(&by_face).word("outcome"), "granted");
    ends(&authenticate(&command, &[]), 0);
    assert_eq!(command.json(&["grant", "list"]).lines.len(), 2);

    ends(&command.json(&["person", "consent", "nurse01", "--withdraw"]), 0);
    let receipt = command.json(&["person", "forget-face", "nurse01"]);
    ends(&receipt, 0);
    let rows = receipt.last()["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["what"]), (1, &"template".into()), "{}", receipt.stdout);
    assert_eq!(rows[0]["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(receipt.last()["wiped"], true);
    let log = command.json(&["audit", "list"]);
    let record = log.lines.iter().find(|line| line["seq"] == receipt.last()["seq"]).unwrap();
    assert_eq!((&record["operation"], &record["object"]), (&"face_remove".into(), &"nurse01".into()));

    let person = command.json(&["person", "show", "nurse01"]);
    assert_eq!((&person.last()["templates"], &person.last()["cards"]), (&0.into(), &1.into()));
    let live = command.json(&["grant", "list"]);
    assert_eq!(live.lines.len(), 1, "{}", live.stdout);
    assert_eq!(live.last()["factors"][1]["factor"], "password", "{}", live.stdout);
    let refused = command.json(&by_face);
    assert_eq!((refused.exit, refused.word("why")), (1, "not_enrolled"), "{}", refused.stdout);
    ends(&authenticate(&command, &[]), 0);
    let text = command.text(&["--lang", "ja", "person", "forget-face", "nurse01"]);
    ends(&text, 2);

    ends(&command.json(&["enrol", "nurse01", "--frames", &her(&command, 40..=71)]), 0);
    assert_eq!(command.json(&by_face).word("outcome"), "granted");
    let text = command.text(&["person", "forget-face", "nurse01"]).stdout;
    assert!(text.starts_with("the face of nurse01 forgotten on 20"), "{text}");
    assert!(text.contains("Nothing of it is left"), "{text}");
}
