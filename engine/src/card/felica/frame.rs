//! FeliCa frames (JIS X 6319-4, chapter 9), without the length byte that goes before them.

use zeroize::Zeroizing;

use super::Target;

/// What a card is asked.
#[derive(Clone, Copy)]
pub(in crate::card) enum Request<'r> {
    /// Who is there, of this system?
    Poll {
        /// FFFF for any.
        system: u16,
    },
    /// What stands in these blocks, which anybody may read?
    Read { idm: &'r [u8; 8], service: u16, blocks: &'r [u16] },
    /// Write this into a block, which anybody may.
    Write { idm: &'r [u8; 8], service: u16, block: u16, data: &'r [u8; 16] },
}

const POLL: u8 = 0x00;
const READ: u8 = 0x06;
const WRITE: u8 = 0x08;
/// The longest frame made here: a write of one block with the longer kind of block number.
const LONGEST: usize = 64;

impl Request<'_> {
    /// The frame.
    pub(super) fn frame(&self) -> Zeroizing<Vec<u8>> {
        let mut frame = Zeroizing::new(Vec::with_capacity(LONGEST));
        match self {
            // No system code wanted back, and one time slot.
            Request::Poll { system } => {
                frame.push(POLL);
                frame.extend(system.to_be_bytes());
                frame.extend([0x00, 0x00]);
            }
            Request::Read { idm, service, blocks } => {
                frame.push(READ);
                frame.extend_from_slice(*idm);
                frame.push(1);
                frame.extend(service.to_le_bytes());
                frame.push(blocks.len() as u8);
                blocks.iter().for_each(|block| frame.extend_from_slice(&Element::of(*block)));
            }
            Request::Write { idm, service, block, data } => {
                frame.push(WRITE);
                frame.extend_from_slice(*idm);
                frame.push(1);
                frame.extend(service.to_le_bytes());
                frame.push(1);
                frame.extend_from_slice(&Element::of(*block));
                frame.extend_from_slice(*data);
            }
        }
        frame
    }

    /// The first byte of the answer to it.
    pub(super) fn answer_code(&self) -> u8 {
        match self {
            Request::Poll { .. } => POLL + 1,
            Request::Read { .. } => READ + 1,
            Request::Write { .. } => WRITE + 1,
        }
    }
}

/// An element of a block list: two bytes, or three for numbers above FF.
pub(super) struct Element([u8; 3], usize);

impl Element {
    pub(super) fn of(block: u16) -> Element {
        let [low, high] = block.to_le_bytes();
        if high == 0 { Element([0x80, low, 0], 2) } else { Element([0x00, low, high], 3) }
    }
}

impl std::ops::Deref for Element {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// Who answered a poll; none when it is no answer to one.
pub(super) fn polled(frame: &[u8]) -> Option<Target> {
    let (&[code], rest) = frame.split_first_chunk()?;
    let (&idm, rest) = rest.split_first_chunk()?;
    let (&pmm, rest) = rest.split_first_chunk()?;
    // Some readers ask for the system's code on their own, two bytes more.
    (code == POLL + 1 && matches!(rest.len(), 0 | 2)).then_some(Target { idm, pmm })
}

/// What a card says to a read or a write.
pub(in crate::card) enum Said<T> {
    /// It did it.
    Done(T),
    /// It has no such service or block, or does not let everybody.
    Refused,
    /// Nothing that makes sense, or nothing at all.
    Nonsense,
}

/// The blocks of a read that asked this card for so many.
pub(super) fn read(frame: &[u8], idm: &[u8; 8], count: usize) -> Said<Zeroizing<Vec<u8>>> {
    let Some(rest) = frame.strip_prefix(&[READ + 1]).and_then(|rest| rest.strip_prefix(idm)) else {
        return Said::Nonsense;
    };
    match rest {
        [0, 0, blocks, data @ ..] if usize::from(*blocks) == count && data.len() == 16 * count => {
            Said::Done(Zeroizing::new(data.to_vec()))
        }
        [0, 0, ..] | [] | [_] => Said::Nonsense,
        _ => Said::Refused,
    }
}

/// What became of a write to this card.
pub(super) fn written(frame: &[u8], idm: &[u8; 8]) -> Said<()> {
    match frame.strip_prefix(&[WRITE + 1]).and_then(|rest| rest.strip_prefix(idm)) {
        Some([0, 0]) => Said::Done(()),
        Some([first, _]) if *first != 0 => Said::Refused,
        _ => Said::Nonsense,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDM: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    #[test]
    fn frames_are_those_of_the_standard() {
        assert_eq!(Request::Poll { system: 0xFE00 }.frame()[..], [0x00, 0xFE, 0x00, 0x00, 0x00]);
        let read = Request::Read { idm: &IDM, service: 0x1A8B, blocks: &[0, 0x0102] };
        let tail = [1, 0x8B, 0x1A, 2, 0x80, 0, 0x00, 0x02, 0x01];
        assert_eq!(read.frame()[..], [&[0x06][..], &IDM, &tail].concat());
        let write = Request::Write { idm: &IDM, service: 0x0009, block: 0x80, data: &[7; 16] };
        assert_eq!(write.frame()[..], [&[0x08][..], &IDM, &[1, 0x09, 0, 1, 0x80, 0x80], &[7; 16]].concat());
    }

    #[test]
    fn an_answer_of_another_card_or_length_is_nonsense() {
        let good = [&[0x07][..], &IDM, &[0, 0, 1], &[9; 16]].concat();
        assert!(matches!(read(&good, &IDM, 1), Said::Done(data) if data[..] == [9; 16]));
        assert!(matches!(read(&good, &[0; 8], 1), Said::Nonsense));
        assert!(matches!(read(&good, &IDM, 2), Said::Nonsense));
        assert!(matches!(read(&good[..20], &IDM, 1), Said::Nonsense));
        assert!(matches!(read(&[&good[..9], &[0x01, 0xA6]].concat(), &IDM, 1), Said::Refused));
        assert!(polled(&[0x01; 17]).is_some() && polled(&[0x01; 18]).is_none() && polled(&[]).is_none());
    }
}
