//! Cards with certificates: My Number and HPKI. Their key is made here, once for all tests of a process.

use std::sync::OnceLock;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};

use super::card::random;
use super::{MY_NUMBER, Persona, Reaction, iso_14443_4};

/// The PIN of all of these cards.
pub const PIN: &str = "1234";
/// How many wrong PINs block one.
const TRIES: u8 = 3;
/// And how many that of the certificate for signing has (署名用電子証明書の暗証番号).
const SIGNING_TRIES: u8 = 5;

const DONE: [u8; 2] = [0x90, 0x00];
const NOT_FOUND: [u8; 2] = [0x6A, 0x82];
const NOT_PERMITTED: [u8; 2] = [0x69, 0x82];
const BLOCKED: [u8; 2] = [0x69, 0x84];
const NOT_SUPPORTED: [u8; 2] = [0x6D, 0x00];

/// What a card with certificates does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trick {
    /// Nothing.
    None,
    /// It signs with another key than that of its certificate.
    OtherKey,
    /// It shows another certificate from the second time on.
    OtherCertificate,
    /// Its certificate says that it is longer than it is.
    Cut,
    /// Its certificate says that it is far longer than any.
    Huge,
    /// What it gives as a certificate is noise.
    Noise,
    /// It gives one byte at a time.
    Drips,
}

/// Where a family keeps what it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    application: &'static [u8],
    certificate: u16,
    pin: u16,
    reference: u8,
    key: u16,
    /// The file of another PIN, which only says how many tries are left.
    signing_pin: Option<u16>,
    /// Files that can be selected besides.
    others: &'static [u16],
}

/// The application of a My Number card for public key infrastructure.
pub(super) const JPKI: Layout = Layout {
    application: &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
    certificate: 0x000A,
    pin: 0x0018,
    reference: 0x80,
    key: 0x0017,
    signing_pin: Some(0x001B),
    others: &[0x0001, 0x0002, 0x0006, 0x000B, 0x001A, 0x001B],
};

/// The authentication application of an HPKI card.
pub(super) const HPKI: Layout = Layout {
    application: &[
        0xE8, 0x28, 0xBD, 0x08, 0x0F, 0xA0, 0x00, 0x00, 0x03, 0x91, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
    ],
    certificate: 0x0016,
    pin: 0x0002,
    reference: 0x88,
    key: 0x000C,
    signing_pin: None,
    others: &[],
};

/// A key and its certificate.
struct Owner {
    key: RsaPrivateKey,
    certificate: Vec<u8>,
}

impl Owner {
    /// Makes one; none where this system has no random bytes.
    fn make() -> Option<Owner> {
        let key = RsaPrivateKey::new(&mut OsRng, 2048).ok()?;
        let der = key.to_pkcs8_der().ok()?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().into(), &PKCS_RSA_SHA256).ok()?;
        let certificate = CertificateParams::new(Vec::new()).ok()?.self_signed(&pair).ok()?;
        Some(Owner { key, certificate: certificate.der().to_vec() })
    }
}

/// Whose card it is, and somebody else.
fn owners() -> Option<&'static [Owner; 2]> {
    static OWNERS: OnceLock<Option<[Owner; 2]>> = OnceLock::new();
    OWNERS.get_or_init(|| Some([Owner::make()?, Owner::make()?])).as_ref()
}

/// A card with certificates.
pub(super) struct Certified {
    layout: Layout,
    trick: Trick,
    pupi: [u8; 4],
    tries: u8,
    selected: Option<u16>,
    application: bool,
    open: bool,
    certificates_read: u32,
    /// Every PIN that was tried, in order.
    tried: usize,
}

impl Certified {
    pub(super) fn boxed(layout: Layout, trick: Trick) -> Box<dyn Persona> {
        Box::new(Certified::new(layout, trick, TRIES))
    }

    /// One that has so many tries left.
    pub(super) fn with_tries(layout: Layout, tries: u8) -> Box<dyn Persona> {
        Box::new(Certified::new(layout, Trick::None, tries))
    }

    fn new(layout: Layout, trick: Trick, tries: u8) -> Certified {
        Certified {
            layout,
            trick,
            pupi: random(),
            tries,
            selected: None,
            application: false,
            open: false,
            certificates_read: 0,
            tried: 0,
        }
    }

