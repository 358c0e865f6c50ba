//! A terminal for trials with its nets, two nurses and two administrators, each with a card.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use jiff::Timestamp;
use mabataki_engine::audit::Entry;
use mabataki_engine::card::{Assurance, CardIdentity, CardKind, IdKind};
use mabataki_engine::engine::{
    Acting, AttemptRequest, CaptureRequest, CaptureStep, Cards, Config, Engine, Error, Frames, Grant, Step,
};
use mabataki_engine::frame::open_replay;
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Factor, Factors, Purpose, TRIAL};
use mabataki_engine::secret::Secret;
use mabataki_engine::session::{EnrolmentResult, Outcome, Verdict};
use mabataki_engine::store::{NewCard, Profile, Settings};
use mabataki_test_support::{Mabataki, clip, installed, workspace};
use zeroize::Zeroizing;

const PASSWORD: &str = "quiet-Heron-42";

/// Their cards' numbers, their ids and roles.
const PEOPLE: [(u8, &str, Option<&str>); 4] = [
    (1, "nurse01", None),
    (2, "nurse02", None),
    (11, "admin01", Some("administrator")),
    (12, "admin02", Some("administrator")),
];

/// The people of the two recordings: her frames to enrol from, hers of another moment with a blink, and his.
pub(super) const HER: (&str, RangeInclusive<usize>) = ("single_face.mjpeg", 40..=71);
pub(super) const HER_BLINK: (&str, RangeInclusive<usize>) = ("single_face.mjpeg", 0..=39);
pub(super) const HIM: (&str, RangeInclusive<usize>) = ("WolfgangLanger_Pexels.mjpeg", 160..=200);
pub(super) const HIM_FOR_LONG: (&str, RangeInclusive<usize>) = ("WolfgangLanger_Pexels.mjpeg", 160..=400);

pub(super) struct Site {
    /// The command on the same store, and the folder.
    pub(super) command: Mabataki,
    pub(super) engine: Engine,
}

