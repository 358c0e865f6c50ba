//! The status of each of the service's errors.

use mabataki_engine::engine::Class;
use mabataki_engine::service::{Refusal, ServiceError};

use crate::failure::Failure;
use crate::status::*;

/// Words that have a status of their own; every other one has that of its class.
const WORDS: &[(mbt_status, &[&str])] = &[
    (MBT_E_FORKED, &["forked"]),
    (MBT_E_CANCELLED, &["cancelled"]),
    (MBT_E_STATE, &["over", "misuse", "no_grant", "grant_provisional"]),
    (MBT_E_NOT_FOUND, &["not_found", "no_login", "nothing_kept", "nothing_to_claim"]),
    (MBT_E_EXISTS, &["exists", "card_bound"]),
    (MBT_E_LIMIT, &["too_fast", "too_long", "too_many"]),
    (
        MBT_E_NO_CAMERA,
        &[
            "no_camera",
            "camera_black",
            "camera_failed",
            "camera_frozen",
            "camera_stalled",
            "camera_unsupported",
            "camera_virtual",
        ],
    ),
    (MBT_E_CAMERA_BUSY, &["camera_busy"]),
    (MBT_E_NO_READER, &["no_reader", "no_card_service", "reader_busy", "reader_failed", "reader_stuck"]),
    (
        MBT_E_MODEL,
        &[
            "no_model",
            "wrong_hash",
            "model_unreadable",
            "bad_manifest",
            "bad_model",
            "no_runtime",
            "other_pack",
            "other_runtime",
            "not_pinned",
            "not_calibrated",
        ],
    ),
    (MBT_E_STORE, &["no_store", "store_busy", "store_failed", "store_gone", "store_read_only", "disk_full"]),
    (
        MBT_E_SERVICE,
        &["no_service", "timed_out", "other_protocol", "io", "already_served", "unsafe_folder", "busy"],
    ),
    (MBT_E_NO_TEMPLATES, &["not_enrolled"]),
    (MBT_E_SIGNATURE, &["bundle_signature", "unknown_signer", "introduction_signature"]),
    (MBT_E_STALE, &["bundle_rolled_back", "bundle_expired", "bundle_early", "store_rolled_back"]),
    (MBT_E_REAUTH, &["grant_ended", "ask_again"]),
];

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Failure {
        Failure {
            status: status(error.code(), error.class()),
            code: error.code().to_owned(),
            fix: error.fix().to_owned(),
            text: chain(&error),
        }
    }
}

/// The status of what the service answered.
pub(crate) fn of(refusal: &Refusal) -> mbt_status {
    status(&refusal.code, refusal.class)
}

fn status(code: &str, class: Class) -> mbt_status {
    let own = WORDS.iter().find(|(_, words)| words.contains(&code));
    own.map_or_else(
        || match class {
            Class::Usage => MBT_E_INVALID,
            Class::Refused => MBT_E_DENIED,
            Class::Unavailable => MBT_E_UNAVAILABLE,
            Class::DataRefused => MBT_E_CORRUPT,
        },
        |(status, _)| *status,
    )
}

/// An error and its causes in one line, none twice.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_service_that_does_not_answer_is_unavailable_and_a_child_is_told_so() {
        let failure = Failure::from(ServiceError::TimedOut { after: Duration::from_millis(7) });
        assert_eq!((failure.status, failure.code.as_str()), (MBT_E_SERVICE, "timed_out"));
        assert!(failure.text.contains("7 ms"), "{}", failure.text);
        assert_eq!(Failure::from(ServiceError::Forked).status, MBT_E_FORKED);
    }

    #[test]
    fn no_word_has_two_statuses_and_an_unknown_one_has_its_classs() {
        let mut words: Vec<&str> = WORDS.iter().flat_map(|(_, words)| *words).copied().collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
        assert_eq!(status("something_new", Class::Refused), MBT_E_DENIED);
        assert_eq!(status("something_new", Class::Unavailable), MBT_E_UNAVAILABLE);
    }
}
