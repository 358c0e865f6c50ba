//! What a policy file without a fault says.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::date;
use pretty_assertions::assert_eq;

use super::{and, has_fault, own, parsed, with};
use crate::policy::rulebook::{NoPolicy, STANDARD, TRIAL};
use crate::policy::{Audience, Cause, Challenge, Factors, Purpose, Right, Stage};

#[test]
fn the_policies_that_come_with_the_product_have_no_fault() {
    for text in [STANDARD, TRIAL] {
        parsed(text);
    }
}

#[test]
fn the_standard_policy_asks_for_card_and_face_and_names_what_stands_in_for_them() {
    let book = parsed(STANDARD);
    let set = |text: &str| text.parse::<Factors>().unwrap();
    for purpose in [Purpose::Login, Purpose::Unlock, Purpose::Switch, Purpose::Application] {
        let policy = book.policy(purpose, "er-1").unwrap();
        assert_eq!(policy.combinations, [set("card+face")]);
        let stand_in = |cause: Cause| -> Vec<Factors> {
            let opened = policy.fallbacks.iter().filter(|fallback| fallback.when.contains(&cause));
            opened.flat_map(|fallback| fallback.combinations.clone()).collect()
        };
        for cause in Cause::ALL.iter().copied() {
            let expected = if cause == Cause::ReaderLost { "face+password" } else { "card+password" };
            assert_eq!(stand_in(cause), [set(expected)], "{cause}");
        }
        assert_eq!(
            (policy.fmr, policy.challenge, policy.stage, policy.remote, policy.department_cards),
            (1e-4, Challenge::Blink, Stage::Enforce, false, false)
        );
        assert!(!policy.applications.fits("charts"));
    }
    let admin = book.policy(Purpose::Admin, "er-1").unwrap();
    let admin: BTreeSet<Factors> = admin.combinations.into_iter().collect();
    assert_eq!(admin, ["card+face", "card+password", "face+password", "store_key+password"].map(set).into());
    let emergency = book.policy(Purpose::Emergency, "er-1").unwrap();
    assert_eq!(emergency.combinations, [set("emergency_code")]);
}

#[test]
fn what_is_left_out_has_the_value_that_the_standard_policy_spells_out() {
    let left_out = [
        "least_assurance =",
        "card_stays =",
        "department_cards =",
        "fmr =",
        "challenge =",
        "timeout = \"20 s\"",
        "grant_life = \"12 h\"",
        "applications =",
        "stage =",
        "remote =",
        "card_removal_ends =",
        "absence =",
        "camera_opens =",
        "camera_warm =",
        "host_frames =",
        "host_cards =",
        "failures",
        "delay =",
        "longest_",
        "stop =",
        "terminal_",
        "least_length",
        "remembered =",
        "change_at",
        "terminals = [\"*\"]  ",
        "samples =",
        "least_samples =",
        "timeout = \"60 s\"\nblink",
        "blink =",
        "card =",
        "approvers =",
        "pending =",
        "dormant_after",
        "from =",
        "warn_after",
        "max_offline_age",
        "offline_policies",
    ];
    let kept = |line: &&str| !left_out.iter().any(|key| line.starts_with(key));
    let short: Vec<&str> = STANDARD.lines().filter(kept).collect();
    assert!(short.len() + 25 < STANDARD.lines().count());
    assert_eq!(parsed(&short.join("\n")), parsed(STANDARD));
}

#[test]
fn a_trial_differs_only_in_enrolment_and_in_what_hosts_may_supply() {
    let (trial, standard) = (parsed(TRIAL), parsed(STANDARD));
    let enrolment = trial.enrolment("pc").unwrap();
    assert!(!enrolment.blink && !enrolment.card);
    let group = trial.group("pc");
    assert!(group.host_frames.fits("any") && group.host_cards.fits("any"));
    assert!(!standard.group("pc").host_frames.fits("any") && !standard.group("pc").host_cards.fits("any"));
    for purpose in Purpose::ALL.iter().copied() {
        assert_eq!(trial.policy(purpose, "pc"), standard.policy(purpose, "pc"));
    }
}

