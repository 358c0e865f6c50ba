//! `mabataki identify`: one face against everybody enrolled.

use mabataki_engine::session::Guidance;
use serde_json::json;

use super::sources;
use crate::args::Identify;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(args: &Identify, mut console: Console, out: &Output) -> Result<Exit, Failure> {
    let frames = sources::needed_frames(&args.frames)?;
    let Some(hits) = console.engine.identify(frames, usize::from(args.top))? else {
        let none: [(); 0] = [];
        out.result(&json!({ "hits": none, "why": "no_face" }), || {
            Guidance::ShowFace.text(out.lang).to_owned()
        })?;
        return Ok(Exit::Undecided);
    };
    let found = hits.first().is_some_and(|hit| hit.matched);
    let list: Vec<_> = hits
        .iter()
        .map(|hit| json!({ "subject": hit.person, "score": hit.score, "matched": hit.matched }))
        .collect();
    out.result(&json!({ "hits": list }), || {
        let lines = hits.iter().map(|hit| {
            format!("{} {:<16} {:.3}", if hit.matched { "*" } else { " " }, hit.person, hit.score)
        });
        lines.collect::<Vec<_>>().join("\n")
    })?;
    Ok(if found { Exit::Done } else { Exit::Refused })
}
