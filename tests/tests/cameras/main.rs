//! Cameras by the real drivers of a real kernel, in a virtual machine: webcams on its USB, and one that is none.

#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test's helper too, that is how a test fails")]

mod film;
mod guest;
mod job;
mod models;
mod run;

use std::time::{Duration, Instant};

use mabataki_test_machine::{Layout, Port};
use serde_json::{Value, json};

use self::models::{FPS_29_97, as_sold, infrared, of_one_size, plain, size, slow};
use self::run::Guest;

/// How long a loss may take to be told, and a camera to be closed, ms; and what an emulated machine may add that others keep
/// from running.
const LOST_WITHIN: f64 = 2000.0;
const CLOSED_WITHIN: f64 = 1000.0;
const SLOW: f64 = 700.0;

#[test]
fn webcams_are_listed_once_with_what_they_are_and_film_in_the_best_mode_they_have() {
    let (front, rear) = (Port::new().unwrap(), Port::new().unwrap());
    let mut camera = front.plug(as_sold(), film::moving(128)).unwrap();
    let Some(mut guest) = Guest::start(vec![front.clone(), rear.clone()]) else { return };
    let other = rear.plug(infrared(), film::moving(128)).unwrap();
    guest.sees(3);
    let known = guest.ask(json!({ "do": "list" }));
    let [ward, infra, none] = ["Ward Camera", "IR Camera", "vivid-000-vid-cap"]
        .map(|name| known.as_array().unwrap().iter().find(|camera| camera["name"] == name).unwrap().clone());
    let marks = ward["marks"].as_str().unwrap();
    assert!(marks.starts_with("1234:5678 serial:A_0001 port:0000:00:"), "{marks}");
    assert!(marks.ends_with("-1 driver:uvcvideo"), "{marks}");
    assert!(!infra["marks"].as_str().unwrap().contains("serial"), "it has none: {infra}");
    assert_eq!(
        [&ward, &infra, &none].map(|camera| camera["virtual"].as_bool().unwrap()),
        [false, false, true]
    );

    let surveyed = guest.ask(json!({ "do": "survey" }));
    let of =
        |name: &str| surveyed.as_array().unwrap().iter().find(|told| told["name"] == name).unwrap().clone();
    assert_eq!(of("Ward Camera")["mode"], "640×480 YUYV at 30/s");
    let skipped = of("Ward Camera")["skipped"].to_string();
    for why in ["1280×720 MJPG at 29.97/s: not a whole number", "640×480 GREY at 30/s: gray, as infrared"] {
        assert!(skipped.contains(why), "{why}: {skipped}");
    }
    assert!(of("IR Camera")["mode"].as_str().unwrap().contains("gray pictures only"));
    assert!(of("vivid-000-vid-cap")["mode"].as_str().unwrap().contains("virtual"));

    for which in ["IR Camera", "vivid"] {
        let code = if which == "vivid" { "camera_virtual" } else { "camera_unsupported" };
        assert_eq!(guest.ask(json!({ "do": "open", "which": which }))["error"], code);
    }
    drop(other);
    for which in [Value::Null, json!("1234:5678 serial:A_0001"), json!(marks)] {
        assert_eq!(guest.ask(json!({ "do": "open", "which": which }))["name"], "Ward Camera");
        guest.films(3, [640, 480]);
        assert!(guest.closes() <= CLOSED_WITHIN);
    }
    for which in ["1234:5678 serial:A_0002", "1234:5679", "port:0000:00:00.0-1"] {
        assert_eq!(guest.ask(json!({ "do": "open", "which": which }))["error"], "no_camera", "{which}");
    }
    // Every layout that is taken, by a camera that has no other.
    for layout in [Layout::Nv12, Layout::Yuyv, Layout::Mjpeg] {
        drop(camera);
        guest.sees(1);
        camera = front.plug(plain(layout), film::moving(128)).unwrap();
        guest.sees(2);
        guest.opens();
        guest.films(20, [320, 240]);
        assert!(guest.closes() <= CLOSED_WITHIN);
    }
}

