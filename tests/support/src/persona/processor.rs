//! Type B cards with a processor that are told apart by their applications alone.

use super::card::random;
use super::{Persona, Reaction, iso_14443_4};

/// Residence card (在留カード): the application with the picture.
pub(super) const RESIDENCE_APPLICATION: [u8; 16] =
    [0xD3, 0x92, 0xF0, 0x00, 0x4F, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// Driving licence (運転免許証): the application with what is printed on it.
pub(super) const LICENCE_APPLICATION: [u8; 16] =
    [0xA0, 0x00, 0x00, 0x02, 0x31, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A card with one application.
pub(super) struct Processor {
    application: [u8; 16],
    pupi: [u8; 4],
}

impl Processor {
    pub(super) fn boxed(application: [u8; 16]) -> Box<dyn Persona> {
        Box::new(Processor { application, pupi: random() })
    }
}

impl Persona for Processor {
    fn atr(&self) -> Vec<u8> {
        iso_14443_4(&[0x00, 0x00, 0x00, 0x00, 0x33, 0x81, 0x81, 0x00])
    }

    fn uid(&self) -> Option<Vec<u8>> {
        Some(self.pupi.to_vec())
    }

    fn power_up(&mut self) {
        self.pupi = random();
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        Reaction::Answer(match apdu {
            [0xFF, 0xCA, 0x00, 0x00, _] => [&self.pupi[..], &[0x90, 0x00]].concat(),
            [0x00, 0xA4, 0x04, 0x0C, 16, name @ ..] if *name == self.application => vec![0x90, 0x00],
            [0x00, 0xA4, ..] => vec![0x6A, 0x82],
            _ => vec![0x6D, 0x00],
        })
    }
}
