//! Whose frames and cards are taken, and from which devices, for attempts, enrolments and watches alike.

use pretty_assertions::assert_eq;

use super::super::trial::{Site, grant, site};
use super::super::{AttemptRequest, CaptureRequest};
use super::*;
use crate::frame::open_replay;
use crate::policy::{Purpose, STANDARD};

const CARD: &str = "a card told by the host";
const FILE: &str = "frames from a file";

/// What one of the three said to the sources; that a device or a pack is missing comes after it.
type Answers = [String; 3];

fn site_where(rules: &str) -> Site {
    let mut site = site();
    let policy = STANDARD.replacen("host_frames = []", rules, 1).replacen("host_cards = []", "", 1).replacen(
        "remote = false",
        "",
        1,
    );
    site.engine.acting().set_policy(&policy).unwrap();
    site
}

/// What an attempt, an enrolment and a watch say to such sources from this host.
fn answers(
    site: &mut Site,
    host: Option<&str>,
    frames: impl Fn() -> Option<Frames>,
    cards: impl Fn() -> Option<Cards>,
) -> Answers {
    let engine = &mut site.engine;
    let host = || host.map(str::to_owned);
    let request = AttemptRequest {
        frames: frames(),
        cards: cards(),
        host: host(),
        ..AttemptRequest::new(Purpose::Login)
    };
    let attempt = said(engine.authenticate(request).map(|_| ()));
    let request = CaptureRequest {
        person: "nurse01".to_owned(),
        profile: None,
        samples: None,
        frames: frames().unwrap_or(Frames::Camera(None)),
        cards: cards().or(Some(Cards::Reader(None))),
        label: None,
        host: host(),
    };
    let enrolment = said(engine.acting().enrol(request).map(|_| ()));
    let grant = grant(engine, "nurse01", Purpose::Login, None);
    let sources = Sources { frames: frames(), cards: cards(), host: host() };
    let watch = said(engine.watch(&grant, sources).map(|_| ()));
    [attempt, enrolment, watch]
}

fn said(answer: Result<(), Error>) -> String {
    match answer {
        Err(error @ (Error::Pinned { .. } | Error::NotPermitted { .. } | Error::Remote { .. })) => {
            error.to_string()
        }
        _ => "taken".to_owned(),
    }
}

fn all(answer: &str) -> Answers {
    [answer; 3].map(str::to_owned)
}

/// Taken for a log-in and what follows it. Nobody is enrolled from what a host hands in, listed or not.
fn for_log_ins([_, enrolment, _]: Answers) -> Answers {
    ["taken".to_owned(), enrolment, "taken".to_owned()]
}

fn camera(name: Option<&str>) -> impl Fn() -> Option<Frames> {
    move || Some(Frames::Camera(name.map(str::to_owned)))
}

fn reader(name: Option<&str>) -> impl Fn() -> Option<Cards> {
    move || Some(Cards::Reader(name.map(str::to_owned)))
}

fn told_card() -> Option<Cards> {
    Some(Cards::Claimed(Ok(CardIdentity::parse_claim("felica:0114B34C1A2B3C4D").unwrap())))
}

/// Two pictures of nothing.
fn clip(site: &Site) -> impl Fn() -> Option<Frames> + use<> {
    let path = site.folder.path().join("clip.y4m");
    let frame = [b"FRAME\n".to_vec(), vec![128; 64 * 64]].concat();
    let clip = [b"YUV4MPEG2 W64 H64 F30:1 Cmono\n".to_vec(), frame.clone(), frame].concat();
    std::fs::write(&path, clip).unwrap();
    move || Some(Frames::Recorded { path: path.clone(), replay: open_replay(&path, None).unwrap() })
}

#[test]
fn only_the_pinned_camera_and_reader_are_taken() {
    let mut site = site_where("camera = \"Ward Camera\"\nreader = \"Ward Reader\"");
    let other = "the policy takes no other camera than \"Ward Camera\", found \"Other\"";
    assert_eq!(answers(&mut site, None, camera(Some("Other")), || None), all(other));
    let other = other.replace("camera", "reader").replace("Camera", "Reader");
    assert_eq!(answers(&mut site, None, || None, reader(Some("Other"))), all(&other));
    assert_eq!(answers(&mut site, None, camera(Some("Ward Camera")), || None), all("taken"));
    assert_eq!(answers(&mut site, None, camera(None), reader(None)), all("taken"));
}

#[test]
fn a_device_that_is_pinned_is_opened_where_none_is_named() {
    let site = site_where("camera = \"Ward Camera\"\nreader = \"Ward Reader\"");
    let (mut camera, mut reader) = (camera(None)().unwrap(), reader(None)().unwrap());
    let rules = site.engine.rulebook().unwrap();
    site.engine.permit_sources(&rules, None, Some(&mut camera), Some(&mut reader)).unwrap();
    assert!(matches!(camera, Frames::Camera(Some(name)) if name == "Ward Camera"));
    assert!(matches!(reader, Cards::Reader(Some(name)) if name == "Ward Reader"));
}

#[test]
fn a_listed_host_may_hand_in_what_it_is_listed_for_and_no_other_host_anything() {
    let mut site = site_where("host_cards = [\"kiosk-*\"]\nhost_frames = [\"screen\"]");
    let (frames, store) = (clip(&site), site.folder.path().join("state"));
    let refused = |what: &str| {
        all(&format!("{what} is not permitted in the store {}: it was not made for trials", store.display()))
    };
    for (host, card_is_taken, frames_are) in [
        (Some("kiosk-2"), true, false),
        (Some("screen"), false, true),
        (Some("desk"), false, false),
        (None, false, false),
    ] {
        let expected = if card_is_taken { for_log_ins(refused(CARD)) } else { refused(CARD) };
        assert_eq!(answers(&mut site, host, camera(None), told_card), expected, "{host:?}");
        let expected = if frames_are { for_log_ins(refused(FILE)) } else { refused(FILE) };
        assert_eq!(answers(&mut site, host, &frames, reader(None)), expected, "{host:?}");
    }
}

#[test]
fn whoever_does_not_say_who_they_are_hands_in_nothing_even_where_all_hosts_may() {
    let mut site = site_where("host_cards = [\"*\"]");
    let answered = answers(&mut site, Some("any"), camera(None), told_card);
    assert_eq!([answered[0].as_str(), answered[2].as_str()], ["taken"; 2]);
    assert!(answers(&mut site, None, camera(None), told_card)[0].contains("not permitted"));
}

#[test]
fn from_another_computer_nobody_comes_in_unless_the_group_says_so() {
    for (rules, taken) in [("", false), ("remote = true", true)] {
        let mut site = site_where(rules);
        let request =
            AttemptRequest { origin: Some("pc-7.example".to_owned()), ..AttemptRequest::new(Purpose::Login) };
        let answer = site.engine.authenticate(request).map(|_| ());
        assert_eq!(matches!(answer, Err(Error::Remote { .. })), !taken, "{answer:?}");
        let log = site.engine.store.log(0, 100).unwrap();
        assert_eq!(log.iter().any(|record| record.entry.reason.as_deref() == Some("not_remote")), !taken);
    }
}
