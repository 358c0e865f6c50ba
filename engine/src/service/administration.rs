//! Carries out what an administrator asks for. Whether they may is the engine's to say, in the transaction that does it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;

use jiff::Timestamp;
use rustix::fs::{MemfdFlags, fcntl_add_seals, memfd_create};
use serde::Serialize;

use super::host::factors;
use super::limits::MOST_EXPORT;
use super::protocol::{
    Act, Acted, CardEntry, ExportOrder, ExportedLog, GrantEntry, Hidden, LogEntry, LoginEntry, PersonEntry,
};
use super::session::SEALS;
use crate::audit::Record;
use crate::card::{Assurance, CardIdentity};
use crate::engine::{
    Acting, Error, ExportRequest, LiveGrant, LockoutOf, LoginStatus, NewLogin, PersonSummary,
};
use crate::secret::{LoginField, Secret};
use crate::store::{Card, CardHandle, NewCard};
use crate::text::Lang;

/// The most of a list that goes into one message, bytes.
const PAGE: usize = 48 * 1024;

/// Records of the log that are read for a page.
const RECORDS: u32 = 200;

/// Does it. What is too long for a message comes as a file.
pub(super) fn carry_out(mut acting: Acting<'_>, act: Act) -> Result<(Acted, Option<OwnedFd>), Error> {
    let acted = match act {
        Act::ExportLog(order) => {
            let (exported, file) = export(acting, &order)?;
            return Ok((Acted::Exported(exported), Some(file)));
        }
        Act::People(after) => {
            let mut people = acting.summaries()?;
            people.sort_by(|one, other| one.person.id.cmp(&other.person.id));
            let rest =
                people.into_iter().filter(|one| after.as_ref().is_none_or(|after| one.person.id > *after));
            Acted::People(page(rest.map(person)))
        }
        Act::Person(id) => Acted::Person(Box::new(person(acting.summary(&id)?))),
        Act::AddPerson(id, profile) => done(acting.add_person(&id, &profile))?,
        Act::ChangePerson(id, profile) => done(acting.change_person(&id, &profile))?,
        Act::SetStatus(id, status) => done(acting.set_status(&id, status))?,
        Act::RetirePerson(id) => done(acting.retire_person(&id).map(drop))?,
        Act::RemoveFace(id) => done(acting.remove_face(&id).map(drop))?,
        Act::Cards { person, after } => {
            let mut cards: Vec<CardEntry> = acting.cards(person.as_deref())?.into_iter().map(card).collect();
            cards.sort_by(|one, other| one.handle.cmp(&other.handle));
            Acted::Cards(page(
                cards.into_iter().filter(|card| after.as_ref().is_none_or(|after| card.handle > *after)),
            ))
        }
        Act::BindCard { person, card, label } => {
            let identity = CardIdentity::parse_claim(card.expose())?;
            let new = NewCard::labelled(&label, Timestamp::now());
            Acted::Card(acting.bind_claimed_card(&person, &identity, &new)?.to_string())
        }
        Act::StopCard(handle, stop) => done(acting.stop_card(&read(&handle)?, stop))?,
        Act::RestoreCard(handle) => done(acting.restore_card(&read(&handle)?))?,
        Act::RemoveCard(handle) => done(acting.remove_card(&read(&handle)?))?,
        Act::SetPassword { person, password, must_change } => {
            done(acting.set_password(&person, &secret(password)?, must_change))?
        }
        Act::RemovePassword(person) => Acted::Did(acting.remove_password(&person)?),
        Act::Logins { person, after } => {
            let mut logins: Vec<LoginEntry> =
                acting.logins(person.as_deref())?.into_iter().map(login).collect();
            let key = |login: &LoginEntry| (login.person.clone(), login.application.clone());
            logins.sort_by_key(key);
            let rest =
                logins.into_iter().filter(|login| after.as_ref().is_none_or(|after| key(login) > *after));
            Acted::Logins(page(rest))
        }
        Act::PutLogin { person, application, user, secret: typed, fields } => {
            let field = |(name, value): (String, Hidden)| Ok(LoginField { name, value: secret(value)? });
            let fields = fields.into_iter().map(field).collect::<Result<_, Error>>()?;
            done(
                acting
                    .put_login(&person, NewLogin { app: application, user, secret: secret(typed)?, fields }),
            )?
        }
        Act::RemoveLogin(person, application) => Acted::Did(acting.remove_login(&person, &application)?),
        Act::Lockouts => Acted::Lockouts(acting.lockouts()?),
        Act::ClearLockout(person, factor) => {
            Acted::Cleared(acting.clear_lockout(LockoutOf::Person(&person), factor)?)
        }
        Act::Grants => Acted::Grants(acting.grants()?.into_iter().map(grant).collect()),
        Act::RevokeGrant(session) => done(acting.revoke_grant(&session))?,
        Act::Policy => Acted::Policy(acting.policy()?.text),
        Act::SetPolicy(text) => done(acting.set_policy(&text).map(drop))?,
        Act::Log(after) => Acted::Log(page(acting.log(after, RECORDS)?.into_iter().map(record))),
    };
    Ok((acted, None))
}

