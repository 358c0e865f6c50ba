//! What the manual shows can be typed in as it stands.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use mabataki_engine::card::FelicaBlock;
use mabataki_engine::policy::{CardWay, Purpose, Rulebook, STANDARD, Stage, TRIAL};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The TOML shown in a page, block by block.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let blocks = text.split("```toml\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// A whole file as it is; tables to be added, at the end of the standard policy.
fn parsed(block: &str) -> Rulebook {
    let text = if block.starts_with("format = ") { block.to_owned() } else { format!("{STANDARD}\n{block}") };
    Rulebook::parse(&text).unwrap_or_else(|faults| panic!("{block}\n{faults}"))
}

#[test]
fn every_policy_in_the_manual_has_no_fault() {
    let mut blocks = blocks("docs/manual/policy.md");
    assert_eq!(blocks.len(), 8);
    blocks.extend(self::blocks("docs/manual/cards.md"));
    blocks.extend(self::blocks("docs/manual/cameras.md"));
    assert_eq!(blocks.len(), 10);
    assert_eq!(blocks.iter().filter(|block| block.starts_with("format = ")).count(), 2);
    for block in &blocks {
        parsed(block);
    }
}

#[test]
fn the_example_of_a_terminal_without_bundles_has_no_fault() {
    let blocks = blocks("docs/manual/terminals.md");
    // The standard policy has the table already; that for trials has not.
    let rules = Rulebook::parse(&format!("{TRIAL}\n{}", blocks[0])).unwrap();
    assert_eq!(blocks.len(), 1);
    assert_eq!((rules.sync().from.len(), rules.sync().offline_policies.len()), (1, 1));
}

#[test]
fn the_examples_in_the_manual_do_what_is_said_of_them() {
    let blocks = [blocks("docs/manual/policy.md"), blocks("docs/manual/cards.md")].concat();
    let find = |mark: &str| parsed(blocks.iter().find(|block| block.contains(mark)).unwrap());

    let stages = find("[groups.volunteers]");
    let stage = |terminal: &str| stages.policy(Purpose::Login, terminal).unwrap().stage;
    assert_eq!(
        ["ward3-pc1", "ward3-pc9", "ward2-pc1", "lab-1"].map(stage),
        [Stage::Enforce, Stage::Offer, Stage::Observe, Stage::Enforce]
    );

    let hospital = find("[roles.emergency_team]");
    assert!(hospital.policy(Purpose::Admin, "ward3-pc1").is_err());
    assert!(hospital.policy(Purpose::Admin, "desk-1").is_ok());
    assert!(hospital.policy(Purpose::Switch, "er-1").unwrap().department_cards);
    assert!(hospital.enrolment("desk-2").is_some() && hospital.enrolment("er-1").is_none());

    let clinic = find("[roles.reception]");
    let login = clinic.policy(Purpose::Login, "front").unwrap();
    assert!(login.applications.fits("charts") && !login.applications.fits("prescriptions"));

    let collector = find("[log.syslog]").log().outlets();
    assert_eq!(collector[0].destination(), "tls:logs.hospital.example:6514");

    let cards = find("[cards.felica_number]");
    assert_eq!(cards.cards().accept, [CardWay::Desfire, CardWay::FelicaNumber, CardWay::Identifier]);
    assert_eq!(
        (cards.cards().desfire.application, &cards.cards().felica),
        (0xF4_8120, &FelicaBlock::default())
    );

    let vendor = find("[roles.vendor]");
    assert!(vendor.policy(Purpose::Switch, "server-2").is_err());
    assert_eq!(vendor.group("server-2").camera.as_deref(), Some("Server Room Camera"));
}

#[test]
fn every_policy_that_fuzzing_begins_with_has_no_fault() {
    let seeds: Vec<PathBuf> =
        fs::read_dir(root().join("fuzz/seeds/policy")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(seeds.len(), 2);
    for seed in seeds {
        let text = fs::read_to_string(&seed).unwrap();
        Rulebook::parse(&text).unwrap_or_else(|faults| panic!("{}\n{faults}", seed.display()));
    }
}
