//! Application logins: put by an administrator or by the person, handed out under a grant, suspended when the application
//! does not take one: typed again and again, it would lock the person out there.

use jiff::Timestamp;

use super::clock::Now;
use super::{Acting, Engine, Error};
use crate::audit::Operation;
use crate::policy::Right;
use crate::secret::{Login, LoginField, PasswordHash, PasswordRecord, Secret, SecretError};
use crate::store::Write;

/// Most logins of one person.
pub(super) const MOST_LOGINS: usize = 64;

/// A login that is to be put.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// The application: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
    pub app: String,
    /// Who the person is there: 1 to 128 characters on one line.
    pub user: String,
    /// The password there.
    pub secret: Secret,
    /// What else the application asks for: 8 at most.
    pub fields: Vec<LoginField>,
}

/// What is known of a login, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginStatus {
    /// Whose it is.
    pub person: String,
    /// The application.
    pub app: String,
    /// Who the person is there.
    pub user: String,
    /// The names of its fields.
    pub fields: Vec<String>,
    /// When it was put, UTC.
    pub put: Timestamp,
    /// Who put it; nobody in a store without administrators.
    pub by: Option<String>,
    /// Since when it is not handed out, because the application did not take it.
    pub suspended: Option<Timestamp>,
}

/// What is typed into an application. Wiped on drop.
#[derive(Debug)]
pub struct ReleasedLogin {
    /// The user name.
    pub user: String,
    /// The password.
    pub secret: Secret,
    /// The other fields.
    pub fields: Vec<LoginField>,
}

/// Whether there is a login to hand out.
#[derive(Debug)]
pub(super) enum Release {
    /// This one.
    Ready(ReleasedLogin),
    /// The application did not take it, so it waits for a new secret.
    Suspended,
    /// The person has none for this application.
    None,
}

/// A login that was judged, ready to be kept.
#[derive(Debug)]
pub(super) struct PreparedLogin {
    new: NewLogin,
    person: String,
    /// The password it was compared with.
    password: Option<PasswordHash>,
}

impl Engine {
    /// Judges a login that is to be put: whoever learns its secret, in an application that is less careful, must not
    /// have the person's password, nor one that they may come back to. It takes the time of a few hashes, so it is done
    /// before the store is held.
    pub(super) fn prepare_login(&self, person: &str, new: NewLogin) -> Result<PreparedLogin, Error> {
        self.require_staff(person)?;
        let login = new.login(person, Timestamp::UNIX_EPOCH, None);
        login.check()?;
        let record = self.store.document::<PasswordRecord>(person)?;
        if let Some(record) = &record {
            let remembered = self.rulebook()?.passwords().remembered.max(1);
            for secret in login.secrets() {
                if record.remembers(secret, usize::try_from(remembered).unwrap_or(usize::MAX))? {
                    return Err(SecretError::SameAsPassword.into());
                }
            }
        }
        let password = record.map(|record| record.hash);
        Ok(PreparedLogin { new, person: person.to_owned(), password })
    }
}

impl Acting<'_> {
    /// Puts a person's login, in place of the one they had for this application.
    ///
    /// # Errors
    /// When there is no such person, something does not fit, or a secret is or was the person's password, or is another
    /// login's.
    pub fn put_login(&mut self, person: &str, new: NewLogin) -> Result<(), Error> {
        let right = Right::Logins;
        let by = self.actor().map(str::to_owned);
        let prepared = self.require(right).and_then(|()| self.engine.prepare_login(person, new));
        self.act_at(right, Operation::LoginPut, person, |store, now| prepared?.keep(store, now, by))
    }

    /// Removes a login. Says whether there was one.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn remove_login(&mut self, person: &str, app: &str) -> Result<bool, Error> {
        let known = self.engine.require_person(person);
        self.act(Right::Logins, Operation::LoginRemove, person, |store| {
            known?;
            Ok(store.remove_document::<Login>(&Login::key(person, app))?)
        })
    }

    /// The logins of one person, or of all, without their secrets.
    ///
    /// # Errors
    /// When the store fails.
    pub fn logins(&self, person: Option<&str>) -> Result<Vec<LoginStatus>, Error> {
        self.require(Right::Logins)?;
        let logins = match person {
            Some(person) => self.engine.store.documents_of::<Login>(person)?,
            None => self.engine.store.documents::<Login>()?,
        };
        Ok(logins.into_iter().map(|(_, login)| login.into()).collect())
    }
}

