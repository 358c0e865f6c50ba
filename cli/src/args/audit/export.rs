//! `mabataki audit export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use mabataki_engine::engine::{ExportFormat, ExportOf};

use crate::args::dates;

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A table for spreadsheet programs, or one JSON object a line
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// Every record, or one row for each access, with its time
    #[arg(long, value_enum, default_value_t = Of::Records)]
    pub(crate) of: Of,
    /// From this day by the site's clocks
    #[arg(long, value_name = "DAY", value_parser = dates::day)]
    pub(crate) from: Option<Date>,
    /// To the end of this day by the site's clocks
    #[arg(long, value_name = "DAY", value_parser = dates::day)]
    pub(crate) to: Option<Date>,
    /// With days and lines: from the checkpoint before them to the one after, so that the lines can be verified by
    /// themselves. Without days they always can
    #[arg(long)]
    pub(crate) whole: bool,
    /// Write to this new file, which nobody else may read, and not to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Csv,
    Jsonl,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Of {
    Records,
    AccessTimes,
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> ExportFormat {
        match format {
            Format::Csv => ExportFormat::Csv,
            Format::Jsonl => ExportFormat::Jsonl,
        }
    }
}

impl From<Of> for ExportOf {
    fn from(of: Of) -> ExportOf {
        match of {
            Of::Records => ExportOf::Records,
            Of::AccessTimes => ExportOf::AccessTimes,
        }
    }
}
