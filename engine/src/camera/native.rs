//! The cameras of this machine. The only file that names `nokhwa`.

use std::sync::mpsc::channel;
use std::time::Duration;

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use nokhwa::{Camera, NokhwaError};

use super::choose::{Layout, Mode, choose};
use super::driver::{Driver, System};
use super::picture::Picture;
use super::{CameraEntry, CameraError};

/// What errors call the cameras when none is meant.
pub(super) const ALL: &str = "any";

/// How long a person may take to answer the system's question whether the camera may be used.
const PERMISSION_LIMIT: Duration = Duration::from_secs(5);

/// This machine.
pub(super) struct Native;

impl System for Native {
    fn list(&self) -> Result<Vec<CameraEntry>, CameraError> {
        let cameras = nokhwa::query(ApiBackend::Auto)
            .map_err(|error| CameraError::from_driver(ALL, &error.to_string()))?;
        let mut entries: Vec<CameraEntry> = cameras
            .iter()
            .filter_map(|camera| {
                Some(CameraEntry { index: camera.index().as_index().ok()?, name: camera.human_name() })
            })
            .collect();
        entries.sort_by_key(|entry| entry.index);
        Ok(entries)
    }

    fn open(&self, entry: &CameraEntry) -> Result<Box<dyn Driver>, CameraError> {
        let name = &entry.name;
        let failed = |error: NokhwaError| CameraError::from_driver(name, &error.to_string());
        if !is_permitted() {
            return Err(CameraError::NotPermitted { name: name.clone() });
        }
        // With whatever it has, to learn what it offers.
        let known = FORMATS.map(|(format, _)| format);
        let any = RequestedFormat::with_formats(RequestedFormatType::None, &known);
        let mut camera = Camera::new(CameraIndex::Index(entry.index), any).map_err(failed)?;
        let offered = camera.compatible_camera_formats().map_err(failed)?;
        let modes: Vec<Mode> = offered.iter().filter_map(mode).collect();
        let mode = choose(&modes).ok_or_else(|| CameraError::NoMode { name: name.clone() })?;
        let exact = RequestedFormat::with_formats(RequestedFormatType::Exact(format(mode)), &known);
        camera.set_camera_requset(exact).map_err(failed)?;
        camera.open_stream().map_err(failed)?;
        Ok(Box::new(Filming { camera, mode, name: name.clone() }))
    }
}

struct Filming {
    camera: Camera,
    mode: Mode,
    name: String,
}

impl Driver for Filming {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn next(&mut self, picture: &mut Picture) -> Result<(), CameraError> {
        let bytes = self.camera.frame_raw();
        let bytes = bytes.map_err(|error| CameraError::from_driver(&self.name, &error.to_string()))?;
        picture.fill(&bytes, self.mode, &self.name)
    }
}

/// Asks the system whether the camera may be used: macOS asks the person, others let it be.
fn is_permitted() -> bool {
    let (tell, told) = channel();
    nokhwa::nokhwa_initialize(move |permitted| {
        // Nobody listens when the time is up.
        let _ = tell.send(permitted);
    });
    told.recv_timeout(PERMISSION_LIMIT).unwrap_or(false)
}

const FORMATS: [(FrameFormat, Layout); 6] = [
    (FrameFormat::NV12, Layout::Nv12),
    (FrameFormat::YUYV, Layout::Yuyv),
    (FrameFormat::RAWRGB, Layout::Rgb),
    (FrameFormat::RAWBGR, Layout::Bgr),
    (FrameFormat::MJPEG, Layout::Mjpeg),
    (FrameFormat::GRAY, Layout::Gray),
];

fn mode(offered: &CameraFormat) -> Option<Mode> {
    let (_, layout) = *FORMATS.iter().find(|(format, _)| *format == offered.format())?;
    Some(Mode { width: offered.width(), height: offered.height(), fps: offered.frame_rate(), layout })
}

fn format(mode: Mode) -> CameraFormat {
    let format =
        FORMATS.iter().find(|(_, layout)| *layout == mode.layout).map_or(FrameFormat::MJPEG, |found| found.0);
    CameraFormat::new(Resolution::new(mode.width, mode.height), format, mode.fps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_asked_for_as_it_was_offered() {
        for (offered, _) in FORMATS {
            let offered = CameraFormat::new(Resolution::new(1280, 720), offered, 25);
            assert_eq!(format(mode(&offered).unwrap()), offered);
        }
    }
}
