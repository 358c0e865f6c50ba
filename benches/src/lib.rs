//! Holds nothing itself: the criterion benchmarks are in `benches/`, what `mabataki eval` and `mabataki bench` measure is
//! in `eval/`.
