//! From flags to sources of frames and cards.

use mabataki_engine::card::{CardIdentity, ClaimError};
use mabataki_engine::engine::{Cards, Error, Frames};

use crate::args::{CardSource, FrameSource};
use crate::failure::Failure;

pub(super) fn frames(args: &FrameSource) -> Result<Frames, Failure> {
    if let Some(fps) = args.fps
        && !(1.0..=240.0).contains(&fps)
    {
        return Err(Failure::usage(format!("--fps {fps}: expected 1 to 240 frames a second"), ""));
    }
    Ok(match (&args.frames, &args.camera) {
        (Some(path), _) => Frames::Recorded { path: path.clone(), fps: args.fps },
        (None, camera) => Frames::Camera(camera.clone().flatten()),
    })
}

pub(super) fn cards(args: &CardSource) -> Result<Cards, Failure> {
    match &args.card {
        Some(claim) => match CardIdentity::parse_claim(claim) {
            Ok(card) => Ok(Cards::Claimed(Ok(card))),
            Err(ClaimError::Unusable(unusable)) => Ok(Cards::Claimed(Err(unusable))),
            Err(error) => Err(Error::from(error).into()),
        },
        None => Ok(Cards::Reader(args.reader.reader.clone().flatten())),
    }
}