#[test]
fn a_role_has_the_rights_and_accounts_that_are_listed_and_everybody_else_those_of_others() {
    let book = parsed(&with(
        "[roles.others]",
        "[roles.nurse]\naccounts = [\"ward3\", \"er-*\"]\n[roles.others]\naccounts = [\"kiosk\"]",
    ));
    assert_eq!(book.rights(Some("inspector")).iter().collect::<Vec<_>>(), [Right::Log, Right::Export]);
    assert_eq!(book.rights(Some("administrator")).iter().count(), Right::ALL.len());
    for role in [None, Some("others"), Some("surgeon"), Some("nurse"), Some("Inspector")] {
        assert!(book.rights(role).is_empty());
    }
    assert!(book.accounts(Some("nurse")).fits("er-2") && !book.accounts(Some("nurse")).fits("kiosk"));
    assert!(book.accounts(None).fits("kiosk") && !book.accounts(Some("surgeon")).fits("ward3"));
}

#[test]
fn hours_are_those_of_the_wall_clock_and_a_shift_may_pass_midnight() {
    let nights = and(
        "[hours.nights]\nfriday = [\"20:00-07:30\"]\nweekdays = [\"09:00-09:01\"]\n[roles.temp]\nhours = \"nights\"",
    );
    let book = parsed(&nights);
    // 2026-11-20 was a Friday; Tokyo is nine hours ahead of UTC all the year.
    let in_hours = |day: i8, hour: i8, minute: i8| {
        let there = date(2026, 11, day).at(hour, minute, 0, 0).in_tz("Asia/Tokyo").unwrap();
        assert!(book.in_hours(None, there.timestamp()));
        book.in_hours(Some("temp"), there.timestamp())
    };
    assert_eq!(
        [(20, 19, 59), (20, 20, 0), (20, 23, 59), (21, 0, 0), (21, 7, 29), (21, 7, 30)]
            .map(|(d, h, m)| in_hours(d, h, m)),
        [false, true, true, true, true, false]
    );
    assert_eq!(
        [(19, 20, 0), (20, 7, 0), (20, 9, 0), (20, 9, 1), (21, 9, 0)].map(|(d, h, m)| in_hours(d, h, m)),
        [false, false, true, false, false]
    );
    has_fault(&and("[roles.temp]\nhours = \"days\" # HERE"), "hours \"days\" are not known");
    has_fault(&and("[hours.never] # HERE\n"), "expected hours such as");
    has_fault(&and("[hours.never] # HERE\nsunday = []"), "expected hours such as");
    has_fault(&and("[hours.never]\nsunday = \"08:00-09:00\" # HERE"), "expected a list in brackets");
    has_fault(&and("[hours.day]\nsunday = [\"25:00-26:00\"] # HERE"), "expected a time of the day such as");
}

#[test]
fn hours_follow_the_zone_through_summer_time() {
    let text = and("[hours.night]\nsaturday = [\"22:00-06:00\"]\n[roles.temp]\nhours = \"night\"")
        .replace("Asia/Tokyo", "Europe/Berlin");
    let book = parsed(&text);
    let in_hours = |utc: &str| book.in_hours(Some("temp"), utc.parse().unwrap());
    // On 2026-03-29 the clock goes from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.
    assert_eq!(
        ["2026-03-28T20:59:59Z", "2026-03-28T21:00:00Z", "2026-03-29T03:59:59Z", "2026-03-29T04:00:00Z"]
            .map(in_hours),
        [false, true, true, false]
    );
    assert_eq!(
        ["2026-10-24T19:59:59Z", "2026-10-24T20:00:00Z", "2026-10-25T04:59:59Z", "2026-10-25T05:00:00Z"]
            .map(in_hours),
        [false, true, true, false]
    );
}

