//! One attempt to be let in: what is shown, what should come of it, what came of it.

use std::path::PathBuf;

use mabataki_test_support::{VirtualReader, persona};
use serde_json::{Value, json};

use super::terminal::{Terminal, argument, text};
use crate::error::Error;
use crate::narrate::{Narrator, Tone};

/// Somebody shows a card and something like a face.
pub(super) struct Attempt {
    /// A stable word for programs.
    pub(super) name: &'static str,
    /// What a person reads.
    pub(super) title: &'static str,
    /// The card's persona.
    pub(super) card: &'static str,
    pub(super) frames: PathBuf,
    /// Frames a second.
    pub(super) fps: f64,
    pub(super) expected: Expected,
}

/// What should come of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// This outcome for this reason; anything else fails the demo.
    Exactly(&'static str, &'static str),
    /// Whatever comes: it is measured, nothing is claimed.
    Open,
}

/// What came of an attempt.
#[derive(Debug)]
pub(super) struct Result {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) outcome: String,
    pub(super) why: String,
    pub(super) expected: Expected,
}

impl Attempt {
    /// Shows the card when the terminal asks for it, and tells each step as it happens.
    pub(super) fn run(
        &self,
        terminal: &Terminal,
        reader: &mut VirtualReader,
        narrator: &Narrator,
    ) -> std::result::Result<Result, Error> {
        let (frames, fps) = (argument(&self.frames), self.fps.to_string());
        let arguments = ["authenticate", "--reader", "--frames", &frames, "--fps", &fps];
        reader.insert(persona::by_name(self.card)?)?;
        let mut events = Vec::new();
        let last = terminal.run(&arguments, |event| {
            if let Some((label, said)) = step(event) {
                // A prompt that comes back is not told twice.
                if !events.contains(&said) {
                    narrator.item(Tone::Note, label, &said);
                    events.push(said);
                }
            }
            Ok(())
        });
        reader.remove()?;
        let last = last?;
        let result = Result {
            name: self.name,
            title: self.title,
            outcome: text(&last, "outcome").to_owned(),
            why: text(&last, "why").to_owned(),
            expected: self.expected,
        };
        result.tell(&last, narrator);
        Ok(result)
    }
}

/// What a person is told of an event; nothing of those that only programs need.
fn step(event: &Value) -> Option<(&'static str, String)> {
    match text(event, "event") {
        "card_read" => Some(("card", "card tapped".to_owned())),
        "face_found" => Some(("camera", "face found".to_owned())),
        "blink_seen" => Some(("camera", "blink seen".to_owned())),
        "guide" => match text(event, "guidance") {
            "tap_card" | "show_face" | "hold_still" | "done" => None,
            _ => Some(("screen", format!("“{}”", text(event, "text")))),
        },
        _ => None,
    }
}

impl Result {
    /// Whether it came as it should.
    pub(super) fn is_as_expected(&self) -> bool {
        match self.expected {
            Expected::Exactly(outcome, why) => self.outcome == outcome && self.why == why,
            Expected::Open => true,
        }
    }

    /// The line for programs.
    pub(super) fn json(&self) -> Value {
        json!({ "name": self.name, "outcome": self.outcome, "why": self.why })
    }

    fn tell(&self, last: &Value, narrator: &Narrator) {
        let tone = if self.outcome == "granted" { Tone::Good } else { Tone::Bad };
        let outcome = narrator.toned(tone, &self.outcome.to_uppercase());
        narrator.item(Tone::Plain, "", &format!("{outcome}  {}", text(last, "text")));
        if let (false, Expected::Exactly(outcome, why)) = (self.is_as_expected(), self.expected) {
            let line = format!("expected {outcome} ({why}), found {} ({})", self.outcome, self.why);
            narrator.item(Tone::Bad, "NOT AS EXPECTED", &line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(outcome: &str, why: &str, expected: Expected) -> Result {
        let (outcome, why) = (outcome.to_owned(), why.to_owned());
        Result { name: "a", title: "A", outcome, why, expected }
    }

    #[test]
    fn outcome_and_reason_must_both_be_the_expected_ones() {
        let expected = Expected::Exactly("denied", "liveness");
        assert!(result("denied", "liveness", expected).is_as_expected());
        assert!(!result("denied", "no_match", expected).is_as_expected());
        assert!(!result("granted", "liveness", expected).is_as_expected());
        assert!(result("granted", "matched", Expected::Open).is_as_expected());
    }

    #[test]
    fn a_program_reads_name_outcome_and_why() {
        let json = result("denied", "no_match", Expected::Open).json();
        assert_eq!(json.to_string(), r#"{"name":"a","outcome":"denied","why":"no_match"}"#);
    }

    #[test]
    fn a_person_is_told_prompts_in_the_terminals_own_words() {
        let blink = json!({"event": "guide", "guidance": "please_blink", "text": "Please blink."});
        assert_eq!(step(&blink), Some(("screen", "“Please blink.”".to_owned())));
        assert_eq!(step(&json!({"event": "blink_seen"})), Some(("camera", "blink seen".to_owned())));
        assert_eq!(step(&json!({"event": "need", "need": ["card"]})), None);
    }
}
