//! `mabataki audit send`.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

/// The longest that one command waits for a collector.
const LONGEST: Duration = Duration::from_secs(3600);

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Try for so long, such as 30s or 5min, until everything that waits has been accepted
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = wait)]
    pub(crate) wait: Duration,
}

fn wait(text: &str) -> Result<Duration, String> {
    let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    let time = time.filter(|time| *time <= LONGEST);
    time.ok_or_else(|| "expected a time from 0s to 1h".to_owned())
}
