//! Whatever is fed in, in whatever order: no grant without every factor of an open combination, no grant after an end, one
//! verdict, the truth about what is missing, and the same for those whom nobody knows.

use proptest::prelude::*;

use super::*;
use crate::card::Unusable;

const SECRETS: [Factor; 5] =
    [Factor::Password, Factor::HostPassword, Factor::Pin, Factor::StoreKey, Factor::EmergencyCode];

#[derive(Debug, Clone)]
enum Step {
    Tap,
    RandomTap,
    Untap,
    Claim(&'static str),
    Secret(Factor),
    Unavailable(Factor),
    Show {
        direction: usize,
        track: u64,
        closed: bool,
        masked: bool,
        frames: u32,
    },
    /// Comes, and blinks.
    Blink,
    Nobody(u32),
    Lost(Device),
    Back(Device),
    Choose(usize),
    Wait(u64),
    Cancel,
    Stray(usize),
}

/// A step; `blinks` says whether the eyes may ever shut.
fn step(blinks: bool) -> impl Strategy<Value = Step> {
    let direction = prop_oneof![6 => Just(0), 1 => 1..3usize];
    let track = prop_oneof![9 => Just(1), 1 => 0..3u64];
    let device = prop_oneof![Just(Device::Camera), Just(Device::Reader)];
    let secret = || prop::sample::select(SECRETS.to_vec());
    let show = (direction, track, prop::bool::weighted(0.3), prop::bool::weighted(0.1), 1..70u32).prop_map(
        move |(direction, track, closed, masked, frames)| Step::Show {
            direction,
            track,
            closed: closed && blinks,
            masked,
            frames,
        },
    );
    prop_oneof![
        5 => Just(Step::Tap),
        1 => Just(Step::RandomTap),
        1 => Just(Step::Untap),
        3 => prop_oneof![6 => Just("nurse01"), 1 => Just("clerk02")].prop_map(Step::Claim),
        6 => secret().prop_map(Step::Secret),
        1 => secret().prop_map(Step::Unavailable),
        8 => show,
        8 => Just(if blinks { Step::Blink } else { Step::Tap }),
        2 => (1..40u32).prop_map(Step::Nobody),
        1 => device.clone().prop_map(Step::Lost),
        1 => device.prop_map(Step::Back),
        1 => (0..4usize).prop_map(Step::Choose),
        2 => (0..4000u64).prop_map(Step::Wait),
        1 => Just(Step::Cancel),
        2 => (0..3usize).prop_map(Step::Stray),
    ]
}

fn combination() -> impl Strategy<Value = Factors> {
    prop::sample::select(vec![
        "card+face",
        "card+password",
        "face+password",
        "card+face+password",
        "card+pin",
        "card+host_password",
        "password+pin",
        "emergency_code",
        "face+password+store_key",
    ])
    .prop_map(set)
}

fn rules() -> impl Strategy<Value = Policy> {
    let fallback = (
        prop::collection::vec(prop::sample::select(Cause::ALL.to_vec()), 1..3),
        prop::collection::vec(combination(), 1..3),
    );
    let fallback = fallback.prop_map(|(when, combinations)| Fallback { when, combinations });
    let parts = (
        prop::collection::vec(combination(), 1..4),
        prop::collection::vec(fallback, 0..3),
        prop::bool::weighted(0.2),
    );
    parts.prop_map(|(combinations, fallbacks, card_stays)| Policy {
        combinations,
        fallbacks,
        card_stays,
        ..Policy::ordinary()
    })
}

/// What is so, whatever is done.
#[derive(Debug, Clone)]
struct World {
    rules: Policy,
    person: Option<Subject>,
    right: Factors,
    locked: Factors,
    slowed: Duration,
}

fn world() -> impl Strategy<Value = World> {
    let some = |share| prop::collection::vec(prop::bool::weighted(share), Factor::ALL.len());
    let chosen = |bits: Vec<bool>| {
        Factor::ALL.iter().zip(bits).filter_map(|(factor, chosen)| chosen.then_some(*factor)).collect()
    };
    let person = (prop::bool::weighted(0.9), prop::bool::weighted(0.15))
        .prop_map(|(known, exception)| known.then(|| Subject { exception, ..nurse(0) }));
    (rules(), person, some(0.8), some(0.1), prop_oneof![3 => Just(0), 1 => 0..6000u64]).prop_map(
        move |(rules, person, right, locked, slowed)| World {
            rules,
            person,
            right: chosen(right),
            locked: chosen(locked),
            slowed: Duration::from_millis(slowed),
        },
    )
}

impl World {
    fn drive(&self) -> Drive {
        let mut drive = Drive::new(self.person.clone(), under(self.rules.clone()));
        (drive.right, drive.locked, drive.slowed) = (self.right, self.locked, self.slowed);
        drive
    }
}

/// What was truly given so far, told by whoever fed it in.
#[derive(Debug, Default)]
struct Given {
    tapped: bool,
    claimed: Option<&'static str>,
    secrets: Factors,
    unavailable: Factors,
    lost: Vec<Device>,
    shown: Vec<(usize, u64, bool)>,
}

impl Given {
    /// Whether what was shown holds her open eyes and closed eyes, both on one unbroken track.
    fn holds_her_blink(&self) -> bool {
        self.shown.chunk_by(|a, b| a.1 == b.1).any(|track| {
            track.iter().any(|&(direction, _, closed)| direction == 0 && !closed)
                && track.iter().any(|&(_, _, closed)| closed)
        })
    }

