//! What a frame allocates once the nets are warm: nothing of the engine's own. Two libraries do, and are told apart here:
//! the binding to ONNX Runtime within a run, and the resizer, which makes its tables of weights anew for every crop.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    path::PathBuf,
    time::Duration,
};

use mabataki_engine::{
    face::{Analyser, Stage, Stages, Want},
    frame::{Colour, Decoder, Frame, PixelFormat, Pixels, Raster, Rotation, Turn},
    inference::Runtime,
};
use mabataki_models::Pack;
use mabataki_test_support::installed;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator unchanged; the count is a plain number of this thread that
// itself allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise about `layout` is the one `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System` by way of `alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// A photograph as raw pixels, so that no decoder is counted; small enough for the face to be aligned without resizing.
fn photograph() -> image::RgbImage {
    let sample: PathBuf = installed::folder().join("samples/obama.jpg");
    image::open(sample).unwrap().resize(480, 480, image::imageops::FilterType::Triangle).into_rgb8()
}

#[test]
fn aligning_and_embedding_a_face_allocates_no_more_than_the_bare_net() {
    let (pack, runtime) =
        (Pack::open(&installed::pack()).unwrap(), Runtime::load(&installed::runtime()).unwrap());
    let photograph = photograph();
    let (width, height) = photograph.dimensions();
    let pixels = Pixels::new(Colour::Rgb, width, height, width as usize * 3, photograph.as_raw()).unwrap();
    let mut stages = Stages::open(&pack, &runtime, &pixels).unwrap().unwrap();
    for stage in [Stage::Warp, Stage::Embed] {
        let whole = allocations(|| stages.run(stage, &pixels).unwrap());
        let raw = allocations(|| stages.run_raw(stage).unwrap());
        assert_eq!(whole, raw, "{stage:?}");
    }
}

#[test]
fn every_layout_becomes_pixels_without_an_allocation_once_a_frame_of_its_size_was_there() {
    let bytes = vec![77; 640 * 480 * 4];
    let mut decoder = Decoder::new();
    let turn = Turn { rotation: Rotation::Quarter, mirrored: true };
    for format in [
        PixelFormat::Gray8,
        PixelFormat::Rgb24,
        PixelFormat::Rgba32,
        PixelFormat::Bgra32,
        PixelFormat::Yuy2,
        PixelFormat::Nv12,
    ] {
        let raster = Raster { turn, ..Raster::dense(format, 640, 480) };
        let frame = Frame::new(&raster, &bytes, Duration::ZERO).unwrap();
        decoder.decode(&frame).unwrap();
        let count = allocations(|| {
            decoder.decode(&frame).unwrap();
        });
        assert_eq!(count, 0, "{format:?}");
    }
}

#[test]
fn a_warm_frame_allocates_no_more_than_its_nets_and_its_crops() {
    let (pack, runtime) =
        (Pack::open(&installed::pack()).unwrap(), Runtime::load(&installed::runtime()).unwrap());
    let photograph = photograph();
    let (width, height) = photograph.dimensions();
    let pixels = Pixels::new(Colour::Rgb, width, height, width as usize * 3, photograph.as_raw()).unwrap();
    let mut stages = Stages::open(&pack, &runtime, &pixels).unwrap().unwrap();
    // Resizing alone is a part of finding.
    let parts = [Stage::Detect, Stage::Landmarks, Stage::Eyes, Stage::Spoof, Stage::Warp, Stage::Embed];
    let parts = allocations(|| parts.iter().for_each(|&stage| stages.run(stage, &pixels).unwrap()));

    let mut analyser = Analyser::open(&pack, &runtime).unwrap();
    let everything = Want { eyes: true, spoof: true, embedding: true };
    let mut observe = |milliseconds| {
        let time = Duration::from_millis(milliseconds);
        let raster = Raster::dense(PixelFormat::Rgb24, width, height);
        let frame = Frame::new(&raster, photograph.as_raw(), time).unwrap();
        allocations(|| {
            let face = analyser.observe(&frame, everything).unwrap().face.as_ref().unwrap();
            assert!(face.embedding.is_some() && face.eyes.is_some() && face.live.is_some());
        })
    };
    for warm_up in 0..3 {
        observe(warm_up * 1000);
    }
    // A second later the detector looks again: everything runs.
    let whole = observe(3000);
    assert!(whole.abs_diff(parts) <= 8, "{whole} in a frame, {parts} in its parts");
    assert!(observe(3033) < whole, "a tracked frame runs one net less");
}
