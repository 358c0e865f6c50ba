//! `mabataki enrol`: the guided capture of a template.

use mabataki_engine::engine::{CaptureRequest, CaptureStep};
use mabataki_engine::session::EnrolmentResult;
use mabataki_engine::store::Profile;
use serde_json::{Map, Value, json};

use super::sources;
use crate::args::Enrol;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(args: Enrol, mut console: Console, out: &Output) -> Result<Exit, Failure> {
    let told = args.card.card.is_some() || args.card.reader.reader.is_some();
    let request = CaptureRequest {
        person: args.id.clone(),
        profile: args.name.as_deref().map(Profile::named),
        samples: args.samples.map(usize::from),
        frames: sources::needed_frames(&args.frames)?,
        cards: if told { Some(sources::cards(&args.card)?) } else { None },
        label: args.label,
        host: None,
    };
    let mut capture = console.acting().enrol(request)?;
    let mut exit = Exit::Refused;
    while let Some(step) = capture.next_step()? {
        match step {
            CaptureStep::Event(event) => {
                out.result(&json!({ "event": event.code() }), || event.text(out.lang).to_owned())?;
            }
            CaptureStep::Guide(guidance) => {
                let event =
                    json!({ "event": "guide", "guidance": guidance.code(), "text": guidance.text(out.lang) });
                out.result(&event, || guidance.text(out.lang).to_owned())?;
            }
            CaptureStep::Sample(taken, of) => {
                let event = json!({ "event": "sample", "taken": taken, "of": of });
                out.result(&event, || phrases::enrolment::picture_taken(out.lang, taken, of))?;
            }
            CaptureStep::Done(result) => {
                if result.template.is_some() && result.review.is_none() {
                    exit = Exit::Done;
                }
                finish(&args.id, &result, out)?;
            }
        }
    }
    Ok(exit)
}

fn finish(person: &str, result: &EnrolmentResult, out: &Output) -> Result<(), Failure> {
    let refused: Map<String, Value> =
        result.refused.iter().map(|(reason, count)| (reason.code().to_owned(), json!(count))).collect();
    let enrolled = result.template.is_some() && result.review.is_none();
    let why = result.failure.map(|failure| failure.code()).or(result.review.map(|reason| reason.code()));
    let report = json!({
        "event": "done",
        "id": person,
        "enrolled": enrolled,
        "samples": result.samples,
        "quality": (f64::from(result.quality) * 1000.0).round() / 1000.0,
        "refused": refused,
        "not_compared": result.left_out,
        "why": why,
    });
    out.result(&report, || phrases::enrolment::done(out.lang, person, result))
}
