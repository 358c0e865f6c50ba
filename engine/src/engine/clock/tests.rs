//! What can be relied on when the wall's clock is set, on a store on the disk.

use pretty_assertions::assert_eq;

use super::*;
use crate::audit::Record;
use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
use crate::engine::Grant;
use crate::engine::standing::{card_is_good, person_is_good};
use crate::engine::trial::{self, Site};
use crate::policy::Purpose;
use crate::store::{FaceException, NewCard, Profile};

const EMPTY_BATTERY: &str = "2090-01-01T00:00:00Z";

#[test]
fn the_steady_clock_goes_forward_within_one_start_of_the_machine() {
    let clock = Clock::machine().unwrap();
    let (first, second) = (clock.now().steady, clock.now().steady);
    assert!(first.same_boot(second));
    assert!(second.ms >= first.ms);
}

#[test]
fn the_name_of_a_start_is_32_hex_digits() {
    assert_eq!(parse("00000000-0000-0000-0000-0000000000ff\n").unwrap()[15], 255);
    assert_eq!(parse("ff"), None);
    assert_eq!(parse("g0000000-0000-0000-0000-0000000000ff"), None);
}

/// A site whose clocks are set by hand: the wall's, and how many seconds passed on the steady one.
struct Timed {
    site: Site,
    boss: Grant,
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// At noon, with the administrator `boss` and the temporary nurse `t01`, whose day ends at six.
fn timed() -> Timed {
    let mut site = trial::site();
    // The site was made by the machine's clock.
    site.engine.store.write(|store| store.remove_document::<ClockMark>(MARK)).unwrap();
    set(&mut site.engine, "2026-04-01T12:00:00Z", 0);
    let profile = Profile {
        valid_until: Some(time("2026-04-01T18:00:00Z")),
        temporary: true,
        ..Profile::named("For a day")
    };
    site.engine.acting().add_person("t01", &profile).unwrap();
    let boss = trial::administrator(&mut site.engine, "boss");
    Timed { site, boss }
}

fn set(engine: &mut Engine, wall: &str, seconds: u64) {
    engine.clock = Clock::Set { wall: time(wall), steady: Steady { boot: [1; 16], ms: seconds * 1000 } };
}

impl Timed {
    fn set(&mut self, wall: &str, seconds: u64) {
        set(&mut self.site.engine, wall, seconds);
    }

    /// Something is done, so that the clocks are looked at.
    fn touch(&mut self) {
        self.site.engine.transact(|_, _| Ok(())).unwrap();
    }

    /// What the log has of the clock: the operation, what it says, and the time it stands at.
    fn told(&self) -> Vec<(String, String, Timestamp)> {
        let log = self.site.engine.store.log(0, 1000).unwrap();
        let clock = |record: Record| {
            let entry = record.entry;
            let of_clock = matches!(entry.operation, Operation::ClockJump | Operation::ClockAccept);
            let said: Vec<String> = entry.reason.into_iter().chain(entry.object).collect();
            of_clock.then(|| (entry.operation.to_string(), said.join(" "), entry.time))
        };
        log.into_iter().filter_map(clock).collect()
    }

    fn is_good(&self, person: &str) -> bool {
        let person = self.site.engine.store.person(person).unwrap().unwrap();
        person_is_good(&person, self.site.engine.now().unwrap())
    }

    fn reopened(self) -> Timed {
        let Timed { site: Site { folder, engine }, boss } = self;
        let clock = engine.clock;
        drop(engine);
        let mut engine = Engine::open(trial::config(&folder)).unwrap();
        engine.clock = clock;
        Timed { site: Site { folder, engine }, boss }
    }
}

/// A jump from what the clock would have shown to what it shows.
fn jump(direction: &str, from: &str, to: &str) -> (String, String, Timestamp) {
    let said = format!("{direction} {:.3} -> {:.3}", time(from), time(to));
    ("clock_jump".to_owned(), said, time(to))
}

#[test]
fn a_jump_in_either_direction_stands_in_the_log_once() {
    let mut timed = timed();
    timed.set("2026-04-01T12:10:00Z", 600);
    timed.touch();
    assert_eq!(timed.told(), []);
    timed.set("2026-04-01T15:00:00Z", 601);
    timed.touch();
    timed.set("2026-04-01T15:00:01Z", 602);
    timed.touch();
    timed.set("2026-04-01T12:10:03Z", 603);
    timed.touch();
    timed.touch();
    timed.set("2026-04-01T12:10:13Z", 613);
    timed.touch();
    let expected = [
        jump("forward", "2026-04-01T12:10:01Z", "2026-04-01T15:00:00Z"),
        jump("back", "2026-04-01T15:00:02Z", "2026-04-01T12:10:03Z"),
    ];
    assert_eq!(timed.told(), expected);
}

#[test]
fn while_the_clock_is_behind_what_ends_is_refused_also_by_a_process_started_later() {
    let mut timed = timed();
    let card = CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: vec![1; 8].into(),
    };
    let spare = NewCard {
        valid_until: Some(time("2026-04-01T18:00:00Z")),
        ..NewCard::labelled("spare", time(EMPTY_BATTERY))
    };
    timed.site.engine.acting_by(&timed.boss).bind_card("nurse01", &card, &spare).unwrap();
    assert!(timed.is_good("t01"));
    timed.set("2026-04-01T19:00:00Z", 25_200);
    timed.touch();
    assert!(!timed.is_good("t01"));
    // The temporary nurse, whose day is over, sets the clock back.
    timed.set("2026-04-01T13:00:00Z", 25_201);
    for round in ["before", "after"] {
        assert!(!timed.is_good("t01"), "{round} reopening");
        assert!(timed.is_good("nurse01"), "{round} reopening");
        let spare = timed.site.engine.store.cards(Some("nurse01")).unwrap().remove(0);
        assert!(!card_is_good(&spare, timed.site.engine.now().unwrap()), "{round} reopening");
        let state = timed.site.engine.clock_state().unwrap();
        let expected = ClockState {
            now: time("2026-04-01T13:00:00Z"),
            mark: Some(time("2026-04-01T19:00:00Z")),
            behind: true,
        };
        assert_eq!(state, expected, "{round} reopening");
        timed.touch();
        timed = timed.reopened();
    }
    // It has caught up.
    timed.set("2026-04-01T18:59:30Z", 46_771);
    assert!(!timed.site.engine.clock_state().unwrap().behind);
}