impl PreparedLogin {
    /// Keeps it. A login that was suspended is handed out again: it is another one now.
    pub(super) fn keep(self, store: &Write<'_>, now: Now, by: Option<String>) -> Result<(), Error> {
        let PreparedLogin { new, person, password } = self;
        let present = store.document::<PasswordRecord>(&person)?.map(|record| record.hash);
        if present != password {
            return Err(Error::ChangedMeanwhile { what: "the password" });
        }
        let key = Login::key(&person, &new.app);
        let login = new.login(&person, now.wall, by);
        let mut others = store.documents_of::<Login>(&person)?;
        others.retain(|(other, _)| *other != key);
        if others.len() >= MOST_LOGINS {
            let (what, expected) = ("the number of a person's logins", "at most 64");
            return Err(Error::Invalid { what, expected, found: (others.len() + 1).to_string() });
        }
        if let Some((_, other)) = others.into_iter().find(|(_, other)| login.shares_secret_with(other)) {
            return Err(SecretError::SameAsLogin { app: other.app }.into());
        }
        Ok(store.put_document(&key, &login)?)
    }
}

impl NewLogin {
    fn login(&self, person: &str, put: Timestamp, by: Option<String>) -> Login {
        let NewLogin { app, user, secret, fields } = self.clone();
        Login { person: person.to_owned(), app, user, secret, fields, put, by, suspended: None }
    }
}

impl From<Login> for LoginStatus {
    fn from(login: Login) -> LoginStatus {
        let Login { person, app, user, fields, put, by, suspended, .. } = login;
        let fields = fields.into_iter().map(|field| field.name).collect();
        LoginStatus { person, app, user, fields, put, by, suspended }
    }
}

/// The person's login for this application, as things stand. Writing the release down is for whoever hands it out.
pub(super) fn release(store: &Write<'_>, person: &str, app: &str) -> Result<Release, Error> {
    Ok(match store.document::<Login>(&Login::key(person, app))? {
        None => Release::None,
        Some(Login { suspended: Some(_), .. }) => Release::Suspended,
        Some(Login { user, secret, fields, .. }) => Release::Ready(ReleasedLogin { user, secret, fields }),
    })
}

/// The application did not take the login: it is not handed out again until a new one is put. Says whether there was one.
pub(super) fn suspend(store: &Write<'_>, now: Now, person: &str, app: &str) -> Result<bool, Error> {
    let key = Login::key(person, app);
    let Some(login) = store.document::<Login>(&key)? else { return Ok(false) };
    let suspended = login.suspended.or(Some(now.wall));
    store.put_document(&key, &Login { suspended, ..login })?;
    Ok(true)
}

