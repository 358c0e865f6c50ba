//! What an attempt is told of faces before it begins: thresholds, the nets' space, and how long it keeps silent.

use std::time::Duration;

use super::super::grants::random;
use super::super::{Engine, Error};
use crate::matching::{Space, Threshold};
use crate::policy::Policy;
use crate::session::Request;

/// The longest silence before a prompt: who cannot foresee the prompt cannot foresee the answer, and nobody minds half a
/// second.
const QUIET: Duration = Duration::from_millis(500);

/// The most people who share a department card.
const MOST_PEOPLE: usize = 16;

/// What the session must know of faces: the thresholds and the space of the nets in use. Without frames there is no
/// face, no net is loaded, and no score would pass.
pub(super) fn face_request(engine: &mut Engine, policy: &Policy, frames: bool) -> Result<Request, Error> {
    let mut request = Request {
        policy: policy.clone(),
        threshold: Threshold::UNREACHABLE,
        among: Vec::new(),
        space: Space::bare(mabataki_models::Digest::of(b"")),
        live_threshold: f32::INFINITY,
        account: None,
        claim: None,
        camera: false,
        reader: false,
        closed: None,
        explains_cards: false,
        quiet: [Duration::ZERO; 2],
    };
    if frames {
        let thresholds = engine.thresholds()?;
        request.threshold = thresholds.of(policy.fmr)?;
        let among = |people| thresholds.among(people, policy.fmr).ok();
        request.among = (2..=MOST_PEOPLE).map_while(among).collect();
        let eyes = engine.fresh_eyes()?;
        request.space = eyes.space();
        request.live_threshold = eyes.refuse_below();
    }
    Ok(request)
}

/// A random silence of at most [`QUIET`] before a prompt, where that surprises anybody.
pub(in crate::engine) fn quiet(surprises: bool) -> Result<Duration, Error> {
    let share = f64::from(u16::from_le_bytes(random::<2>()?)) / f64::from(u16::MAX);
    Ok(if surprises { QUIET.mul_f64(share) } else { Duration::ZERO })
}
