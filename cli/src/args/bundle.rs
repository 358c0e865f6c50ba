//! `mabataki bundle`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;

#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Make one for a terminal that this one is paired with
    Export(Export),
    /// Take one in: all of it, or nothing
    Import {
        /// The bundle
        file: PathBuf,
        /// Only tell what would become of it
        #[arg(long)]
        check: bool,
        /// Take the rest where records are rejected, and leave those out
        #[arg(long, conflicts_with = "check")]
        skip_rejected: bool,
    },
    /// Show what a bundle says of itself, and whether a known terminal signed it
    Show {
        /// The bundle
        file: PathBuf,
    },
}

/// Without --ward, --application and --policy: everything that the pairing lets through. With any of them, only what is
/// named; what was sent before and is not named stays there as it is.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The other terminal's name
    pub(crate) peer: String,
    /// The new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The people of this ward, or with a * at its end of all that begin like it; may be given several times
    #[arg(long)]
    pub(crate) ward: Vec<String>,
    /// The logins to this application, or with a * at its end to all that begin like it; may be given several times
    #[arg(long)]
    pub(crate) application: Vec<String>,
    /// The policy
    #[arg(long)]
    pub(crate) policy: bool,
    /// For how long it is good, such as 12h or 30d: 90d at most
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = duration)]
    pub(crate) valid_for: SignedDuration,
}

/// Whole minutes, hours or days: `90m`, `12h`, `30d`.
fn duration(text: &str) -> Result<SignedDuration, String> {
    let expected = || format!("expected a number with m, h or d after it, such as 30d, found {text:?}");
    let unit = text.chars().next_back().ok_or_else(expected)?;
    let number: i64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(expected)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return Err(expected()),
    };
    number.checked_mul(seconds).map(SignedDuration::from_secs).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_of_minutes_hours_or_days() {
        assert_eq!(duration("90m"), Ok(SignedDuration::from_mins(90)));
        assert_eq!(duration("12h"), Ok(SignedDuration::from_hours(12)));
        assert_eq!(duration("30d"), Ok(SignedDuration::from_hours(720)));
        for wrong in ["", "d", "30", "30w", "1.5h", "3日", "9223372036854775807d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
