//! Where the frames and the card of an attempt, an enrolment or a watch come from, and what the policy says of it.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::tap::{Tap, TappedCard};
use super::{Engine, Error};
use crate::audit::to_line;
use crate::camera::{Camera, CameraError};
use crate::card::{
    Assurance, CardEvent, CardIdentity, CardReader, PinVerdict, Plan, ReaderError, Together, Unusable,
};
use crate::frame::{FrameError, FrameSource as _, Next, Pace, PushedFrames, Replay};
use crate::policy::Rulebook;
use crate::secret::Secret;
use crate::session::CardTrouble;

/// How long to rest where no frame is due, before the reader and the time are looked at again.
pub(super) const REST: Duration = Duration::from_millis(10);

/// How long is waited for a reader before a session goes on: the service answers within milliseconds, or hangs.
const SETTLE: Duration = Duration::from_millis(300);

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
    /// Frames that the host hands in one by one.
    Pushed(PushedFrames),
}

/// Where the card is wanted from.
#[derive(Debug)]
pub enum Cards {
    /// A PC/SC reader by name; `None`: the first.
    Reader(Option<String>),
    /// A card that the host tells of.
    Claimed(Result<CardIdentity, Unusable>),
    /// Cards that the host tells of while it goes on.
    Told(Receiver<ToldCard>),
}

/// What a host tells of its card.
#[derive(Debug)]
pub enum ToldCard {
    /// It was read.
    Shown(CardIdentity),
    /// It was taken away.
    Removed,
}

impl Frames {
    /// Whether they come from the host, and not from a device that the engine owns.
    pub(super) fn are_the_hosts(&self) -> bool {
        !matches!(self, Frames::Camera(_))
    }

    /// What they are called where they are refused.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Frames::Camera(_) => "frames of a camera",
            Frames::Recorded { .. } => "frames from a file",
            Frames::Pushed(_) => "frames from the host",
        }
    }

    /// The camera that is asked for by name, as the log names it.
    pub(super) fn camera_asked_for(&self) -> Option<String> {
        match self {
            Frames::Camera(name) => name.as_deref().and_then(to_line),
            Frames::Recorded { .. } | Frames::Pushed(_) => None,
        }
    }
}

impl Cards {
    /// Whether the host tells of them, and no device that the engine owns.
    pub(super) fn are_the_hosts(&self) -> bool {
        !matches!(self, Cards::Reader(_))
    }

    /// The reader that is asked for by name, as the log names it.
    pub(super) fn reader_asked_for(&self) -> Option<String> {
        match self {
            Cards::Reader(name) => name.as_deref().and_then(to_line),
            Cards::Claimed(_) | Cards::Told(_) => None,
        }
    }
}

/// What a watch is given to see by.
#[derive(Debug, Default)]
pub struct Sources {
    /// Where the frames come from; from nowhere where there is no camera.
    pub frames: Option<Frames>,
    /// Where the card comes from; from nowhere where there is no reader.
    pub cards: Option<Cards>,
    /// The host that asks, by the name that the policy knows it by.
    pub host: Option<String>,
}

impl Engine {
    /// The camera that the policy names for this terminal, if it names one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pinned_camera(&self) -> Result<Option<String>, Error> {
        let rules = self.rulebook()?;
        Ok(rules.group(&self.store.settings().terminal).camera.clone())
    }

    /// Refuses frames or a card that this terminal's group does not take from this host, and devices that it does not
    /// take at all. The devices that it pins are filled in. A store for trials takes what any host hands in.
    pub(super) fn permit_sources(
        &self,
        rules: &Rulebook,
        host: Option<&str>,
        frames: Option<&mut Frames>,
        cards: Option<&mut Cards>,
    ) -> Result<(), Error> {
        let group = rules.group(&self.store.settings().terminal);
        match frames {
            // Who does not say who they are is nobody's listed host, not even where all are listed.
            Some(Frames::Camera(camera)) => pin("camera", camera, group.camera.as_deref())?,
            Some(frames) if !host.is_some_and(|host| group.host_frames.fits(host)) => {
                self.require_trial(frames.what())?;
            }
            _ => {}
        }
        match cards {
            Some(Cards::Reader(reader)) => pin("reader", reader, group.reader.as_deref()),
            Some(_) if !host.is_some_and(|host| group.host_cards.fits(host)) => {
                self.require_trial("a card told by the host")
            }
            _ => Ok(()),
        }
    }
}

