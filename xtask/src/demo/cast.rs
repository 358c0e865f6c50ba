//! Who appears in the demo, and in which stretches of the recordings. All are real and recorded; whose pictures
//! they are is told in `.mabataki/samples/NOTICE`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::attempt::{Attempt, Expected};
use super::clip;
use super::terminal::{Terminal, argument};
use super::warp::{self, Point};
use crate::error::Error;
use crate::layout::Layout;

/// Frames a second of the two recordings: their containers' own rates.
pub(super) const FIRST_FPS: f64 = 30.0;
const SECOND_FPS: f64 = 24_000.0 / 1001.0;
const RENDERED_FPS: f64 = 30.0;

/// The card that is bound to the first person, one that is bound to nobody, one that draws a new number at every
/// tap, and the card of the person in the photographs.
pub(super) const CARD: &str = "fcf";
const UNKNOWN_CARD: &str = "transit";
const RANDOM_CARD: &str = "desfire_random";
pub(super) const PHOTOGRAPHED_CARD: &str = "ntag213";

/// Pixels of the longer side of a photograph shown on a screen.
const SHOWN_SIDE: u32 = 800;

/// The files of the demo, made in a folder that goes with it.
pub(super) struct Cast {
    /// The first person, without a blink: for enrolment.
    pub(super) enrolment: PathBuf,
    /// Photographs of another person: for enrolment.
    pub(super) photographs: PathBuf,
    blinking: PathBuf,
    other_person: PathBuf,
    still: PathBuf,
    rendered: PathBuf,
}

impl Cast {
    /// Cuts and renders what is shown.
    pub(super) fn prepare(layout: &Layout, terminal: &Terminal, folder: &Path) -> Result<Self, Error> {
        let samples = layout.samples();
        let file = |name: &str| folder.join(name);
        let cast = Self {
            enrolment: file("enrolment.mjpeg"),
            photographs: file("photographs"),
            blinking: file("blinking.mjpeg"),
            other_person: file("other-person.mjpeg"),
            still: file("still.jpg"),
            rendered: file("rendered.mjpeg"),
        };
        let first = samples.join("single_face.mjpeg");
        clip::cut(&first, 40..=71, &cast.enrolment)?;
        // The blink is at 26 to 29.
        clip::cut(&first, 0..=39, &cast.blinking)?;
        clip::cut(&first, 50..=50, &cast.still)?;
        // Natural blinks at 386 to 388 and 425 to 432.
        clip::cut(&samples.join("WolfgangLanger_Pexels.mjpeg"), 360..=436, &cast.other_person)?;

        fs::create_dir_all(&cast.photographs).map_err(Error::io("make the folder", &cast.photographs))?;
        for name in ["obama.jpg", "obama2.jpg", "obama3.jpg"] {
            warp::shrink(&samples.join(name), SHOWN_SIDE, &cast.photographs.join(name))?;
        }
        let photograph = cast.photographs.join("obama3.jpg");
        warp::render(&photograph, &landmarks(terminal, &photograph)?, &cast.rendered)?;
        Ok(cast)
    }

    /// What is tried, in this order.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        vec![
            Attempt {
                name: "card_face_blink",
                title: "the enrolled person with their card",
                card: CARD,
                frames: self.blinking.clone(),
                fps: FIRST_FPS,
                expected: Expected::Exactly("granted", "matched"),
            },
            Attempt {
                name: "other_face",
                title: "another person with the same card",
                card: CARD,
                frames: self.other_person.clone(),
                fps: SECOND_FPS,
                expected: Expected::Exactly("denied", "no_match"),
            },
            Attempt {
                name: "still_photo",
                title: "a still photo of the enrolled person",
                card: CARD,
                frames: self.still.clone(),
                fps: FIRST_FPS,
                expected: Expected::Exactly("denied", "liveness"),
            },
            Attempt {
                name: "unknown_card",
                title: "a card that is bound to nobody",
                card: UNKNOWN_CARD,
                frames: self.blinking.clone(),
                fps: FIRST_FPS,
                expected: Expected::Exactly("denied", "card_unknown"),
            },
            Attempt {
                name: "random_uid",
                title: "a card that draws a new number at every tap",
                card: RANDOM_CARD,
                frames: self.blinking.clone(),
                fps: FIRST_FPS,
                expected: Expected::Exactly("denied", "card_random_id"),
            },
        ]
    }

    /// A photograph whose lids are warped shut. It is an attack, and nothing is claimed about it.
    pub(super) fn attack(&self) -> Attempt {
        Attempt {
            name: "warped_still",
            title: "an attack: a photo whose eyelids are drawn shut",
            card: PHOTOGRAPHED_CARD,
            frames: self.rendered.clone(),
            fps: RENDERED_FPS,
            expected: Expected::Open,
        }
    }
}

/// The 68 landmarks of the widest face, by the command itself.
fn landmarks(terminal: &Terminal, picture: &Path) -> Result<[Point; 68], Error> {
    let found = terminal.tell(&["face", "detect", &argument(picture)])?;
    widest_face(&found).ok_or_else(|| Error::NoLandmarks { picture: picture.to_owned() })
}

fn widest_face(found: &Value) -> Option<[Point; 68]> {
    let width = |face: &&Value| face["box"][2].as_f64().unwrap_or_default();
    let face = found["faces"].as_array()?.iter().max_by(|a, b| width(a).total_cmp(&width(b)))?;
    let points: Option<Vec<Point>> = face["points"]
        .as_array()?
        .iter()
        .map(|point| Some([point[0].as_f64()? as f32, point[1].as_f64()? as f32]))
        .collect();
    points?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_widest_face_gives_the_landmarks() {
        let face = |width: f32, x: f32| json!({"box": [0, 0, width, 1], "points": vec![[x, 2.0]; 68]});
        let found = json!({"faces": [face(10.0, 1.0), face(30.0, 3.0), face(20.0, 2.0)]});
        assert_eq!(widest_face(&found), Some([[3.0, 2.0]; 68]));
    }

    #[test]
    fn a_face_without_all_landmarks_gives_none() {
        assert_eq!(widest_face(&json!({"faces": []})), None);
        assert_eq!(widest_face(&json!({"faces": [{"box": [0, 0, 1, 1], "points": [[1, 2]]}]})), None);
        assert_eq!(widest_face(&json!({})), None);
    }
}
