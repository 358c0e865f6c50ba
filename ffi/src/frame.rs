//! Pictures from the host's memory.

use std::slice;
use std::time::Duration;

use mabataki_engine::frame::{PixelFormat, Plane, Raster, Rotation, Turn};
use mabataki_engine::service::{HostPicture, MOST_PICTURE};

use crate::failure::{Answer, Failure};
use crate::sized::Plain;

/// How the bytes of a frame are laid out: one luma byte a pixel,
pub const MBT_PX_GRAY8: u32 = 1;
/// red, green, blue,
pub const MBT_PX_RGB24: u32 = 2;
/// blue, green, red,
pub const MBT_PX_BGR24: u32 = 3;
/// one JPEG picture,
pub const MBT_PX_MJPEG: u32 = 4;
/// red, green, blue and a byte that is passed over,
pub const MBT_PX_RGBA32: u32 = 5;
/// blue, green, red and a byte that is passed over,
pub const MBT_PX_BGRA32: u32 = 6;
/// a plane of luma, and one of U and V in turn for each two by two pixels (BT.601, luma from 16 to 235; both sides even),
pub const MBT_PX_NV12: u32 = 7;
/// Y0 U Y1 V, also called YUYV (the same colours; the width even).
pub const MBT_PX_YUY2: u32 = 8;

/// Of a frame: upright, it shows what a mirror would.
pub const MBT_FRAME_MIRRORED: u32 = 1;

/// A picture in the host's memory. It is copied once, and may be reused when the call is back.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_frame {
    pub size: u32,
    /// MBT_PX_*
    pub format: u32,
    /// As the bytes lie, px. A JPEG picture says it itself: 0.
    pub width: u32,
    pub height: u32,
    /// From row to row, bytes; 0: rows lie close together. Negative (bottom-up) is for a later version.
    pub stride: i64,
    /// When it was taken, by mbt_clock_us; 0: now. A recording's pictures bear their own times.
    pub time_us: u64,
    pub data: *const u8,
    pub len: usize,
    /// The second plane of MBT_PX_NV12. NULL and 0: it stands in `data`, behind the last row of the first plane.
    pub data2: *const u8,
    pub len2: usize,
    /// From row to row of it, bytes; 0: as in the first plane.
    pub stride2: i64,
    /// How far the picture is to be turned clockwise to be upright: 0, 90, 180 or 270.
    pub rotation: u32,
    /// MBT_FRAME_*
    pub flags: u32,
}

// SAFETY: repr(C), begins with `size`; numbers and pointers that may hold anything until they are looked at.
unsafe impl Plain for mbt_frame {}

/// The picture that a host tells of.
///
/// # Safety
/// `frame.data` is NULL or has `frame.len` readable bytes for as long as the answer is used, and so has `frame.data2`.
pub(crate) unsafe fn picture(frame: &mbt_frame) -> Answer<HostPicture<'_>> {
    let (format, pixel) = match frame.format {
        MBT_PX_GRAY8 => (PixelFormat::Gray8, 1),
        MBT_PX_RGB24 => (PixelFormat::Rgb24, 3),
        MBT_PX_BGR24 => (PixelFormat::Bgr24, 3),
        MBT_PX_MJPEG => (PixelFormat::Mjpeg, 0),
        MBT_PX_RGBA32 => (PixelFormat::Rgba32, 4),
        MBT_PX_BGRA32 => (PixelFormat::Bgra32, 4),
        MBT_PX_NV12 => (PixelFormat::Nv12, 1),
        MBT_PX_YUY2 => (PixelFormat::Yuy2, 2),
        other => return Err(Failure::invalid(format!("no layout of pixels has the number {other}"))),
    };
    // SAFETY: as this function asks of its caller.
    let data = unsafe { bytes(frame.data, frame.len) }?;
    if data.is_empty() {
        return Err(Failure::invalid("expected the bytes of a frame, found none".to_owned()));
    }
    // SAFETY: as above.
    let second = unsafe { bytes(frame.data2, frame.len2) }?;
    let stride = distance(frame.stride, frame.width.checked_mul(pixel))?;
    let chroma = chroma(frame, format, stride, [data, second])?;
    let Some(rotation) = Rotation::from_degrees(frame.rotation) else {
        let text = format!("a frame is turned by 0, 90, 180 or 270 degrees, found {}", frame.rotation);
        return Err(Failure::invalid(text));
    };
    if frame.flags & !MBT_FRAME_MIRRORED != 0 {
        return Err(Failure::invalid(format!("a frame has no flags {:#x}", frame.flags)));
    }
    let turn = Turn { rotation, mirrored: frame.flags & MBT_FRAME_MIRRORED != 0 };
    Ok(HostPicture {
        raster: Raster { format, width: frame.width, height: frame.height, stride, chroma, turn },
        time: (frame.time_us > 0).then(|| Duration::from_micros(frame.time_us)),
        data: [data, second],
    })
}

