//! From flags to sources of frames and cards.

use std::path::Path;

use mabataki_engine::card::{CardIdentity, ClaimError};
use mabataki_engine::engine::{Cards, Error, Frames};
use mabataki_engine::frame::{FrameError, Replay, open_replay};

use super::video;
use crate::args::{CardSource, FrameSource};
use crate::failure::Failure;

/// The frames, where they may be left out.
pub(super) fn frames(args: &FrameSource) -> Result<Option<Frames>, Failure> {
    Ok(match &args.frames {
        Some(path) => Some(Frames::Recorded { path: path.clone(), replay: replay(path, args.fps)? }),
        None => args.camera.clone().map(Frames::Camera),
    })
}

/// The frames, where nothing can be done without them.
pub(super) fn needed_frames(args: &FrameSource) -> Result<Frames, Failure> {
    frames(args)?.ok_or_else(|| {
        Failure::usage("no frames: expected a camera or a recording", "name --camera or --frames")
    })
}

/// What the engine cannot play itself may be a video that ffmpeg can.
fn replay(path: &Path, fps: Option<f64>) -> Result<Replay, Failure> {
    match open_replay(path, fps) {
        Err(error @ FrameError::UnknownKind { .. }) => match video::play(path, fps)? {
            Some(replay) => Ok(replay),
            None => Err(Error::from(error).into()),
        },
        other => Ok(other.map_err(Error::from)?),
    }
}

/// The card, where nothing said of one means none.
pub(super) fn named_cards(args: &CardSource) -> Result<Option<Cards>, Failure> {
    let named = args.card.is_some() || args.reader.reader.is_some();
    if named { cards(args).map(Some) } else { Ok(None) }
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
