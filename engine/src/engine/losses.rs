//! What the log says of a device that does not work, whatever it was wanted for.

use super::sources::{Cards, Frames, OpenCards, OpenFrames};
use super::{Engine, Error};
use crate::audit::{Entry, Operation, Outcome};
use crate::session::Device;
use crate::store::StoreError;

/// Which device an error tells of, if it is a device's.
pub(super) fn device_of(error: &Error) -> Option<Device> {
    match error {
        Error::Camera(_) => Some(Device::Camera),
        Error::Reader(_) => Some(Device::Reader),
        _ => None,
    }
}

impl Engine {
    /// The log's record that a device was lost, by what it is called or was asked for.
    pub(super) fn loss(&self, device: Device, name: Option<&str>, error: &Error) -> Entry {
        let operation = match device {
            Device::Camera => Operation::CameraLost,
            Device::Reader => Operation::ReaderLost,
        };
        let mut entry = self.entry(operation, Outcome::Failed);
        entry.reason = Some(error.code().to_owned());
        let name = name.map(str::to_owned);
        match device {
            Device::Camera => entry.camera = name,
            Device::Reader => entry.reader = name,
        }
        entry
    }

    /// Writes down that a device was lost, if that is what the error says; in which session, if in one.
    pub(super) fn record_loss(
        &mut self,
        error: &Error,
        name: Option<&str>,
        session: Option<&str>,
    ) -> Result<(), StoreError> {
        let Some(device) = device_of(error) else { return Ok(()) };
        let entry = Entry { session: session.map(str::to_owned), ..self.loss(device, name, error) };
        self.append(&entry).map(|_| ())
    }

    /// Opens where frames come from; that they cannot be had is written down.
    pub(super) fn open_frames(&mut self, frames: Frames, session: Option<&str>) -> Result<OpenFrames, Error> {
        let name = frames.camera_asked_for();
        let opened = OpenFrames::open(frames);
        if let Err(error) = &opened {
            self.record_loss(error, name.as_deref(), session)?;
        }
        opened
    }

    /// Opens where cards come from; that they cannot be had is written down.
    pub(super) fn open_cards(&mut self, cards: Cards, session: Option<&str>) -> Result<OpenCards, Error> {
        let name = cards.reader_asked_for();
        let opened = OpenCards::open(cards);
        if let Err(error) = &opened {
            self.record_loss(error, name.as_deref(), session)?;
        }
        opened
    }
}
