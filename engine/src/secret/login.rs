//! Application logins: what is typed into an application for a person, once the person was let in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Secret, SecretError, sealed_text};
use crate::audit::{is_id, is_line};
use crate::store::Document;

/// Most characters of a user name.
const USER_CHARS: usize = 128;
/// Most named fields beside user and secret: a ward, a printer, a second password.
const FIELDS: usize = 8;

/// One person's login to one application. The store keeps it sealed, and its secrets are wiped wherever they were.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Whose it is.
    pub person: String,
    /// The application: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
    pub app: String,
    /// Who the person is there: 1 to 128 characters on one line.
    pub user: String,
    /// The password there.
    #[serde(with = "sealed_text")]
    pub secret: Secret,
    /// What else the application asks for: 8 at most.
    pub fields: Vec<LoginField>,
    /// When it was put, UTC.
    pub put: Timestamp,
    /// Who put it; nobody in a store without administrators.
    pub by: Option<String>,
    /// Since when it is not handed out, because the application did not take it.
    pub suspended: Option<Timestamp>,
}

/// A named field of a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginField {
    /// Its name: spelt like an application's.
    pub name: String,
    /// What is typed into it.
    #[serde(with = "sealed_text")]
    pub value: Secret,
}

impl Document for Login {
    const KIND: &'static str = "login";

    fn person(&self) -> Option<&str> {
        Some(&self.person)
    }
}

impl Login {
    /// Where it is kept. Neither part holds a slash, so no two logins share a place.
    #[must_use]
    pub fn key(person: &str, app: &str) -> String {
        format!("{person}/{app}")
    }

    /// Checks everything against its limits. Secrets have theirs already.
    ///
    /// # Errors
    /// [`SecretError::Login`] names what does not fit.
    pub fn check(&self) -> Result<(), SecretError> {
        const NAME: &str = "1 to 64 of A-Z a-z 0-9 . _ @ -";
        let refuse = |what, expected| Err(SecretError::Login { what, expected });
        if !is_id(&self.app) {
            return refuse("an application's name", NAME);
        }
        if !is_line(&self.user, USER_CHARS) {
            return refuse("a user name", "1 to 128 characters on one line, not blank");
        }
        if self.fields.len() > FIELDS {
            return refuse("the number of fields", "at most 8");
        }
        for (at, field) in self.fields.iter().enumerate() {
            if !is_id(&field.name) {
                return refuse("a field's name", NAME);
            }
            if self.fields.iter().take(at).any(|other| other.name == field.name) {
                return refuse("the fields' names", "each once");
            }
        }
        Ok(())
    }

    /// Whether `secret` is this login's, or the value of one of its fields.
    #[must_use]
    pub fn has(&self, secret: &Secret) -> bool {
        self.secrets().fold(false, |found, one| found | one.is(secret))
    }

    /// Whether the secret of one of both is anything of the other's. That both have the same field, such as a ward, is
    /// no secret shared.
    #[must_use]
    pub fn shares_secret_with(&self, other: &Login) -> bool {
        other.has(&self.secret) | self.has(&other.secret)
    }

    /// The login's secret and the values of its fields.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.secret).chain(self.fields.iter().map(|field| &field.value))
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    fn login() -> Login {
        Login {
            person: "nurse01".to_owned(),
            app: "chart".to_owned(),
            user: "nurse 01".to_owned(),
            secret: secret("swordfish \"\\ 秘密"),
            fields: vec![LoginField { name: "ward".to_owned(), value: secret("three") }],
            put: Timestamp::UNIX_EPOCH,
            by: None,
            suspended: None,
        }
    }

    #[test]
    fn a_login_reads_back_as_it_was_kept_and_its_secrets_are_not_in_it_as_text() {
        let text = serde_json::to_string(&login()).unwrap();
        assert!(
            !text.contains("swordfish") && !text.contains("three") && text.contains("nurse 01"),
            "{text}"
        );
        let read: Login = serde_json::from_str(&text).unwrap();
        assert_eq!(read.secret.expose(), "swordfish \"\\ 秘密");
        assert!(read.has(&secret("three")) && read.has(&read.secret) && !read.has(&secret("four")));
    }

    #[test]
    fn what_does_not_fit_is_named_and_nothing_of_it_is_told() {
        let refused = |login: Login| login.check().unwrap_err().to_string();
        assert!(login().check().is_ok());
        assert!(refused(Login { app: "a/b".to_owned(), ..login() }).contains("application"));
        assert!(refused(Login { user: " ".to_owned(), ..login() }).contains("user"));
        let field = |name: &str| LoginField { name: name.to_owned(), value: secret("value") };
        let many = (0..9).map(|n| field(&format!("f{n}"))).collect();
        assert!(refused(Login { fields: many, ..login() }).contains("8"));
        assert!(refused(Login { fields: vec![field("a"), field("a")], ..login() }).contains("once"));
        assert!(refused(Login { fields: vec![field("a b")], ..login() }).contains("field"));
    }

    #[test]
    fn a_login_never_shows_its_secrets_by_debug() {
        let shown = format!("{:?}", login());
        assert!(!shown.contains("swordfish") && !shown.contains("three"), "{shown}");
    }
}