#[test]
fn a_terminal_follows_the_group_whose_pattern_spells_out_most_of_its_name() {
    let book = parsed(&and(
        "[groups.wards]\nterminals = [\"ward*\"]\nstage = \"offer\"\ncamera = \"Ward Camera\"\n\
         [groups.three]\nterminals = [\"ward3-*\", \"er-1\"]\nstage = \"observe\"\nremote = true\nabsence = \"0 s\"\n\
         [groups.one]\nterminals = [\"ward3-pc7\"]\ncard_removal_ends = true\nhost_cards = [\"agent\", \"/opt/kiosk/*\"]",
    ));
    let group = |terminal: &str| book.group(terminal).name.clone();
    assert_eq!(
        ["ward3-pc7", "ward3-pc70", "ward31", "er-1", "er-10", ""].map(group),
        ["one", "three", "wards", "three", "all", "all"]
    );
    let policy = book.policy(Purpose::Login, "ward3-pc1").unwrap();
    assert_eq!((policy.stage, policy.remote), (Stage::Observe, true));
    assert_eq!(book.policy(Purpose::Login, "ward4").unwrap().stage, Stage::Offer);
    for purpose in [Purpose::Admin, Purpose::Enrolment] {
        for terminal in ["ward3-a", "ward4"] {
            assert_eq!(book.policy(purpose, terminal).unwrap().stage, Stage::Enforce, "{purpose} {terminal}");
        }
    }
    assert_eq!(book.group("ward4").camera.as_deref(), Some("Ward Camera"));
    assert_eq!(book.group("ward3-pc1").absence, None);
    assert_eq!(book.group("ward4").absence, Some(Duration::from_secs(60)));
    let one = book.group("ward3-pc7");
    assert!(
        one.card_removal_ends && one.host_cards.fits("/opt/kiosk/agent") && !one.host_cards.fits("agent2")
    );
    assert!(!one.host_frames.fits("agent"));
}

#[test]
fn a_host_chooses_only_among_the_policies_that_the_site_offers_for_the_purpose() {
    let text = own("combinations = [\"card+face+password\"]")
        .replace("login = \"ordinary\"", "login = [\"ordinary\", \"own\"]")
        .replace("# purposes = {", "purposes.switch = \"none\"\n#");
    let book = parsed(&text);
    assert_eq!(book.policy(Purpose::Login, "pc").unwrap().name, "ordinary");
    assert_eq!(book.named("own", Purpose::Login, "pc").unwrap().name, "own");
    for (name, purpose) in
        [("own", Purpose::Unlock), ("emergency", Purpose::Login), ("nothing", Purpose::Login)]
    {
        assert!(matches!(book.named(name, purpose, "pc"), Err(NoPolicy::Name { .. })));
    }
    let none = book.policy(Purpose::Switch, "pc").unwrap_err();
    assert_eq!(none.to_string(), "the policy lets nobody switch user at the terminals of group all");
    assert!(book.named("ordinary", Purpose::Switch, "pc").is_err());
    assert_eq!(
        book.named("emergency", Purpose::Login, "pc").unwrap_err().to_string(),
        "the policy \"emergency\" cannot be chosen to log in at the terminals of group all, expected one of ordinary, own"
    );
    has_fault(
        &with("login = \"ordinary\"", "login = \"ordinry\" # HERE"),
        "expected a policy that has a table",
    );
    has_fault(&with("login = \"ordinary\"", "login = [] # HERE"), "expected at least one policy");
    has_fault(
        &with("login = \"ordinary\"", "login = [\"ordinary\", \"none\"] # HERE"),
        "expected a policy that has a table",
    );
}

#[test]
fn a_password_lets_in_alone_only_where_a_policy_in_use_says_so() {
    assert!(!parsed(STANDARD).password_alone());
    let code = "combinations = [\"emergency_code\"]";
    for alone in ["password", "password+emergency_code"] {
        assert!(parsed(&with(code, &format!("combinations = [\"{alone}\"]"))).password_alone(), "{alone}");
    }
    assert!(!parsed(&with(code, "combinations = [\"card+password\"]")).password_alone());
}

#[test]
fn enrolment_and_assertions_are_had_only_where_they_are_listed() {
    let text = and("[[assertions]]\naudience = \"https://charts.example\"\n[[assertions]]\naudience = \"er\"\nlife = \"5 s\"\napplication = \"triage\"")
        .replace("terminals = [\"*\"]                         #", "terminals = [\"desk-*\"] #");
    let book = parsed(&text);
    assert!(book.enrolment("desk-1").is_some() && book.enrolment("er-1").is_none());
    let minute = Audience { life: Duration::from_secs(60), application: None };
    assert_eq!(book.audience("https://charts.example"), Some(&minute));
    let triage = Audience { life: Duration::from_secs(5), application: Some("triage".to_owned()) };
    assert_eq!(book.audience("er"), Some(&triage));
    assert_eq!(book.audience("charts"), None);
    has_fault(
        &and("[[assertions]]\naudience = \"er\"\n[[assertions]] # HERE\naudience = \"er\""),
        "stands there already",
    );
}
