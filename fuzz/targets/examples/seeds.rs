//! Makes those seeds anew that only the program can make: a backup, a key's file, shares, introductions, changes to
//! sealed records.
//!
//! `cargo run --package mabataki-fuzz-targets --example seeds`

#![allow(clippy::unwrap_used, reason = "a tool for whoever changes a format")]

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use mabataki_engine::audit::ShortCode;
use mabataki_engine::frame::Pace;
use mabataki_engine::keys::{Keeper, KeyPlace, RecoveryKey, RecoveryRecord, Share};
use mabataki_engine::policy::{Factor, Purpose};
use mabataki_engine::service::protocol::{
    Authenticate, Begin, Beginning, FrameOrigin, GrantUse, Hello, Hidden, Numbered, PROTOCOL, Request,
    SessionRequest,
};
use mabataki_engine::store::StoreError;
use mabataki_engine::terminal::{KeyRing, TerminalKeys};
use mabataki_fuzz_targets::place::Place;

fn main() {
    let place = Place::new();
    let mut store = place.furnish();
    let backup = place.root().join("backup");
    store.back_up(&backup, Timestamp::UNIX_EPOCH).unwrap();
    write("backup", "whole", &fs::read(backup).unwrap());

    let signed = store.write(|w| w.sign_log()).map_err(|error: StoreError| error).unwrap().unwrap();
    write("short_code", "first", ShortCode::of(&signed).to_string().as_bytes());

    let kept = KeyPlace::new(place.root().join("store.key"));
    kept.create(Keeper::File, &place.location().state).unwrap();
    write("key_file", "file", &fs::read(kept.path()).unwrap());
    write("key_file", "kernel", b"mabataki kernel key 1\n00112233445566778899aabbccddeeff\n");

    let key = RecoveryKey::draw().unwrap();
    let shares: Vec<Share> = key.split(2, 3).unwrap();
    let text: Vec<String> = shares.iter().map(|share| share.to_text().to_string()).collect();
    write("recovery", "shares", text.join("\n").as_bytes());
    write("recovery", "share", text[0].as_bytes());
    let record = RecoveryRecord { set: key.set(), needed: 2, shares: 3, made: Timestamp::UNIX_EPOCH };
    write("recovery", "record.json", &serde_json::to_vec(&record).unwrap());

    let mut ring = KeyRing::new(TerminalKeys::first([1; 32].into(), [2; 32].into(), Timestamp::UNIX_EPOCH));
    write("introduction", "first.json", ring.introduction("ward3-a", [3; 16]).to_text().as_bytes());
    let fresh = [[4; 32].into(), [5; 32].into()];
    ring.rotate("ward3-a", [3; 16], fresh, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    write("introduction", "rotated.json", ring.introduction("ward3-a", [3; 16]).to_text().as_bytes());

    messages();

    // Each column unchanged, with a bit of it changed, cut, and replaced: see `sealed_record`.
    for column in 0..9 {
        write("sealed_record", &format!("{column}-unchanged"), &[column, 1, 0, 0, 0]);
        write("sealed_record", &format!("{column}-bit"), &[column, 1, 24, 0, 1]);
        write("sealed_record", &format!("{column}-cut"), &[column, 2, 23, 0]);
        write("sealed_record", &format!("{column}-replaced"), &[&[column, 0, 0, 0][..], &[7; 40]].concat());
    }
}

/// What a client says first, a request, and what a session is told.
fn messages() {
    let numbered = |body| Numbered { number: 7, body };
    let hello = Hello { version: PROTOCOL, name: Some("agent".to_owned()), session_of: Some(1 << 40) };
    write("service", "hello", &[&[0][..], &postcard::to_allocvec(&hello).unwrap()].concat());
    let report = GrantUse::Report { word: "chart_opened".to_owned(), object: Some("7".to_owned()) };
    let request = numbered(Request::Grant(u64::MAX, report));
    write("service", "request", &[&[1][..], &postcard::to_allocvec(&request).unwrap()].concat());
    let authenticate = Authenticate {
        account: Some("ward3".to_owned()),
        frames: FrameOrigin::Host(Pace::Live),
        ..Authenticate::new(Purpose::Login)
    };
    let begin = Begin { what: Beginning::Authenticate(authenticate), timeout_ms: Some(20_000) };
    let typed = Hidden::new("quiet".to_owned().into());
    let said =
        [SessionRequest::Begin(Box::new(begin)), SessionRequest::Secret(Factor::Password, Some(typed))];
    for (name, said) in ["begin", "secret"].into_iter().zip(said) {
        let bytes = postcard::to_allocvec(&Numbered { number: 7, body: said }).unwrap();
        write("service", name, &[&[2][..], &bytes].concat());
    }
}

fn write(target: &str, name: &str, seed: &[u8]) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../seeds")).join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), seed).unwrap();
}
