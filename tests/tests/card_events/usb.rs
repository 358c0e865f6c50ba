//! Readers that are plugged into USB and pulled out again, as the card service learns of it from the system.

use std::path::Path;
use std::time::Instant;

use mabataki_engine::card::{CardEvent, CardReader, ReaderError};
use mabataki_test_support::{PrivatePcscd, UsbBus, VirtualReader, isolated};
use pretty_assertions::assert_eq;

use crate::readers::plugged;
use crate::{SETTLED, SOON, in_time, inserted, persona, quiet, removed, told};

/// How often a reader is plugged in and out.
const ROUNDS: u32 = 10;
/// The names of the readers at the first two ports, by their serial numbers.
const FIRST: &str = "Mabataki USB (SN0001) 00 00";
const SECOND: &str = "Mabataki USB (SN0002) 01 00";

/// Whether there can be a bus; says so where there cannot.
fn is_skipped(test: &str) -> bool {
    let missing = UsbBus::is_here().err();
    missing.iter().for_each(|why| eprintln!("{test}: skipped: {why}"));
    missing.is_some()
}

fn open(folder: &Path) -> (UsbBus, PrivatePcscd) {
    let bus = UsbBus::build(folder).unwrap();
    let pcscd = PrivatePcscd::start_on(&bus, folder).unwrap();
    (bus, pcscd)
}

/// The reader at this port, once the service has found it.
fn reader_at(pcscd: &PrivatePcscd, port: u8, name: &str) -> (VirtualReader, CardReader) {
    let hand = pcscd.reader_at(port).unwrap();
    let deadline = Instant::now() + SOON;
    loop {
        match CardReader::open(Some(name)) {
            Ok(reader) => return (hand, reader),
            Err(error) if Instant::now() > deadline => panic!("no reader at port {port}: {error}"),
            Err(_) => std::thread::sleep(SETTLED / 30),
        }
    }
}

#[test]
fn a_reader_at_usb_is_told_each_time_once_it_is_plugged_in_or_out_and_the_card_on_it_is_read() {
    if is_skipped("plugged in and out") {
        return;
    }
    isolated(|folder| {
        let (mut bus, pcscd) = open(folder);
        assert!(matches!(CardReader::open(None), Err(ReaderError::NoReader)));
        bus.plug(1).unwrap();
        let (mut hand, mut reader) = reader_at(&pcscd, 1, FIRST);
        hand.insert(persona("fcf")).unwrap();
        let first = inserted(&mut reader);
        let told = told(reader);
        let (mut out, mut back, mut read) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let report = plugged();
            bus.unplug(1).unwrap();
            let (when, event) = told.recv_timeout(SOON).unwrap();
            let Err(ReaderError::ReaderGone { name }) = event else { panic!("{round}: {event:?}") };
            assert_eq!(name, FIRST);
            out.push(when.saturating_duration_since(report.recv_timeout(SOON).unwrap()));
            let report = plugged();
            bus.plug(1).unwrap();
            let (when, event) = told.recv_timeout(SOON).unwrap();
            let Ok(CardEvent::Connected { reader }) = event else { panic!("{round}: {event:?}") };
            assert_eq!(reader, FIRST);
            let announced = report.recv_timeout(SOON).unwrap();
            back.push(when.saturating_duration_since(announced));
            // It lay there all the time.
            let (when, event) = told.recv_timeout(SOON).unwrap();
            let Ok(CardEvent::Inserted(reading)) = event else { panic!("{round}: {event:?}") };
            assert_eq!(reading, first);
            read.push(when.saturating_duration_since(announced));
        }
        assert!(told.recv_timeout(SETTLED).is_err(), "something was told twice");
        in_time("a reader is pulled out of USB", out);
        in_time("a reader is plugged into USB", back);
        in_time("the card on a reader plugged into USB is read", read);
    });
}

