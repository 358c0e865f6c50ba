//! The camera and the reader of one attempt. One that is missing does not end it: what the policy lists may stand in.

use std::time::Duration;

use super::super::sources::{OpenCards, OpenFrames};
use super::super::{Engine, Error};
use super::AttemptRequest;
use super::time::AttemptClock;
use crate::audit::{Entry, Operation, Outcome};
use crate::session::Device;

/// The devices, as far as they work, and why the others do not.
pub(super) struct Devices {
    pub(super) cards: Option<OpenCards>,
    pub(super) frames: Option<OpenFrames>,
    lost: Vec<(Device, Error)>,
}

impl Devices {
    /// Opens what the request names. Nets that cannot be loaded make the camera useless, and count as its loss.
    pub(super) fn open(engine: &mut Engine, request: &mut AttemptRequest) -> Devices {
        let mut devices = Devices { cards: None, frames: None, lost: Vec::new() };
        if let Some(frames) = request.frames.take() {
            let opened = engine.eyes().map(|_| ()).and_then(|()| OpenFrames::open(frames));
            match opened {
                Ok(frames) => devices.frames = Some(frames),
                Err(error) => devices.lost.push((Device::Camera, error)),
            }
        }
        if let Some(cards) = request.cards.take() {
            match OpenCards::open(cards) {
                Ok(cards) => devices.cards = Some(cards),
                Err(error) => devices.lost.push((Device::Reader, error)),
            }
        }
        devices
    }

    pub(super) fn clock(&self) -> AttemptClock {
        let recorded = self.frames.as_ref().is_some_and(|frames| !frames.is_live());
        let mut clock = if recorded { AttemptClock::recorded() } else { AttemptClock::live() };
        if self.cards.is_none() {
            clock.start_frames();
        }
        clock
    }

    /// A device failed in mid-attempt.
    pub(super) fn lose(&mut self, device: Device, error: Error) {
        match device {
            Device::Camera => self.frames = None,
            Device::Reader => self.cards = None,
        }
        self.lost.push((device, error));
    }

    /// Why the first one that was lost does not work.
    pub(super) fn take_error(&mut self) -> Option<Error> {
        if self.lost.is_empty() { None } else { Some(self.lost.remove(0).1) }
    }

    /// Records of every loss so far, for the log.
    pub(super) fn losses(&self, engine: &Engine, session: &str) -> Vec<Entry> {
        self.lost.iter().map(|(device, error)| loss(engine, session, *device, error)).collect()
    }
}

/// The log's record of a loss.
pub(super) fn loss(engine: &Engine, session: &str, device: Device, error: &Error) -> Entry {
    let operation = match device {
        Device::Camera => Operation::CameraLost,
        Device::Reader => Operation::ReaderLost,
    };
    let mut entry = engine.entry(operation, Outcome::Failed);
    entry.reason = Some(error.code().to_owned());
    entry.session = Some(session.to_owned());
    entry
}

/// Which device an error tells of, if it is a device's.
pub(super) fn of_error(error: &Error) -> Option<Device> {
    match error {
        Error::Camera(_) => Some(Device::Camera),
        Error::Reader(_) => Some(Device::Reader),
        _ => None,
    }
}

/// How long one look at the reader may hold up the camera: not at all. While no frame is due, this long.
pub(super) const CARD_WAIT: Duration = Duration::from_millis(50);
