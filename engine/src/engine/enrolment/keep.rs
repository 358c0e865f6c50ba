//! What becomes of an enrolment that is done: kept whole, or put before a second administrator.

use super::super::acting::Authority;
use super::super::clock::Now;
use super::super::rotation::rotation_in_use;
use super::super::{Error, administrators};
use super::Capture;
use super::duplicates::left_out_of;
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
    /// Refuses whoever has not, at this moment, every right that it takes to add all this.
    pub(super) fn permit(&self, store: &Write<'_>, now: Now, by: Authority<'_>) -> Result<(), Error> {
        by.require(store, now, Right::Enrol)?;
        if self.profile.is_some() {
            by.require(store, now, Right::People)?;
        }
        if self.card.is_some() {
            by.require(store, now, Right::Cards)?;
        }
        self.require_rights_over(store, now, by)
    }

    /// Refuses whoever may not do what the person may: a face or a card of theirs would be as good as their role.
    pub(super) fn require_rights_over(
        &self,
        store: &Write<'_>,
        now: Now,
        by: Authority<'_>,
    ) -> Result<(), Error> {
        match self.profile {
            Some(profile) => by.require_rights_of(store, now, profile.role.as_deref()),
            None => by.require_rights_over(store, now, self.person),
        }
    }

    /// Person, card and template, all or none. A template from before the rotation was renewed would match nobody.
    pub(super) fn keep(&self, store: &Write<'_>, now: Now) -> Result<(), Error> {
        rotation_in_use(store, self.template)?;
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
    /// What was enrolled and its record are one transaction, and on the disk before anybody is told of it. The rights are
    /// asked for once more: they may have ended while the pictures were taken.
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
        let (by, authority) = (self.acting.by(), self.acting.authority());
        let (pending, replaces) = (self.pending, self.replaces);
        let mut entry = self.entry.clone();
        self.acting.engine.transact(|store, now| {
            package.permit(store, now, authority)?;
            if store.template(package.person)?.map(|before| before.created) != replaces {
                return Err(Error::ChangedMeanwhile { what: "the person's face" });
            }
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
                    rotation_in_use(store, template)?;
                    let like = result.resembles.clone();
                    PendingEnrolment::of(&package, reason, like, by, now, pending).file(store)?;
                }
            }
            store.append(&entry)?;
            if result.left_out > 0 {
                store.append(&left_out_of(&entry, result.left_out))?;
            }
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use zeroize::Zeroizing;

    use super::*;
    use crate::card::{Assurance, CardKind, IdKind};
    use crate::engine::rotation::RotationRecord;
    use crate::engine::trial::{self, Site};
    use crate::engine::{Engine, Grant};
    use crate::face::Embedding;
    use crate::matching::{Sample, Space};
    use crate::policy::{Purpose, STANDARD};
    use crate::session::ReviewReason;

    const TERM: std::time::Duration = std::time::Duration::from_secs(3600);

    const WHOLE: &str = r#"rights = ["people", "enrol", "cards"]"#;

    /// `clerk` may enrol with all that belongs to it, `taker` may take pictures and nothing else, `boss` may everything.
    struct House {
        site: Site,
        clerk: Grant,
        taker: Grant,
        boss: Grant,
    }

    fn house() -> House {
        let mut site = trial::site();
        let policy = STANDARD.replacen(WHOLE, &format!("{WHOLE}\n[roles.taker]\nrights = [\"enrol\"]"), 1);
        assert_ne!(policy, STANDARD, "the standard policy has changed");
        site.engine.acting().set_policy(&policy).unwrap();
        let mut hire = |id: &str, role: &str| {
            let store = &mut site.engine.store;
            store.write(|store| store.add_person(id, &with_role(role), Timestamp::now())).unwrap();
            trial::grant(&mut site.engine, id, Purpose::Admin, None)
        };
        let (clerk, taker) = (hire("clerk", "registrar"), hire("taker", "taker"));
        let boss = hire("boss", "administrator");
        House { site, clerk, taker, boss }
    }

    fn with_role(role: &str) -> Profile {
        Profile { role: Some(role.to_owned()), ..Profile::named("Somebody") }
    }

    fn template(engine: &Engine) -> Template {
        let rotation: RotationRecord = engine.store.documents().unwrap().remove(0).1;
        let space =
            Space { rotation: rotation.seed().id(), ..Space::bare(mabataki_models::Digest::of(b"net")) };
        let embedding = Embedding(Zeroizing::new(vec![1.0, 0.0]));
        Template::from_samples(space, vec![Sample { embedding, quality: 0.5 }]).unwrap()
    }

    fn card() -> CardIdentity {
        CardIdentity {
            kind: CardKind::Felica,
            id_kind: IdKind::Idm,
            assurance: Assurance::IdentifierOnly,
            id: Zeroizing::new(vec![7; 8]),
        }
    }

    fn package<'p>(person: &'p str, profile: Option<&'p Profile>, template: &'p Template) -> Package<'p> {
        Package { person, profile, card: None, label: None, template }
    }

    #[test]
    fn nobody_enrols_a_face_or_a_card_for_somebody_who_may_do_more_than_they() {
        let House { mut site, clerk, taker, boss } = house();
        let template = template(&site.engine);
        let (card, nurse, chief) = (card(), with_role("nurse"), with_role("administrator"));
        let with_card = Package { card: Some(&card), ..package("nurse01", None, &template) };
        let mut permitted = |by: &Grant, package: &Package<'_>| {
            let acting = site.engine.acting_by(by);
            let authority = acting.authority();
            let done = acting.engine.transact(|store, now| package.permit(store, now, authority));
            done.map_or_else(|error| error.code(), |()| "done")
        };
        for (package, by_clerk, by_taker) in [
            (package("nurse01", None, &template), "done", "done"),
            (with_card, "done", "no_right"),
            (package("new", Some(&nurse), &template), "done", "no_right"),
            (package("new", Some(&chief), &template), "no_right", "no_right"),
            (package("boss", None, &template), "no_right", "no_right"),
            (package("clerk", None, &template), "done", "no_right"),
        ] {
            assert_eq!(permitted(&clerk, &package), by_clerk, "{}", package.person);
            assert_eq!(permitted(&taker, &package), by_taker, "{}", package.person);
            assert_eq!(permitted(&boss, &package), "done", "{}", package.person);
        }
    }

    #[test]
    fn nobody_approves_an_enrolment_of_somebody_who_may_do_more_than_they() {
        let House { mut site, clerk, boss, .. } = house();
        let engine = &mut site.engine;
        let template = template(engine);
        let chief = with_role("administrator");
        for (person, profile) in [("boss", None), ("new", Some(&chief)), ("nurse01", None)] {
            let package = package(person, profile, &template);
            let by = Some("other".to_owned());
            engine
                .transact(|store, now| {
                    let waiting =
                        PendingEnrolment::of(&package, ReviewReason::SecondApprover, None, by, now, TERM);
                    waiting.file(store)
                })
                .unwrap();
        }
        for (person, by_clerk) in [("boss", "no_right"), ("new", "no_right"), ("nurse01", "done")] {
            let done = engine.acting_by(&clerk).approve_enrolment(person);
            assert_eq!(done.map_or_else(|error| error.code(), |()| "done"), by_clerk, "{person}");
        }
        assert!(!engine.store.has_template("boss").unwrap() && engine.store.person("new").unwrap().is_none());
        engine.acting_by(&boss).approve_enrolment("new").unwrap();
        assert!(engine.store.has_template("new").unwrap() && engine.store.has_template("nurse01").unwrap());
    }
}
