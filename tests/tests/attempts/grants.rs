//! What a grant is good for, and everything that ends it.

use std::process::Command;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use jiff::Timestamp;
use mabataki_engine::engine::{AttemptRequest, Engine};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::Purpose;
use mabataki_engine::session::{Outcome, Why};
use mabataki_engine::store::{PersonStatus, Profile, Stop, Vendor};

use super::ward::{PASSWORD, Ward, card, config, secret};

#[test]
fn a_grant_says_who_for_what_and_by_which_factors() {
    let mut ward = Ward::new();
    let request = AttemptRequest { account: Some("ward3".to_owned()), ..AttemptRequest::new(Purpose::Login) };
    let (_, grant) = ward.attempt(card(1), PASSWORD, request);
    let grant = grant.unwrap();
    let record = ward.engine.examine(&grant).unwrap();
    assert_eq!((record.subject.as_str(), record.name.as_str()), ("nurse01", "Nurse 1"));
    assert_eq!(record.account.as_deref(), Some("ward3"));
    assert_eq!((record.purpose, record.terminal.as_str()), (Purpose::Login, "ward3-a"));
    assert_eq!(mabataki_engine::audit::Factor::list(&record.factors), "card:identifier_only+password");
}

#[test]
fn a_wrong_password_an_unknown_card_and_anothers_account_give_no_grant() {
    let mut ward = Ward::new();
    let account =
        AttemptRequest { account: Some("pharmacy".to_owned()), ..AttemptRequest::new(Purpose::Login) };
    let login = || AttemptRequest::new(Purpose::Login);
    let tries = [
        (ward.attempt(card(1), "wrong", login()), Why::WrongSecret),
        (ward.attempt(card(9), PASSWORD, login()), Why::CardUnknown),
        (ward.attempt(card(1), PASSWORD, account), Why::Account),
    ];
    for ((verdict, grant), why) in tries {
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, why));
        assert!(grant.is_none());
    }
}

#[test]
fn log_off_ends_a_grant_once_and_the_log_tells_how_long_it_was() {
    let mut ward = Ward::new();
    let grant = ward.let_in(1, Purpose::Login);
    ward.engine.end_grant(&grant, Ending::LoggedOff).unwrap();
    ward.engine.end_grant(&grant, Ending::Absent).unwrap();
    assert_eq!(ward.ending(&grant), Ending::LoggedOff);
    // There is no camera: the attempt turned to the password.
    assert_eq!(ward.operations(&grant), ["fallback done", "authenticate granted", "grant_end done"]);
}

#[test]
fn whoever_is_disabled_or_removed_or_loses_the_card_has_no_grant_any_more() {
    let mut ward = Ward::new();
    let grant = ward.let_in(1, Purpose::Login);
    ward.engine.acting().set_status("nurse01", PersonStatus::Disabled).unwrap();
    assert_eq!(ward.ending(&grant), Ending::PersonRevoked);

    let grant = ward.let_in(2, Purpose::Login);
    let handle = ward.engine.acting().cards(Some("nurse02")).unwrap()[0].handle.clone();
    ward.engine.acting().stop_card(&handle, Stop::Lost).unwrap();
    assert_eq!(ward.ending(&grant), Ending::CardRevoked);
    ward.engine.acting().restore_card(&handle).unwrap();
    assert_eq!(ward.ending(&grant), Ending::CardRevoked, "an ended grant came back");

    let grant = ward.let_in(2, Purpose::Login);
    ward.engine.acting().remove_person("nurse02").unwrap();
    assert_eq!(ward.ending(&grant), Ending::PersonRevoked);
}

#[test]
fn a_grant_for_an_account_ends_when_the_person_may_not_open_it_any_more() {
    let mut ward = Ward::new();
    let request = AttemptRequest { account: Some("ward3".to_owned()), ..AttemptRequest::new(Purpose::Login) };
    let (_, grant) = ward.attempt(card(1), PASSWORD, request);
    let grant = grant.unwrap();
    ward.engine.examine(&grant).unwrap();
    ward.engine.acting().change_person("nurse01", &Profile::named("Nurse 1")).unwrap();
    assert_eq!(ward.ending(&grant), Ending::PersonRevoked);
}

#[test]
fn another_password_ends_what_the_old_one_opened() {
    let mut ward = Ward::new();
    let (hers, his) = (ward.let_in(1, Purpose::Login), ward.let_in(2, Purpose::Login));
    ward.engine.acting().set_password("nurse01", &secret("loud-Magpie-71"), false).unwrap();
    assert_eq!(ward.ending(&hers), Ending::Revoked);
    ward.engine.examine(&his).unwrap();
    ward.engine.acting().remove_password("nurse02").unwrap();
    assert_eq!(ward.ending(&his), Ending::Revoked);
}