fn done(done: Result<(), Error>) -> Result<Acted, Error> {
    done.map(|()| Acted::Done)
}

/// As many from the beginning as one message holds: the client asks for what follows the last of them.
fn page<T: Serialize>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut left = PAGE;
    let fits = |item: &T| {
        let length = postcard::to_allocvec(item).map_or(usize::MAX, |bytes| bytes.len());
        let rest = left.checked_sub(length);
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    items.take_while(fits).collect()
}

fn read(handle: &str) -> Result<CardHandle, Error> {
    Ok(handle.parse()?)
}

fn secret(text: Hidden) -> Result<Secret, Error> {
    Ok(Secret::new(text.into_text())?)
}

fn person(summary: PersonSummary) -> PersonEntry {
    let PersonSummary { person, enrolled, cards } = summary;
    PersonEntry {
        id: person.id,
        profile: person.profile,
        status: person.status,
        enrolled,
        cards: u32::try_from(cards).unwrap_or(u32::MAX),
        created: person.created,
    }
}

fn card(card: Card) -> CardEntry {
    CardEntry {
        handle: card.handle.to_string(),
        people: card.people,
        label: card.label,
        kind: card.kind,
        proved: card.assurance == Assurance::Proved,
        status: card.status,
        valid_from: card.valid_from,
        valid_until: card.valid_until,
    }
}

fn login(status: LoginStatus) -> LoginEntry {
    LoginEntry {
        person: status.person,
        application: status.app,
        user: status.user,
        fields: status.fields,
        suspended: status.suspended,
    }
}

fn grant(live: LiveGrant) -> GrantEntry {
    GrantEntry {
        session: live.session,
        factors: factors(&live.record.factors),
        subject: live.record.subject,
        purpose: live.record.purpose,
        issued: live.record.issued,
        left_ms: u64::try_from(live.left.as_millis()).unwrap_or(u64::MAX),
    }
}

fn record(record: Record) -> LogEntry {
    let Record { seq, terminal, entry, .. } = record;
    LogEntry {
        seq,
        terminal,
        time: entry.time,
        operation: entry.operation,
        outcome: entry.outcome,
        reason: entry.reason,
        subject: entry.subject,
        name: entry.name,
        object: entry.object,
        account: entry.account,
        purpose: entry.purpose,
        factors: factors(&entry.factors),
        session: entry.session,
        origin: entry.origin,
        host: entry.host,
    }
}

/// Writes the log into memory that goes to the client, sealed.
fn export(mut acting: Acting<'_>, order: &ExportOrder) -> Result<(ExportedLog, OwnedFd), Error> {
    let request = ExportRequest {
        of: order.of,
        format: order.format,
        from: order.from,
        to: order.to,
        whole: order.whole,
        lang: if order.japanese { Lang::Ja } else { Lang::En },
    };
    let failed = |error: rustix::io::Errno| Error::NotWritten { cause: error.into() };
    let memory = memfd_create("mabataki", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).map_err(failed)?;
    let mut out = Bounded { file: File::from(memory), left: MOST_EXPORT };
    let exported = acting.export_log(&request, &mut out, &mut |_, _| {})?;
    fcntl_add_seals(&out.file, SEALS).map_err(failed)?;
    let told = ExportedLog {
        rows: exported.rows,
        verifiable: exported.verifiable,
        sha256: exported.sha256.to_string(),
        seq: exported.seq,
    };
    Ok((told, out.file.into()))
}

/// Memory of the service is not for whoever may export to fill.
struct Bounded {
    file: File,
    left: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or_else(|| {
            io::Error::other(format!(
                "an export over a connection may be {MOST_EXPORT} bytes long: take fewer days"
            ))
        })?;
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
