//! A look at a library before it is trusted to be ONNX Runtime: `ort` panics where this returns an error.

use std::ffi::CStr;

use ort::sys::OrtApiBase;

use super::{InferenceError, library::Library};

/// A library that is open and looks like an ONNX Runtime that will do.
pub(super) struct Probed {
    /// Its version, such as `1.31.1`.
    pub(super) version: String,
    /// Keeps the library in memory until `ort` holds it too.
    _library: libloading::Library,
}

/// Opens a library and checks what it says of itself.
pub(super) fn probe(library: &Library) -> Result<Probed, InferenceError> {
    let path = library.path.as_path();
    // SAFETY: opening a library runs its start-up code. These bytes are the operator's own choice of runtime, and where
    // they are pinned, the ones that were pinned.
    let library = unsafe { libloading::Library::new(library.place()) }
        .map_err(|cause| InferenceError::NotALibrary { path: path.to_path_buf(), cause: cause.into() })?;
    let foreign = |lack| InferenceError::ForeignLibrary { path: path.to_path_buf(), lack };

    // SAFETY: a symbol of this name is ONNX Runtime's own and has had this signature since its first version.
    let entry =
        unsafe { library.get::<unsafe extern "system" fn() -> *const OrtApiBase>(b"OrtGetApiBase\0") }
            .map_err(|_| foreign("it has no OrtGetApiBase"))?;
    // SAFETY: the function takes nothing and gives a pointer to a static, or null.
    let base = unsafe { entry().as_ref() }.ok_or_else(|| foreign("its OrtGetApiBase gives nothing"))?;
    // SAFETY: the function takes nothing and gives a pointer to a static string, or null.
    let version = unsafe { (base.GetVersionString)() };
    if version.is_null() {
        return Err(foreign("it does not tell its version"));
    }
    // SAFETY: not null, and by the API's contract a NUL-terminated string that lives as long as the library.
    let version = unsafe { CStr::from_ptr(version) }.to_string_lossy().into_owned();

    // SAFETY: the function takes a number and gives a pointer to a static, or null for a version it does not have.
    let api = unsafe { (base.GetApi)(ort::MINOR_VERSION) };
    if api.is_null() || minor(&version).is_none_or(|minor| minor < ort::MINOR_VERSION) {
        return Err(InferenceError::LibraryTooOld {
            path: path.to_path_buf(),
            found: version,
            least: ort::MINOR_VERSION,
        });
    }
    Ok(Probed { version, _library: library })
}

fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_is_the_second_number() {
        assert_eq!(minor("1.31.1"), Some(31));
        assert_eq!(minor("1.24"), Some(24));
        assert_eq!(minor("2.0.0"), None);
        assert_eq!(minor("1."), None);
        assert_eq!(minor("quite new"), None);
    }
}