#[test]
fn after_one_wrong_jump_forward_an_administrator_believes_the_clock_again_and_the_log_has_both_times() {
    let mut timed = timed();
    timed.set(EMPTY_BATTERY, 1);
    timed.touch();
    timed.set("2026-04-01T12:00:02Z", 2);
    timed.touch();
    assert!(!timed.is_good("t01"));
    let state = timed.site.engine.acting_by(&timed.boss).believe_clock().unwrap();
    assert_eq!((state.behind, state.mark), (false, Some(time("2026-04-01T12:00:02Z"))));
    timed = timed.reopened();
    assert!(timed.is_good("t01"));
    let until = time("2026-04-01T17:00:00Z");
    let exception = FaceException { reason: "eye patch".to_owned(), until };
    timed.site.engine.acting_by(&timed.boss).set_face_exception("nurse01", Some(&exception)).unwrap();
    let accepted = "2090-01-01T00:00:00.000Z -> 2026-04-01T12:00:02.000Z".to_owned();
    let expected = [
        jump("forward", "2026-04-01T12:00:01Z", EMPTY_BATTERY),
        jump("back", "2090-01-01T00:00:01Z", "2026-04-01T12:00:02Z"),
        ("clock_accept".to_owned(), accepted, time("2026-04-01T12:00:02Z")),
    ];
    assert_eq!(timed.told(), expected);
    timed.set("2026-04-01T18:00:00Z", 21_600);
    assert!(!timed.is_good("t01"), "what ends still ends");
}

#[test]
fn believing_the_clock_takes_the_right_to_change_the_policy() {
    let mut timed = timed();
    let clerk = Profile { role: Some("registrar".to_owned()), ..Profile::named("Clerk") };
    timed.site.engine.acting().set_password("boss", &trial::secret("Kobe-4711-harbour"), false).unwrap();
    let added = timed.site.engine.store.write(|store| store.add_person("clerk", &clerk, Timestamp::now()));
    added.unwrap();
    timed.set(EMPTY_BATTERY, 1);
    timed.touch();
    timed.set("2026-04-01T12:00:02Z", 2);
    let clerk = trial::grant(&mut timed.site.engine, "clerk", Purpose::Admin, None);
    let refused = timed.site.engine.acting_by(&clerk).believe_clock().unwrap_err();
    assert_eq!(refused.code(), "no_right");
    timed.site.engine.acting_by(&timed.boss).people().unwrap();
    let unnamed = timed.site.engine.acting().believe_clock().unwrap_err();
    assert_eq!(unnamed.code(), "no_right");
    assert!(timed.site.engine.clock_state().unwrap().behind);
    let log = timed.site.engine.store.log(0, 1000).unwrap();
    let refusals = log.iter().filter(|record| {
        (record.entry.operation, record.entry.outcome) == (Operation::ClockAccept, Outcome::Refused)
    });
    assert_eq!(refusals.count(), 2);
}

#[test]
fn an_administrator_who_keeps_hours_is_not_the_one_who_must_stay() {
    let Timed { mut site, boss } = timed();
    site.engine.acting_by(&boss).set_password("boss", &trial::secret("Kobe-4711-harbour"), false).unwrap();
    let keeps_hours = crate::policy::STANDARD.replacen(
        "[roles.registrar]",
        "[roles.second]\nhours = \"day\"\nrights = [\"people\", \"policy\", \"passwords\"]\n\
         [hours.day]\nevery_day = [\"00:00-24:00\"]\n[roles.registrar]",
        1,
    );
    site.engine.acting_by(&boss).set_policy(&keeps_hours).unwrap();
    let second = Profile { role: Some("second".to_owned()), ..Profile::named("Second") };
    site.engine.acting_by(&boss).add_person("second", &second).unwrap();
    site.engine.acting_by(&boss).set_password("second", &trial::secret("Nara-1868-temple!"), false).unwrap();
    let second = trial::grant(&mut site.engine, "second", Purpose::Admin, None);
    let refused = site.engine.acting_by(&second).retire_person("boss").unwrap_err();
    assert_eq!(refused.code(), "last_administrator");
}
