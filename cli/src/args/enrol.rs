//! `mabataki enrol`.

use clap::Args;

use super::FrameSource;

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// The person
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    /// Pictures to take (averaging 3 to 5 lowers the misses)
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) samples: u8,
}
