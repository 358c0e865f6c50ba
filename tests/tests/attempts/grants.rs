//! What a grant is good for, and everything that ends it.

use std::process::Command;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use jiff::Timestamp;
use mabataki_engine::engine::{
    AttemptRequest, Cards, Cover, Engine, Error, Grant, LockoutOf, NewLogin, ReleasedLogin, Step,
};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::session::{Outcome, Why};
use mabataki_engine::store::{PersonStatus, Profile, Stop, Vendor};

use super::ward::{PASSWORD, Ward, card, code, config, secret};

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
    assert_eq!(live.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), [second.session()]);
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
    assert_eq!(ward.engine.acting().grants().unwrap()[0].0, session);
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
fn an_application_that_the_policy_does_not_list_asks_again() {
    let mut ward = Ward::with_policy(|policy| {
        policy.replacen("applications = []", r#"applications = ["chart", "lab-*"]"#, 1)
    });
    let grant = ward.let_in(1, Purpose::Login);
    let mut covers = |application| ward.engine.covers(&grant, application).unwrap();
    assert_eq!((covers("chart"), covers("lab-7")), (Cover::Covered, Cover::Covered));
    assert_eq!(covers("narcotics"), Cover::AskAgain);
}

#[test]
fn a_login_is_handed_out_for_what_the_grant_opens_and_not_again_once_the_application_refused_it() {
    let mut ward = Ward::new();
    let put = |user: &str, word: &str| NewLogin {
        app: "chart".to_owned(),
        user: user.to_owned(),
        secret: secret(word),
        fields: Vec::new(),
    };
    ward.engine.acting().put_login("nurse01", put("n-1", "typed-into-the-chart")).unwrap();
    let login = ward.let_in(1, Purpose::Login);
    let code =
        |released: Result<ReleasedLogin, Error>| released.map(|_| "released").unwrap_or_else(|e| e.code());
    assert_eq!(code(ward.engine.release_login(&login, "chart")), "ask_again");

    let grant = ward.open(1, "chart");
    let released = ward.engine.release_login(&grant, "chart").unwrap();
    assert_eq!((released.user.as_str(), released.secret.expose()), ("n-1", "typed-into-the-chart"));
    assert_eq!(code(ward.engine.release_login(&grant, "lab")), "ask_again");

    ward.engine.report_login(&grant, "chart", false).unwrap();
    assert_eq!(code(ward.engine.release_login(&grant, "chart")), "login_suspended");
    ward.engine.put_own_login(&grant, put("n-1", "changed-in-the-chart")).unwrap();
    assert_eq!(ward.engine.release_login(&grant, "chart").unwrap().secret.expose(), "changed-in-the-chart");
    ward.engine.acting().remove_login("nurse01", "chart").unwrap();
    assert_eq!(code(ward.engine.release_login(&grant, "chart")), "no_login");

    let told: Vec<String> = ward.operations(&grant);
    let releases: Vec<_> = told.iter().filter(|line| line.starts_with("login_release")).collect();
    assert_eq!(releases.len(), 5, "{told:?}");
    assert_eq!(releases.iter().filter(|line| line.ends_with("done")).count(), 2);
    let log = format!("{:?}", ward.engine.acting().log(0, 1000).unwrap());
    assert!(!log.contains("typed-into-the-chart") && !log.contains("changed-in-the-chart"));
}

#[test]
fn a_report_of_a_login_that_the_grant_does_not_open_or_that_is_not_there_is_refused_and_logged() {
    let mut ward = Ward::new();
    let new = NewLogin {
        app: "chart".to_owned(),
        user: "n-1".to_owned(),
        secret: secret("typed-into-the-chart"),
        fields: Vec::new(),
    };
    ward.engine.acting().put_login("nurse01", new.clone()).unwrap();
    let login = ward.let_in(1, Purpose::Login);
    for took in [true, false] {
        assert_eq!(ward.engine.report_login(&login, "chart", took).unwrap_err().code(), "ask_again");
    }
    let lab = ward.open(1, "lab");
    for took in [true, false] {
        assert_eq!(ward.engine.report_login(&lab, "lab", took).unwrap_err().code(), "no_login");
    }
    assert!(ward.engine.acting().logins(None).unwrap()[0].suspended.is_none());
    let taken = NewLogin { secret: secret(PASSWORD), ..new.clone() };
    assert_eq!(ward.engine.put_own_login(&lab, taken).unwrap_err().code(), "password_reused");
    let log = ward.engine.acting().log(0, 1000).unwrap();
    let refused: Vec<_> = log
        .iter()
        .filter(|record| record.entry.operation.code().starts_with("login_"))
        .filter(|record| record.entry.outcome.code() == "refused")
        .map(|record| record.entry.reason.clone().unwrap())
        .collect();
    assert_eq!(refused, ["ask_again", "ask_again", "no_login", "no_login", "password_reused"]);
}

#[test]
fn no_grant_but_one_to_open_an_application_covers_the_application_it_names() {
    let mut ward = Ward::new();
    let ask = |purpose, application: Option<&str>| AttemptRequest {
        application: application.map(str::to_owned),
        cards: Some(Cards::Claimed(Ok(card(1)))),
        ..AttemptRequest::new(purpose)
    };
    for purpose in Purpose::ALL.iter().copied().filter(|purpose| *purpose != Purpose::Application) {
        let error = ward.engine.authenticate(ask(purpose, Some("chart"))).err().unwrap();
        assert_eq!(error.code(), "invalid", "{purpose}");
    }
    for application in [None, Some(""), Some("a/b"), Some("chart 1")] {
        let error = ward.engine.authenticate(ask(Purpose::Application, application)).err().unwrap();
        assert_eq!(error.code(), "invalid", "{application:?}");
    }
    let log = ward.engine.acting().log(0, 1000).unwrap();
    let refused = log.iter().filter(|record| record.entry.outcome.code() == "refused").count();
    assert_eq!(refused, Purpose::ALL.len() - 1 + 4);
    let grant = ward.open(1, "chart");
    assert_eq!(ward.engine.covers(&grant, "chart").unwrap(), Cover::Covered);
}

#[test]
fn a_claim_opens_and_changes_no_login_whatever_the_policy_covers() {
    let mut ward = Ward::with_policy(|policy| {
        let from = "combinations = [\"emergency_code\"]";
        policy.replacen(from, &format!("{from}\napplications = [\"*\"]"), 1)
    });
    let new = || NewLogin {
        app: "chart".to_owned(),
        user: "n-1".to_owned(),
        secret: secret("typed-into-the-chart"),
        fields: Vec::new(),
    };
    ward.engine.acting().put_login("nurse01", new()).unwrap();
    let code = code(ward.engine.acting(), "nurse01");
    let grant = ward.claim("nurse01", Some(&code)).1.unwrap();
    assert_eq!(ward.engine.covers(&grant, "chart").unwrap(), Cover::Covered);
    let codes = [
        ward.engine.release_login(&grant, "chart").map(|_| ()),
        ward.engine.report_login(&grant, "chart", false),
        ward.engine.put_own_login(&grant, new()),
    ]
    .map(|done| done.unwrap_err().code());
    assert_eq!(codes, ["only_claimed"; 3]);
    let told = ward.operations(&grant);
    for refused in ["login_release refused", "login_report refused", "login_put refused"] {
        assert!(told.iter().any(|line| line == refused), "{refused}: {told:?}");
    }
    assert!(ward.engine.acting().logins(None).unwrap()[0].suspended.is_none());
}

#[test]
fn where_a_terminal_only_observes_nothing_is_granted_and_the_log_says_what_would_have_been() {
    let mut ward =
        Ward::with_policy(|policy| policy.replacen(r#"stage = "enforce""#, r#"stage = "observe""#, 1));
    let (verdict, grant) = ward.attempt(card(1), PASSWORD, AttemptRequest::new(Purpose::Login));
    assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, Outcome::Granted));
    assert!(grant.is_none());
    assert!(ward.engine.acting().grants().unwrap().is_empty());
    let log = ward.engine.acting().log(0, 1000).unwrap();
    let last = &log.last().unwrap().entry;
    assert_eq!((last.outcome.code(), last.reason.as_deref()), ("observed", Some("matched")));
}

/// Card and the system's password let in.
fn by_system(policy: String) -> String {
    let policy = policy.replacen(r#"login = "ordinary""#, r#"login = "system""#, 1);
    format!("{policy}\n[policies.system]\ncombinations = [\"card+host_password\"]\n")
}

/// The provisional grant; nothing where the password is locked.
fn try_by_system(ward: &mut Ward) -> Option<Grant> {
    let request = AttemptRequest {
        cards: Some(Cards::Claimed(Ok(card(1)))),
        secrets: Factors::of(&[Factor::HostPassword]),
        ..AttemptRequest::new(Purpose::Login)
    };
    let mut attempt = ward.engine.authenticate(request).unwrap();
    attempt.host_password_given().unwrap();
    while let Some(step) = attempt.next_step().unwrap() {
        if let Step::Done(verdict) = step {
            let expected = if verdict.provisional { Why::Matched } else { Why::LockedOut };
            assert_eq!(verdict.why, expected);
        }
    }
    attempt.take_grant()
}

#[test]
fn log_ins_that_the_system_confirmed_never_lock_and_five_that_it_did_not_confirm_do() {
    let mut ward = Ward::with_policy(by_system);
    let failures = |ward: &mut Ward| {
        ward.engine.acting().lockouts().unwrap().iter().map(|one| one.failures).sum::<u32>()
    };
    for _ in 0..12 {
        let grant = try_by_system(&mut ward).unwrap();
        assert_eq!(failures(&mut ward), 1, "counted until the host has said");
        ward.engine.confirm(&grant, true).unwrap();
        assert_eq!(failures(&mut ward), 0);
    }
    for failed in 1..=5 {
        let grant = try_by_system(&mut ward).unwrap();
        match failed {
            2 => ward.engine.end_grant(&grant, Ending::LoggedOff).unwrap(),
            _ => ward.engine.confirm(&grant, false).unwrap(),
        }
        assert!(ward.engine.confirm(&grant, true).is_err(), "said twice, or too late");
        assert_eq!(failures(&mut ward), failed);
    }
    assert!(try_by_system(&mut ward).is_none());
    ward.engine.acting().clear_lockout(LockoutOf::Person("nurse01"), None).unwrap();
    assert!(try_by_system(&mut ward).is_some());
}

#[test]
fn where_a_terminal_only_observes_the_systems_password_is_not_counted_since_nobody_tells_of_it() {
    let mut ward = Ward::with_policy(|policy| {
        by_system(policy).replacen(r#"stage = "enforce""#, r#"stage = "observe""#, 1)
    });
    for _ in 0..7 {
        assert!(try_by_system(&mut ward).is_none());
    }
    assert!(ward.engine.acting().lockouts().unwrap().is_empty());
}

#[test]
fn a_right_password_is_not_locked_by_what_else_was_wrong_and_a_wrong_one_is() {
    let mut ward = Ward::new();
    let elsewhere =
        || AttemptRequest { account: Some("pharmacy".to_owned()), ..AttemptRequest::new(Purpose::Login) };
    for _ in 0..7 {
        assert_eq!(ward.attempt(card(1), PASSWORD, elsewhere()).0.why, Why::Account);
    }
    assert!(ward.engine.acting().lockouts().unwrap().is_empty());
    for _ in 0..5 {
        assert_eq!(ward.attempt(card(1), "wrong", elsewhere()).0.why, Why::Account);
    }
    assert_eq!(ward.attempt(card(1), PASSWORD, elsewhere()).0.why, Why::LockedOut);
}

#[test]
fn a_password_that_must_be_changed_lets_nobody_in_and_can_be_changed_however_often_it_was_tried() {
    let mut ward = Ward::new();
    let own = "quiet-Egret-77";
    ward.engine.acting().set_password("nurse01", &secret("given-Crane-5!"), true).unwrap();
    for _ in 0..7 {
        let (verdict, grant) = ward.attempt(card(1), "given-Crane-5!", AttemptRequest::new(Purpose::Login));
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::MustChange));
        assert!(grant.is_none());
    }
    ward.engine.change_password("nurse01", &secret("given-Crane-5!"), &secret(own)).unwrap();
    let (verdict, _) = ward.attempt(card(1), own, AttemptRequest::new(Purpose::Login));
    assert_eq!(verdict.outcome, Outcome::Granted);
}

#[test]
fn a_password_of_the_system_gives_nothing_until_the_system_has_taken_it() {
    for took in [true, false] {
        let mut ward = Ward::with_policy(by_system);
        let grant = try_by_system(&mut ward).unwrap();
        assert!(matches!(ward.engine.examine(&grant), Err(Error::GrantProvisional)));
        ward.engine.confirm(&grant, took).unwrap();
        if took {
            ward.engine.examine(&grant).unwrap();
        } else {
            assert_eq!(ward.ending(&grant), Ending::HostRefused);
        }
    }
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
