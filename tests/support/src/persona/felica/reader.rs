//! How readers carry FeliCa frames. Each maker has words of its own, and PC/SC part 3 has another.

use super::super::{Persona, Reaction, storage};
use super::Type3;

/// The words a reader understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// None: it gives the IDm and nothing else.
    Nothing,
    /// A transparent session (PC/SC part 3, supplement 2): `FF C2 00 00` and `FF C2 00 01`.
    Session,
    /// `FF FE 00 00`, the frame without its length byte.
    Sony,
    /// `FF FE 01 00`, the frame with its length byte.
    SonyCounted,
    /// `FF 00 00 00`, the frame with its length byte.
    Acs,
    /// `FF 00 00 00`, and in it a command of the PN532: `D4 42`.
    Pn532,
    /// As before, and `D4 40 01` alone is understood.
    Pn532Exchange,
    /// `FF 40`, `FF 46`, `FF 48`: a command for each of the card's.
    Identiv,
}

/// Cards on such a reader. It has found the first of them.
pub struct FelicaReader {
    carries: Carries,
    atr: Vec<u8>,
    cards: Vec<Box<dyn Type3>>,
    session: bool,
    /// The IDm that answered last, as it was.
    polled: [u8; 8],
}

const DONE: [u8; 2] = [0x90, 0x00];
const NOT_SUPPORTED: [u8; 2] = [0x6A, 0x81];
const UNKNOWN_INSTRUCTION: [u8; 2] = [0x6D, 0x00];
/// Nothing came back in time.
const FAILED: [u8; 2] = [0x63, 0x00];

impl FelicaReader {
    /// With these cards, at least one.
    #[expect(clippy::new_ret_no_self, reason = "every persona is handled as one")]
    pub fn new(carries: Carries, cards: Vec<Box<dyn Type3>>) -> Box<dyn Persona> {
        FelicaReader::with_atr(carries, storage(0x11, 0x003B), cards)
    }

    /// With an ATR of its own for them.
    pub fn with_atr(carries: Carries, atr: Vec<u8>, cards: Vec<Box<dyn Type3>>) -> Box<dyn Persona> {
        Box::new(FelicaReader { carries, atr, cards, session: false, polled: [0; 8] })
    }

    /// What the first card answers that answers a frame, without its length byte.
    fn frame(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let answer = self.cards.iter_mut().find_map(|card| card.frame(frame))?;
        if let (Some(0x01), Some(idm)) = (answer.first(), answer.get(1..9)) {
            self.polled.copy_from_slice(idm);
        }
        Some(answer)
    }

    /// The same with length bytes.
    fn counted(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let [length, frame @ ..] = frame else { return None };
        if usize::from(*length) != frame.len() + 1 {
            return None;
        }
        self.frame(frame).map(count)
    }

    fn session(&mut self, apdu: &[u8]) -> Vec<u8> {
        const GOOD: [u8; 5] = [0xC0, 0x03, 0x00, 0x90, 0x00];
        const SILENT: [u8; 5] = [0xC0, 0x03, 0x01, 0x64, 0x01];
        match *apdu {
            [_, _, 0x00, 0x00, 0x02, 0x81, 0x00, ..] => self.session = true,
            [_, _, 0x00, 0x00, 0x02, 0x82, 0x00, ..] => self.session = false,
            [_, _, 0x00, 0x01, length, ref objects @ ..] if self.session => {
                let objects = objects.get(..usize::from(length)).unwrap_or_default();
                let Some(frame) = transceived(objects) else { return FAILED.to_vec() };
                return match self.counted(frame) {
                    Some(answer) => {
                        let head = [0x92, 0x01, 0x00, 0x96, 0x02, 0x00, 0x00, 0x97, answer.len() as u8];
                        [&GOOD[..], &head, &answer, &DONE].concat()
                    }
                    None => [&SILENT[..], &DONE].concat(),
                };
            }
            _ => return FAILED.to_vec(),
        }
        [&GOOD[..], &DONE].concat()
    }

    fn pn532(&mut self, data: &[u8]) -> Vec<u8> {
        let (code, frame) = match (self.carries, data) {
            (Carries::Pn532, [0xD4, 0x42, frame @ ..]) => (0x43, frame),
            (_, [0xD4, 0x40, 0x01, frame @ ..]) => (0x41, frame),
            _ => return FAILED.to_vec(),
        };
        match self.counted(frame) {
            Some(answer) => [&[0xD5, code, 0x00][..], &answer, &DONE].concat(),
            None => [&[0xD5, code, 0x01][..], &DONE].concat(),
        }
    }

    fn identiv(&mut self, apdu: &[u8]) -> Vec<u8> {
        let (frame, skipped) = match *apdu {
            [_, 0x40, 0x00, 0x00, 0x04, high, low, request, slot, ..] => {
                (vec![0x00, high, low, request, slot], 1)
            }
            [_, 0x46, 0x01, blocks, length, ref data @ ..]
                if usize::from(length) == 2 + 2 * usize::from(blocks) =>
            {
                let Some(data) = data.get(..usize::from(length)) else { return FAILED.to_vec() };
                let head = [&[0x06][..], &self.polled, &[1], &data[..2], &[blocks], &data[2..]].concat();
                (head, 1)
            }
            [_, 0x48, 0x01, 0x01, length, ref data @ ..] if length == 4 + 16 => {
                let Some(data) = data.get(..usize::from(length)) else { return FAILED.to_vec() };
                ([&[0x08][..], &self.polled, &[1], &data[..2], &[1], &data[2..]].concat(), 1)
            }
            _ => return UNKNOWN_INSTRUCTION.to_vec(),
        };
        match self.frame(&frame) {
            Some(answer) => [&answer[skipped..], &DONE].concat(),
            None => FAILED.to_vec(),
        }
    }
}

