//! A FeliCa Lite-S card with a card key of its own.

use des::TdesEde2;
use des::TdesEde3;
use des::cipher::{BlockCipherEncrypt, KeyInit};

use super::{Block, Type3, fits, parse_blocks, polled};

/// Its system.
const SYSTEM: u16 = 0x88B4;
/// Circuit F1: Lite-S.
const PMM: [u8; 8] = [0x00, 0xF1, 0x00, 0x00, 0x00, 0x01, 0x43, 0x00];
const RANDOM_CHALLENGE: u16 = 0x80;
const MAC: u16 = 0x81;
const ID: u16 = 0x82;
const MAC_A: u16 = 0x91;

/// Such a card.
pub struct LiteS {
    id: Block,
    card_key: [u8; 16],
    challenge: [u8; 16],
}

impl LiteS {
    /// A card with this IDm whose key was derived from a master key, as Sony's manual describes.
    pub fn personalised(idm: [u8; 8], master: &[u8; 24]) -> LiteS {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&idm);
        id[10..].copy_from_slice(b"STAFF1");
        LiteS { id, card_key: card_key(master, &id), challenge: [0; 16] }
    }

    /// The copy somebody made of it who could read all but its key.
    pub fn copied(idm: [u8; 8]) -> LiteS {
        let mut copy = LiteS::personalised(idm, &[0; 24]);
        copy.card_key = *b"guessed card key";
        copy
    }

    /// A card of the site that says it is another one: its ID block does not hold the IDm that answers.
    pub fn pretending(idm: [u8; 8], master: &[u8; 24]) -> (LiteS, [u8; 8]) {
        let mut other = idm;
        other[7] ^= 1;
        (LiteS::personalised(other, master), idm)
    }

    /// What stands in one of the blocks; `asked` are all of a read, for the MAC over them.
    fn block(&self, block: u16, asked: &[u16]) -> Option<Block> {
        let mut held = [0; 16];
        match block {
            ID => held = self.id,
            0x00..=0x0E | 0x86 => {}
            MAC => held[..8].copy_from_slice(&self.mac(asked, false)?),
            MAC_A => held[..8].copy_from_slice(&self.mac(asked, true)?),
            _ => return None,
        }
        Some(held)
    }

    fn mac(&self, asked: &[u16], with_numbers: bool) -> Option<[u8; 8]> {
        let (session, start) = session_key(&self.card_key, &self.challenge);
        let mut data = Vec::new();
        if with_numbers {
            let numbers = asked.iter().flat_map(|block| block.to_le_bytes());
            data.extend(numbers.chain([0xFF; 8]).take(8));
        }
        for &block in asked.iter().filter(|block| !matches!(**block, MAC | MAC_A)) {
            data.extend(self.block(block, &[])?);
        }
        Some(chained(&session, start, &data))
    }
}

/// A card that answers with another IDm than its own.
impl Type3 for (LiteS, [u8; 8]) {
    fn idm(&self) -> [u8; 8] {
        self.1
    }

    fn pmm(&self) -> [u8; 8] {
        PMM
    }

    fn frame(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        answer(&mut self.0, self.1, frame)
    }
}

impl Type3 for LiteS {
    fn idm(&self) -> [u8; 8] {
        let mut idm = [0; 8];
        idm.copy_from_slice(&self.id[..8]);
        idm
    }

    fn pmm(&self) -> [u8; 8] {
        PMM
    }

    fn power_up(&mut self) {
        self.challenge = [0; 16];
    }

    fn frame(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let idm = self.idm();
        answer(self, idm, frame)
    }
}

