//! What one terminal may send another.

use serde::{Deserialize, Serialize};

use super::TerminalError;
use crate::audit::{is_id, is_line};
use crate::policy::Patterns;

/// Most wards, and most applications.
const MOST: usize = 64;
/// Most characters of an application's name.
const CHARS: usize = 128;

/// What a pairing lets through. What is not named does not pass.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Scope {
    /// The wards whose people pass, with their cards, faces and passwords. Only `*` takes people without a ward along.
    pub wards: Patterns,
    /// The applications whose logins pass, for people who pass.
    pub applications: Patterns,
    /// Whether the policy passes.
    pub policy: bool,
    /// Whether people pass whose role carries any right.
    pub administrators: bool,
}

/// As it is written, before its names are looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    wards: Vec<String>,
    applications: Vec<String>,
    policy: bool,
    administrators: bool,
}

impl TryFrom<Written> for Scope {
    type Error = TerminalError;

    fn try_from(written: Written) -> Result<Scope, TerminalError> {
        Scope::new(written.wards, written.applications, written.policy, written.administrators)
    }
}

impl Scope {
    /// A scope of these wards and applications, each with a `*` at its end for all that begin like it.
    ///
    /// # Errors
    /// [`TerminalError::Scope`] when there are more than 64 of either, or one is no name.
    pub fn new(
        wards: Vec<String>,
        applications: Vec<String>,
        policy: bool,
        administrators: bool,
    ) -> Result<Scope, TerminalError> {
        let read = |what, names: Vec<String>, is_name| {
            let few = Some(names).filter(|names| names.len() <= MOST);
            few.and_then(|names| Patterns::of(names, is_name)).ok_or(TerminalError::Scope { what })
        };
        Ok(Scope {
            wards: read("the wards", wards, is_id)?,
            applications: read("the applications", applications, |text| is_line(text, CHARS))?,
            policy,
            administrators,
        })
    }

    /// Whether nothing passes. Without a ward nobody does, so neither does a login or an administrator.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wards.is_empty() && !self.policy
    }

    /// Whether all that passes here passes by `other` too.
    #[must_use]
    pub fn is_within(&self, other: &Scope) -> bool {
        other.wards.cover(&self.wards)
            && other.applications.cover(&self.applications)
            && (other.policy || !self.policy)
            && (other.administrators || !self.administrators)
    }

    /// Whether somebody of these wards passes who has rights as an administrator, or none.
    #[must_use]
    pub fn allows_person<'w>(&self, wards: impl IntoIterator<Item = &'w str>, has_rights: bool) -> bool {
        (self.administrators || !has_rights)
            && (self.wards.fit_all() || wards.into_iter().any(|ward| self.wards.fits(ward)))
    }

    /// Whether logins for this application pass.
    #[must_use]
    pub fn allows_login(&self, application: &str) -> bool {
        self.applications.fits(application)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(wards: &[&str], applications: &[&str], policy: bool, administrators: bool) -> Scope {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Scope::new(names(wards), names(applications), policy, administrators).unwrap()
    }

    fn any_scope() -> impl Strategy<Value = Scope> {
        let names = || prop::collection::vec(prop::sample::select(vec!["*", "a", "a*", "ab", "b*"]), 0..3);
        (names(), names(), any::<bool>(), any::<bool>())
            .prop_map(|(wards, applications, policy, rights)| scope(&wards, &applications, policy, rights))
    }

    proptest! {
        #[test]
        fn what_a_narrower_scope_lets_through_a_wider_one_does(
            narrow in any_scope(), wide in any_scope(), ward in "[ab]{0,2}", has_rights: bool,
        ) {
            // Of pairs drawn at random, about one in five: enough of each run's 256.
            if !narrow.is_within(&wide) {
                return Ok(());
            }
            prop_assert!(!narrow.allows_person([ward.as_str()], has_rights) || wide.allows_person([ward.as_str()], has_rights));
            prop_assert!(!narrow.allows_person([], has_rights) || wide.allows_person([], has_rights));
            prop_assert!(!narrow.allows_login(&ward) || wide.allows_login(&ward));
            prop_assert!(!narrow.policy || wide.policy);
        }

        #[test]
        fn a_scope_reads_back_as_it_was_written(scope in any_scope()) {
            let text = serde_json::to_string(&scope).unwrap();
            prop_assert_eq!(serde_json::from_str::<Scope>(&text).unwrap(), scope);
        }
    }

    #[test]
    fn people_pass_by_any_of_their_wards_and_those_without_one_only_where_all_do() {
        let er = scope(&["er-*"], &[], false, false);
        assert!(er.allows_person(["icu", "er-1"], false) && !er.allows_person(["icu"], false));
        assert!(!er.allows_person([], false));
        assert!(scope(&["*"], &[], false, false).allows_person([], false));
    }

    #[test]
    fn an_administrator_passes_only_where_the_scope_says_so() {
        assert!(!scope(&["*"], &["*"], true, false).allows_person(["er-1"], true));
        assert!(scope(&["*"], &[], false, true).allows_person(["er-1"], true));
    }

    #[test]
    fn a_scope_with_a_name_that_is_none_or_too_many_of_them_is_refused() {
        let refused = |wards: Vec<String>| Scope::new(wards, vec![], false, false).unwrap_err();
        for name in ["", "er 1", "*er", "e*r", "er**"] {
            assert_eq!(refused(vec![name.to_owned()]).code(), "bad_scope", "{name:?}");
        }
        assert_eq!(refused(vec!["er".to_owned(); MOST + 1]).code(), "bad_scope");
        let text = r#"{"wards":["*","e*r"],"applications":[],"policy":false,"administrators":false}"#;
        assert!(serde_json::from_str::<Scope>(text).is_err());
        assert!(serde_json::from_str::<Scope>(r#"{"wards":[],"policy":false}"#).is_err());
    }
}
