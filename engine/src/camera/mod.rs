//! Cameras: the newest frame of the one that is open, without ever waiting longer than a limit.
//!
//! A driver may block for ever, so it is spoken to on a thread of its own (`capture`, the only part that names
//! `nokhwa`) that is left behind when it hangs. It hands over the newest frame through a `slot`; older ones are
//! dropped. What the driver sends is turned into pixels by `convert` only for the frames that are looked at.

mod capture;
mod choose;
mod convert;
mod error;
mod slot;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use self::choose::{Layout, Mode};
use self::slot::{Raw, Slot, Waited};
use crate::frame::{Frame, FrameError, FrameSource, PixelFormat};

pub use error::CameraError;

/// How long a camera may take to be found, or to be opened. Slow ones take about two seconds.
const OPEN_LIMIT: Duration = Duration::from_secs(6);
/// How long a frame may be late. An open camera sends one every 33 to 100 ms, in the dark every 200.
const FRAME_LIMIT: Duration = Duration::from_secs(2);
/// How long closing waits for the driver.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// A camera the system knows. Not each of them can be opened: some only send metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraEntry {
    /// The system's number for it.
    pub index: u32,
    /// Its name.
    pub name: String,
}

/// The cameras the system knows, by number.
///
/// # Errors
/// [`CameraError::Stalled`] or [`CameraError::Failed`] when the system does not say.
pub fn list() -> Result<Vec<CameraEntry>, CameraError> {
    capture::list(OPEN_LIMIT)
}

/// An open camera. On drop it is closed within a second; a driver that hangs is left to itself.
pub struct Camera {
    name: String,
    mode: Mode,
    slot: Arc<Slot>,
    raw: Raw,
    rgb: Zeroizing<Vec<u8>>,
}

impl Camera {
    /// Opens the camera with this number or with a name that contains this; without, the first that opens.
    ///
    /// # Errors
    /// [`CameraError`], at the latest after six seconds for each camera that is tried.
    pub fn open(which: Option<&str>) -> Result<Camera, CameraError> {
        let known = list()?;
        if known.is_empty() {
            return Err(CameraError::NoCamera);
        }
        let mut fault = None;
        for entry in known.iter().filter(|entry| which.is_none_or(|which| entry.is(which))) {
            match Camera::open_entry(entry) {
                Ok(camera) => return Ok(camera),
                // Of several the first tells most: those that follow it are often parts of the same camera.
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        Err(fault.unwrap_or_else(|| CameraError::Unknown {
            wanted: which.unwrap_or_default().to_owned(),
            found: known.into_iter().map(|entry| entry.name).collect(),
        }))
    }

    fn open_entry(entry: &CameraEntry) -> Result<Camera, CameraError> {
        let slot = Arc::new(Slot::default());
        capture::start(entry, Arc::clone(&slot))?;
        let mode = slot.opened(OPEN_LIMIT).map_err(|waited| failure(waited, &entry.name, OPEN_LIMIT));
        let mode = mode.inspect_err(|_| slot.close(Duration::ZERO))?;
        Ok(Camera { name: entry.name.clone(), mode, slot, raw: Raw::default(), rgb: Zeroizing::default() })
    }

    /// The camera's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FrameSource for Camera {
    /// The newest frame that was not yet given; waits for it at most two seconds. Its time counts from the opening.
    /// Never `None`: a camera has no end.
    ///
    /// # Errors
    /// [`FrameError::Source`] with a [`CameraError`]: after [`CameraError::Stalled`] more frames may come, after any
    /// other the camera must be opened again. Another [`FrameError`] for a frame that is not what the driver said.
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        self.slot
            .take(&mut self.raw, FRAME_LIMIT)
            .map_err(|waited| failure(waited, &self.name, FRAME_LIMIT))
            .map_err(|error| FrameError::Source { cause: error.into() })?;
        let Mode { width, height, layout, .. } = self.mode;
        let bytes = self.raw.bytes();
        let (format, bytes): (_, &[u8]) = match layout {
            Layout::Mjpeg => (PixelFormat::Mjpeg, bytes),
            Layout::Gray => (PixelFormat::Gray8, bytes),
            Layout::Rgb => (PixelFormat::Rgb24, bytes),
            Layout::Bgr => (PixelFormat::Bgr24, bytes),
            Layout::Yuyv => {
                convert::yuyv_to_rgb(bytes, width, height, &mut self.rgb)?;
                (PixelFormat::Rgb24, &self.rgb)
            }
            Layout::Nv12 => {
                convert::nv12_to_rgb(bytes, width, height, &mut self.rgb)?;
                (PixelFormat::Rgb24, &self.rgb)
            }
        };
        let channels = if format == PixelFormat::Gray8 { 1 } else { 3 };
        let stride = (width as usize).saturating_mul(channels);
        Frame::new(format, width, height, stride, bytes, self.raw.time()).map(Some)
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.slot.close(CLOSE_LIMIT);
    }
}

impl fmt::Debug for Camera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Camera").field("name", &self.name).field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl CameraEntry {
    fn is(&self, which: &str) -> bool {
        match which.parse::<u32>() {
            Ok(index) => self.index == index,
            Err(_) => self.name.contains(which),
        }
    }
}

fn failure(waited: Waited, name: &str, limit: Duration) -> CameraError {
    match waited {
        Waited::TooLong => CameraError::Stalled { name: name.to_owned(), seconds: limit.as_secs() },
        Waited::Ended(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_chosen_by_its_number_or_by_a_part_of_its_name() {
        let entry = CameraEntry { index: 2, name: "Front Camera 10".into() };
        assert!(entry.is("2") && entry.is("Front") && entry.is("Camera 10"));
        assert!(!entry.is("10") && !entry.is("Rear"));
    }

    #[test]
    fn without_a_camera_that_is_what_is_said() {
        // On a machine with cameras there is nothing to see here.
        if list().unwrap().is_empty() {
            let error = Camera::open(None).unwrap_err();
            assert_eq!(error.code(), "no_camera");
            assert_eq!(Camera::open(Some("0")).unwrap_err(), CameraError::NoCamera);
        }
    }
}
