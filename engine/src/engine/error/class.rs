//! What kinds of trouble there are.

use serde::{Deserialize, Serialize};

use super::Error;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Class {
    /// The request itself is wrong.
    Usage,
    /// The person or the material was judged and refused.
    Refused,
    /// A device, a model or the store cannot be had here and now.
    Unavailable,
    /// Data was read and is not to be trusted: corrupt, of another key, of another model.
    DataRefused,
}

/// Words for a request that is wrong in itself.
const USAGE: &[&str] = &[
    "no_grant",
    "card_needed",
    "bad_card",
    "bad_rate",
    "bad_time",
    "not_found",
    "no_policy",
    "exists",
    "retired",
    "sponsor",
    "card_bound",
    "card_returned",
    "bad_secret",
    "code_mistyped",
    "bad_reason",
    "bad_login",
    "invalid",
    "handed_in",
    "share_mistyped",
    "shares_mixed",
    "share_twice",
    "shares_too_few",
    "fingerprint_mistyped",
    "bad_scope",
    "pairing_for_nothing",
    "terminal_itself",
    "terminal_paired",
    "not_paired",
    "not_introduced",
    "bundle_too_long",
];

/// Words for a person or material that was judged and refused.
const REFUSED: &[&str] = &[
    "not_permitted",
    "no_right",
    "no_audience",
    "grant_ended",
    "grant_provisional",
    "not_for_oneself",
    "last_administrator",
    "wrong_password",
    "set_up_token",
    "weak_password",
    "password_reused",
    "not_remote",
    "other_device",
    "ask_again",
    "only_claimed",
    "no_login",
    "login_suspended",
    "locked",
    "other_fingerprint",
    "bundle_scope",
    "no_administrator_in_backup",
];

/// Words for what cannot be had here and now.
const UNAVAILABLE: &[&str] = &[
    "bad_installation",
    "bad_log",
    "bad_witness",
    "bundle_io",
    "camera_black",
    "camera_busy",
    "camera_failed",
    "camera_frozen",
    "camera_stalled",
    "camera_unsupported",
    "camera_virtual",
    "card_removed",
    "card_unreadable",
    "changed_meanwhile",
    "clock_behind",
    "disk_full",
    "file_exchanged",
    "log_cut",
    "log_forked",
    "log_not_kept",
    "model_unreadable",
    "network_share",
    "no_camera",
    "no_card_service",
    "no_clock",
    "no_escrow",
    "no_installation",
    "no_keeper",
    "no_key",
    "no_memory",
    "no_model",
    "no_random",
    "no_reader",
    "no_runtime",
    "no_store",
    "no_witness",
    "not_built",
    "not_calibrated",
    "not_kept",
    "not_pinned",
    "not_written",
    "other_pack",
    "other_runtime",
    "reader_busy",
    "reader_failed",
    "reader_stuck",
    "store_busy",
    "store_failed",
    "store_gone",
    "store_read_only",
    "store_rolled_back",
    "unreadable",
];

/// Words for data that is not to be trusted.
const DATA_REFUSED: &[&str] = &[
    "wrong_hash",
    "shares_do_not_fit",
    "shares_of_another_set",
    "store_corrupt",
    "store_replaced",
    "wrong_key",
    "bad_key",
    "store_foreign",
    "store_format",
    "other_model",
    "other_rotation",
    "no_rotation",
    "bad_manifest",
    "bad_picture",
    "bad_model",
    "bad_template",
    "not_a_backup",
    "other_store",
    "not_a_number",
    "bad_policy",
    "bad_list",
    "list_refused",
    "not_an_introduction",
    "introduction_format",
    "introduction_signature",
    "not_a_successor",
    "bundle_foreign",
    "bundle_signature",
    "unknown_signer",
    "signer_replaced",
    "bundle_recipient",
    "bundle_rolled_back",
    "bundle_forked",
    "bundle_expired",
    "bundle_early",
    "bundle_malformed",
    "bundle_no_key",
    "bundle_rejected",
];

const CLASSES: [(Class, &[&str]); 4] = [
    (Class::Usage, USAGE),
    (Class::Refused, REFUSED),
    (Class::Unavailable, UNAVAILABLE),
    (Class::DataRefused, DATA_REFUSED),
];

impl Error {
    /// What kind of trouble it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.code() {
            // Other rooms' word for the rights of files and services.
            "not_permitted" if !matches!(self, Error::NotPermitted { .. }) => Class::Unavailable,
            word => of(word),
        }
    }
}

/// A word that stands nowhere is a mistake of ours, and a refusal: for what is unavailable hosts may have another way in.
fn of(word: &str) -> Class {
    let listed = CLASSES.iter().find(|(_, words)| words.contains(&word));
    listed.map_or(Class::Refused, |(class, _)| *class)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Rooms whose errors are none of the engine's: they have classes of their own, or none.
    const OTHERS: [&str; 2] = ["outlet", "service"];

    /// The words in the functions `code` of a folder's sources, and in those that end in `_code`.
    fn words(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !OTHERS.iter().any(|room| path.ends_with(room)) {
                    words(&path, found);
                }
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            let mut inside = None;
            for line in source.lines() {
                let begins = line.trim_start().starts_with("pub const fn code(&self)")
                    || line.trim_start().starts_with("pub fn code(&self)")
                    || line.starts_with("fn ") && line.contains("_code(error: &");
                if begins {
                    inside = Some(line.len() - line.trim_start().len());
                }
                let Some(indent) = inside else { continue };
                found.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
                if line.len() == indent + 1 && line.ends_with('}') {
                    inside = None;
                }
            }
        }
    }

    #[test]
    fn every_word_of_an_error_stands_in_one_class_and_no_other_does() {
        let mut said = BTreeSet::new();
        words(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut said);
        let listed: Vec<&str> = CLASSES.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        let once: BTreeSet<String> = listed.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(once.len(), listed.len(), "a word stands twice");
        let missing: Vec<&String> = said.difference(&once).collect();
        let unsaid: Vec<&String> = once.difference(&said).collect();
        assert!(
            missing.is_empty() && unsaid.is_empty(),
            "in no class: {missing:?}; said by nobody: {unsaid:?}"
        );
    }

    #[test]
    fn a_word_that_stands_nowhere_is_a_refusal() {
        assert_eq!(of("a_word_of_tomorrow"), Class::Refused);
    }
}
