//! Filming, on a thread of its own. The only file that names `nokhwa`.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use nokhwa::{Camera, NokhwaError};

use super::choose::{Layout, Mode, choose};
use super::slot::{Raw, Slot};
use super::{CameraEntry, CameraError};

/// What errors call the cameras when none is meant.
const ALL: &str = "any";

/// How long a person may take to answer the system's question whether the camera may be used.
const PERMISSION_LIMIT: Duration = Duration::from_secs(5);

/// The cameras the system knows, by number; given up after `limit`.
pub(super) fn list(limit: Duration) -> Result<Vec<CameraEntry>, CameraError> {
    let (tell, told) = channel();
    spawn(ALL, move || {
        // Nobody listens when the time is up.
        let _ = tell.send(nokhwa::query(ApiBackend::Auto));
    })?;
    let stalled = CameraError::Stalled { name: ALL.into(), seconds: limit.as_secs() };
    let cameras = told.recv_timeout(limit).map_err(|_| stalled)?;
    let cameras = cameras.map_err(|error| CameraError::from_driver(ALL, &error.to_string()))?;
    let mut entries: Vec<CameraEntry> = cameras
        .iter()
        .filter_map(|camera| {
            Some(CameraEntry { index: camera.index().as_index().ok()?, name: camera.human_name() })
        })
        .collect();
    entries.sort_by_key(|entry| entry.index);
    Ok(entries)
}

/// Begins to film into a slot, until it is closed or the camera fails.
pub(super) fn start(entry: &CameraEntry, slot: Arc<Slot>) -> Result<(), CameraError> {
    let CameraEntry { index, name } = entry.clone();
    spawn(&entry.name, move || {
        let ending = Ending { slot: &slot, name: &name };
        let error = film(index, &name, &slot).err();
        slot.end(error.unwrap_or_else(|| ending.unknown("it was closed")));
    })
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), CameraError> {
    let thread = std::thread::Builder::new().name("mabataki camera".into()).spawn(work);
    let failed = |error: std::io::Error| CameraError::Failed { name: name.into(), cause: error.to_string() };
    thread.map(drop).map_err(failed)
}

/// Tells the slot that filming has ended, also when the driver's code panics.
struct Ending<'a> {
    slot: &'a Slot,
    name: &'a str,
}

impl Ending<'_> {
    fn unknown(&self, cause: &str) -> CameraError {
        CameraError::Failed { name: self.name.into(), cause: cause.into() }
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.slot.end(self.unknown("its driver broke down"));
    }
}

fn film(index: u32, name: &str, slot: &Slot) -> Result<(), CameraError> {
    let failed = |error: NokhwaError| CameraError::from_driver(name, &error.to_string());
    if !is_permitted() {
        return Err(CameraError::NotPermitted { name: name.into() });
    }
    // With whatever it has, to learn what it offers.
    let known = FORMATS.map(|(format, _)| format);
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &known);
    let mut camera = Camera::new(CameraIndex::Index(index), any).map_err(failed)?;
    let offered = camera.compatible_camera_formats().map_err(failed)?;
    let modes: Vec<Mode> = offered.iter().filter_map(mode).collect();
    let mode = choose(&modes).ok_or_else(|| CameraError::NoMode { name: name.into() })?;
    let exact = RequestedFormat::with_formats(RequestedFormatType::Exact(format(mode)), &known);
    camera.set_camera_requset(exact).map_err(failed)?;
    camera.open_stream().map_err(failed)?;
    slot.open(mode);
    let start = Instant::now();
    let mut raw = Raw::default();
    loop {
        let bytes = camera.frame_raw().map_err(failed)?;
        raw.fill(&bytes, start.elapsed());
        drop(bytes);
        if !slot.put(&mut raw) {
            return Ok(());
        }
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
