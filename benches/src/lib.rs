//! What several benchmarks are made on. The criterion benchmarks themselves are in `benches/`; what `mabataki eval` and
//! `mabataki bench` measure is in `eval/`.

pub mod hospital;
