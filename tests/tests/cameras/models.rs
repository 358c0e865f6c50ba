//! The cameras that are plugged in.

use mabataki_test_machine::{Format, Layout, Model, Size};

/// 30 frames a second, and what some cameras call so, in 100 ns.
pub(crate) const FPS_30: u32 = 333_333;
pub(crate) const FPS_29_97: u32 = 333_667;
const FPS_10: u32 = 1_000_000;

pub(crate) fn size(width: u16, height: u16, interval: u32) -> Size {
    Size { width, height, intervals: vec![interval] }
}

pub(crate) fn format(layout: Layout, sizes: &[Size]) -> Format {
    Format { layout, sizes: sizes.to_vec() }
}

/// A camera that offers this and nothing else.
pub(crate) fn camera(formats: Vec<Format>) -> Model {
    Model {
        name: "Ward Camera",
        vendor: 0x1234,
        product: 0x5678,
        serial: Some("A 0001"),
        formats,
        refuses_sizes: false,
    }
}

/// One that films in this layout, as small as is taken without need: the machine is slow.
pub(crate) fn plain(layout: Layout) -> Model {
    camera(vec![format(layout, &[size(320, 240, FPS_30)])])
}

/// One that is too slow for a blink.
pub(crate) fn slow() -> Model {
    camera(vec![format(Layout::Yuyv, &[size(320, 240, FPS_10)])])
}

/// One as they are sold: compressed first, fast where it is compressed, slow where it is large, and of no whole rate where it
/// begins.
pub(crate) fn as_sold() -> Model {
    camera(vec![
        format(Layout::Mjpeg, &[size(1280, 720, FPS_29_97), size(640, 480, FPS_30)]),
        format(Layout::Yuyv, &[size(1280, 720, FPS_10), size(640, 480, FPS_30), size(640, 480, FPS_29_97)]),
        format(Layout::Grey, &[size(640, 480, FPS_30)]),
    ])
}

/// One that films in infrared, as those for log-ins by face do.
pub(crate) fn infrared() -> Model {
    Model { name: "IR Camera", serial: None, ..camera(vec![format(Layout::Grey, &[size(640, 480, FPS_30)])]) }
}

/// One that offers two sizes and films in the first only.
pub(crate) fn of_one_size(first: Size) -> Model {
    let sizes = [first, size(640, 480, FPS_30)];
    Model { refuses_sizes: true, ..camera(vec![format(Layout::Mjpeg, &sizes)]) }
}
