//! `mabataki eval`: accuracy on recorded material.

use std::path::{Path, PathBuf};

use mabataki_engine::engine::Error;
use mabataki_engine::inference::Runtime;
use mabataki_eval::{
    BlinkReport, Comparisons, EvalError, EyesReport, EyesRequest, LightReport, LightRequest, MaskReport,
    MaskRequest, Progress, VerificationReport, VerificationRequest, blink_clip, blink_set, eyes, light, mask,
    verification,
};
use mabataki_models::Pack;

use super::face::analyser;
use crate::args::Eval;
use crate::failure::{Exit, Failure, chain};
use crate::output::Output;
use crate::place::Places;

pub(super) fn run(command: Eval, places: &Places, out: &Output) -> Result<Exit, Failure> {
    match command {
        Eval::Verification { root, pairs, all_pairs: _, samples, group, label_errors, plot } => {
            let request = VerificationRequest {
                root: &root,
                comparisons: match (&pairs, samples) {
                    (Some(pairs), _) => Comparisons::Listed(pairs),
                    (None, Some(samples)) => Comparisons::Enrolled(samples),
                    (None, None) => Comparisons::AllPairs,
                },
                group: group.as_deref(),
                label_errors: label_errors.as_deref(),
                plot: plot.as_deref(),
            };
            let mut bar = out.progress("pictures");
            let report = verification(&mut analyser(places)?, &request, &mut tell(&mut bar))?;
            out.result(&report, || verification_prose(&report))?;
        }
        Eval::Eyes { open, closed } => {
            let pack = Pack::open(&places.pack).map_err(Error::from)?;
            let runtime = Runtime::load(&places.runtime).map_err(Error::from)?;
            let mut bar = out.progress("eyes");
            let request = EyesRequest { open: &open, closed: &closed };
            let report = eyes(&pack, &runtime, &request, &mut tell(&mut bar))?;
            out.result(&report, || eyes_prose(&report))?;
        }
        Eval::Blink { frames, truth, set } => blink(frames, truth, set, places, out)?,
        Eval::Mask { root, every, clips } => {
            let mut bar = out.progress("pictures");
            let request = MaskRequest { root: &root, every, clips: clips.as_deref() };
            let report = mask(&mut analyser(places)?, &request, &mut tell(&mut bar))?;
            out.result(&report, || mask_prose(&report))?;
        }
        Eval::Light { root, every, label_errors } => {
            let mut bar = out.progress("pictures");
            let request = LightRequest { root: &root, every, label_errors: label_errors.as_deref() };
            let mut plain = analyser(places)?.as_taken();
            let report = light([&mut analyser(places)?, &mut plain], &request, &mut tell(&mut bar))?;
            out.result(&report, || light_prose(&report))?;
        }
    }
    Ok(Exit::Done)
}

fn blink(
    frames: Option<PathBuf>,
    truth: Option<PathBuf>,
    set: Option<PathBuf>,
    places: &Places,
    out: &Output,
) -> Result<(), Failure> {
    let mut analyser = analyser(places)?;
    let mut bar = out.progress("blinks");
    let (frames, truth): (&Path, &Path) = match (&set, &frames, &truth) {
        (Some(set), ..) => {
            let mut printed = Ok(());
            let mut each = |report: &BlinkReport| {
                if printed.is_ok() {
                    printed = out.result(report, || blink_prose(report));
                }
            };
            let all = blink_set(&mut analyser, set, &mut each, &mut tell(&mut bar))?;
            printed?;
            return out.result(&all, || blink_prose(&all));
        }
        (None, Some(frames), Some(truth)) => (frames, truth),
        _ => return Err(Failure::usage("eval blink needs --frames and --truth, or --set", "")),
    };
    let report = blink_clip(&mut analyser, frames, truth, &mut tell(&mut bar))?;
    out.result(&report, || blink_prose(&report))
}

fn tell(bar: &mut impl FnMut(u64, u64)) -> impl FnMut(Progress) {
    |progress| bar(progress.done as u64, progress.total as u64)
}

