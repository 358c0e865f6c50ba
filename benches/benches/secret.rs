//! Passwords: one hash, which a guess costs as well; and emergency codes.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mabataki_engine::secret::{CodeMac, EmergencyCode, PasswordHash, Secret};
use zeroize::Zeroizing;

fn secret(c: &mut Criterion) {
    let password = Secret::new(Zeroizing::new("Kobe-4711-harbour".to_owned())).unwrap();
    let hash = PasswordHash::of(&password).unwrap();
    let mut group = c.benchmark_group("secret");
    group.sample_size(20);
    group.bench_function("password_hash", |b| b.iter(|| PasswordHash::of(black_box(&password)).unwrap()));
    group.bench_function("password_verify", |b| b.iter(|| hash.verify(black_box(&password)).unwrap()));
    group.bench_function("password_verify_nobody", |b| {
        b.iter(|| PasswordHash::verify_nobody(black_box(&password)).unwrap());
    });
    let code = EmergencyCode::draw().unwrap();
    let kept = CodeMac::of(&code).unwrap();
    group.bench_function("emergency_code_compare", |b| b.iter(|| kept.is_of(black_box(&code))));
    group.finish();
}

criterion_group!(benches, secret);
criterion_main!(benches);
