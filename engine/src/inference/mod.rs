//! Running nets. The only room that knows ONNX Runtime.
//!
//! [`Runtime::load`] opens the library, once for the life of the process. [`Net::load`] prepares one net; it owns the
//! buffers its input is written to and its outputs are read from, and wipes them when it goes.

mod error;
mod library;
mod net;
#[expect(unsafe_code, reason = "a library is asked through its C entry points whether it is ONNX Runtime")]
mod probe;
mod runtime;

pub use error::InferenceError;
pub use net::Net;
pub use runtime::Runtime;
