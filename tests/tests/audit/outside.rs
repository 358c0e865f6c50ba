//! The checkpoints outside the database: behind it after a power cut, ahead of it after something else.

use std::fs;

use pretty_assertions::assert_eq;

use crate::site::*;

fn lines(site: &Site) -> Vec<String> {
    fs::read_to_string(site.location().checkpoints()).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn each_checkpoint_lies_outside_as_soon_as_it_is_made() {
    let site = Site::with(3);
    let mut store = site.open().unwrap();
    assert_eq!(lines(&site).len(), 0);
    site.append(&mut store, 1);
    assert_eq!(lines(&site).len(), 1);
    store.write(|w| w.append(&entry(5)).and_then(|_| w.sign_log())).unwrap();
    assert_eq!(lines(&site).len(), 2);
    let inside: Vec<String> = store.checkpoints(0, 10).unwrap().iter().map(|made| made.to_line()).collect();
    assert_eq!(lines(&site), inside);
}

#[test]
fn what_a_power_cut_kept_from_the_file_is_written_at_the_next_opening() {
    let site = Site::with(12);
    let whole = fs::read_to_string(site.location().checkpoints()).unwrap();
    let second = whole.match_indices('\n').nth(1).unwrap().0 + 1;
    for end in [second, second + 1, second + 100, whole.len() - 1] {
        fs::write(site.location().checkpoints(), &whole[..end]).unwrap();
        drop(site.open().unwrap());
        assert_eq!(fs::read_to_string(site.location().checkpoints()).unwrap(), whole, "cut at {end}");
    }
    assert_eq!(site.finding(), None);
}

#[test]
fn a_store_that_was_put_back_together_with_its_anchor_is_told_by_the_file() {
    let site = Site::with(6);
    let before = site.copy(&[site.database(), site.anchor()]);
    let mut store = site.open().unwrap();
    site.append(&mut store, 4);
    drop(store);
    let outside = site.copy(&[site.location().checkpoints()]);
    put_back(&before);
    assert_eq!(site.refused(), "log_cut");
    // Somebody goes on from there as if nothing had been, and then the true checkpoints are put back.
    let first = lines(&site)[0].clone() + "\n";
    fs::write(site.location().checkpoints(), first).unwrap();
    let mut store = site.open().unwrap();
    site.append(&mut store, 4);
    drop(store);
    put_back(&outside);
    assert_eq!(site.refused(), "log_forked");
}

#[test]
fn a_file_that_was_taken_away_or_emptied_is_missed_and_one_that_is_something_else_refused() {
    let site = Site::with(9);
    let path = site.location().checkpoints();
    fs::write(&path, "").unwrap();
    assert_eq!(site.refused(), "no_witness");
    fs::remove_file(&path).unwrap();
    assert_eq!(site.refused(), "no_witness");
    fs::write(&path, "something else\n").unwrap();
    assert_eq!(site.refused(), "bad_witness");
}

#[test]
fn the_key_that_signed_is_in_the_database_and_its_write_ahead_log_no_more() {
    let site = Site::with(3);
    let mut store = site.open().unwrap();
    let wal = site.location().state.join("store.sqlite-wal");
    site.append(&mut store, 1);
    assert_eq!(fs::metadata(&wal).unwrap().len(), 0, "emptied after the checkpoint");
    site.append(&mut store, 1);
    assert!(fs::metadata(&wal).unwrap().len() > 0);
}

#[test]
fn nobody_waits_for_an_inspector_who_reads_and_the_keys_are_forgotten_at_the_next_checkpoint() {
    let site = Site::with(2);
    let mut store = site.open().unwrap();
    let wal = site.location().state.join("store.sqlite-wal");
    let inspector = mabataki_engine::store::LogFile::open(&site.location().state).unwrap();
    assert_eq!(inspector.records().unwrap(), 2);
    let began = std::time::Instant::now();
    site.append(&mut store, 2);
    assert!(began.elapsed() < std::time::Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(fs::metadata(&wal).unwrap().len() > 0, "the inspector still reads what was");
    assert_eq!(inspector.records().unwrap(), 2, "all of it as it stood at one moment");
    drop(inspector);
    site.append(&mut store, 4);
    assert_eq!(fs::metadata(&wal).unwrap().len(), 0);
}

#[test]
fn two_processes_that_write_make_one_log() {
    let site = Site::with(0);
    let writers = [1, 2].map(|_| {
        let location = site.location();
        std::thread::spawn(move || {
            let key = mabataki_engine::keys::StoreKey::from_bytes(zeroize::Zeroizing::new([7; 32]));
            let mut store = mabataki_engine::store::Store::open(&location, &key).unwrap();
            for seq in 1..=40 {
                store.write(|w| w.append(&entry(seq))).unwrap();
            }
        })
    });
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let verdict = site.verdict();
    assert_eq!((verdict.finding, verdict.records, verdict.checkpoints), (None, 80, 20));
    assert_eq!(lines(&site).len(), 20);
}
