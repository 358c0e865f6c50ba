//! Administration from a host: every call takes the grant of whoever administers, and the engine asks for the right.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use super::{Client, ClientGrant};
use crate::service::error::ServiceError;

use crate::service::protocol::{
    Act, Acted, CardEntry, ExportOrder, ExportedLog, Hidden, LogEntry, LoginEntry, PersonEntry, Reply,
    Report, Request, Task,
};

/// An export takes longer than other calls.
const EXPORT: Duration = Duration::from_secs(120);

/// A log that was taken out, to be read piece by piece.
#[derive(Debug)]
pub struct ExportedFile {
    told: ExportedLog,
    file: File,
}

impl ExportedFile {
    /// What the service says of it.
    #[must_use]
    pub fn told(&self) -> &ExportedLog {
        &self.told
    }

    /// How long it is, bytes.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn length(&self) -> io::Result<u64> {
        self.file.metadata().map(|file| file.len())
    }
}

impl Read for ExportedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Client {
    /// Does something as whoever has this grant; without one only what root, or the service's own user, may do in a store
    /// that has no administrator yet or was made for trials.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] without the right, and with whatever the engine refuses it for.
    pub fn act(&self, by: Option<&ClientGrant>, act: Act) -> Result<Acted, ServiceError> {
        let request = Request::Act { by: by.map(ClientGrant::number), act: Box::new(act) };
        match self.inner.ask(request)? {
            Reply::Acted(acted) => Ok(acted),
            other => Err(super::unexpected(other)),
        }
    }

    /// Everybody.
    ///
    /// # Errors
    /// As [`Client::act`].
    pub fn people(&self, by: Option<&ClientGrant>) -> Result<Vec<PersonEntry>, ServiceError> {
        self.pages(
            by,
            |last: Option<&PersonEntry>| Act::People(last.map(|last| last.id.clone())),
            |acted| {
                if let Acted::People(page) = acted { Some(page) } else { None }
            },
        )
    }

    /// Cards of a person, or of all.
    ///
    /// # Errors
    /// As [`Client::act`].
    pub fn cards(
        &self,
        by: Option<&ClientGrant>,
        person: Option<&str>,
    ) -> Result<Vec<CardEntry>, ServiceError> {
        let ask = |last: Option<&CardEntry>| Act::Cards {
            person: person.map(str::to_owned),
            after: last.map(|last| last.handle.clone()),
        };
        self.pages(by, ask, |acted| if let Acted::Cards(page) = acted { Some(page) } else { None })
    }

    /// Logins of a person, or of all.
    ///
    /// # Errors
    /// As [`Client::act`].
    pub fn logins(
        &self,
        by: Option<&ClientGrant>,
        person: Option<&str>,
    ) -> Result<Vec<LoginEntry>, ServiceError> {
        let ask = |last: Option<&LoginEntry>| Act::Logins {
            person: person.map(str::to_owned),
            after: last.map(|last| (last.person.clone(), last.application.clone())),
        };
        self.pages(by, ask, |acted| if let Acted::Logins(page) = acted { Some(page) } else { None })
    }

    /// A page of the log after record `after`; empty at its end.
    ///
    /// # Errors
    /// As [`Client::act`].
    pub fn log(&self, by: Option<&ClientGrant>, after: u64) -> Result<Vec<LogEntry>, ServiceError> {
        match self.act(by, Act::Log(after))? {
            Acted::Log(page) => Ok(page),
            _ => Err(ServiceError::Malformed { what: "an answer to another question" }),
        }
    }

    /// Takes the log out. What comes is sealed: it is read at leisure, and no more of it is kept in the service.
    ///
    /// # Errors
    /// As [`Client::act`]; [`ServiceError::TimedOut`].
    pub fn export_log(
        &self,
        by: Option<&ClientGrant>,
        order: ExportOrder,
    ) -> Result<ExportedFile, ServiceError> {
        let job = self.begin_job(by, Task::ExportLog(order), None)?;
        let report = job.finish(EXPORT.max(self.inner.timeout))?;
        match (report, job.take_file()) {
            (Report::Exported(told), Some(file)) => Ok(ExportedFile { told, file }),
            _ => Err(ServiceError::Malformed { what: "an export without its file" }),
        }
    }

    /// Changes somebody's own password. It takes no right, but the one they have.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when the old one is wrong, or the new one is not good enough.
    pub fn change_password(&self, person: &str, old: Hidden, new: Hidden) -> Result<(), ServiceError> {
        match self.inner.ask(Request::ChangePassword { person: person.to_owned(), old, new })? {
            Reply::Done => Ok(()),
            other => Err(super::unexpected(other)),
        }
    }

    /// Appoints the first administrator of a store, by the one-time token that was shown when it was made.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when it is not the token, or there is an administrator already.
    pub fn set_up(&self, token: Hidden, id: &str, name: &str, password: Hidden) -> Result<(), ServiceError> {
        let request = Request::SetUp { token, id: id.to_owned(), name: name.to_owned(), password };
        match self.inner.ask(request)? {
            Reply::Done => Ok(()),
            other => Err(super::unexpected(other)),
        }
    }

    fn pages<T>(
        &self,
        by: Option<&ClientGrant>,
        ask: impl Fn(Option<&T>) -> Act,
        take: impl Fn(Acted) -> Option<Vec<T>>,
    ) -> Result<Vec<T>, ServiceError> {
        let mut all: Vec<T> = Vec::new();
        loop {
            let page = take(self.act(by, ask(all.last()))?);
            let page = page.ok_or(ServiceError::Malformed { what: "an answer to another question" })?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}
