//! What is ours in the time from light to an observation: a camera whose driver takes no time of its own sends a drawing, and
//! goes the way of every camera.

use std::time::{Duration, Instant};

use mabataki_engine::{
    camera::StandIn,
    face::{Analyser, Want},
    frame::Frame,
    inference::Runtime,
};
use mabataki_models::Pack;
use serde::Serialize;

use crate::{EvalError, Sketch, Spread};

/// Frames a second.
const FPS: u32 = 30;

/// How often the camera is opened, and how many frames are looked at in each way.
const ROUNDS: usize = 50;
const FRAMES: usize = 60;

/// Frames that are looked at before, until caches and buffers have settled.
const WARM_UP: usize = 5;

/// A frame that has not come by then does not come.
const WAIT: Duration = Duration::from_secs(2);

/// What a camera costs beside its own time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CameraCost {
    /// From asking for a camera to its first frame.
    pub first_frame: Spread,
    /// From the time stamp of a frame to the hands of whoever waits for it.
    pub handed_on: Spread,
    /// From the time stamp of a frame of nobody to what was seen in it.
    pub nobody: Spread,
    /// The same for a person who is followed, the eyes measured.
    pub tracked: Spread,
    /// The same where everything is measured.
    pub everything: Spread,
}

/// Measures it, with frames of 640×480 px NV12 at 30 a second.
pub(crate) fn measure(pack: &Pack, runtime: &Runtime) -> Result<CameraCost, EvalError> {
    let (person, nobody) = (Sketch::draw().filmed(FPS)?, Sketch::nobody().filmed(FPS)?);
    let mut analyser = Analyser::open(pack, runtime)?;
    let eyes = Want { eyes: true, ..Want::default() };
    let everything = Want { eyes: true, spoof: true, embedding: true };
    let mut observed = |stand_in: &StandIn, want: Option<Want>| {
        analyser.reset();
        look(stand_in, |frame| want.map_or(Ok(()), |want| Ok(analyser.observe(frame, want).map(drop)?)))
    };
    Ok(CameraCost {
        first_frame: opening(&person)?,
        handed_on: observed(&person, None)?,
        nobody: observed(&nobody, Some(Want::default()))?,
        tracked: observed(&person, Some(eyes))?,
        everything: observed(&person, Some(everything))?,
    })
}

/// From asking for it to its first frame.
fn opening(stand_in: &StandIn) -> Result<Spread, EvalError> {
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut camera = stand_in.open()?;
        // However long it takes: a slow round counts.
        while camera.next(WAIT)?.is_none() {}
        took.push(milliseconds(begun.elapsed()));
    }
    Ok(Spread::of(&mut took))
}

/// From the time stamp of a frame until it was looked at.
fn look(
    stand_in: &StandIn,
    mut work: impl FnMut(&Frame<'_>) -> Result<(), EvalError>,
) -> Result<Spread, EvalError> {
    let mut camera = stand_in.open()?;
    let mut took = Vec::with_capacity(WARM_UP + FRAMES);
    while took.len() < WARM_UP + FRAMES {
        let Some(frame) = camera.next(WAIT)? else { continue };
        let taken = frame.time();
        work(&frame)?;
        took.push(milliseconds(camera.now().saturating_sub(taken)));
    }
    Ok(Spread::of(&mut took[WARM_UP..]))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
