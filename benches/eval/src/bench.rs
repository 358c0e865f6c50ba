//! How long a frame takes on this machine, stage by stage, beside the bare nets in it.

use std::time::{Duration, Instant};

use mabataki_engine::{
    face::{Analyser, Stage, Stages, Want},
    inference::Runtime,
};
use mabataki_models::Pack;
use serde::Serialize;

use crate::{CameraCost, EvalError, Progress, Sketch, Spread, StateCost, latency, pace, stats::median};

/// Rounds that are measured. In each, every stage, its bare net, a whole frame and a tracked one run one after the other,
/// so that whatever else the machine does falls on all of them alike.
const ROUNDS: usize = 60;

/// Rounds run before, until caches, clock and buffers have settled.
const WARM_UP: usize = 5;

/// Time between frames, as a camera of 30 frames a second sends them.
const FRAME_TIME: Duration = Duration::from_millis(33);

/// This machine's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    /// What they were taken on.
    pub machine: Machine,
    /// Every stage of a frame.
    pub stages: Vec<StageSpeed>,
    /// Median of one run of all nets (both eyes), fed before, ms.
    pub raw_sum_ms: f64,
    /// Median of a whole frame of 640×480 px RGB, everything measured, the detector included, ms.
    pub full_frame_ms: f64,
    /// Median over the rounds of a whole frame over the bare nets beside it.
    pub full_over_raw: f64,
    /// Median of a frame in which the detector may rest and nothing but the eyes is wanted, ms.
    pub tracked_frame_ms: f64,
    /// What an attempt costs at 30 frames a second while nobody is there, while a blink is awaited, and while it is decided
    /// who it is.
    pub at_30_fps: Vec<StateCost>,
    /// What is added to the time of a camera.
    pub camera: CameraCost,
}

/// What figures were taken on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Operating system.
    pub os: &'static str,
    /// Processor architecture.
    pub arch: &'static str,
    /// The processor's name, where the system tells.
    pub cpu: Option<String>,
    /// Threads the processor runs at once.
    pub threads: usize,
    /// Version of ONNX Runtime.
    pub runtime: String,
}

/// Speed of one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageSpeed {
    /// Its name.
    pub name: &'static str,
    /// How long it takes.
    #[serde(flatten)]
    pub took: Spread,
    /// Median of the bare net in it, ms; `None` for a stage without one.
    pub raw_ms: Option<f64>,
}

/// Measures a pack on this machine, one thread, on a drawn face. `progress` is told of every round.
///
/// # Errors
/// [`EvalError::NoFace`] if the pack's detector takes the drawing for no face; else what pack, nets and pictures give.
pub fn bench(
    pack: &Pack,
    runtime: &Runtime,
    progress: &mut dyn FnMut(Progress),
) -> Result<BenchReport, EvalError> {
    let sketch = Sketch::draw();
    let pixels = sketch.pixels()?;
    let mut stages = Stages::open(pack, runtime, &pixels)?.ok_or(EvalError::NoFace)?;
    let mut whole = Analyser::open(pack, runtime)?;
    let mut tracking = Analyser::open(pack, runtime)?;
    let everything = Want { eyes: true, spoof: true, embedding: true };
    let eyes = Want { eyes: true, ..Want::default() };

    let mut series: Vec<(Stage, Vec<f64>, Vec<f64>)> =
        Stage::ALL.iter().map(|&stage| (stage, Vec::new(), Vec::new())).collect();
    let (mut raw_sums, mut frames, mut ratios, mut tracked) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        progress(Progress { done: round, total: WARM_UP + ROUNDS });
        let frame = sketch.frame(FRAME_TIME * round as u32)?;
        let mut raw_sum = 0.0;
        let mut round_stages = Vec::with_capacity(series.len());
        for stage in Stage::ALL {
            let took = milliseconds(|| stages.run(stage, &pixels))?;
            let raw = milliseconds(|| stages.run_raw(stage))?;
            if stage.has_net() {
                raw_sum += raw;
            }
            round_stages.push((took, raw));
        }
        let full = milliseconds(|| {
            whole.reset();
            whole.observe(&frame, everything).map(drop)
        })?;
        let track = milliseconds(|| tracking.observe(&frame, eyes).map(drop))?;
        if round < WARM_UP {
            continue;
        }
        for ((_, took, raw), (stage_took, stage_raw)) in series.iter_mut().zip(round_stages) {
            took.push(stage_took);
            raw.push(stage_raw);
        }
        raw_sums.push(raw_sum);
        frames.push(full);
        ratios.push(full / raw_sum);
        tracked.push(track);
    }

    progress(Progress { done: WARM_UP + ROUNDS, total: WARM_UP + ROUNDS });
    let stages = series
        .into_iter()
        .map(|(stage, mut took, mut raw)| StageSpeed {
            name: stage.name(),
            took: Spread::of(&mut took),
            raw_ms: stage.has_net().then(|| middle(&mut raw)),
        })
        .collect();
    Ok(BenchReport {
        machine: machine(runtime),
        stages,
        raw_sum_ms: middle(&mut raw_sums),
        full_frame_ms: middle(&mut frames),
        full_over_raw: middle(&mut ratios),
        tracked_frame_ms: middle(&mut tracked),
        at_30_fps: pace::measure(pack, runtime)?,
        camera: latency::measure(pack, runtime)?,
    })
}

fn milliseconds<E>(work: impl FnOnce() -> Result<(), E>) -> Result<f64, E> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// The median of at least one figure.
fn middle(figures: &mut [f64]) -> f64 {
    median(figures).unwrap_or_default()
}

fn machine(runtime: &Runtime) -> Machine {
    Machine {
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        cpu: cpu(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        runtime: runtime.version().to_owned(),
    }
}

/// The processor's name as Linux gives it.
fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use mabataki_test_support::installed;

    use super::*;

    #[test]
    fn every_stage_and_the_whole_frame_are_timed_beside_the_bare_nets() {
        let runtime = Runtime::load(&installed::runtime()).unwrap();
        let report = bench(&Pack::open(&installed::pack()).unwrap(), &runtime, &mut |_| ()).unwrap();
        let names: Vec<_> = report.stages.iter().map(|stage| stage.name).collect();
        assert_eq!(names, ["resize", "detect", "landmarks", "eyes", "spoof", "warp", "embed"]);
        for stage in &report.stages {
            assert!(stage.took.p50_ms > 0.0 && stage.took.p95_ms >= stage.took.p50_ms, "{stage:?}");
            assert_eq!(stage.raw_ms.is_some(), !["resize", "warp"].contains(&stage.name), "{stage:?}");
        }
        assert!(report.raw_sum_ms > 0.0 && report.full_over_raw > 0.5, "{report:?}");
        let shares: Vec<_> = report.at_30_fps.iter().map(|state| (state.name, state.share_of_core)).collect();
        let [("waiting", waiting), ("tracking", tracking), ("deciding", deciding)] = shares[..] else {
            panic!("{shares:?}");
        };
        assert!(0.0 < waiting && 0.0 < tracking && tracking < deciding, "{shares:?}");
        // A tracked frame runs two small nets where a whole one runs all.
        assert!(report.tracked_frame_ms < report.full_frame_ms / 2.0, "{report:?}");

        let CameraCost { first_frame, handed_on, nobody, tracked, everything } = report.camera;
        let in_turn = [handed_on, tracked, everything].map(|spread| spread.p50_ms);
        assert!(in_turn[0] > 0.0 && in_turn.is_sorted(), "{in_turn:?}");
        assert!(nobody.p50_ms > handed_on.p50_ms && first_frame.p95_ms >= first_frame.p50_ms);
    }
}
