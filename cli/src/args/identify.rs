//! `mabataki identify`.

use clap::Args;

use super::FrameSource;

#[derive(Debug, Args)]
pub(crate) struct Identify {
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    /// Most hits to show
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) top: u16,
}
