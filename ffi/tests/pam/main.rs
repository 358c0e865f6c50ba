//! The module for PAM lets in whom the service lets in, and nobody else: whatever happens, it fails closed and in time.

#![cfg(test)]

#[path = "../common/mod.rs"]
mod common;
mod login;
mod terminal;

use std::time::Duration;

use mabataki_engine::service::Client;

use self::login::{
    AUTH_ERR, AUTHINFO_UNAVAIL, At, By, CONV_ERR, IGNORED, MAXTRIES, SUCCESS, Stack, is_possible, setter,
};
use self::terminal::{CARD, PASSWORD, STRANGE_CARD, Terminal, user};

/// What is asked and told, as `mbt_text` has it.
const ASKED: &str = "パスワードを入力してください。";
const ASKED_IN_ENGLISH: &str = "Please type your password.";
const REFUSED: &str = "認証できませんでした。";
const TOO_LATE: &str = "時間切れです。";

/// A password that a policy would take, and that is nobody's.
const WRONG: &str = "not-her-Word-7";

#[test]
fn card_and_password_let_in_where_there_is_no_camera_and_the_session_has_the_grant() {
    if !is_possible() {
        return;
    }
    let Some(terminal) = Terminal::with_card(Some(CARD)) else { return };
    let in_session = By { operations: "authenticate open_session close_session", ..By::default() };
    let prompts = [(ASKED, At::Type(PASSWORD))];
    let told = Stack::with_session(&terminal.socket()).log_in_by(&in_session, &user(), &prompts);
    assert!(told.granted, "{} {}", told.end, told.asked);
    assert_eq!(told.asked.trim(), ASKED, "nothing else was asked, and no password shown");
    assert!(told.info.iter().any(|line| line.contains("カメラ")), "{:?}", told.info);
    assert_eq!(terminal.attempts(), [format!("granted matched nurse01 {} pam -", user())]);
    let agent = Client::connect(&terminal.socket(), None, Duration::from_secs(5)).unwrap();
    assert_eq!(agent.claim().unwrap().examine().unwrap().subject, "nurse01");

    let stack = Stack::of(&terminal.socket(), "lang=en purpose=unlock");
    let told = stack.log_in(&user(), &[(ASKED_IN_ENGLISH, At::Type(PASSWORD))]);
    assert_eq!((told.end.as_str(), told.asked.trim()), (SUCCESS, ASKED_IN_ENGLISH));
    assert!(told.info.iter().all(|line| line.is_ascii()), "{:?}", told.info);

    assert_eq!(agent.claim().unwrap().examine().unwrap().subject, "nurse01", "a screen was unlocked");

    let silent = By { operations: "authenticate(PAM_SILENT)", ..By::default() };
    let told = stack.log_in_by(&silent, &user(), &[(ASKED_IN_ENGLISH, At::Type(PASSWORD))]);
    assert_eq!((told.end.as_str(), told.info.len()), (SUCCESS, 0), "{:?}", told.info);
}

#[test]
fn a_log_in_that_opens_no_session_leaves_its_grant_to_nobody() {
    if !is_possible() {
        return;
    }
    let Some(terminal) = Terminal::with_card(Some(CARD)) else { return };
    let agent = Client::connect(&terminal.socket(), None, Duration::from_secs(5)).unwrap();
    let nothing_to_claim = || assert_eq!(agent.claim().unwrap_err().code(), "nothing_to_claim");
    let prompts = [(ASKED, At::Type(PASSWORD))];
    let told = Stack::with_session(&terminal.socket()).log_in(&user(), &prompts);
    assert_eq!((told.end.as_str(), told.granted), (SUCCESS, true), "{}", told.asked);
    nothing_to_claim();
    let open = By { operations: "open_session", ..By::default() };
    assert!(Stack::with_session(&terminal.socket()).log_in_by(&open, &user(), &[]).granted);
    nothing_to_claim();
}

#[test]
fn a_wrong_password_a_strange_card_and_an_unknown_user_look_alike() {
    if !is_possible() {
        return;
    }
    let Some(mut terminal) = Terminal::with_card(Some(CARD)) else { return };
    let stack = Stack::of(&terminal.socket(), "");
    let mut log_in = |user: &str, card: &str, password: &str| {
        terminal.lay(card);
        stack.log_in(user, &[(ASKED, At::Type(password))])
    };
    let wrong = log_in(&user(), CARD, WRONG);
    assert_eq!((wrong.end.as_str(), wrong.granted), (AUTH_ERR, false));
    assert!(wrong.asked.contains(REFUSED), "{}", wrong.asked);
    let unknown = log_in("nobody-of-that-name", CARD, PASSWORD);
    let strange = log_in(&user(), STRANGE_CARD, PASSWORD);
    let both = log_in("nobody-of-that-name", STRANGE_CARD, WRONG);
    for other in [&unknown, &strange, &both] {
        pretty_assertions::assert_eq!(other.transcript(), wrong.transcript());
    }
    let reasons: Vec<String> = terminal
        .attempts()
        .iter()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        reasons,
        ["denied wrong_secret", "denied account", "denied card_unknown", "denied card_unknown"]
    );
}

