//! Cameras by the real drivers of a real kernel, in a virtual machine: webcams on its USB, and one that is none.

#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test's helper too, that is how a test fails")]

mod film;
mod guest;
mod run;

use mabataki_test_machine::{Format, Layout, Model, Port, Size};
use serde_json::json;

use self::run::Guest;

/// 30 frames a second, in 100 ns.
const FPS_30: u32 = 333_333;

fn size(width: u16, height: u16, intervals: &[u32]) -> Size {
    Size { width, height, intervals: intervals.to_vec() }
}

fn webcam(layout: Layout) -> Model {
    let sizes = vec![size(640, 480, &[FPS_30])];
    Model {
        name: "Ward Camera",
        vendor: 0x1234,
        product: 0x5678,
        serial: Some("A0001"),
        formats: vec![Format { layout, sizes }],
        refuses_sizes: false,
    }
}

#[test]
fn thin() {
    let port = Port::new().unwrap();
    let _camera = port.plug(webcam(Layout::Yuyv), film::moving(128)).unwrap();
    let Some(mut guest) = Guest::start(vec![port.clone()]) else { return };
    std::thread::sleep(std::time::Duration::from_secs(2));
    let told = guest.ask(json!({ "do": "list" }));
    eprintln!("{told}");
    let told = guest.ask(json!({ "do": "open", "which": "Ward" }));
    eprintln!("{told}");
    let told = guest.ask(json!({ "do": "film", "frames": 30 }));
    eprintln!("{told}");
}
