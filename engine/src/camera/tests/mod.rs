//! What whoever looks at a camera can rely on, whatever its driver does.

mod bench;
mod choice;

use std::sync::atomic::Ordering;
use std::time::Instant;

use self::bench::{Bench, Call, Film, LIMITS, Machine, PIXELS};
use super::broker::Asked;
use super::*;

/// Long enough for whatever happens at once.
const SOON: Duration = Duration::from_secs(10);

/// More than one wait for a limit on a busy machine, less than ten.
const MUCH_LATER: Duration = Duration::from_millis(1500);

fn open(broker: &Arc<Broker>) -> Result<Camera, CameraError> {
    open_by(broker, Some("Front"))
}

fn open_by(broker: &Arc<Broker>, which: Option<&str>) -> Result<Camera, CameraError> {
    let mut camera = Camera::of(broker, which)?;
    assert!(camera.poll_open(SOON)?, "neither open nor refused");
    Ok(camera)
}

fn error_of(error: FrameError) -> CameraError {
    let FrameError::Source { cause } = error else { panic!("not of the camera: {error}") };
    *cause.downcast().unwrap()
}

/// The shade of the next frame, and where it lies.
fn look(camera: &mut Camera) -> Result<(u8, *const u8), CameraError> {
    assert!(camera.poll_open(SOON)?, "neither open nor refused");
    let State::Open(look) = &mut camera.state else { panic!("not open") };
    let (picture, ..) = look.next(SOON)?.expect("no frame");
    Ok((picture.bytes()[0], picture.bytes().as_ptr()))
}

fn shade(camera: &mut Camera) -> Result<u8, CameraError> {
    look(camera).map(|(shade, _)| shade)
}

/// The error that the camera ends with, asked as a session asks.
fn loss(camera: &mut Camera) -> (CameraError, Duration) {
    let begun = Instant::now();
    loop {
        match camera.next(Duration::from_millis(10)) {
            Ok(_) => assert!(begun.elapsed() < SOON, "it was never lost"),
            Err(error) => return (error_of(error), begun.elapsed()),
        }
    }
}

#[test]
fn all_who_look_see_the_same_frames_of_one_camera_that_is_opened_once() {
    let (bench, broker) = Bench::new();
    bench.change(|hand| hand.let_go = Some(0));
    let mut cameras: Vec<Camera> = (0..4).map(|_| open(&broker).unwrap()).collect();
    for round in 1..=5 {
        bench.change(|hand| hand.let_go = Some(round));
        for camera in &mut cameras {
            assert_eq!(shade(camera).unwrap(), round as u8);
        }
    }
    assert_eq!(bench.opened.load(Ordering::SeqCst), 1);
    assert!(cameras.iter().all(|camera| camera.dropped() == 0));
    bench.change(|hand| hand.let_go = None);
    drop(cameras);
    bench.is_left_clean(&broker);
}

#[test]
fn the_newest_frame_wins_none_comes_twice_and_those_passed_over_are_counted() {
    let (bench, broker) = Bench::new();
    bench.change(|hand| hand.let_go = Some(0));
    let (mut slow, mut quick) = (open(&broker).unwrap(), open(&broker).unwrap());
    for round in 1..=7 {
        bench.change(|hand| hand.let_go = Some(round));
        assert_eq!(shade(&mut quick).unwrap(), round as u8);
    }
    assert_eq!((shade(&mut slow).unwrap(), slow.dropped(), quick.dropped()), (7, 6, 0));
    assert!(slow.next(Duration::from_millis(20)).unwrap().is_none());
    // Who comes later sees nothing of what was before.
    let mut late = open(&broker).unwrap();
    assert!(late.next(Duration::from_millis(20)).unwrap().is_none());
    bench.change(|hand| hand.let_go = Some(8));
    assert_eq!((shade(&mut late).unwrap(), late.dropped()), (8, 0));
    bench.change(|hand| hand.let_go = None);
    drop((slow, quick, late));
    bench.is_left_clean(&broker);
}

