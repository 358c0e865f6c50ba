//! What the manifest decides: other nets than the default ones, and nets that are not what it says.

#![cfg(test)]

use std::{path::Path, time::Duration};

use mabataki_engine::{
    face::{Analyser, FaceError, Rect, Want},
    frame::{Frame, PixelFormat, Raster},
    inference::{InferenceError, Runtime},
};
use mabataki_models::{
    Arcface, Colour, DEFAULT_MANIFEST, Decoder, Digest, InputSpec, Layout, MANIFEST_NAME, Manifest, Pack,
    PackError, PerChannel, Role,
};
use mabataki_test_support::{installed, onnx::TinyModel};
use pretty_assertions::assert_eq;

const EVERYTHING: Want = Want { eyes: true, spoof: true, embedding: true };

/// A pack in a folder of its own: the default one with some models replaced.
struct Own {
    folder: tempfile::TempDir,
    manifest: Manifest,
}

impl Own {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest::parse(DEFAULT_MANIFEST).unwrap();
        for model in &manifest.model {
            std::fs::copy(installed::pack().join(&model.file), folder.path().join(&model.file)).unwrap();
        }
        Self { folder, manifest }
    }

    /// Puts another model in the place of the default one.
    fn replace(
        mut self,
        role: Role,
        model: &TinyModel,
        change: impl FnOnce(&mut InputSpec, &mut Decoder),
    ) -> Self {
        let bytes = model.to_bytes();
        let spec = self.manifest.model.iter_mut().find(|spec| spec.role == role).unwrap();
        std::fs::write(self.folder.path().join(&spec.file), &bytes).unwrap();
        (spec.bytes, spec.sha256) = (bytes.len() as u64, Digest::of(&bytes));
        change(&mut spec.input, &mut spec.decoder);
        self
    }

    fn open(&self) -> Result<Analyser, FaceError> {
        let text = toml::to_string(&self.manifest).unwrap();
        std::fs::write(self.folder.path().join(MANIFEST_NAME), text).unwrap();
        Analyser::open(&Pack::open(self.folder.path())?, &Runtime::load(&installed::runtime()).unwrap())
    }
}

/// A detector that always sees these boxes, surely.
fn detector(boxes: &[[f64; 4]]) -> (TinyModel, u32) {
    let count = boxes.len() as i64;
    let scores = [0.0, 1.0].repeat(boxes.len());
    let model = TinyModel::new("input", &[1, 3, 240, 320])
        .constant("scores", &[1, count, 2], &scores)
        .constant("boxes", &[1, count, 4], boxes.as_flattened());
    (model, boxes.len() as u32)
}

fn with_anchors(anchors: u32) -> impl FnOnce(&mut InputSpec, &mut Decoder) {
    move |_, decoder| {
        let Decoder::Ultralight(ultralight) = decoder else {
            panic!("the default detector is an UltraLight")
        };
        ultralight.anchors = anchors;
    }
}

/// A frame of 640×480 px, red 200, green 100, blue 50.
fn frame(data: &mut Vec<u8>) -> Frame<'_> {
    *data = [200, 100, 50].repeat(640 * 480);
    Frame::new(&Raster::dense(PixelFormat::Rgb24, 640, 480), data, Duration::ZERO).unwrap()
}

const MIDDLE: [f64; 4] = [0.375, 0.25, 0.625, 0.75];

#[test]
fn an_ultralight_detector_with_any_number_of_anchors_works_from_the_manifest_alone() {
    let (model, anchors) = detector(&[MIDDLE, [0.0, 0.0, 0.25, 0.5]]);
    let mut analyser = Own::new().replace(Role::Detector, &model, with_anchors(anchors)).open().unwrap();
    let faces = analyser.faces(&frame(&mut Vec::new()), Want::default()).unwrap();
    let boxes: Vec<Rect> = faces.iter().map(|face| face.rect).collect();
    assert!(boxes.contains(&Rect { x: 240.0, y: 120.0, width: 160.0, height: 240.0 }), "{boxes:?}");
    assert!(boxes.contains(&Rect { x: 0.0, y: 0.0, width: 160.0, height: 240.0 }), "{boxes:?}");
}