#[test]
fn a_reader_pulled_out_of_usb_disturbs_nobody_at_another() {
    if is_skipped("two readers") {
        return;
    }
    isolated(|folder| {
        let (mut bus, pcscd) = open(folder);
        bus.plug(1).unwrap();
        let (mut hand, mut first) = reader_at(&pcscd, 1, FIRST);
        bus.plug(2).unwrap();
        let (mut other_hand, mut second) = reader_at(&pcscd, 2, SECOND);
        other_hand.insert(persona("ntag213")).unwrap();
        inserted(&mut second);
        for _ in 0..3 {
            bus.unplug(1).unwrap();
            let next = first.wait(SOON);
            assert!(matches!(next, Err(ReaderError::ReaderGone { .. })), "{next:?}");
            quiet(&mut second);
            bus.plug(1).unwrap();
            let next = first.wait(SOON);
            assert!(matches!(next, Ok(Some(CardEvent::Connected { .. }))), "{next:?}");
            quiet(&mut second);
        }
        hand.insert(persona("fcf")).unwrap();
        assert_eq!(inserted(&mut first).reader, FIRST);
        quiet(&mut second);
        other_hand.remove().unwrap();
        removed(&mut second);
    });
}

#[test]
fn readers_that_come_and_go_at_usb_all_the_time_disturb_nobody_at_another() {
    if is_skipped("readers that come and go") {
        return;
    }
    isolated(|folder| {
        let (mut bus, pcscd) = open(folder);
        bus.plug(1).unwrap();
        let (mut hand, mut reader) = reader_at(&pcscd, 1, FIRST);
        hand.insert(persona("fcf")).unwrap();
        inserted(&mut reader);
        let told = told(reader);
        for _ in 0..60 {
            for port in [2, 3, 4] {
                bus.plug(port).unwrap();
            }
            for port in [2, 3, 4] {
                bus.unplug(port).unwrap();
            }
            // More of them at once than this the system itself does not pass on.
            std::thread::sleep(SETTLED / 10);
        }
        let said = told.try_recv();
        assert!(said.is_err(), "{said:?}");
        hand.remove().unwrap();
        let (_, event) = told.recv_timeout(SOON).unwrap();
        assert!(matches!(event, Ok(CardEvent::Removed)), "{event:?}");
    });
}

#[test]
fn a_reader_pulled_out_of_usb_in_mid_command_is_said_to_be_gone_once_and_works_again_when_it_is_back() {
    if is_skipped("in mid-command") {
        return;
    }
    isolated(|folder| {
        let (mut bus, pcscd) = open(folder);
        bus.plug(1).unwrap();
        let (mut hand, mut reader) = reader_at(&pcscd, 1, FIRST);
        for _ in 0..3 {
            hand.insert(persona("mute_apdu")).unwrap();
            quiet(&mut reader);
            // The driver and the system tell of it, each in its way.
            hand.unplug().unwrap();
            bus.unplug(1).unwrap();
            let next = reader.wait(SOON);
            assert!(matches!(next, Err(ReaderError::ReaderGone { .. })), "{next:?}");
            // pcscd takes a second to let go of it, and does not take the one that comes before that.
            let gone = reader.wait(SOON / 3).unwrap_err();
            assert_eq!(gone.code(), "no_reader");
            hand.plug().unwrap();
            bus.plug(1).unwrap();
            let next = reader.wait(SOON);
            assert!(matches!(next, Ok(Some(CardEvent::Connected { .. }))), "{next:?}");
            hand.insert(persona("fcf")).unwrap();
            let next = reader.wait(SOON);
            // The card that hung may be torn away only now.
            let next = if next.is_err() { reader.wait(SOON) } else { next };
            let Ok(Some(CardEvent::Inserted(reading))) = next else { panic!("not read, but {next:?}") };
            assert!(reading.result.is_ok());
            hand.remove().unwrap();
            removed(&mut reader);
        }
    });
}
