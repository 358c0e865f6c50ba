//! Application logins under a grant: handed out, reported on, and kept up to date by whoever they belong to.

use super::grants::entry_of;
use super::logins::{self, NewLogin, Release, ReleasedLogin};
use super::{Engine, Error, Grant};
use crate::audit::{self, Operation};
use crate::grant::GrantRecord;
use crate::policy::Purpose;

impl Engine {
    /// The person's login for an application that the grant opens. Each release stands in the log; the host types it and
    /// lets go of it.
    ///
    /// # Errors
    /// [`Error::GrantEnded`]; [`Error::AskAgain`] when the grant does not open this application; [`Error::NoLogin`];
    /// [`Error::LoginSuspended`] when the application did not take it the last time.
    pub fn release_login(&mut self, grant: &Grant, application: &str) -> Result<ReleasedLogin, Error> {
        let name = application.to_owned();
        let key = grant.key.clone();
        // A refusal is told after its record is on the disk: hence the result in the result.
        self.use_grant(grant, |store, now, record| {
            let mut entry = entry_of(Operation::LoginRelease, &key, record, now);
            entry.object = Some(name.clone());
            let released = match permitted(record, &name) {
                Ok(()) => match logins::release(store, &record.subject, &name)? {
                    Release::Ready(login) => Ok(login),
                    Release::Suspended => Err(Error::LoginSuspended { application: name.clone() }),
                    Release::None => Err(Error::NoLogin { application: name.clone() }),
                },
                Err(error) => Err(error),
            };
            if let Err(error) = &released {
                entry.outcome = audit::Outcome::Refused;
                entry.reason = Some(error.code().to_owned());
            }
            store.append(&entry)?;
            Ok(released)
        })?
    }

    /// The host tells whether the application took the login. One that it did not take is handed out no more until a new
    /// one is put.
    ///
    /// # Errors
    /// As [`Engine::examine`].
    pub fn report_login(&mut self, grant: &Grant, application: &str, took: bool) -> Result<(), Error> {
        let key = grant.key.clone();
        self.use_grant(grant, |store, now, record| {
            let mut entry = entry_of(Operation::LoginReport, &key, record, now);
            entry.object = Some(application.to_owned());
            if !took {
                entry.outcome = audit::Outcome::Refused;
                logins::suspend(store, now, &record.subject, application)?;
            }
            store.append(&entry)?;
            Ok(())
        })
    }

    /// Puts the login of the grant's own person, in place of the one they had for this application.
    ///
    /// # Errors
    /// As [`Engine::examine`]; [`Error::AskAgain`] under an emergency's grant, which proves nobody; when something does
    /// not fit, or a secret is the person's password.
    pub fn put_own_login(&mut self, grant: &Grant, new: NewLogin) -> Result<(), Error> {
        let (key, application) = (grant.key.clone(), new.app.clone());
        let prepared = self.prepare_login(&grant.subject, new)?;
        self.use_grant(grant, |store, now, record| {
            if record.purpose == Purpose::Emergency {
                return Err(Error::AskAgain { application: application.clone() });
            }
            let mut entry = entry_of(Operation::LoginPut, &key, record, now);
            entry.object = Some(application);
            prepared.keep(store, now, Some(record.subject.clone()))?;
            store.append(&entry)?;
            Ok(())
        })
    }
}

fn permitted(record: &GrantRecord, application: &str) -> Result<(), Error> {
    if record.covers(application) {
        Ok(())
    } else {
        Err(Error::AskAgain { application: application.to_owned() })
    }
}
