//! What is ours in the time of a camera: from asking for one whose driver takes no time to its first frame, and from a frame's
//! time stamp to the hands of whoever waits for it.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to report")]

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mabataki_eval::Sketch;

/// A frame that has not come by then does not come.
const WAIT: Duration = Duration::from_secs(2);

/// Frames a second: more than cameras send, so that the benchmark ends, few enough that each is waited for.
const FPS: u32 = 250;

fn camera(criterion: &mut Criterion) {
    let stand_in = Sketch::draw().filmed(FPS).unwrap();
    let mut group = criterion.benchmark_group("camera 640x480 NV12");
    group.bench_function("opened, first frame", |bencher| {
        bencher.iter_custom(|rounds| {
            let one = |_| {
                let begun = Instant::now();
                let mut camera = stand_in.open().unwrap();
                assert!(camera.next(WAIT).unwrap().is_some());
                begun.elapsed()
            };
            (0..rounds).map(one).sum()
        });
    });
    group.bench_function("a frame to who waits", |bencher| {
        let mut camera = stand_in.open().unwrap();
        bencher.iter_custom(|rounds| {
            let mut one = |_| {
                let taken = camera.next(WAIT).unwrap().unwrap().time();
                camera.now() - taken
            };
            (0..rounds).map(&mut one).sum()
        });
    });
    group.finish();
}

criterion_group!(benches, camera);
criterion_main!(benches);
