//! Enrolments that wait for a second pair of eyes.

use mabataki_engine::policy::Purpose;
use mabataki_engine::session::{Outcome, ReviewReason};
use pretty_assertions::assert_eq;

use super::site::{HER, HER_BLINK, HIM, Site, enrol, of, of_new};

const TWO: (&str, &str) = ("approvers = 1", "approvers = 2");

impl Site {
    /// Those who wait, and why.
    fn waiting(&mut self) -> Vec<(String, ReviewReason, Option<String>)> {
        let pending = self.engine.acting().pending_enrolments().unwrap();
        pending.into_iter().map(|pending| (pending.person, pending.reason, pending.resembles)).collect()
    }
}

fn done(person: &str) -> (String, String, String) {
    ("done".to_owned(), String::new(), person.to_owned())
}

#[test]
fn with_two_approvers_nothing_counts_until_another_administrator_has_agreed() {
    let mut site = Site::new(&[TWO]);
    let [first, second] = [11, 12].map(|number| site.let_in(number, Purpose::Admin));
    let frames = site.frames(HER);
    let result = enrol(site.engine.acting_by(&first), of_new("nurse03", 3, frames)).unwrap();
    assert_eq!(result.review, Some(ReviewReason::SecondApprover));
    assert_eq!(site.last("face_enrol").0, "pending");
    assert!(!site.knows("nurse03"));
    assert_eq!(site.waiting(), [("nurse03".to_owned(), ReviewReason::SecondApprover, None)]);

    let error = site.engine.acting_by(&first).approve_enrolment("nurse03").unwrap_err();
    assert_eq!(error.code(), "not_for_oneself");
    assert!(!site.knows("nurse03"));
    let refused = ("refused".to_owned(), "not_for_oneself".to_owned(), "nurse03".to_owned());
    assert_eq!(site.last("enrolment_approve"), refused);

    site.engine.acting_by(&second).approve_enrolment("nurse03").unwrap();
    assert_eq!((site.last("enrolment_approve"), site.waiting()), (done("nurse03"), vec![]));
    let verdict = site.show(3, HER_BLINK);
    assert_eq!((verdict.outcome, verdict.subject.as_deref()), (Outcome::Granted, Some("nurse03")));
}

#[test]
fn nobody_approves_of_their_own_enrolment() {
    let mut site = Site::new(&[TWO]);
    let [first, second] = [11, 12].map(|number| site.let_in(number, Purpose::Admin));
    let frames = site.frames(HER);
    enrol(site.engine.acting_by(&first), of("admin02", frames)).unwrap();
    let error = site.engine.acting_by(&second).approve_enrolment("admin02").unwrap_err();
    assert_eq!(error.code(), "not_for_oneself");
    assert!(!site.has_template("admin02"));
}

#[test]
fn what_is_refused_is_forgotten() {
    let mut site = Site::new(&[TWO]);
    let [first, second] = [11, 12].map(|number| site.let_in(number, Purpose::Admin));
    let frames = site.frames(HER);
    enrol(site.engine.acting_by(&first), of_new("nurse03", 3, frames)).unwrap();
    site.engine.acting_by(&second).refuse_enrolment("nurse03").unwrap();
    assert_eq!((site.last("enrolment_refuse"), site.waiting()), (done("nurse03"), vec![]));
    let error = site.engine.acting_by(&second).approve_enrolment("nurse03").unwrap_err();
    assert_eq!(error.code(), "not_found");
    assert!(!site.knows("nurse03"));
}

#[test]
fn a_face_that_is_enrolled_under_another_id_waits_for_somebody_to_look() {
    let mut site = Site::new(&[]);
    let frames = site.frames(HER);
    enrol(site.engine.acting(), of("nurse01", frames)).unwrap();
    let frames = site.frames(HER_BLINK);
    let result = enrol(site.engine.acting(), of_new("nurse03", 3, frames)).unwrap();
    assert_eq!(result.review, Some(ReviewReason::OtherPersonMatches));
    let like_her = Some("nurse01".to_owned());
    assert_eq!(site.waiting(), [("nurse03".to_owned(), ReviewReason::OtherPersonMatches, like_her)]);
    assert!(!site.knows("nurse03"));
}

#[test]
fn a_face_unlike_the_one_it_would_replace_waits_and_the_old_one_counts_until_then() {
    let mut site = Site::new(&[]);
    let frames = site.frames(HER);
    enrol(site.engine.acting(), of("nurse01", frames)).unwrap();
    let frames = site.frames(HIM);
    let result = enrol(site.engine.acting(), of("nurse01", frames)).unwrap();
    assert_eq!(result.review, Some(ReviewReason::DiffersFromBefore));
    assert_eq!(site.show(1, HER_BLINK).outcome, Outcome::Granted);
    site.engine.acting().approve_enrolment("nurse01").unwrap();
    assert_eq!(site.show(1, HER_BLINK).outcome, Outcome::Denied);
}

#[test]
fn a_rotation_renewed_while_an_enrolment_waits_spoils_nothing() {
    let mut site = Site::new(&[TWO]);
    let [first, second] = [11, 12].map(|number| site.let_in(number, Purpose::Admin));
    let frames = site.frames(HER);
    enrol(site.engine.acting_by(&first), of_new("nurse03", 3, frames)).unwrap();
    let mut told = Vec::new();
    let turned = site.engine.acting().renew_rotation(&mut |done, of| told.push((done, of))).unwrap();
    assert_eq!((turned, told), (1, vec![(1, 1)]));
    site.engine.acting_by(&second).approve_enrolment("nurse03").unwrap();
    assert_eq!(site.show(3, HER_BLINK).outcome, Outcome::Granted);
}

#[test]
fn an_approval_for_a_card_that_is_somebody_elses_by_now_keeps_nothing() {
    let mut site = Site::new(&[TWO]);
    let frames = site.frames(HER);
    enrol(site.engine.acting(), of_new("nurse03", 3, frames)).unwrap();
    let label = mabataki_engine::store::NewCard::labelled("staff card", jiff::Timestamp::now());
    site.engine.acting().bind_claimed_card("nurse02", &super::site::card(3), &label).unwrap();
    let error = site.engine.acting().approve_enrolment("nurse03").unwrap_err();
    assert_eq!(error.code(), "card_bound");
    assert!(!site.knows("nurse03"));
    assert_eq!(site.waiting().len(), 1);
}
