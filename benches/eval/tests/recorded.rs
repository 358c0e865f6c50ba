//! What must hold on the recorded material that lies beside the checkout. Skipped, in one line, where it does not.

#![cfg(test)]

use std::{fs, path::PathBuf, sync::Mutex};

use mabataki_engine::{face::Analyser, inference::Runtime};
use mabataki_eval::{
    BlinkReport, Comparisons, EvalError, EyesRequest, MaskRequest, VerificationRequest, blink_clip,
    blink_set, eyes, mask, verification,
};
use mabataki_models::Pack;
use mabataki_test_support::installed;

/// The recorded material, if it is there.
fn recorded(test: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let found = folder.is_dir();
    if !found {
        println!("skipped {test}: {} is not there", folder.display());
    }
    found.then_some(folder)
}

fn pack_and_runtime() -> (Pack, Runtime) {
    (Pack::open(&installed::pack()).unwrap(), Runtime::load(&installed::runtime()).unwrap())
}

fn analyser() -> Analyser {
    let (pack, runtime) = pack_and_runtime();
    Analyser::open(&pack, &runtime).unwrap()
}

#[test]
fn nearly_every_blink_is_found_and_hardly_any_is_made_up() {
    let Some(data) = recorded("the recorded blinks") else { return };
    let clips: Mutex<Vec<BlinkReport>> = Mutex::default();
    let all = blink_set(
        &mut analyser(),
        &data.join("video"),
        &mut |clip| clips.lock().unwrap().push(clip.clone()),
        &mut |_| (),
    )
    .unwrap();
    let clips = clips.into_inner().unwrap();
    assert_eq!((clips.len(), all.truth), (14, 38));
    assert!(all.found >= 36 && all.false_alarms <= 2, "{all:?}");
    assert!(all.auc.unwrap() > 0.99, "{all:?}");
    assert!(all.latency_ms.unwrap() <= 40.0, "{all:?}");
    assert_eq!(clips.iter().map(|clip| clip.found).sum::<usize>(), all.found);
    assert!(clips.iter().all(|clip| clip.signal.len() == clip.frames));
}

#[test]
fn the_eye_net_tells_open_from_closed() {
    let Some(data) = recorded("the eye crops") else { return };
    let (pack, runtime) = pack_and_runtime();
    let request = EyesRequest { open: &data.join("eyes/open"), closed: &data.join("eyes/closed") };
    let report = eyes(&pack, &runtime, &request, &mut |_| ()).unwrap();
    assert_eq!((report.open, report.closed), (220, 220));
    assert!(report.auc >= 0.93, "{report:?}");
    assert!(report.balanced_accuracy > 0.8, "{report:?}");
}

#[test]
fn masks_that_are_worn_in_hospitals_are_seen_and_bare_faces_left_alone() {
    let Some(data) = recorded("drawn masks") else { return };
    let request = MaskRequest { root: &data.join("lfw"), every: 120, clips: None };
    let report = mask(&mut analyser(), &request, &mut |_| ()).unwrap();
    assert!(report.bare.taken_for_masked <= 1 && report.bare.pictures >= 39, "{report:?}");
    for kind in report.drawn.iter().filter(|kind| ["surgical_light_blue", "cone_white"].contains(&kind.id)) {
        assert!(kind.rate > 0.9, "{kind:?}");
    }
}

#[test]
fn the_first_pairs_of_the_list_are_told_apart() {
    const EACH: usize = 40;
    let Some(data) = recorded("the first pairs of the list") else { return };
    let list = fs::read_to_string(data.join("lfw-pairs.txt")).unwrap();
    let lines: Vec<&str> = list.lines().skip(1).collect();
    let half = lines.len() / 2;
    let text: Vec<String> = [format!("1\t{EACH}")]
        .into_iter()
        .chain(lines[..EACH].iter().chain(&lines[half..half + EACH]).map(|line| (*line).to_owned()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let (pairs, plot) = (folder.path().join("pairs.txt"), folder.path().join("roc.svg"));
    fs::write(&pairs, text.join("\n")).unwrap();

    let request = VerificationRequest {
        root: &data.join("lfw"),
        comparisons: Comparisons::Listed(&pairs),
        group: None,
        label_errors: Some(&data.join("lfw-label-errors.txt")),
        plot: Some(&plot),
    };
    let mut told = 0;
    let report = verification(&mut analyser(), &request, &mut |progress| told = progress.done).unwrap();
    assert_eq!((report.genuine, report.impostor, report.failed), (40, 40, 0));
    assert_eq!(told, report.images);
    assert!(report.accuracy.unwrap() >= 0.97, "{report:?}");
    assert!(report.default.tmr.value > 0.8 && report.default.fmr < 0.05, "{report:?}");
    assert_eq!(report.tmr["1e-4"], None, "a rate of 1e-4 cannot be shown on 40 impostors");
    assert!(fs::read_to_string(plot).unwrap().contains("<polyline"));
}

#[test]
fn a_recording_that_is_missing_or_broken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, truth) = (folder.path().join("clip.mjpeg"), folder.path().join("clip.json"));
    fs::write(&truth, r#"{"fps": 25, "blinks": []}"#).unwrap();
    let mut analyser = analyser();
    let mut error = || -> EvalError { blink_clip(&mut analyser, &clip, &truth, &mut |_| ()).unwrap_err() };
    assert!(error().to_string().contains("clip.mjpeg"), "{}", error());
    fs::write(&clip, [0xFF, 0xD8, 0xFF, 0xE0, 0, 9, 1]).unwrap();
    assert!(error().to_string().contains("clip.mjpeg"), "{}", error());
}

#[test]
fn templates_of_no_or_too_many_samples_are_refused_before_anything_is_read() {
    let request = |samples| VerificationRequest {
        root: std::path::Path::new("/nowhere"),
        comparisons: Comparisons::Enrolled(samples),
        group: None,
        label_errors: None,
        plot: None,
    };
    let mut analyser = analyser();
    for samples in [0, 17] {
        let error = verification(&mut analyser, &request(samples), &mut |_| ()).unwrap_err();
        assert!(matches!(error, EvalError::Samples { .. }), "{error}");
    }
    let error = verification(&mut analyser, &request(3), &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("/nowhere"), "{error}");
}
