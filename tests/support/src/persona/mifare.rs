//! MIFARE Classic: sectors of blocks behind keys, on a reader that keeps a key for them.

use super::{Persona, Reaction, site, storage};

/// A MIFARE Classic 1K card with the site's number in it.
pub(super) struct Classic {
    uid: Vec<u8>,
    /// Of sector 1, A and B; of the others the one from the factory.
    key: [u8; 6],
    block: [u8; 16],
    loaded: Option<[u8; 6]>,
    open: Option<u8>,
}

const FACTORY_KEY: [u8; 6] = [0xFF; 6];
const DONE: [u8; 2] = [0x90, 0x00];
const FAILED: [u8; 2] = [0x63, 0x00];

impl Classic {
    /// With this UID, and the number in the site's block.
    #[expect(clippy::new_ret_no_self, reason = "every persona is handled as one")]
    pub(super) fn new(uid: Vec<u8>, number: &[u8]) -> Box<dyn Persona> {
        let mut block = [b' '; 16];
        block.iter_mut().zip(number).for_each(|(at, byte)| *at = *byte);
        Box::new(Classic { uid, key: site::CLASSIC_KEY, block, loaded: None, open: None })
    }

    /// With the keys from the factory and nothing in it: nobody's.
    pub(super) fn fresh(uid: Vec<u8>) -> Box<dyn Persona> {
        Box::new(Classic { uid, key: FACTORY_KEY, block: [0; 16], loaded: None, open: None })
    }
}

impl Persona for Classic {
    fn atr(&self) -> Vec<u8> {
        storage(0x03, 0x0001)
    }

    fn uid(&self) -> Option<Vec<u8>> {
        Some(self.uid.clone())
    }

    fn power_up(&mut self) {
        (self.loaded, self.open) = (None, None);
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        let answer = match *apdu {
            [0xFF, 0xCA, 0x00, 0x00, 0] => [&self.uid[..], &DONE].concat(),
            [0xFF, 0xCA, 0x00, 0x00, le] if usize::from(le) < self.uid.len() => {
                vec![0x6C, self.uid.len() as u8]
            }
            [0xFF, 0xCA, ..] => vec![0x6A, 0x81],
            // Into slot 0 of the reader's volatile memory.
            [0xFF, 0x82, 0x00, 0x00, 0x06, a, b, c, d, e, f] => {
                self.loaded = Some([a, b, c, d, e, f]);
                DONE.to_vec()
            }
            [0xFF, 0x86, 0x00, 0x00, 0x05, 0x01, 0x00, block, 0x60 | 0x61, 0x00] => {
                let key = if block / 4 == site::CLASSIC_BLOCK / 4 { self.key } else { FACTORY_KEY };
                self.open = (self.loaded == Some(key)).then_some(block / 4);
                if self.open.is_some() { DONE.to_vec() } else { FAILED.to_vec() }
            }
            [0xFF, 0xB0, 0x00, block, 0x10] if self.open == Some(block / 4) => {
                let held = if block == site::CLASSIC_BLOCK { self.block } else { [0; 16] };
                [&held[..], &DONE].concat()
            }
            [0xFF, 0xB0, ..] => FAILED.to_vec(),
            _ => vec![0x6D, 0x00],
        };
        Reaction::Answer(answer)
    }
}
