//! benches/eval
