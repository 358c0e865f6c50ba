//! Person, card and face, all or none, on the disk.

use mabataki_engine::engine::{CaptureStep, Error, Frames};
use mabataki_engine::policy::Purpose;
use mabataki_engine::session::Outcome;
use mabataki_engine::store::{NewCard, PersonStatus};
use pretty_assertions::assert_eq;

use super::site::{HER, HER_BLINK, HIM, Site, card, enrol, of, of_new};

#[test]
fn a_new_person_is_enrolled_with_card_and_face_and_let_in_by_both() {
    let mut site = Site::new(&[]);
    let frames = site.frames(HER);
    let result = enrol(site.engine.acting(), of_new("nurse03", 3, frames)).unwrap();
    assert_eq!((result.failure, result.review, result.left_out), (None, None, 0));
    assert!(site.has_template("nurse03"));
    assert_eq!(site.last("face_enrol"), ("done".to_owned(), String::new(), "nurse03".to_owned()));
    let verdict = site.show(3, HER_BLINK);
    assert_eq!((verdict.outcome, verdict.subject.as_deref()), (Outcome::Granted, Some("nurse03")));
}

#[test]
fn an_enrolment_that_fails_in_the_middle_keeps_neither_person_nor_card_nor_face() {
    let mut site = Site::new(&[]);
    let (frames, mut elsewhere) = (site.frames(HER), site.elsewhere());
    let mut capture = site.engine.acting().enrol(of_new("nurse03", 3, frames)).unwrap();
    let failed = loop {
        match capture.next_step() {
            // The card that was nobody's a moment ago is given to somebody else.
            Ok(Some(CaptureStep::Sample(3, _))) => {
                let label = NewCard::labelled("staff card", jiff::Timestamp::now());
                elsewhere.acting().bind_claimed_card("nurse02", &card(3), &label).unwrap();
            }
            Ok(Some(CaptureStep::Done(result))) => panic!("kept: {result:?}"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    drop(capture);
    assert_eq!(failed.code(), "card_bound");
    assert!(!site.knows("nurse03"));
    assert_eq!(site.last("face_enrol"), ("failed".to_owned(), "card_bound".to_owned(), "nurse03".to_owned()));
    // Nothing stands in the way of the next try.
    let frames = site.frames(HER);
    enrol(site.engine.acting(), of_new("nurse03", 4, frames)).unwrap();
    assert!(site.has_template("nurse03"));
}

#[test]
fn nobody_enrols_themselves() {
    let mut site = Site::new(&[]);
    let grant = site.let_in(11, Purpose::Admin);
    let frames = site.frames(HER);
    let error = enrol(site.engine.acting_by(&grant), of("admin01", frames)).unwrap_err();
    assert_eq!(error.code(), "not_for_oneself");
    assert!(!site.has_template("admin01"));
    let refused = ("refused".to_owned(), "not_for_oneself".to_owned(), "admin01".to_owned());
    assert_eq!(site.last("face_enrol"), refused);
}

#[test]
fn whoever_loses_the_right_while_the_pictures_are_taken_has_enrolled_nobody() {
    let mut site = Site::new(&[]);
    // Somebody must be left who may administer.
    let [grant, _] = [11, 12].map(|number| site.let_in(number, Purpose::Admin));
    let (frames, mut elsewhere) = (site.frames(HER), site.elsewhere());
    let mut capture = site.engine.acting_by(&grant).enrol(of_new("nurse03", 3, frames)).unwrap();
    let failed = loop {
        match capture.next_step() {
            Ok(Some(CaptureStep::Sample(1, _))) => {
                elsewhere.acting().set_status("admin01", PersonStatus::Disabled).unwrap();
            }
            Ok(Some(CaptureStep::Done(result))) => panic!("kept: {result:?}"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    drop(capture);
    assert!(matches!(failed, Error::GrantEnded { .. }), "{failed}");
    assert!(!site.knows("nurse03"));
    assert_eq!(site.last("face_enrol").0, "failed");
}

#[test]
fn an_enrolment_that_is_dropped_was_called_off_and_the_log_says_so() {
    let mut site = Site::new(&[]);
    let frames = site.frames(HER);
    let mut capture = site.engine.acting().enrol(of_new("nurse03", 3, frames)).unwrap();
    capture.next_step().unwrap();
    drop(capture);
    assert!(!site.knows("nurse03"));
    let dropped = ("abandoned".to_owned(), "cancelled".to_owned(), "nurse03".to_owned());
    assert_eq!(site.last("face_enrol"), dropped);
}

#[test]
fn the_same_face_again_takes_the_earlier_ones_place_without_a_review() {
    let mut site = Site::new(&[]);
    for clip in [HER, HER_BLINK] {
        let frames = site.frames(clip);
        let result = enrol(site.engine.acting(), of("nurse01", frames)).unwrap();
        assert!(result.template.is_some() && result.review.is_none(), "{result:?}");
    }
    let frames = site.frames(HIM);
    let result = enrol(site.engine.acting(), of("nurse02", frames)).unwrap();
    assert_eq!((result.review, result.resembles), (None, None));
}

#[test]
fn a_template_made_under_a_rotation_that_is_renewed_meanwhile_is_not_kept() {
    let mut site = Site::new(&[]);
    let (frames, mut elsewhere) = (site.frames(HER), site.elsewhere());
    let mut capture = site.engine.acting().enrol(of("nurse01", frames)).unwrap();
    let failed = loop {
        match capture.next_step() {
            Ok(Some(CaptureStep::Sample(1, _))) => {
                elsewhere.acting().renew_rotation(&mut |_, _| {}).unwrap();
            }
            Ok(Some(CaptureStep::Done(result))) => panic!("kept: {result:?}"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    drop(capture);
    assert_eq!(failed.code(), "other_rotation");
    assert!(!site.has_template("nurse01"));
}

#[test]
fn an_enrolment_without_its_camera_stands_in_the_log_with_the_cameras_loss() {
    let mut site = Site::new(&[]);
    let absent = || Frames::Camera(Some("no such camera".to_owned()));
    let refused = enrol(site.engine.acting(), of("nurse01", absent())).unwrap_err();
    let told: Vec<_> = site
        .log()
        .into_iter()
        .rev()
        .take(2)
        .map(|entry| (entry.operation.code(), entry.outcome.code(), entry.reason, entry.camera))
        .collect();
    let why = Some(refused.code().to_owned());
    let camera = Some("no such camera".to_owned());
    assert_eq!(told, [("face_enrol", "failed", why.clone(), None), ("camera_lost", "failed", why, camera)]);
    assert!(!site.has_template("nurse01"));
}
