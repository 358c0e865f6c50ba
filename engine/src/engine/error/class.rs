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

impl Error {
    /// What kind of trouble it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.code() {
            // Other rooms' word for the rights of files and services.
            "not_permitted" if !matches!(self, Error::NotPermitted { .. }) => Class::Unavailable,
            "wrong_hash"
            | "shares_do_not_fit"
            | "shares_of_another_set"
            | "store_corrupt"
            | "store_replaced"
            | "wrong_key"
            | "bad_key"
            | "store_foreign"
            | "store_format"
            | "other_model"
            | "other_rotation"
            | "no_rotation"
            | "bad_manifest"
            | "bad_picture"
            | "bad_model"
            | "bad_template"
            | "not_a_backup"
            | "other_store"
            | "not_a_number"
            | "bad_policy"
            | "bad_list"
            | "list_refused"
            | "not_an_introduction"
            | "introduction_format"
            | "introduction_signature"
            | "not_a_successor"
            | "bundle_foreign"
            | "bundle_signature"
            | "unknown_signer"
            | "signer_replaced"
            | "bundle_recipient"
            | "bundle_rolled_back"
            | "bundle_forked"
            | "bundle_expired"
            | "bundle_early"
            | "bundle_malformed"
            | "bundle_no_key"
            | "bundle_rejected" => Class::DataRefused,
            "no_grant"
            | "card_needed"
            | "bad_card"
            | "bad_rate"
            | "bad_time"
            | "not_found"
            | "no_policy"
            | "exists"
            | "retired"
            | "sponsor"
            | "card_bound"
            | "card_returned"
            | "bad_secret"
            | "code_mistyped"
            | "bad_reason"
            | "bad_login"
            | "invalid"
            | "handed_in"
            | "share_mistyped"
            | "shares_mixed"
            | "share_twice"
            | "shares_too_few"
            | "fingerprint_mistyped"
            | "bad_scope"
            | "pairing_for_nothing"
            | "terminal_itself"
            | "terminal_paired"
            | "not_paired"
            | "not_introduced"
            | "bundle_too_long" => Class::Usage,
            "not_permitted"
            | "no_right"
            | "no_audience"
            | "grant_ended"
            | "grant_provisional"
            | "not_for_oneself"
            | "last_administrator"
            | "wrong_password"
            | "set_up_token"
            | "weak_password"
            | "password_reused"
            | "not_remote"
            | "other_device"
            | "ask_again"
            | "only_claimed"
            | "no_login"
            | "login_suspended"
            | "locked"
            | "other_fingerprint"
            | "bundle_scope"
            | "no_administrator_in_backup" => Class::Refused,
            _ => Class::Unavailable,
        }
    }
}
