//! A grant in a host's hands.

use std::sync::Arc;

use super::{Inner, unexpected};
use crate::service::error::ServiceError;
use crate::service::protocol::{GrantInfo, GrantUse, Hidden, LoginWords, Reply, Request};

/// That somebody was let in: a number, good over the connection of the client that has it.
///
/// It ends with that connection, unless it was left for the account that was opened. Dropped, it stays until then.
#[derive(Debug)]
pub struct ClientGrant {
    inner: Arc<Inner>,
    number: u64,
}

impl ClientGrant {
    pub(super) fn new(inner: &Arc<Inner>, number: u64) -> ClientGrant {
        ClientGrant { inner: Arc::clone(inner), number }
    }

    /// Its number, as sessions take it.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What it says.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] with `grant_ended` when it is good for nothing any more.
    pub fn examine(&self) -> Result<GrantInfo, ServiceError> {
        match self.ask(GrantUse::Examine)? {
            Reply::GrantInfo(info) => Ok(info),
            other => Err(unexpected(other)),
        }
    }

    /// Whether it opens this application without asking the person again.
    ///
    /// # Errors
    /// As [`ClientGrant::examine`].
    pub fn covers(&self, application: &str) -> Result<bool, ServiceError> {
        match self.ask(GrantUse::Covers(application.to_owned()))? {
            Reply::Covers(covers) => Ok(covers),
            other => Err(unexpected(other)),
        }
    }

    /// The person's login for an application that it opens. Each release stands in the log.
    ///
    /// # Errors
    /// As [`ClientGrant::examine`]; `ask_again`, `no_login` or `login_suspended`.
    pub fn release_login(&self, application: &str) -> Result<LoginWords, ServiceError> {
        match self.ask(GrantUse::Login(application.to_owned()))? {
            Reply::Login(login) => Ok(login),
            other => Err(unexpected(other)),
        }
    }

    /// Puts the person's own login for an application that it opens, in the place of the one that there was: they have
    /// changed their password there.
    ///
    /// # Errors
    /// As [`ClientGrant::release_login`]; when something of it is beyond its limits.
    pub fn put_login(
        &self,
        application: &str,
        user: &str,
        secret: Hidden,
        fields: Vec<(String, Hidden)>,
    ) -> Result<(), ServiceError> {
        let (application, user) = (application.to_owned(), user.to_owned());
        self.done(GrantUse::PutLogin { application, user, secret, fields })
    }

    /// Tells whether the application took the login.
    ///
    /// # Errors
    /// As [`ClientGrant::release_login`].
    pub fn report_login(&self, application: &str, took: bool) -> Result<(), ServiceError> {
        self.done(GrantUse::ReportLogin { application: application.to_owned(), took })
    }

    /// Writes down what the host did under it, and gives the record's number in the log.
    ///
    /// # Errors
    /// As [`ClientGrant::examine`]; when word or object is beyond its limits.
    pub fn report(&self, word: &str, object: Option<&str>) -> Result<u64, ServiceError> {
        let work = GrantUse::Report { word: word.to_owned(), object: object.map(str::to_owned) };
        match self.ask(work)? {
            Reply::Record(number) => Ok(number),
            other => Err(unexpected(other)),
        }
    }

    /// Tells whether the operating system took the password that it rests on.
    ///
    /// # Errors
    /// As [`ClientGrant::examine`].
    pub fn confirm(&self, took: bool) -> Result<(), ServiceError> {
        self.done(GrantUse::Confirm(took))
    }

    /// A signed assertion of who this is, a JSON Web Token, for an audience that the policy lists.
    ///
    /// # Errors
    /// As [`ClientGrant::examine`]; `no_audience`, or `ask_again` when it does not open what the audience stands for.
    pub fn assertion(&self, audience: &str, nonce: &str) -> Result<String, ServiceError> {
        let work = GrantUse::Assertion { audience: audience.to_owned(), nonce: nonce.to_owned() };
        match self.ask(work)? {
            Reply::Assertion(token) => Ok(token),
            other => Err(unexpected(other)),
        }
    }

    /// Leaves it for the user of the account that was opened, who claims it within two minutes. Only root and the service's
    /// own user may.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when this host may not, or the account is no user.
    pub fn keep(&self) -> Result<(), ServiceError> {
        self.done(GrantUse::Keep)
    }

    /// The host needs it no more. Nobody is logged off: it lives until the connection ends.
    ///
    /// # Errors
    /// When the service does not answer.
    pub fn close(self) -> Result<(), ServiceError> {
        self.done(GrantUse::Close)
    }

    /// The person logged off.
    ///
    /// # Errors
    /// When the service does not answer, or the store fails.
    pub fn end(&self) -> Result<(), ServiceError> {
        self.done(GrantUse::End)
    }

    fn ask(&self, work: GrantUse) -> Result<Reply, ServiceError> {
        self.inner.ask(Request::Grant(self.number, work))
    }

    fn done(&self, work: GrantUse) -> Result<(), ServiceError> {
        match self.ask(work)? {
            Reply::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }
}