fn verification_prose(report: &VerificationReport) -> String {
    let mut text = format!(
        "{} people, {} pictures ({} without a usable face), {} genuine and {} impostor comparisons\nEER {:.3} %",
        report.people,
        report.images,
        report.failed,
        report.genuine,
        report.impostor,
        report.eer * 100.0
    );
    if let Some(accuracy) = report.accuracy {
        text.push_str(&format!("   accuracy {:.2} %", accuracy * 100.0));
    }
    for (fmr, rate) in &report.tmr {
        match rate {
            Some(rate) => text.push_str(&format!(
                "\nTMR at FMR {fmr}: {:.2} % ({:.2} to {:.2})",
                rate.value * 100.0,
                rate.low * 100.0,
                rate.high * 100.0
            )),
            None => text.push_str(&format!("\nTMR at FMR {fmr}: too few impostors to say")),
        }
    }
    let shipped = &report.default;
    text.push_str(&format!(
        "\nas shipped, threshold {:.3}: TMR {:.2} %, FMR {:.1e} (at most {:.1e})",
        shipped.threshold,
        shipped.tmr.value * 100.0,
        shipped.fmr,
        shipped.fmr_high
    ));
    if let Some(group) = &report.group {
        text.push_str(&format!(
            "\nin the group ({} people, {} impostor comparisons): TMR {:.2} %, FMR {:.1e} (at most {:.1e})",
            group.people,
            group.impostor,
            group.default.tmr.value * 100.0,
            group.default.fmr,
            group.default.fmr_high
        ));
    }
    text
}

fn eyes_prose(report: &EyesReport) -> String {
    format!(
        "{} open and {} closed eyes: AUC {:.3}, balanced accuracy {:.1} %",
        report.open,
        report.closed,
        report.auc,
        report.balanced_accuracy * 100.0
    )
}

fn blink_prose(report: &BlinkReport) -> String {
    let latency = report.latency_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms"));
    format!(
        "{:<12} {:>2} of {:>2} blinks, {} false, {:>3} frames not judged, told after {latency}",
        report.clip, report.found, report.truth, report.false_alarms, report.cannot_see
    )
}

fn mask_prose(report: &MaskReport) -> String {
    let bare = &report.bare;
    let mut text = format!(
        "bare faces: {} of {} taken for masked, {:.2} % (at most {:.2} %); {} not judged",
        bare.taken_for_masked,
        bare.pictures - bare.not_judged,
        bare.rate * 100.0,
        bare.rate_high * 100.0,
        bare.not_judged
    );
    for kind in &report.drawn {
        text.push_str(&format!(
            "\n{:<20} {:.1} % seen, {} not judged",
            kind.id,
            kind.rate * 100.0,
            kind.not_judged
        ));
    }
    for clip in &report.clips {
        text.push_str(&format!(
            "\n{:<20} {} of {} frames taken for masked, for at most {} ms",
            clip.clip, clip.taken_for_masked, clip.frames, clip.longest_ms
        ));
    }
    text
}

fn light_prose(report: &LightReport) -> String {
    let mut text = format!(
        "{} pictures spoilt, each compared with {} as they were taken; TMR as shipped and at FMR 1e-4, plain and evened",
        report.pictures, report.compared_with
    );
    let percent = |share: f64| share * 100.0;
    for spoilt in &report.spoilt {
        let [plain, evened] = [&spoilt.plain, &spoilt.evened].map(|matching| {
            let tmr =
                matching.tmr.map_or_else(|| "-".to_owned(), |rate| format!("{:.2}", percent(rate.value)));
            format!("{:.2} % {tmr} %", percent(matching.shipped.tmr.value))
        });
        text.push_str(&format!(
            "\n{:<12} luma {:.2}, contrast {:.3}, behind {:.1}, {} without a face: {plain} -> {evened}",
            spoilt.id, spoilt.brightness, spoilt.contrast, spoilt.back_light, spoilt.lost
        ));
    }
    text
}

impl From<EvalError> for Failure {
    fn from(error: EvalError) -> Failure {
        match error {
            EvalError::Frame(error) => Error::from(error).into(),
            EvalError::Face(error) => Error::from(error).into(),
            EvalError::Inference(error) => Error::from(error).into(),
            EvalError::Match(error) => Error::from(error).into(),
            EvalError::Pack(error) => Error::from(error).into(),
            error => {
                let exit = match error {
                    EvalError::Io { .. } => Exit::Unavailable,
                    EvalError::Samples { .. } => Exit::Usage,
                    _ => Exit::DataRefused,
                };
                Failure { code: "bad_data", detail: chain(&error), fix: String::new(), exit }
            }
        }
    }
}