#[test]
fn another_process_can_end_a_grant() {
    let mut ward = Ward::new();
    let grant = ward.let_in(1, Purpose::Login);
    let mut other = Engine::open(config(&ward.folder)).unwrap();
    assert_eq!(other.acting().grants().unwrap().len(), 1);
    other.acting().revoke_grant(grant.session()).unwrap();
    assert!(other.acting().grants().unwrap().is_empty());
    assert_eq!(ward.ending(&grant), Ending::Revoked);
}

#[test]
fn a_switch_ends_the_grant_before_and_both_stand_in_the_log() {
    let mut ward = Ward::new();
    let first = ward.let_in(1, Purpose::Login);
    let session = first.session().to_owned();
    let request = AttemptRequest { replaces: Some(first), ..AttemptRequest::new(Purpose::Switch) };
    let (_, second) = ward.attempt(card(2), PASSWORD, request);
    let second = second.unwrap();
    assert_eq!(ward.engine.examine(&second).unwrap().subject, "nurse02");
    let live = ward.engine.acting().grants().unwrap();
    assert_eq!(live.iter().map(|live| live.session.as_str()).collect::<Vec<_>>(), [second.session()]);
    let log = ward.engine.acting().log(0, 1000).unwrap();
    let switch = log.iter().find(|record| record.entry.operation.code() == "grant_switch").unwrap();
    assert_eq!(switch.entry.session.as_deref(), Some(session.as_str()));
}

#[test]
fn a_switch_that_names_no_grant_before_ends_those_of_other_people_and_leaves_administrators_theirs() {
    let mut ward = Ward::new();
    let (first, unlocked) = (ward.let_in(1, Purpose::Login), ward.let_in(1, Purpose::Unlock));
    let (own, administering) = (ward.let_in(2, Purpose::Login), ward.let_in(1, Purpose::Admin));
    let second = ward.let_in(2, Purpose::Switch);
    for ended in [&first, &unlocked] {
        assert_eq!(ward.ending(ended), Ending::Switched);
        let told = ward.operations(ended);
        assert_eq!(told[told.len() - 2..], ["grant_end done", "grant_switch done"]);
    }
    for left in [&own, &administering, &second] {
        ward.engine.examine(left).unwrap();
    }
}

#[test]
fn a_switch_that_is_refused_leaves_the_grant_before() {
    let mut ward = Ward::new();
    let first = ward.let_in(1, Purpose::Login);
    let session = first.session().to_owned();
    let request = AttemptRequest { replaces: Some(first), ..AttemptRequest::new(Purpose::Switch) };
    let (verdict, grant) = ward.attempt(card(2), "wrong", request);
    assert_eq!((verdict.outcome, grant.is_none()), (Outcome::Denied, true));
    assert_eq!(ward.engine.acting().grants().unwrap()[0].session, session);
}

#[test]
fn an_unlock_by_somebody_else_ends_the_grant_and_ones_own_does_not() {
    let mut ward = Ward::new();
    let grant = ward.let_in(1, Purpose::Login);
    let _own = ward.let_in(1, Purpose::Unlock);
    ward.engine.examine(&grant).unwrap();
    let _other = ward.let_in(2, Purpose::Unlock);
    assert_eq!(ward.ending(&grant), Ending::UnlockedByOther);
}

#[test]
fn an_unlock_leaves_an_administrator_who_is_at_work() {
    let mut ward = Ward::new();
    let administering = ward.let_in(1, Purpose::Admin);
    let _other = ward.let_in(2, Purpose::Unlock);
    ward.engine.examine(&administering).unwrap();
}

#[test]
fn a_vendor_whose_time_runs_out_while_they_are_let_in_has_no_grant_any_more_and_none_is_listed() {
    let mut ward = Ward::new();
    let (mut vendor, end) = (Profile::named("Engineer"), Timestamp::now() + Duration::from_secs(8));
    vendor.vendor = Some(Vendor { sponsor: "nurse02".to_owned(), scope: "CT scanner".to_owned() });
    vendor.valid_until = Some(end);
    ward.engine.acting().change_person("nurse01", &vendor).unwrap();
    let grant = ward.let_in(1, Purpose::Login);
    ward.engine.examine(&grant).unwrap();
    assert_eq!(ward.engine.acting().grants().unwrap().len(), 1);
    std::thread::sleep(Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or_default());
    assert!(ward.engine.acting().grants().unwrap().is_empty(), "listed before anybody asked about it");
    assert_eq!(ward.ending(&grant), Ending::PersonRevoked);
}

