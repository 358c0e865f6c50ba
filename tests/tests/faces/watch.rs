//! The watch over a grant that lies in the store: who is in front, and whether the card is there.

use std::path::Path;
use std::time::{Duration, Instant};

use mabataki_engine::engine::{AttemptRequest, Cards, Frames, Grant, Sources, ToldCard};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::session::WatchEvent;
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated, persona};
use pretty_assertions::assert_eq;

use super::site::{HER, HER_BLINK, HIM_FOR_LONG, Site, card, enrol, of, recorded, virtual_card};

/// Where taking the card off the reader ends the grant.
const CARD_STAYS: (&str, &str) = ("card_removal_ends = false", "card_removal_ends = true");

impl Site {
    /// A grant of `nurse01`, who is enrolled.
    fn her_grant(&mut self) -> Grant {
        let frames = self.frames(HER);
        let enrolled = enrol(self.engine.acting(), of("nurse01", frames)).unwrap();
        assert!(enrolled.template.is_some());
        self.let_in(1, Purpose::Login)
    }

    fn watch(&mut self, grant: &Grant, sources: Sources) -> Vec<WatchEvent> {
        let mut watch = self.engine.watch(grant, sources).unwrap();
        let mut events = Vec::new();
        while let Some(event) = watch.next_event().unwrap() {
            events.push(event);
        }
        events
    }

    /// What the log tells of the grant after it was given.
    fn told_after_grant(&mut self, grant: &Grant) -> Vec<&'static str> {
        let of_it = self.log().into_iter().filter(|entry| entry.session.as_deref() == Some(grant.session()));
        of_it.map(|entry| entry.operation.code()).skip_while(|code| *code != "authenticate").skip(1).collect()
    }

    /// The grant has ended so, and the log says the same.
    fn assert_ended(&mut self, grant: &Grant, why: Ending) {
        assert_eq!(self.ending(grant), Some(why));
        let ends = self.log().into_iter().filter(|entry| {
            entry.operation.code() == "grant_end" && entry.session.as_deref() == Some(grant.session())
        });
        let told: Vec<_> = ends.map(|entry| (entry.subject, entry.reason)).collect();
        assert_eq!(told, [(Some("nurse01".to_owned()), Some(why.code().to_owned()))]);
    }
}

#[test]
fn another_person_in_front_ends_the_grant() {
    let mut site = Site::new(&[]);
    let grant = site.her_grant();
    let (her, him) = (site.clip(HER_BLINK), site.clip(HIM_FOR_LONG));
    let both = site.command.folder().join("both.mjpeg");
    std::fs::write(&both, [std::fs::read(her).unwrap(), std::fs::read(him).unwrap()].concat()).unwrap();
    let sources = Sources {
        frames: Some(recorded(both)),
        cards: Some(Cards::Claimed(Ok(card(1)))),
        host: Some("host".to_owned()),
    };
    assert_eq!(site.watch(&grant, sources), [WatchEvent::OtherPerson, WatchEvent::Ended]);
    site.assert_ended(&grant, Ending::OtherPerson);
}

#[test]
fn when_the_person_is_gone_the_grant_ends() {
    let mut site = Site::new(&[]);
    let grant = site.her_grant();
    let sources = Sources { frames: Some(site.frames(HER_BLINK)), ..Sources::default() };
    // The recording is over, and so is her presence.
    assert_eq!(site.watch(&grant, sources), [WatchEvent::Absent, WatchEvent::Ended]);
    site.assert_ended(&grant, Ending::Absent);
}

#[test]
fn where_absence_ends_nothing_an_empty_chair_does_not_either() {
    let mut site = Site::new(&[("absence = \"60 s\"", "absence = \"0 s\"")]);
    let grant = site.her_grant();
    let sources = Sources { frames: Some(site.frames(HER_BLINK)), ..Sources::default() };
    let events = revoked_after(&mut site, &grant, sources, Duration::from_secs(3));
    assert_eq!(events, [WatchEvent::Revoked]);
    site.assert_ended(&grant, Ending::PersonRevoked);
}

#[test]
fn a_revocation_by_another_process_ends_the_watch() {
    let mut site = Site::new(&[]);
    let grant = site.let_in(1, Purpose::Login);
    let events = revoked_after(&mut site, &grant, Sources::default(), Duration::from_millis(200));
    assert_eq!(events, [WatchEvent::Revoked]);
    site.assert_ended(&grant, Ending::PersonRevoked);
}

#[test]
fn a_face_that_another_process_forgets_ends_the_watch_over_what_it_opened() {
    let mut site = Site::new(&[]);
    site.her_grant();
    let (verdict, grant) = site.show_for_grant(1, HER_BLINK);
    let grant = grant.unwrap_or_else(|| panic!("{verdict:?}"));
    let forget = ["person", "forget-face", "nurse01"];
    let events = watch_until(&mut site, &grant, Sources::default(), Duration::from_millis(200), &forget);
    assert_eq!(events, [WatchEvent::Revoked]);
    site.assert_ended(&grant, Ending::FaceRemoved);
}

#[test]
fn taking_the_own_card_ends_the_grant_where_the_policy_says_so() {
    isolated(|folder| {
        let mut site = Site::new(&[CARD_STAYS]);
        let grant = site.let_in(1, Purpose::Login);
        let (hand, _pcscd) = reader(folder, 1);
        let taken = take_after(hand, Duration::from_millis(1500));
        assert_eq!(site.watch(&grant, on_reader()), [WatchEvent::CardRemoved]);
        taken.join().unwrap();
        site.assert_ended(&grant, Ending::CardRemoved);
    });
}

