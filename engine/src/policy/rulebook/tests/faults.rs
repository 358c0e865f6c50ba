//! What is wrong with a policy file, told by line.

use pretty_assertions::assert_eq;

use super::{and, has_fault, own, parsed, with};
use crate::policy::rulebook::{Faults, Rulebook, STANDARD};

#[test]
fn all_faults_are_told_at_once_by_line() {
    let text = with("failures = 5 ", "failures = 500 # 4\n#")
        .replace("stage = \"enforce\"", "stage = \"soon\" # 3\n#")
        .replace("fmr = 1e-4", "fmr = 1e-2 # 2\n#")
        .replace("[\"log\", \"export\"]", "[\"log\", \"exports\"] # 1");
    let faults = Rulebook::parse(&text).unwrap_err();
    let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    let marked = text
        .lines()
        .enumerate()
        .filter(|(_, line)| ["# 1", "# 2", "# 3", "# 4"].iter().any(|mark| line.ends_with(mark)));
    assert_eq!(lines, marked.map(|(index, _)| index + 1).collect::<Vec<_>>());
    assert_eq!(faults.to_string().lines().count(), 4);
}

#[test]
fn what_is_no_toml_is_told_by_line() {
    let faults = Rulebook::parse("format = 1\ntime_zone = \"Asia/Tokyo\nb = 1\n").unwrap_err();
    assert_eq!(faults.iter().next().unwrap().line, 2, "{faults}");
    let faults = Rulebook::parse("a = 1\na = 2\n").unwrap_err();
    assert_eq!(faults.to_string(), "line 2: duplicate key");
    let deep = format!("a = {}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert!(Rulebook::parse(&deep).unwrap_err().to_string().contains("recurs"));
}

#[test]
fn a_key_that_is_not_known_is_a_fault_in_every_table() {
    for header in [
        "[roles.administrator]",
        "[roles.others]",
        "[policies.ordinary]",
        "[purposes]",
        "[groups.all]",
        "[lockout]",
        "[passwords]",
        "[enrolment]",
        "[emergency]",
        "[people]",
        "[log]",
        "[sync]",
    ] {
        let table = header.trim_matches(['[', ']']);
        has_fault(
            &with(header, &format!("{header}\nsmile = 1 # HERE")),
            &format!("\"smile\" is no key of {table}, which has "),
        );
    }
    has_fault(
        &with("format = 1", "format = 1\nsmile = 1 # HERE"),
        "\"smile\" is no key of the policy, which has format, ",
    );
    has_fault(
        &with("{ when = [\"reader_lost\"]", "{ smile = 1, # HERE\nwhen = [\"reader_lost\"]"),
        "no key of policies.ordinary.fallbacks",
    );
    has_fault(&and("[hours.day]\nevery_day = [\"07:00-08:00\"]\nsmile = 1 # HERE"), "no key of hours.day");
    has_fault(&and("[[assertions]]\naudience = \"a\"\nsmile = 1 # HERE"), "no key of assertions");
    has_fault(
        &with("# purposes = {", "purposes.smile = \"none\" # HERE\n#"),
        "no key of groups.all.purposes",
    );
}

#[test]
fn what_cannot_be_done_without_is_missed() {
    has_fault(&format!("# HERE\n{}", with("format = 1", "")), "format: expected it to be given");
    has_fault(
        &format!("# HERE\n{}", with("time_zone =", "# time_zone =")),
        "time_zone: expected it to be given",
    );
    has_fault(&with("format = 1", "format = 2 # HERE"), "format: expected a number from 1 to 1, found 2");
    has_fault(
        &with("\"Asia/Tokyo\"", "\"Asia/Tokio\" # HERE"),
        "expected a time zone such as \"Asia/Tokyo\", found \"Asia/Tokio\"",
    );
    has_fault(
        &with("[purposes]", "[purposes] # HERE").replace("switch = \"ordinary\"", ""),
        "purposes.switch",
    );
    has_fault(
        &with(
            "[groups.all]\nterminals = [\"*\"]",
            "[groups.none]\nterminals = [] # HERE\n[groups.all]\nterminals = [\"*\"]",
        ),
        "at least one",
    );
    has_fault(&own("# HERE").replace("[policies.own]\n", "[policies.own]"), "policies.own.combinations");
    assert!(Rulebook::parse("").is_err());
}

#[test]
fn one_kind_of_factor_lets_nobody_in_outside_an_emergency() {
    for single in ["card", "password", "card+store_key", "password+emergency_code", "password+host_password"]
    {
        let text = with(
            "combinations = [\"card+face\"]",
            &format!("combinations = [\"card+face\",\n\"{single}\" # HERE\n]"),
        );
        let here = 1 + text.lines().position(|line| line.contains("# HERE")).unwrap();
        let faults = Rulebook::parse(&text).unwrap_err();
        assert!(faults.iter().all(|fault| fault.line == here), "{faults}");
        assert!(faults.iter().any(|fault| fault.what.contains("expected two different kinds")), "{faults}");
    }
    let fallback = with("combinations = [\"face+password\"] }", "combinations = [\"face\"] } # HERE\n");
    has_fault(&fallback, "\"face\" is biometric alone, expected two different kinds");
    has_fault(&own("combinations = [\"password\"] # HERE"), "\"password\" is knowledge alone");
}

#[test]
fn an_emergency_may_let_one_kind_in_as_long_as_its_policy_is_for_nothing_else() {
    let code = "combinations = [\"emergency_code\"]";
    parsed(&with(code, "combinations = [\"emergency_code\", \"card\", \"password\"]"));
    for shared in ["switch = \"emergency\"", "switch = [\"ordinary\", \"emergency\"]"] {
        let text = with("switch = \"ordinary\"", shared).replace(code, &format!("{code} # HERE"));
        let faults = Rulebook::parse(&text).unwrap_err().to_string();
        assert!(faults.contains("no proof at all, expected two different kinds"), "{faults}");
        assert!(
            faults.contains("expected in a policy that is used for emergency and nothing else"),
            "{faults}"
        );
    }
    let lent = with("# purposes = {", "purposes = { unlock = \"emergency\" }\n#");
    assert!(Rulebook::parse(&lent).is_err());
}

#[test]
fn a_factor_for_one_purpose_is_a_fault_for_all_others() {
    let plus = |more: &str| {
        with(
            "combinations = [\"card+face\"]",
            &format!("combinations = [\"card+face\",\n\"{more}\" # HERE\n]"),
        )
    };
    has_fault(&plus("store_key+password"), "expected in a policy that is used for admin and nothing else");
    has_fault(&plus("card+face+emergency_code"), "used for emergency and nothing else");
    has_fault(&plus("card+host_password"), "used for login or unlock and nothing else");
    let host = own("combinations = [\"card+host_password\"] # HERE");
    has_fault(&host, "used for login or unlock and nothing else");
    parsed(&host.replace("login = \"ordinary\"", "login = \"own\""));
    parsed(&host.replace("unlock = \"ordinary\"", "unlock = [\"ordinary\", \"own\"]"));
}

#[test]
fn a_combination_that_cannot_be_meant_is_a_fault() {
    for (combinations, what) in [
        ("", "expected at least one combination such as \"card+face\""),
        ("\"\"", "expected a combination such as \"card+face\", found \"\""),
        ("\"card+smile\"", "\"smile\" is not a word for a factor"),
        ("\"card+face\", \"face+card\"", "\"card+face\" stands there already"),
        ("\"face+pin\"", "expected with the card that judges it"),
        ("1", "expected a text in quotes, found 1"),
    ] {
        has_fault(&own(&format!("combinations = [{combinations}] # HERE")), what);
    }
    has_fault(&and("[policies.none] # HERE\ncombinations = [\"card+face\"]"), "expected another name");
    has_fault(
        &own("combinations = \"card+face\" # HERE"),
        "expected a list in brackets, found \"card+face\"",
    );
}

#[test]
fn a_fallback_never_asks_for_what_was_lost() {
    let fallback = |when: &str, combination: &str| {
        own(&format!(
            "combinations = [\"card+face\"]\nfallbacks = [{{ when = [{when}], combinations = [\"{combination}\"] }}] # HERE"
        ))
    };
    for cause in ["camera_lost", "mask", "eyes_hidden", "exception", "face_locked"] {
        let when = format!("\"{cause}\"");
        has_fault(
            &fallback(&when, "face+password"),
            &format!("stands in for {cause}, when there is no face"),
        );
        parsed(&fallback(&when, "card+password"));
    }
    for lost in ["card+password", "card+pin", "card+face"] {
        has_fault(&fallback("\"reader_lost\"", lost), "stands in for reader_lost, when there is no card+pin");
    }
    parsed(&fallback("\"reader_lost\"", "face+password"));
    has_fault(
        &fallback("\"mask\", \"mask\"", "card+password"),
        "mask opens a fallback of this policy already",
    );
    has_fault(&fallback("", "card+password"), "a fallback without a cause");
    has_fault(&fallback("\"rain\"", "card+password"), "\"rain\" is not a word for a cause");
    let faceless = fallback("\"mask\"", "card+pin")
        .replace("[\"card+face\"]\nfallbacks = [{ w", "[\"card+password\"]\nfallbacks = [{ w");
    has_fault(&faceless, "mask opens nothing: no combination of this policy asks for face");
}

#[test]
fn settings_of_a_factor_that_no_combination_asks_for_are_a_fault() {
    has_fault(
        &own("combinations = [\"card+password\"]\nchallenge = \"two_blinks\" # HERE"),
        "no combination asks for the face",
    );
    has_fault(
        &own("combinations = [\"card+password\"]\nfmr = 2e-5 # HERE"),
        "no combination asks for the face",
    );
    has_fault(
        &own("combinations = [\"face+password\"]\nleast_assurance = \"proved\" # HERE"),
        "no combination asks for the card",
    );
    parsed(&own(
        "combinations = [\"card+face\"]\nchallenge = \"two_blinks\"\nfmr = 2e-5\nleast_assurance = \"proved\"",
    ));
}

#[test]
fn a_card_of_several_people_counts_only_beside_the_face() {
    let with_face = "combinations = [\"card+face\", \"face+password\"]\ndepartment_cards = true";
    parsed(&own(with_face));
    let what = "expected the face with every card";
    has_fault(
        &own("combinations = [\"card+face\", \"card+password\"] # HERE\ndepartment_cards = true"),
        what,
    );
    parsed(&own(&format!(
        "{with_face}\nfallbacks = [{{ when = [\"mask\"], combinations = [\"card+password\"] }}]"
    )));
}

#[test]
fn figures_beyond_the_guideline_are_a_fault() {
    for (key, wrong) in [
        ("fmr = 1e-4", "fmr = 1.1e-3"),
        ("fmr = 1e-4", "fmr = 0"),
        ("fmr = 1e-4", "fmr = -1e-4"),
        ("fmr = 1e-4", "fmr = nan"),
        ("timeout = \"20 s\"", "timeout = \"4 s\""),
        ("timeout = \"20 s\"", "timeout = \"121 s\""),
        ("timeout = \"20 s\"", "timeout = 20"),
        ("grant_life = \"12 h\"", "grant_life = \"25 h\""),
        ("failures = 5 ", "failures = 6 "),
        ("failures = 5 ", "failures = 0 "),
        ("failures_with_liveness = 10", "failures_with_liveness = 11"),
        ("delay = \"30 s\"", "delay = \"29 s\""),
        ("stop = 50", "stop = 51"),
        ("longest_terminal_delay = \"5 s\"", "longest_terminal_delay = \"6 s\""),
        ("terminal_rest = \"10 min\"", "terminal_rest = \"1 min\""),
        ("least_length = 8", "least_length = 7"),
        ("least_length_alone = 13", "least_length_alone = 12"),
        ("samples = 5", "samples = 0"),
        ("approvers = 1", "approvers = 3"),
        ("pending = \"7 d\"", "pending = \"59 min\""),
        ("pending = \"7 d\"", "pending = \"31 d\""),
        ("absence = \"60 s\"", "absence = \"2 h\""),
        ("camera_warm = \"0 s\"", "camera_warm = \"11 min\""),
    ] {
        has_fault(&with(key, &format!("{wrong} # HERE\n#")), "expected a");
    }
    has_fault(
        &with("[enrolment]", "[enrolment] # HERE").replace("least_samples = 3", "least_samples = 6"),
        "least_samples: expected at most",
    );
    has_fault(
        &with("[lockout]", "[lockout] # HERE").replace("stop = 50", "stop = 10"),
        "lockout.stop: expected more",
    );
    has_fault(
        &with("[lockout]", "[lockout] # HERE").replace("delay = \"30 s\"", "delay = \"20 min\""),
        "longest_delay: expected at least",
    );
}

#[test]
fn somebody_can_always_administer() {
    let rights = "\"people\", \"enrol\", \"cards\", \"passwords\", \"logins\", \"policy\",";
    for missing in ["\"people\"", "\"policy\"", "\"passwords\""] {
        let fewer = rights.replace(&format!("{missing},"), "");
        let faults = Rulebook::parse(&with(rights, &fewer)).unwrap_err();
        assert!(faults.to_string().contains("nobody could administer"), "{faults}");
    }
    let faults = Rulebook::parse(&with("admin = \"administration\"", "admin = \"none\"")).unwrap_err();
    assert!(faults.to_string().contains("nobody could administer"), "{faults}");
    has_fault(
        &with("[roles.others]", "[roles.others] # HERE\nrights = [\"log\"]"),
        "roles.others has rights, expected none",
    );
    assert_eq!(parsed(STANDARD).roles.administering().collect::<Vec<_>>(), ["administrator"]);
}

#[test]
fn every_terminal_has_exactly_one_group() {
    let twice = "[groups.again]\nterminals = [\"er-1\"]\n[groups.er]\nterminals = [\"er-1\"] # HERE";
    has_fault(&and(twice), "\"er-1\" is a pattern of the group again already");
    let everywhere = and("[groups.again]\nterminals = [\"*\"]");
    assert!(Rulebook::parse(&everywhere).unwrap_err().to_string().contains("is a pattern of the group"));
    let nowhere = with("terminals = [\"*\"]\nstage", "terminals = [\"er-*\"]\nstage");
    assert!(
        Rulebook::parse(&nowhere).unwrap_err().to_string().contains("for all terminals of no other group")
    );
    for wrong in ["*-pc", "er-*-1", "er 1", "", "**"] {
        has_fault(
            &and(&format!("[groups.er]\nterminals = [\"{wrong}\", \"er-1\"] # HERE")),
            "expected a name, or the beginning",
        );
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_looked_at() {
    let faults = Rulebook::parse(&format!("{STANDARD}{}", "#".repeat(64 * 1024))).unwrap_err();
    assert!(faults.to_string().contains("expected at most 65536"), "{faults}");
    let many: String = (0..300).map(|index| format!("\"a{index}\", ")).collect();
    has_fault(
        &and(&format!("[roles.many]\naccounts = [{many}] # HERE")),
        "expected at most 256 entries, found 300",
    );
    let many: String = (0..300).map(|index| format!("[roles.r{index}]\n")).collect();
    assert!(
        Rulebook::parse(&and(&many)).unwrap_err().to_string().contains("roles: expected at most 256 entries")
    );
    let wrong: String = (0..3000).map(|index| format!("k{index} = 1\n")).collect();
    assert_eq!(Rulebook::parse(&wrong).unwrap_err().iter().count(), Faults::MOST);
}

#[test]
fn what_stands_in_for_bundles_that_do_not_come_has_to_make_sense() {
    for (from, to, fault) in [
        ("from = []", "from = [\"the centre\"] # HERE", "sync.from: expected the name of a terminal"),
        (
            "offline_policies = []",
            "offline_policies = [\"ordinary\", \"er\"] # HERE",
            "sync.offline_policies: expected the name of a policy, found \"er\"",
        ),
        ("max_offline_age = \"14 d\"", "max_offline_age = \"30 min\" # HERE", "expected a time from \"1 h\""),
    ] {
        has_fault(&with(from, to), fault);
    }
    has_fault(
        &with("[sync]", "[sync] # HERE").replacen(
            "max_offline_age = \"14 d\"",
            "max_offline_age = \"2 d\"",
            1,
        ),
        "sync.max_offline_age: expected at least sync.warn_after, found less",
    );
}

#[test]
fn the_logs_way_out_is_a_folder_from_the_root_and_a_collector_that_proves_who_it_is() {
    let log = |keys: &str| with("keep = \"400 d\"", &format!("{keys}\n#"));
    for (keys, fault) in [
        ("copy = \"log\" # HERE", "log.copy: expected a path from the root"),
        ("warn_after = \"1 s\" # HERE", "log.warn_after: expected a time from \"1 min\" to \"30 d\""),
        ("[log.syslog] # HERE\nrecords = true", "log.syslog.to: expected it to be given"),
        ("[log.syslog]\nto = \"tcp:logs.example:514\" # HERE", "not a word for a collector such as"),
        (
            "[log.syslog] # HERE\nto = \"tls:logs.example:6514\"",
            "log.syslog.ca: expected the file of the authority",
        ),
        (
            "[log.syslog]\nto = \"unix:/dev/log\"\nca = \"/ca.pem\" # HERE",
            "a socket of this machine takes no certificate",
        ),
        (
            "[log.syslog]\nto = \"unix:/dev/log\"\nrequire_close_notify = false # HERE",
            "a socket of this machine has no TLS",
        ),
        (
            "[log.syslog] # HERE\nto = \"tls:logs.example:6514\"\nca = \"/ca.pem\"\nclient_key = \"/own.key\"",
            "expected client_certificate and client_key together",
        ),
        ("[log.syslog]\nto = \"unix:/dev/log\"\nfacility = \"kernel\" # HERE", "not a word for a facility"),
        ("[log.syslog]\nto = \"unix:/dev/log\"\nsmile = 1 # HERE", "no key of log.syslog, which has to, ca"),
    ] {
        has_fault(&log(keys), fault);
    }
    let keys = "copy = \"/srv/log\"\nwarn_after = \"2 h\"\n[log.syslog]\nto = \"tls:logs.example:6514\"\nca = \"/ca.pem\"";
    let rules = parsed(&log(keys));
    let outlets: Vec<String> = rules.log().outlets().iter().map(|outlet| outlet.destination()).collect();
    assert_eq!(outlets, ["/srv/log", "tls:logs.example:6514"]);
    assert!(rules.log().outlets().iter().all(|outlet| !outlet.takes_records()));
    assert!(rules.log().outlets().iter().all(|outlet| !outlet.is_unconfirmed()), "unless the policy says so");
    let lenient = parsed(&log(&format!("{keys}\nrequire_close_notify = false")));
    assert!(lenient.log().outlets()[1].is_unconfirmed());
    assert!(parsed(STANDARD).log().outlets().is_empty(), "nothing leaves the terminal by itself");
}
