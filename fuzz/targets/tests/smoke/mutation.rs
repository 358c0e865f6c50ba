//! Changes to an input, drawn from a sequence that is the same in every run.

/// Values at which lengths, counts and characters turn into something else.
const EDGES: [u8; 10] = [0, 1, b'\n', b'"', b'-', b'0', 0x7f, 0x80, 0xfe, 0xff];

/// Most changes to one input.
const MOST_CHANGES: u64 = 4;

/// Most bytes that one change takes out, puts in or says again.
const MOST_BYTES: usize = 64;

/// A sequence of numbers: SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Sequence(u64);

impl Sequence {
    /// The sequence that belongs to a name.
    pub(crate) fn of(name: &str) -> Sequence {
        Sequence(name.bytes().fold(0, |state, byte| state << 8 ^ state >> 51 ^ u64::from(byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A number below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }

    /// One of `seeds` with a few changes, some of them pieces of the others.
    pub(crate) fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.next() % MOST_CHANGES {
            let at = self.below(input.len() + 1);
            let length = 1 + self.below(MOST_BYTES.min(input.len().saturating_sub(at)));
            let end = (at + length).min(input.len());
            match self.next() % 8 {
                0 => self.set(&mut input, at, |byte, drawn| byte ^ 1 << (drawn % 8)),
                1 => self.set(&mut input, at, |_, drawn| drawn),
                2 => self.set(&mut input, at, |_, drawn| EDGES[usize::from(drawn) % EDGES.len()]),
                3 => drop(input.drain(at..end)),
                4 => input.truncate(at),
                5 => {
                    let said_again = input[at..end].to_vec();
                    input.splice(at..at, said_again);
                }
                6 => {
                    let drawn: Vec<u8> = (0..length).map(|_| self.byte()).collect();
                    input.splice(at..at, drawn);
                }
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len());
                    let piece = other[from..(from + length).min(other.len())].to_vec();
                    input.splice(at..end, piece);
                }
            }
        }
        input
    }

    fn set(&mut self, input: &mut [u8], at: usize, new: impl FnOnce(u8, u8) -> u8) {
        let drawn = self.byte();
        if let Some(byte) = input.get_mut(at) {
            *byte = new(*byte, drawn);
        }
    }
}

#[test]
fn inputs_are_drawn_alike_in_every_run_and_differ_from_the_seed() {
    let seeds = vec![b"one seed".to_vec(), b"another".to_vec()];
    let draw = |name| {
        let mut sequence = Sequence::of(name);
        (0..200).map(|_| sequence.mutate(&seeds)).collect::<Vec<_>>()
    };
    assert_eq!(draw("policy"), draw("policy"));
    assert_ne!(draw("policy"), draw("roster"));
    assert!(draw("policy").iter().filter(|input| !seeds.contains(input)).count() > 150);
}
