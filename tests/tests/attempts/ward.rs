//! A terminal with two nurses, each with a card and a password, where both together let in.

use std::time::Duration;

use jiff::Timestamp;
use mabataki_engine::card::{Assurance, CardIdentity, CardKind, IdKind};
use mabataki_engine::engine::{
    Acting, Attempt, AttemptRequest, Cards, Config, Engine, Error, Grant, NewEmergencyCode, Step,
};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Factor, Factors, Purpose, STANDARD, TRIAL};
use mabataki_engine::secret::{Remark, Secret};
use mabataki_engine::session::{Outcome, Verdict, Why};
use mabataki_engine::store::{NewCard, Profile, Settings};
use zeroize::Zeroizing;

pub(super) const PASSWORD: &str = "quiet-Heron-42";

pub(super) struct Ward {
    pub(super) folder: tempfile::TempDir,
    pub(super) engine: Engine,
}

impl Ward {
    pub(super) fn new() -> Ward {
        Ward::with_policy(|policy| policy)
    }

    pub(super) fn with_policy(change: impl FnOnce(String) -> String) -> Ward {
        Ward::build(true, &change(with_passwords(TRIAL)))
    }

    /// Not for trials: under the policy of a new store, changed, and with `admin01`, who administers.
    pub(super) fn in_earnest(change: impl FnOnce(String) -> String) -> Ward {
        let policy = with_passwords(STANDARD).replacen("host_cards = []", r#"host_cards = ["*"]"#, 1);
        let mut ward = Ward::build(false, &change(policy));
        let administrator =
            Profile { role: Some("administrator".to_owned()), ..Profile::named("Administrator") };
        ward.engine.acting().add_person("admin01", &administrator).unwrap();
        ward.engine.acting().set_password("admin01", &secret(PASSWORD), false).unwrap();
        ward
    }

    fn build(open: bool, policy: &str) -> Ward {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "ward3-a".to_owned(), open };
        let mut engine = Engine::create(config(&folder), settings).unwrap();
        engine.acting().set_policy(policy).unwrap();
        for (number, id) in [(1, "nurse01"), (2, "nurse02")] {
            let mut profile = Profile::named(&format!("Nurse {number}"));
            profile.accounts = vec!["ward3".to_owned()];
            engine.acting().add_person(id, &profile).unwrap();
            engine
                .acting()
                .bind_card(id, &card(number), &NewCard::labelled("staff card", Timestamp::now()))
                .unwrap();
            engine.acting().set_password(id, &secret(PASSWORD), false).unwrap();
        }
        Ward { folder, engine }
    }

    pub(super) fn attempt(
        &mut self,
        card: CardIdentity,
        password: &str,
        request: AttemptRequest,
    ) -> (Verdict, Option<Grant>) {
        let request = AttemptRequest {
            cards: Some(Cards::Claimed(Ok(card))),
            secrets: Factors::of(&[Factor::Password]),
            host: Some("log-in-screen".to_owned()),
            ..request
        };
        let mut attempt = self.engine.authenticate(request).unwrap();
        attempt.give_password(secret(password)).unwrap();
        finish(&mut attempt)
    }

    pub(super) fn let_in(&mut self, number: u8, purpose: Purpose) -> Grant {
        let (verdict, grant) = self.attempt(card(number), PASSWORD, AttemptRequest::new(purpose));
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Granted, Why::Matched));
        grant.unwrap()
    }

    /// A grant to open this application.
    pub(super) fn open(&mut self, number: u8, application: &str) -> Grant {
        let application = Some(application.to_owned());
        let request = AttemptRequest { application, ..AttemptRequest::new(Purpose::Application) };
        self.attempt(card(number), PASSWORD, request).1.unwrap()
    }

    /// The administrator of a ward in earnest, by the store's key and their password.
    pub(super) fn administrator(&mut self) -> Grant {
        self.administrator_named("admin01")
    }

    pub(super) fn administrator_named(&mut self, id: &str) -> Grant {
        let request = AttemptRequest {
            claim: Some(id.to_owned()),
            store_key: true,
            secrets: Factors::of(&[Factor::Password]),
            ..AttemptRequest::new(Purpose::Admin)
        };
        let mut attempt = self.engine.authenticate(request).unwrap();
        attempt.give_password(secret(PASSWORD)).unwrap();
        finish(&mut attempt).1.unwrap()
    }

    /// Somebody says who they are and why, with this code if any.
    pub(super) fn claim(&mut self, person: &str, code: Option<&Secret>) -> (Verdict, Option<Grant>) {
        let request = AttemptRequest {
            claim: Some(person.to_owned()),
            secrets: Factors::of(&[Factor::EmergencyCode]),
            reason: Some(Remark::new("forgot the card, patient in danger").unwrap()),
            ..AttemptRequest::new(Purpose::Emergency)
        };
        let mut attempt = self.engine.authenticate(request).unwrap();
        if let Some(code) = code {
            attempt.give_code(code).unwrap();
        }
        finish(&mut attempt)
    }

    pub(super) fn ending(&mut self, grant: &Grant) -> Ending {
        match self.engine.examine(grant) {
            Err(Error::GrantEnded { why }) => why,
            other => panic!("the grant has not ended: {other:?}"),
        }
    }

    pub(super) fn operations(&mut self, grant: &Grant) -> Vec<String> {
        let log = self.engine.acting().log(0, 1000).unwrap();
        log.iter()
            .filter(|record| record.entry.session.as_deref() == Some(grant.session()))
            .map(|record| format!("{} {}", record.entry.operation, record.entry.outcome))
            .collect()
    }
}

/// A code for this person, here and now.
pub(super) fn code(mut issuer: Acting<'_>, person: &str) -> Secret {
    let new = NewEmergencyCode {
        person: Some(person.to_owned()),
        terminal: None,
        purposes: vec![Purpose::Emergency],
        minutes: 30,
        valid: Duration::from_secs(600),
    };
    secret(&issuer.issue_emergency_code(&new).unwrap().code.to_text())
}

/// The policy, with a second way in for those who show no face.
fn with_passwords(policy: &str) -> String {
    let faces = r#"combinations = ["card+face"]"#;
    assert!(policy.contains(faces), "the policy of a new store has changed");
    policy.replacen(faces, r#"combinations = ["card+face", "card+password"]"#, 1)
}

/// Goes on to the end of an attempt.
pub(super) fn finish(attempt: &mut Attempt<'_>) -> (Verdict, Option<Grant>) {
    while let Some(step) = attempt.next_step().unwrap() {
        if let Step::Done(verdict) = step {
            return (verdict, attempt.take_grant());
        }
    }
    panic!("an attempt without an end");
}

pub(super) fn config(folder: &tempfile::TempDir) -> Config {
    let path = |name: &str| folder.path().join(name);
    Config {
        state: path("state"),
        key: path("key").into(),
        witness: path("witness"),
        pack: path("no-pack"),
        runtime: path("no-runtime"),
    }
}

pub(super) fn card(number: u8) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(vec![1, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, number]),
    }
}

pub(super) fn secret(text: &str) -> Secret {
    Secret::new(Zeroizing::new(text.to_owned())).unwrap()
}
