//! `[log]`: how the log is kept, and where it goes beside the terminal.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::read::{Section, Value};
use super::settings::{number, time, truth};
use crate::outlet::{Address, ClientFiles, Facility, Outlet, Syslog};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Most bytes of a path: PATH_MAX of Linux, without its end.
const PATH: usize = 4095;

/// How the log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPolicy {
    /// A checkpoint is made after so many records at the latest.
    pub every_records: u32,
    /// A checkpoint is made when the first record without one is this old: as soon as there is another, or by who keeps the
    /// log.
    pub every: Duration,
    /// What is older is moved into the archive when one is made.
    pub keep: Duration,
    /// A folder that checkpoints are copied to.
    pub copy: Option<PathBuf>,
    /// A collector of system logs.
    pub syslog: Option<Syslog>,
    /// An outlet that has accepted nothing for so long, although something waited, is lost: the log tells it.
    pub warn_after: Duration,
}

impl LogPolicy {
    /// Where copies of the log go.
    #[must_use]
    pub fn outlets(&self) -> Vec<Outlet> {
        let copy = self.copy.clone().map(Outlet::Copy);
        copy.into_iter().chain(self.syslog.clone().map(Outlet::Syslog)).collect()
    }
}

pub(super) fn read(mut section: Section<'_>) -> LogPolicy {
    let rules = LogPolicy {
        every_records: number(section.take("every_records"), 1..=1024, 64),
        every: time(section.take("every"), MINUTE..=DAY, Duration::from_secs(15 * MINUTE)),
        keep: time(section.take("keep"), 30 * DAY..=10_000 * DAY, Duration::from_secs(400 * DAY)),
        copy: section.take("copy").and_then(|value| path(&value)),
        warn_after: time(section.take("warn_after"), MINUTE..=30 * DAY, Duration::from_secs(HOUR)),
        syslog: section.take("syslog").and_then(Value::section).and_then(syslog),
    };
    section.finish();
    rules
}

/// Whoever is asked for must prove who it is: by TLS there is no collector without an authority.
fn syslog(mut section: Section<'_>) -> Option<Syslog> {
    let to = section.require("to").and_then(|value| value.word::<Address>());
    let ca = section.take("ca");
    let certificate = section.take("client_certificate");
    let key = section.take("client_key");
    let close_notify = section.take("require_close_notify");
    let facility = section.take("facility").map_or(Some(Facility::AuthPriv), |value| value.word());
    let records = truth(section.take("records"), false);
    match &to {
        Some(Address::Tls { .. }) if ca.is_none() => section.place.fault(
            "log.syslog.ca: expected the file of the authority that signed the collector's certificate, found nothing",
        ),
        Some(Address::Unix(_)) => {
            for value in [&ca, &certificate, &key].into_iter().flatten() {
                value.fault("expected nothing: a socket of this machine takes no certificate");
            }
            if let Some(value) = &close_notify {
                value.fault("expected nothing: a socket of this machine has no TLS");
            }
        }
        _ => {}
    }
    if certificate.is_some() != key.is_some() {
        section
            .place
            .fault("log.syslog: expected client_certificate and client_key together, found one of them");
    }
    section.finish();
    let [ca, certificate, key] = [ca, certificate, key].map(|value| value.as_ref().and_then(path));
    let require_close_notify = truth(close_notify, true);
    let client = certificate.zip(key).map(|(certificate, key)| ClientFiles { certificate, key });
    Some(Syslog { to: to?, ca, client, require_close_notify, facility: facility?, records })
}

/// A path from the root: the library has no folder of its own to begin from.
fn path(value: &Value<'_>) -> Option<PathBuf> {
    let fits =
        |text: &str| Path::new(text).is_absolute() && text.len() <= PATH && !text.contains(char::is_control);
    value.text_that(fits, "a path from the root, such as \"/srv/log\"").map(PathBuf::from)
}
