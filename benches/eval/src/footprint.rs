//! What an engine costs that has just been started: time and memory. To be measured in a process that has done nothing
//! else.

use std::path::Path;
use std::time::{Duration, Instant};

use mabataki_engine::{
    face::{Analyser, Want},
    inference::Runtime,
};
use mabataki_models::Pack;
use serde::Serialize;

use crate::{EvalError, Sketch};

/// Frames measured before memory is looked at: by then every buffer has been used.
const FRAMES: u32 = 10;

/// Time between frames, as a camera of 30 frames a second sends them.
const FRAME_TIME: Duration = Duration::from_millis(33);

/// An engine without store and gallery.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Footprint {
    /// From nothing to the first frame measured in full: pack read and hashed, library and nets loaded, ms.
    pub cold_start_ms: f64,
    /// Resident memory after ten frames, MB (10^6 bytes); `None` where the system does not tell.
    pub rss_mb: Option<f64>,
}

impl Footprint {
    /// Measures this process.
    ///
    /// # Errors
    /// What pack, runtime and nets give.
    pub fn measure(pack: &Path, runtime: &Path) -> Result<Footprint, EvalError> {
        let sketch = Sketch::draw();
        let everything = Want { eyes: true, spoof: true, embedding: true };
        let start = Instant::now();
        let mut analyser = Analyser::open(&Pack::open(pack)?, &Runtime::load(runtime)?)?;
        analyser.observe(&sketch.frame(Duration::ZERO)?, everything)?;
        let cold_start_ms = start.elapsed().as_secs_f64() * 1e3;
        for frame in 1..FRAMES {
            analyser.observe(&sketch.frame(FRAME_TIME * frame)?, everything)?;
        }
        Ok(Footprint { cold_start_ms, rss_mb: resident() })
    }
}

/// Resident memory of this process, MB, as Linux tells it.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}