#[test]
fn whoever_is_locked_out_is_told_so_and_the_right_password_helps_no_more() {
    if !is_possible() {
        return;
    }
    let Some(terminal) = Terminal::with_card(Some(CARD)) else { return };
    let stack = Stack::of(&terminal.socket(), "");
    for _ in 0..5 {
        assert_eq!(stack.log_in(&user(), &[(ASKED, At::Type(WRONG))]).end, AUTH_ERR);
    }
    let told = stack.log_in(&user(), &[(ASKED, At::Type(PASSWORD))]);
    assert!(told.end.starts_with(MAXTRIES) && !told.granted, "{}", told.end);
    assert!(told.asked.contains("しばらく待つか、管理者に連絡してください。"), "{}", told.asked);
}

#[test]
fn whoever_does_not_come_in_time_is_refused_and_a_service_that_stops_holds_nobody_up() {
    if !is_possible() {
        return;
    }
    let Some(mut terminal) = Terminal::with_card(None) else { return };
    let stack = Stack::of(&terminal.socket(), "timeout=2");
    let told = stack.log_in(&user(), &[]);
    assert_eq!((told.end.as_str(), told.granted), (AUTH_ERR, false));
    assert!(told.asked.contains(TOO_LATE), "{}", told.asked);
    assert!(told.took > Duration::from_secs(2) && told.took < Duration::from_secs(6), "{:?}", told.took);

    terminal.lay(CARD);
    let service = terminal.service();
    let told = stack.log_in(&user(), &[(ASKED, At::Do(&|| service.stop()))]);
    assert_eq!((told.end.as_str(), told.granted), (AUTHINFO_UNAVAIL, false));
    assert!(told.took < Duration::from_secs(15), "{:?}", told.took);
    let told = stack.log_in(&user(), &[]);
    assert_eq!((told.end.as_str(), told.granted), (AUTHINFO_UNAVAIL, false));
    assert!(told.took < Duration::from_secs(10), "{:?}", told.took);
    service.go_on();
    let told = Stack::of(&terminal.socket(), "").log_in(&user(), &[(ASKED, At::Type(PASSWORD))]);
    assert_eq!(told.end, SUCCESS);
}

#[test]
fn a_service_that_stops_while_a_card_is_awaited_is_found_out_when_the_time_is_up() {
    if !is_possible() {
        return;
    }
    let Some(terminal) = Terminal::with_card(None) else { return };
    let stack = Stack::of(&terminal.socket(), "timeout=3");
    let service = terminal.service();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1500));
        service.stop();
    });
    let told = stack.log_in(&user(), &[]);
    stopper.join().unwrap();
    assert_eq!((told.end.as_str(), told.granted), (AUTHINFO_UNAVAIL, false));
    assert!(told.took < Duration::from_secs(15), "{:?}", told.took);
}

#[test]
fn nobody_comes_in_from_another_machine_but_where_the_policy_says_so() {
    if !is_possible() {
        return;
    }
    let Some(terminal) = Terminal::with_card(Some(CARD)) else { return };
    let remote = |stack: &Stack| {
        let by = By { options: &["-Irhost=10.1.2.3"], ..By::default() };
        let told = stack.log_in_by(&by, &user(), &[(ASKED, At::Type(PASSWORD))]);
        assert!(!told.asked.contains(ASKED), "{}", told.asked);
        (told.end.clone(), told.granted)
    };
    let socket = terminal.socket();
    assert_eq!(remote(&Stack::of(&socket, "")), (IGNORED.to_owned(), false));
    assert_eq!(remote(&Stack::before_permit(&socket, "")), (SUCCESS.to_owned(), true));
    assert_eq!(remote(&Stack::before_permit(&socket, "remote=refuse")), (AUTH_ERR.to_owned(), false));
    assert!(terminal.attempts().is_empty());
    assert_eq!(remote(&Stack::before_permit(&socket, "remote=policy")), (AUTH_ERR.to_owned(), false));
    assert_eq!(terminal.attempts().len(), 1);
    assert!(terminal.attempts()[0].ends_with(" pam 10.1.2.3"), "{:?}", terminal.attempts());

    terminal.change_policy("remote = false", "remote = true");
    let by = By { options: &["-Irhost=10.1.2.3"], ..By::default() };
    let told = Stack::of(&socket, "remote=policy").log_in_by(&by, &user(), &[(ASKED, At::Type(PASSWORD))]);
    assert_eq!((told.end.as_str(), told.granted), (SUCCESS, true), "{}", told.asked);
    assert_eq!(terminal.attempts()[1], format!("granted matched nurse01 {} pam 10.1.2.3", user()));
    assert_eq!(remote(&Stack::of(&socket, "")), (IGNORED.to_owned(), false));
}