#[test]
fn a_camera_that_goes_on_is_not_touched_by_those_who_leave_and_is_closed_with_the_last() {
    let (bench, broker) = Bench::new();
    let mut first = open(&broker).unwrap();
    let second = open(&broker).unwrap();
    drop(second);
    shade(&mut first).unwrap();
    assert_eq!(bench.open.load(Ordering::SeqCst), 1);
    drop(first);
    assert_eq!(bench.open.load(Ordering::SeqCst), 0, "it was not closed at once");
    bench.is_left_clean(&broker);
    shade(&mut open(&broker).unwrap()).unwrap();
    assert_eq!(bench.opened.load(Ordering::SeqCst), 2);
}

#[test]
fn a_camera_that_is_kept_warm_films_on_for_the_next_and_is_closed_when_nobody_comes() {
    const WARM: Duration = Duration::from_millis(300);
    let (bench, broker) = Bench::new();
    let begun = Instant::now();
    drop(open(&broker).unwrap().kept_warm(WARM));
    // Nobody waited for its end, and whoever comes in time finds it open.
    let mut next = Camera::of(&broker, Some("Front")).unwrap().kept_warm(WARM);
    shade(&mut next).unwrap();
    if begun.elapsed() < WARM {
        assert_eq!(bench.opened.load(Ordering::SeqCst), 1);
    }
    drop(next);
    let left = Instant::now();
    while bench.open.load(Ordering::SeqCst) > 0 {
        assert!(left.elapsed() < SOON, "it films on for nobody");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(left.elapsed() >= WARM, "{:?}", left.elapsed());
    bench.is_left_clean(&broker);
}

#[test]
fn a_driver_that_hangs_while_it_is_kept_warm_holds_nobody_up() {
    let (bench, broker) = Bench::new();
    let mut camera = open(&broker).unwrap().kept_warm(Duration::from_secs(60));
    shade(&mut camera).unwrap();
    bench.hang_in(Some(Call::Next));
    std::thread::sleep(LIMITS.frame);
    let begun = Instant::now();
    drop(camera);
    assert_eq!(open(&broker).unwrap_err(), CameraError::Unresponsive { name: "Front".into() });
    assert!(begun.elapsed() < MUCH_LATER, "{:?}", begun.elapsed());
    bench.hang_in(None);
}

#[test]
fn while_frames_come_no_buffer_is_added() {
    let (_bench, broker) = Bench::new();
    let mut camera = open(&broker).unwrap();
    let mut places = std::collections::BTreeSet::new();
    for _ in 0..200 {
        places.insert(look(&mut camera).unwrap().1);
    }
    assert!(places.len() <= 3, "{} buffers", places.len());
}

#[test]
fn a_driver_that_hangs_while_it_films_is_a_typed_loss_and_refused_at_once_until_it_comes_back() {
    let (bench, broker) = Bench::new();
    let mut camera = open(&broker).unwrap();
    shade(&mut camera).unwrap();
    bench.hang_in(Some(Call::Next));
    let (lost, took) = loss(&mut camera);
    assert!(matches!(lost, CameraError::Stalled { .. }), "{lost}");
    assert!(took < MUCH_LATER, "{took:?}");
    // Nobody else is let into the trap.
    let begun = Instant::now();
    for _ in 0..10 {
        let refused = open(&broker).unwrap_err();
        assert_eq!(refused, CameraError::Unresponsive { name: "Front".into() });
    }
    drop(camera);
    assert!(begun.elapsed() < MUCH_LATER, "{:?}", begun.elapsed());
    std::thread::sleep(LIMITS.close);
    for _ in 0..3 {
        assert_eq!(open(&broker).unwrap_err().code(), "camera_stalled");
    }
    assert_eq!((broker.held(), bench.opened.load(Ordering::SeqCst)), ((1, 1), 1), "one abandoned, no other");
    bench.hang_in(None);
    bench.is_left_clean(&broker);
    shade(&mut open(&broker).unwrap()).unwrap();
}

#[test]
fn a_camera_that_hangs_keeps_nobody_from_another_one() {
    let (bench, broker) = Bench::new();
    let mut front = open(&broker).unwrap();
    bench.hang_in(Some(Call::Next));
    loss(&mut front);
    bench.change(|hand| hand.hangs = None);
    shade(&mut open_by(&broker, Some("Rear")).unwrap()).unwrap();
    bench.hang_in(Some(Call::Close));
    drop(front);
    std::thread::sleep(LIMITS.close);
    // Without a name, the next that opens.
    assert_eq!(open_by(&broker, None).unwrap().name(), Some("Rear"));
    bench.hang_in(None);
    bench.is_left_clean(&broker);
}

#[test]
fn a_driver_that_hangs_in_opening_is_given_up_in_time_and_nobody_waits_for_it_again() {
    let (bench, broker) = Bench::new();
    bench.hang_in(Some(Call::Open));
    let begun = Instant::now();
    assert!(matches!(open(&broker), Err(CameraError::Stalled { .. })));
    assert!(begun.elapsed() >= LIMITS.open && begun.elapsed() < MUCH_LATER, "{:?}", begun.elapsed());
    let begun = Instant::now();
    for _ in 0..10 {
        assert!(matches!(open(&broker), Err(CameraError::Unresponsive { .. })));
    }
    assert!(begun.elapsed() < MUCH_LATER, "{:?}", begun.elapsed());
    bench.hang_in(None);
    bench.is_left_clean(&broker);
    open(&broker).unwrap();
}

#[test]
fn whoever_leaves_while_a_camera_opens_waits_no_longer_than_leaving_takes() {
    let (bench, broker) = Bench::new();
    bench.hang_in(Some(Call::Open));
    let mut camera = Camera::of(&broker, Some("Front")).unwrap();
    assert!(!camera.poll_open(Duration::from_millis(50)).unwrap());
    assert_eq!(camera.name(), Some("Front"));
    let begun = Instant::now();
    drop(camera);
    assert!(begun.elapsed() < MUCH_LATER, "{:?}", begun.elapsed());
    bench.hang_in(None);
    bench.is_left_clean(&broker);
}

#[test]
fn a_driver_that_hangs_in_closing_is_abandoned_counted_and_refused() {
    let (bench, broker) = Bench::new();
    let camera = open(&broker).unwrap();
    bench.hang_in(Some(Call::Close));
    let begun = Instant::now();
    drop(camera);
    assert!(begun.elapsed() < MUCH_LATER, "{:?}", begun.elapsed());
    // As long as it may still be closing it is waited for; then it is known to hang.
    assert!(matches!(open(&broker), Err(CameraError::Unresponsive { .. })));
    assert_eq!(broker.held(), (1, 1));
    bench.hang_in(None);
    bench.is_left_clean(&broker);
    open(&broker).unwrap();
}

#[test]
fn a_camera_that_is_just_being_closed_is_opened_again_as_soon_as_that_is_done() {
    let (bench, broker) = Bench::new();
    let first = open(&broker).unwrap();
    bench.hang_in(Some(Call::Close));
    let leaving = std::thread::spawn(move || drop(first));
    bench.waits_until("it is not closed", || bench.inside.load(Ordering::SeqCst) == 1);
    let mut second = Camera::of(&broker, Some("Front")).unwrap();
    assert!(!second.poll_open(Duration::from_millis(20)).unwrap());
    bench.hang_in(None);
    assert!(second.poll_open(SOON).unwrap());
    shade(&mut second).unwrap();
    leaving.join().unwrap();
    assert_eq!(bench.most_open.load(Ordering::SeqCst), 1, "the camera was open twice at a time");
}

#[test]
fn a_system_that_does_not_say_which_cameras_there_are_is_asked_by_one_thread_only() {
    let (bench, broker) = Bench::new();
    bench.hang_in(Some(Call::List));
    for _ in 0..5 {
        assert!(matches!(open(&broker), Err(CameraError::Stalled { .. })));
    }
    assert_eq!(bench.inside.load(Ordering::SeqCst), 1);
    bench.hang_in(None);
    bench.is_left_clean(&broker);
    // Whoever asked last may have been answered by the one that hung.
    bench.waits_until("it did not come back", || open(&broker).is_ok());
}

#[test]
fn frames_of_a_wrong_size_are_a_typed_loss_and_good_ones_after_them_are_shown() {
    let (bench, broker) = Bench::new();
    let mut camera = open(&broker).unwrap();
    shade(&mut camera).unwrap();
    bench.change(|hand| hand.short = true);
    let (lost, _) = loss(&mut camera);
    let wrong = CameraError::WrongSize { name: "Front".into(), expected: PIXELS, found: PIXELS - 1 };
    assert_eq!(lost, wrong);
    bench.change(|hand| hand.short = false);
    bench.waits_until("no good frame came", || {
        std::thread::sleep(Duration::from_millis(5));
        matches!(camera.next(Duration::ZERO), Ok(Some(_)))
    });
}

#[test]
fn a_camera_that_is_unplugged_is_gone_at_once_for_everybody_and_works_again_when_it_is_back() {
    let (bench, broker) = Bench::new();
    let mut cameras = [open(&broker).unwrap(), open(&broker).unwrap()];
    bench.change(|hand| hand.unplugged = true);
    for camera in &mut cameras {
        assert_eq!(loss(camera).0, CameraError::Gone { name: "Front".into() });
    }
    assert_eq!(open(&broker).unwrap_err(), CameraError::NoCamera);
    bench.change(|hand| hand.unplugged = false);
    shade(&mut open(&broker).unwrap()).unwrap();
    drop(cameras);
    bench.is_left_clean(&broker);
}

#[test]
fn what_keeps_a_camera_from_opening_is_said_as_it_is() {
    let (bench, broker) = Bench::new();
    let name = || "Front".to_owned();
    for fault in [
        CameraError::Busy { name: name() },
        CameraError::NotPermitted { name: name() },
        CameraError::NoMode { name: name() },
    ] {
        bench.change(|hand| hand.fails = Some((Call::Open, fault.clone())));
        assert_eq!(open(&broker).unwrap_err(), fault);
    }
    let unknown = CameraError::Unknown { wanted: "Side".into(), found: vec!["Front".into(), "Rear".into()] };
    assert_eq!(open_by(&broker, Some("Side")).unwrap_err(), unknown);
    bench.is_left_clean(&broker);
}

#[test]
fn a_driver_whose_code_panics_has_failed_and_can_be_had_again() {
    let (bench, broker) = Bench::new();
    for call in [Call::Open, Call::Next] {
        bench.change(|hand| hand.panics = Some(call));
        let lost = match open(&broker) {
            Ok(mut camera) => loss(&mut camera).0,
            Err(error) => error,
        };
        assert!(matches!(lost, CameraError::Failed { .. }), "{call:?}: {lost}");
        bench.change(|hand| hand.panics = None);
        shade(&mut open(&broker).unwrap()).unwrap();
    }
    bench.is_left_clean(&broker);
}

#[test]
fn threads_abandoned_at_cameras_that_change_their_numbers_are_limited() {
    let (bench, broker) = Bench::new();
    bench.hang_in(Some(Call::Open));
    let numbered = |index| CameraEntry::new(index, "Front".into(), Origin::default());
    for index in 0..8 {
        assert!(matches!(broker.ask(&numbered(index)), Ok(Asked::Look(_))));
    }
    std::thread::sleep(LIMITS.close);
    assert_eq!(broker.held(), (8, 8));
    assert!(matches!(broker.ask(&numbered(8)), Err(CameraError::Failed { .. })));
    bench.hang_in(None);
    bench.is_left_clean(&broker);
    assert!(broker.ask(&numbered(8)).is_ok());
}

#[test]
fn a_camera_that_shows_nothing_is_a_typed_loss_and_is_back_when_it_shows_something() {
    let (bench, broker) = Bench::new();
    let name = || "Front".to_owned();
    for (film, expected) in [
        (Film::Black, CameraError::Black { name: name() }),
        (Film::Frozen, CameraError::Frozen { name: name() }),
    ] {
        let mut camera = open(&broker).unwrap();
        shade(&mut camera).unwrap();
        bench.change(|hand| hand.film = Some(film));
        let (lost, took) = loss(&mut camera);
        assert_eq!(lost, expected);
        assert!(took < MUCH_LATER, "{took:?}");
        // It is looked for, and is not back before it shows something.
        let mut again = Camera::of(&broker, Some("Front")).unwrap();
        let begun = Instant::now();
        while begun.elapsed() < LIMITS.blind * 2 {
            assert!(!again.poll_shows().unwrap(), "{film:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        bench.change(|hand| hand.film = None);
        bench.waits_until("it is not back", || again.poll_shows().unwrap());
        // Whoever went on looking sees it as well.
        bench.waits_until("no frame came", || matches!(camera.next(Duration::from_millis(10)), Ok(Some(_))));
        drop((camera, again));
        bench.is_left_clean(&broker);
    }
}

#[test]
fn a_hand_before_the_lens_for_a_moment_is_no_loss() {
    let (bench, broker) = Bench::new();
    let mut camera = open(&broker).unwrap();
    for _ in 0..3 {
        bench.change(|hand| hand.film = Some(Film::Black));
        let begun = Instant::now();
        while begun.elapsed() < LIMITS.blind / 10 {
            camera.next(Duration::from_millis(5)).unwrap();
        }
        bench.change(|hand| hand.film = None);
        bench.waits_until("no frame came", || matches!(look(&mut camera), Ok((shade, _)) if shade != 0));
    }
}

/// Opens and closes a camera so many times, with a driver that hangs somewhere each time and comes back after that.
fn hang_and_come_back(rounds: usize) {
    let quick = Duration::from_millis(20);
    let limits = Limits { list: quick, open: quick, frame: quick, blind: SOON, close: quick, leave: quick };
    let bench = Arc::new(Bench::default());
    let broker = Broker::new(Arc::new(Machine(Arc::clone(&bench))), limits);
    for round in 0..rounds {
        let call = [Call::Open, Call::Next, Call::Close, Call::List][round % 4];
        bench.hang_in(Some(call));
        let begun = Instant::now();
        let camera = Camera::of(&broker, Some("Front"));
        if let Ok(mut camera) = camera {
            let _ = camera.poll_open(quick * 2);
            let _ = camera.next(quick * 2);
        }
        assert!(begun.elapsed() < SOON, "round {round}, in {call:?}: {:?}", begun.elapsed());
        bench.hang_in(None);
        bench.is_left_clean(&broker);
    }
    bench.waits_until("it does not work any more", || {
        open(&broker).is_ok_and(|mut camera| shade(&mut camera).is_ok())
    });
    bench.is_left_clean(&broker);
    assert_eq!(bench.most_open.load(Ordering::SeqCst), 1);
}

#[test]
fn nothing_is_left_of_two_hundred_rounds_with_a_driver_that_hangs() {
    hang_and_come_back(200);
}

#[test]
#[ignore = "takes minutes: `cargo xtask soak` runs it"]
fn nothing_is_left_of_ten_thousand_rounds_with_a_driver_that_hangs() {
    hang_and_come_back(10_000);
}
