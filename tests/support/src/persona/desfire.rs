//! MIFARE DESFire EV1 and its AES authentication.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use super::card::random;
use super::{Persona, Reaction, iso_14443_4, site};

/// A DESFire card with one application that has AES keys.
pub struct Desfire {
    uid: [u8; 7],
    /// Shown in place of the UID, drawn anew at every power-up.
    shown: Option<[u8; 4]>,
    key: [u8; 16],
    selected: [u8; 3],
    step: Step,
}

/// How far an authentication got, or GetVersion.
enum Step {
    Idle,
    Version(u8),
    /// RndB, and its ciphertext.
    Challenged([u8; 16], [u8; 16]),
    /// The session key.
    Open([u8; 16]),
}

const DONE: [u8; 2] = [0x91, 0x00];
const MORE: [u8; 2] = [0x91, 0xAF];
const AUTHENTICATION_ERROR: [u8; 2] = [0x91, 0xAE];

impl Desfire {
    /// A card that tells its UID to anybody.
    #[expect(clippy::new_ret_no_self, reason = "every persona is handled as one")]
    pub fn new(uid: Vec<u8>, key: [u8; 16]) -> Box<dyn Persona> {
        let mut card = Desfire { uid: [0; 7], shown: None, key, selected: [0; 3], step: Step::Idle };
        card.uid.iter_mut().zip(uid).for_each(|(at, byte)| *at = byte);
        Box::new(card)
    }

    /// A card that shows a random UID, and its own to whoever has proved to know the key.
    pub fn private(uid: [u8; 7], key: [u8; 16]) -> Box<dyn Persona> {
        let shown = Some([0x08, 0, 0, 0]);
        let mut card = Desfire { uid, shown, key, selected: [0; 3], step: Step::Idle };
        card.power_up();
        Box::new(card)
    }

    fn challenge(&mut self, number: u8) -> Vec<u8> {
        if self.selected != site::DESFIRE_APPLICATION || number != site::DESFIRE_KEY_NUMBER {
            // No such key.
            return vec![0x91, 0x40];
        }
        let mut rnd_b = [0; 16];
        rnd_b.as_chunks_mut::<4>().0.iter_mut().for_each(|four| *four = random());
        let shown = encrypt(&self.key, [0; 16], &rnd_b);
        self.step = Step::Challenged(rnd_b, last(&shown));
        [&shown[..], &MORE].concat()
    }

    fn authenticate(&mut self, token: &[u8], rnd_b: [u8; 16], iv: [u8; 16]) -> Vec<u8> {
        let clear = decrypt(&self.key, iv, token);
        let (mut rnd_a, turned) = (last(&clear[..16]), last(&clear));
        let mut expected = rnd_b;
        expected.rotate_left(1);
        if turned != expected {
            return AUTHENTICATION_ERROR.to_vec();
        }
        let mut session = [0; 16];
        session[..4].copy_from_slice(&rnd_a[..4]);
        session[4..8].copy_from_slice(&rnd_b[..4]);
        session[8..12].copy_from_slice(&rnd_a[12..]);
        session[12..].copy_from_slice(&rnd_b[12..]);
        self.step = Step::Open(session);
        rnd_a.rotate_left(1);
        [&encrypt(&self.key, last(token), &rnd_a)[..], &DONE].concat()
    }

    /// The UID with its checksum, under the session key.
    fn tell_uid(&self, session: &[u8; 16]) -> Vec<u8> {
        let mut clear = [0; 16];
        clear[..7].copy_from_slice(&self.uid);
        clear[7..11].copy_from_slice(&crc32(&[&self.uid[..], &[0]].concat()).to_le_bytes());
        // The CMAC of the command is where its answer's chain begins.
        let mut padded = [0; 16];
        (padded[0], padded[1]) = (0x51, 0x80);
        let twice = |value: u128| value << 1 ^ if value >> 127 == 1 { 0x87 } else { 0 };
        let subkey = twice(twice(u128::from_be_bytes(last(&encrypt(session, [0; 16], &[0; 16])))));
        let masked = (u128::from_be_bytes(padded) ^ subkey).to_be_bytes();
        let iv = last(&encrypt(session, [0; 16], &masked));
        [&encrypt(session, iv, &clear)[..], &DONE].concat()
    }
}

impl Persona for Desfire {
    fn atr(&self) -> Vec<u8> {
        iso_14443_4(&[0x80])
    }

    fn uid(&self) -> Option<Vec<u8>> {
        Some(self.shown.map_or(self.uid.to_vec(), |shown| shown.to_vec()))
    }

