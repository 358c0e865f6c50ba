//! What was done to disks, and what is left of it when the power goes.
//!
//! A disk has a cache: what was written since the last flush is on it, is not, or is in part, each write for itself and
//! whatever was written later. What was written before a flush that is done stays. A sector is written whole or not at all.

use super::Disk;

/// Bytes that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Bytes were written to a disk.
    Written {
        /// Which disk.
        disk: usize,
        /// From which byte on.
        at: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// All that was written to a disk before is on it.
    Flushed {
        /// Which disk.
        disk: usize,
    },
    /// The program said a number.
    Noted(u64),
}

/// Everything that was done to the disks of a machine, in its order.
#[derive(Debug, Clone, Default)]
pub struct History(Vec<Event>);

impl History {
    pub(super) fn push(&mut self, event: Event) {
        self.0.push(event);
    }

    /// How much was done.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last number that the program had said by the moment `at`, and when it was said.
    #[must_use]
    pub fn noted(&self, at: usize) -> Option<(u64, usize)> {
        let before = self.0.iter().enumerate().take(at);
        before.rev().find_map(|(when, event)| match event {
            Event::Noted(number) => Some((*number, when)),
            _ => None,
        })
    }

    /// What is on disk number `disk`, on which `start` was, when its power goes at the moment `at`.
    #[must_use]
    pub fn cut(&self, disk: usize, start: &Disk, at: usize, chance: &mut Chance) -> Disk {
        let mut left = start.clone();
        let mut cached = Vec::new();
        for event in self.0.iter().take(at) {
            match event {
                Event::Written { disk: of, at, bytes } if *of == disk => cached.push((*at, bytes)),
                Event::Flushed { disk: of } if *of == disk => {
                    cached.drain(..).for_each(|(at, bytes)| put(&mut left, at, bytes));
                }
                _ => {}
            }
        }
        for (at, bytes) in cached {
            let fate = chance.below(3);
            for (number, sector) in bytes.chunks(SECTOR).enumerate() {
                let stays = match fate {
                    0 => false,
                    1 => true,
                    _ => chance.below(2) == 0,
                };
                if stays {
                    put(&mut left, at + number * SECTOR, sector);
                }
            }
        }
        left
    }
}

/// Writes what was once written already: it lies within the disk.
fn put(disk: &mut Disk, at: usize, bytes: &[u8]) {
    if let Some(place) = disk.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Chance that is the same in every run: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The chance that belongs to a number.
    #[must_use]
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// A number below `end`, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = (mixed ^ mixed >> 31) % (end.max(1) as u64);
        usize::try_from(drawn).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(disk: usize, at: usize, byte: u8) -> Event {
        Event::Written { disk, at, bytes: vec![byte; SECTOR] }
    }

    /// What becomes of the first sectors of disk 0 in many cuts at the moment `at`.
    fn fates(history: &History, at: usize) -> Vec<[u8; 2]> {
        let start = vec![0; 4 * SECTOR];
        let mut chance = Chance::new(1);
        let cut = |_| {
            let left = history.cut(0, &start, at, &mut chance);
            [left[0], left[SECTOR]]
        };
        let mut fates: Vec<[u8; 2]> = (0..200).map(cut).collect();
        fates.sort_unstable();
        fates.dedup();
        fates
    }

    #[test]
    fn what_was_flushed_stays_and_what_was_not_may_go_each_write_for_itself() {
        let history = History(vec![
            written(0, 0, 1),
            Event::Flushed { disk: 0 },
            written(0, 0, 2),
            written(0, SECTOR, 3),
            Event::Flushed { disk: 0 },
        ]);
        assert_eq!(fates(&history, 2), [[1, 0]]);
        assert_eq!(fates(&history, 4), [[1, 0], [1, 3], [2, 0], [2, 3]]);
        assert_eq!(fates(&history, 5), [[2, 3]]);
    }

    #[test]
    fn the_flush_of_one_disk_is_none_of_another() {
        let history = History(vec![written(0, 0, 1), written(1, 0, 2), Event::Flushed { disk: 1 }]);
        assert_eq!(fates(&history, 3), [[0, 0], [1, 0]]);
    }

    #[test]
    fn a_write_of_several_sectors_may_be_torn_between_them_and_never_within() {
        let history = History(vec![Event::Written { disk: 0, at: 0, bytes: vec![5; 2 * SECTOR] }]);
        assert_eq!(fates(&history, 1), [[0, 0], [0, 5], [5, 0], [5, 5]]);
        let start = vec![0; 2 * SECTOR];
        let mut chance = Chance::new(2);
        for _ in 0..50 {
            let left = history.cut(0, &start, 1, &mut chance);
            assert!(left.chunks(SECTOR).all(|sector| sector.iter().all(|byte| *byte == sector[0])));
        }
    }

    #[test]
    fn the_last_number_that_was_said_counts() {
        let history = History(vec![Event::Noted(1), written(0, 0, 1), Event::Noted(2)]);
        assert_eq!(
            [0, 1, 2, 3].map(|at| history.noted(at)),
            [None, Some((1, 0)), Some((1, 0)), Some((2, 2))]
        );
    }
}
