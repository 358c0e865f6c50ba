//! What the broker asks of a system's cameras. Each of these calls may block for as long as a driver likes.

use super::choose::Mode;
use super::picture::Picture;
use super::{CameraEntry, CameraError};

/// The cameras of a system.
pub(super) trait System: Send + Sync {
    /// Those it knows now, by number.
    fn list(&self) -> Result<Vec<CameraEntry>, CameraError>;

    /// What one offers.
    ///
    /// # Errors
    /// Why nothing of it can be used.
    fn survey(&self, entry: &CameraEntry) -> Result<Survey, CameraError>;

    /// Opens one, and begins to film. It stays on the thread that opened it.
    fn open(&self, entry: &CameraEntry) -> Result<Box<dyn Driver>, CameraError>;
}

/// What a camera offers.
pub(super) struct Survey {
    /// The mode that is taken.
    pub(super) mode: String,
    /// What cannot be used, and why.
    pub(super) skipped: Vec<String>,
}

/// The driver of a camera that films. Dropped, it closes the camera.
pub(super) trait Driver {
    /// In which mode it films.
    fn mode(&self) -> Mode;

    /// Waits for the next frame, and puts its bytes into `picture`.
    ///
    /// # Errors
    /// [`CameraError::WrongSize`] or [`CameraError::CutOff`] for a frame that is not what the mode says; others may follow.
    /// Any other error ends the filming.
    fn next(&mut self, picture: &mut Picture) -> Result<(), CameraError>;
}
