//! Linux: what its drivers (Video4Linux) say of their cameras. `nokhwa` leaves out what it does not know, and fails on a
//! camera that stands at a mode it does not know; so the modes are read here, and the camera is set to the one that is
//! wanted before `nokhwa` opens it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use nokhwa::Camera;
use nokhwa::utils::{CameraIndex, RequestedFormatType};
use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC};

use super::origin::{line, origin};
use super::{ALL, failed, format, request};
use crate::camera::choose::{Layout, Mode};
use crate::camera::offer::{Offer, Rate};
use crate::camera::{CameraEntry, CameraError, Origin};

/// Where the system lists its cameras.
const CLASS: &str = "/sys/class/video4linux";

/// Far more modes than any camera has: a driver's list ends when the driver says so.
const MOST_OFFERS: usize = 4096;

/// The letters of each layout (videodev2.h).
const LETTERS: [(&[u8; 4], Layout); 5] = [
    (b"NV12", Layout::Nv12),
    (b"YUYV", Layout::Yuyv),
    (b"RGB3", Layout::Rgb),
    (b"BGR3", Layout::Bgr),
    (b"MJPG", Layout::Mjpeg),
];

/// Those that film, by number. Some webcams have a second entry that only sends metadata.
pub(super) fn list() -> Result<Vec<CameraEntry>, CameraError> {
    let entries = match fs::read_dir(CLASS) {
        Ok(entries) => entries,
        // No driver of a camera is loaded.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(CameraError::from_driver(ALL, &error.to_string())),
    };
    let index = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix("video")?.parse::<u32>().ok();
    let mut indices: Vec<u32> = entries.filter_map(|entry| index(entry.ok()?)).collect();
    indices.sort_unstable();
    // What has no file yet, or none here, cannot be opened.
    let is_there = |index: &u32| fs::metadata(node(*index)).is_ok();
    Ok(indices.into_iter().filter(is_there).filter(|index| films(*index)).map(entry).collect())
}

/// What the system says now of the camera with this number.
pub(super) fn entry(index: u32) -> CameraEntry {
    let class = PathBuf::from(format!("{CLASS}/video{index}"));
    let name = line(&class.join("name")).filter(|name| !name.is_empty());
    let origin = if is_what_it_seems(&class, index) {
        origin(&class)
    } else {
        Origin { is_virtual: true, ..Origin::default() }
    };
    CameraEntry::new(index, name.unwrap_or_else(|| format!("video{index}")), origin)
}

/// The file that a camera is opened by.
fn node(index: u32) -> PathBuf {
    PathBuf::from(format!("/dev/video{index}"))
}

/// Whether the file that is opened is the device that the system tells of.
fn is_what_it_seems(class: &Path, index: u32) -> bool {
    let told = line(&class.join("dev"));
    let found = fs::metadata(node(index))
        .ok()
        .map(|node| format!("{}:{}", rustix::fs::major(node.rdev()), rustix::fs::minor(node.rdev())));
    told.is_some() && told == found
}

/// Whether it sends pictures; also where that cannot be told, so that opening it says why.
fn films(index: u32) -> bool {
    // The binding panics at a camera whose name was cut within a letter; `nokhwa` does as well, when it is opened.
    let asked = catch_unwind(|| Some(Device::new(index as usize).ok()?.query_caps().ok()?.capabilities));
    match asked {
        Ok(Some(can)) => can.contains(Flags::VIDEO_CAPTURE) && !can.contains(Flags::VIDEO_M2M),
        Ok(None) | Err(_) => true,
    }
}

/// All that a camera offers.
pub(super) fn offers(index: u32, name: &str) -> Result<Vec<Offer>, CameraError> {
    let refuses = |error: io::Error| CameraError::from_driver(name, &error.to_string());
    let device = Device::new(index as usize).map_err(refuses)?;
    let mut offers = Vec::new();
    for format in device.enum_formats().map_err(refuses)? {
        let letters = format.fourcc;
        let layout = LETTERS.iter().find(|(known, _)| **known == letters.repr).map(|(_, layout)| *layout);
        // One whose sizes cannot be told is not offered.
        for (width, height) in device.enum_framesizes(letters).unwrap_or_default().iter().flat_map(sizes) {
            for interval in device.enum_frameintervals(letters, width, height).unwrap_or_default() {
                let letters = String::from_utf8_lossy(&letters.repr).trim().to_owned();
                offers.push(Offer { letters, layout, width, height, rate: rate(&interval.interval) });
                if offers.len() >= MOST_OFFERS {
                    return Ok(offers);
                }
            }
        }
    }
    Ok(offers)
}

/// A size; of those that come in steps, the ones that are wanted and that `nokhwa` lists: it takes the steps of both sides
/// together.
fn sizes(size: &v4l::FrameSize) -> Vec<(u32, u32)> {
    match &size.size {
        FrameSizeEnum::Discrete(size) => vec![(size.width, size.height)],
        FrameSizeEnum::Stepwise(all) => {
            let step = |from: u32, to: u32, step: u32, wanted: u32| {
                let within = (from..to).contains(&wanted) && step > 0 && (wanted - from).is_multiple_of(step);
                within.then(|| (wanted - from) / step)
            };
            let is_listed = |(width, height): &(u32, u32)| {
                let across = step(all.min_width, all.max_width, all.step_width, *width);
                across.is_some() && across == step(all.min_height, all.max_height, all.step_height, *height)
            };
            [(640, 480), (1280, 720), (all.min_width, all.min_height)].into_iter().filter(is_listed).collect()
        }
    }
}

fn rate(interval: &FrameIntervalEnum) -> Rate {
    match interval {
        FrameIntervalEnum::Discrete(interval) => Rate::Every(interval.numerator, interval.denominator),
        FrameIntervalEnum::Stepwise(_) => Rate::Stepwise,
    }
}

/// Opens a camera in a mode.
pub(super) fn open(index: u32, name: &str, mode: Mode) -> Result<Camera, CameraError> {
    set(index, name, mode)?;
    let exact = request(RequestedFormatType::Exact(format(mode)));
    Camera::new(CameraIndex::Index(index), exact).map_err(failed(name))
}

/// Sets a camera to a mode.
///
/// # Errors
/// [`CameraError::ModeRefused`] when it takes another one instead; [`CameraError::Busy`] when it films for somebody else.
fn set(index: u32, name: &str, mode: Mode) -> Result<(), CameraError> {
    let refuses = |error: io::Error| CameraError::from_driver(name, &error.to_string());
    let refused = || CameraError::ModeRefused { name: name.to_owned(), mode: mode.to_string() };
    let letters = LETTERS.iter().find(|(_, layout)| *layout == mode.layout).ok_or_else(refused)?.0;
    let device = Device::new(index as usize).map_err(refuses)?;
    let set =
        device.set_format(&Format::new(mode.width, mode.height, FourCC::new(letters))).map_err(refuses)?;
    if (set.width, set.height, set.fourcc.repr) != (mode.width, mode.height, *letters) {
        return Err(refused());
    }
    let set = device.set_params(&Parameters::with_fps(mode.fps)).map_err(refuses)?;
    let is_it = (set.interval.numerator, set.interval.denominator) == (1, mode.fps);
    is_it.then_some(()).ok_or_else(refused)
}
