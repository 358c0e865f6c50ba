//! The fuzz targets: each feeds bytes from outside to one parser, and panics when it does not keep what it promises.
//!
//! libFuzzer runs them (`fuzz/fuzz_targets`), and so does an ordinary test on any compiler (`tests/smoke`): what a target
//! does is written here alone.

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "that is how a target says that something is wrong"
)]

/// A target: its name, which is also that of its folder of seeds, and what it does.
pub type Target = (&'static str, fn(&[u8]));

macro_rules! targets {
    ($($name:ident)*) => {
        $(mod $name; pub use $name::$name;)*

        /// All of them.
        pub const TARGETS: &[Target] = &[$((stringify!($name), $name)),*];
    };
}

targets! {
    atr
    backup
    bundle
    card
    introduction
    key_file
    log_line
    manifest
    mjpeg
    policy
    recovery
    roster
    sealed_record
    secret
    service
    short_code
    still
    template
    y4m
}

pub mod place;
