//! Which camera is taken, and how its pictures come.

use super::*;
use crate::frame::Decoder;

#[test]
fn a_camera_that_hangs_on_its_side_gives_upright_pictures_to_whoever_says_so() {
    let (bench, broker) = Bench::new();
    let mut decoder = Decoder::new();
    for (which, [width, height]) in [("Front", [4, 2]), ("Front turned:90", [2, 4]), ("turned:180", [4, 2])] {
        let mut camera = open_by(&broker, Some(which)).unwrap();
        let frame = camera.next(SOON).unwrap().expect("a frame");
        let pixels = decoder.decode(&frame).unwrap();
        assert_eq!([pixels.width(), pixels.height()], [width, height], "{which}");
    }
    let sideways = open_by(&broker, Some("Front turned:45"));
    assert!(matches!(sideways, Err(CameraError::Unknown { .. })));
    bench.is_left_clean(&broker);
}

#[test]
fn a_virtual_camera_is_never_opened_and_keeps_nobody_from_one_that_is_none() {
    let (bench, broker) = Bench::new();
    bench.change(|hand| hand.loopback = true);
    let refused = CameraError::Virtual { name: "Front of house".into() };
    for which in ["Front of house", "2"] {
        assert_eq!(open_by(&broker, Some(which)).unwrap_err(), refused);
    }
    // One that is named alike, and listed first, is passed over.
    assert_eq!(open_by(&broker, Some("Front")).unwrap().name(), Some("Front"));
    assert_eq!(open_by(&broker, None).unwrap().name(), Some("Front"));
    bench.is_left_clean(&broker);
    let opened = bench.opened.load(Ordering::SeqCst);
    // It is named as the cause only where there is no other.
    bench.change(|hand| hand.unplugged = true);
    assert_eq!(open_by(&broker, None).unwrap_err(), refused);
    bench.change(|hand| hand.unplugged = false);
    let busy = CameraError::Busy { name: "Front".into() };
    bench.change(|hand| hand.fails = Some((Call::Open, busy.clone())));
    assert_eq!(open_by(&broker, None).unwrap_err(), busy);
    assert_eq!(bench.opened.load(Ordering::SeqCst), opened);
}

#[test]
fn what_cameras_offer_is_told_without_opening_them_and_a_driver_that_hangs_is_not_waited_for() {
    let (bench, broker) = Bench::new();
    bench.change(|hand| hand.loopback = true);
    let surveyed = broker.survey().unwrap().answer(SOON).unwrap().unwrap();
    let told: Vec<_> = surveyed.iter().map(|(entry, survey)| (entry.name.as_str(), survey.is_ok())).collect();
    assert_eq!(told, [("Front of house", false), ("Front", true), ("Rear", true)]);
    assert_eq!(bench.opened.load(Ordering::SeqCst), 0);
    bench.hang_in(Some(Call::Open));
    let begun = Instant::now();
    assert!(matches!(broker.survey().unwrap().answer(SOON), Err(CameraError::Stalled { .. })));
    assert!(begun.elapsed() < MUCH_LATER);
    bench.hang_in(None);
}

#[test]
fn without_a_camera_that_is_what_is_said() {
    // On a machine with cameras there is nothing to see here.
    if list().unwrap().is_empty() {
        assert_eq!(Camera::open(None).unwrap_err(), CameraError::NoCamera);
        assert_eq!(Camera::open(Some("0")).unwrap_err(), CameraError::NoCamera);
    }
}
