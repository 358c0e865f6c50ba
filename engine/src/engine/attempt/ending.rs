//! The end of an attempt: looked at once more, counted, granted and written down, all in one transaction. The record is on
//! the disk before the verdict is told: nobody is let in unrecorded, and nobody who was revoked a moment ago.

use std::time::Duration;

use super::super::clock::Now;
use super::super::emergency::{self, Claim};
use super::super::grants;
use super::super::{Engine, Error, administrators, disaster, standing, tries};
use super::{Attempt, AttemptRequest, ClaimedBy};
use crate::audit::{self, Standing};
use crate::card::Assurance;
use crate::grant::{Ending, GrantRecord, Provisional};
use crate::policy::{Factor, Purpose};
use crate::session::{Coarse, Outcome, Verdict, Why};
use crate::store::Write;

/// The host has this long to tell whether the operating system took the password.
const CONFIRMATION: Duration = Duration::from_secs(60);

impl Attempt<'_> {
    pub(super) fn finish(&mut self, verdict: Verdict) -> Result<Verdict, Error> {
        self.done = true;
        let mut verdict = self.refuse_stale_password(verdict);
        if !self.engine.is_trial() {
            // A score would tell whoever tries pictures whether they come nearer.
            verdict.score = None;
        }
        let reserved = std::mem::take(&mut self.reserved);
        let terminal = self.engine.store.settings().terminal.clone();
        let record = self.grant_record(&verdict, &terminal);
        let entry = &mut self.entry;
        let (key, request, claimed_by) = (&self.key, &self.request, self.claimed_by.as_ref());
        let assurance = self.given.identity.as_ref().map(|identity| identity.assurance);
        let (verdict, grant) = self.engine.transact(|store, now| {
            let mut verdict = verdict;
            let mut record = record.map(|record| begin_now(record, now));
            if let Some(record) = &mut record {
                let refusal = match revoked(store, now, record)? {
                    // Where nothing is granted nothing is used up: that the code is good was looked at before.
                    None if verdict.outcome == Outcome::Granted
                        && verdict.factors.contains(Factor::EmergencyCode) =>
                    {
                        use_claim(store, now, claimed_by, request, key, record)?
                    }
                    refusal => refusal,
                };
                if let Some(why) = refusal {
                    verdict = denied(verdict, why);
                }
            }
            for mut reserved in reserved {
                if let Some(provisional) = record.as_mut().and_then(|record| record.provisional.as_mut())
                    && verdict.outcome == Outcome::Granted
                {
                    provisional.tries.extend(reserved.take(Factor::HostPassword));
                }
                tries::settle(store, reserved, verdict.succeeded, now)?;
            }
            if verdict.judgement == Outcome::Granted && !verdict.provisional {
                tries::forgive_terminal(store, &terminal)?;
            }
            write_down(entry, &verdict, assurance, now);
            name_subject(store, entry)?;
            store.append(entry)?;
            let grant = match record {
                Some(mut record) if verdict.outcome == Outcome::Granted => {
                    if let Some(name) = &entry.name {
                        record.name.clone_from(name);
                    }
                    if record.purpose == Purpose::Admin {
                        administrators::note(store, now)?;
                    }
                    if record.provisional.is_none() {
                        let replaces = request.replaces.as_ref().map(|old| old.key.as_str());
                        grants::make_room(store, now, &record, replaces)?;
                    }
                    Some(Engine::keep_grant(store, now, key, &record)?)
                }
                _ => None,
            };
            Ok((verdict, grant))
        })?;
        self.grant = grant;
        match self.devices.take_error() {
            Some(error) if verdict.outcome == Outcome::Abandoned => Err(error),
            _ => Ok(verdict),
        }
    }

    /// The attempt could not be judged: that stands in the log as well.
    pub(super) fn record_failure(&mut self, error: &Error) -> Result<(), Error> {
        self.done = true;
        let entry = &mut self.entry;
        entry.outcome = audit::Outcome::Failed;
        entry.reason = Some(error.code().to_owned());
        self.engine.append(entry)?;
        Ok(())
    }

    /// A password that must be changed is good for nothing but to be changed.
    fn refuse_stale_password(&self, verdict: Verdict) -> Verdict {
        if !self.must_change || verdict.judgement != Outcome::Granted {
            return verdict;
        }
        denied(verdict, Why::MustChange)
    }

    /// What the verdict would give, if it gives anything. Where the terminal only observes, the record is made to be
    /// judged and never kept.
    fn grant_record(&self, verdict: &Verdict, terminal: &str) -> Option<GrantRecord> {
        let subject = verdict.subject.clone().filter(|_| verdict.judgement == Outcome::Granted)?;
        let now = self.engine.clock.now();
        let assurance = self.given.identity.as_ref().map(|identity| identity.assurance);
        let factors = verdict.factors.iter().filter_map(|factor| proved(factor, assurance)).collect();
        let held = |factor| verdict.factors.contains(factor);
        Some(GrantRecord {
            name: self.entry.name.clone().unwrap_or_else(|| subject.clone()),
            subject,
            account: self.request.account.clone(),
            purpose: self.request.purpose,
            policy: self.policy.name.clone(),
            factors,
            card: self.given.card.clone().filter(|_| held(Factor::Card)),
            terminal: terminal.to_owned(),
            origin: self.request.origin.clone(),
            host: self.request.host.clone(),
            issued: now.wall,
            from: now.steady,
            life_ms: u64::try_from(self.policy.grant_life.as_millis()).unwrap_or(u64::MAX),
            applications: self.policy.applications.clone(),
            application: self.request.application.clone(),
            provisional: verdict.provisional.then(|| Provisional {
                until: now.steady.after(CONFIRMATION),
                tries: Vec::new(),
                replaces: self.request.replaces.as_ref().map(|old| old.key.clone()),
            }),
            ended: None,
            held: self.request.held,
        })
    }
}

