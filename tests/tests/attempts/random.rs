//! Whatever people, administrators and hosts do, in whatever order: nobody is let in without every factor, no grant comes
//! back after it ended, and failures are forgiven by a secret that was judged right, or by a right, and by nothing else.

use std::collections::BTreeSet;

use mabataki_engine::engine::{AttemptRequest, Cards, Engine, Grant, LockoutOf};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::session::{Outcome, Verdict, Why};
use mabataki_engine::store::{PersonStatus, Stop};
use proptest::prelude::*;

use super::ward::{PASSWORD, Ward, card, config, secret};

/// What the policy of these tests allows in a row; its wait is longer than any run.
const ALLOWED: u32 = 5;

/// A card that nobody has.
const STRANGE: u8 = 9;

#[derive(Debug, Clone)]
enum Act {
    Try { card: u8, password: Option<&'static str>, purpose: Purpose, ends: Ends },
    LogOff(usize),
    SetStatus(u8, PersonStatus),
    LoseCard(u8),
    RestoreCard(u8),
    Forgive(u8),
    Restart,
}

/// How an attempt ends.
#[derive(Debug, Clone, Copy)]
enum Ends {
    ByItself,
    /// Called off after so many steps.
    Cancelled(usize),
    /// The host crashes after so many steps.
    Dropped(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let nurse = || 1..=2u8;
    let card = prop_oneof![9 => nurse(), 1 => Just(STRANGE)];
    let password = prop_oneof![6 => Just(Some(PASSWORD)), 3 => Just(Some("wrong")), 1 => Just(None)];
    let purpose = prop::sample::select(vec![Purpose::Login, Purpose::Unlock, Purpose::Switch]);
    let ends = prop_oneof![
        8 => Just(Ends::ByItself),
        1 => (0..4usize).prop_map(Ends::Cancelled),
        1 => (0..4usize).prop_map(Ends::Dropped),
    ];
    let tries = (card, password, purpose, ends).prop_map(|(card, password, purpose, ends)| Act::Try {
        card,
        password,
        purpose,
        ends,
    });
    let status = prop::sample::select(vec![
        PersonStatus::Active,
        PersonStatus::Active,
        PersonStatus::Disabled,
        PersonStatus::OnLeave,
    ]);
    prop_oneof![
        12 => tries,
        2 => (0..8usize).prop_map(Act::LogOff),
        2 => (nurse(), status).prop_map(|(nurse, status)| Act::SetStatus(nurse, status)),
        1 => nurse().prop_map(Act::LoseCard),
        2 => nurse().prop_map(Act::RestoreCard),
        1 => nurse().prop_map(Act::Forgive),
        1 => Just(Act::Restart),
    ]
}

/// The ward, and what must be so in it.
struct Model {
    ward: Ward,
    active: [bool; 2],
    card_good: [bool; 2],
    grants: Vec<Held>,
}

struct Held {
    nurse: u8,
    /// `None` once the host gave it up for another.
    grant: Option<Grant>,
    session: String,
    live: bool,
}

impl Model {
    fn new() -> Model {
        let ward = Ward::with_policy(|policy| {
            policy.replacen(r#"delay = "30 s""#, r#"delay = "15 min""#, 1).replacen(
                "terminal_failures = 5 ",
                "terminal_failures = 1000 ",
                1,
            )
        });
        Model { ward, active: [true; 2], card_good: [true; 2], grants: Vec::new() }
    }

    fn failures(&mut self) -> [u32; 2] {
        let lockouts = self.ward.engine.acting().lockouts().unwrap();
        [1, 2].map(|nurse| {
            let of = |one: &&mabataki_engine::engine::Lockout| one.person == Some(id(nurse));
            lockouts.iter().filter(of).map(|one| one.failures).sum()
        })
    }

    fn end_where(&mut self, which: impl Fn(&Held) -> bool) {
        self.grants.iter_mut().filter(|held| which(held)).for_each(|held| held.live = false);
    }

    fn carry_out(&mut self, act: Act) {
        let before = self.failures();
        let mut forgiven = None;
        match act {
            Act::Try { card, password, purpose, ends } => {
                if self.try_to_get_in(card, password, purpose, ends, before) {
                    forgiven = Some(card);
                }
            }
            Act::LogOff(which) => {
                if let Some(Held { grant: Some(grant), live, .. }) = self.grants.get_mut(which) {
                    self.ward.engine.end_grant(grant, Ending::LoggedOff).unwrap();
                    *live = false;
                }
            }
            Act::SetStatus(nurse, status) => {
                self.ward.engine.acting().set_status(&id(nurse), status).unwrap();
                self.active[slot(nurse)] = status == PersonStatus::Active;
                if status != PersonStatus::Active {
                    self.end_where(|held| held.nurse == nurse);
                }
            }
            Act::LoseCard(nurse) => {
                let handle = self.handle(nurse);
                self.ward.engine.acting().stop_card(&handle, Stop::Lost).unwrap();
                self.card_good[slot(nurse)] = false;
                self.end_where(|held| held.nurse == nurse);
            }
            Act::RestoreCard(nurse) => {
                let handle = self.handle(nurse);
                self.ward.engine.acting().restore_card(&handle).unwrap();
                self.card_good[slot(nurse)] = true;
            }
            Act::Forgive(nurse) => {
                self.ward.engine.acting().clear_lockout(LockoutOf::Person(&id(nurse)), None).unwrap();
                forgiven = Some(nurse);
            }
            Act::Restart => {
                let again = Engine::open(config(&self.ward.folder)).unwrap();
                self.ward.engine = again;
            }
        }
        let after = self.failures();
        for nurse in [1, 2] {
            let (before, after) = (before[slot(nurse)], after[slot(nurse)]);
            assert!(after >= before || forgiven == Some(nurse), "{after} failures of {nurse} after {before}");
        }
        self.compare_grants();
    }

