//! `mabataki calibrate`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// The false-match rate to hold; without it, the rate the model pack is made for
    #[arg(long, value_name = "F", conflicts_with = "show")]
    pub(crate) fmr: Option<f64>,
    /// Show the last calibration instead of making one
    #[arg(long)]
    pub(crate) show: bool,
}
