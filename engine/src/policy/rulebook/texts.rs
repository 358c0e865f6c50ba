//! Names that the file holds beside its words: terminals, hosts, accounts, applications, devices.

use super::read::Value;
use crate::audit::{is_id, is_line};
use crate::policy::Patterns;

/// Most characters of a name.
const CHARS: usize = 128;

/// A list of names and of beginnings of names.
pub(super) fn patterns(value: &Value<'_>, is_name: fn(&str) -> bool) -> Patterns {
    let fits = |text: &str| Patterns::is_pattern(text, is_name);
    let expected = "a name, or the beginning of names with one * at its end";
    let entries = value.list().unwrap_or_default();
    Patterns::new(
        entries.iter().filter_map(|entry| entry.text_that(fits, expected)).map(str::to_owned).collect(),
    )
}

/// Whether it can be the name of a host, an account or an application.
pub(super) fn is_name(text: &str) -> bool {
    is_line(text, CHARS)
}

/// Whether it can be a terminal.
pub(super) fn is_terminal(text: &str) -> bool {
    is_id(text)
}

/// The name of a device.
pub(super) fn device(value: &Value<'_>) -> Option<String> {
    value.text_that(is_name, "a device's name on one line").map(str::to_owned)
}