#[test]
fn a_conversation_that_fails_lets_nobody_in_and_what_cannot_be_a_password_is_asked_for_again() {
    if !is_possible() {
        return;
    }
    let Some(terminal) = Terminal::with_card(Some(CARD)) else { return };
    let told = Stack::before_permit(&terminal.socket(), "").log_in(&user(), &[(ASKED, At::HangUp)]);
    assert_eq!(
        (told.end.as_str(), told.granted),
        (CONV_ERR, false),
        "{} {} {:?}",
        told.asked,
        told.log,
        terminal.attempts()
    );

    let stack = Stack::of(&terminal.socket(), "");
    let told = stack.log_in(&user(), &[(ASKED, At::Type("")), (ASKED, At::Type(PASSWORD))]);
    assert_eq!((told.end.as_str(), told.granted), (SUCCESS, true));
    let told = stack.log_in(&user(), &[(ASKED, At::Type("")); 3]);
    assert_eq!((told.end.as_str(), told.asked.matches(ASKED).count()), (AUTH_ERR, 3));
    assert!(told.asked.contains(REFUSED), "{}", told.asked);
}

#[test]
fn an_earlier_modules_password_is_used_only_where_an_option_says_so() {
    if !is_possible() {
        return;
    }
    let Some(setter) = setter() else {
        return common::skipped(
            "an earlier module's password",
            "no pam_set_items.so (Debian: libpam-wrapper)",
        );
    };
    let Some(terminal) = Terminal::with_card(Some(CARD)) else { return };
    let socket = terminal.socket();
    let log_in = |options: &str, earlier: &str| {
        let (setter, socket) = (setter.display(), socket.display());
        let lines = format!("auth required {setter}\nauth required MODULE socket={socket} {options}\n");
        let by = By { environment: &[("PAM_AUTHTOK", earlier)], ..By::default() };
        let told = Stack::new(&lines).log_in_by(&by, &user(), &[(ASKED, At::HangUp)]);
        (told.end, told.granted)
    };
    assert_eq!(log_in("", PASSWORD), (CONV_ERR.to_owned(), false));
    assert_eq!(log_in("password=ask", PASSWORD), (CONV_ERR.to_owned(), false));
    assert_eq!(log_in("password=earlier", PASSWORD), (SUCCESS.to_owned(), true));
    assert_eq!(log_in("password=earlier", WRONG), (AUTH_ERR.to_owned(), false));
}

#[test]
fn without_a_service_or_any_device_nobody_is_let_in_but_by_what_the_administrator_put_behind() {
    if !is_possible() {
        return;
    }
    let mut terminal = Terminal::bare();
    let socket = terminal.socket();
    let log_in = |stack: Stack| {
        let told = stack.log_in(&user(), &[(ASKED, At::Type(PASSWORD))]);
        assert!(!told.asked.contains(ASKED) && told.took < Duration::from_secs(5), "{}", told.asked);
        (told.end, told.granted)
    };
    let check = || {
        let unavailable = (AUTHINFO_UNAVAIL.to_owned(), false);
        assert_eq!(log_in(Stack::of(&socket, "")), unavailable);
        assert_eq!(log_in(Stack::before_permit(&socket, "")), unavailable);
        assert_eq!(log_in(Stack::before_permit(&socket, "unavailable=fail")), unavailable);
        assert_eq!(log_in(Stack::of(&socket, "unavailable=ignore")), (IGNORED.to_owned(), false));
        assert_eq!(log_in(Stack::before_permit(&socket, "unavailable=ignore")), (SUCCESS.to_owned(), true));
    };
    check();
    terminal.kill();
    check();
}

#[test]
fn an_option_that_is_none_lets_nobody_in() {
    if !is_possible() {
        return;
    }
    let nowhere = std::path::Path::new("/nowhere/mabataki.sock");
    for option in [
        "sufficient",
        "timeout=0",
        "timeout=601",
        "timeout=30s",
        "timeout=",
        "timeout=-1",
        "lang=fr",
        "remote=allow",
        "remote=",
        "unavailable",
        "password=first",
        "policy=",
        "purpose=admin",
        "socket=mabataki.sock",
    ] {
        let stack = Stack::before_permit(nowhere, &format!("unavailable=ignore {option}"));
        let told = stack.log_in(&user(), &[]);
        assert_eq!((told.end.as_str(), told.granted), (AUTH_ERR, false), "{option}");
        assert!(
            told.log.contains(&format!("nobody is let in: {option}")) && told.asked.is_empty(),
            "{}",
            told.log
        );
    }
}
