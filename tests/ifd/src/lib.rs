//! tests/ifd
