//! `mabataki doctor`: what works here and what does not, and what to do about it.

use mabataki_engine::camera;
use mabataki_engine::card;
use mabataki_engine::engine::{ClockState, Engine, Error};
use mabataki_engine::inference::Runtime;
use mabataki_engine::policy::Freshness;
use mabataki_engine::text::Lang;
use mabataki_models::Pack;
use serde_json::json;

use super::{config, face};
use crate::failure::{Exit, Failure, chain};
use crate::output::Output;
use crate::phrases;
use crate::place::Places;

/// A check's good news, or what is wrong and what to do.
type Finding = Result<String, (String, String)>;

type Look = fn(&Places) -> Finding;

const CHECKS: [(&str, Look); 13] = [
    ("runtime", runtime),
    ("pack", pack),
    ("nets", nets),
    ("store", store),
    ("key", key),
    ("pins", pins),
    ("clock", clock),
    ("outlets", outlets),
    ("sync", sync),
    ("card keys", card_keys),
    ("reader", reader),
    ("camera", cameras),
    ("picture", picture),
];

pub(super) fn run(places: &Places, out: &Output) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for (check, look) in CHECKS {
        let finding = look(places);
        if finding.is_err() {
            exit = Exit::Unavailable;
        }
        let (ok, detail, fix) = match &finding {
            Ok(detail) => (true, detail, ""),
            Err((detail, fix)) => (false, detail, fix.as_str()),
        };
        out.result(&json!({ "check": check, "ok": ok, "detail": detail, "fix": fix }), || {
            let mark = if ok { "ok " } else { "NO " };
            let fix = if fix.is_empty() { String::new() } else { format!("\n              -> {fix}") };
            format!("{mark} {check:<9} {detail}{fix}")
        })?;
    }
    Ok(exit)
}

fn trouble(error: impl Into<Error>) -> (String, String) {
    let error = error.into();
    (chain(&error), error.fix().to_owned())
}

fn runtime(places: &Places) -> Finding {
    let runtime = Runtime::load(&places.runtime).map_err(trouble)?;
    let told = format!("ONNX Runtime {} at {}", runtime.version(), places.runtime.display());
    if runtime.has_telemetry().map_err(trouble)? {
        let keeps = "keeps the maker's telemetry in the home of whoever starts it";
        let fix =
            "install 1.28.0, as cargo xtask setup does, or start everything with ORT_DISABLE_TELEMETRY=1";
        return Err((format!("{told} {keeps}"), fix.to_owned()));
    }
    Ok(told)
}

fn pack(places: &Places) -> Finding {
    let pack = Pack::open(&places.pack).map_err(trouble)?;
    match pack.verify().into_iter().find_map(|check| check.outcome.err()) {
        Some(error) => Err(trouble(error)),
        None => Ok(format!("{} at {}, every hash right", pack.manifest().pack.name, places.pack.display())),
    }
}

fn nets(places: &Places) -> Finding {
    let analyser = face::analyser(places).map_err(|failure| (failure.detail, failure.fix))?;
    Ok(format!("all nets loaded, embeddings of {} numbers", analyser.embedding_len()))
}

fn store(places: &Places) -> Finding {
    let mut engine = Engine::open(config(places.clone())).map_err(trouble)?;
    let note = if engine.is_trial() { ", open for trials: never for real people" } else { "" };
    let people = match engine.acting().people() {
        Ok(people) => format!("{} people in ", people.len()),
        // How many there are is not for everybody.
        Err(Error::NoAdministrator { .. }) => String::new(),
        Err(error) => return Err(trouble(error)),
    };
    Ok(format!("{people}{}{note}", places.state.display()))
}

/// What a key does not protect is told with it. Where a store cannot be opened, that is told of the store.
fn key(places: &Places) -> Finding {
    let Ok(engine) = Engine::open(config(places.clone())) else {
        return Ok("no store to have a key".to_owned());
    };
    let state = engine.key_state().map_err(trouble)?;
    Ok(one_line(&phrases::key::state(Lang::En, &state)))
}

