//! Which of the modes a camera offers is asked for.

use std::fmt;

use crate::frame::{MAX_SIDE, PixelFormat, Raster};

/// How a camera lays out its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Two planes: luma, then chroma of every other row and column. Half the bytes of RGB, and luma as it is.
    Nv12,
    /// Luma and chroma in turn, chroma of every other column.
    Yuyv,
    Rgb,
    Bgr,
    Mjpeg,
    Gray,
}

const LAYOUTS: [Layout; 6] =
    [Layout::Nv12, Layout::Yuyv, Layout::Rgb, Layout::Bgr, Layout::Mjpeg, Layout::Gray];

impl Layout {
    fn format(self) -> PixelFormat {
        match self {
            Layout::Nv12 => PixelFormat::Nv12,
            Layout::Yuyv => PixelFormat::Yuy2,
            Layout::Rgb => PixelFormat::Rgb24,
            Layout::Bgr => PixelFormat::Bgr24,
            Layout::Mjpeg => PixelFormat::Mjpeg,
            Layout::Gray => PixelFormat::Gray8,
        }
    }
}

/// A mode of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    /// px.
    pub(super) width: u32,
    /// px.
    pub(super) height: u32,
    /// Frames a second.
    pub(super) fps: u32,
    pub(super) layout: Layout,
}

/// What the nets are measured with: a face at arm's length is about 200 px wide in it.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// The sizes in which uncompressed pictures are worth their bytes.
const PLAIN: [(u32, u32); 2] = [(WIDTH, HEIGHT), (1280, 720)];
/// The least rate at which the eyes are seen closed in a blink of 100 ms, the least that cameras call ordinary (25 in some
/// countries), and the rate they have.
const LEAST_FPS: u32 = 15;
const ORDINARY_FPS: u32 = 25;
const FPS: u32 = 30;

/// The modes that can be used, the best first: fast enough for a blink, then of an ordinary rate, large enough,
/// uncompressed in one of two sizes; then nearest to 640×480, in the layout that costs least.
pub(super) fn rank(modes: &[Mode]) -> Vec<Mode> {
    let cost = |mode: &Mode| {
        let slow = (mode.fps < LEAST_FPS, mode.fps < ORDINARY_FPS);
        let too_small = mode.width < WIDTH || mode.height < HEIGHT;
        let pixels = u64::from(mode.width) * u64::from(mode.height);
        let off_size = pixels.abs_diff(u64::from(WIDTH) * u64::from(HEIGHT));
        let colourless = mode.layout == Layout::Gray;
        let plain =
            matches!(mode.layout, Layout::Nv12 | Layout::Yuyv) && PLAIN.contains(&(mode.width, mode.height));
        (colourless, slow, too_small, !plain, off_size, mode.layout as u8, mode.fps.abs_diff(FPS))
    };
    let mut modes: Vec<Mode> = modes.iter().filter(|mode| mode.fault().is_none()).copied().collect();
    modes.sort_by_key(cost);
    modes
}

impl Mode {
    /// How the bytes of its pictures lie.
    pub(super) fn raster(self) -> Raster {
        Raster::dense(self.layout.format(), self.width, self.height)
    }

    /// The one whose pictures lie like this; none where no camera's do.
    pub(super) fn of(raster: &Raster, fps: u32) -> Option<Mode> {
        let layout = LAYOUTS.into_iter().find(|layout| layout.format() == raster.format)?;
        let mode = Mode { width: raster.width, height: raster.height, fps, layout };
        (mode.fault().is_none() && mode.raster() == *raster).then_some(mode)
    }

    /// What is wrong with it: there must be pixels, no more than are taken, and chroma for each where it goes by two.
    pub(super) fn fault(self) -> Option<&'static str> {
        let by_two = matches!(self.layout, Layout::Nv12 | Layout::Yuyv);
        if self.width == 0 || self.height == 0 {
            Some("no pixels")
        } else if self.width.max(self.height) > MAX_SIDE {
            Some("too large")
        } else if by_two && (!self.width.is_multiple_of(2) || !self.height.is_multiple_of(2)) {
            Some("a side is odd")
        } else {
            None
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = match self.layout {
            Layout::Nv12 => "NV12",
            Layout::Yuyv => "YUYV",
            Layout::Rgb => "RGB",
            Layout::Bgr => "BGR",
            Layout::Mjpeg => "MJPEG",
            Layout::Gray => "gray",
        };
        write!(f, "{}×{} {layout} at {}/s", self.width, self.height, self.fps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(width: u32, height: u32, fps: u32, layout: Layout) -> Mode {
        Mode { width, height, fps, layout }
    }

    fn best(modes: &[Mode]) -> Option<Mode> {
        rank(modes).first().copied()
    }

    #[test]
    fn the_usual_size_at_the_usual_rate_is_taken_uncompressed() {
        let usual = mode(640, 480, 30, Layout::Yuyv);
        let modes = [
            mode(1920, 1080, 30, Layout::Mjpeg),
            mode(640, 480, 30, Layout::Mjpeg),
            mode(640, 480, 60, Layout::Yuyv),
            usual,
            mode(320, 240, 30, Layout::Yuyv),
        ];
        assert_eq!(best(&modes), Some(usual));
    }

    #[test]
    fn a_rate_that_shows_a_blink_comes_before_the_size() {
        let modes = [mode(1280, 720, 10, Layout::Yuyv), mode(1280, 720, 30, Layout::Mjpeg)];
        assert_eq!(best(&modes), Some(modes[1]));
    }

    #[test]
    fn an_ordinary_rate_comes_before_a_slow_one_and_a_slow_one_before_one_that_may_miss_a_blink() {
        let [dim, slow, usual] = [10, 15, 30].map(|fps| mode(640, 480, fps, Layout::Yuyv));
        let packed = mode(640, 480, 30, Layout::Mjpeg);
        assert_eq!(rank(&[dim, slow, packed, usual]), [usual, packed, slow, dim]);
    }

    #[test]
    fn uncompressed_pictures_of_the_next_usual_size_come_before_compressed_ones_but_not_of_any_size() {
        let [packed, wide] = [mode(640, 480, 30, Layout::Mjpeg), mode(1280, 720, 30, Layout::Nv12)];
        assert_eq!(best(&[packed, wide]), Some(wide));
        assert_eq!(best(&[packed, mode(1920, 1080, 30, Layout::Yuyv)]), Some(packed));
    }

    #[test]
    fn a_larger_picture_is_taken_rather_than_a_smaller_one() {
        let modes = [mode(320, 240, 30, Layout::Nv12), mode(1280, 720, 30, Layout::Mjpeg)];
        assert_eq!(best(&modes), Some(modes[1]));
    }

    #[test]
    fn gray_is_taken_only_when_there_is_no_colour() {
        let gray = mode(640, 480, 30, Layout::Gray);
        assert_eq!(best(&[gray, mode(640, 480, 15, Layout::Rgb)]).map(|mode| mode.layout), Some(Layout::Rgb));
        assert_eq!(best(&[gray]), Some(gray));
        let odd = mode(641, 480, 30, Layout::Yuyv);
        assert_eq!(best(&[mode(0, 480, 30, Layout::Rgb), odd, mode(9000, 480, 30, Layout::Rgb)]), None);
    }
}
