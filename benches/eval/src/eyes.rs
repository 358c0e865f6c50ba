//! How well the eye net alone tells open eyes from closed ones, on crops of single eyes.

use std::path::{Path, PathBuf};

use mabataki_engine::{
    face::EyeNet,
    frame::{Area, Decoder, open_still},
    inference::Runtime,
};
use mabataki_models::Pack;
use serde::Serialize;

use crate::{EvalError, Progress, dataset::entries, stats::auc};

/// What to measure: two folders of pictures, each of one eye that fills it as the net's input is filled (the eye wide
/// 1 / 1.6 of it).
#[derive(Debug, Clone, Copy)]
pub struct EyesRequest<'a> {
    /// Open eyes.
    pub open: &'a Path,
    /// Closed eyes.
    pub closed: &'a Path,
}

/// What was found. The keys of its JSON form are a contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EyesReport {
    /// Pictures of open eyes.
    pub open: usize,
    /// Pictures of closed eyes.
    pub closed: usize,
    /// How often a closed eye reads as more closed than an open one.
    pub auc: f64,
    /// Mean of both shares judged rightly at probability 0.5.
    pub balanced_accuracy: f64,
    /// Share of open eyes judged rightly at 0.5.
    pub open_right: f64,
    /// Share of closed eyes judged rightly at 0.5.
    pub closed_right: f64,
}

/// Measures the eye net. `progress` is told of every picture.
///
/// # Errors
/// [`EvalError`] naming the file, when a folder holds no pictures, one of them cannot be read, or the net cannot run.
pub fn eyes(
    pack: &Pack,
    runtime: &Runtime,
    request: &EyesRequest<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<EyesReport, EvalError> {
    let mut net = EyeNet::open(pack, runtime)?;
    let folders = [pictures(request.open)?, pictures(request.closed)?];
    let total = folders[0].len() + folders[1].len();
    let mut scores = [Vec::new(), Vec::new()];
    for (scores, folder) in scores.iter_mut().zip(&folders) {
        let before = if scores.is_empty() { 0 } else { folders[0].len() };
        for (done, path) in folder.iter().enumerate() {
            progress(Progress { done: before + done, total });
            scores.push(closed(&mut net, path)?);
        }
    }
    progress(Progress { done: total, total });
    let [open, closed] = scores;
    let share = |scores: &[f32], right: fn(f32) -> bool| {
        scores.iter().filter(|&&score| right(score)).count() as f64 / scores.len() as f64
    };
    let open_right = share(&open, |score| score < 0.5);
    let closed_right = share(&closed, |score| score >= 0.5);
    Ok(EyesReport {
        open: open.len(),
        closed: closed.len(),
        auc: auc(&closed, &open).unwrap_or(f64::NAN),
        balanced_accuracy: (open_right + closed_right) / 2.0,
        open_right,
        closed_right,
    })
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let pictures: Vec<_> = entries(folder)?.into_iter().filter(|path| path.is_file()).collect();
    if pictures.is_empty() {
        return Err(EvalError::Input {
            path: folder.to_owned(),
            expected: "pictures of single eyes",
            found: "no files".into(),
        });
    }
    Ok(pictures)
}

fn closed(net: &mut EyeNet, path: &Path) -> Result<f32, EvalError> {
    let still = open_still(path)?;
    let mut decoder = Decoder::new();
    let frame = still.frame(std::time::Duration::ZERO)?;
    let pixels = decoder.decode(&frame)?;
    Ok(net.closed(&pixels, Area::whole(&pixels))?)
}
