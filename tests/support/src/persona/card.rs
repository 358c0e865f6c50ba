//! Sound cards: they give an identifier, or say properly that they have none.

use std::fs::File;
use std::io::Read;

use super::{Persona, Reaction};

/// How the reader answers "get data" (`FF CA 00 00 Le`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As PC/SC part 3 asks: any Le of 00 gives the whole identifier.
    Plain,
    /// Takes only the exact Le, and names it: `6C xx`.
    ExactLength,
    /// Takes Le 00 for 256 and warns that the data ended before: `62 82`.
    EndOfData,
    /// Gives twelve bytes: the IDm and the first four of the PMm.
    IdmAndMore,
}

/// The parameters FeliCa cards give after their IDm (the first four bytes).
const PMM_HEAD: [u8; 4] = [0x10, 0x0B, 0x4B, 0x42];

/// The length of a drawn identifier, in bytes: a random UID (ISO 14443-3 type A) or a PUPI (type B).
const DRAWN_LENGTH: usize = 4;

/// A card that is read without trouble.
#[derive(Debug)]
pub struct Card {
    atr: Vec<u8>,
    id: Vec<u8>,
    /// The identifier is drawn anew at power-up, after these bytes.
    drawn_after: Option<&'static [u8]>,
    manner: Manner,
}

impl Card {
    /// A card with a fixed identifier, on a reader of this manner.
    #[expect(clippy::new_ret_no_self, reason = "every persona is handled as one")]
    pub fn new(atr: Vec<u8>, id: Vec<u8>, manner: Manner) -> Box<dyn Persona> {
        Box::new(Card { atr, id, drawn_after: None, manner })
    }

    /// A card with a fixed identifier.
    pub fn with_id(atr: Vec<u8>, id: Vec<u8>) -> Box<dyn Persona> {
        Card::new(atr, id, Manner::Plain)
    }

    /// A card the reader knows no identifier of.
    pub fn without_id(atr: Vec<u8>) -> Box<dyn Persona> {
        Card::new(atr, Vec::new(), Manner::Plain)
    }

    /// A card that draws its identifier at every power-up: `prefix`, then random bytes.
    pub fn drawing(atr: Vec<u8>, prefix: &'static [u8]) -> Box<dyn Persona> {
        let mut card = Card { atr, id: Vec::new(), drawn_after: Some(prefix), manner: Manner::Plain };
        card.power_up();
        Box::new(card)
    }
}

impl Persona for Card {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn uid(&self) -> Option<Vec<u8>> {
        (!self.id.is_empty()).then(|| self.id.clone())
    }

    fn power_up(&mut self) {
        if let Some(prefix) = self.drawn_after {
            self.id = prefix.to_vec();
            self.id.extend(random().into_iter().take(DRAWN_LENGTH - prefix.len()));
        }
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        match *apdu {
            [0xFF, 0xCA, 0x00, 0x00, le] if !self.id.is_empty() => {
                Reaction::Answer(self.give(usize::from(le)))
            }
            // Function not supported.
            [0xFF, 0xCA, ..] => Reaction::Answer(vec![0x6A, 0x81]),
            // Instruction not supported.
            _ => Reaction::Answer(vec![0x6D, 0x00]),
        }
    }
}

impl Card {
    fn give(&self, le: usize) -> Vec<u8> {
        let mut data = self.id.clone();
        if self.manner == Manner::IdmAndMore {
            data.extend(PMM_HEAD);
        }
        let exact = le == data.len();
        let too_little = (le != 0 && le < data.len()) || (le == 0 && self.manner == Manner::ExactLength);
        let too_much = le > data.len() || (le == 0 && self.manner == Manner::EndOfData);
        match () {
            () if too_little && !exact => vec![0x6C, data.len() as u8],
            () if too_much => [&data[..], &[0x62, 0x82]].concat(),
            () => [&data[..], &[0x90, 0x00]].concat(),
        }
    }
}

/// Random bytes; the very same ones, still not a fixed identifier, where the system has none to give.
pub(super) fn random() -> [u8; DRAWN_LENGTH] {
    let mut bytes = [0x5A; DRAWN_LENGTH];
    if let Ok(mut source) = File::open("/dev/urandom") {
        let _ = source.read_exact(&mut bytes);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::by_name;
    use super::*;

    fn ask(name: &str, le: u8) -> Vec<u8> {
        match by_name(name).unwrap().apdu(&[0xFF, 0xCA, 0x00, 0x00, le]) {
            Reaction::Answer(bytes) => bytes,
            other => panic!("{name} did not answer: {other:?}"),
        }
    }

    #[test]
    fn readers_answer_each_in_its_manner() {
        assert_eq!(ask("mifare1k", 0), [0xDE, 0x6A, 0x1F, 0x93, 0x90, 0x00]);
        assert_eq!(ask("mifare1k", 3), [0x6C, 0x04]);
        assert_eq!(ask("exact_le", 0), [0x6C, 0x07]);
        assert_eq!(ask("exact_le", 7)[7..], [0x90, 0x00]);
        assert_eq!(ask("past_end", 0)[7..], [0x62, 0x82]);
        assert_eq!(ask("felica_12", 0).len(), 14);
        assert_eq!(ask("no_id", 0), [0x6A, 0x81]);
    }

    #[test]
    fn a_phone_has_another_identifier_at_every_power_up() {
        let mut phone = by_name("phone").unwrap();
        let first = phone.uid().unwrap();
        assert_eq!((first.len(), first[0]), (4, 0x08));
        // One in sixteen million draws repeats the one before; three in a row do not.
        assert!((0..3).any(|_| {
            phone.power_up();
            phone.uid().unwrap() != first
        }));
    }
}
