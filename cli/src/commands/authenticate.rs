//! `mabataki authenticate`: the main job.

use mabataki_engine::engine::{AttemptRequest, Engine, Error, Step};
use mabataki_engine::policy::{Factor, Factors, Policy};
use mabataki_engine::session::{Outcome, Verdict};
use serde_json::json;

use super::sources;
use crate::args::Authenticate;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(args: Authenticate, mut engine: Engine, out: &Output) -> Result<Exit, Failure> {
    let policy = match args.policy.as_str() {
        "ordinary" => Policy::ordinary(),
        _ => return Err(Error::NoPolicy { name: args.policy }.into()),
    };
    if args.diagnose {
        engine.permit_diagnosis()?;
    }
    let request = AttemptRequest {
        policy,
        purpose: args.purpose,
        account: args.account,
        cards: sources::cards(&args.card)?,
        frames: sources::frames(&args.frames)?,
    };
    let mut attempt = engine.authenticate(request)?;
    let mut exit = Exit::Unavailable;
    while let Some(step) = attempt.next_step()? {
        match step {
            Step::Event(event) => {
                out.result(&json!({ "event": event.code() }), || event.text(out.lang).to_owned())?;
            }
            Step::Guide(guidance) => {
                let event =
                    json!({ "event": "guide", "guidance": guidance.code(), "text": guidance.text(out.lang) });
                out.result(&event, || guidance.text(out.lang).to_owned())?;
            }
            Step::Need(needs) => {
                // For people the guidance says the same in a sentence.
                let needs: Vec<_> = needs.iter().map(|need| codes(need.factors)).collect();
                out.result(&json!({ "event": "need", "need": needs }), String::new)?;
            }
            Step::Done(verdict) => {
                exit = match verdict.outcome {
                    Outcome::Granted => Exit::Done,
                    Outcome::Denied => Exit::Refused,
                    _ => Exit::Abandoned,
                };
                finish(&verdict, args.diagnose, out)?;
            }
        }
    }
    Ok(exit)
}

fn finish(verdict: &Verdict, diagnose: bool, out: &Output) -> Result<(), Failure> {
    let detail = verdict.detail.map(|detail| format!(" ({})", detail.text(out.lang))).unwrap_or_default();
    let text = format!("{}{detail}", verdict.why.text(out.lang));
    let mut report = json!({
        "event": "done",
        "outcome": verdict.outcome.code(),
        "why": verdict.why.code(),
        "detail": verdict.detail.map(|detail| detail.code()),
        "text": text,
        "factors": codes(verdict.factors),
        "subject": verdict.subject,
        "ms": u64::try_from(verdict.took.as_millis()).unwrap_or(u64::MAX),
    });
    if diagnose {
        report["score"] = json!(verdict.score);
    }
    out.result(&report, || {
        let subject = verdict.subject.as_deref().unwrap_or("-");
        let score =
            verdict.score.filter(|_| diagnose).map(|score| format!("  score {score:.3}")).unwrap_or_default();
        format!(
            "{}: {text}  {subject}  {} ms{score}",
            verdict.outcome.text(out.lang).to_uppercase(),
            verdict.took.as_millis()
        )
    })
}

fn codes(factors: Factors) -> Vec<&'static str> {
    factors.iter().map(Factor::code).collect()
}
