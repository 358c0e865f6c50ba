//! Application logins under a grant: handed out, reported on, and kept up to date by whoever they belong to.

use super::clock::Now;
use super::grants::entry_of;
use super::logins::{self, NewLogin, Release, ReleasedLogin};
use super::{Engine, Error, Grant};
use crate::audit::{self, Operation, is_id};
use crate::grant::GrantRecord;
use crate::store::Write;

impl Engine {
    /// The person's login for an application that the grant opens. Each release stands in the log; the host types it and
    /// lets go of it.
    ///
    /// # Errors
    /// [`Error::GrantEnded`]; [`Error::OnlyClaimed`] under an emergency's grant; [`Error::AskAgain`] when the grant does
    /// not open this application; [`Error::NoLogin`]; [`Error::LoginSuspended`] when the application did not take it the
    /// last time.
    pub fn release_login(&mut self, grant: &Grant, application: &str) -> Result<ReleasedLogin, Error> {
        self.use_login(grant, Operation::LoginRelease, application, |store, _, record, _| {
            require_cover(record, application)?;
            match logins::release(store, &record.subject, application)? {
                Release::Ready(login) => Ok(login),
                Release::Suspended => Err(Error::LoginSuspended { application: application.to_owned() }),
                Release::None => Err(Error::NoLogin { application: application.to_owned() }),
            }
        })
    }

    /// The host tells whether the application took the login. One that it did not take is handed out no more until a new
    /// one is put.
    ///
    /// # Errors
    /// As [`Engine::release_login`], but for a login that is suspended already.
    pub fn report_login(&mut self, grant: &Grant, application: &str, took: bool) -> Result<(), Error> {
        self.use_login(grant, Operation::LoginReport, application, |store, now, record, entry| {
            require_cover(record, application)?;
            let exists = if took {
                !matches!(logins::release(store, &record.subject, application)?, Release::None)
            } else {
                entry.outcome = audit::Outcome::Refused;
                logins::suspend(store, now, &record.subject, application)?
            };
            if exists { Ok(()) } else { Err(Error::NoLogin { application: application.to_owned() }) }
        })
    }

    /// Puts the login of the grant's own person, in place of the one they had for this application.
    ///
    /// # Errors
    /// As [`Engine::examine`]; [`Error::OnlyClaimed`] under an emergency's grant; when something does not fit, or a
    /// secret is or was the person's password, or another login's.
    pub fn put_own_login(&mut self, grant: &Grant, new: NewLogin) -> Result<(), Error> {
        let application = new.app.clone();
        // Only for whom the grant is good is anything compared with the password.
        let good = self.examine(grant).and_then(|record| require_proof(&record));
        let prepared = good.and_then(|()| self.prepare_login(&grant.subject, new));
        self.use_login(grant, Operation::LoginPut, &application, |store, now, record, _| {
            prepared?.keep(store, now, Some(record.subject.clone()))
        })
    }

    /// Does `work` to a login under a good grant, and writes down what came of it. A refusal is told after its record is
    /// on the disk: hence the result in the result.
    fn use_login<T>(
        &mut self,
        grant: &Grant,
        operation: Operation,
        application: &str,
        work: impl FnOnce(&Write<'_>, Now, &GrantRecord, &mut audit::Entry) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let key = grant.key.clone();
        self.use_grant(grant, |store, now, record| {
            let mut entry = entry_of(operation, &key, record, now);
            // What is no name of an application stands in no log.
            entry.object = Some(application).filter(|name| is_id(name)).map(str::to_owned);
            let done = work(store, now, record, &mut entry);
            if let Err(error) = &done {
                entry.outcome = audit::Outcome::Refused;
                entry.reason = Some(error.code().to_owned());
            }
            store.append(&entry)?;
            Ok(done)
        })?
    }
}

/// Refuses a grant that does not open the application.
fn require_cover(record: &GrantRecord, application: &str) -> Result<(), Error> {
    require_proof(record)?;
    if record.covers(application) {
        Ok(())
    } else {
        Err(Error::AskAgain { application: application.to_owned() })
    }
}

/// Refuses a grant that anybody could have who says the person's name.
fn require_proof(record: &GrantRecord) -> Result<(), Error> {
    if record.is_claimed() { Err(Error::OnlyClaimed) } else { Ok(()) }
}
