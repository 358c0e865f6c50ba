//! Application logins.

use crate::support::{ends, fails, site, told_nowhere};

const PASSWORD: &str = "Kobe-4711-harbour";
const SECRET: &str = "Otaru-2020-canal";
const BADGE: &str = "Ward-3-north!";

const PUT: [&str; 10] =
    ["login", "put", "nurse01", "chart", "--user", "n01", "--field", "ward=three", "--secret-field", "badge"];

#[test]
fn a_login_is_put_listed_without_its_secrets_and_removed() {
    let command = site();
    let put = command.json_fed(&PUT, &[SECRET, BADGE]);
    ends(&put, 0);
    let list = command.json(&["login", "list", "nurse01"]);
    let login = list.last();
    assert_eq!((&login["app"], &login["user"]), (&"chart".into(), &"n01".into()));
    assert_eq!(login["fields"], serde_json::json!(["ward", "badge"]));
    assert!(login["suspended"].is_null());
    assert!(command.json(&["login", "list", "nurse02"]).lines.is_empty());
    let text = command.text(&["login", "list"]);
    let removed = command.json(&["login", "remove", "nurse01", "chart"]);
    assert_eq!(removed.last()["removed"], true);
    assert_eq!(command.json(&["login", "remove", "nurse01", "chart"]).last()["removed"], false);
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    told_nowhere(&command, &[put, list, text, removed], &[SECRET, BADGE, &hex]);
}

#[test]
fn a_login_shares_no_secret_with_the_password() {
    let command = site();
    ends(&command.json_fed(&["password", "set", "nurse01"], &[PASSWORD]), 0);
    fails(&command.json_fed(&PUT, &[PASSWORD, BADGE]), 1, "password_reused");
    ends(&command.json_fed(&PUT, &[SECRET, BADGE]), 0);
    fails(&command.json_fed(&["password", "set", "nurse01"], &[SECRET]), 1, "password_reused");
    fails(&command.json_fed(&["password", "change", "nurse01"], &[PASSWORD, BADGE]), 1, "password_reused");
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_kept() {
    let command = site();
    let put = |app: &'static str, field: &'static str, lines: &[&str]| {
        command.json_fed(&["login", "put", "nurse01", app, "--user", "n01", "--field", field], lines)
    };
    fails(&put("a/b", "x=1", &[SECRET]), 2, "bad_login");
    fails(&put("chart", "x", &[SECRET]), 2, "usage");
    fails(&put("chart", "a b=1", &[SECRET]), 2, "bad_login");
    fails(&put("chart", "x=1", &[]), 2, "usage");
    fails(&put("chart", "x=1", &[&"x".repeat(1025)]), 2, "bad_secret");
    assert!(command.json(&["login", "list"]).lines.is_empty());
}
