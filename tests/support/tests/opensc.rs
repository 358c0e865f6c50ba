//! The My Number card of the tests, as OpenSC's own driver for such cards takes it: that it is like a real one was agreed
//! upon by more than the two sides that are ours.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mabataki_test_support::persona::{self, PIN, Reaction};
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated};
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::{Pkcs1v15Sign, RsaPublicKey};

/// SHA-256 of nothing: what is signed.
const DIGEST: [u8; 32] = [
    0xE3, 0xB0, 0xC4, 0x42, 0x98, 0xFC, 0x1C, 0x14, 0x9A, 0xFB, 0xF4, 0xC8, 0x99, 0x6F, 0xB9, 0x24, 0x27,
    0xAE, 0x41, 0xE4, 0x64, 0x9B, 0x93, 0x4C, 0xA4, 0x95, 0x99, 0x1B, 0x78, 0x52, 0xB8, 0x55,
];
/// What stands before it in a signature (RFC 8017, 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// A card on the reader of a private pcscd, and OpenSC before it.
struct Desk {
    folder: PathBuf,
    _hand: VirtualReader,
    /// Last: what the other speaks to.
    _pcscd: PrivatePcscd,
}

impl Desk {
    fn with(folder: &Path, card: &str) -> Desk {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        hand.insert(persona::by_name(card).unwrap()).unwrap();
        Desk { folder: folder.to_owned(), _hand: hand, _pcscd: pcscd }
    }

    /// Runs one of OpenSC's programs, with no other driver than the one for My Number cards.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut opensc = Command::new(program);
        opensc.current_dir(&self.folder).env("OPENSC_DRIVER", "jpki").args(arguments).output().unwrap()
    }

    fn read(&self, arguments: &[&str]) -> String {
        let output = self.run("pkcs15-tool", arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn takes(&self, pin: &str) -> bool {
        self.run("pkcs15-tool", &["--verify-pin", "--auth-id", "01", "--pin", pin]).status.success()
    }
}

/// Runs `body` where OpenSC is installed; says so where it is not.
fn with_opensc(folder: &Path, card: &str, body: impl FnOnce(&Desk)) {
    if Command::new("pkcs15-tool").arg("--version").output().is_err() {
        eprintln!("skipped: no `pkcs15-tool` (Debian, Ubuntu: apt-get install opensc)");
        return;
    }
    body(&Desk::with(folder, card));
}

/// The certificate for authentication, as the card gives it.
fn certificate() -> Vec<u8> {
    let mut card = persona::by_name("my_number").unwrap();
    let mut ask = |apdu: &[u8]| match card.apdu(apdu) {
        Reaction::Answer(answer) => answer[..answer.len() - 2].to_vec(),
        other => panic!("no answer: {other:?}"),
    };
    ask(&[0, 0xA4, 4, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1]);
    ask(&[0, 0xA4, 2, 0x0C, 2, 0, 0x0A]);
    let mut certificate = Vec::new();
    loop {
        let [high, low] = u16::try_from(certificate.len()).unwrap().to_be_bytes();
        let more = ask(&[0, 0xB0, high, low, 0]);
        if more.is_empty() {
            return certificate;
        }
        certificate.extend(more);
    }
}

/// The key in a certificate: the one sequence that begins with a number of 2048 bits.
fn key_of(certificate: &[u8]) -> RsaPublicKey {
    let head = [0x30, 0x82, 0x01, 0x0A, 0x02, 0x82, 0x01, 0x01];
    let start = certificate.windows(head.len()).position(|window| window == head).unwrap();
    RsaPublicKey::from_pkcs1_der(&certificate[start..start + 4 + 0x010A]).unwrap()
}

#[test]
fn opensc_reads_the_certificate_of_our_my_number_card() {
    isolated(|folder| {
        with_opensc(folder, "my_number", |desk| {
            desk.read(&["--read-certificate", "01", "--output", "certificate.pem"]);
            let pem = fs::read(folder.join("certificate.pem")).unwrap();
            let (_, der) = rsa::pkcs8::der::pem::decode_vec(&pem).unwrap();
            assert_eq!(der, certificate());
        });
    });
}

#[test]
fn opensc_counts_the_tries_of_our_my_number_card_and_gives_it_the_right_pin() {
    isolated(|folder| {
        with_opensc(folder, "my_number", |desk| {
            assert!(!desk.takes("9999"));
            let told = desk.read(&["--list-pins"]);
            let left = told.lines().find(|line| line.trim().starts_with("Tries left"));
            assert!(left.is_some_and(|line| line.ends_with(": 2")), "{told}");
            assert!(desk.takes(PIN));
        });
    });
}

#[test]
fn opensc_finds_our_my_number_card_blocked_after_three_wrong_pins() {
    isolated(|folder| {
        with_opensc(folder, "my_number", |desk| {
            for _ in 0..3 {
                assert!(!desk.takes("9999"));
            }
            assert!(!desk.takes(PIN));
        });
    });
}

#[test]
fn opensc_has_our_my_number_card_sign_and_the_key_of_its_certificate_has_signed() {
    isolated(|folder| {
        with_opensc(folder, "my_number", |desk| {
            fs::write(folder.join("digest"), DIGEST).unwrap();
            let how = "--sign --key 01 --sha-256 --pkcs1 --raw --input digest --output signature --pin";
            let arguments: Vec<&str> = how.split(' ').chain([PIN]).collect();
            let signed = desk.run("pkcs15-crypt", &arguments);
            assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
            let signature = fs::read(folder.join("signature")).unwrap();
            let info = [&DIGEST_INFO[..], &DIGEST].concat();
            key_of(&certificate()).verify(Pkcs1v15Sign::new_unprefixed(), &info, &signature).unwrap();
        });
    });
}
