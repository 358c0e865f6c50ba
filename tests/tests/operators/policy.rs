//! What becomes of administration when the policy changes.

use mabataki_test_support::{Mabataki, Run};

use crate::support::{PASSWORD, changed_policy, ends, fails};

/// A store with the administrator `boss`, whose password is [`PASSWORD`].
fn office() -> Mabataki {
    let command = Mabataki::new();
    ends(&command.json(&["init", "--terminal", "desk-1"]), 0);
    ends(&command.json(&["person", "add", "boss", "--name", "Boss", "--role", "administrator"]), 0);
    ends(&command.json_fed(&["password", "set", "boss"], &["Nara-1868-temple!"]), 0);
    ends(&command.json_fed(&["password", "change", "boss"], &["Nara-1868-temple!", PASSWORD]), 0);
    command
}

/// The standard policy, changed so.
fn policy(command: &Mabataki, changes: &[(&str, &str)]) -> String {
    // The one in force is shown to administrators only.
    let path = command.folder().join("standard.toml");
    let mut text = mabataki_engine::policy::STANDARD.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the policy does not have {from}");
        text = text.replacen(from, to, 1);
    }
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn set(command: &Mabataki, policy: &str) -> Run {
    command.json_fed(&["--admin", "boss", "policy", "set", policy], &[PASSWORD])
}

#[test]
fn a_policy_that_would_leave_no_administrator_is_refused_and_the_one_before_stays() {
    let command = office();
    // The role of the only administrator is called otherwise from now on.
    let renamed = policy(&command, &[("[roles.administrator]", "[roles.chief]")]);
    fails(&set(&command, &renamed), 1, "last_administrator");
    let hours = policy(
        &command,
        &[
            ("[roles.administrator]\n", "[roles.administrator]\nhours = \"day\"\n"),
            (
                "[roles.others]",
                "[roles.chief]\nrights = [\"people\", \"policy\", \"passwords\"]\n[roles.others]",
            ),
            ("[lockout]", "[hours.day]\nevery_day = [\"07:00-20:00\"]\n[lockout]"),
        ],
    );
    fails(&set(&command, &hours), 1, "last_administrator");
    let shown = command.json_fed(&["--admin", "boss", "policy", "show"], &[PASSWORD]);
    assert!(shown.word("policy").contains("[roles.administrator]\nrights"), "{}", shown.stdout);
    let log = command.json_fed(&["--admin", "boss", "audit", "list"], &[PASSWORD]);
    let refused =
        |line: &&serde_json::Value| line["operation"] == "policy_set" && line["outcome"] == "refused";
    assert_eq!(log.lines.iter().filter(refused).count(), 2, "{}", log.stdout);
}

#[test]
fn a_policy_under_which_nobody_could_administer_here_is_set_with_a_warning_in_the_operators_language() {
    let command = office();
    let plain = set(&command, &policy(&command, &[]));
    assert_eq!((plain.exit, &plain.last()["warnings"]), (0, &serde_json::json!([])), "{}", plain.stdout);
    let cards = policy(
        &command,
        &[(r#"["card+face", "card+password", "face+password", "store_key+password"]"#, r#"["card+face"]"#)],
    );
    let args = ["--lang", "ja", "--admin", "boss", "policy", "set", &cards];
    let warned = command.json_fed(&args, &[PASSWORD]);
    ends(&warned, 0);
    assert_eq!(warned.last()["warnings"][0]["warning"], "admin_out_of_reach", "{}", warned.stdout);
    assert!(warned.stderr.contains("管理者"), "{}", warned.stderr);
    // As the warning says: nobody comes in any more.
    assert_ne!(set(&command, &cards).exit, 0);
}

#[test]
fn a_policy_that_lets_nobody_administer_anywhere_is_refused() {
    let command = crate::support::ward();
    let nowhere = changed_policy(&command, &[("admin = \"administration\"\n", "admin = \"none\"\n")]);
    let run = command.json(&["policy", "set", &nowhere]);
    ends(&run, 4);
    assert!(run.stdout.contains("nobody could administer"), "{}", run.stdout);
}
