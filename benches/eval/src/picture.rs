//! Pictures that are changed before they are measured.

use std::{path::Path, time::Duration};

use mabataki_engine::frame::{Colour, Decoder, Frame, FrameError, PixelFormat, Raster, open_still};

use crate::EvalError;

/// A picture, RGB, 8 bits a channel, rows without padding.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<u8>,
}

impl Picture {
    /// Reads one from a file.
    pub(crate) fn read(path: &Path) -> Result<Picture, EvalError> {
        let still = open_still(path)?;
        let mut decoder = Decoder::new();
        let frame = still.frame(Duration::ZERO)?;
        let pixels = decoder.decode(&frame)?;
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let rgb = (0..pixels.height()).flat_map(|y| {
            pixels.row(y).chunks_exact(pixels.colour().channels()).flat_map(|pixel| {
                match (pixels.colour(), pixel) {
                    (Colour::Bgr, &[b, g, r]) => [r, g, b],
                    (_, &[r, g, b]) => [r, g, b],
                    (_, other) => [other[0]; 3],
                }
            })
        });
        Ok(Picture { width, height, rgb: rgb.collect() })
    }

    /// As a frame.
    pub(crate) fn frame(&self) -> Result<Frame<'_>, FrameError> {
        let (width, height) = (self.width as u32, self.height as u32);
        Frame::new(&Raster::dense(PixelFormat::Rgb24, width, height), &self.rgb, Duration::ZERO)
    }

    pub(crate) fn luma(&self, x: usize, y: usize) -> f32 {
        let at = (y * self.width + x) * 3;
        let [r, g, b] = [0, 1, 2].map(|channel| f32::from(self.rgb[at + channel]));
        0.299 * r + 0.587 * g + 0.114 * b
    }
}
