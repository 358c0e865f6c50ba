//! Whatever happens at one terminal, the other comes to have what passes, and nothing else; and so does a third after it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::store::{PersonStatus, Stop};

/// What an administrator does to one of four people.
#[derive(Debug, Clone)]
enum Act {
    Add(u8),
    Move(u8, &'static str),
    Status(u8, PersonStatus),
    Bind(u8),
    Stop(u8, Stop),
    Enrol(u8, u8),
    Remove(u8),
    Retire(u8),
    Renew,
    Send,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = 0..4_u8;
    let act = prop_oneof![
        4 => who.clone().prop_map(Act::Add),
        2 => (who.clone(), prop::sample::select(vec!["er-1", "er-2", "icu"])).prop_map(|(who, ward)| Act::Move(who, ward)),
        1 => (who.clone(), prop::sample::select(vec![PersonStatus::Active, PersonStatus::OnLeave])).prop_map(|(who, status)| Act::Status(who, status)),
        3 => who.clone().prop_map(Act::Bind),
        1 => (who.clone(), prop::sample::select(vec![Stop::Lost, Stop::Returned])).prop_map(|(who, stop)| Act::Stop(who, stop)),
        2 => (who.clone(), 0..16_u8).prop_map(|(who, direction)| Act::Enrol(who, direction)),
        1 => who.clone().prop_map(Act::Remove),
        1 => who.prop_map(Act::Retire),
        1 => Just(Act::Renew),
        4 => Just(Act::Send),
    ];
    prop::collection::vec(act, 8..30)
}

/// Does it as far as it can be done.
fn act(ward: &mut Terminal, act: &Act) {
    let id = |who: &u8| format!("nurse{who}");
    let enrolled = |ward: &Terminal, who: &u8| {
        ward.engine.store.person(&id(who)).unwrap().is_some_and(|found| found.status != PersonStatus::Retired)
    };
    let card = |ward: &Terminal, who: &u8| {
        ward.engine.store.cards(Some(&id(who))).unwrap().into_iter().next().map(|card| card.handle)
    };
    match act {
        Act::Add(who) => drop(ward.acting().add_person(&id(who), &in_ward("er-1"))),
        Act::Move(who, name) => drop(ward.acting().change_person(&id(who), &in_ward(name))),
        Act::Status(who, status) => drop(ward.acting().set_status(&id(who), *status)),
        Act::Bind(who) => {
            let new = NewCard::labelled("badge", ward.now());
            drop(ward.acting().bind_card(&id(who), &card_of(&id(who)), &new));
        }
        Act::Stop(who, stop) => {
            if let Some(handle) = card(ward, who) {
                drop(ward.acting().stop_card(&handle, *stop));
            }
        }
        Act::Enrol(who, direction) if enrolled(ward, who) => ward.enrol(&id(who), usize::from(*direction)),
        Act::Remove(who) => drop(ward.acting().remove_person(&id(who))),
        Act::Retire(who) => drop(ward.acting().retire_person(&id(who))),
        Act::Renew => drop(ward.acting().renew_rotation(&mut |_, _| {}).unwrap()),
        Act::Enrol(..) | Act::Send => {}
    }
}

fn in_ward(name: &str) -> Profile {
    Profile { wards: vec![name.to_owned()], ..Profile::named("A nurse") }
}

fn send(from: &mut Terminal, to: &mut Terminal) -> BTreeMap<RecordKey, Digest> {
    let (_, file) = from.export(to, None).unwrap();
    let carried = to.opened(from, &file);
    to.import(&file).unwrap();
    let gone = |(key, digest): &(RecordKey, Digest)| Record::Gone(key.clone()).digest() != *digest;
    carried.into_iter().filter(gone).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn after_any_history_a_peer_has_what_passes_and_hands_the_same_on(acts in acts()) {
        let (mut ward, mut er) = two();
        let mut third = terminal("third");
        pair(&er, &third, &scope(&["*"], &["*"], false, false));
        for (minute, one) in (1..).zip(acts.iter().chain([&Act::Send])) {
            [&mut ward, &mut er, &mut third].into_iter().for_each(|terminal| terminal.set_clock(minute));
            act(&mut ward, one);
            if !matches!(one, Act::Send) {
                continue;
            }
            let sent = send(&mut ward, &mut er);
            let passes = |person: &crate::store::Person| {
                person.status != PersonStatus::Retired && person.profile.wards[0].starts_with("er-")
            };
            let there: Vec<_> = ward.engine.store.people().unwrap().into_iter().filter(|person| passes(person)).collect();
            prop_assert_eq!(&er.engine.store.people().unwrap(), &there);
            for person in &there {
                let cards = |of: &Terminal| of.engine.store.cards(Some(&person.id)).unwrap();
                prop_assert_eq!(cards(&er), cards(&ward));
                let has_face = |of: &Terminal| of.engine.store.has_template(&person.id).unwrap();
                prop_assert_eq!(has_face(&er), has_face(&ward));
                for direction in 0..LENGTH {
                    if has_face(&er) {
                        let change = er.score(&person.id, direction) - ward.score(&person.id, direction);
                        prop_assert!(change.abs() < 1e-4, "{change}");
                    }
                }
            }
            prop_assert_eq!(send(&mut er, &mut third), sent);
        }
    }
}
