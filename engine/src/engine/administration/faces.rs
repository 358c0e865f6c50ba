//! What administrators do to enrolled faces.

use super::people::DeletionReceipt;
use super::revocation::{Revoked, revoke};
use crate::audit::{Operation, Outcome};
use crate::engine::enrolment::PendingEnrolment;
use crate::engine::{Acting, Error};
use crate::policy::Right;

impl Acting<'_> {
    /// Forgets a person's face: the template goes, and an enrolment of theirs that waits for review, and grants that rest
    /// on the face end. The person, their cards and their password stay. One's own face may be forgotten: it makes
    /// nothing easier.
    ///
    /// # Errors
    /// When there is no such person, [`Error::NoFace`] when nothing of their face is kept, or without the right to enrol.
    pub fn remove_face(&mut self, person: &str) -> Result<DeletionReceipt, Error> {
        let entry = self.entry(Operation::FaceRemove, Outcome::Done, person);
        let ((removal, time), seq) = self.act_as(Right::Enrol, entry, |store, now| {
            store.person(person)?.ok_or_else(|| Error::NoPerson { id: person.to_owned() })?;
            revoke(store, now, Revoked::Face(person))?;
            let mut removal = store.remove_template(person)?;
            removal.rows.append(&mut store.erase_document::<PendingEnrolment>(person)?);
            if removal.rows.is_empty() {
                return Err(Error::NoFace { person: person.to_owned() });
            }
            Ok((removal, now.wall))
        })?;
        Ok(DeletionReceipt::of(&self.engine.store, removal, time, seq))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use mabataki_models::Digest;
    use serde_json::json;

    use crate::audit::{self, Operation};
    use crate::engine::enrolment::PendingEnrolment;
    use crate::engine::trial::{self, Site};
    use crate::engine::{Engine, Error, Grant};
    use crate::grant::{Ending, GrantRecord};
    use crate::policy::Purpose;
    use crate::store::{NewTemplate, Profile};

    /// `nurse01`, enrolled.
    fn enrolled() -> Site {
        let mut site = trial::site();
        enrol(&mut site.engine, "nurse01");
        site
    }

    fn enrol(engine: &mut Engine, person: &str) {
        let created = Timestamp::now();
        let new =
            NewTemplate { bytes: b"a face", model: Digest::of(b"model"), quality: 0.9, samples: 5, created };
        engine.store.write(|store| store.put_template(person, &new)).unwrap();
    }

    fn pending(person: &str) -> PendingEnrolment {
        let waiting = json!({
            "person": person, "profile": null, "card": null, "label": null, "template": [1, 2, 3],
            "reason": "second_approver", "resembles": null, "by": null, "at": Timestamp::now(),
            "until": Timestamp::MAX,
        });
        serde_json::from_value(waiting).unwrap()
    }

    fn grant_by(engine: &mut Engine, person: &str, factors: &[audit::Factor]) -> Grant {
        let grant = trial::grant(engine, person, Purpose::Login, None);
        let record = engine.examine(&grant).unwrap();
        let record = GrantRecord { factors: factors.to_vec(), ..record };
        engine.store.write(|store| store.put_document(grant.session(), &record)).unwrap();
        grant
    }

    #[test]
    fn a_forgotten_face_is_gone_with_proof_and_nothing_else_is() {
        let Site { mut engine, folder } = enrolled();
        engine.acting().set_password("nurse01", &trial::secret("Kobe-4711-harbour"), false).unwrap();
        let receipt = engine.acting().remove_face("nurse01").unwrap();
        assert_eq!(receipt.removal.person, "nurse01");
        assert_eq!(receipt.removal.rows.len(), 1);
        assert_eq!(receipt.removal.rows[0].what, "template");
        assert!(receipt.wiped);
        let record = engine.store.log(receipt.seq - 1, 1).unwrap().remove(0).entry;
        assert_eq!((record.operation, record.object.as_deref()), (Operation::FaceRemove, Some("nurse01")));
        let engine = {
            drop(engine);
            Engine::open(trial::config(&folder)).unwrap()
        };
        assert!(!engine.store.has_template("nurse01").unwrap());
        let kept = engine.store.documents_of::<crate::secret::PasswordRecord>("nurse01").unwrap();
        assert_eq!((kept.len(), engine.store.person("nurse01").unwrap().is_some()), (1, true));
    }

    #[test]
    fn an_enrolment_that_waits_is_forgotten_with_the_face_or_alone() {
        for has_template in [true, false] {
            let Site { mut engine, folder: _folder } = trial::site();
            if has_template {
                enrol(&mut engine, "nurse01");
            }
            for person in ["nurse01", "nurse02"] {
                engine.store.write(|store| store.put_document(person, &pending(person))).unwrap();
            }
            let receipt = engine.acting().remove_face("nurse01").unwrap();
            let what: Vec<&str> = receipt.removal.rows.iter().map(|row| row.what.as_str()).collect();
            let expected: &[&str] =
                if has_template { &["template", "pending_enrolment"] } else { &["pending_enrolment"] };
            assert_eq!(what, expected);
            let waiting = engine.acting().pending_enrolments().unwrap();
            assert_eq!(waiting.iter().map(|one| one.person.as_str()).collect::<Vec<_>>(), ["nurse02"]);
        }
    }

    #[test]
    fn grants_that_rest_on_the_face_end_with_it_and_no_others() {
        let Site { mut engine, folder: _folder } = enrolled();
        enrol(&mut engine, "nurse02");
        let by_face = grant_by(&mut engine, "nurse01", &[audit::Factor::Face]);
        let by_password = grant_by(&mut engine, "nurse01", &[audit::Factor::Password]);
        let of_another = grant_by(&mut engine, "nurse02", &[audit::Factor::Face]);
        engine.acting().remove_face("nurse01").unwrap();
        let why = match engine.examine(&by_face) {
            Err(Error::GrantEnded { why }) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why, Ending::FaceRemoved);
        engine.examine(&by_password).unwrap();
        engine.examine(&of_another).unwrap();
    }

    #[test]
    fn a_grant_whose_face_went_while_it_was_made_is_good_for_nothing() {
        let Site { mut engine, folder: _folder } = trial::site();
        let grant = grant_by(&mut engine, "nurse01", &[audit::Factor::Face]);
        assert!(matches!(engine.examine(&grant), Err(Error::GrantEnded { why: Ending::FaceRemoved })));
    }

    #[test]
    fn forgetting_a_face_takes_the_right_to_enrol_and_a_face() {
        let Site { mut engine, folder: _folder } = enrolled();
        let boss = trial::administrator(&mut engine, "boss");
        let role = Some("helpdesk".to_owned());
        let helper = Profile { role, ..Profile::named("Helper") };
        engine.store.write(|store| store.add_person("helper", &helper, Timestamp::now())).unwrap();
        let helper = trial::grant(&mut engine, "helper", Purpose::Admin, None);
        let code = |engine: &mut Engine, by: &Grant, person: &str| {
            engine.acting_by(by).remove_face(person).map(|_| "done").unwrap_or_else(|error| error.code())
        };
        assert_eq!(code(&mut engine, &helper, "nurse01"), "no_right");
        assert!(engine.store.has_template("nurse01").unwrap());
        assert_eq!(code(&mut engine, &boss, "nurse02"), "not_found");
        assert_eq!(code(&mut engine, &boss, "nobody"), "not_found");
        assert_eq!(code(&mut engine, &boss, "nurse01"), "done");
        let log = engine.store.log(0, 1000).unwrap();
        let refused = log.iter().filter(|record| {
            (record.entry.operation, record.entry.outcome) == (Operation::FaceRemove, audit::Outcome::Refused)
        });
        assert_eq!(refused.count(), 3);
    }
}
