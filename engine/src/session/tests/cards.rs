//! What is said of a card that cannot be read, or cannot be used.

use super::*;
use crate::card::Unusable;
use crate::session::CardTrouble;

#[test]
fn a_card_that_could_not_be_read_is_asked_for_again_and_the_next_try_counts() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    for (trouble, told) in [
        (CardTrouble::Torn, "hold_longer"),
        (CardTrouble::Unreadable, "card_unreadable"),
        (CardTrouble::Several, "two_cards"),
    ] {
        drive.input(Input::CardTrouble(trouble));
        assert_eq!(drive.seen.last().unwrap(), told);
        // It stays there for two seconds, whatever else there is to say.
        drive.wait(Duration::from_millis(1_900));
        assert_eq!(drive.seen.last().unwrap(), told);
    }
    drive.tap();
    drive.show_face(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn why_a_card_is_good_for_nobody_is_said_before_the_end() {
    for (unusable, told) in [
        (Unusable::RandomIdentifier, "identifier_changes"),
        (Unusable::ChangingIdentifier, "identifier_changes"),
        (Unusable::NotAllowed, "card_not_allowed"),
        (Unusable::NotOfSite, "card_not_allowed"),
        (Unusable::InvalidIdentifier, "card_unusable"),
        // A copy is not told how near it came.
        (Unusable::ProofFailed, "card_unusable"),
    ] {
        let mut drive = Drive::new(Some(nurse(0)), request());
        drive.input(Input::CardSeen(Err(unusable)));
        assert!(drive.has_seen(told), "{unusable:?}: {:?}", drive.seen);
        assert_eq!(drive.verdict().0, Outcome::Denied);
    }
    let wants_proof = Policy { least_assurance: Assurance::Proved, ..Policy::ordinary() };
    let mut drive = Drive::new(Some(nurse(0)), under(wants_proof));
    drive.tap();
    assert!(drive.has_seen("card_not_allowed"));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::CardAssurance));
}

#[test]
fn that_a_card_is_nobodys_or_stopped_is_said_only_where_the_policy_lets_it_be_known() {
    let stopped = Subject { standing: Standing::CardRevoked, ..nurse(0) };
    for (subject, told) in [(None, "card_unknown"), (Some(stopped), "card_suspended")] {
        for explains_cards in [false, true] {
            let mut drive = Drive::new(subject.clone(), Request { explains_cards, ..request() });
            drive.tap();
            // Not before everything was shown: the attempt goes on by the same steps, and ends as it would have.
            assert!(!drive.has_seen(told) && drive.verdict.is_none());
            drive.show_face(HER);
            assert_eq!(drive.has_seen(told), explains_cards, "{told}: {:?}", drive.seen);
            assert_eq!(drive.verdict().0, Outcome::Denied);
            assert_eq!(drive.verdict.unwrap().told, Coarse::Refused);
        }
    }
    // Whoever only taps and waits learns nothing.
    let mut drive = Drive::new(None, Request { explains_cards: true, ..request() });
    drive.tap();
    drive.wait(Duration::from_secs(60));
    assert!(!drive.has_seen("card_unknown"));
    assert_eq!(drive.verdict.unwrap().told, Coarse::TooLate);
}
