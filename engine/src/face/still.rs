//! Faces in a still picture, where there is one chance only.

use super::{
    Detection, FaceError, FaceObservation, TrackId, Want,
    nets::{Nets, Subject},
    square::Square,
};
use crate::frame::{Area, Pixels};

/// A box wider or higher than this share of the picture calls for a second look with a margin: beyond it the detector
/// frames faces wrongly.
const TIGHT: f32 = 0.6;

/// Margin on each side for the second look, in widths and heights of the picture.
const MARGIN: f32 = 0.5;

/// Measures every face, best first.
pub(super) fn faces(
    nets: &mut Nets,
    pixels: &Pixels<'_>,
    want: Want,
    mut new_track: impl FnMut() -> TrackId,
) -> Result<Vec<FaceObservation>, FaceError> {
    let found = find(nets, pixels)?;
    let faces = that_matter(&found);
    let mut observed = Vec::with_capacity(found.len());
    for Detection { rect, score } in found {
        let landmarks = nets.landmarks.find(pixels, Square::as_high_as(&rect))?;
        let Some(light) = nets.aligner.align(pixels, &landmarks)? else { continue };
        let subject =
            Subject { track: new_track(), rect, score, landmarks: &landmarks, light, faces, told: None };
        observed.extend(nets.measure(pixels, &subject, want)?);
    }
    Ok(observed)
}

/// How many of these faces matter: those at least half as wide as the widest.
pub(super) fn that_matter(found: &[Detection]) -> usize {
    let widest = found.iter().map(|detection| detection.rect.width).fold(0.0, f32::max);
    found.iter().filter(|detection| detection.rect.width >= widest / 2.0).count()
}

/// Finds them, best first.
pub(super) fn find(nets: &mut Nets, pixels: &Pixels<'_>) -> Result<Vec<Detection>, FaceError> {
    let whole = Area::whole(pixels);
    let found = nets.detector.detect(pixels, whole)?.to_vec();
    let is_tight = |detection: &Detection| {
        detection.rect.width > TIGHT * whole.width || detection.rect.height > TIGHT * whole.height
    };
    if !found.is_empty() && !found.iter().any(is_tight) {
        return Ok(found);
    }
    let with_margin = Area {
        x: -MARGIN * whole.width,
        y: -MARGIN * whole.height,
        width: (1.0 + 2.0 * MARGIN) * whole.width,
        height: (1.0 + 2.0 * MARGIN) * whole.height,
    };
    let again = nets.detector.detect(pixels, with_margin)?;
    Ok(if again.is_empty() { found } else { again.to_vec() })
}
