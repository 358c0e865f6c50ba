//! How many of the blinks in recorded clips are found.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use mabataki_engine::{
    face::{Analyser, Want},
    frame::{FrameSource, open_replay},
    liveness::{BlinkDetector, Visibility},
};
use serde::{Deserialize, Serialize};

use crate::{
    EvalError, Progress,
    dataset::{entries, read_list},
    stats::{auc, median},
};

/// How far the edges of a true blink are known, frames.
const EDGE: usize = 1;

/// The signal is reported in steps of a ten-thousandth: finer differences mean nothing.
const SIGNAL_STEPS: f32 = 1e4;

/// The most frames a second that a clip may say it has.
const MOST_FPS: f64 = 1000.0;

/// What is found in a clip, or in all of a set. The keys of its JSON form are a contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlinkReport {
    /// The clip's name without extension; `all` for the last line of a set.
    pub clip: String,
    /// Frames looked at.
    pub frames: usize,
    /// True blinks.
    pub truth: usize,
    /// True blinks found: each by a detection of its own whose closed frames touch it, give or take one frame.
    pub found: usize,
    /// True blinks not found.
    pub missed: usize,
    /// Detections that touch neither a true blink nor a range to be left out of account.
    #[serde(rename = "false")]
    pub false_alarms: usize,
    /// Frames in which the eyes could not be judged: no face, head turned, eyes hidden.
    pub cannot_see: usize,
    /// How well the combined signal of single frames separates closed from open ones; frames at the edges of blinks are
    /// left out. None when the clip has only one kind.
    pub auc: Option<f64>,
    /// Median time from the first frame after a true blink to the frame that told of it, ms. Less than zero where the
    /// eyes were open again by the detector before they were by the annotation.
    pub latency_ms: Option<f64>,
    /// First and last frame of every missed blink.
    pub missed_at: Vec<[usize; 2]>,
    /// First and last frame of every false detection.
    pub false_at: Vec<[usize; 2]>,
    /// The combined signal of every frame, 0 open to 1 closed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signal: Vec<f32>,
}

/// What is known about a clip. Other keys of the file are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Truth {
    fps: f64,
    /// First and last frame of every blink.
    blinks: Vec<[usize; 2]>,
    /// Ranges to leave out of account.
    #[serde(default)]
    partial: Vec<[usize; 2]>,
}

