//! One face followed through a stream of frames.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, time::Duration};

use mabataki_engine::{
    face::{Analyser, FaceError, FaceObservation, Hint, Observation, Point, Want},
    frame::{Frame, FrameError, PixelFormat, Raster},
    inference::Runtime,
};
use mabataki_models::Pack;
use mabataki_test_support::installed;
use pretty_assertions::assert_eq;

const EYES: Want = Want { eyes: true, spoof: false, embedding: false };

fn analyser() -> Analyser {
    let runtime = Runtime::load(&installed::runtime()).unwrap();
    Analyser::open(&Pack::open(&installed::pack()).unwrap(), &runtime).unwrap()
}

/// The pictures of a motion JPEG recording, each from its start marker to the next.
fn recording(name: &str) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(installed::folder().join("samples").join(name)).unwrap();
    let starts: Vec<usize> =
        (0..bytes.len() - 2).filter(|&at| bytes[at..at + 3] == [0xff, 0xd8, 0xff]).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts.iter().zip(ends).map(|(&start, end)| bytes[start..end].to_vec()).collect()
}

/// Time of a frame in a stream of 30 a second.
fn time(index: usize) -> Duration {
    Duration::from_millis(index as u64 * 100 / 3)
}

fn observe<'a>(analyser: &'a mut Analyser, picture: &[u8], index: usize) -> &'a Observation {
    analyser.observe(&Frame::jpeg(picture, time(index)).unwrap(), EYES).unwrap()
}

/// A frame of 320×240 px of one gray.
fn blank(index: usize, data: &[u8]) -> Frame<'_> {
    Frame::new(&Raster::dense(PixelFormat::Gray8, 320, 240), data, time(index)).unwrap()
}

fn between_eyes(face: &FaceObservation) -> f32 {
    let [a, b] = [face.landmarks[36], face.landmarks[45]];
    (a.x - b.x).hypot(a.y - b.y)
}

#[test]
fn one_person_is_one_track_and_a_blink_shows_in_both_eyes() {
    let mut analyser = analyser();
    let mut tracks = BTreeSet::new();
    let mut closed = Vec::new();
    for (index, picture) in recording("single_face.mjpeg").iter().enumerate() {
        let observation = observe(&mut analyser, picture, index);
        assert_eq!((observation.faces, observation.time), (1, time(index)));
        let face = observation.face.as_ref().unwrap();
        tracks.insert(face.track);
        let eyes = face.eyes.unwrap();
        closed.push(eyes.left.closed.min(eyes.right.closed));
    }
    assert_eq!(tracks.len(), 1);
    // Known of this recording: the only blink is in frames 26 to 29.
    let shut: Vec<usize> = (0..closed.len()).filter(|&index| closed[index] > 0.5).collect();
    assert!(!shut.is_empty() && shut.iter().all(|index| (25..=30).contains(index)), "{shut:?}");
}

#[test]
fn points_followed_stay_where_the_detector_would_put_them() {
    let (mut following, mut fresh) = (analyser(), analyser());
    for (index, picture) in recording("single_face.mjpeg").iter().enumerate() {
        let followed = observe(&mut following, picture, index).face.clone().unwrap();
        fresh.reset();
        let detected = observe(&mut fresh, picture, index).face.clone().unwrap();
        let apart: f32 = followed
            .landmarks
            .iter()
            .zip(&detected.landmarks)
            .map(|(a, b): (&Point, &Point)| (a.x - b.x).hypot(a.y - b.y) / 68.0)
            .sum();
        let share = apart / between_eyes(&detected);
        assert!(share < 0.06, "frame {index}: points {share} of the eyes' distance apart");
        assert!((followed.rect.width / detected.rect.width - 1.0).abs() < 0.2, "frame {index}");
    }
}

#[test]
fn a_face_that_leaves_is_gone_within_half_a_second_and_comes_back_as_another_track() {
    let mut analyser = analyser();
    let pictures = recording("single_face.mjpeg");
    let first =
        (0..5).map(|index| observe(&mut analyser, &pictures[index], index).face.as_ref().unwrap().track);
    let first: BTreeSet<_> = first.collect();
    let data = vec![90; 320 * 240];
    let mut gone_after = None;
    for index in 5..25 {
        let observation = analyser.observe(&blank(index, &data), EYES).unwrap();
        if observation.face.is_none() {
            assert_eq!(observation.faces, 0);
            gone_after.get_or_insert(index - 5);
        } else {
            assert!(gone_after.is_none(), "a face in an empty frame");
        }
    }
    assert!(gone_after.unwrap() < 15, "{gone_after:?}");
    let back = observe(&mut analyser, &pictures[25], 25).face.as_ref().unwrap().track;
    assert!(!first.contains(&back));
}

#[test]
fn another_person_in_the_same_stream_is_another_track() {
    let mut analyser = analyser();
    let (one, other) = (recording("single_face.mjpeg"), recording("WolfgangLanger_Pexels.mjpeg"));
    let before =
        (0..5).map(|index| observe(&mut analyser, &one[index], index).face.as_ref().unwrap().track).last();
    // From the very next frame on: not only when the detector's next turn comes.
    let after = observe(&mut analyser, &other[200], 5).face.as_ref().map(|face| face.track);
    assert!(after.is_none_or(|track| Some(track) != before));
}

#[test]
fn after_a_reset_the_same_face_is_another_track() {
    let mut analyser = analyser();
    let pictures = recording("single_face.mjpeg");
    let before = observe(&mut analyser, &pictures[0], 0).face.as_ref().unwrap().track;
    analyser.reset();
    assert_ne!(observe(&mut analyser, &pictures[1], 1).face.as_ref().unwrap().track, before);
}

#[test]
fn two_faces_in_a_frame_are_counted_and_named() {
    let mut analyser = analyser();
    let people = ["obama.jpg", "biden.jpg"].map(|sample| {
        let picture = image::open(installed::folder().join("samples").join(sample)).unwrap();
        picture.resize_to_fill(320, 480, image::imageops::FilterType::Triangle).into_rgb8()
    });
    let mut both = image::RgbImage::new(640, 480);
    image::imageops::replace(&mut both, &people[0], 0, 0);
    image::imageops::replace(&mut both, &people[1], 320, 0);
    let frame =
        Frame::new(&Raster::dense(PixelFormat::Rgb24, 640, 480), both.as_raw(), Duration::ZERO).unwrap();
    let observation = analyser.observe(&frame, EYES).unwrap();
    assert_eq!(observation.faces, 2);
    assert_eq!(observation.face.as_ref().unwrap().quality.hint, Some(Hint::ManyFaces));
    let faces = analyser.faces(&frame, EYES).unwrap();
    assert_eq!(faces.len(), 2);
    assert_ne!(faces[0].track, faces[1].track);
}

#[test]
fn a_frame_that_cannot_be_decoded_is_an_error_and_the_next_one_is_measured() {
    let mut analyser = analyser();
    let pictures = recording("single_face.mjpeg");
    observe(&mut analyser, &pictures[0], 0);
    let cut = &pictures[1][..pictures[1].len() / 2];
    let refused = Frame::jpeg(cut, time(1))
        .map_err(FaceError::from)
        .and_then(|frame| analyser.observe(&frame, EYES).map(drop));
    assert!(
        matches!(refused, Err(FaceError::Frame(FrameError::JpegCutOff { .. } | FrameError::Jpeg { .. }))),
        "{refused:?}"
    );
    assert!(observe(&mut analyser, &pictures[2], 2).face.is_some());
}
