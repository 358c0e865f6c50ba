//! Libraries that are not the ONNX Runtime they should be. In a process of their own: none of them may stay loaded.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use mabataki_engine::inference::{InferenceError, Runtime};
use tempfile::TempDir;

fn refusal(library: &Path) -> InferenceError {
    Runtime::load(library).err().unwrap_or_else(|| panic!("{} was taken for ONNX Runtime", library.display()))
}

/// A shared library made from this C source.
fn compiled(folder: &TempDir, source: &str) -> PathBuf {
    let (code, library) = (folder.path().join("fake.c"), folder.path().join("libfake.so"));
    fs::write(&code, source).unwrap();
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status =
        Command::new(compiler).args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&code).status().unwrap();
    assert!(status.success());
    library
}

/// A library that says it is ONNX Runtime of this version.
fn claiming(folder: &TempDir, version: &str) -> PathBuf {
    let source = r#"
        static const char *version(void) { return VERSION; }
        static const void *api(unsigned wanted) { return 0; }
        static const struct { const void *(*api)(unsigned); const char *(*version)(void); } base = { api, version };
        const void *OrtGetApiBase(void) { return &base; }
    "#;
    compiled(folder, &source.replace("VERSION", version))
}

#[test]
fn a_missing_library_is_named() {
    let error = refusal(Path::new("/no/such/libonnxruntime.so"));
    assert!(matches!(error, InferenceError::LibraryMissing { .. }), "{error}");
    assert!(error.to_string().contains("/no/such/libonnxruntime.so"), "{error}");
}

#[test]
fn a_text_file_and_a_folder_are_no_libraries() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("libonnxruntime.so");
    fs::write(&file, "not a library").unwrap();
    for path in [&file, &folder.path().to_path_buf()] {
        let error = refusal(path);
        assert!(matches!(error, InferenceError::NotALibrary { .. }), "{error}");
    }
}

#[test]
fn a_library_for_something_else_is_foreign() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&compiled(&folder, "int answer(void) { return 42; }"));
    assert!(matches!(error, InferenceError::ForeignLibrary { .. }), "{error}");
    let error = refusal(&compiled(&folder, "void *OrtGetApiBase(void) { return 0; }"));
    assert!(matches!(error, InferenceError::ForeignLibrary { .. }), "{error}");
}

#[test]
fn a_library_without_a_version_is_foreign() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&claiming(&folder, "0"));
    assert!(matches!(error, InferenceError::ForeignLibrary { .. }), "{error}");
}

#[test]
fn a_library_that_is_too_old_is_refused_with_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&claiming(&folder, "\"1.17.3\""));
    assert!(matches!(&error, InferenceError::LibraryTooOld { found, .. } if found == "1.17.3"), "{error}");
}

#[test]
fn a_library_that_claims_more_than_it_has_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&claiming(&folder, "\"1.99.0\""));
    assert!(matches!(error, InferenceError::LibraryTooOld { .. }), "{error}");
}
