//! The C ABI of mabataki, declared in `include/mabataki.h`.
//!
//! It holds no logic: it turns C's types into the engine's and keeps every panic on this side of the boundary.

mod boundary;
pub mod status;
pub mod version;
