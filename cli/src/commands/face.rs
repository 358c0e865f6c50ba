//! `mabataki face`: primitives, on pictures.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mabataki_engine::engine::Error;
use mabataki_engine::face::{Analyser, FaceObservation, Want};
use mabataki_engine::frame::open_still;
use mabataki_engine::inference::Runtime;
use mabataki_engine::matching;
use mabataki_models::Pack;
use serde_json::{Value, json};

use crate::args::Face;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

pub(super) fn run(command: &Face, places: &Places, out: &Output) -> Result<Exit, Failure> {
    let mut analyser = analyser(places)?;
    match command {
        Face::Detect { images } => {
            let want = Want { eyes: true, spoof: true, embedding: false };
            for image in images {
                let faces = faces(&mut analyser, image, want)?;
                let list: Vec<Value> = faces.iter().map(describe).collect();
                out.result(&json!({ "image": image, "faces": list }), || prose(image, &faces))?;
            }
            Ok(Exit::Done)
        }
        Face::Compare { a, b } => compare(&mut analyser, a, b, out),
    }
}

/// The measuring part alone: pictures need no store.
pub(super) fn analyser(places: &Places) -> Result<Analyser, Failure> {
    let pack = Pack::open(&places.pack).map_err(Error::from)?;
    let runtime = Runtime::load(&places.runtime).map_err(Error::from)?;
    Ok(Analyser::open(&pack, &runtime).map_err(Error::from)?)
}

fn faces(analyser: &mut Analyser, image: &Path, want: Want) -> Result<Vec<FaceObservation>, Failure> {
    let picture = open_still(image).map_err(Error::from)?;
    let frame = picture.frame(Duration::ZERO).map_err(Error::from)?;
    Ok(analyser.faces(&frame, want).map_err(Error::from)?)
}

fn compare(analyser: &mut Analyser, a: &PathBuf, b: &PathBuf, out: &Output) -> Result<Exit, Failure> {
    let want = Want { embedding: true, ..Want::default() };
    let mut embeddings = Vec::with_capacity(2);
    for image in [a, b] {
        let found = faces(analyser, image, want)?;
        let widest = found.into_iter().max_by(|a, b| a.rect.width.total_cmp(&b.rect.width));
        let Some(embedding) = widest.and_then(|face| face.embedding) else {
            let report = json!({ "score": null, "why": "no_face", "image": image });
            out.result(&report, || format!("{}: no face found", image.display()))?;
            return Ok(Exit::Refused);
        };
        embeddings.push(embedding);
    }
    let score = matching::cosine(&embeddings[0], &embeddings[1]).map_err(Error::from)?;
    let fmr = analyser.calibration().fmr_at(score);
    out.result(&json!({ "score": score, "fmr": fmr }), || {
        format!("score {score:.3}: strangers reach it in {fmr:.1e} of comparisons")
    })?;
    Ok(Exit::Done)
}

fn describe(face: &FaceObservation) -> Value {
    let quality = &face.quality;
    json!({
        "box": [face.rect.x, face.rect.y, face.rect.width, face.rect.height],
        "score": face.score,
        "points": face.landmarks.iter().map(|point| [point.x, point.y]).collect::<Vec<_>>(),
        "pose": { "yaw": face.pose.yaw, "pitch": face.pose.pitch, "roll": face.pose.roll },
        "quality": {
            "score": quality.score,
            "brightness": quality.brightness,
            "contrast": quality.contrast,
            "sharpness": quality.sharpness,
            "clipped_dark": quality.clipped_dark,
            "clipped_bright": quality.clipped_bright,
            "back_light": quality.back_light,
            "hint": quality.hint.map(|hint| mabataki_engine::session::Guidance::from(hint).code()),
        },
        "eyes": face.eyes.map(|eyes| json!({
            "left": { "closed": eyes.left.closed, "aspect_ratio": eyes.left.aspect_ratio },
            "right": { "closed": eyes.right.closed, "aspect_ratio": eyes.right.aspect_ratio },
        })),
        "live": face.live,
    })
}

fn prose(image: &Path, faces: &[FaceObservation]) -> String {
    let mut text = format!("{}: {} face(s)", image.display(), faces.len());
    for face in faces {
        let rect = face.rect;
        text.push_str(&format!(
            "\n  {:.0}x{:.0} at {:.0},{:.0}  score {:.2}  quality {:.2}  yaw {:.0} pitch {:.0} roll {:.0}  live {}",
            rect.width,
            rect.height,
            rect.x,
            rect.y,
            face.score,
            face.quality.score,
            face.pose.yaw,
            face.pose.pitch,
            face.pose.roll,
            face.live.map_or_else(|| "-".to_owned(), |live| format!("{live:.2}")),
        ));
    }
    text
}