#[test]
fn taking_the_own_card_ends_nothing_where_the_policy_does_not_say_so() {
    isolated(|folder| {
        let mut site = Site::new(&[]);
        let grant = site.let_in(1, Purpose::Login);
        let (hand, _pcscd) = reader(folder, 1);
        let taken = take_after(hand, Duration::from_millis(1000));
        let events = revoked_after(&mut site, &grant, on_reader(), Duration::from_secs(3));
        assert_eq!(events, [WatchEvent::Revoked]);
        taken.join().unwrap();
    });
}

#[test]
fn taking_another_card_off_the_reader_ends_nothing() {
    isolated(|folder| {
        let mut site = Site::new(&[CARD_STAYS]);
        let grant = site.let_in(1, Purpose::Login);
        let (hand, _pcscd) = reader(folder, 2);
        let swapped = std::thread::spawn(move || {
            let mut hand = hand;
            std::thread::sleep(Duration::from_secs(1));
            hand.remove().unwrap();
            std::thread::sleep(Duration::from_secs(1));
            hand.insert(persona::by_name(&virtual_card(1)).unwrap()).unwrap();
            hand
        });
        let events = revoked_after(&mut site, &grant, on_reader(), Duration::from_secs(4));
        assert_eq!(events, [WatchEvent::OtherCard, WatchEvent::Revoked]);
        swapped.join().unwrap();
    });
}

#[test]
fn a_reader_that_is_lost_stands_in_the_log_before_the_card_that_seems_taken() {
    isolated(|folder| {
        let mut site = Site::new(&[CARD_STAYS]);
        let grant = site.let_in(1, Purpose::Login);
        let (mut hand, mut pcscd) = reader(folder, 1);
        let lost = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(1500));
            hand.unplug().unwrap();
            pcscd.look_for_readers().unwrap();
            (hand, pcscd)
        });
        assert_eq!(site.watch(&grant, on_reader()), [WatchEvent::CardRemoved]);
        lost.join().unwrap();
        site.assert_ended(&grant, Ending::CardRemoved);
        assert_eq!(site.told_after_grant(&grant), ["reader_lost", "grant_end"]);
    });
}

#[test]
fn a_watch_whose_camera_is_not_there_does_not_begin_and_the_log_tells_why() {
    let mut site = Site::new(&[]);
    let grant = site.her_grant();
    let absent = Frames::Camera(Some("no such camera".to_owned()));
    let begun = site.engine.watch(&grant, Sources { frames: Some(absent), ..Sources::default() });
    assert!(begun.is_err());
    drop(begun);
    assert_eq!(site.told_after_grant(&grant), ["camera_lost"]);
}

/// Watches; so much later an administrator, in a process of their own, disables her.
fn revoked_after(site: &mut Site, grant: &Grant, sources: Sources, wait: Duration) -> Vec<WatchEvent> {
    watch_until(site, grant, sources, wait, &["person", "disable", "nurse01"])
}

/// Watches; so much later another process carries out this command.
fn watch_until(
    site: &mut Site,
    grant: &Grant,
    sources: Sources,
    wait: Duration,
    words: &[&str],
) -> Vec<WatchEvent> {
    let mut command = site.command.command(words);
    let done = std::thread::spawn(move || {
        std::thread::sleep(wait);
        command.status().unwrap()
    });
    let events = site.watch(grant, sources);
    assert!(done.join().unwrap().success());
    events
}

fn on_reader() -> Sources {
    Sources { cards: Some(Cards::Reader(None)), ..Sources::default() }
}

/// A reader on which this card lies. The last is what the other speaks to.
fn reader(folder: &Path, number: u8) -> (VirtualReader, PrivatePcscd) {
    let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
    let mut hand = pcscd.reader("Counter").unwrap();
    hand.insert(persona::by_name(&virtual_card(number)).unwrap()).unwrap();
    (hand, pcscd)
}

fn take_after(mut hand: VirtualReader, wait: Duration) -> std::thread::JoinHandle<VirtualReader> {
    std::thread::spawn(move || {
        std::thread::sleep(wait);
        hand.remove().unwrap();
        hand
    })
}

#[test]
fn the_camera_is_left_alone_until_the_card_comes_unless_the_policy_has_it_open_before() {
    for (opens, waits) in [("card", true), ("start", false)] {
        let opens = format!("camera_opens = \"{opens}\"");
        let changes = [("camera_opens = \"card\"", opens.as_str())];
        let mut site = Site::new(if waits { &[] } else { &changes });
        let (hand, told) = std::sync::mpsc::channel();
        let request = AttemptRequest {
            // This terminal has none by that name.
            frames: Some(Frames::Camera(Some("No such camera".to_owned()))),
            cards: Some(Cards::Told(told)),
            secrets: Factors::of(&[Factor::Password]),
            host: Some("host".to_owned()),
            ..AttemptRequest::new(Purpose::Login)
        };
        let lost = |site: &mut Site| site.log().iter().any(|entry| entry.operation.code() == "camera_lost");
        let mut elsewhere = site.elsewhere();
        let mut attempt = elsewhere.authenticate(request).unwrap();
        (0..20).for_each(|_| drop(attempt.poll_step().unwrap()));
        assert_eq!(lost(&mut site), !waits);
        hand.send(ToldCard::Shown(card(1))).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !lost(&mut site) && Instant::now() < deadline {
            attempt.poll_step().unwrap();
        }
        assert!(lost(&mut site));
    }
}
