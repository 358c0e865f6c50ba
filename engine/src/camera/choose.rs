//! Which of the modes a camera offers is asked for.

use crate::frame::MAX_SIDE;

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
/// The least rate at which a blink of 100 ms has a closed frame for sure, and the rate cameras have.
const LEAST_FPS: u32 = 20;
const FPS: u32 = 30;

/// The mode to ask for: fast enough for a blink, then nearest to 640×480 (a larger one rather than a smaller), then
/// the layout that costs least and shows colour.
pub(super) fn choose(modes: &[Mode]) -> Option<Mode> {
    let cost = |mode: &&Mode| {
        let too_slow = mode.fps < LEAST_FPS;
        let too_small = mode.width < WIDTH || mode.height < HEIGHT;
        let pixels = u64::from(mode.width) * u64::from(mode.height);
        let off_size = pixels.abs_diff(u64::from(WIDTH) * u64::from(HEIGHT));
        let colourless = mode.layout == Layout::Gray;
        (colourless, too_slow, too_small, off_size, mode.layout as u8, mode.fps.abs_diff(FPS))
    };
    modes.iter().filter(|mode| mode.is_usable()).min_by_key(cost).copied()
}

impl Mode {
    /// There are pixels, no more than are taken, and chroma for each where it goes by two.
    fn is_usable(self) -> bool {
        let by_two = matches!(self.layout, Layout::Nv12 | Layout::Yuyv);
        self.width > 0
            && self.height > 0
            && self.width.max(self.height) <= MAX_SIDE
            && !(by_two && (!self.width.is_multiple_of(2) || !self.height.is_multiple_of(2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(width: u32, height: u32, fps: u32, layout: Layout) -> Mode {
        Mode { width, height, fps, layout }
    }

    #[test]
    fn the_usual_size_at_the_usual_rate_is_taken_uncompressed() {
        let best = mode(640, 480, 30, Layout::Yuyv);
        let modes = [
            mode(1920, 1080, 30, Layout::Mjpeg),
            mode(640, 480, 30, Layout::Mjpeg),
            mode(640, 480, 60, Layout::Yuyv),
            best,
            mode(320, 240, 30, Layout::Yuyv),
        ];
        assert_eq!(choose(&modes), Some(best));
    }

    #[test]
    fn a_rate_that_shows_a_blink_comes_before_the_size() {
        let modes = [mode(1280, 720, 10, Layout::Yuyv), mode(1280, 720, 30, Layout::Mjpeg)];
        assert_eq!(choose(&modes), Some(modes[1]));
    }

    #[test]
    fn a_larger_picture_is_taken_rather_than_a_smaller_one() {
        let modes = [mode(320, 240, 30, Layout::Nv12), mode(1280, 720, 30, Layout::Mjpeg)];
        assert_eq!(choose(&modes), Some(modes[1]));
    }

    #[test]
    fn gray_is_taken_only_when_there_is_no_colour() {
        let gray = mode(640, 480, 30, Layout::Gray);
        assert_eq!(
            choose(&[gray, mode(640, 480, 15, Layout::Rgb)]).map(|mode| mode.layout),
            Some(Layout::Rgb)
        );
        assert_eq!(choose(&[gray]), Some(gray));
        let odd = mode(641, 480, 30, Layout::Yuyv);
        assert_eq!(choose(&[mode(0, 480, 30, Layout::Rgb), odd, mode(9000, 480, 30, Layout::Rgb)]), None);
    }
}
