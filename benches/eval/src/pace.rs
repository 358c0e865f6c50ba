//! What an attempt costs at the rate of a camera: a real session asks for what it needs, frame by frame, and time is
//! counted, not waited for.

use std::time::{Duration, Instant};

use mabataki_engine::{
    face::{Analyser, Observation},
    frame::Frame,
    inference::Runtime,
    matching::{Space, Threshold},
    policy::Policy,
    session::{Authentication, Guidance, Input, Output, Pacer, Request},
};
use mabataki_models::Pack;
use serde::Serialize;

use crate::{EvalError, Sketch};

/// Time between two frames of the camera.
const FRAME_TIME: Duration = Duration::from_nanos(33_333_333);

/// Frames of nobody: those of the first second, in which all are looked at, are not counted.
const NOBODY: u32 = 150;
const FIRST_SECOND: u32 = 32;

/// Frames of a person in all, and after how many of them both eyes are shut for so many.
const PERSON: u32 = 240;
const BLINK_AT: u32 = 180;
const BLINK: u32 = 5;

/// Frames after the blink in which it is decided.
const AFTER: u32 = 10;

/// What one state of an attempt costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StateCost {
    /// The state: `waiting` for a person, `tracking` one who has yet to blink, `deciding` from the first sight of a face
    /// to the prompt and for a third of a second after the blink.
    pub name: &'static str,
    /// Frames of the camera.
    pub frames: u32,
    /// Those that were looked at.
    pub looked_at: u32,
    /// Mean of the processor's time for each frame of the camera, ms.
    pub cpu_ms: f64,
    /// The same as a share of one core at 30 frames a second.
    pub share_of_core: f64,
    /// The longest that one frame took, ms.
    pub worst_ms: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Tracking,
    Deciding,
}

/// Frames of one state.
#[derive(Debug, Default)]
struct Sum {
    frames: u32,
    looked_at: u32,
    cpu: Duration,
    worst: Duration,
}

impl Sum {
    fn cost(&self, name: &'static str) -> StateCost {
        let cpu_ms = self.cpu.as_secs_f64() * 1e3 / f64::from(self.frames.max(1));
        StateCost {
            name,
            frames: self.frames,
            looked_at: self.looked_at,
            cpu_ms,
            share_of_core: cpu_ms / (FRAME_TIME.as_secs_f64() * 1e3),
            worst_ms: self.worst.as_secs_f64() * 1e3,
        }
    }
}

/// Measures all three.
pub(crate) fn measure(pack: &Pack, runtime: &Runtime) -> Result<Vec<StateCost>, EvalError> {
    let mut driver = Driver::new(Analyser::open(pack, runtime)?);
    let (nobody, person) = (Sketch::nobody().as_sent()?, Sketch::draw().as_sent()?);
    let mut sums = [Sum::default(), Sum::default(), Sum::default()];
    let mut prompted = None;
    for frame in 0..NOBODY + PERSON {
        let seen = frame.checked_sub(NOBODY);
        let shut = seen.is_some_and(|seen| (BLINK_AT..BLINK_AT + BLINK).contains(&seen));
        let after = BLINK_AT + BLINK..BLINK_AT + BLINK + AFTER;
        let state = match seen {
            None => State::Waiting,
            Some(seen) if prompted.is_none() || after.contains(&seen) => State::Deciding,
            Some(_) => State::Tracking,
        };
        let looked = driver.look(if seen.is_none() { &nobody } else { &person }, shut)?;
        if driver.was_prompted {
            prompted = prompted.or(seen);
        }
        if frame < FIRST_SECOND {
            continue;
        }
        let sum = &mut sums[state as usize];
        sum.frames += 1;
        if let Some((cpu, took)) = looked {
            sum.looked_at += 1;
            sum.cpu += cpu;
            sum.worst = sum.worst.max(took);
        }
    }
    if prompted.is_none() {
        return Err(EvalError::NoFace);
    }
    let names = ["waiting", "tracking", "deciding"];
    Ok(names.into_iter().zip(&sums).map(|(name, sum)| sum.cost(name)).collect())
}

/// Feeds an attempt as the engine does.
struct Driver {
    analyser: Analyser,
    session: Authentication,
    pacer: Pacer,
    now: Duration,
    next_look: Duration,
    was_prompted: bool,
}

impl Driver {
    fn new(analyser: Analyser) -> Driver {
        let session = Authentication::new(Request {
            policy: Policy { timeout: Duration::from_secs(60), ..Policy::ordinary() },
            threshold: Threshold { score: 0.5, fmr: 1e-4, extrapolated: false },
            among: Vec::new(),
            space: Space::bare(analyser.embedding_model()),
            live_threshold: analyser.refuse_below(),
            account: None,
            claim: None,
            camera: true,
            reader: true,
            closed: None,
            explains_cards: false,
            quiet: [Duration::ZERO; 2],
        });
        let pacer = Pacer::new();
        let (now, next_look) = (Duration::ZERO, Duration::ZERO);
        Driver { analyser, session, pacer, now, next_look, was_prompted: false }
    }

    /// The camera's next frame. If it is looked at: the processor's time, and the time that passed.
    fn look(&mut self, sent: &[u8], shut: bool) -> Result<Option<(Duration, Duration)>, EvalError> {
        self.now += FRAME_TIME;
        let now = self.now;
        if now < self.next_look {
            return Ok(None);
        }
        let (cpu, begun) = (cpu_time(), Instant::now());
        let want = self.pacer.allow(self.session.want(now));
        let observation = self.analyser.observe(&Frame::new(&Sketch::SENT, sent, now)?, want)?;
        if shut {
            shut_eyes(observation);
        }
        self.session.handle(now, Input::Observation(observation))?;
        let took = begun.elapsed();
        self.pacer.note(now, want, took);
        let used = cpu.zip(cpu_time()).map_or(took, |(before, after)| after.saturating_sub(before));
        self.next_look = now + self.session.pace(now);
        while let Some(output) = self.session.poll() {
            self.was_prompted |= matches!(output, Output::Guide(Guidance::PleaseBlink));
        }
        Ok(Some((used, took)))
    }
}

/// The drawing does not blink: what was measured of its eyes is changed.
fn shut_eyes(observation: &mut Observation) {
    if let Some(eyes) = observation.face.as_mut().and_then(|face| face.eyes.as_mut()) {
        for eye in [&mut eyes.left, &mut eyes.right] {
            (eye.closed, eye.aspect_ratio) = (1.0, eye.aspect_ratio / 2.0);
        }
    }
}

/// The processor's time of this thread, as Linux tells it. The nets run on the thread that asks.
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
