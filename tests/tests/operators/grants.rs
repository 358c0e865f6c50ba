//! Who is let in, until when, and the keys that their assertions are verified with.

use crate::support::{authenticate, changed_policy, ends, fails, ward};

#[test]
fn a_grant_is_listed_with_its_end_until_it_is_ended_and_then_no_more() {
    let command = ward();
    assert!(command.json(&["grant", "list"]).lines.is_empty());
    ends(&authenticate(&command, &[]), 0);
    let list = command.json(&["grant", "list"]);
    assert_eq!(list.lines.len(), 1, "{}", list.stdout);
    let grant = list.last();
    assert_eq!((&grant["subject"], &grant["name"]), (&"nurse01".into(), &"山田 花子".into()));
    assert_eq!((&grant["purpose"], &grant["life_s"]), (&"login".into(), &(12 * 3600).into()));
    let left = grant["left_s"].as_u64().unwrap();
    assert!((12 * 3600 - 600..12 * 3600).contains(&left), "{left}");
    let session = list.word("session").to_owned();
    let text = command.text(&["grant", "list"]).stdout;
    assert!(text.contains(&session) && text.contains(" until 20"), "{text}");
    let text = command.text(&["--lang", "ja", "grant", "list"]).stdout;
    assert!(text.contains("から") && text.contains("まで"), "{text}");

    fails(&command.json(&["grant", "end", "0123456789abcdef"]), 2, "no_grant");
    let ended = command.json(&["grant", "end", &session]);
    ends(&ended, 0);
    assert_eq!(ended.last()["ended"], true);
    assert!(command.json(&["grant", "list"]).lines.is_empty());
    fails(&command.json(&["grant", "end", &session]), 2, "no_grant");
    let log = command.json(&["audit", "list"]);
    let end = log.lines.iter().find(|line| line["operation"] == "grant_end" && line["reason"] == "revoked");
    assert_eq!(end.unwrap()["session"], session.as_str());
}

#[test]
fn a_grant_for_an_application_says_so_in_the_log_and_one_that_none_offers_is_refused() {
    let command = ward();
    let run = authenticate(&command, &["--purpose", "application", "--application", "chart"]);
    ends(&run, 0);
    let log = command.json(&["audit", "list"]);
    let record = log.last();
    assert_eq!((&record["purpose"], &record["object"]), (&"application".into(), &"chart".into()));
    assert_eq!(command.json(&["grant", "list"]).word("purpose"), "application");
    let policy = changed_policy(&command, &[("application = \"ordinary\"", "application = \"none\"")]);
    ends(&command.json(&["policy", "set", &policy]), 0);
    let run = authenticate(&command, &["--purpose", "application", "--application", "chart"]);
    assert_eq!(run.last()["error"]["code"], "no_policy", "{}", run.stdout);
    assert_ne!(run.exit, 0);
}

#[test]
fn a_new_key_signs_from_now_on_and_the_old_one_stays_published() {
    let command = ward();
    let kids = || {
        let keys = command.json(&["grant", "keys"]);
        ends(&keys, 0);
        let kids = keys.last()["keys"].as_array().unwrap().clone();
        for key in &kids {
            assert_eq!((&key["kty"], &key["crv"]), (&"OKP".into(), &"Ed25519".into()), "{}", keys.stdout);
            assert!(key.get("d").is_none(), "a private key was published");
        }
        kids.into_iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kids().len(), 0);
    ends(&command.json(&["grant", "rotate-key"]), 0);
    let first = kids();
    assert_eq!(first.len(), 1);
    ends(&command.json(&["grant", "rotate-key"]), 0);
    let both = kids();
    assert!(both.len() == 2 && both.contains(&first[0]), "{both:?}");
}

#[test]
fn a_terminal_that_only_observes_says_so_and_what_it_would_have_been() {
    let command = ward();
    let policy = changed_policy(&command, &[("stage = \"enforce\"", "stage = \"observe\"")]);
    ends(&command.json(&["policy", "set", &policy]), 0);
    let run = authenticate(&command, &[]);
    ends(&run, 5);
    assert_eq!((run.word("outcome"), run.word("judgement")), ("observed", "granted"), "{}", run.stdout);
    assert!(command.json(&["grant", "list"]).lines.is_empty());
    let args = ["authenticate", "--card", "felica:0114B34C1A2B3C4E", "--password"];
    let stranger = command.json_fed(&args, &["wrong"]);
    ends(&stranger, 5);
    assert_eq!((stranger.word("outcome"), stranger.word("judgement")), ("observed", "denied"));
    let text = command.text(&args);
    assert!(text.stdout.is_empty() || !text.stdout.contains("ABANDONED"), "{}", text.stdout);
    let help = command.text(&["--help"]).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("or observed (this terminal only watches"), "{help}");
}
