//! Running nets with the installed ONNX Runtime.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use mabataki_engine::inference::{InferenceError, Net, Runtime};
use mabataki_models::{Pack, Role};
use mabataki_test_support::{
    installed,
    onnx::{Element, TinyModel},
};
use pretty_assertions::assert_eq;

fn runtime() -> Runtime {
    Runtime::load(&installed::runtime()).unwrap()
}

/// Two outputs: `mean` gives the input's mean twice, `constant` two numbers.
fn tiny() -> TinyModel {
    TinyModel::new("input", &[1, 3, 2, 2]).mean("mean", &[1, 2]).constant(
        "constant",
        &[1, 1, 2],
        &[0.25, -7.0],
    )
}

fn load(model: &TinyModel, outputs: &[(&str, &[usize])]) -> Result<Net, InferenceError> {
    Net::load(&runtime(), "tiny", &model.to_bytes(), ("input", &[1, 3, 2, 2]), outputs)
}

#[test]
fn a_net_gives_out_what_its_model_computes_run_after_run() {
    let mut net = load(&tiny(), &[("constant", &[1, 1, 2]), ("mean", &[1, 2])]).unwrap();
    for value in [1.0, 5.0, -2.5] {
        net.input_mut().fill(value);
        net.run().unwrap();
        assert_eq!(net.output(0), [0.25, -7.0]);
        assert_eq!(net.output(1), [value; 2]);
    }
    assert!(net.output(2).is_empty());
}

#[test]
fn wiping_leaves_neither_picture_nor_result() {
    let mut net = load(&tiny(), &[("constant", &[1, 1, 2])]).unwrap();
    net.input_mut().fill(3.0);
    net.run().unwrap();
    net.wipe();
    assert!(net.input_mut().iter().all(|number| *number == 0.0));
    assert_eq!(net.output(0), [0.0, 0.0]);
}

#[test]
fn a_number_that_is_not_finite_is_an_error_and_nothing_of_it_stays() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let model = TinyModel::new("input", &[1, 3, 2, 2]).constant("out", &[1, 3], &[1.0, bad, 2.0]);
        let mut net = load(&model, &[("out", &[1, 3])]).unwrap();
        let error = net.run().unwrap_err();
        assert!(
            matches!(&error, InferenceError::NotFinite { net, output } if net == "tiny" && output == "out")
        );
        assert_eq!(net.output(0), [0.0; 3]);
    }
}

#[test]
fn dimensions_a_model_leaves_open_take_the_manifests_size() {
    let model = TinyModel::new("input", &[-1, 3, -1, -1]).mean("mean", &[-1, 2]);
    let mut net = load(&model, &[("mean", &[1, 2])]).unwrap();
    net.input_mut().fill(4.0);
    net.run().unwrap();
    assert_eq!(net.output(0), [4.0, 4.0]);
}

#[test]
fn an_output_that_turns_out_larger_than_the_manifest_says_is_an_error() {
    // The model declares its length open; it is 3 in truth.
    let model = TinyModel::new("input", &[1, 3, 2, 2]).output("out", &[1, -3], vec![0.0; 3], vec![1.0; 3]);
    let refused = load(&model, &[("out", &[1, 2])]).and_then(|mut net| net.run());
    assert!(
        matches!(refused, Err(InferenceError::Run { .. } | InferenceError::TensorType { .. })),
        "{refused:?}"
    );
}

#[test]
fn names_that_do_not_fit_are_refused_with_both_named() {
    let error = Net::load(&runtime(), "tiny", &tiny().to_bytes(), ("data", &[1, 3, 2, 2]), &[]).unwrap_err();
    assert_eq!(error.to_string(), "net tiny: its manifest names the input \"data\", the model has \"input\"");
    let error = load(&tiny(), &[("scores", &[1, 2])]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "net tiny: its manifest names the output \"scores\", the model has \"mean\", \"constant\""
    );
}

#[test]
fn shapes_that_do_not_fit_are_refused_with_both_named() {
    let error = load(&tiny(), &[("mean", &[1, 3])]).unwrap_err().to_string();
    assert!(error.contains("\"mean\" should be f32 [1, 3]") && error.contains("(1, 2)"), "{error}");
    let error = Net::load(&runtime(), "tiny", &tiny().to_bytes(), ("input", &[1, 3, 4, 4]), &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("\"input\" should be f32 [1, 3, 4, 4]") && error.contains("(1, 3, 2, 2)"),
        "{error}"
    );
}

#[test]
fn other_element_types_are_refused() {
    let error = load(&tiny().of(Element::F64), &[("mean", &[1, 2])]).unwrap_err();
    assert!(matches!(&error, InferenceError::TensorType { found, .. } if found.contains("f64")), "{error}");
}

#[test]
fn garbage_and_half_a_model_are_errors() {
    let whole = tiny().to_bytes();
    for bytes in [&b""[..], b"garbage", &[0xFF; 4096], &whole[..whole.len() / 2]] {
        let refused = Net::load(&runtime(), "tiny", bytes, ("input", &[1, 3, 2, 2]), &[]);
        assert!(matches!(refused, Err(InferenceError::BadModel { .. })), "{refused:?}");
    }
}

#[test]
fn weights_in_another_file_are_refused_because_nobody_hashed_them() {
    // In the tests' working folder, where the library would look for it.
    let file = "weights-beside-the-model.bin";
    std::fs::write(file, [0; 64]).unwrap();
    let refused = load(&tiny().external(file), &[("mean", &[1, 2])]);
    std::fs::remove_file(file).unwrap();
    let error = refused.unwrap_err();
    assert!(matches!(error, InferenceError::BadModel { .. }), "{error}");
    assert!(error.to_string().to_lowercase().contains("external data"), "{error}");
}

#[test]
fn a_second_load_gives_the_same_library_and_another_path_is_refused() {
    let runtime = runtime();
    assert!(runtime.version().starts_with("1."), "{}", runtime.version());
    assert_eq!(Runtime::load(&installed::runtime()).unwrap().path(), runtime.path());

    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("libonnxruntime.so");
    std::fs::write(&other, b"another library").unwrap();
    let error = Runtime::load(&other).unwrap_err();
    assert!(
        matches!(&error, InferenceError::OtherLibrary { loaded, .. } if loaded == runtime.path()),
        "{error}"
    );
    assert!(matches!(Runtime::load(Path::new("/no/such/file")), Err(InferenceError::LibraryMissing { .. })));
}

#[test]
fn every_net_of_the_default_pack_is_as_its_manifest_says() {
    let pack = Pack::open(&installed::pack()).unwrap();
    type Outputs = &'static [(&'static str, &'static [usize])];
    let cases: [(Role, Outputs); 5] = [
        (Role::Detector, &[("scores", &[1, 4420, 2]), ("boxes", &[1, 4420, 4])]),
        (Role::Landmarks, &[("output", &[1, 136])]),
        (Role::EyeState, &[("output", &[1, 2])]),
        (Role::AntiSpoof, &[("output", &[1, 3])]),
        (Role::Embedding, &[("output", &[1, 512])]),
    ];
    for (role, outputs) in cases {
        let model = pack.load(role).unwrap();
        let input = &model.spec.input;
        let mut net =
            Net::load(&runtime(), &model.spec.file, &model.bytes, (&input.name, &input.shape()), outputs)
                .unwrap();
        net.run().unwrap();
        assert!(net.output(0).iter().any(|number| *number != 0.0), "{role}");
    }
}
