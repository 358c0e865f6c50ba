//! Whether administrators can still come in under a policy, at this terminal and as they are equipped today. A policy is
//! not refused for that: it may be meant for tomorrow's cards, or administered elsewhere.

use super::Error;
use super::administrators;
use super::clock::Now;
use super::site_policy::rulebook_in;
use super::standing::card_is_good;
use crate::policy::{Factor, Factors, Policy, Purpose};
use crate::secret::PasswordRecord;
use crate::store::{Person, Write};
use crate::text::vocabulary;

vocabulary! {
    /// What is odd about a policy that is in force.
    pub enum PolicyWarning, "a warning of a policy" {
        /// The purpose `admin` has no policy at this terminal.
        NoAdminHere = "no_admin_here",
            "Nobody can administer at this terminal any more: the policy lets nobody do so here.",
            "この端末では管理できなくなりました。ポリシーで許可されていません。";
        /// Nobody who administers has what the policy asks for.
        AdminOutOfReach = "admin_out_of_reach",
            "No administrator can administer at this terminal as things are: none has every card, face or password that \
             the policy asks for.",
            "現状では、この端末で管理できる管理者がいません。ポリシーが求めるカード・顔・パスワードを備えた管理者がいません。";
    }
}

/// What is odd about the policy in force, as this transaction has it.
pub(super) fn warnings(store: &Write<'_>, now: Now) -> Result<Vec<PolicyWarning>, Error> {
    // While nobody need be named, nobody is kept out.
    if administrators::may_act_unnamed(store)? {
        return Ok(Vec::new());
    }
    let rules = rulebook_in(store)?;
    let policies: Vec<Policy> = rules.offered(Purpose::Admin, &store.settings().terminal).collect();
    if policies.is_empty() {
        return Ok(vec![PolicyWarning::NoAdminHere]);
    }
    for person in administrators::full(store, now, &rules)? {
        for policy in &policies {
            let has = equipment(store, now, &person, policy)?;
            if policy.all_combinations().any(|combination| has.contains_all(combination)) {
                return Ok(Vec::new());
            }
        }
    }
    Ok(vec![PolicyWarning::AdminOutOfReach])
}

