//! FeliCa cards that answer frames (JIS X 6319-4), and the readers that carry them.

mod lite_s;
mod reader;

pub use lite_s::LiteS;
pub use reader::{Carries, FelicaReader};

/// A card in the field of a FeliCa reader.
pub trait Type3: Send {
    /// Its IDm, as the reader gives it.
    fn idm(&self) -> [u8; 8];

    /// Its PMm: what is known of it, the kind of circuit second.
    fn pmm(&self) -> [u8; 8];

    /// It comes into the field.
    fn power_up(&mut self) {}

    /// What it answers to a frame without its length byte; nothing when the frame is not for it.
    fn frame(&mut self, frame: &[u8]) -> Option<Vec<u8>>;
}

/// A block, and a service with its blocks from 0 on.
pub type Block = [u8; 16];
/// The number of a service, and its blocks.
pub type Service = (u16, Vec<Block>);

/// A card of systems, each with services that anybody may read.
pub struct Standard {
    idm: [u8; 8],
    pmm: [u8; 8],
    systems: Vec<(u16, Vec<Service>)>,
}

/// The PMm of a standard card: circuit 0B of ROM 10, as in Sony's published examples.
pub const STANDARD_PMM: [u8; 8] = [0x10, 0x0B, 0x4B, 0x42, 0x84, 0x85, 0xD0, 0xFF];
/// The PMm of a phone or watch: circuit 14.
pub const MOBILE_PMM: [u8; 8] = [0x03, 0x14, 0x4B, 0x02, 0x4F, 0x49, 0x93, 0xFF];

const POLL: u8 = 0x00;
const READ: u8 = 0x06;
/// Status flags: no such service; no such block.
const NO_SERVICE: [u8; 2] = [0x01, 0xA6];
const NO_BLOCK: [u8; 2] = [0x01, 0xA8];

impl Standard {
    /// A card of these systems, the first of which a reader finds.
    pub fn new(idm: [u8; 8], pmm: [u8; 8], systems: Vec<(u16, Vec<Service>)>) -> Standard {
        Standard { idm, pmm, systems }
    }
}

impl Type3 for Standard {
    fn idm(&self) -> [u8; 8] {
        self.idm
    }

    fn pmm(&self) -> [u8; 8] {
        self.pmm
    }

    fn frame(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        match *frame {
            [POLL, high, low, request, _slot] => {
                let asked = [high, low];
                let at = self.systems.iter().position(|(system, _)| fits(asked, *system))?;
                let mut idm = self.idm;
                idm[0] = (idm[0] & 0x0F) | ((at as u8) << 4);
                Some(polled(idm, self.pmm, (request == 1).then_some(self.systems[at].0)))
            }
            [READ, first, ref rest @ ..] if rest.len() > 7 && rest[..7] == self.idm[1..] => {
                let system = &self.systems.get(usize::from(first >> 4))?.1;
                let (service, blocks) = parse_read(&rest[7..])?;
                let head = [&[READ + 1, first][..], &self.idm[1..]].concat();
                let Some((_, held)) = system.iter().find(|(code, _)| *code == service) else {
                    return Some([&head[..], &NO_SERVICE].concat());
                };
                let Some(data) =
                    blocks.iter().map(|&at| held.get(usize::from(at))).collect::<Option<Vec<_>>>()
                else {
                    return Some([&head[..], &NO_BLOCK].concat());
                };
                Some([&head[..], &[0, 0, data.len() as u8], data.concat_blocks().as_slice()].concat())
            }
            _ => None,
        }
    }
}

/// Blocks one after the other.
trait ConcatBlocks {
    fn concat_blocks(&self) -> Vec<u8>;
}

impl ConcatBlocks for Vec<&Block> {
    fn concat_blocks(&self) -> Vec<u8> {
        self.iter().flat_map(|block| block.iter().copied()).collect()
    }
}

/// Whether a poll for `asked` means this system; FF stands for any byte.
fn fits(asked: [u8; 2], system: u16) -> bool {
    asked.into_iter().zip(system.to_be_bytes()).all(|(asked, has)| asked == 0xFF || asked == has)
}

/// The answer to a poll, with the system where it was asked for.
fn polled(idm: [u8; 8], pmm: [u8; 8], system: Option<u16>) -> Vec<u8> {
    let mut answer = [&[POLL + 1][..], &idm, &pmm].concat();
    answer.extend(system.into_iter().flat_map(u16::to_be_bytes));
    answer
}

/// The one service and the blocks that a read asks for, after its IDm.
fn parse_read(rest: &[u8]) -> Option<(u16, Vec<u16>)> {
    let [1, low, high, count, list @ ..] = rest else { return None };
    let blocks = parse_blocks(*count, list)?;
    blocks.1.is_empty().then_some((u16::from_le_bytes([*low, *high]), blocks.0))
}

/// So many elements of a block list, each of two or three bytes, and what follows them.
fn parse_blocks(count: u8, mut list: &[u8]) -> Option<(Vec<u16>, &[u8])> {
    let mut blocks = Vec::new();
    for _ in 0..count {
        match list {
            [0x80, block, rest @ ..] => {
                blocks.push(u16::from(*block));
                list = rest;
            }
            [0x00, low, high, rest @ ..] => {
                blocks.push(u16::from_le_bytes([*low, *high]));
                list = rest;
            }
            _ => return None,
        }
    }
    Some((blocks, list))
}

#[cfg(test)]
mod tests {
    use super::super::site;
    use super::*;

    const IDM: [u8; 8] = [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];

    fn card() -> Standard {
        Standard::new(
            IDM,
            STANDARD_PMM,
            vec![(0x0003, vec![]), (0xFE00, vec![(site::FCF_SERVICE, vec![[7; 16], [8; 16]])])],
        )
    }

    #[test]
    fn a_poll_finds_the_system_it_names_and_the_idm_tells_which_it_is() {
        let answer = card().frame(&[0x00, 0xFE, 0x00, 1, 0]).unwrap();
        assert_eq!((answer[0], answer[1], &answer[17..]), (0x01, 0x11, &[0xFE, 0x00][..]));
        assert_eq!(card().frame(&[0x00, 0xFF, 0xFF, 0, 0]).unwrap().len(), 17);
        assert_eq!(card().frame(&[0x00, 0x88, 0xB4, 0, 0]), None);
    }

    #[test]
    fn blocks_are_read_and_refused_as_real_cards_do() {
        let read = |service: u16, block: u8| {
            let [low, high] = service.to_le_bytes();
            let frame = [&[0x06, 0x11][..], &IDM[1..], &[1, low, high, 1, 0x80, block]].concat();
            card().frame(&frame).unwrap()[9..].to_vec()
        };
        assert_eq!(read(site::FCF_SERVICE, 1), [&[0, 0, 1][..], &[8; 16]].concat());
        assert_eq!(read(0x100B, 0), NO_SERVICE);
        assert_eq!(read(site::FCF_SERVICE, 2), NO_BLOCK);
        let other = [&[0x06][..], &[0x01; 8], &[1, 0x8B, 0x1A, 1, 0x80, 0]].concat();
        assert_eq!(card().frame(&other), None);
    }
}
