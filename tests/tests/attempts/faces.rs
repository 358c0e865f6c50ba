//! Faces in whole attempts: what is counted when one is shown and not matched, and what stands in when one cannot be.

use std::path::{Path, PathBuf};

use mabataki_engine::audit::{Operation, Outcome as Recorded};
use mabataki_engine::card::CardIdentity;
use mabataki_engine::engine::{Attempt, AttemptRequest, Cards, Config, Engine, Frames, Step};
use mabataki_engine::frame::open_replay;
use mabataki_engine::policy::{Cause, Factor, Factors, Purpose};
use mabataki_engine::session::{Guidance, Outcome, Verdict, Why};
use mabataki_test_support::{Mabataki, clip::cut, installed, workspace};

use super::ward::{PASSWORD, secret};

const CARD: &str = "felica:0114B34C1A2B3C4D";

/// A terminal with `nurse01`, whose face is enrolled, and the clips of her and of somebody else.
struct Booth {
    command: Mabataki,
    engine: Engine,
    her: PathBuf,
    him: PathBuf,
}

fn sample(name: &str) -> PathBuf {
    let path = workspace().join(".mabataki/samples").join(name);
    assert!(path.exists(), "{} is missing: cargo xtask setup makes it", path.display());
    path
}

fn done(command: &Mabataki, args: &[&str]) {
    let run = command.json(args);
    assert_eq!(run.exit, 0, "{args:?}: {}", run.stdout);
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn booth() -> Booth {
    let command = Mabataki::new();
    let folder = command.folder();
    let (hers, his) = (sample("single_face.mjpeg"), sample("WolfgangLanger_Pexels.mjpeg"));
    let enrolled = cut(&hers, 40..=71, folder);
    let (her, him) = (cut(&hers, 0..=39, folder), cut(&his, 360..=436, folder));
    done(&command, &["init", "--open", "--terminal", "ward3-a"]);
    done(&command, &["person", "add", "nurse01", "--name", "Nurse 1"]);
    done(&command, &["card", "bind", "nurse01", "--card", CARD]);
    done(&command, &["enrol", "nurse01", "--frames", text(&enrolled)]);
    assert_eq!(command.json_fed(&["password", "set", "nurse01"], &[PASSWORD]).exit, 0);
    let config = Config {
        state: command.state(),
        key: folder.join("state.key").into(),
        witness: folder.join("state.witness"),
        pack: installed::pack(),
        runtime: installed::runtime(),
    };
    let engine = Engine::open(config).unwrap();
    Booth { command, engine, her, him }
}

impl Booth {
    /// An attempt with the card, and this clip before the camera.
    fn begin(&mut self, clip: &Path) -> Attempt<'_> {
        let card = CardIdentity::parse_claim(CARD).unwrap();
        let frames = Frames::Recorded { path: clip.to_owned(), replay: open_replay(clip, None).unwrap() };
        let request = AttemptRequest {
            cards: Some(Cards::Claimed(Ok(card))),
            frames: Some(frames),
            secrets: Factors::of(&[Factor::Password]),
            ..AttemptRequest::new(Purpose::Login)
        };
        self.engine.authenticate(request).unwrap()
    }

    /// The same until its end; the password is given once it is said to help.
    fn attempt(&mut self, clip: &Path) -> (Verdict, Vec<Cause>) {
        let mut attempt = self.begin(clip);
        let mut turns = Vec::new();
        let mut typed = false;
        while let Some(step) = attempt.next_step().unwrap() {
            match step {
                Step::Turn(cause) => turns.push(cause),
                Step::Need(needs)
                    if !typed && needs.iter().any(|need| need.factors.contains(Factor::Password)) =>
                {
                    typed = true;
                    attempt.give_password(secret(PASSWORD)).unwrap();
                }
                Step::Done(verdict) => return (verdict, turns),
                _ => {}
            }
        }
        panic!("an attempt without an end");
    }

    fn failures(&mut self) -> Vec<(Factor, u32)> {
        let lockouts = self.engine.acting().lockouts().unwrap();
        assert!(lockouts.iter().all(|lockout| lockout.person.as_deref() == Some("nurse01")));
        lockouts.into_iter().map(|lockout| (lockout.factor, lockout.failures)).collect()
    }

    /// The causes that the log has of turns.
    fn turns(&mut self) -> Vec<String> {
        let log = self.engine.acting().log(0, 1000).unwrap();
        let of_nurse = log
            .into_iter()
            .map(|record| record.entry)
            .filter(|entry| (entry.operation, entry.outcome) == (Operation::Fallback, Recorded::Done));
        of_nurse.filter_map(|entry| entry.reason).collect()
    }

    /// Puts the policy in force with `from` replaced by `to`.
    fn change_policy(&mut self, from: &str, to: &str) {
        let policy = self.engine.acting().policy().unwrap().text;
        assert!(policy.contains(from), "the policy does not have {from}");
        self.engine.acting().set_policy(&policy.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn a_strange_face_is_counted_once_although_the_attempt_is_called_off() {
    let mut booth = booth();
    let him = booth.him.clone();
    for (round, dropped) in [false, true].into_iter().enumerate() {
        let mut attempt = booth.begin(&him);
        let mut prompted = false;
        while !prompted {
            prompted = match attempt.next_step().unwrap().unwrap() {
                Step::Guide(guidance) => guidance == Guidance::PleaseBlink,
                Step::Done(verdict) => panic!("it ended before the prompt: {verdict:?}"),
                _ => false,
            };
        }
        if !dropped {
            attempt.cancel().unwrap();
            let mut last = None;
            while let Some(step) = attempt.next_step().unwrap() {
                last = Some(step);
            }
            let Some(Step::Done(verdict)) = last else { panic!("no verdict") };
            assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::Cancelled));
        }
        drop(attempt);
        assert_eq!(booth.failures(), [(Factor::Face, u32::try_from(round).unwrap() + 1)]);
    }
    let (verdict, turns) = booth.attempt(&him);
    assert_eq!((verdict.outcome, verdict.why, turns), (Outcome::Denied, Why::NoMatch, vec![]));
    assert_eq!(booth.failures(), [(Factor::Face, 3)]);
    let her = booth.her.clone();
    assert_eq!(booth.attempt(&her).0.outcome, Outcome::Granted);
    assert_eq!(booth.failures(), []);
}

#[test]
fn a_locked_face_turns_the_attempt_to_the_password_and_the_log_says_why() {
    let mut booth = booth();
    // The fewest tries that a policy can allow.
    booth.change_policy("failures_with_liveness = 10", "failures_with_liveness = 1");
    let (him, her) = (booth.him.clone(), booth.her.clone());
    assert_eq!(booth.attempt(&him).0.why, Why::NoMatch);
    let (verdict, turns) = booth.attempt(&her);
    assert_eq!((verdict.outcome, turns), (Outcome::Granted, vec![Cause::FaceLocked]), "{verdict:?}");
    assert_eq!(verdict.factors, Factors::of(&[Factor::Card, Factor::Password]));
    assert_eq!(booth.turns(), ["face_locked"]);
    assert_eq!(booth.failures(), [(Factor::Face, 1)], "the password forgave the face");
}

#[test]
fn whoever_is_excused_from_showing_the_face_comes_in_by_the_password_until_the_exception_ends() {
    let mut booth = booth();
    let her = booth.her.clone();
    let except = ["person", "except", "nurse01", "--reason", "eye patch", "--until", "2099-12-31"];
    done(&booth.command, &except);
    let (verdict, turns) = booth.attempt(&her);
    assert_eq!((verdict.outcome, turns), (Outcome::Granted, vec![Cause::Exception]), "{verdict:?}");
    assert_eq!(verdict.factors, Factors::of(&[Factor::Card, Factor::Password]));
    assert_eq!(booth.turns(), ["exception"]);
    done(&booth.command, &["person", "except", "nurse01", "--end"]);
    let (verdict, turns) = booth.attempt(&her);
    assert_eq!((verdict.outcome, turns), (Outcome::Granted, vec![]), "{verdict:?}");
    assert_eq!(verdict.factors, Factors::of(&[Factor::Card, Factor::Face]));
}

#[test]
fn of_a_department_card_the_face_tells_whose_it_is_where_the_policy_lets_it() {
    let mut booth = booth();
    let (her, him) = (booth.her.clone(), booth.him.clone());
    let his = cut(&sample("WolfgangLanger_Pexels.mjpeg"), 300..=359, booth.command.folder());
    done(&booth.command, &["person", "add", "nurse02", "--name", "Nurse 2"]);
    done(&booth.command, &["enrol", "nurse02", "--frames", text(&his)]);
    let handle = booth.engine.acting().cards(Some("nurse01")).unwrap().remove(0).handle;
    done(&booth.command, &["card", "share", handle.as_str(), "nurse02"]);
    let (verdict, _) = booth.attempt(&her);
    assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::Ambiguous));

    booth.change_policy("department_cards = false", "department_cards = true");
    for (clip, person) in [(&her, "nurse01"), (&him, "nurse02")] {
        let (verdict, _) = booth.attempt(clip);
        assert_eq!((verdict.outcome, verdict.subject.as_deref()), (Outcome::Granted, Some(person)));
        let last = booth.engine.acting().log(0, 1000).unwrap().pop().unwrap().entry;
        assert_eq!((last.operation, last.subject.as_deref()), (Operation::Authenticate, Some(person)));
    }
}