    fn holds(&self, factor: Factor) -> bool {
        match factor {
            Factor::Card => self.tapped,
            Factor::Face => self.holds_her_blink(),
            secret => self.secrets.contains(secret) && !self.unavailable.contains(secret),
        }
    }
}

/// Takes a step, as long as there is no verdict, and writes down what it gave.
fn take(drive: &mut Drive, given: &mut Given, step: &Step) {
    if drive.verdict.is_some() {
        return;
    }
    match step {
        Step::Tap => {
            given.tapped = true;
            drive.tap();
        }
        Step::RandomTap => drive.input(Input::CardSeen(Err(Unusable::RandomIdentifier))),
        Step::Untap => drive.input(Input::CardGone),
        Step::Claim(id) => {
            given.claimed.get_or_insert(id);
            drive.claim(id);
        }
        Step::Secret(factor) => {
            given.secrets = given.secrets.with(*factor);
            drive.type_in(*factor);
        }
        Step::Unavailable(factor) => {
            given.unavailable = given.unavailable.with(*factor);
            drive.input(Input::Unavailable(*factor));
        }
        Step::Show { direction, track, closed, masked, frames } => {
            given.shown.push((*direction, *track, *closed));
            let mask = Some(if *masked { 0.9 } else { 0.1 });
            let person = Person { direction: *direction, track: *track, mask, ..HER };
            drive.show(person, f32::from(u8::from(*closed)), *frames);
        }
        Step::Blink => {
            given.shown.extend([(0, 1, false), (0, 1, true)]);
            drive.show_face(HER);
        }
        Step::Nobody(frames) => drive.show_nobody(*frames),
        Step::Lost(device) => {
            given.lost.push(*device);
            drive.input(Input::DeviceLost(*device));
        }
        Step::Back(device) => {
            given.lost.retain(|lost| lost != device);
            drive.input(Input::DeviceBack(*device));
        }
        Step::Choose(index) => {
            drive.carry_out();
            let needs = drive.needs.last().cloned().unwrap_or_default();
            let choice = needs.get(*index).map_or(Factors::NONE, |need| need.factors);
            drive.input(Input::Choose(choice));
        }
        Step::Wait(ms) => drive.wait(Duration::from_millis(*ms)),
        Step::Cancel => drive.input(Input::Cancel),
        Step::Stray(0) => drive.input(Input::Verified(Verified::Right)),
        Step::Stray(1) => drive.input(Input::Reserved(Ok(Duration::ZERO))),
        Step::Stray(_) => drive.input(Input::Found(vec![nurse(0)])),
    }
}

/// Whether a combination is the policy's, or stands in for a cause to which the attempt turned.
fn is_open(rules: &Policy, combination: Factors, seen: &[String]) -> bool {
    open(rules, seen).any(|open| open == combination)
}

/// The policy's combinations and those that stand in, in the order of the policy.
fn open<'a>(rules: &'a Policy, seen: &'a [String]) -> impl Iterator<Item = Factors> + 'a {
    let turned = |cause: &Cause| seen.contains(&format!("turn {cause}"));
    let opened = rules.fallbacks.iter().filter(move |fallback| fallback.when.iter().any(turned));
    let stand_ins = opened.flat_map(|fallback| &fallback.combinations);
    rules.combinations.iter().chain(stand_ins).copied()
}

/// What is missing of each combination, worked out anew from everything that was fed in, with no face ever complete.
fn truly_missing(world: &World, given: &Given, seen: &[String]) -> Vec<Need> {
    let has = |factor: Factor| factor != Factor::Face && given.holds(factor);
    let excused = given.tapped || given.claimed.is_some();
    let excused = excused && world.person.as_ref().is_some_and(|person| person.exception);
    let no_reader = given.lost.contains(&Device::Reader);
    let cannot = |factor: Factor| match factor {
        Factor::Card => no_reader && !given.tapped,
        Factor::Face => excused || given.lost.contains(&Device::Camera),
        Factor::Pin => no_reader || given.unavailable.contains(factor),
        secret => given.unavailable.contains(secret),
    };
    let mut needs = Vec::new();
    for combination in open(&world.rules, seen) {
        let factors: Factors = combination.iter().filter(|factor| !has(*factor)).collect();
        let identified = given.tapped || given.claimed.is_some();
        let need = Need { factors, claim: !identified && !combination.contains(Factor::Card) };
        if !combination.iter().any(cannot) && !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_let_in_without_every_factor_of_an_open_combination_each_counted_before(
        world in world(),
        steps in prop::collection::vec(step(true), 0..30),
    ) {
        let mut drive = world.drive();
        let mut given = Given::default();
        for step in &steps {
            take(&mut drive, &mut given, step);
        }
        let counted = drive.counted.iter().map(|(_, factors)| *factors);
        let once = counted.clone().map(|factors| factors.iter().count()).sum::<usize>();
        let counted = counted.fold(Factors::NONE, Factors::union);
        // A factor that turned out to be locked closes: it is asked about once, like any other.
        prop_assert!(once <= counted.iter().count() + world.locked.iter().count());
        let Some(verdict) = drive.verdict.filter(|verdict| verdict.judgement == Outcome::Granted) else {
            return Ok(());
        };
        prop_assert!(is_open(&world.rules, verdict.factors, &drive.seen), "{:?}", verdict);
        prop_assert!(world.person.is_some() && (given.tapped || given.claimed == Some("nurse01")));
        prop_assert!(given.claimed.is_none_or(|claimed| claimed == "nurse01"));
        for factor in verdict.factors.iter() {
            prop_assert!(given.holds(factor), "{factor} of {:?}", verdict);
            prop_assert!(!world.locked.contains(factor) || matches!(factor, Factor::Card | Factor::StoreKey));
            if !matches!(factor, Factor::Card | Factor::Face | Factor::HostPassword) {
                prop_assert!(world.right.contains(factor));
            }
            if !matches!(factor, Factor::Card | Factor::StoreKey) {
                prop_assert!(counted.contains(factor));
            }
        }
        prop_assert_eq!(verdict.provisional, verdict.factors.contains(Factor::HostPassword));
        prop_assert!(verdict.factors.contains_all(verdict.succeeded) && counted.contains_all(verdict.succeeded));
    }

    #[test]
    fn an_ending_event_ends_it_and_never_with_a_grant(
        world in world(),
        before in prop::collection::vec(step(true), 0..12),
        after in prop::collection::vec(step(true), 0..8),
        end in 0..3usize,
    ) {
        let mut drive = world.drive();
        let mut given = Given::default();
        for step in &before {
            take(&mut drive, &mut given, step);
        }
        prop_assume!(drive.verdict.is_none());
        let is_end = match end {
            0 => { drive.input(Input::Cancel); true }
            1 => { drive.input(Input::CardGone); world.rules.card_stays && given.tapped }
            _ => {
                drive.input(Input::Tick);
                drive.now += world.rules.timeout + world.slowed;
                drive.show_nobody(1);
                // What was complete before the time was up is judged, once the wait of a slowed terminal is over.
                drive.verdict.as_ref().is_none_or(|verdict| verdict.judgement != Outcome::Granted)
            }
        };
        if is_end {
            let ended = drive.verdict.clone();
            prop_assert!(ended.as_ref().is_some_and(|verdict| verdict.judgement != Outcome::Granted), "{ended:?}");
            for step in &after {
                take(&mut drive, &mut given, step);
            }
            prop_assert_eq!(drive.verdict, ended);
        }
    }

    #[test]
    fn what_is_said_to_be_needed_is_what_is_truly_missing(
        world in world(),
        steps in prop::collection::vec(step(false), 0..15),
    ) {
        let world = World { locked: Factors::NONE, ..world };
        let mut drive = world.drive();
        let mut given = Given::default();
        drive.carry_out();
        for step in steps.iter().filter(|step| !matches!(step, Step::Choose(_))) {
            take(&mut drive, &mut given, step);
            if drive.verdict.is_some() {
                break;
            }
            let missing = truly_missing(&world, &given, &drive.seen);
            if missing.iter().all(|need| need.claim || !need.factors.is_empty()) {
                prop_assert_eq!(drive.needs.last(), Some(&missing), "after {:?}", step);
            }
        }
    }

    #[test]
    fn whoever_nobody_knows_sees_what_the_known_see_until_the_verdict(
        world in world(),
        steps in prop::collection::vec(step(true), 0..25),
        kind in 0..4usize,
    ) {
        let subject = match kind {
            0 => nurse(0),
            1 => Subject { standing: Standing::Disabled, ..nurse(0) },
            2 => Subject { template: None, ..nurse(0) },
            _ => Subject { id: "clerk02".to_owned(), standing: Standing::CardRevoked, ..nurse(2) },
        };
        let of = |person| World { person, locked: Factors::NONE, ..world.clone() }.drive();
        let (mut known, mut unknown) = (of(Some(subject)), of(None));
        for step in &steps {
            take(&mut known, &mut Given::default(), step);
            take(&mut unknown, &mut Given::default(), step);
            prop_assert_eq!(&known.seen, &unknown.seen);
            prop_assert_eq!(&known.asked, &unknown.asked);
            prop_assert_eq!(&known.needs, &unknown.needs);
            prop_assert_eq!(known.verdict.is_some(), unknown.verdict.is_some());
        }
        if let (Some(known), Some(unknown)) = (known.verdict, unknown.verdict) {
            prop_assert_eq!(known.took, unknown.took);
            prop_assert_ne!(unknown.judgement, Outcome::Granted);
        }
    }
}