/// Looks for blinks in one recording whose true blinks stand in a JSON file (`fps`, `blinks`, `partial`). `progress` is
/// told of every frame, with a total of zero: how many there will be is not known.
///
/// # Errors
/// [`EvalError`] naming the file, when one cannot be read or does not make sense, or the engine cannot work.
pub fn blink_clip(
    analyser: &mut Analyser,
    frames: &Path,
    truth: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<BlinkReport, EvalError> {
    let mut seen = Seen::default();
    let truth = Truth::read(truth)?;
    seen.watch(analyser, frames, truth.fps, progress)?;
    let clip = frames.file_stem().unwrap_or(frames.as_os_str()).to_string_lossy().into_owned();
    Ok(judge(clip, vec![(truth, seen)]))
}

/// Looks for blinks in every recording of a folder that has a JSON file of the same name beside it. `each` gets one
/// report a clip; the one for all is returned.
///
/// # Errors
/// As [`blink_clip`]; also when the folder holds no such pair.
pub fn blink_set(
    analyser: &mut Analyser,
    folder: &Path,
    each: &mut dyn FnMut(&BlinkReport),
    progress: &mut dyn FnMut(Progress),
) -> Result<BlinkReport, EvalError> {
    let clips = clips(folder)?;
    let mut all = Vec::new();
    for (done, (frames, truth)) in clips.iter().enumerate() {
        progress(Progress { done, total: clips.len() });
        let mut seen = Seen::default();
        let truth = Truth::read(truth)?;
        seen.watch(analyser, frames, truth.fps, &mut |_| ())?;
        let clip = frames.file_stem().unwrap_or(frames.as_os_str()).to_string_lossy().into_owned();
        all.push((truth, seen));
        each(&judge(clip, all[done..].to_vec()));
    }
    progress(Progress { done: clips.len(), total: clips.len() });
    Ok(BlinkReport {
        signal: Vec::new(),
        missed_at: Vec::new(),
        false_at: Vec::new(),
        ..judge("all".into(), all)
    })
}

/// Every recording with a JSON file beside it.
fn clips(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>, EvalError> {
    let files = entries(folder)?;
    let clips: Vec<_> = files
        .iter()
        .filter(|path| path.extension().is_none_or(|extension| extension != "json"))
        .map(|path| (path.clone(), path.with_extension("json")))
        .filter(|(_, truth)| files.contains(truth))
        .collect();
    if clips.is_empty() {
        return Err(EvalError::Input {
            path: folder.to_owned(),
            expected: "recordings, each with a JSON file of the same name beside it",
            found: format!("{} files, no such pair", files.len()),
        });
    }
    Ok(clips)
}

impl Truth {
    fn read(path: &Path) -> Result<Self, EvalError> {
        let wrong = |found: String| EvalError::Input {
            path: path.to_owned(),
            expected: "JSON with `fps` and `blinks`, a list of [first frame, last frame]",
            found,
        };
        let truth: Self =
            serde_json::from_str(&read_list(path)?).map_err(|error| wrong(error.to_string()))?;
        if !(truth.fps > 0.0 && truth.fps <= MOST_FPS) {
            return Err(wrong(format!("{} frames a second", truth.fps)));
        }
        match truth.blinks.iter().chain(&truth.partial).find(|[first, last]| first > last) {
            Some([first, last]) => {
                Err(wrong(format!("the range [{first}, {last}], which ends before it begins")))
            }
            None => Ok(truth),
        }
    }

    fn touches(ranges: &[[usize; 2]], [first, last]: [usize; 2]) -> bool {
        ranges.iter().any(|&[from, to]| first <= to + EDGE && from <= last + EDGE)
    }

    /// Whether the eyes are closed in this frame; `None` where it is not known.
    fn closed(&self, frame: usize) -> Option<bool> {
        if self.partial.iter().any(|&[from, to]| (from..=to).contains(&frame)) {
            return None;
        }
        let inside = |&[from, to]: &[usize; 2]| (from..=to).contains(&frame);
        let at_edge = |&[from, to]: &[usize; 2]| {
            [from, to + 1].iter().any(|&edge| frame + EDGE >= edge && frame < edge + EDGE)
        };
        if self.blinks.iter().any(at_edge) { None } else { Some(self.blinks.iter().any(inside)) }
    }
}

/// What the detector made of a clip.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// First and last closed frame, and the frame that told of it.
    detections: Vec<([usize; 2], usize)>,
    signal: Vec<f32>,
    cannot_see: usize,
}

impl Seen {
    fn watch(
        &mut self,
        analyser: &mut Analyser,
        path: &Path,
        fps: f64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), EvalError> {
        let mut replay = open_replay(path, Some(fps))?;
        let mut detector = BlinkDetector::new();
        let mut times: Vec<Duration> = Vec::new();
        analyser.reset();
        while let Some(frame) = replay.next_frame()? {
            progress(Progress { done: times.len(), total: 0 });
            let observation = analyser.observe(&frame, Want { eyes: true, ..Want::default() })?;
            times.push(observation.time);
            let blink = detector.update(observation.time, observation.face.as_ref());
            self.signal.push((detector.signal() * SIGNAL_STEPS).round() / SIGNAL_STEPS);
            self.cannot_see += usize::from(matches!(
                detector.visibility(),
                Visibility::NoFace | Visibility::Turned | Visibility::Hidden
            ));
            if let Some(blink) = blink {
                let first = times.partition_point(|&time| time < blink.closed_at);
                let open = times.partition_point(|&time| time < blink.reopened_at);
                self.detections.push(([first, open - 1], times.len() - 1));
            }
        }
        Ok(())
    }
}

/// Sets what was seen against what is true, over one or several clips.
fn judge(clip: String, clips: Vec<(Truth, Seen)>) -> BlinkReport {
    let mut report = BlinkReport {
        clip,
        frames: 0,
        truth: 0,
        found: 0,
        missed: 0,
        false_alarms: 0,
        cannot_see: 0,
        auc: None,
        latency_ms: None,
        missed_at: Vec::new(),
        false_at: Vec::new(),
        signal: Vec::new(),
    };
    let (mut open, mut closed, mut latencies) = (Vec::new(), Vec::new(), Vec::new());
    for (truth, seen) in clips {
        let mut used = vec![false; seen.detections.len()];
        for &blink in &truth.blinks {
            let free =
                (0..used.len()).find(|&at| !used[at] && Truth::touches(&[blink], seen.detections[at].0));
            match free {
                Some(at) => {
                    used[at] = true;
                    let after = seen.detections[at].1 as f64 - (blink[1] + 1) as f64;
                    latencies.push(after / truth.fps * 1000.0);
                }
                None => report.missed_at.push(blink),
            }
        }
        let stray =
            seen.detections.iter().zip(&used).filter(|(_, used)| !**used).map(|(detection, _)| detection.0);
        report.false_at.extend(stray.filter(|&range| {
            !Truth::touches(&truth.blinks, range) && !Truth::touches(&truth.partial, range)
        }));
        report.truth += truth.blinks.len();
        report.frames += seen.signal.len();
        report.cannot_see += seen.cannot_see;
        for (frame, &signal) in seen.signal.iter().enumerate() {
            match truth.closed(frame) {
                Some(true) => closed.push(signal),
                Some(false) => open.push(signal),
                None => (),
            }
        }
        report.signal.extend(seen.signal);
    }
    report.missed = report.missed_at.len();
    report.found = report.truth - report.missed;
    report.false_alarms = report.false_at.len();
    report.auc = auc(&closed, &open);
    report.latency_ms = median(&mut latencies);
    report
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn truth(blinks: &[[usize; 2]], partial: &[[usize; 2]]) -> Truth {
        Truth { fps: 25.0, blinks: blinks.to_vec(), partial: partial.to_vec() }
    }

    fn seen(detections: &[([usize; 2], usize)]) -> Seen {
        let mut signal = vec![0.0; 100];
        detections.iter().for_each(|&([first, last], _)| signal[first..=last].fill(1.0));
        Seen { detections: detections.to_vec(), signal, cannot_see: 0 }
    }

    #[test]
    fn a_detection_next_to_a_blink_finds_it_and_tells_how_late() {
        let report = judge("clip".into(), vec![(truth(&[[10, 13]], &[]), seen(&[([14, 15], 16)]))]);
        assert_eq!((report.found, report.missed, report.false_alarms), (1, 0, 0));
        assert_eq!(report.latency_ms, Some(80.0));
        let report = judge("clip".into(), vec![(truth(&[[10, 13]], &[]), seen(&[([15, 16], 17)]))]);
        assert_eq!((report.found, report.missed_at, report.false_at), (0, vec![[10, 13]], vec![[15, 16]]));
        assert_eq!(report.latency_ms, None);
    }

    #[test]
    fn two_blinks_need_two_detections() {
        let one = judge("clip".into(), vec![(truth(&[[10, 13], [15, 18]], &[]), seen(&[([10, 18], 19)]))]);
        assert_eq!((one.truth, one.found, one.missed), (2, 1, 1));
        let two = judge(
            "clip".into(),
            vec![(truth(&[[10, 13], [15, 18]], &[]), seen(&[([10, 13], 14), ([15, 18], 19)]))],
        );
        assert_eq!((two.found, two.false_alarms), (2, 0));
    }

    #[test]
    fn ranges_left_out_of_account_are_neither_found_nor_false() {
        let report = judge("clip".into(), vec![(truth(&[], &[[40, 44]]), seen(&[([41, 43], 44)]))]);
        assert_eq!((report.truth, report.false_alarms, report.auc), (0, 0, None));
    }

    #[test]
    fn the_signal_is_judged_away_from_the_edges() {
        let report = judge("clip".into(), vec![(truth(&[[10, 15]], &[]), seen(&[([11, 14], 15)]))]);
        assert_eq!(report.auc, Some(1.0));
        let known: Vec<usize> =
            (0..100).filter(|&frame| truth(&[[10, 15]], &[]).closed(frame) == Some(true)).collect();
        assert_eq!(known, [11, 12, 13, 14]);
    }

    #[test]
    fn all_clips_together_are_the_sum_of_their_counts() {
        let clips = vec![
            (truth(&[[10, 13]], &[]), seen(&[([10, 13], 14)])),
            (truth(&[[20, 23]], &[]), seen(&[([60, 62], 63)])),
        ];
        let report = judge("all".into(), clips);
        assert_eq!(
            (report.truth, report.found, report.missed, report.false_alarms, report.frames),
            (2, 1, 1, 1, 200)
        );
    }

    #[test]
    fn a_truth_that_makes_no_sense_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.json");
        for text in
            ["", "[]", r#"{"fps": 0, "blinks": []}"#, r#"{"fps": 25, "blinks": [[5, 4]]}"#, r#"{"fps": 25}"#]
        {
            std::fs::write(&path, text).unwrap();
            let error = Truth::read(&path).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{error}");
        }
        std::fs::write(&path, r#"{"fps": 25, "blinks": [[4, 5]], "person": "A", "glasses": false}"#).unwrap();
        assert_eq!(Truth::read(&path).unwrap(), truth(&[[4, 5]], &[]));
    }

    #[test]
    fn a_folder_without_clips_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("clip.json"), "{}").unwrap();
        std::fs::write(folder.path().join("other.mjpeg"), "").unwrap();
        assert!(clips(folder.path()).is_err());
        std::fs::write(folder.path().join("clip.mjpeg"), "").unwrap();
        assert_eq!(clips(folder.path()).unwrap().len(), 1);
    }
}