/// What this person could show of what the policy may ask for. The system's password is for the system to know; a PIN no
/// card judges yet.
fn equipment(store: &Write<'_>, now: Now, person: &Person, policy: &Policy) -> Result<Factors, Error> {
    let mut has = Factors::of(&[Factor::StoreKey, Factor::HostPassword]);
    if store.document::<PasswordRecord>(&person.id)?.is_some() {
        has = has.with(Factor::Password);
    }
    let excused = person.face_exception.as_ref().is_some_and(|exception| !now.is_past(Some(exception.until)));
    if store.has_template(&person.id)? && !excused {
        has = has.with(Factor::Face);
    }
    let cards = store.cards(Some(&person.id))?;
    let fits = |shared: bool| policy.department_cards || !shared;
    if cards.iter().any(|card| {
        card_is_good(card, now) && card.assurance >= policy.least_assurance && fits(card.is_shared())
    }) {
        has = has.with(Factor::Card);
    }
    Ok(has)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use mabataki_models::Digest;

    use super::*;
    use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
    use crate::engine::Engine;
    use crate::engine::trial::{self, Site};
    use crate::policy::STANDARD;
    use crate::store::{NewCard, NewTemplate, Profile, Stop};

    const PASSWORD: &str = "Kobe-4711-harbour";

    /// The administrator `boss` with a password, by order of nobody; then somebody must be named.
    fn site() -> Site {
        let mut site = trial::site();
        let profile = Profile { role: Some("administrator".to_owned()), ..Profile::named("Boss") };
        site.engine.acting().add_person("boss", &profile).unwrap();
        site.engine.acting().set_password("boss", &trial::secret(PASSWORD), false).unwrap();
        site
    }

    fn set(engine: &mut Engine, policy: &str) -> Vec<PolicyWarning> {
        let boss = trial::grant(engine, "boss", Purpose::Admin, None);
        engine.acting_by(&boss).set_policy(policy).unwrap()
    }

    fn admin(combinations: &str) -> String {
        let from = r#"["card+face", "card+password", "face+password", "store_key+password"]"#;
        let changed = STANDARD.replacen(from, combinations, 1);
        assert_ne!(changed, STANDARD);
        changed
    }

    #[test]
    fn a_policy_that_an_administrator_can_meet_is_set_without_a_word() {
        let Site { mut engine, folder: _folder } = site();
        assert_eq!(set(&mut engine, STANDARD), []);
        assert_eq!(set(&mut engine, &admin(r#"["store_key+password"]"#)), []);
    }

    #[test]
    fn a_policy_that_no_administrator_can_meet_is_set_with_a_warning_until_one_can() {
        let Site { mut engine, folder: _folder } = site();
        let policy = admin(r#"["card+face"]"#);
        assert_eq!(set(&mut engine, &policy), [PolicyWarning::AdminOutOfReach]);
        let boss = trial::grant(&mut engine, "boss", Purpose::Admin, None);
        let card = CardIdentity {
            kind: CardKind::Felica,
            id_kind: IdKind::Idm,
            assurance: Assurance::IdentifierOnly,
            id: vec![1; 8].into(),
        };
        let new = NewCard::labelled("staff card", Timestamp::now());
        let handle = engine.acting_by(&boss).bind_card("boss", &card, &new).unwrap();
        assert_eq!(set(&mut engine, &policy), [PolicyWarning::AdminOutOfReach], "no face");
        let created = Timestamp::now();
        let face =
            NewTemplate { bytes: b"a face", model: Digest::of(b"model"), quality: 0.9, samples: 5, created };
        engine.store.write(|store| store.put_template("boss", &face)).unwrap();
        assert_eq!(set(&mut engine, &policy), []);
        let proved = policy
            .replacen("least_assurance = \"identifier_only\"", "least_assurance = \"proved\"", 1)
            .replacen(
                "[policies.administration]",
                "[policies.administration]\nleast_assurance = \"proved\"",
                1,
            );
        assert_eq!(set(&mut engine, &proved), [PolicyWarning::AdminOutOfReach], "no card proves itself");
        engine.acting_by(&boss).stop_card(&handle, Stop::Lost).unwrap();
        assert_eq!(set(&mut engine, &policy), [PolicyWarning::AdminOutOfReach], "the card is lost");
    }

    #[test]
    fn a_policy_that_lets_nobody_administer_here_is_set_with_a_warning_and_one_for_nowhere_is_refused() {
        let Site { mut engine, folder: _folder } = site();
        let elsewhere = STANDARD.replacen(
            "[groups.all]",
            "[groups.desk]\nterminals = [\"desk-1\"]\npurposes = { admin = \"administration\" }\n[groups.all]",
            1,
        );
        let elsewhere = elsewhere.replacen("admin = \"administration\"\nenrol", "admin = \"none\"\nenrol", 1);
        assert_eq!(set(&mut engine, &elsewhere), [PolicyWarning::NoAdminHere]);
        let nowhere = STANDARD.replacen("admin = \"administration\"\nenrol", "admin = \"none\"\nenrol", 1);
        let boss = trial::grant(&mut engine, "boss", Purpose::Admin, None);
        assert_eq!(engine.acting_by(&boss).set_policy(&nowhere).unwrap_err().code(), "bad_policy");
    }

    #[test]
    fn while_a_terminal_only_observes_its_administrators_still_come_in() {
        let Site { mut engine, folder: _folder } = site();
        let observing = STANDARD.replacen("stage = \"enforce\"", "stage = \"observe\"", 1);
        assert_eq!(set(&mut engine, &observing), []);
        let request = crate::engine::AttemptRequest {
            claim: Some("boss".to_owned()),
            store_key: true,
            secrets: Factors::of(&[Factor::Password]),
            ..crate::engine::AttemptRequest::new(Purpose::Admin)
        };
        let mut attempt = engine.authenticate(request).unwrap();
        attempt.give_password(trial::secret(PASSWORD)).unwrap();
        while attempt.next_step().unwrap().is_some() {}
        assert!(attempt.take_grant().is_some());
    }
}
