//! What runs in the machine: it does with the cameras what the test asks, and tells what came of it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mabataki_engine::camera::{self, Camera, CameraEntry, CameraError, Surveyed};
use mabataki_engine::frame::{Decoder, FrameError};
use mabataki_test_machine::Host;
use serde_json::{Value, json};

/// How long to go on asking for what does not come: longer than any limit.
const LONG: Duration = Duration::from_secs(20);

/// Not a test of its own: see the others.
#[test]
#[ignore = "runs in a virtual machine, started by the other tests of this program"]
fn in_the_machine() {
    let mut host = Host::reach().unwrap();
    let (mut open, mut holder) = (None, None);
    let mut told = json!("ready");
    loop {
        let asked: Value = serde_json::from_str(&host.say(&told.to_string()).unwrap()).unwrap();
        told = match asked["do"].as_str().unwrap() {
            "list" => list(),
            "survey" => survey(),
            "open" => {
                let which = asked["which"].as_str();
                match timed(|| Camera::open(which)) {
                    (Ok(camera), ms) => {
                        let name = camera.name().map(str::to_owned);
                        open = Some(camera);
                        json!({ "name": name, "ms": ms })
                    }
                    (Err(error), ms) => failed(&error, ms),
                }
            }
            "film" => film(open.as_mut().unwrap(), &asked),
            "try" => tried(asked["which"].as_str()),
            "close" => json!({ "ms": timed(|| open = None).1 }),
            "hold" => {
                holder = Some(hold());
                json!({})
            }
            "let_go" => {
                end(holder.take().unwrap());
                json!({})
            }
            other => panic!("no such task: {other}"),
        };
    }
}

/// Not a test of its own either: another program that has the first camera until it is ended.
#[test]
#[ignore = "runs in a virtual machine, started by the program there"]
fn another_program() {
    let mut camera = Camera::open(None).unwrap();
    while camera.next(LONG).unwrap().is_none() {}
    println!("holds it");
    std::thread::sleep(LONG * 6);
}

fn hold() -> Child {
    let mut program = Command::new("/program");
    program.args(["--exact", "guest::another_program", "--ignored", "--nocapture"]).stdout(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    assert!(said.lines().any(|line| line.unwrap().contains("holds it")), "it does not hold the camera");
    child
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn list() -> Value {
    let cameras = camera::list().unwrap();
    let told = |camera: &CameraEntry| json!({ "name": camera.name, "marks": camera.marks(), "virtual": camera.origin.is_virtual });
    cameras.iter().map(told).collect()
}

fn survey() -> Value {
    let told = |camera: &Surveyed| {
        let mode = camera.mode.clone().unwrap_or_else(|error| error.to_string());
        json!({ "name": camera.entry.name, "mode": mode, "skipped": camera.skipped })
    };
    camera::survey().unwrap().iter().map(told).collect()
}

fn tried(which: Option<&str>) -> Value {
    match timed(|| camera::try_out(which)) {
        (Ok(trial), ms) => {
            let unfit = trial.unfit().map(|unfit| format!("{unfit:?}"));
            let times = [Some(trial.first_frame), trial.first_good_frame];
            let [first, good] = times.map(|time| time.map(|time| time.as_secs_f64() * 1e3));
            json!({ "name": trial.name, "size": trial.size, "first": first, "good": good, "rate": trial.rate,
                    "brightness": trial.brightness, "unfit": unfit, "ms": ms })
        }
        (Err(error), ms) => failed(&error, ms),
    }
}

/// Takes so many frames (`frames`), or goes on until one is as bright as `brighter`, or until the camera is lost; where it is
/// to be seen `again`, until frames come after that.
fn film(camera: &mut Camera, asked: &Value) -> Value {
    let (count, brighter) = (asked["frames"].as_u64().unwrap_or(u64::MAX), asked["brighter"].as_f64());
    let begun = Instant::now();
    let (mut frames, mut decoder) = (Vec::new(), Decoder::new());
    while (frames.len() as u64) < count && begun.elapsed() < LONG {
        match camera.next(Duration::from_millis(50)) {
            Ok(Some(frame)) => {
                let brightness = brightness(decoder.decode(&frame).unwrap().data());
                let [width, height] = [frame.width(), frame.height()];
                frames.push(json!([width, height, frame.time().as_secs_f64() * 1e3, brightness]));
                if brighter.is_some_and(|least| brightness >= least) {
                    break;
                }
            }
            Ok(None) => {}
            Err(FrameError::Source { .. }) if asked["again"] == true && frames.is_empty() => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(FrameError::Source { cause }) => {
                let mut told = failed(cause.downcast_ref::<CameraError>().unwrap(), ms(begun));
                told["frames"] = frames.len().into();
                return told;
            }
            Err(error) => return json!({ "error": "frame", "text": error.to_string(), "ms": ms(begun) }),
        }
    }
    json!({ "frames": frames, "dropped": camera.dropped(), "ms": ms(begun) })
}

fn brightness(pixels: &[u8]) -> f64 {
    let some = pixels.iter().step_by(997);
    some.clone().map(|value| f64::from(*value)).sum::<f64>() / some.count() as f64
}

fn failed(error: &CameraError, ms: f64) -> Value {
    json!({ "error": error.code(), "text": error.to_string(), "ms": ms })
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    (work(), ms(begun))
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}
