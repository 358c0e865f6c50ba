//! What becomes of an enrolment that is done: kept whole, or put before a second administrator.

use super::super::acting::authorise;
use super::super::clock::Now;
use super::super::{Error, administrators};
use super::Capture;
use super::pending::PendingEnrolment;
use crate::audit;
use crate::card::CardIdentity;
use crate::matching::Template;
use crate::policy::Right;
use crate::session::EnrolmentResult;
use crate::store::{NewCard, NewTemplate, Profile, Write};

/// All that an enrolment adds.
pub(super) struct Package<'a> {
    pub(super) person: &'a str,
    /// The person is new.
    pub(super) profile: Option<&'a Profile>,
    pub(super) card: Option<&'a CardIdentity>,
    pub(super) label: Option<&'a str>,
    pub(super) template: &'a Template,
}

impl Package<'_> {
    /// Person, card and template, all or none.
    pub(super) fn keep(&self, store: &Write<'_>, now: Now) -> Result<(), Error> {
        if let Some(profile) = self.profile {
            store.add_person(self.person, profile, now.wall)?;
        }
        if let Some(card) = self.card {
            let label = self.label.unwrap_or(card.kind.code());
            store.bind_card(self.person, card, &NewCard::labelled(label, now.wall))?;
        }
        let bytes = self.template.to_bytes();
        let new = NewTemplate {
            bytes: &bytes,
            model: self.template.space().model,
            quality: self.template.quality(),
            samples: u32::try_from(self.template.sample_count()).unwrap_or(u32::MAX),
            created: now.wall,
        };
        Ok(store.put_template(self.person, &new)?)
    }
}

impl Capture<'_> {
    /// What was enrolled and its record are one transaction, and on the disk before anybody is told of it. The right to
    /// enrol is asked for once more: it may have ended while the pictures were taken.
    pub(super) fn keep(&mut self, result: &EnrolmentResult) -> Result<(), Error> {
        let Some(template) = &result.template else {
            let why = result.failure.map_or("failed", |failure| failure.code());
            return self.record(audit::Outcome::Refused, why);
        };
        let package = Package {
            person: &self.person,
            profile: self.profile.as_ref(),
            card: result.card.as_ref(),
            label: self.label.as_deref(),
            template,
        };
        let by = self.acting.by();
        let mut entry = self.entry.clone();
        self.acting.engine.transact(|store, now| {
            authorise(store, now, by, Right::Enrol)?;
            entry.time = now.wall;
            match result.review {
                None => {
                    entry.outcome = audit::Outcome::Done;
                    package.keep(store, now)?;
                    if by.is_none() {
                        administrators::note_first(store, now)?;
                    }
                }
                Some(reason) => {
                    entry.outcome = audit::Outcome::Pending;
                    entry.reason = Some(reason.code().to_owned());
                    let by = by.map(|grant| grant.subject.clone());
                    PendingEnrolment::of(&package, reason, result.resembles.clone(), by, now).file(store)?;
                }
            }
            store.append(&entry)?;
            Ok(())
        })
    }

    pub(super) fn record(&mut self, outcome: audit::Outcome, reason: &str) -> Result<(), Error> {
        self.entry.time = self.acting.engine.clock.now().wall;
        self.entry.outcome = outcome;
        self.entry.reason = Some(reason.to_owned());
        self.acting.engine.append(&self.entry)?;
        Ok(())
    }
}