#[test]
fn an_embedding_net_of_any_length_layout_and_colour_works_from_the_manifest_alone() {
    let (eyes, anchors) = detector(&[MIDDLE]);
    for layout in [Layout::Nchw, Layout::Nhwc] {
        // The batch is left open; three numbers: the input's mean, twice it, and 3.
        let shape: &[i64] = if layout == Layout::Nchw { &[-1, 3, 96, 80] } else { &[-1, 96, 80, 3] };
        let net = TinyModel::new("picture", shape).output(
            "vector",
            &[-1, 3],
            vec![0.0, 0.0, 3.0],
            vec![1.0, 2.0, 0.0],
        );
        let own = Own::new().replace(Role::Detector, &eyes, with_anchors(anchors)).replace(
            Role::Embedding,
            &net,
            |input, decoder| {
                *input = InputSpec {
                    name: "picture".into(),
                    layout,
                    colour: Colour::Rgb,
                    size: [80, 96],
                    mean: PerChannel([190.0, 90.0, 40.0]),
                    scale: PerChannel([10.0, 5.0, 2.0]),
                };
                *decoder = Decoder::Arcface(Arcface { output: "vector".into(), dimension: 3 });
            },
        );
        // A picture of one colour is as flat as can be, and is looked at as it is.
        let mut analyser = own.open().unwrap().as_taken();
        assert_eq!(analyser.embedding_len(), 3);
        assert_eq!(analyser.embedding_model(), own.manifest.model(Role::Embedding).unwrap().sha256);
        let faces = analyser.faces(&frame(&mut Vec::new()), EVERYTHING).unwrap();
        let embedding = faces[0].embedding.as_ref().unwrap();
        // Each channel is (x − mean)/scale: 1, 2 and 5, on average 8/3.
        let mean = 8.0f32 / 3.0;
        let length = (mean * mean + 4.0 * mean * mean + 9.0).sqrt();
        for (found, expected) in embedding.0.iter().zip([mean / length, 2.0 * mean / length, 3.0 / length]) {
            assert!((found - expected).abs() < 1e-3, "{layout:?}: {found} is not {expected}");
        }
    }
}

#[test]
fn a_net_that_gives_what_is_no_number_is_a_named_error_and_no_face() {
    let (eyes, anchors) = detector(&[MIDDLE]);
    let net = TinyModel::new("input", &[1, 3, 112, 112]).constant("output", &[1, 512], &[f64::NAN; 512]);
    let own = Own::new().replace(Role::Detector, &eyes, with_anchors(anchors)).replace(
        Role::Embedding,
        &net,
        |input, _| input.name = "input".into(),
    );
    let mut analyser = own.open().unwrap();
    let mut data = Vec::new();
    let refused = analyser.observe(&frame(&mut data), EVERYTHING);
    assert!(
        matches!(&refused, Err(FaceError::Inference(InferenceError::NotFinite { output, .. })) if output == "output"),
        "{refused:?}"
    );
    // Without the broken net the same frame is measured.
    assert!(analyser.observe(&frame(&mut data), Want::default()).unwrap().face.is_some());
}

#[test]
fn an_embedding_of_length_zero_is_none() {
    let (eyes, anchors) = detector(&[MIDDLE]);
    let net = TinyModel::new("input", &[1, 3, 112, 112]).constant("output", &[1, 512], &[0.0; 512]);
    let own = Own::new().replace(Role::Detector, &eyes, with_anchors(anchors)).replace(
        Role::Embedding,
        &net,
        |input, _| input.name = "input".into(),
    );
    let faces = own.open().unwrap().faces(&frame(&mut Vec::new()), EVERYTHING).unwrap();
    assert_eq!(faces[0].embedding, None);
}

#[test]
fn landmarks_all_in_one_place_are_no_face() {
    let (eyes, anchors) = detector(&[MIDDLE]);
    let points = TinyModel::new("input", &[1, 1, 64, 64]).constant("output", &[1, 136], &[0.5; 136]);
    let own = Own::new().replace(Role::Detector, &eyes, with_anchors(anchors)).replace(
        Role::Landmarks,
        &points,
        |_, _| {},
    );
    let mut analyser = own.open().unwrap();
    let mut data = Vec::new();
    assert!(analyser.observe(&frame(&mut data), EVERYTHING).unwrap().face.is_none());
    assert_eq!(analyser.faces(&frame(&mut data), EVERYTHING).unwrap(), []);
}

#[test]
fn a_net_of_other_shapes_than_its_manifest_says_is_refused_with_both() {
    let net = TinyModel::new("input", &[1, 3, 112, 112]).constant("output", &[1, 128], &[1.0; 128]);
    let own = Own::new().replace(Role::Embedding, &net, |input, _| input.name = "input".into());
    let error = own.open().unwrap_err().to_string();
    assert!(error.contains("fr_feature.onnx") && error.contains("512") && error.contains("128"), "{error}");
}

#[test]
fn a_model_that_was_changed_is_refused() {
    let own = Own::new();
    let path: &Path = &own.folder.path().join("fr_eye.onnx");
    let mut bytes = std::fs::read(path).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(path, bytes).unwrap();
    assert!(matches!(own.open(), Err(FaceError::Pack(PackError::WrongHash { .. }))));
}
