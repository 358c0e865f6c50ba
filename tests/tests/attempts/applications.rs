//! Which applications a grant opens, and the logins that are handed out for them.

use mabataki_engine::engine::{AttemptRequest, Cards, Cover, Error, NewLogin, ReleasedLogin};
use mabataki_engine::policy::Purpose;

use super::ward::{PASSWORD, Ward, card, code, secret};

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