/// The verdict, if somebody is refused whom the session would have let in. A code that is not good after all was a wrong
/// one; what else was judged right stays right. Where the terminal only observes, the host hears no more than before.
fn denied(verdict: Verdict, why: Why) -> Verdict {
    let (outcome, told) = match verdict.outcome {
        Outcome::Observed => (Outcome::Observed, verdict.told),
        _ => (Outcome::Denied, Coarse::Refused),
    };
    let succeeded = match why {
        Why::WrongSecret => verdict.succeeded.without(Factor::EmergencyCode),
        _ => verdict.succeeded,
    };
    Verdict { outcome, judgement: Outcome::Denied, why, told, succeeded, provisional: false, ..verdict }
}

/// A grant begins when it is written down, not when it was thought of.
fn begin_now(record: GrantRecord, now: Now) -> GrantRecord {
    let until = now.steady.after(CONFIRMATION);
    let provisional = record.provisional.map(|provisional| Provisional { until, ..provisional });
    GrantRecord { issued: now.wall, from: now.steady, provisional, ..record }
}

/// Why the person may not be let in after all: they, or their card, were revoked since they were looked up.
fn revoked(store: &Write<'_>, now: Now, record: &GrantRecord) -> Result<Option<Why>, Error> {
    Ok(standing::grant_revoked(store, now, record)?.map(|ending| match ending {
        Ending::CardRevoked => Why::CardRevoked,
        Ending::FaceRemoved => Why::NotEnrolled,
        _ => Why::Disabled,
    }))
}

/// Uses up what stands behind a claim; why it lets nobody in, if it is not good any more. The grant lives no longer than
/// it allows.
fn use_claim(
    store: &Write<'_>,
    now: Now,
    claimed_by: Option<&ClaimedBy>,
    request: &AttemptRequest,
    key: &str,
    record: &mut GrantRecord,
) -> Result<Option<Why>, Error> {
    let (Some(person), Some(reason)) = (store.person(&record.subject)?, &request.reason) else {
        return Ok(Some(Why::WrongSecret));
    };
    let claim = Claim { person: &person, purpose: request.purpose, reason, session: Some(key) };
    let access = match claimed_by {
        Some(ClaimedBy::Code(code)) => emergency::redeem(store, now, code, claim)?,
        Some(ClaimedBy::Disaster) => disaster::claim(store, now, claim)?,
        None => None,
    };
    let Some(access) = access else { return Ok(Some(Why::WrongSecret)) };
    record.life_ms = record.life_ms.min(u64::try_from(access.life.as_millis()).unwrap_or(u64::MAX));
    Ok(None)
}

/// Completes the log's record by the verdict.
fn write_down(entry: &mut audit::Entry, verdict: &Verdict, assurance: Option<Assurance>, now: Now) {
    entry.time = now.wall;
    entry.factors = verdict.factors.iter().filter_map(|factor| proved(factor, assurance)).collect();
    entry.outcome = match (verdict.outcome, verdict.judgement) {
        (Outcome::Observed, _) => audit::Outcome::Observed,
        (Outcome::Granted, _) => audit::Outcome::Granted,
        (Outcome::Denied, _) => audit::Outcome::Denied,
        _ => audit::Outcome::Abandoned,
    };
    entry.reason = Some(match verdict.detail {
        Some(detail) => format!("{}_{}", verdict.why.code(), detail.code()),
        None => verdict.why.code().to_owned(),
    });
    entry.duration_ms = u64::try_from(verdict.took.as_millis()).ok();
    let let_in = verdict.judgement == Outcome::Granted;
    entry.standing = let_in.then(|| Standing::of_claim(verdict.factors.contains(Factor::EmergencyCode)));
    if let Some(subject) = &verdict.subject
        && entry.subject.as_ref() != Some(subject)
    {
        // One of the several people of a department card: the face told which.
        entry.subject = Some(subject.clone());
        entry.name = None;
    }
}

/// Names whom the log's record is of, where the look-up led to several.
fn name_subject(store: &Write<'_>, entry: &mut audit::Entry) -> Result<(), Error> {
    if let (Some(subject), None) = (&entry.subject, &entry.name) {
        entry.name = store.person(subject)?.map(|person| person.profile.name);
    }
    Ok(())
}

/// A factor as the log has it.
fn proved(factor: Factor, assurance: Option<Assurance>) -> Option<audit::Factor> {
    Some(match factor {
        Factor::Card => audit::Factor::Card { assurance: assurance? },
        Factor::Face => audit::Factor::Face,
        Factor::Password => audit::Factor::Password,
        Factor::HostPassword => audit::Factor::HostPassword,
        Factor::Pin => audit::Factor::Pin,
        Factor::StoreKey => audit::Factor::StoreKey,
        Factor::EmergencyCode => audit::Factor::EmergencyCode,
    })
}
