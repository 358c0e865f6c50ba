//! `cargo xtask demo --live`: the same steps with the camera and the reader that are there.

use serde_json::Value;

use super::terminal::{Terminal, text};
use crate::command;
use crate::error::Error;
use crate::narrate::{Narrator, Tone};

/// The id of whoever sits in front of the camera.
const YOU: &str = "you";

/// The devices to use; the first there is where none is named.
pub(crate) struct Devices {
    pub(crate) camera: Option<String>,
    pub(crate) reader: Option<String>,
}

/// Enrols whoever is there, then lets them in, in the command's own words.
pub(super) fn run(terminal: &Terminal, devices: &Devices, narrator: &Narrator) -> Result<(), Error> {
    narrator.heading("camera and reader");
    let mut missing = false;
    terminal.run(&["doctor"], |line| {
        if let Some((there, label, said)) = device(line) {
            missing |= !there;
            narrator.item(if there { Tone::Good } else { Tone::Bad }, label, &said);
        }
        Ok(())
    })?;
    if missing {
        return Err(Error::NoDevices);
    }
    let reader = flag("--reader", devices.reader.as_deref());
    let camera = flag("--camera", devices.camera.as_deref());
    terminal.tell(&["init", "--open"])?;
    terminal.tell(&["person", "add", YOU, "--name", "You"])?;
    for (title, words, sources) in [
        ("your card", &["card", "bind", YOU, "--label", "Your card"][..], vec![&reader]),
        ("your face: look into the camera", &["enrol", YOU], vec![&camera]),
        ("now come in: card, face, and a blink when asked", &["authenticate"], vec![&reader, &camera]),
    ] {
        narrator.heading(title);
        let words: Vec<&str> = words.iter().copied().chain(sources.into_iter().flatten().copied()).collect();
        command::openly(&mut terminal.command(&words), "cargo builds it")?;
    }
    Ok(())
}

/// Whether a device is there, which it is, and what to say of it; none for the doctor's other checks.
fn device(line: &Value) -> Option<(bool, &'static str, String)> {
    let label = match text(line, "check") {
        "camera" => "camera",
        "reader" => "reader",
        _ => return None,
    };
    let there = line.get("ok").and_then(Value::as_bool).unwrap_or(false);
    let fix = match text(line, "fix") {
        "" => String::new(),
        fix => format!(": {fix}"),
    };
    Some((there, label, format!("{}{fix}", text(line, "detail"))))
}

/// A source's flag, with the device's name where one is asked for.
fn flag<'a>(name: &'a str, device: Option<&'a str>) -> Vec<&'a str> {
    std::iter::once(name).chain(device).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_device_is_told_with_its_remedy() {
        let line = json!({"check": "camera", "ok": false, "detail": "no camera", "fix": "plug one in"});
        assert_eq!(device(&line), Some((false, "camera", "no camera: plug one in".to_owned())));
    }

    #[test]
    fn only_camera_and_reader_are_told() {
        assert_eq!(device(&json!({"check": "store", "ok": false, "detail": "d", "fix": ""})), None);
    }

    #[test]
    fn a_device_is_named_only_when_one_is_asked_for() {
        assert_eq!(flag("--camera", None), ["--camera"]);
        assert_eq!(flag("--camera", Some("1")), ["--camera", "1"]);
    }
}