/// Takes the device that the policy names, if it names one; another one that the host names is refused.
fn pin(what: &'static str, asked: &mut Option<String>, pinned: Option<&str>) -> Result<(), Error> {
    let Some(pinned) = pinned else { return Ok(()) };
    match asked {
        Some(name) if name != pinned => {
            Err(Error::Pinned { what, expected: pinned.to_owned(), found: name.clone() })
        }
        _ => {
            *asked = Some(pinned.to_owned());
            Ok(())
        }
    }
}

/// Frames as they come.
pub(super) enum OpenFrames {
    Live(Camera),
    Recorded { replay: Replay, path: PathBuf, read: u64 },
    Pushed(PushedFrames),
}

impl OpenFrames {
    pub(super) fn open(frames: Frames) -> Result<OpenFrames, Error> {
        Ok(match frames {
            Frames::Camera(name) => OpenFrames::Live(Camera::open(name.as_deref())?),
            Frames::Recorded { path, replay } => OpenFrames::Recorded { replay, path, read: 0 },
            Frames::Pushed(frames) => OpenFrames::Pushed(frames),
        })
    }

    /// The next frame. A camera or a host that has none at the moment is waited for no longer than [`REST`].
    pub(super) fn next(&mut self) -> Result<Next<'_>, Error> {
        let frame = match self {
            OpenFrames::Live(camera) => {
                let frame = camera.next(REST).map_err(from_camera)?;
                return Ok(frame.map_or(Next::Nothing, Next::Frame));
            }
            OpenFrames::Recorded { replay, read, .. } => {
                *read += 1;
                replay.next_frame()?
            }
            OpenFrames::Pushed(frames) => return Ok(frames.next(REST)?),
        };
        Ok(frame.map_or(Next::Over, Next::Frame))
    }

    /// The same; a camera films on for so long when nobody looks at it any more.
    pub(super) fn kept_warm(self, warm: Duration) -> OpenFrames {
        match self {
            OpenFrames::Live(camera) => OpenFrames::Live(camera.kept_warm(warm)),
            others => others,
        }
    }

    /// Whether they run on real time.
    pub(super) fn is_live(&self) -> bool {
        match self {
            OpenFrames::Live(_) => true,
            OpenFrames::Recorded { .. } => false,
            OpenFrames::Pushed(frames) => frames.pace() == Pace::Live,
        }
    }

    /// The engine's own camera, as the log names it.
    pub(super) fn camera(&self) -> Option<String> {
        match self {
            OpenFrames::Live(camera) => camera.name().and_then(to_line),
            OpenFrames::Recorded { .. } | OpenFrames::Pushed(_) => None,
        }
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
            (OpenFrames::Pushed(frames), Error::Frame(_)) if frames.pace() == Pace::Live => Ok(()),
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
    /// It could not be read, or not alone.
    Trouble(CardTrouble),
    Removed,
}

/// The terminal's own reader, and what is known of the cards on it.
pub(super) struct OwnReader {
    reader: CardReader,
    together: Together,
    tap: Tap,
}

/// The card as it comes, once.
pub(super) enum OpenCards {
    Reader(Box<OwnReader>),
    Claimed(Option<Result<CardIdentity, Unusable>>),
    Told(Receiver<ToldCard>),
}

impl OpenCards {
    /// A reader knows its cards by this plan.
    pub(super) fn open(cards: Cards, plan: &Arc<Plan>) -> Result<OpenCards, Error> {
        Ok(match cards {
            Cards::Reader(name) => {
                let mut reader = CardReader::begin(name.as_deref(), Arc::clone(plan))?;
                reader.poll_open(SETTLE)?;
                OpenCards::from(reader)
            }
            Cards::Claimed(card) => OpenCards::Claimed(Some(card.map(unproved))),
            Cards::Told(told) => OpenCards::Told(told),
        })
    }

