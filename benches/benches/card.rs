//! From a card on the reader to its identity, by kind, through the real PC/SC stack: a pcscd of one's own, and cards that
//! answer at once. So this is what the stack and we take; a real card and reader come on top.
//!
//! The PC/SC library looks for its service once, so this program begins itself anew beside the service it is to find.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot run must stop")]

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use mabataki_engine::card::{CardEvent, CardReader, DesfireKey, FelicaBlock, LiteSKeys, Plan, Provider};
use mabataki_test_support::persona::site;
use mabataki_test_support::{PrivatePcscd, SupportError, VirtualReader, persona};
use zeroize::Zeroizing;

/// The folder of the service, told to the program that measures.
const FOLDER: &str = "MABATAKI_BENCH_PCSCD_FOLDER";
/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(10);

/// By what a card is known, and two of its kind for the taps in turn.
fn kinds() -> [(&'static str, Provider, &'static str, &'static str); 5] {
    let lite_s = LiteSKeys { master: Zeroizing::new(site::LITE_S_MASTER) };
    let desfire = DesfireKey {
        application: site::DESFIRE_APPLICATION,
        number: site::DESFIRE_KEY_NUMBER,
        key: Zeroizing::new(site::DESFIRE_KEY),
        diversified: false,
    };
    [
        ("uid", Provider::Identifier, "ntag213:04A1B2C3D4E580", "ntag213:04A1B2C3D4E581"),
        ("fcf_number", Provider::FelicaBlock(FelicaBlock::default()), "fcf", "fcf:0114B34C1A2B3C4E"),
        ("lite_s_proof", Provider::LiteS(lite_s), "lite_s", "lite_s"),
        ("desfire_proof", Provider::Desfire(desfire), "desfire", "desfire:04A1B2C3D4E581"),
        ("jpki_certificate", Provider::MyNumber, "my_number", "my_number"),
    ]
}

fn main() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let pcscd = PrivatePcscd::start_in(folder.as_ref(), &["Counter"]).unwrap();
        let mut criterion = Criterion::default().configure_from_args();
        taps(&mut criterion, &mut pcscd.reader("Counter").unwrap());
        criterion.final_summary();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    match PrivatePcscd::start_in(folder.path(), &[]) {
        Ok(pcscd) => drop(pcscd),
        Err(SupportError::Unavailable(why)) => return eprintln!("skipped, no pcscd can run here: {why}"),
        Err(error) => panic!("{error}"),
    }
    let mut own = Command::new(std::env::current_exe().unwrap());
    own.args(std::env::args_os().skip(1)).env(FOLDER, folder.path());
    own.env("PCSCLITE_CSOCK_NAME", PrivatePcscd::socket_in(folder.path()));
    assert!(own.status().unwrap().success(), "the program that measures failed");
}

fn taps(criterion: &mut Criterion, hand: &mut VirtualReader) {
    let mut group = criterion.benchmark_group("card/tap_to_identity");
    group.sample_size(20);
    for (what, provider, one, other) in kinds() {
        let plan = Plan { providers: vec![provider], ..Plan::default() };
        let mut reader = CardReader::open_with(None, Arc::new(plan)).unwrap();
        let mut cards = [one, other].into_iter().cycle();
        group.bench_function(what, |bencher| {
            bencher.iter_custom(|rounds| {
                (0..rounds).map(|_| tap(hand, &mut reader, cards.next().unwrap())).sum()
            });
        });
        hand.remove().unwrap();
    }
    group.finish();
}

/// How long it takes from a card's being laid on until it is read. It lies there until the next one.
fn tap(hand: &mut VirtualReader, reader: &mut CardReader, name: &str) -> Duration {
    let _ = hand.remove();
    // Longer than the last one may chatter.
    while reader.wait(Duration::from_millis(200)).unwrap().is_some() {}
    let card = persona::by_name(name).unwrap();
    std::thread::scope(|scope| {
        let start = Instant::now();
        scope.spawn(|| hand.insert(card).unwrap());
        match reader.wait(LIMIT) {
            Ok(Some(CardEvent::Inserted(reading))) if reading.result.is_ok() => start.elapsed(),
            other => panic!("{name} was not read: {other:?}"),
        }
    })
}