impl Site {
    /// With the policy for trials, changed so.
    pub(super) fn new(changes: &[(&str, &str)]) -> Site {
        let command = Mabataki::new();
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        let mut engine = Engine::create(config(&command), settings).unwrap();
        let ordinary =
            [(r#"combinations = ["card+face"]"#, r#"combinations = ["card+face", "card+password"]"#)];
        let policy = ordinary.iter().chain(changes).fold(TRIAL.to_owned(), |policy, (from, to)| {
            let changed = policy.replacen(from, to, 1);
            assert_ne!(changed, policy, "{from} is not in the policy for trials");
            changed
        });
        engine.acting().set_policy(&policy).unwrap();
        for (number, id, role) in PEOPLE {
            let profile = Profile { role: role.map(str::to_owned), ..Profile::named(&format!("A {id}")) };
            engine.acting().add_person(id, &profile).unwrap();
            let label = NewCard::labelled("staff card", Timestamp::now());
            engine.acting().bind_claimed_card(id, &card(number), &label).unwrap();
        }
        Site { command, engine }
    }

    /// The same store, as another process has it.
    pub(super) fn elsewhere(&self) -> Engine {
        Engine::open(config(&self.command)).unwrap()
    }

    pub(super) fn clip(&self, (name, range): (&str, RangeInclusive<usize>)) -> PathBuf {
        let path = workspace().join(".mabataki/samples").join(name);
        assert!(path.exists(), "{} is missing: cargo xtask setup makes it", path.display());
        clip::cut(&path, range, self.command.folder())
    }

    pub(super) fn frames(&self, clip: (&str, RangeInclusive<usize>)) -> Frames {
        recorded(self.clip(clip))
    }

    /// Lets the owner of this card in by card and password.
    pub(super) fn let_in(&mut self, number: u8, purpose: Purpose) -> Grant {
        let (_, id, _) = PEOPLE.into_iter().find(|person| person.0 == number).unwrap();
        self.engine.acting().set_password(id, &secret(PASSWORD), false).unwrap();
        let request = AttemptRequest {
            cards: Some(Cards::Claimed(Ok(card(number)))),
            secrets: Factors::of(&[Factor::Password]),
            ..AttemptRequest::new(purpose)
        };
        let (verdict, grant) = run(&mut self.engine, request, true);
        assert_eq!(verdict.outcome, Outcome::Granted, "{verdict:?}");
        grant.unwrap()
    }

    /// What comes of this card and this face.
    pub(super) fn show(&mut self, number: u8, clip: (&str, RangeInclusive<usize>)) -> Verdict {
        self.show_for_grant(number, clip).0
    }

    /// The same, with the grant.
    pub(super) fn show_for_grant(
        &mut self,
        number: u8,
        clip: (&str, RangeInclusive<usize>),
    ) -> (Verdict, Option<Grant>) {
        let request = AttemptRequest {
            cards: Some(Cards::Claimed(Ok(card(number)))),
            frames: Some(self.frames(clip)),
            ..AttemptRequest::new(Purpose::Login)
        };
        run(&mut self.engine, request, false)
    }

    pub(super) fn ending(&mut self, grant: &Grant) -> Option<Ending> {
        match self.engine.examine(grant) {
            Err(Error::GrantEnded { why }) => Some(why),
            Ok(_) => None,
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) fn log(&mut self) -> Vec<Entry> {
        let log = self.engine.acting().log(0, 1000).unwrap();
        log.into_iter().map(|record| record.entry).collect()
    }

    /// The last record of this operation: outcome, reason, whom it was done to.
    pub(super) fn last(&mut self, operation: &str) -> (String, String, String) {
        let entry = self.log().into_iter().rfind(|entry| entry.operation.code() == operation);
        let entry = entry.unwrap_or_else(|| panic!("no {operation} in the log"));
        let or_nothing = |text: Option<String>| text.unwrap_or_default();
        (entry.outcome.code().to_owned(), or_nothing(entry.reason), or_nothing(entry.object))
    }

    pub(super) fn has_template(&mut self, person: &str) -> bool {
        let people = self.engine.acting().summaries().unwrap();
        people.iter().any(|summary| summary.person.id == person && summary.enrolled)
    }

    pub(super) fn knows(&mut self, person: &str) -> bool {
        self.engine.acting().summaries().unwrap().iter().any(|summary| summary.person.id == person)
    }
}

fn config(command: &Mabataki) -> Config {
    Config {
        state: command.state(),
        key: command.folder().join("state.key").into(),
        witness: command.folder().join("state.witness"),
        pack: installed::pack(),
        runtime: installed::runtime(),
    }
}

fn run(engine: &mut Engine, request: AttemptRequest, with_password: bool) -> (Verdict, Option<Grant>) {
    let mut attempt = engine.authenticate(request).unwrap();
    if with_password {
        attempt.give_password(secret(PASSWORD)).unwrap();
    }
    while let Some(step) = attempt.next_step().unwrap() {
        if let Step::Done(verdict) = step {
            let grant = attempt.take_grant();
            return (verdict, grant);
        }
    }
    panic!("an attempt without an end");
}

/// Enrols, as whoever acts.
pub(super) fn enrol(acting: Acting<'_>, request: CaptureRequest) -> Result<EnrolmentResult, Error> {
    let mut capture = acting.enrol(request)?;
    while let Some(step) = capture.next_step()? {
        if let CaptureStep::Done(result) = step {
            return Ok(result);
        }
    }
    panic!("an enrolment without an end");
}

/// To enrol somebody who is in the store already, by the face alone.
pub(super) fn of(person: &str, frames: Frames) -> CaptureRequest {
    CaptureRequest {
        person: person.to_owned(),
        profile: None,
        samples: None,
        frames,
        cards: None,
        label: None,
        host: None,
    }
}

/// To enrol somebody new, with this card.
pub(super) fn of_new(person: &str, number: u8, frames: Frames) -> CaptureRequest {
    CaptureRequest {
        profile: Some(Profile::named("Somebody New")),
        cards: Some(Cards::Claimed(Ok(card(number)))),
        label: Some("new card".to_owned()),
        ..of(person, frames)
    }
}

pub(super) fn recorded(path: PathBuf) -> Frames {
    let replay = open_replay(&path, None).unwrap();
    Frames::Recorded { path, replay }
}

pub(super) fn card(number: u8) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(vec![1, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, number]),
    }
}

/// The name of the virtual card with this number.
pub(super) fn virtual_card(number: u8) -> String {
    format!("fcf:0114B34C1A2B3C{number:02X}")
}

fn secret(text: &str) -> Secret {
    Secret::new(Zeroizing::new(text.to_owned())).unwrap()
}