    /// The engine's own reader, as the log names it.
    pub(super) fn reader(&self) -> Option<String> {
        match self {
            OpenCards::Reader(own) => to_line(own.reader.name()),
            OpenCards::Claimed(_) | OpenCards::Told(_) => None,
        }
    }

    /// Has the card that lies on the engine's own reader judge its PIN and prove that it is `expected`.
    ///
    /// # Errors
    /// When it is not there any more, does not answer, or is the host's.
    pub(super) fn prove(
        &mut self,
        expected: &CardIdentity,
        pin: Secret,
        may_be_last: bool,
    ) -> Result<PinVerdict, ReaderError> {
        match self {
            OpenCards::Reader(own) => own.reader.prove(expected, pin, may_be_last),
            OpenCards::Claimed(_) | OpenCards::Told(_) => Err(ReaderError::NoReader),
        }
    }

    /// What happens to the card within `wait`, if anything does.
    pub(super) fn next(&mut self, wait: Duration) -> Result<Option<CardInput>, Error> {
        match self {
            OpenCards::Claimed(card) => Ok(card.take().map(CardInput::Read)),
            OpenCards::Told(told) => Ok(match receive(told, wait) {
                Some(ToldCard::Shown(card)) => Some(CardInput::Read(Ok(unproved(card)))),
                Some(ToldCard::Removed) => Some(CardInput::Removed),
                None => None,
            }),
            OpenCards::Reader(own) => own.next(wait),
        }
    }

    /// Whether it is the terminal's own reader.
    pub(super) fn are_own(&self) -> bool {
        matches!(self, OpenCards::Reader(_))
    }

    /// A card was tapped before. What a host tells of is not begun with one.
    pub(super) fn begin_with(&mut self, card: TappedCard) {
        if let OpenCards::Reader(own) = self {
            own.tap = Tap::of(card, Instant::now());
        }
    }
}

impl OwnReader {
    fn next(&mut self, wait: Duration) -> Result<Option<CardInput>, Error> {
        if let Some(card) = self.tap.take() {
            return Ok(Some(CardInput::Read(Ok(card))));
        }
        Ok(match self.reader.wait(wait) {
            Ok(Some(CardEvent::Inserted(reading))) if self.together.reads(&reading, Instant::now()) => {
                Some(CardInput::Trouble(CardTrouble::Several))
            }
            Ok(Some(CardEvent::Inserted(reading))) if self.tap.is_told(&reading) => None,
            Ok(Some(CardEvent::Inserted(reading))) => Some(CardInput::Read(reading.result)),
            Ok(Some(CardEvent::Removed)) => Some(CardInput::Removed),
            Ok(_) => None,
            // A card to be tapped again.
            Err(ReaderError::Removed { .. }) => Some(CardInput::Trouble(CardTrouble::Torn)),
            Err(ReaderError::Unreadable { .. }) => Some(CardInput::Trouble(CardTrouble::Unreadable)),
            Err(error) => return Err(error.into()),
        })
    }
}

impl From<CardReader> for OpenCards {
    fn from(reader: CardReader) -> OpenCards {
        OpenCards::Reader(Box::new(OwnReader { reader, together: Together::default(), tap: Tap::None }))
    }
}

/// Whatever the host says of a card: it has proved nothing to us.
fn unproved(card: CardIdentity) -> CardIdentity {
    CardIdentity { assurance: Assurance::IdentifierOnly, ..card }
}

/// What a host tells within `wait`. One that has gone tells nothing, and takes as long.
fn receive(told: &Receiver<ToldCard>, wait: Duration) -> Option<ToldCard> {
    if wait.is_zero() {
        return told.try_recv().ok();
    }
    match told.recv_timeout(wait) {
        Ok(card) => Some(card),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => {
            std::thread::sleep(wait);
            None
        }
    }
}
