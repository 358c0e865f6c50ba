//! Searching a gallery, beside a plain read of as much memory.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mabataki_eval::SearchBench;

fn search(criterion: &mut Criterion) {
    for rows in [10_000, 100_000] {
        let mut group = criterion.benchmark_group(format!("search/{rows}"));
        group.sample_size(20);
        let mut bench = SearchBench::new(rows, 512).expect("a gallery of made-up faces");
        group.bench_function("search", |bencher| bencher.iter(|| black_box(bench.search())));
        group.bench_function("read", |bencher| bencher.iter(|| bench.read()));
        group.finish();
    }
}

criterion_group!(benches, search);
criterion_main!(benches);
