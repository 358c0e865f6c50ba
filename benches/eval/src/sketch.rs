//! A face drawn from ellipses: enough of one for any face detector, and nobody's.

use std::time::Duration;

use mabataki_engine::camera::StandIn;
use mabataki_engine::frame::{Colour, Frame, FrameError, PixelFormat, Pixels, Raster};
use yuv::{
    YuvBiPlanarImageMut, YuvChromaSubsampling, YuvConversionMode, YuvRange, YuvStandardMatrix,
    rgb_to_yuv_nv12,
};

use crate::EvalError;

/// A picture of 640×480 px, RGB, with one face in the middle, about 150 px wide.
pub struct Sketch {
    data: Vec<u8>,
}

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;

/// Half the width of the head, px.
const UNIT: f32 = 100.0;

/// An ellipse: its middle and half its axes in units of [`UNIT`] from the middle of the picture, and its colour.
struct Ellipse(f32, f32, f32, f32, [u8; 3]);

/// From back to front.
const HEAD: [Ellipse; 4] = [
    // Shoulders, neck, hair, face.
    Ellipse(0.0, 2.35, 1.7, 1.0, [60, 70, 110]),
    Ellipse(0.0, 1.2, 0.42, 0.75, [190, 145, 120]),
    Ellipse(0.0, -0.35, 0.98, 1.12, [50, 38, 30]),
    Ellipse(0.0, 0.05, 0.8, 1.1, [222, 178, 150]),
];

/// Drawn twice, the second time mirrored.
const SIDE: [Ellipse; 6] = [
    // Socket, lid, white, iris, brow, nostril.
    Ellipse(0.34, -0.15, 0.24, 0.14, [186, 140, 116]),
    Ellipse(0.34, -0.12, 0.17, 0.075, [60, 40, 35]),
    Ellipse(0.34, -0.12, 0.15, 0.055, [235, 232, 228]),
    Ellipse(0.34, -0.12, 0.065, 0.06, [45, 30, 25]),
    Ellipse(0.35, -0.36, 0.22, 0.045, [70, 52, 44]),
    Ellipse(0.1, 0.33, 0.05, 0.03, [130, 85, 70]),
];

const MIDDLE: [Ellipse; 3] = [
    // Bridge of the nose, lips, the line between them.
    Ellipse(0.0, 0.1, 0.06, 0.2, [235, 195, 168]),
    Ellipse(0.0, 0.6, 0.3, 0.075, [175, 95, 88]),
    Ellipse(0.0, 0.595, 0.28, 0.015, [105, 50, 48]),
];

impl Sketch {
    /// Draws it.
    pub fn draw() -> Self {
        let mut data = vec![165; WIDTH as usize * HEIGHT as usize * 3];
        for ellipse in &HEAD {
            fill(&mut data, ellipse, 1.0);
        }
        for side in [-1.0, 1.0] {
            for ellipse in &SIDE {
                fill(&mut data, ellipse, side);
            }
        }
        for ellipse in &MIDDLE {
            fill(&mut data, ellipse, 1.0);
        }
        add_grain(&mut data);
        Self { data }
    }

    /// The same place with nobody there.
    pub fn nobody() -> Self {
        let mut data = vec![165; WIDTH as usize * HEIGHT as usize * 3];
        add_grain(&mut data);
        Self { data }
    }

    /// The picture as a frame of a stream.
    ///
    /// # Errors
    /// None in practice: the picture is within the limits.
    pub fn frame(&self, time: Duration) -> Result<Frame<'_>, FrameError> {
        Frame::new(&Raster::dense(PixelFormat::Rgb24, WIDTH, HEIGHT), &self.data, time)
    }

    /// How the bytes lie that a camera would send.
    pub const SENT: Raster = Raster::dense(PixelFormat::Nv12, WIDTH, HEIGHT);

    /// The picture as a camera would send it.
    ///
    /// # Errors
    /// None in practice: its sides are even.
    pub fn as_sent(&self) -> Result<Vec<u8>, EvalError> {
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
        let mut planes = YuvBiPlanarImageMut::<u8>::alloc(WIDTH, HEIGHT, YuvChromaSubsampling::Yuv420);
        let converted =
            rgb_to_yuv_nv12(&mut planes, &self.data, WIDTH * 3, range, matrix, YuvConversionMode::Balanced);
        converted.map_err(|error| EvalError::Drawing { cause: error.to_string() })?;
        Ok([planes.y_plane.borrow(), planes.uv_plane.borrow()].concat())
    }

    /// A camera that films it, so many frames a second, as [`Sketch::as_sent`]. A sensor's noise makes any two frames differ.
    ///
    /// # Errors
    /// None in practice, as above.
    pub fn filmed(&self, fps: u32) -> Result<StandIn, EvalError> {
        let sent = self.as_sent()?;
        let noisy = sent.iter().map(|value| value ^ 1).collect();
        Ok(StandIn::new(&Sketch::SENT, fps, vec![sent, noisy])?)
    }

    /// The picture's pixels.
    ///
    /// # Errors
    /// None in practice, as for [`Sketch::frame`].
    pub fn pixels(&self) -> Result<Pixels<'_>, FrameError> {
        Pixels::new(Colour::Rgb, WIDTH, HEIGHT, WIDTH as usize * 3, &self.data)
    }
}

fn fill(data: &mut [u8], &Ellipse(x, y, half_width, half_height, colour): &Ellipse, side: f32) {
    let (middle_x, middle_y) = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
    for (index, pixel) in data.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (column, row) = ((index % WIDTH as usize) as f32, (index / WIDTH as usize) as f32);
        let across = ((column - middle_x) / UNIT - side * x) / half_width;
        let down = ((row - middle_y) / UNIT - y) / half_height;
        if across * across + down * down <= 1.0 {
            *pixel = colour;
        }
    }
}

/// Adds the grain of a camera, the same every time. Perfectly flat areas make numbers so small in some nets that the
/// processor slows down: the default embedding net took half as long again as on any photograph.
fn add_grain(data: &mut [u8]) {
    let mut state = 1u32;
    for byte in data {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = byte.saturating_add(((state >> 24) % 13) as u8).saturating_sub(6);
    }
}
