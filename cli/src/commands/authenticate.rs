//! `mabataki authenticate`: the main job.

use mabataki_engine::engine::{Attempt, AttemptRequest, Cards, Error, Step};
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::secret::Remark;
use mabataki_engine::session::{Need, Outcome, Verdict};
use serde_json::{Value, json};

use super::{Context, sources};
use crate::args::Authenticate;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::{phrases, secret_input};

pub(super) fn run(args: Authenticate, context: Context, out: &Output) -> Result<Exit, Failure> {
    let purpose: Purpose = args.purpose.parse().map_err(|_| unknown_purpose(&args.purpose))?;
    let secrets = Factors::NONE;
    let secrets = if args.password { secrets.with(Factor::Password) } else { secrets };
    let secrets = if args.pin { secrets.with(Factor::Pin) } else { secrets };
    let secrets = if args.code { secrets.with(Factor::EmergencyCode) } else { secrets };
    let frames = sources::frames(&args.frames)?;
    // In a disaster a claim and a reason are enough.
    let claims = purpose == Purpose::Emergency && args.claim.is_some() && args.reason.is_some();
    if frames.is_none() && secrets.is_empty() && !claims {
        return Err(Failure::usage(
            "nothing to authenticate with: expected a camera, or a secret",
            "name --camera or --frames, or --password, --pin or --code",
        ));
    }
    let mut console = context.open(out)?;
    if args.diagnose {
        console.engine.permit_diagnosis()?;
    }
    let cards = cards(&args)?;
    let request = AttemptRequest {
        policy: args.policy,
        application: args.application,
        account: args.account,
        cards,
        claim: args.claim,
        frames,
        secrets,
        reason: args.reason.as_deref().map(Remark::new).transpose().map_err(Error::from)?,
        ..AttemptRequest::new(purpose)
    };
    let mut attempt = console.engine.authenticate(request)?;
    let asked = Asked { secrets, last_try: args.last_try };
    let verdict = follow(&mut attempt, asked, out)?;
    tell(&verdict, args.diagnose, out)?;
    Ok(exit(&verdict))
}

/// What a person may be asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) secrets: Factors,
    /// Whether they consent to the last try of their card's PIN.
    pub(super) last_try: bool,
}

/// Follows an attempt to its end, and tells every step of it. Secrets that were announced are asked for when they help.
pub(super) fn follow(attempt: &mut Attempt<'_>, asked: Asked, out: &Output) -> Result<Verdict, Failure> {
    let mut unasked = asked;
    while let Some(step) = attempt.next_step()? {
        match step {
            Step::Event(event) => {
                out.result(&json!({ "event": event.code() }), || event.text(out.lang).to_owned())?;
            }
            Step::Late(state) => {
                let event = json!({
                    "event": "late", "freshness": state.freshness.code(), "peer": state.peer,
                    "heard": state.heard.to_string(), "text": state.freshness.text(out.lang),
                });
                out.result(&event, || phrases::terminal::late(out.lang, &state))?;
            }
            Step::Turn(cause) => {
                let event = json!({ "event": "turn", "cause": cause.code() });
                out.result(&event, || cause.text(out.lang).to_owned())?;
            }
            Step::Pin(trouble, left) => {
                let event = json!({
                    "event": "pin", "pin": trouble.code(), "left": left, "text": trouble.text(out.lang),
                });
                out.result(&event, || phrases::attempt::pin(out.lang, trouble, left))?;
            }
            Step::Guide(guidance) => {
                let event =
                    json!({ "event": "guide", "guidance": guidance.code(), "text": guidance.text(out.lang) });
                out.result(&event, || guidance.text(out.lang).to_owned())?;
            }
            Step::Need(needs) => {
                // For people the guidance says the same in a sentence.
                out.result(&json!({ "event": "need", "need": alternatives(&needs) }), String::new)?;
                unasked = ask(attempt, &needs, unasked, out)?;
            }
            Step::Done(verdict) => return Ok(verdict),
        }
    }
    Err(Failure::internal("authenticating", &"the attempt ended without a verdict"))
}

/// The exit status that says what a verdict says.
pub(super) fn exit(verdict: &Verdict) -> Exit {
    match verdict.outcome {
        Outcome::Granted => Exit::Done,
        Outcome::Denied => Exit::Refused,
        _ => Exit::Undecided,
    }
}

/// The card comes from a reader, unless nothing was said of one and an id was typed instead.
fn cards(args: &Authenticate) -> Result<Option<Cards>, Failure> {
    if args.claim.is_some() || args.code {
        sources::named_cards(&args.card)
    } else {
        sources::cards(&args.card).map(Some)
    }
}

/// Asks for the secrets that would help now and were announced. Gives back those that were not asked for.
fn ask(attempt: &mut Attempt<'_>, needs: &[Need], unasked: Asked, out: &Output) -> Result<Asked, Failure> {
    let mut left = unasked;
    for factor in unasked.secrets.iter() {
        if needs.iter().any(|need| need.factors.contains(factor)) {
            let secret = secret_input::read(factor.text(out.lang), out)?;
            left.secrets = left.secrets.without(factor);
            match factor {
                Factor::Pin => attempt.give_pin(secret, unasked.last_try)?,
                Factor::EmergencyCode => attempt.give_code(&secret)?,
                _ => attempt.give_password(secret)?,
            }
        }
    }
    Ok(left)
}

/// The verdict, as the last line of an attempt.
pub(super) fn tell(verdict: &Verdict, diagnose: bool, out: &Output) -> Result<(), Failure> {
    let detail = verdict.detail.map(|detail| format!(" ({})", detail.text(out.lang))).unwrap_or_default();
    let text = format!("{}{detail}", verdict.why.text(out.lang));
    let locked = verdict.locked.as_ref();
    let wait = locked.and_then(|lockout| lockout.locked.wait());
    let mut report = json!({
        "event": "done",
        "outcome": verdict.outcome.code(),
        "judgement": verdict.judgement.code(),
        "why": verdict.why.code(),
        "detail": verdict.detail.map(|detail| detail.code()),
        "text": text,
        "factors": codes(verdict.factors),
        "provisional": verdict.provisional,
        "subject": verdict.subject,
        "locked": locked.map(|lockout| json!({
            "factor": lockout.factor.code(),
            "seconds": wait.map(|wait| wait.as_secs()),
        })),
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
            phrases::attempt::outcome(out.lang, verdict),
            verdict.took.as_millis()
        )
    })
}

/// Each alternative as the list of what it still takes.
fn alternatives(needs: &[Need]) -> Vec<Value> {
    let list = |need: &Need| {
        let mut words = codes(need.factors);
        if need.claim {
            words.insert(0, "id");
        }
        json!(words)
    };
    needs.iter().map(list).collect()
}

fn codes(factors: Factors) -> Vec<&'static str> {
    factors.iter().map(Factor::code).collect()
}

fn unknown_purpose(word: &str) -> Failure {
    let known: Vec<_> = Purpose::ALL.iter().map(|purpose| purpose.code()).collect();
    Failure::usage(format!("{word:?} is no purpose"), format!("expected one of {}", known.join(", ")))
}