    /// Whether the person's right password was judged, whatever came of the attempt.
    fn try_to_get_in(
        &mut self,
        number: u8,
        password: Option<&str>,
        purpose: Purpose,
        ends: Ends,
        before: [u32; 2],
    ) -> bool {
        let known = number != STRANGE;
        let open = known && before[slot(number)] < ALLOWED;
        let replaced = match purpose {
            Purpose::Switch => self.grants.iter_mut().rev().find(|held| held.live && held.grant.is_some()),
            _ => None,
        };
        let replaced_session = replaced.as_ref().map(|held| held.session.clone());
        let request = AttemptRequest {
            cards: Some(Cards::Claimed(Ok(card(number)))),
            secrets: Factors::of(&[Factor::Password]),
            replaces: replaced.and_then(|held| held.grant.take()),
            ..AttemptRequest::new(purpose)
        };
        let (verdict, grant) = run(&mut self.ward.engine, request, password, ends);
        let outcome = verdict.as_ref().map(|verdict| verdict.outcome);
        let why = verdict.map(|verdict| verdict.why);

        let by_itself = matches!(ends, Ends::ByItself);
        let right = password == Some(PASSWORD);
        let good = open && self.active[slot(number)] && self.card_good[slot(number)];
        assert_eq!(grant.is_some(), outcome == Some(Outcome::Granted));
        assert!(outcome != Some(Outcome::Granted) || (good && right), "let in without every factor");
        if by_itself {
            assert_eq!(outcome == Some(Outcome::Granted), good && right, "refused with every factor");
        }
        if by_itself && open && password.is_some() && !right {
            assert_eq!(self.failures()[slot(number)], before[slot(number)] + 1, "a free try");
        }
        let judged = known && right && why.is_some_and(|why| !matches!(why, Why::Cancelled | Why::LockedOut));
        if judged {
            assert_eq!(self.failures()[slot(number)], 0, "a right password was not forgiven");
        }
        let Some(grant) = grant else { return judged };
        self.end_where(|held| Some(&held.session) == replaced_session.as_ref());
        if matches!(purpose, Purpose::Unlock | Purpose::Switch) {
            self.end_where(|held| held.nurse != number);
        }
        let session = grant.session().to_owned();
        self.grants.push(Held { nurse: number, grant: Some(grant), session, live: true });
        judged
    }

    fn handle(&mut self, nurse: u8) -> mabataki_engine::store::CardHandle {
        self.ward.engine.acting().cards(Some(&id(nurse))).unwrap()[0].handle.clone()
    }

    fn compare_grants(&mut self) {
        let listed = self.ward.engine.acting().grants().unwrap();
        let listed: BTreeSet<String> = listed.into_iter().map(|live| live.session).collect();
        let live: BTreeSet<String> =
            self.grants.iter().filter(|held| held.live).map(|held| held.session.clone()).collect();
        assert_eq!(listed, live);
        for held in &self.grants {
            if let Some(grant) = &held.grant {
                assert_eq!(self.ward.engine.examine(grant).is_ok(), held.live, "{}", held.nurse);
            }
        }
    }
}

/// The verdict, if there was one, and the grant.
fn run(
    engine: &mut Engine,
    request: AttemptRequest,
    password: Option<&str>,
    ends: Ends,
) -> (Option<Verdict>, Option<Grant>) {
    let mut attempt = engine.authenticate(request).unwrap();
    let mut end = None;
    let mut steps = 0;
    if let Some(password) = password {
        attempt.give_password(secret(password)).unwrap();
    }
    loop {
        match ends {
            Ends::Cancelled(after) if steps == after => attempt.cancel().unwrap(),
            Ends::Dropped(after) if steps == after => break,
            // Nobody will type anything any more.
            Ends::ByItself if password.is_none() && steps == 3 => attempt.cancel().unwrap(),
            _ => {}
        }
        steps += 1;
        match attempt.next_step().unwrap() {
            Some(mabataki_engine::engine::Step::Done(verdict)) => end = Some(verdict),
            Some(_) => {}
            None => break,
        }
    }
    let grant = attempt.take_grant();
    (end, grant)
}

fn id(nurse: u8) -> String {
    format!("nurse0{nurse}")
}

fn slot(nurse: u8) -> usize {
    usize::from(nurse) - 1
}

proptest! {
    // Each try costs a password hash, which is slow on purpose.
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_gets_in_without_every_factor_no_ended_grant_comes_back_and_no_failure_is_forgotten(
        acts in prop::collection::vec(act(), 1..30)
    ) {
        let mut model = Model::new();
        for act in acts {
            model.carry_out(act);
        }
    }
}
