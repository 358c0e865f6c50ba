//! Where the frames and the card of an attempt come from.

use std::path::PathBuf;
use std::time::Duration;

use super::Error;
use crate::camera::{Camera, CameraError};
use crate::card::{CardEvent, CardIdentity, CardReader, Unusable};
use crate::frame::{Frame, FrameError, FrameSource, Replay};

/// Where frames come from.
#[derive(Debug)]
pub enum Frames {
    /// A camera by number or name; `None`: the first.
    Camera(Option<String>),
    /// A recording: a picture, a folder of pictures, a motion JPEG or Y4M stream.
    Recorded {
        /// The file or folder, to be named when something is wrong with it.
        path: PathBuf,
        /// The recording itself.
        replay: Replay,
    },
}

/// Where the card is wanted from.
#[derive(Debug)]
pub enum Cards {
    /// A PC/SC reader by name; `None`: the first.
    Reader(Option<String>),
    /// A card that the host tells of.
    Claimed(Result<CardIdentity, Unusable>),
}

/// Frames as they come.
pub(super) enum OpenFrames {
    Live(Camera),
    Recorded { replay: Replay, path: PathBuf, read: u64 },
}

impl OpenFrames {
    pub(super) fn open(frames: Frames) -> Result<OpenFrames, Error> {
        Ok(match frames {
            Frames::Camera(name) => OpenFrames::Live(Camera::open(name.as_deref())?),
            Frames::Recorded { path, replay } => OpenFrames::Recorded { replay, path, read: 0 },
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, Error> {
        Ok(match self {
            OpenFrames::Live(camera) => camera.next_frame().map_err(from_camera)?,
            OpenFrames::Recorded { replay, read, .. } => {
                *read += 1;
                replay.next_frame()?
            }
        })
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self, OpenFrames::Live(_))
    }

    /// One picture, shown again and again.
    pub(super) fn is_still(&self) -> bool {
        matches!(self, OpenFrames::Recorded { replay, .. } if replay.is_endless())
    }

    /// What becomes of a frame that could not be decoded. A camera's next one may be whole again; a recording is
    /// refused, and named.
    pub(super) fn forgive(&self, error: Error) -> Result<(), Error> {
        match (self, error) {
            (OpenFrames::Live(_), Error::Frame(_)) => Ok(()),
            (OpenFrames::Recorded { path, read, .. }, Error::Frame(cause)) => {
                let index = read.saturating_sub(1);
                Err(FrameError::InFile { path: path.clone(), index, cause: Box::new(cause) }.into())
            }
            (_, error) => Err(error),
        }
    }
}

fn from_camera(error: FrameError) -> Error {
    match error {
        FrameError::Source { cause } => match cause.downcast::<CameraError>() {
            Ok(error) => Error::Camera(*error),
            Err(cause) => FrameError::Source { cause }.into(),
        },
        error => error.into(),
    }
}

/// What happens to a card.
pub(super) enum CardInput {
    Read(Result<CardIdentity, Unusable>),
    Removed,
}

/// The card as it comes, once.
pub(super) enum OpenCards {
    Reader(CardReader),
    Claimed(Option<Result<CardIdentity, Unusable>>),
}

impl OpenCards {
    pub(super) fn open(cards: Cards) -> Result<OpenCards, Error> {
        Ok(match cards {
            Cards::Reader(name) => OpenCards::Reader(CardReader::open(name.as_deref())?),
            Cards::Claimed(card) => OpenCards::Claimed(Some(card)),
        })
    }

    /// What happens to the card within `wait`, if anything does.
    pub(super) fn next(&mut self, wait: Duration) -> Result<Option<CardInput>, Error> {
        match self {
            OpenCards::Claimed(card) => Ok(card.take().map(CardInput::Read)),
            OpenCards::Reader(reader) => Ok(match reader.wait(wait)? {
                Some(CardEvent::Inserted(reading)) => Some(CardInput::Read(reading.result)),
                Some(CardEvent::Removed) => Some(CardInput::Removed),
                _ => None,
            }),
        }
    }
}
