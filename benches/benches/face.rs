//! Every stage of a frame, each beside the bare net in it; then the whole frame and a tracked one.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to report")]

use std::{path::Path, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use mabataki_engine::{
    face::{Analyser, Stage, Stages, Want},
    inference::Runtime,
};
use mabataki_eval::Sketch;
use mabataki_models::Pack;

fn installed() -> (Pack, Runtime) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.mabataki");
    let name = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    (Pack::open(&folder.join("pack")).unwrap(), Runtime::load(&folder.join("runtime").join(name)).unwrap())
}

fn stages(criterion: &mut Criterion) {
    let (pack, runtime) = installed();
    let sketch = Sketch::draw();
    let pixels = sketch.pixels().unwrap();
    let mut stages = Stages::open(&pack, &runtime, &pixels).unwrap().unwrap();
    for stage in Stage::ALL {
        let mut group = criterion.benchmark_group(stage.name());
        group.bench_function("stage", |bencher| bencher.iter(|| stages.run(stage, &pixels).unwrap()));
        if stage.has_net() {
            group.bench_function("raw net", |bencher| bencher.iter(|| stages.run_raw(stage).unwrap()));
        }
        group.finish();
    }
}

fn frames(criterion: &mut Criterion) {
    let (pack, runtime) = installed();
    let sketch = Sketch::draw();
    let mut analyser = Analyser::open(&pack, &runtime).unwrap();
    let mut group = criterion.benchmark_group("frame");
    let everything = Want { eyes: true, spoof: true, embedding: true };
    let frame = sketch.frame(Duration::ZERO).unwrap();
    group.bench_function("whole, everything measured", |bencher| {
        bencher.iter(|| {
            analyser.reset();
            analyser.observe(&frame, everything).unwrap().faces
        });
    });
    let mut stages = Stages::open(&pack, &runtime, &sketch.pixels().unwrap()).unwrap().unwrap();
    group.bench_function("all raw nets", |bencher| {
        bencher.iter(|| Stage::ALL.iter().for_each(|&stage| stages.run_raw(stage).unwrap()));
    });
    let mut time = Duration::ZERO;
    group.bench_function("tracked, eyes measured", |bencher| {
        bencher.iter(|| {
            time += Duration::from_millis(33);
            analyser.observe(&frame.at(time), Want { eyes: true, ..Want::default() }).unwrap().faces
        });
    });
    group.finish();
}

criterion_group!(benches, stages, frames);
criterion_main!(benches);