/// Where the second plane is, if it does not simply follow.
fn chroma(
    frame: &mbt_frame,
    format: PixelFormat,
    stride: u32,
    [data, second]: [&[u8]; 2],
) -> Answer<Option<Plane>> {
    if second.is_empty() && frame.stride2 == 0 {
        return Ok(None);
    }
    if format != PixelFormat::Nv12 {
        return Err(Failure::invalid("only MBT_PX_NV12 has a second plane: expected NULL and 0".to_owned()));
    }
    let behind = if second.is_empty() {
        u64::from(stride).saturating_mul(u64::from(frame.height))
    } else {
        u64::try_from(data.len()).unwrap_or(u64::MAX)
    };
    // No frame is that long, so that whatever is beyond is refused as missing.
    let offset = u32::try_from(behind).unwrap_or(u32::MAX);
    Ok(Some(Plane { offset, stride: distance(frame.stride2, Some(stride))? }))
}

/// The distance from row to row: what is told, or where that is 0 the usual one.
fn distance(told: i64, usual: Option<u32>) -> Answer<u32> {
    let found = if told == 0 { usual } else { u32::try_from(told).ok() };
    found.ok_or_else(|| Failure::invalid(format!("{told} is no distance from row to row")))
}

/// # Safety
/// `at` is NULL or has `len` readable bytes for as long as the answer is used.
unsafe fn bytes<'a>(at: *const u8, len: usize) -> Answer<&'a [u8]> {
    match (at.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Failure::invalid(format!("expected {len} bytes of a frame, found NULL"))),
        _ if u64::try_from(len).map_or(true, |len| len > MOST_PICTURE) => {
            Err(Failure::invalid(format!("a frame may be {MOST_PICTURE} bytes long, found {len}")))
        }
        // SAFETY: not null, `len` readable bytes as this function asks, and far below what a slice may be.
        _ => Ok(unsafe { slice::from_raw_parts(at, len) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(format: u32, data: &[u8]) -> mbt_frame {
        mbt_frame {
            size: 0,
            format,
            width: 4,
            height: 2,
            stride: 0,
            time_us: 0,
            data: data.as_ptr(),
            len: data.len(),
            data2: std::ptr::null(),
            len2: 0,
            stride2: 0,
            rotation: 0,
            flags: 0,
        }
    }

    #[test]
    fn rows_lie_close_together_where_no_distance_is_told() {
        for (format, expected) in [
            (MBT_PX_GRAY8, 4),
            (MBT_PX_NV12, 4),
            (MBT_PX_YUY2, 8),
            (MBT_PX_RGB24, 12),
            (MBT_PX_BGR24, 12),
            (MBT_PX_RGBA32, 16),
            (MBT_PX_BGRA32, 16),
        ] {
            let frame = frame(format, &[0; 32]);
            let Ok(told) = (unsafe { picture(&frame) }) else { panic!("{format}") };
            assert_eq!((told.raster.stride, told.raster.chroma), (expected, None), "{format}");
        }
    }

    #[test]
    fn a_second_plane_may_lie_anywhere_and_is_told_as_if_it_stood_behind_the_first() {
        let (luma, chroma) = ([0; 20], [0; 6]);
        let apart = mbt_frame {
            stride: 10,
            data2: chroma.as_ptr(),
            len2: chroma.len(),
            stride2: 6,
            ..frame(MBT_PX_NV12, &luma)
        };
        let Ok(told) = (unsafe { picture(&apart) }) else { panic!("refused") };
        assert_eq!(told.raster.chroma, Some(Plane { offset: 20, stride: 6 }));
        assert_eq!(told.data.map(<[u8]>::len), [20, 6]);
        // Without a distance of its own it has that of the first; without bytes of its own it follows.
        let as_first = mbt_frame { stride2: 0, ..apart };
        let Ok(told) = (unsafe { picture(&as_first) }) else { panic!("refused") };
        assert_eq!(told.raster.chroma, Some(Plane { offset: 20, stride: 10 }));
        let together = mbt_frame { data2: std::ptr::null(), len2: 0, ..apart };
        let Ok(told) = (unsafe { picture(&together) }) else { panic!("refused") };
        assert_eq!(told.raster.chroma, Some(Plane { offset: 20, stride: 6 }));
    }

    #[test]
    fn a_frame_says_how_it_is_brought_upright() {
        let turned = mbt_frame { rotation: 270, flags: MBT_FRAME_MIRRORED, ..frame(MBT_PX_GRAY8, &[0; 8]) };
        let Ok(told) = (unsafe { picture(&turned) }) else { panic!("refused") };
        assert_eq!(told.raster.turn, Turn { rotation: Rotation::ThreeQuarters, mirrored: true });
    }
}