#[test]
fn whatever_becomes_of_a_camera_is_told_by_a_word_in_time_and_it_can_be_had_again() {
    let port = Port::new().unwrap();
    let mut camera = port.plug(plain(Layout::Yuyv), film::moving(128)).unwrap();
    let Some(mut guest) = Guest::start(vec![port.clone()]) else { return };
    guest.sees(2);
    guest.opens();
    guest.films(5, [320, 240]);
    guest.tells_how_late_a_frame_is(&camera);

    camera.film(None);
    guest.loses("camera_stalled");
    camera.film(Some(film::moving(128)));
    guest.films_again();
    for (nothing, code) in [(film::black(), "camera_black"), (film::frozen(), "camera_frozen")] {
        camera.film(Some(nothing));
        guest.loses(code);
        camera.film(Some(film::moving(128)));
        guest.films_again();
    }
    drop(camera);
    guest.loses("no_camera");
    assert!(guest.closes() <= CLOSED_WITHIN);
    assert_eq!(guest.ask(json!({ "do": "open", "which": "Ward" }))["error"], "no_camera");

    camera = port.plug(plain(Layout::Yuyv), film::moving(128)).unwrap();
    guest.sees(2);
    guest.ask(json!({ "do": "hold" }));
    let busy = guest.ask(json!({ "do": "open", "which": "Ward" }));
    assert_eq!(busy["error"], "camera_busy");
    assert!(busy["ms"].as_f64().unwrap() <= LOST_WITHIN, "{busy}");
    guest.ask(json!({ "do": "let_go" }));
    guest.opens();
    guest.films(5, [320, 240]);
    // Closing does not wait for a camera that is silent.
    camera.film(None);
    guest.loses("camera_stalled");
    assert!(guest.closes() <= CLOSED_WITHIN);

    drop(camera);
    guest.sees(1);
    camera = port.plug(plain(Layout::Mjpeg), film::cut_off()).unwrap();
    guest.sees(2);
    guest.opens();
    guest.loses("camera_unsupported");
    assert!(guest.closes() <= CLOSED_WITHIN);
    camera.film(Some(film::black()));
    guest.opens();
    guest.loses("camera_black");
    assert!(guest.closes() <= CLOSED_WITHIN);
    // Of two sizes it films in one only, and in the other if that one is of no use.
    drop(camera);
    for (first, code) in
        [(size(320, 240, models::FPS_30), None), (size(320, 240, FPS_29_97), Some("camera_unsupported"))]
    {
        guest.sees(1);
        let _camera = port.plug(of_one_size(first), film::moving(128)).unwrap();
        guest.sees(2);
        let opened = guest.ask(json!({ "do": "open", "which": "Ward" }));
        assert_eq!(opened.get("error").and_then(Value::as_str), code, "{opened}");
        if code.is_none() {
            guest.films(5, [320, 240]);
            assert!(guest.closes() <= CLOSED_WITHIN);
        } else {
            assert!(opened["text"].as_str().unwrap().contains("refuses it"), "{opened}");
        }
    }
}

#[test]
fn a_trial_tells_how_fast_a_camera_films_how_soon_and_whether_there_is_light_enough() {
    let port = Port::new().unwrap();
    let camera = port.plug(plain(Layout::Yuyv), film::moving(128)).unwrap();
    let Some(mut guest) = Guest::start(vec![port.clone()]) else { return };
    guest.sees(2);
    let fit = guest.tries("Ward", None);
    assert_eq!((&fit["name"], &fit["size"]), (&json!("Ward Camera"), &json!([320, 240])));
    let [first, good, rate, light] =
        ["first", "good", "rate", "brightness"].map(|what| fit[what].as_f64().unwrap());
    assert!(first > 0.0 && good >= first && good <= LOST_WITHIN + SLOW, "{fit}");
    assert!((15.0..=31.0).contains(&rate), "thirty a second: {fit}");
    assert!((light - 0.51).abs() < 0.03, "{fit}");

    camera.film(Some(film::moving(40)));
    assert!(guest.tries("Ward", Some("TooDark"))["good"].is_null());
    camera.film(Some(film::moving(230)));
    guest.tries("Ward", Some("TooBright"));
    camera.film(Some(film::black()));
    assert_eq!(guest.ask(json!({ "do": "try" }))["error"], "camera_black");
    drop(camera);
    guest.sees(1);
    assert_eq!(guest.ask(json!({ "do": "try", "which": "Ward" }))["error"], "no_camera");
    let _camera = port.plug(slow(), film::moving(128)).unwrap();
    guest.sees(2);
    let rate = guest.tries("Ward", Some("TooSlow"))["rate"].as_f64().unwrap();
    assert!((rate - 10.0).abs() < 1.0, "{rate}");
}

