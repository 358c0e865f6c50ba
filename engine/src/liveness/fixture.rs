//! Faces made up for this room's tests.

use crate::face::{Eye, Eyes, FaceObservation, Point, Pose, Quality, Rect, TrackId};

/// A face that says nothing but whose it is and what its eyes look like.
pub(super) fn face(track: u64, eyes: Option<Eyes>) -> FaceObservation {
    FaceObservation {
        track: TrackId(track),
        rect: Rect::default(),
        score: 1.0,
        landmarks: [Point::default(); 68],
        pose: Pose::default(),
        quality: Quality {
            score: 1.0,
            brightness: 0.5,
            contrast: 0.2,
            sharpness: 0.5,
            clipped_dark: 0.0,
            clipped_bright: 0.0,
            back_light: Some(1.0),
            hint: None,
        },
        eyes,
        live: None,
        mask: None,
        embedding: None,
    }
}

/// Both eyes, left and right, each as what the net says and its aspect ratio.
pub(super) fn eyes(left: (f32, f32), right: (f32, f32)) -> Eyes {
    let eye = |(closed, aspect_ratio)| Eye { closed, aspect_ratio };
    Eyes { left: eye(left), right: eye(right) }
}