    fn power_up(&mut self) {
        if let Some(shown) = &mut self.shown {
            *shown = random();
            shown[0] = 0x08;
        }
        (self.selected, self.step) = ([0; 3], Step::Idle);
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        let step = std::mem::replace(&mut self.step, Step::Idle);
        let answer = match (apdu, step) {
            ([0xFF, 0xCA, 0x00, 0x00, _], step) => {
                self.step = step;
                [self.uid().unwrap_or_default().as_slice(), &[0x90, 0x00]].concat()
            }
            ([0xFF, 0xCA, ..], _) => vec![0x6A, 0x81],
            ([0x90, 0x60, 0, 0, 0], _) => {
                self.step = Step::Version(1);
                vec![0x04, 0x01, 0x01, 0x01, 0x00, 0x18, 0x05, 0x91, 0xAF]
            }
            ([0x90, 0xAF, 0, 0, 0], Step::Version(1)) => {
                self.step = Step::Version(2);
                vec![0x04, 0x01, 0x01, 0x01, 0x04, 0x18, 0x05, 0x91, 0xAF]
            }
            ([0x90, 0xAF, 0, 0, 0], Step::Version(_)) => {
                let uid = if self.shown.is_some() { [0; 7] } else { self.uid };
                [&uid[..], &[0xBA, 0x44, 0x4C, 0x20, 0x50, 0x24, 0x18], &DONE].concat()
            }
            ([0x90, 0x5A, 0, 0, 3, application @ .., 0], _) => {
                if application == site::DESFIRE_APPLICATION || application == [0; 3] {
                    self.selected.copy_from_slice(application);
                    DONE.to_vec()
                } else {
                    // No such application.
                    vec![0x91, 0xA0]
                }
            }
            ([0x90, 0xAA, 0, 0, 1, number, 0], _) => self.challenge(*number),
            ([0x90, 0xAF, 0, 0, 32, token @ .., 0], Step::Challenged(rnd_b, iv)) if token.len() == 32 => {
                self.authenticate(token, rnd_b, iv)
            }
            ([0x90, 0x51, 0, 0, 0], Step::Open(session)) => self.tell_uid(&session),
            ([0x90, 0x51, ..], _) => AUTHENTICATION_ERROR.to_vec(),
            ([0x90, ..], _) => vec![0x91, 0x1C],
            _ => vec![0x6E, 0x00],
        };
        Reaction::Answer(answer)
    }
}

/// The key of a card, from the site's, its UID and the application (NXP AN10922), for a card of the site.
pub(super) fn diversified(master: &[u8; 16], uid: &[u8; 7]) -> [u8; 16] {
    let mut input = [0; 32];
    input[0] = 0x01;
    input[1..8].copy_from_slice(uid);
    input[8..11].copy_from_slice(&site::DESFIRE_APPLICATION);
    input[11] = 0x80;
    let twice = |value: u128| value << 1 ^ if value >> 127 == 1 { 0x87 } else { 0 };
    let subkey = twice(twice(u128::from_be_bytes(last(&encrypt(master, [0; 16], &[0; 16])))));
    let masked = (u128::from_be_bytes(last(&input)) ^ subkey).to_be_bytes();
    input[16..].copy_from_slice(&masked);
    last(&encrypt(master, [0; 16], &input))
}

fn last(bytes: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    block.copy_from_slice(&bytes[bytes.len() - 16..]);
    block
}

fn encrypt(key: &[u8; 16], mut iv: [u8; 16], clear: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(&(*key).into());
    let mut out = Vec::new();
    for block in clear.as_chunks::<16>().0 {
        iv.iter_mut().zip(block).for_each(|(state, byte)| *state ^= byte);
        cipher.encrypt_block((&mut iv).into());
        out.extend(iv);
    }
    out
}

fn decrypt(key: &[u8; 16], mut iv: [u8; 16], hidden: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(&(*key).into());
    let mut out = Vec::new();
    for block in hidden.as_chunks::<16>().0 {
        let mut clear = *block;
        cipher.decrypt_block((&mut clear).into());
        clear.iter_mut().zip(iv).for_each(|(byte, before)| *byte ^= before);
        iv = *block;
        out.extend(clear);
    }
    out
}

/// Of ISO 3309, not turned at the end.
fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uid_is_told_under_the_session_key_as_in_the_computed_vector() {
        let session = [0, 1, 2, 3, 0xF0, 0xF1, 0xF2, 0xF3, 0x0C, 0x0D, 0x0E, 0x0F, 0xFC, 0xFD, 0xFE, 0xFF];
        let uid = [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80];
        let card = Desfire { uid, shown: None, key: [0; 16], selected: [0; 3], step: Step::Idle };
        let told =
            [0xBC, 0x80, 0xA4, 0xED, 0x57, 0x47, 0x48, 0x48, 0x2A, 0x9A, 0x29, 0xDF, 0xA1, 0x5D, 0xE1, 0x54];
        assert_eq!(card.tell_uid(&session), [&told[..], &DONE].concat());
    }
}
