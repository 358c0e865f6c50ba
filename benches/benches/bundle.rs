//! A large hospital's people carried to a terminal that has none of them, and once more when nothing has changed.
//!
//! Taking a bundle in is one transaction: nobody else writes meanwhile, and an attempt waits for it.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::SignedDuration;
use mabataki_benches::hospital::{PEOPLE, make, place};
use mabataki_engine::engine::{BundleRequest, Engine, ImportOptions};
use mabataki_engine::store::Settings;
use mabataki_engine::terminal::{Pairing, Scope};

/// A terminal without people.
fn terminal(root: &Path, name: &str) -> Engine {
    Engine::create(place(root), Settings { terminal: name.to_owned(), open: true }).unwrap()
}

/// Lets everybody of the wards pass from the one to the other.
fn pair(from: &mut Engine, to: &mut Engine) {
    let scope = Scope::new(vec!["er-*".to_owned()], Vec::new(), false, false).unwrap();
    let (mine, theirs) = (from.introduction().unwrap(), to.introduction().unwrap());
    let sends = Pairing { sends: Some(scope.clone()), takes: None };
    from.acting().pair(&theirs, &theirs.identity().fingerprint(), sends).unwrap();
    let takes = Pairing { sends: None, takes: Some(scope) };
    to.acting().pair(&mine, &mine.identity().fingerprint(), takes).unwrap();
}

fn export(from: &mut Engine, to: &str, file: PathBuf) -> PathBuf {
    let request = BundleRequest { asked: None, valid_for: SignedDuration::from_hours(24) };
    from.acting().export_bundle(to, &request, &file, &mut |_, _| {}).unwrap();
    file
}

/// How long it takes to take a bundle in, of which so many records are new.
fn import(to: &mut Engine, file: &Path, new: u64) -> Duration {
    let begun = Instant::now();
    let report = to.acting().import_bundle(file, ImportOptions::default(), &mut |_, _| {}).unwrap();
    let took = begun.elapsed();
    assert_eq!((report.added, report.rejected.len()), (new, 0));
    took
}

fn bundle(c: &mut Criterion) {
    let root = tempfile::tempdir().unwrap();
    drop(make(place(root.path()), |_, profile| profile.wards = vec!["er-1".to_owned()]));
    let mut from = Engine::open(place(root.path())).unwrap();
    let mut group = c.benchmark_group("bundle");
    group.sample_size(10);
    let mut number = 0;
    for what in ["all_new", "all_known"] {
        group.bench_function(format!("import/{what}/{}", 3 * PEOPLE), |b| {
            b.iter_custom(|rounds| {
                (0..rounds)
                    .map(|_| {
                        number += 1;
                        let (folder, name) = (tempfile::tempdir().unwrap(), format!("er-{number}"));
                        let mut to = terminal(folder.path(), &name);
                        pair(&mut from, &mut to);
                        let first = export(&mut from, &name, folder.path().join("first"));
                        let took = import(&mut to, &first, 3 * PEOPLE);
                        if what == "all_new" {
                            return took;
                        }
                        let second = export(&mut from, &name, folder.path().join("second"));
                        import(&mut to, &second, 0)
                    })
                    .sum()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bundle);
criterion_main!(benches);