impl Persona for FelicaReader {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn uid(&self) -> Option<Vec<u8>> {
        self.cards.first().map(|card| card.idm().to_vec())
    }

    fn power_up(&mut self) {
        self.session = false;
        self.polled = self.cards.first().map_or([0; 8], |card| card.idm());
        self.cards.iter_mut().for_each(|card| card.power_up());
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        let given = self.carries;
        let data = || match *apdu {
            [_, _, _, _, length, ref data @ ..] => {
                data.get(..usize::from(length)).unwrap_or_default().to_vec()
            }
            _ => Vec::new(),
        };
        let answer = match (given, apdu) {
            (_, [0xFF, 0xCA, 0x00, 0x00, _]) => [self.uid().unwrap_or_default().as_slice(), &DONE].concat(),
            (Carries::Sony | Carries::SonyCounted, [0xFF, 0xCA, 0x01, 0x00, _]) => match self.cards.first() {
                Some(card) => [&card.pmm()[..], &DONE].concat(),
                None => NOT_SUPPORTED.to_vec(),
            },
            (_, [0xFF, 0xCA, ..]) => NOT_SUPPORTED.to_vec(),
            (Carries::Session, [0xFF, 0xC2, ..]) => self.session(apdu),
            (Carries::Sony, [0xFF, 0xFE, 0x00, 0x00, ..]) => or_failed(self.frame(&data())),
            (Carries::SonyCounted, [0xFF, 0xFE, 0x01, 0x00, ..]) => or_failed(self.counted(&data())),
            (Carries::Acs, [0xFF, 0x00, 0x00, 0x00, ..]) => or_failed(self.counted(&data())),
            (Carries::Pn532 | Carries::Pn532Exchange, [0xFF, 0x00, 0x00, 0x00, ..]) => self.pn532(&data()),
            (Carries::Identiv, [0xFF, ..]) => self.identiv(apdu),
            _ => UNKNOWN_INSTRUCTION.to_vec(),
        };
        Reaction::Answer(answer)
    }
}

fn or_failed(answer: Option<Vec<u8>>) -> Vec<u8> {
    answer.map_or(FAILED.to_vec(), |answer| [&answer[..], &DONE].concat())
}

/// The frame with its length byte, which counts itself.
fn count(frame: Vec<u8>) -> Vec<u8> {
    [&[frame.len() as u8 + 1][..], &frame].concat()
}

/// What is to be sent and answered, among the objects of an exchange: tag 95.
fn transceived(mut objects: &[u8]) -> Option<&[u8]> {
    loop {
        objects = match objects {
            // A timer, in microseconds.
            [0x5F, 0x46, 0x04, _, _, _, _, rest @ ..] => rest,
            [0x95, length, rest @ ..] => return rest.get(..usize::from(*length)),
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::{STANDARD_PMM, Standard};
    use super::*;

    fn on(carries: Carries, apdus: &[&[u8]]) -> Vec<u8> {
        let card = Standard::new([1, 2, 3, 4, 5, 6, 7, 8], STANDARD_PMM, vec![(0xFE00, vec![])]);
        let mut reader = FelicaReader::new(carries, vec![Box::new(card)]);
        let mut last = Vec::new();
        for apdu in apdus {
            let Reaction::Answer(answer) = reader.apdu(apdu) else { panic!("no answer") };
            last = answer;
        }
        last
    }

    #[test]
    fn each_reader_carries_a_poll_in_its_own_words() {
        let poll: &[u8] = &[0x06, 0x00, 0xFE, 0x00, 0x00, 0x00];
        let answer = [&[0x12, 0x01, 1, 2, 3, 4, 5, 6, 7, 8][..], &STANDARD_PMM].concat();
        let ends = |bytes: Vec<u8>, expected: &[u8]| bytes.ends_with(&[expected, &DONE].concat());
        assert!(ends(on(Carries::Acs, &[&[&[0xFF, 0, 0, 0, 6], poll].concat()]), &answer));
        assert!(ends(on(Carries::Sony, &[&[&[0xFF, 0xFE, 0, 0, 5], &poll[1..]].concat()]), &answer[1..]));
        assert!(ends(on(Carries::SonyCounted, &[&[&[0xFF, 0xFE, 1, 0, 6], poll].concat()]), &answer));
        let pn532 = [&[0xFF, 0, 0, 0, 8, 0xD4, 0x42], poll].concat();
        assert!(ends(on(Carries::Pn532, &[&pn532]), &answer));
        assert!(ends(on(Carries::Identiv, &[&[0xFF, 0x40, 0, 0, 4, 0xFE, 0, 0, 0]]), &answer[2..]));
        let exchange = [&[0xFF, 0xC2, 0, 1, 8, 0x95, 6], poll, &[0]].concat();
        let begin: &[u8] = &[0xFF, 0xC2, 0, 0, 2, 0x81, 0];
        assert!(ends(on(Carries::Session, &[begin, &exchange]), &answer));
        assert_eq!(on(Carries::Session, &[&exchange]), FAILED);
        assert_eq!(on(Carries::Nothing, &[&exchange]), UNKNOWN_INSTRUCTION);
    }
}
