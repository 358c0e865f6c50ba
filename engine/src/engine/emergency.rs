//! Emergency codes: issued by an administrator for somebody else, used once, taken back. And what lets somebody in by a
//! claim, whether a code or a disaster stands behind it.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::clock::Now;
use super::site_policy::rulebook_in;
use super::{Acting, Error};
use crate::audit::{self, Operation, is_id};
use crate::policy::{Purpose, Right, Rulebook};
use crate::secret::{CodeMac, CodeState, EmergencyCode, EmergencyUse, IssuedCode, Remark, Term, draw_handle};
use crate::store::{Person, Write};

/// Most codes that may be open at a time: each is compared with what is typed.
const OPEN_CODES: usize = 256;
/// Codes that are over are listed for so long.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// What a code is to be good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEmergencyCode {
    /// The one person it is good for; anybody in the store if none.
    pub person: Option<String>,
    /// The one terminal it is good at; this one if none.
    pub terminal: Option<String>,
    /// What it is good for: what the policy opens by a code at that terminal.
    pub purposes: Vec<Purpose>,
    /// How long it lets somebody work, minutes. Policy says how long at most.
    pub minutes: u32,
    /// How long it may wait to be used: a minute at least. Policy says how long at most.
    pub valid: Duration,
}

/// A code that was issued. It is shown this once, and kept nowhere.
#[derive(Debug)]
pub struct NewlyIssued {
    /// What the code is called by.
    pub handle: String,
    /// The code.
    pub code: EmergencyCode,
    /// What is kept of it.
    pub issued: IssuedCode,
}

/// Somebody who claims to be let in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    /// Who they say they are.
    pub(super) person: &'a Person,
    pub(super) purpose: Purpose,
    pub(super) reason: &'a Remark,
    /// The number under which the log knows the attempt.
    pub(super) session: Option<&'a str>,
}

/// That a claim lets in.
#[derive(Debug)]
pub(super) struct Access {
    /// How long it does at most.
    pub(super) life: Duration,
}

impl Acting<'_> {
    /// Issues a code.
    ///
    /// # Errors
    /// When it is for whoever acts, is to last longer than the policy allows, or there is no such person.
    pub fn issue_emergency_code(&mut self, new: &NewEmergencyCode) -> Result<NewlyIssued, Error> {
        let (handle, code) = (draw_handle()?, EmergencyCode::draw()?);
        let mac = CodeMac::of(&code)?;
        let allowed = new.person.iter().try_for_each(|person| {
            self.engine.require_person(person)?;
            self.refuse_own_affair("issuing an emergency code", person)
        });
        let issuer = self.actor().map(str::to_owned);
        let issued = self.act_at(Right::Emergency, Operation::EmergencyIssue, &handle, |store, now| {
            allowed?;
            let here = &store.settings().terminal;
            let rules = rulebook_in(store)?;
            new.check(&rules, here)?;
            make_room(store, now)?;
            let issued = IssuedCode {
                mac,
                person: new.person.clone(),
                terminal: new.terminal.as_ref().unwrap_or(here).clone(),
                purposes: new.purposes.clone(),
                minutes: new.minutes,
                term: Term::new(now.wall, now.steady, new.valid),
                issuer,
                state: CodeState::Open,
            };
            store.put_document(&handle, &issued)?;
            Ok(issued)
        })?;
        Ok(NewlyIssued { handle, code, issued })
    }

    /// Every code that is open or was over not long ago, by handle, each with what has become of it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn emergency_codes(&self) -> Result<Vec<(String, IssuedCode)>, Error> {
        self.require(Right::Emergency)?;
        let now = self.engine.now()?;
        let mut codes = self.engine.store.documents::<IssuedCode>()?;
        for (_, code) in &mut codes {
            code.state = code.state_at(now.wall, now.steady, now.behind);
        }
        codes.sort_by_key(|(_, code)| code.term.from);
        Ok(codes)
    }

    /// Takes a code back that nobody has used.
    ///
    /// # Errors
    /// [`Error::NoCode`] when there is none of this handle that is open.
    pub fn revoke_emergency_code(&mut self, handle: &str) -> Result<(), Error> {
        self.act_at(Right::Emergency, Operation::EmergencyRevoke, handle, |store, now| {
            let mut code = store
                .document::<IssuedCode>(handle)?
                .filter(|code| is_open(code, now))
                .ok_or_else(|| Error::NoCode { handle: handle.chars().take(64).collect() })?;
            code.state = CodeState::Revoked;
            Ok(store.put_document(handle, &code)?)
        })
    }
}

