//! The card service itself: not there, ended, or hanging.

use std::time::{Duration, Instant};

use mabataki_engine::card::{CardReader, ReaderError, reader};
use mabataki_test_support::{PrivatePcscd, isolated};
use pretty_assertions::assert_eq;

use crate::{SHORT, SOON, open, threads, works};

#[test]
fn without_a_card_service_that_is_what_is_said() {
    isolated(|_| {
        let error = CardReader::open(None).err().unwrap();
        assert_eq!(error.code(), "no_card_service");
        assert!(error.fix().contains("pcscd"));
        assert_eq!(reader::list().err().unwrap().code(), "no_card_service");
    });
}

#[test]
fn a_card_service_that_dies_is_told_and_the_reader_works_again_when_it_is_back() {
    isolated(|folder| {
        let (pcscd, _hand, mut reader) = open(folder);
        assert!(matches!(reader.wait(SHORT), Ok(None)));
        pcscd.crash().unwrap();
        let start = Instant::now();
        assert_eq!(reader.wait(SOON).unwrap_err().code(), "no_card_service");
        assert!(start.elapsed() < SOON);
        assert_eq!(reader.wait(SHORT).unwrap_err().code(), "no_card_service");
        let again = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        works(&mut again.reader("Counter").unwrap(), &mut reader);
    });
}

#[test]
fn a_card_service_that_hangs_is_told_in_time_and_nobody_waits_for_it_again_until_it_is_back() {
    isolated(|folder| {
        let (mut pcscd, mut hand, mut reader) = open(folder);
        assert!(matches!(reader.wait(SHORT), Ok(None)));
        pcscd.hang().unwrap();
        let start = Instant::now();
        let error = reader.wait(SOON).unwrap_err();
        assert!(matches!(error, ReaderError::Silent { seconds: 2 }), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        // One thread hangs; no other follows it there.
        let start = Instant::now();
        for _ in 0..20 {
            assert_eq!(CardReader::open(None).err().unwrap().code(), "reader_stuck");
            assert_eq!(reader::list().unwrap_err().code(), "reader_stuck");
        }
        drop(reader);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(threads("mabataki reader"), 1);
        pcscd.go_on().unwrap();
        let deadline = Instant::now() + SOON;
        while threads("mabataki reader") > 0 {
            assert!(Instant::now() < deadline, "the thread that hung is there still");
            std::thread::sleep(Duration::from_millis(10));
        }
        works(&mut hand, &mut CardReader::open(None).unwrap());
    });
}
