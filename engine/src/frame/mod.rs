//! Pictures on their way in: borrowed views with their limits, and the sources they come from.

/// How the bytes of a frame are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelFormat {
    /// One luma byte a pixel.
    Gray8,
    /// Red, green, blue: three bytes a pixel.
    Rgb24,
    /// Blue, green, red: three bytes a pixel.
    Bgr24,
    /// One JPEG picture (motion JPEG sends them one by one).
    Mjpeg,
}
