//! What happens to a 640×480 frame before a net sees it: JPEG decoding, resizing, warping, filling a tensor.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use mabataki_engine::frame::{
    Area, Border, Colour, Decoder, Frame, Patch, PixelFormat, Pixels, Raster, Rotation, Sampling, Similarity,
    Turn, fill_tensor,
};
use mabataki_models::{DEFAULT_MANIFEST, InputSpec, Manifest, Role};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;

/// A frame full of detail, so that nothing is skipped.
fn picture() -> Vec<u8> {
    (0..WIDTH * HEIGHT * 3).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// How the default pack feeds the net of a role.
fn input(role: Role) -> InputSpec {
    let manifest = Manifest::parse(DEFAULT_MANIFEST).expect("the default manifest parses");
    manifest.model(role).expect("the default manifest has every role").input.clone()
}

fn pixels(criterion: &mut Criterion) {
    let data = picture();
    let pixels = Pixels::new(Colour::Rgb, WIDTH, HEIGHT, WIDTH as usize * 3, &data).expect("the sizes fit");
    let mut group = criterion.benchmark_group("pixels");

    let detector = input(Role::Detector);
    let mut small = Patch::new(detector.size[0], detector.size[1]).expect("within the limits");
    for (name, sampling) in
        [("resize 320x240 linear", Sampling::Linear), ("resize 320x240 smooth", Sampling::Smooth)]
    {
        group.bench_function(name, |bencher| {
            bencher.iter(|| small.crop(black_box(&pixels), Area::whole(&pixels), Border::Zero, sampling));
        });
    }
    let mut tensor = vec![0.0; detector.shape().iter().product()];
    group.bench_function("tensor 320x240", |bencher| {
        bencher.iter(|| small.pixels().map(|small| fill_tensor(black_box(&small), &detector, &mut tensor)));
    });

    let embedding = input(Role::Embedding);
    let mut aligned = Patch::new(embedding.size[0], embedding.size[1]).expect("within the limits");
    let mut tensor = vec![0.0; embedding.shape().iter().product()];
    // A face 200 px wide, its head tilted by ten degrees.
    let to_source = Similarity { a: 1.76, b: 0.31, tx: 200.0, ty: 120.0 };
    group.bench_function("warp 112x112 with tensor", |bencher| {
        bencher.iter(|| {
            let warped = aligned.warp(black_box(&pixels), to_source);
            (
                warped.is_ok(),
                aligned.pixels().map(|aligned| fill_tensor(&aligned, &embedding, &mut tensor)).is_ok(),
            )
        });
    });

    let landmarks = input(Role::Landmarks);
    let mut square = Patch::new(landmarks.size[0], landmarks.size[1]).expect("within the limits");
    let area = Area { x: -20.5, y: 100.0, width: 200.0, height: 200.0 };
    group.bench_function("crop 200 to 64 over the border", |bencher| {
        bencher.iter(|| square.crop(black_box(&pixels), area, Border::Zero, Sampling::Linear));
    });
    group.finish();
}

/// From what cameras and hosts send to pixels.
fn decode(criterion: &mut Criterion) {
    let mut decoder = Decoder::new();
    let mut measure = |name: &str, frame: &Frame<'_>| {
        criterion.bench_function(name, |bencher| bencher.iter(|| decoder.decode(black_box(frame)).is_ok()));
    };
    let jpeg = smooth_jpeg();
    measure("jpeg 640x480", &Frame::jpeg(&jpeg, Duration::ZERO).expect("the picture has a header"));
    let data = [picture(), picture()].concat();
    for (name, format, turn) in [
        ("yuy2 640x480", PixelFormat::Yuy2, Turn::NONE),
        ("nv12 640x480", PixelFormat::Nv12, Turn::NONE),
        ("bgra 640x480", PixelFormat::Bgra32, Turn::NONE),
        ("rgb 640x480 turned", PixelFormat::Rgb24, Turn { rotation: Rotation::Quarter, mirrored: false }),
        ("rgb 640x480 mirrored", PixelFormat::Rgb24, Turn { rotation: Rotation::None, mirrored: true }),
    ] {
        let raster = Raster { turn, ..Raster::dense(format, WIDTH, HEIGHT) };
        measure(name, &Frame::new(&raster, &data, Duration::ZERO).expect("there are bytes enough"));
    }
}

/// A JPEG picture with edges and gradients, at a camera's quality.
fn smooth_jpeg() -> Vec<u8> {
    let wave =
        |x: u32, y: u32, step: u32| ((x * step / 3 + y / step) % 256) as u8 / 2 + (x / 40 % 2 * 90) as u8;
    let pixels: Vec<u8> = (0..HEIGHT)
        .flat_map(|y| (0..WIDTH).flat_map(move |x| [wave(x, y, 2), wave(x, y, 3), wave(y, x, 2)]))
        .collect();
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 85)
        .encode(&pixels, WIDTH, HEIGHT, image::ExtendedColorType::Rgb8)
        .expect("memory takes all that is written");
    bytes
}

criterion_group!(benches, pixels, decode);
criterion_main!(benches);
