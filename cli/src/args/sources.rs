//! Where the card and the frames of a command come from.

use std::path::PathBuf;

use clap::Args;

/// The reader to use.
#[derive(Debug, Args)]
pub(crate) struct ReaderSource {
    /// PC/SC reader by name; without a name, the first
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    pub(crate) reader: Option<Option<String>>,
}

/// Where the card comes from.
#[derive(Debug, Args)]
pub(crate) struct CardSource {
    #[command(flatten)]
    pub(crate) reader: ReaderSource,
    /// A card told by its identifier, such as felica:0123456789ABCDEF (trial stores only)
    #[arg(long, value_name = "KIND:HEX", conflicts_with = "reader")]
    pub(crate) card: Option<String>,
}

/// Where the frames come from.
#[derive(Debug, Args)]
pub(crate) struct FrameSource {
    /// Camera by number or name; without either, the first
    #[arg(long, value_name = "INDEX|NAME", num_args = 0..=1, conflicts_with = "frames")]
    pub(crate) camera: Option<Option<String>>,
    /// A picture, a folder of pictures in name order, an .mjpeg or .y4m file, or any video if ffmpeg is on PATH
    /// (trial stores only)
    #[arg(long, value_name = "PATH")]
    pub(crate) frames: Option<PathBuf>,
    /// Frames a second of what is read with --frames
    #[arg(long, value_name = "F", requires = "frames")]
    pub(crate) fps: Option<f64>,
}