/// Other nets than the pinned ones look at nobody.
fn pins(places: &Places) -> Finding {
    let Ok(engine) = Engine::open(config(places.clone())) else {
        return Ok("no store to have any".to_owned());
    };
    let installed = engine.installed_nets().map_err(trouble)?;
    match engine.pins().map_err(trouble)? {
        None if engine.pins_at_first_look().map_err(trouble)? => {
            Ok("none yet: the first nets that look at a face will be".to_owned())
        }
        None => Err((
            "none, and the store has administrators: no face is looked at".to_owned(),
            "look at it with mabataki pin show, then: mabataki --admin ID pin set".to_owned(),
        )),
        Some(pins) if pins.nets == installed => Ok(format!("pack and runtime as of {:.0}", pins.pinned)),
        Some(pins) => Err((
            one_line(&phrases::pin::state(Lang::En, Some(&pins), &installed)),
            "find out who changed it; if it was meant to be: mabataki --admin ID pin set".to_owned(),
        )),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a store cannot be opened, that is told of the store.
fn clock(places: &Places) -> Finding {
    let Ok(engine) = Engine::open(config(places.clone())) else {
        return Ok("no store to compare it with".to_owned());
    };
    let ClockState { now, mark, behind } = engine.clock_state().map_err(trouble)?;
    match mark.filter(|_| behind) {
        None => Ok(format!("{now:.0}")),
        Some(mark) => Err((
            format!("{now:.0}, behind {mark:.0}, which it has already shown: whatever has an end is refused"),
            "set the clock, or if it is right: mabataki --admin ID clock accept".to_owned(),
        )),
    }
}

/// Where a store cannot be opened, that is told of the store.
fn outlets(places: &Places) -> Finding {
    let Ok(engine) = Engine::open(config(places.clone())) else {
        return Ok("no store with a log to send".to_owned());
    };
    let states = engine.outlets().map_err(trouble)?;
    if states.is_empty() {
        return Ok("none: the log stays on this terminal".to_owned());
    }
    let told: Vec<String> = states.iter().map(|state| phrases::outlet::state(Lang::En, state)).collect();
    match states.iter().any(|state| state.overdue) {
        false => Ok(told.join("; ")),
        true => Err((
            told.join("; "),
            "see why: mabataki audit send; and keep it sent: mabataki audit keep".to_owned(),
        )),
    }
}

/// Where a store cannot be opened, that is told of the store.
fn sync(places: &Places) -> Finding {
    let Ok(engine) = Engine::open(config(places.clone())) else {
        return Ok("no store to keep up to date".to_owned());
    };
    match engine.sync_state().map_err(trouble)? {
        None => Ok("no bundles are expected".to_owned()),
        Some(state) if state.freshness == Freshness::InTime => {
            Ok(format!("heard from {} as of {:.0}", state.peer, state.heard))
        }
        Some(state) => {
            let fix = match state.age {
                Some(_) => format!(
                    "carry a whole bundle over from {}: mabataki --admin ID bundle import FILE",
                    state.peer
                ),
                None => "set the clock right; if it is right now and was ahead before: mabataki --admin ID clock accept"
                    .to_owned(),
            };
            Err((phrases::terminal::late(Lang::En, &state), fix))
        }
    }
}

/// Where a store cannot be opened, that is told of the store.
fn card_keys(places: &Places) -> Finding {
    let Ok(engine) = Engine::open(config(places.clone())) else {
        return Ok("no store to know cards by keys".to_owned());
    };
    let keyless = engine.card_ways_without_key().map_err(trouble)?;
    let Some(kind) = keyless.iter().find_map(|way| way.key()) else {
        return Ok("all that the policy needs".to_owned());
    };
    let ways: Vec<&str> = keyless.iter().map(|way| way.code()).collect();
    Err((
        format!(
            "the policy takes cards by {}, whose key is not set: such cards are not known by it",
            ways.join(", ")
        ),
        format!("mabataki --admin ID card key set {}", kind.code()),
    ))
}

fn reader(_: &Places) -> Finding {
    let readers = card::reader::list().map_err(trouble)?;
    match readers.is_empty() {
        true => Err(("no card reader".to_owned(), "plug in a PC/SC reader".to_owned())),
        false => Ok(readers.join(", ")),
    }
}

/// One that can be used is enough; what is the matter with the others is told with it.
fn cameras(_: &Places) -> Finding {
    let cameras = camera::survey().map_err(trouble)?;
    let told: Vec<String> = cameras.iter().map(phrases::camera::surveyed).collect();
    let first_fault = cameras.iter().find_map(|camera| camera.mode.as_ref().err());
    match (cameras.iter().any(|camera| camera.mode.is_ok()), first_fault) {
        (true, _) => Ok(told.join("; ")),
        (false, Some(fault)) => Err((told.join("; "), fault.fix().to_owned())),
        (false, None) => Err(("no camera".to_owned(), "plug in a camera".to_owned())),
    }
}

/// The camera that log-ins here use films for three seconds. Where none can be used, that is told of the cameras.
fn picture(places: &Places) -> Finding {
    let pinned = match Engine::open(config(places.clone())) {
        Ok(engine) => engine.pinned_camera().map_err(trouble)?,
        Err(_) => None,
    };
    let cameras = camera::survey().map_err(trouble)?;
    if !cameras.iter().any(|camera| camera.mode.is_ok()) {
        return Ok("no camera to film with".to_owned());
    }
    let trial = camera::try_out(pinned.as_deref()).map_err(trouble)?;
    let told = phrases::camera::tried(&trial);
    match trial.unfit() {
        None => Ok(told),
        Some(unfit) => {
            let (what, fix) = phrases::camera::unfit(unfit);
            Err((format!("{what}: {told}"), fix.to_owned()))
        }
    }
}