/// What the tests ask the program in the machine.
impl Guest {
    /// Waits until it has so many cameras: what is plugged in or out is there, or gone, a while later.
    fn sees(&mut self, count: usize) {
        let begun = Instant::now();
        loop {
            let found = self.ask(json!({ "do": "list" })).as_array().unwrap().len();
            if found == count {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{found} cameras");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Tries a camera, and sees what keeps it from being fit.
    fn tries(&mut self, which: &str, unfit: Option<&str>) -> Value {
        let told = self.ask(json!({ "do": "try", "which": which }));
        assert_eq!(told["unfit"].as_str(), unfit, "{told}");
        assert!(told["error"].is_null(), "{told}");
        told
    }

    fn opens(&mut self) {
        let opened = self.ask(json!({ "do": "open", "which": "Ward" }));
        assert_eq!(opened["name"], "Ward Camera", "{opened}");
    }

    /// Takes frames: of the right size, each later than the one before, showing what was filmed.
    fn films(&mut self, count: u64, size: [u64; 2]) {
        let told = self.ask(json!({ "do": "film", "frames": count }));
        let frames = told["frames"].as_array().unwrap_or_else(|| panic!("{told}"));
        assert_eq!(frames.len() as u64, count, "{told}");
        assert!(
            frames.iter().all(|frame| [&frame[0], &frame[1]].map(|side| side.as_u64().unwrap()) == size),
            "{told}"
        );
        assert!(frames.is_sorted_by(|a, b| a[2].as_f64() < b[2].as_f64()), "their times: {told}");
        assert!(frames.iter().all(|frame| (frame[3].as_f64().unwrap() - 128.0).abs() < 6.0), "{told}");
    }

    /// Takes frames as soon as they come after a loss that is none any more.
    fn films_again(&mut self) {
        let told = self.ask(json!({ "do": "film", "frames": 1, "again": true }));
        assert!(told["ms"].as_f64().unwrap() <= LOST_WITHIN && told["error"].is_null(), "{told}");
        self.films(5, [320, 240]);
    }

    /// Films until the camera is lost, and sees why.
    fn loses(&mut self, code: &str) {
        let begun = Instant::now();
        let told = self.ask(json!({ "do": "film" }));
        assert_eq!(told["error"], code, "{told}");
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        assert!(ms <= LOST_WITHIN + SLOW, "{ms} ms: {told}");
    }

    /// Closes the camera, and gives how long that took, ms.
    fn closes(&mut self) -> f64 {
        self.ask(json!({ "do": "close" }))["ms"].as_f64().unwrap()
    }

    /// How long after the light goes on the program sees it: through camera, USB, driver, engine and conversion.
    fn tells_how_late_a_frame_is(&mut self, camera: &mabataki_test_machine::Plugged) {
        let mut late: Vec<Duration> = (0..9)
            .map(|_| {
                camera.film(Some(film::moving(60)));
                self.ask(json!({ "do": "film", "frames": 3 }));
                std::thread::sleep(Duration::from_millis(200));
                self.ask(json!({ "do": "film", "frames": 1 }));
                let begun = Instant::now();
                camera.film(Some(film::moving(200)));
                self.ask(json!({ "do": "film", "brighter": 150.0 }));
                begun.elapsed()
            })
            .collect();
        late.sort_unstable();
        eprintln!("a light is seen {:?} after it goes on, at the median, in an emulated machine", late[4]);
        camera.film(Some(film::moving(128)));
    }
}