impl NewEmergencyCode {
    fn check(&self, rulebook: &Rulebook, here: &str) -> Result<(), Error> {
        let rules = rulebook.emergency();
        let terminal = self.terminal.as_deref().unwrap_or(here);
        let invalid =
            |what, expected: &'static str, found: String| Err(Error::Invalid { what, expected, found });
        if !is_id(terminal) {
            return invalid("a terminal", "1 to 64 of A-Z a-z 0-9 . _ @ -", "something else".to_owned());
        }
        // A code that the policy opens nothing by would be found out in the emergency.
        let closed = |purpose: &&Purpose| !rulebook.opens_by_code(**purpose, terminal);
        if let Some(purpose) = self.purposes.iter().find(closed) {
            let expected = "one that the policy opens by an emergency code at the code's terminal";
            return invalid("the purpose of an emergency code", expected, purpose.to_string());
        }
        if self.purposes.is_empty() {
            return invalid("the purposes of an emergency code", "one at least", "none".to_owned());
        }
        let work = Duration::from_secs(60).saturating_mul(self.minutes);
        if work.is_zero() || work > rules.longest_grant_life {
            let expected = "1 minute to emergency.longest_grant_life of the policy";
            return invalid(
                "the minutes of an emergency code",
                expected,
                format!("{} minutes", self.minutes),
            );
        }
        if self.valid < Duration::from_secs(60) || self.valid > rules.longest_code_life {
            let expected = "1 minute to emergency.longest_code_life of the policy";
            return invalid(
                "the time an emergency code may wait",
                expected,
                format!("{} s", self.valid.as_secs()),
            );
        }
        Ok(())
    }
}

/// Whether this code lets this person in here, as things stand. For nobody the same codes are compared.
pub(super) fn is_good(
    store: &Write<'_>,
    now: Now,
    code: &EmergencyCode,
    person: Option<&str>,
    purpose: Purpose,
) -> Result<bool, Error> {
    let found = find(store, now, code, person.unwrap_or_default(), purpose)?;
    Ok(found.is_some() && person.is_some())
}

/// Uses a code up, and lets the use wait for review; `None` when it is not good, or not any more. It belongs into the
/// transaction that keeps the grant: of two who use it at once, one finds it used.
pub(super) fn redeem(
    store: &Write<'_>,
    now: Now,
    code: &EmergencyCode,
    claim: Claim<'_>,
) -> Result<Option<Access>, Error> {
    let Some((handle, mut issued)) = find(store, now, code, &claim.person.id, claim.purpose)? else {
        return Ok(None);
    };
    issued.state = CodeState::Used;
    store.put_document(&handle, &issued)?;
    let allowed_by = issued.issuer.iter().cloned().collect();
    note_use(store, now, claim, Some(handle), allowed_by)?;
    Ok(Some(Access { life: Duration::from_secs(60).saturating_mul(issued.minutes) }))
}

/// Writes down that a claim let somebody in: for the review, and in the log, which says that it was a claim.
pub(super) fn note_use(
    store: &Write<'_>,
    now: Now,
    claim: Claim<'_>,
    code: Option<String>,
    allowed_by: Vec<String>,
) -> Result<(), Error> {
    let Claim { person, purpose, reason, session } = claim;
    let key = draw_handle()?;
    let mut entry = audit::Entry::new(now.wall, Operation::EmergencyUse, audit::Outcome::Granted);
    entry.reason = Some(if code.is_some() { "claimed" } else { "claimed_in_disaster" }.to_owned());
    entry.subject = Some(person.id.clone());
    entry.name = Some(person.profile.name.clone());
    entry.object = Some(key.clone());
    entry.purpose = Some(purpose.to_string());
    entry.factors = code.iter().map(|_| audit::Factor::EmergencyCode).collect();
    entry.standing = Some(audit::Standing::Claimed);
    entry.session = session.map(str::to_owned);
    let used = EmergencyUse {
        code,
        person: person.id.clone(),
        name: person.profile.name.clone(),
        purpose,
        reason: reason.as_str().to_owned(),
        terminal: store.settings().terminal.clone(),
        at: now.wall,
        session: session.map(str::to_owned),
        allowed_by,
        review: None,
    };
    store.put_document(&key, &used)?;
    store.append(&entry)?;
    Ok(())
}

/// The open code that fits. All of them are compared, whichever fits.
fn find(
    store: &Write<'_>,
    now: Now,
    code: &EmergencyCode,
    person: &str,
    purpose: Purpose,
) -> Result<Option<(String, IssuedCode)>, Error> {
    let here = &store.settings().terminal;
    let mut found = None;
    for (handle, issued) in store.documents::<IssuedCode>()? {
        if issued.fits(code, here, person, purpose) & is_open(&issued, now) {
            found = Some((handle, issued));
        }
    }
    Ok(found)
}

fn is_open(code: &IssuedCode, now: Now) -> bool {
    code.state_at(now.wall, now.steady, now.behind) == CodeState::Open
}

/// Forgets codes that were over long ago, and refuses one more than can be compared in a moment.
fn make_room(store: &Write<'_>, now: Now) -> Result<(), Error> {
    let mut open = 0;
    for (handle, code) in store.documents::<IssuedCode>()? {
        if is_open(&code, now) {
            open += 1;
        } else if !now.behind && code.term.until.checked_add(KEPT).is_ok_and(|end| end < now.wall) {
            store.remove_document::<IssuedCode>(&handle)?;
        }
    }
    if open >= OPEN_CODES {
        let (what, expected) = ("the number of open emergency codes", "less than 256");
        return Err(Error::Invalid { what, expected, found: open.to_string() });
    }
    Ok(())
}