#[test]
fn an_assertion_for_an_application_takes_a_grant_that_opens_it_and_outlives_no_grant() {
    let mut ward = Ward::with_policy(|policy| {
        let policy = policy.replacen(r#"grant_life = "12 h""#, r#"grant_life = "20 s""#, 1);
        format!("{policy}\n[[assertions]]\naudience = \"https://lab.example\"\napplication = \"lab\"\n")
    });
    let mut signed = |purpose, application: Option<&str>| {
        let request =
            AttemptRequest { application: application.map(str::to_owned), ..AttemptRequest::new(purpose) };
        let (_, grant) = ward.attempt(card(1), PASSWORD, request);
        ward.engine.assertion(&grant.unwrap(), "https://lab.example", "n-1")
    };
    assert_eq!(signed(Purpose::Login, None).unwrap_err().code(), "ask_again");
    assert_eq!(signed(Purpose::Admin, None).unwrap_err().code(), "ask_again");
    assert_eq!(signed(Purpose::Application, Some("chart")).unwrap_err().code(), "ask_again");
    let token = signed(Purpose::Application, Some("lab")).unwrap();
    let claims = Base64UrlUnpadded::decode_vec(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 20, "{claims}");
}

/// Verifies the token as a host would: with the published keys, by another implementation than the one that signed.
const HOST: &str = r#"
const crypto = require('crypto');
const [token, jwks] = process.argv.slice(1);
const [header, claims, signature] = token.split('.');
const kid = JSON.parse(Buffer.from(header, 'base64url')).kid;
const jwk = JSON.parse(jwks).keys.find((key) => key.kid === kid);
const key = crypto.createPublicKey({ key: jwk, format: 'jwk' });
const good = crypto.verify(null, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
const said = JSON.parse(Buffer.from(claims, 'base64url'));
console.log(good, said.sub, said.aud, said.nonce, said.exp - said.iat);
"#;

#[test]
fn a_host_in_another_language_verifies_an_assertion_with_the_published_keys() {
    let mut ward = Ward::with_policy(|policy| {
        format!("{policy}\n[[assertions]]\naudience = \"https://charts.example\"\nlife = \"45 s\"\n")
    });
    let grant = ward.let_in(1, Purpose::Login);
    if Command::new("node").arg("--version").output().is_err() {
        eprintln!("skipped: no node on PATH");
        return;
    }
    let said = |ward: &mut Ward, token: &str| {
        let keys = serde_json::to_string(&ward.engine.verifying_keys().unwrap()).unwrap();
        let output = Command::new("node").args(["-e", HOST, token, &keys]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let token = ward.engine.assertion(&grant, "https://charts.example", "n-0S6").unwrap();
    assert_eq!(said(&mut ward, &token), "true nurse01 https://charts.example n-0S6 45");
    ward.engine.acting().rotate_signing_key().unwrap();
    assert_eq!(
        said(&mut ward, &token),
        "true nurse01 https://charts.example n-0S6 45",
        "the old key is gone too soon"
    );
    let newer = ward.engine.assertion(&grant, "https://charts.example", "n-2").unwrap();
    assert_eq!(said(&mut ward, &newer), "true nurse01 https://charts.example n-2 45");
    let nobody = ward.engine.assertion(&grant, "https://elsewhere.example", "n-3").unwrap_err();
    assert_eq!(nobody.code(), "no_audience");
    ward.engine.end_grant(&grant, Ending::LoggedOff).unwrap();
    assert_eq!(
        ward.engine.assertion(&grant, "https://charts.example", "n-4").unwrap_err().code(),
        "grant_ended"
    );
}

#[test]
fn the_log_tells_from_which_computer_and_through_which_host_somebody_came() {
    let mut ward = Ward::with_policy(|policy| policy.replacen("remote = false", "remote = true", 1));
    let request =
        AttemptRequest { origin: Some("pc-7.example".to_owned()), ..AttemptRequest::new(Purpose::Login) };
    let (_, grant) = ward.attempt(card(1), PASSWORD, request);
    let grant = grant.unwrap();
    ward.engine.end_grant(&grant, Ending::LoggedOff).unwrap();
    let here = ward.let_in(2, Purpose::Login);
    let log = ward.engine.acting().log(0, 1000).unwrap();
    for (grant, origin) in [(&grant, Some("pc-7.example")), (&here, None)] {
        let of_it = log.iter().filter(|record| record.entry.session.as_deref() == Some(grant.session()));
        let told: Vec<_> =
            of_it.map(|record| (record.entry.origin.as_deref(), record.entry.host.as_deref())).collect();
        assert!(
            !told.is_empty() && told.iter().all(|told| *told == (origin, Some("log-in-screen"))),
            "{told:?}"
        );
    }
}