fn answer(card: &mut LiteS, idm: [u8; 8], frame: &[u8]) -> Option<Vec<u8>> {
    match *frame {
        [0x00, high, low, request, _] => {
            fits([high, low], SYSTEM).then(|| polled(idm, PMM, (request == 1).then_some(SYSTEM)))
        }
        [code @ (0x06 | 0x08), ref rest @ ..] if rest.starts_with(&idm) => {
            let head = [&[code + 1][..], &idm].concat();
            let [1, service, 0x00, count, list @ ..] = &rest[8..] else { return None };
            let (blocks, data) = parse_blocks(*count, list)?;
            match (code, *service) {
                (0x06, 0x0B) if (1..=4).contains(&blocks.len()) => {
                    let held =
                        blocks.iter().map(|&block| card.block(block, &blocks)).collect::<Option<Vec<_>>>();
                    let Some(held) = held else { return Some([&head[..], &[0x01, 0xA8]].concat()) };
                    Some([&head[..], &[0, 0, *count], held.concat().as_slice()].concat())
                }
                (0x08, 0x09) if blocks == [RANDOM_CHALLENGE] => {
                    card.challenge = reversed_halves(data.try_into().ok()?);
                    Some([&head[..], &[0, 0]].concat())
                }
                _ => Some([&head[..], &[0x01, 0xA6]].concat()),
            }
        }
        _ => None,
    }
}

/// The card's key and its random challenge stand in their blocks with each half reversed.
fn reversed_halves(mut block: Block) -> Block {
    block[..8].reverse();
    block[8..].reverse();
    block
}

fn session_key(card_key: &[u8; 16], challenge: &[u8; 16]) -> ([u8; 16], [u8; 8]) {
    let cipher = TdesEde2::new(&reversed_halves(*card_key).into());
    let mut key = *challenge;
    let mut previous = [0; 8];
    for half in key.as_chunks_mut::<8>().0 {
        previous.iter().zip(half.iter_mut()).for_each(|(before, byte)| *byte ^= before);
        cipher.encrypt_block(half.into());
        previous = *half;
    }
    let mut start = [0; 8];
    start.copy_from_slice(&challenge[..8]);
    (key, start)
}

/// The last block of the chain over groups of eight, each reversed.
fn chained(key: &[u8; 16], start: [u8; 8], data: &[u8]) -> [u8; 8] {
    let cipher = TdesEde2::new(&(*key).into());
    let mut state = start;
    for group in data.as_chunks::<8>().0 {
        state.iter_mut().zip(group.iter().rev()).for_each(|(state, byte)| *state ^= byte);
        cipher.encrypt_block((&mut state).into());
    }
    state.reverse();
    state
}

/// The card key of a personalised card: two chains over its ID block, the second with the uppermost bit turned.
fn card_key(master: &[u8; 24], id: &Block) -> [u8; 16] {
    let cipher = TdesEde3::new(&(*master).into());
    let encrypt = |block: u64| {
        let mut bytes = block.to_be_bytes();
        cipher.encrypt_block((&mut bytes).into());
        u64::from_be_bytes(bytes)
    };
    let [first, last] =
        [0, 8].map(|at| id[at..at + 8].iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)));
    let zero = encrypt(0);
    let last = last ^ (zero << 1) ^ if zero >> 63 == 1 { 0x1B } else { 0 };
    let halves = [first, first ^ 1 << 63].map(|first| encrypt(encrypt(first) ^ last).to_be_bytes());
    let mut key = [0; 16];
    key[..8].copy_from_slice(&halves[0]);
    key[8..].copy_from_slice(&halves[1]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published with nfcpy: the key's block as it stands in the card, and the MAC over an ID block of zeros.
    #[test]
    fn the_mac_is_the_published_one() {
        let mut challenge = [0; 16];
        (0..16).for_each(|at| challenge[at as usize] = at);
        let card = LiteS { id: [0; 16], card_key: reversed_halves(*b"0123456789abcdef"), challenge };
        let mac = card.mac(&[ID, MAC], false).unwrap();
        assert_eq!(mac, [0xCC, 0x97, 0xF1, 0xB9, 0x7B, 0x8B, 0xBC, 0x79]);
    }
}
