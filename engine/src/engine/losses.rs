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
        let (reason, name) = (Some(error.code().to_owned()), name.map(str::to_owned));
        match device {
            Device::Camera => {
                let entry = self.entry(Operation::CameraLost, Outcome::Failed);
                Entry { reason, camera: name, ..entry }
            }
            Device::Reader => {
                let entry = self.entry(Operation::ReaderLost, Outcome::Failed);
                Entry { reason, reader: name, ..entry }
            }
        }
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
        OpenFrames::open(frames).or_else(|error| self.fail_to_open(error, name, session))
    }

    /// Opens where cards come from; that they cannot be had is written down.
    pub(super) fn open_cards(&mut self, cards: Cards, session: Option<&str>) -> Result<OpenCards, Error> {
        let name = cards.reader_asked_for();
        let plan = self.card_plan()?;
        OpenCards::open(cards, &plan).or_else(|error| self.fail_to_open(error, name, session))
    }

    fn fail_to_open<T>(
        &mut self,
        error: Error,
        name: Option<String>,
        session: Option<&str>,
    ) -> Result<T, Error> {
        self.record_loss(&error, name.as_deref(), session)?;
        Err(error)
    }
}
