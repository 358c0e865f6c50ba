//! Faces in photographs, with the default pack: who is whom.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use mabataki_engine::{
    face::{Analyser, Embedding, FaceObservation, Hint, Want},
    frame::{Frame, PixelFormat, Raster},
    inference::Runtime,
};
use mabataki_models::Pack;
use mabataki_test_support::installed;
use pretty_assertions::assert_eq;

const EVERYTHING: Want = Want { eyes: true, spoof: true, embedding: true };

fn analyser() -> Analyser {
    let runtime = Runtime::load(&installed::runtime()).unwrap();
    Analyser::open(&Pack::open(&installed::pack()).unwrap(), &runtime).unwrap()
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(installed::folder().join("samples").join(name)).unwrap()
}

/// The one face of a sample picture, with everything measured.
fn only_face(analyser: &mut Analyser, name: &str) -> FaceObservation {
    let bytes = sample(name);
    let mut faces = analyser.faces(&Frame::jpeg(&bytes, Duration::ZERO).unwrap(), EVERYTHING).unwrap();
    assert_eq!(faces.len(), 1, "faces in {name}");
    faces.remove(0)
}

fn cosine(a: &Embedding, b: &Embedding) -> f32 {
    a.0.iter().zip(b.0.iter()).map(|(a, b)| a * b).sum()
}

#[test]
fn pictures_of_one_person_are_alike_and_pictures_of_two_are_not() {
    let mut analyser = analyser();
    let mut embedding = |name| only_face(&mut analyser, name).embedding.unwrap();
    let obama = ["obama.jpg", "obama2.jpg", "obama3.jpg"].map(&mut embedding);
    let biden = embedding("biden.jpg");
    for (index, a) in obama.iter().enumerate() {
        let length: f32 = a.0.iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-5);
        for b in &obama[index + 1..] {
            assert!((0.75..0.9).contains(&cosine(a, b)), "{}", cosine(a, b));
        }
        // Strangers: far below the 0.41 that one stranger in ten thousand reaches.
        assert!(cosine(a, &biden) < 0.2, "{}", cosine(a, &biden));
    }
}

#[test]
fn the_eyes_of_people_who_look_into_the_camera_are_open_and_their_faces_live() {
    let mut analyser = analyser();
    for sample in ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"] {
        let face = only_face(&mut analyser, sample);
        let eyes = face.eyes.unwrap();
        assert!(eyes.left.closed < 0.1 && eyes.right.closed < 0.1, "{sample}: {eyes:?}");
        assert!((0.15..0.45).contains(&eyes.left.aspect_ratio), "{sample}: {eyes:?}");
        assert!(face.live.unwrap() > 0.9, "{sample}: {:?}", face.live);
        assert!(face.pose.yaw.abs() < 40.0 && face.pose.pitch.abs() < 25.0 && face.pose.roll.abs() < 25.0);
        assert_eq!(face.quality.hint, None, "{sample}");
        assert!(face.mask.is_none_or(|mask| mask < 0.2), "{sample}: {:?}", face.mask);
    }
}

#[test]
fn a_face_cut_by_the_border_is_off_centre() {
    let mut analyser = analyser();
    for sample in ["obama_partial_face.jpg", "obama_partial_face2.jpg"] {
        let face = only_face(&mut analyser, sample);
        assert_eq!(face.quality.hint, Some(Hint::OffCentre), "{sample}");
    }
}

#[test]
fn a_face_that_fills_the_picture_is_found_and_known_again() {
    let mut analyser = analyser();
    let whole = only_face(&mut analyser, "obama.jpg");
    let picture = image::load_from_memory(&sample("obama.jpg")).unwrap().into_rgb8();
    // The box itself, and a little less and more of the picture around it.
    for margin in [-0.03, 0.0, 0.1] {
        let (x, y) = (whole.rect.x - margin * whole.rect.width, whole.rect.y - margin * whole.rect.height);
        let (width, height) =
            (whole.rect.width * (1.0 + 2.0 * margin), whole.rect.height * (1.0 + 2.0 * margin));
        let tight =
            image::imageops::crop_imm(&picture, x as u32, y as u32, width as u32, height as u32).to_image();
        let (width, height) = tight.dimensions();
        let frame =
            Frame::new(&Raster::dense(PixelFormat::Rgb24, width, height), tight.as_raw(), Duration::ZERO);
        let faces = analyser.faces(&frame.unwrap(), EVERYTHING).unwrap();
        assert_eq!(faces.len(), 1, "margin {margin}");
        let like = cosine(whole.embedding.as_ref().unwrap(), faces[0].embedding.as_ref().unwrap());
        assert!(like > 0.8, "margin {margin}: {like}");
        assert_eq!(faces[0].quality.hint, Some(Hint::TooNear), "margin {margin}");
    }
}

#[test]
fn what_was_not_wanted_is_not_measured() {
    let mut analyser = analyser();
    let bytes = sample("obama.jpg");
    let observation =
        analyser.observe(&Frame::jpeg(&bytes, Duration::ZERO).unwrap(), Want::default()).unwrap();
    let face = observation.face.as_ref().unwrap();
    assert!(face.eyes.is_none() && face.live.is_none() && face.embedding.is_none());
}

#[test]
fn a_gray_picture_of_a_face_is_matched_too() {
    let mut analyser = analyser();
    let colour = only_face(&mut analyser, "obama.jpg").embedding.unwrap();
    let gray = image::load_from_memory(&sample("obama3.jpg")).unwrap().into_luma8();
    let (width, height) = gray.dimensions();
    let frame =
        Frame::new(&Raster::dense(PixelFormat::Gray8, width, height), gray.as_raw(), Duration::ZERO).unwrap();
    let faces = analyser.faces(&frame, EVERYTHING).unwrap();
    let like = cosine(&colour, faces[0].embedding.as_ref().unwrap());
    assert!(like > 0.6, "{like}");
}

#[test]
fn pictures_without_a_face_have_none() {
    let mut analyser = analyser();
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let pictures =
        [vec![0; 640 * 480 * 3], vec![255; 640 * 480 * 3], (0..640 * 480 * 3).map(|_| noise()).collect()];
    for picture in &pictures {
        let frame =
            Frame::new(&Raster::dense(PixelFormat::Bgr24, 640, 480), picture, Duration::ZERO).unwrap();
        let observation = analyser.observe(&frame, EVERYTHING).unwrap();
        assert_eq!((observation.faces, observation.face.is_none()), (0, true));
        assert_eq!(analyser.faces(&frame, EVERYTHING).unwrap(), []);
    }
}

#[test]
fn pictures_of_a_pixel_and_of_absurd_proportions_are_measured_without_a_face() {
    let mut analyser = analyser();
    for (width, height) in [(1, 1), (8192, 1), (1, 8192), (2, 3)] {
        let data = vec![120; width as usize * height as usize];
        let frame =
            Frame::new(&Raster::dense(PixelFormat::Gray8, width, height), &data, Duration::ZERO).unwrap();
        assert!(analyser.observe(&frame, EVERYTHING).unwrap().face.is_none(), "{width}×{height}");
        assert_eq!(analyser.faces(&frame, EVERYTHING).unwrap(), [], "{width}×{height}");
    }
}

#[test]
fn an_embedding_never_prints_its_numbers() {
    let mut analyser = analyser();
    let face = only_face(&mut analyser, "biden.jpg");
    let text = format!("{:?}", face.embedding);
    assert_eq!(text, "Some(Embedding([512 numbers]))");
}
