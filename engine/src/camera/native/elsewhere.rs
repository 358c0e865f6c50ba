//! Other systems than Linux: what `nokhwa` says of their cameras.

use nokhwa::Camera;
use nokhwa::utils::{ApiBackend, CameraFormat, CameraIndex, RequestedFormatType};

use super::{ALL, FORMATS, failed, format, request};
use crate::camera::choose::Mode;
use crate::camera::offer::{Offer, Rate};
use crate::camera::{CameraEntry, CameraError, Origin};

/// Those it knows, by number. What is no device is told by its name only.
pub(super) fn list() -> Result<Vec<CameraEntry>, CameraError> {
    let cameras =
        nokhwa::query(ApiBackend::Auto).map_err(|error| CameraError::from_driver(ALL, &error.to_string()))?;
    let entry = |camera: &nokhwa::utils::CameraInfo| {
        let index = camera.index().as_index().ok()?;
        Some(CameraEntry::new(index, camera.human_name(), Origin::default()))
    };
    let mut entries: Vec<CameraEntry> = cameras.iter().filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.index);
    Ok(entries)
}

/// What the system says now of the camera with this number.
pub(super) fn entry(index: u32) -> CameraEntry {
    let known = list().ok().and_then(|entries| entries.into_iter().find(|entry| entry.index == index));
    known.unwrap_or_else(|| CameraEntry::new(index, String::new(), Origin::default()))
}

/// All that a camera offers. It is opened with whatever it has, to learn that.
pub(super) fn offers(index: u32, name: &str) -> Result<Vec<Offer>, CameraError> {
    let mut camera = at_any_mode(index, name)?;
    Ok(camera.compatible_camera_formats().map_err(failed(name))?.iter().map(offer).collect())
}

/// Opens a camera in a mode.
pub(super) fn open(index: u32, name: &str, mode: Mode) -> Result<Camera, CameraError> {
    let mut camera = at_any_mode(index, name)?;
    camera.set_camera_requset(request(RequestedFormatType::Exact(format(mode)))).map_err(failed(name))?;
    Ok(camera)
}

fn at_any_mode(index: u32, name: &str) -> Result<Camera, CameraError> {
    Camera::new(CameraIndex::Index(index), request(RequestedFormatType::None)).map_err(failed(name))
}

fn offer(offered: &CameraFormat) -> Offer {
    let layout = FORMATS.iter().find(|(format, _)| *format == offered.format()).map(|(_, layout)| *layout);
    Offer {
        letters: offered.format().to_string(),
        layout,
        width: offered.width(),
        height: offered.height(),
        rate: Rate::Every(1, offered.frame_rate()),
    }
}