/// Refuses a new password that one of the person's logins has already.
pub(super) fn refuse_shared(store: &Write<'_>, person: &str, password: &Secret) -> Result<(), Error> {
    let logins = store.documents_of::<Login>(person)?;
    match logins.into_iter().find(|(_, login)| login.has(password)) {
        Some((_, login)) => Err(SecretError::SameAsLogin { app: login.app }.into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Outcome;
    use crate::engine::trial::{Site, administrator, secret, site};

    fn chart(text: &str) -> NewLogin {
        let field = LoginField { name: "ward".to_owned(), value: secret("Ward-3-north!") };
        NewLogin {
            app: "chart".to_owned(),
            user: "n01".to_owned(),
            secret: secret(text),
            fields: vec![field],
        }
    }

    fn released(engine: &mut Engine) -> Release {
        engine.store.write(|store| release(store, "nurse01", "chart")).unwrap()
    }

    #[test]
    fn a_login_is_handed_out_with_all_its_fields_and_listed_without_its_secrets() {
        let Site { mut engine, folder: _folder } = site();
        assert!(matches!(released(&mut engine), Release::None));
        engine.acting().put_login("nurse01", chart("Otaru-2020-canal")).unwrap();
        let Release::Ready(login) = released(&mut engine) else { panic!("nothing handed out") };
        assert_eq!((&*login.user, login.secret.expose()), ("n01", "Otaru-2020-canal"));
        assert_eq!((&*login.fields[0].name, login.fields[0].value.expose()), ("ward", "Ward-3-north!"));
        let listed = engine.acting().logins(Some("nurse01")).unwrap();
        assert_eq!((&*listed[0].app, &*listed[0].fields), ("chart", &["ward".to_owned()][..]));
        assert!(!format!("{listed:?} {login:?}").contains("Otaru"));
        assert!(engine.acting().logins(Some("nurse02")).unwrap().is_empty());
        assert_eq!(engine.acting().logins(None).unwrap(), listed);
        assert!(engine.acting().remove_login("nurse01", "chart").unwrap());
        assert!(!engine.acting().remove_login("nurse01", "chart").unwrap());
        assert!(matches!(released(&mut engine), Release::None));
    }

    #[test]
    fn a_login_the_application_did_not_take_is_not_handed_out_until_another_is_put() {
        let Site { mut engine, folder: _folder } = site();
        engine.acting().put_login("nurse01", chart("Otaru-2020-canal")).unwrap();
        assert!(engine.transact(|store, now| suspend(store, now, "nurse01", "chart")).unwrap());
        assert!(matches!(released(&mut engine), Release::Suspended));
        assert!(engine.acting().logins(None).unwrap()[0].suspended.is_some());
        engine.acting().put_login("nurse01", chart("Otaru-2021-canal")).unwrap();
        assert!(matches!(released(&mut engine), Release::Ready(_)));
        assert!(!engine.transact(|store, now| suspend(store, now, "nurse01", "other")).unwrap());
    }

    #[test]
    fn a_password_is_never_a_logins_secret_nor_the_other_way_round() {
        let Site { mut engine, folder: _folder } = site();
        let mut acting = engine.acting();
        acting.set_password("nurse01", &secret("Kobe-4711-harbour"), false).unwrap();
        let error = acting.put_login("nurse01", chart("Kobe-4711-harbour")).unwrap_err();
        assert_eq!(error.code(), "password_reused");
        acting.put_login("nurse01", chart("Otaru-2020-canal")).unwrap();
        for taken in ["Otaru-2020-canal", "Ward-3-north!"] {
            let error = acting.set_password("nurse01", &secret(taken), false).unwrap_err();
            assert_eq!(error.code(), "password_reused", "{taken}");
        }
        acting.put_login("nurse02", chart("Kobe-4711-harbour")).unwrap();
        for former in ["Nara-1868-temple!", "Uji-1053-phoenix!"] {
            acting.set_password("nurse01", &secret(former), false).unwrap();
        }
        for former in ["Kobe-4711-harbour", "Nara-1868-temple!", "Uji-1053-phoenix!"] {
            let error = acting.put_login("nurse01", chart(former)).unwrap_err();
            assert_eq!(error.code(), "password_reused", "{former}");
        }
    }

    #[test]
    fn two_logins_of_one_person_never_share_a_secret() {
        let Site { mut engine, folder: _folder } = site();
        let mut acting = engine.acting();
        acting.put_login("nurse01", chart("Otaru-2020-canal")).unwrap();
        let lab = |text: &str| NewLogin { app: "lab".to_owned(), ..chart(text) };
        for taken in ["Otaru-2020-canal", "Ward-3-north!"] {
            let error = acting.put_login("nurse01", lab(taken)).unwrap_err();
            assert_eq!(error.code(), "password_reused", "{taken}");
            assert!(error.to_string().contains("chart") && !error.to_string().contains(taken), "{error}");
        }
        let field = LoginField { name: "second".to_owned(), value: secret("Otaru-2020-canal") };
        let with_field = NewLogin { fields: vec![field], ..lab("Hakone-1619-gate") };
        assert_eq!(acting.put_login("nurse01", with_field).unwrap_err().code(), "password_reused");
        // Both may be for the same ward, a colleague may have the same idea, and one login may be put again as it was.
        acting.put_login("nurse01", lab("Hakone-1619-gate")).unwrap();
        acting.put_login("nurse02", chart("Otaru-2020-canal")).unwrap();
        acting.put_login("nurse01", chart("Otaru-2020-canal")).unwrap();
    }

    #[test]
    fn logins_are_put_by_right_and_go_with_their_person() {
        let Site { mut engine, folder: _folder } = site();
        let grant = administrator(&mut engine, "admin01");
        engine.acting_by(&grant).put_login("nurse01", chart("Otaru-2020-canal")).unwrap();
        assert_eq!(engine.acting_by(&grant).logins(None).unwrap()[0].by.as_deref(), Some("admin01"));
        assert_eq!(engine.acting_by(&grant).put_login("nobody", chart("x")).unwrap_err().code(), "not_found");
        engine.acting_by(&grant).remove_person("nurse01").unwrap();
        assert!(engine.acting_by(&grant).logins(None).unwrap().is_empty());
        let log = engine.acting_by(&grant).log(0, 100).unwrap();
        let put = log.iter().filter(|record| record.entry.operation == Operation::LoginPut);
        let outcomes: Vec<_> = put.map(|record| record.entry.outcome).collect();
        assert_eq!(outcomes, [Outcome::Done, Outcome::Refused]);
    }

    #[test]
    fn a_person_has_no_more_logins_than_64() {
        let Site { mut engine, folder: _folder } = site();
        for n in 0..MOST_LOGINS {
            let new = NewLogin { app: format!("app{n}"), ..chart(&format!("Otaru-{n}-canal")) };
            engine.acting().put_login("nurse01", new).unwrap();
        }
        assert_eq!(engine.acting().put_login("nurse01", chart("one more")).unwrap_err().code(), "invalid");
        let again = NewLogin { app: "app7".to_owned(), ..chart("another") };
        engine.acting().put_login("nurse01", again).unwrap();
    }
}
