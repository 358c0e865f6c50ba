//! The main job with a camera: a person sits down in front of it, is enrolled, and is let in.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use mabataki_test_machine::{Clock, Devices, Host, Layout, Port};
use mabataki_test_support::{Mabataki, clip::frames, installed};
use serde_json::{Value, json};

use crate::film::Clip;
use crate::models::plain;
use crate::run::machine;

/// Half as long again as it took on two cores that four others used too.
const TIME: Duration = Duration::from_secs(480);

/// How often the machine tells its time: three times for each frame.
const TICK: Duration = Duration::from_millis(10);

const CARD: &str = "felica:0114B34C1A2B3C4D";

/// By its driver: the other one is the kernel's own.
const CAMERA: &str = "driver:uvcvideo";

/// Where things lie in the machine.
const COMMAND: &str = "/mabataki";
const PACK: &str = "/pack";
const RUNTIME: &str = "/runtime/libonnxruntime.so";

// Beside the other machines: its time goes by what it does, so that nothing in it waits for them.
#[test]
fn a_person_is_enrolled_and_let_in_by_a_camera_of_a_real_kernel() {
    let clip = installed::folder().join("samples/single_face.mjpeg");
    let Some(machine) = machine() else { return };
    let command = Mabataki::new();
    let machine = machine
        .counting()
        .with(command.program().to_owned(), COMMAND)
        .with(installed::pack(), PACK)
        .with(installed::runtime(), RUNTIME);

    let bytes = std::fs::read(&clip).unwrap();
    let clip = Clip::of(&frames(&bytes));
    let (time, blinks) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let port = Port::new().unwrap();
    let film = clip.sitting(Arc::clone(&blinks));
    let _camera = port.plug_by(Clock::Told(Arc::clone(&time)), plain(Layout::Yuyv), film).unwrap();

    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "job::in_the_machine", "--ignored", "--nocapture"];
    let (mut told, begun) = (Vec::new(), Instant::now());
    let ran = machine.run(Devices::Cameras(&[port]), (&program, &arguments), TIME, |said| {
        let said: Value = serde_json::from_str(said).unwrap();
        if let Some(us) = said["us"].as_u64() {
            time.store(us, Ordering::SeqCst);
            blinks.store(said["blinks"].as_u64().unwrap(), Ordering::SeqCst);
            return Some(String::new());
        }
        told.push(said);
        Some(String::new())
    });
    let console = ran.map_or_else(|error| error.to_string(), |ran| ran.console);
    let outcome = |what: &str| {
        let is_it = |said: &&Value| said["done"] == what;
        told.iter().find(is_it).unwrap_or_else(|| panic!("{what}: {told:?}\n{console}")).clone()
    };
    assert_eq!(outcome("enrol")["exit"], 0, "{told:?}");
    let let_in = outcome("authenticate");
    assert_eq!((&let_in["exit"], &let_in["last"]["outcome"]), (&json!(0), &json!("granted")), "{told:?}");
    assert_eq!(let_in["last"]["factors"], json!(["card", "face"]));
    eprintln!("the main job took {:.0} s in an emulated machine", begun.elapsed().as_secs_f64());
}

/// Not a test of its own: what runs in the machine.
#[test]
#[ignore = "runs in a virtual machine, started by the test of this file"]
fn in_the_machine() {
    let mut host = Host::reach().unwrap();
    let begun = Instant::now();
    // QEMU looks once a second whether a camera was plugged in, and the kernel takes its time with it.
    while !Path::new("/dev/video1").exists() {
        tell_time(&mut host, begun, 0);
    }
    for args in [
        &["init", "--open"][..],
        &["person", "add", "nurse01", "--name", "A Person"],
        &["card", "bind", "nurse01", "--card", CARD],
        &["enrol", "nurse01", "--camera", CAMERA],
        &["authenticate", "--card", CARD, "--camera", CAMERA],
    ] {
        let told = carry_out(args, |blinks| tell_time(&mut host, begun, blinks));
        host.say(&told.to_string()).unwrap();
    }
}

/// Runs the command to its end. Says again and again how often the person was asked to blink.
fn carry_out(args: &[&str], mut tick: impl FnMut(u64)) -> Value {
    let mut command = Command::new(COMMAND);
    command.arg("--json").args(["--state", "/tmp/state", "--key", "/tmp/key"]);
    command
        .args(["--pack", PACK, "--runtime", RUNTIME])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (tell, told) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || out.lines().for_each(|line| tell.send(line.unwrap()).unwrap()));
    let (mut lines, mut blinks) = (Vec::<Value>::new(), 0);
    let exit = loop {
        let ended = child.try_wait().unwrap();
        for line in told.try_iter() {
            let line: Value = serde_json::from_str(&line).unwrap();
            blinks += u64::from(line["guidance"] == "please_blink" || line["guidance"] == "blink_again");
            lines.push(line);
        }
        tick(blinks);
        if let Some(status) = ended.filter(|_| reader.is_finished()) {
            break status.code();
        }
    };
    lines.extend(told.try_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap()));
    let guidance: Vec<&Value> =
        lines.iter().map(|line| &line["guidance"]).filter(|word| !word.is_null()).collect();
    json!({ "done": args[0], "exit": exit, "last": lines.last(), "guidance": guidance })
}

fn tell_time(host: &mut Host, begun: Instant, blinks: u64) {
    let us = u64::try_from(begun.elapsed().as_micros()).unwrap();
    host.say(&json!({ "us": us, "blinks": blinks }).to_string()).unwrap();
    std::thread::sleep(TICK);
}
