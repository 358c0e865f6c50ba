//! The cameras of this machine. The only place that names `nokhwa`.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod origin;

use std::sync::mpsc::channel;
use std::time::{Duration, Instant, SystemTime};

use nokhwa::utils::{CameraFormat, FrameFormat, RequestedFormat, RequestedFormatType, Resolution};
use nokhwa::{Buffer, Camera, NokhwaError};
use zeroize::Zeroize as _;

#[cfg(not(target_os = "linux"))]
use self::elsewhere as system;
#[cfg(target_os = "linux")]
use self::linux as system;
use super::choose::{Layout, Mode, rank};
use super::driver::{Driver, Survey, System};
use super::offer::Sorted;
use super::picture::Picture;
use super::{CameraEntry, CameraError};

/// What errors call the cameras when none is meant.
pub(super) const ALL: &str = "any";

/// How long a person may take to answer the system's question whether the camera may be used.
const PERMISSION_LIMIT: Duration = Duration::from_secs(5);

/// How many modes are tried: a camera that refuses so many of those that it offers refuses them all.
const TRIES: usize = 3;

/// A frame that is said to be older than this, or to come from the future, is taken to be as old as its arrival: its
/// driver's clock is another one.
const OLDEST: Duration = Duration::from_secs(1);

/// This machine.
pub(super) struct Native;

impl System for Native {
    fn list(&self) -> Result<Vec<CameraEntry>, CameraError> {
        system::list()
    }

    fn survey(&self, entry: &CameraEntry) -> Result<Survey, CameraError> {
        let sorted = Sorted::of(&system::offers(entry.index, &entry.name)?);
        let best = rank(&sorted.modes).first().map(Mode::to_string);
        Ok(Survey { mode: best.ok_or_else(|| sorted.nothing(&entry.name))?, skipped: sorted.skipped })
    }

    fn open(&self, entry: &CameraEntry) -> Result<Box<dyn Driver>, CameraError> {
        let name = &entry.name;
        if !is_permitted() {
            return Err(CameraError::NotPermitted { name: name.clone() });
        }
        let sorted = Sorted::of(&system::offers(entry.index, name)?);
        let mut refusal = sorted.nothing(name);
        for mode in rank(&sorted.modes).into_iter().take(TRIES) {
            match open(entry, mode) {
                Ok(camera) => {
                    still_is(entry)?;
                    let last = Instant::now();
                    return Ok(Box::new(Filming { camera, mode, name: name.clone(), last }));
                }
                Err(error @ CameraError::ModeRefused { .. }) => refusal = error,
                Err(error) => return Err(error),
            }
        }
        Err(refusal)
    }
}

/// Opens a camera in this mode.
fn open(entry: &CameraEntry, mode: Mode) -> Result<Camera, CameraError> {
    let name = &entry.name;
    let mut camera = system::open(entry.index, name, mode)?;
    if camera.camera_format() != format(mode) {
        return Err(CameraError::ModeRefused { name: name.clone(), mode: mode.to_string() });
    }
    camera.open_stream().map_err(failed(name))?;
    Ok(camera)
}

fn failed(name: &str) -> impl Fn(NokhwaError) -> CameraError + '_ {
    |error| CameraError::from_driver(name, &error.to_string())
}

/// Sees that the camera that was opened is the one that was listed: another one may have got its number meanwhile.
fn still_is(entry: &CameraEntry) -> Result<(), CameraError> {
    let is_it = system::entry(entry.index) == *entry;
    is_it.then_some(()).ok_or_else(|| CameraError::Gone { name: entry.name.clone() })
}

struct Filming {
    camera: Camera,
    mode: Mode,
    name: String,
    /// When the last frame was taken.
    last: Instant,
}

impl Driver for Filming {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn next(&mut self, picture: &mut Picture) -> Result<(), CameraError> {
        let buffer = self.camera.frame().map_err(failed(&self.name))?;
        self.last = taken(buffer.capture_timestamp(), self.last);
        let filled = picture.fill(buffer.buffer(), self.last, self.mode, &self.name);
        wipe(buffer);
        filled
    }
}

/// When a frame was taken, on the steady clock. `nokhwa` has turned the driver's own time, which is on that clock, into one
/// since 1970, a moment ago: it is turned back. A frame without a time, or with one that cannot be, was taken when it came.
fn taken(since_1970: Option<Duration>, last: Instant) -> Instant {
    let (now, wall) = (Instant::now(), SystemTime::now());
    let age = since_1970.and_then(|time| wall.duration_since(SystemTime::UNIX_EPOCH.checked_add(time)?).ok());
    let told = age.filter(|age| *age <= OLDEST).and_then(|age| now.checked_sub(age));
    told.filter(|told| *told > last).unwrap_or(now)
}

/// `nokhwa` hands out a copy of the frame, with nobody else to hold it.
fn wipe(buffer: Buffer) {
    let bytes = buffer.buffer_bytes();
    drop(buffer);
    if let Ok(mut bytes) = bytes.try_into_mut() {
        bytes.as_mut().zeroize();
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

/// What `nokhwa` is asked for.
fn request(wanted: RequestedFormatType) -> RequestedFormat<'static> {
    const KNOWN: [FrameFormat; 6] = [
        FrameFormat::NV12,
        FrameFormat::YUYV,
        FrameFormat::RAWRGB,
        FrameFormat::RAWBGR,
        FrameFormat::MJPEG,
        FrameFormat::GRAY,
    ];
    RequestedFormat::with_formats(wanted, &KNOWN)
}

fn format(mode: Mode) -> CameraFormat {
    let format =
        FORMATS.iter().find(|(_, layout)| *layout == mode.layout).map_or(FrameFormat::MJPEG, |found| found.0);
    CameraFormat::new(Resolution::new(mode.width, mode.height), format, mode.fps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since_1970() -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_frame_was_taken_when_its_driver_says_so() {
        let begun = Instant::now();
        let long_ago = begun - Duration::from_secs(60);
        let age = Duration::from_millis(80);
        let told = taken(Some(since_1970() - age), long_ago);
        assert!(
            told <= Instant::now() - age && told + age + Duration::from_secs(1) > begun,
            "{:?}",
            begun - told
        );
    }

    #[test]
    fn a_time_that_cannot_be_is_replaced_by_that_of_arrival_and_no_frame_is_older_than_the_one_before() {
        let long_ago = Instant::now() - Duration::from_secs(60);
        let hour = Duration::from_secs(3600);
        for time in [
            None,
            Some(Duration::ZERO),
            Some(since_1970() + hour),
            Some(since_1970() - hour),
            Some(Duration::MAX),
        ] {
            let begun = Instant::now();
            assert!(taken(time, long_ago) >= begun, "{time:?}");
        }
        let last = Instant::now();
        assert!(taken(Some(since_1970() - Duration::from_millis(500)), last) > last);
    }

    #[test]
    fn every_layout_has_its_format() {
        for (expected, layout) in FORMATS {
            let mode = Mode { width: 1280, height: 720, fps: 25, layout };
            assert_eq!(format(mode), CameraFormat::new(Resolution::new(1280, 720), expected, 25));
        }
    }
}