    fn certificate(&self) -> Vec<u8> {
        let Some([own, other]) = owners() else { return Vec::new() };
        match self.trick {
            Trick::OtherCertificate if self.certificates_read > 1 => other.certificate.clone(),
            Trick::Cut => own.certificate[..own.certificate.len() / 2].to_vec(),
            Trick::Huge => [&[0x30, 0x82, 0xFF, 0xFF], &own.certificate[4..]].concat(),
            Trick::Noise => [&own.certificate[..4], &vec![0xA5; own.certificate.len() - 4]].concat(),
            _ => own.certificate.clone(),
        }
    }

    fn select_file(&mut self, file: u16) -> [u8; 2] {
        let Layout { certificate, pin, key, others, .. } = self.layout;
        if !self.application || !([certificate, pin, key].contains(&file) || others.contains(&file)) {
            return NOT_FOUND;
        }
        self.certificates_read += u32::from(file == certificate);
        self.selected = Some(file);
        DONE
    }

    fn read(&self, offset: usize, le: usize) -> Vec<u8> {
        if self.selected != Some(self.layout.certificate) {
            return NOT_PERMITTED.to_vec();
        }
        let content = self.certificate();
        let Some(rest) = content.get(offset..).filter(|rest| !rest.is_empty()) else {
            return vec![0x6B, 0x00];
        };
        let given = if self.trick == Trick::Drips { 1 } else { rest.len().min(le) };
        let status = if given == le { DONE } else { [0x62, 0x82] };
        [&rest[..given], &status].concat()
    }

    fn verify(&mut self, pin: &[u8]) -> [u8; 2] {
        if pin.is_empty() && self.selected.is_some() && self.selected == self.layout.signing_pin {
            return [0x63, 0xC0 | SIGNING_TRIES];
        }
        if self.selected != Some(self.layout.pin) {
            return [0x6A, 0x88];
        }
        match (pin.is_empty(), self.tries) {
            (true, _) if self.open => DONE,
            (_, 0) => BLOCKED,
            (true, left) => [0x63, 0xC0 | left],
            (false, _) => {
                self.tried += 1;
                self.open = pin == PIN.as_bytes();
                self.tries = if self.open { TRIES } else { self.tries - 1 };
                if self.open { DONE } else { [0x63, 0xC0 | self.tries] }
            }
        }
    }

    fn sign(&self, info: &[u8]) -> Vec<u8> {
        if self.selected != Some(self.layout.key) || !self.open {
            return NOT_PERMITTED.to_vec();
        }
        let owner = owners().map(|[own, other]| if self.trick == Trick::OtherKey { other } else { own });
        let signature = owner.and_then(|owner| owner.key.sign(Pkcs1v15Sign::new_unprefixed(), info).ok());
        signature.map_or(vec![0x6A, 0x80], |signature| [&signature[..], &DONE].concat())
    }
}

impl Persona for Certified {
    fn atr(&self) -> Vec<u8> {
        if self.layout.application == JPKI.application {
            MY_NUMBER.to_vec()
        } else {
            iso_14443_4(&[0x00, 0x00, 0x00, 0x00, 0x00, 0x81, 0x81, 0x00])
        }
    }

    fn uid(&self) -> Option<Vec<u8>> {
        Some(self.pupi.to_vec())
    }

    fn power_up(&mut self) {
        self.pupi = random();
        (self.selected, self.application, self.open) = (None, false, false);
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        Reaction::Answer(match *apdu {
            [0xFF, 0xCA, 0x00, 0x00, _] => [&self.pupi[..], &DONE].concat(),
            [0x00, 0xA4, 0x04, 0x0C, length, ref name @ ..] if usize::from(length) == name.len() => {
                self.application = *name == *self.layout.application;
                self.selected = None;
                if self.application { DONE.to_vec() } else { NOT_FOUND.to_vec() }
            }
            [0x00, 0xA4, 0x02, 0x0C, 2, high, low] => {
                self.select_file(u16::from_be_bytes([high, low])).to_vec()
            }
            [0x00, 0xB0, high, low, le] => {
                let le = if le == 0 { 256 } else { usize::from(le) };
                self.read(usize::from(u16::from_be_bytes([high, low])), le)
            }
            [0x00, 0x20, 0x00, reference] if reference == self.layout.reference => self.verify(&[]).to_vec(),
            [0x00, 0x20, 0x00, reference, length, ref pin @ ..]
                if reference == self.layout.reference && usize::from(length) == pin.len() =>
            {
                self.verify(pin).to_vec()
            }
            [0x80, 0x2A, 0x00, 0x80, length, ref rest @ ..] if usize::from(length) <= rest.len() => {
                self.sign(&rest[..usize::from(length)])
            }
            _ => NOT_SUPPORTED.to_vec(),
        })
    }
}
