//! The machine's clocks, read: the wall's, which people and inspectors know, and the steady one, which nobody can set.

use std::io;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

use super::{Engine, Error};
use crate::audit::{Entry, Operation, Outcome};
use crate::grant::{ClockMark, Jump};
use crate::policy::Steady;
use crate::store::Write;

/// Where Linux tells this start of the machine from all others.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The one clock mark's key.
const MARK: &str = "mark";

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: Timestamp,
    pub(super) steady: Steady,
    /// The wall's clock stands before a time that it has already shown.
    pub(super) behind: bool,
}

impl Now {
    /// Whether what ends at `until` is over. While the clock is behind, everything that ends is.
    pub(super) fn is_past(&self, until: Option<Timestamp>) -> bool {
        until.is_some_and(|until| self.behind || until <= self.wall)
    }
}

impl Engine {
    /// What the clocks say, and whether the wall's can be believed.
    pub(super) fn now(&self) -> Result<Now, Error> {
        let mark = self.store.document::<ClockMark>(MARK)?;
        let now = self.clock.now();
        Ok(Now { behind: mark.is_some_and(|mark| mark.is_behind(now.wall)), ..now })
    }

    /// Does `work` in one transaction of the store, at one moment of the clocks. A clock that was set since the last
    /// one is written down first.
    pub(super) fn transact<T>(
        &mut self,
        work: impl FnOnce(&Write<'_>, Now) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let clock = self.clock;
        self.store.write(|store| {
            // The lock on the store may have been waited for: what the clocks say counts from here.
            let now = watch_clock(store, clock.now())?;
            work(store, now)
        })
    }
}

fn watch_clock(store: &Write<'_>, now: Now) -> Result<Now, Error> {
    let Some(mark) = store.document::<ClockMark>(MARK)? else {
        store.put_document(MARK, &ClockMark::new(now.wall, now.steady))?;
        return Ok(now);
    };
    if let Some(jump) = mark.jump(now.wall, now.steady) {
        let mut entry = Entry::new(now.wall, Operation::ClockJump, Outcome::Done);
        let direction = match jump {
            Jump::Forward => "forward",
            Jump::Back => "back",
        };
        entry.reason = Some(direction.to_owned());
        store.append(&entry)?;
    }
    if let Some(mark) = mark.moved(now.wall, now.steady) {
        store.put_document(MARK, &mark)?;
    }
    Ok(Now { behind: mark.is_behind(now.wall), ..now })
}

/// The clocks of this machine, since this start of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct MachineClock {
    boot: [u8; 16],
}

impl MachineClock {
    /// Finds out which start of the machine this is.
    pub(super) fn open() -> Result<MachineClock, Error> {
        let text = std::fs::read_to_string(BOOT_ID).map_err(|cause| Error::NoClock { cause })?;
        let boot = parse(&text).ok_or_else(|| Error::NoClock {
            cause: io::Error::new(io::ErrorKind::InvalidData, "expected 32 hex digits"),
        })?;
        Ok(MachineClock { boot })
    }

    pub(super) fn now(self) -> Now {
        // Boot time, not monotonic time: it goes on while the machine sleeps.
        let time = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let ms = u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000;
        let ms = seconds.saturating_mul(1000).saturating_add(ms);
        Now { wall: Timestamp::now(), steady: Steady { boot: self.boot, ms }, behind: false }
    }
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    let value = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?;
    Some(value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_clock_goes_forward_within_one_start_of_the_machine() {
        let clock = MachineClock::open().unwrap();
        let (first, second) = (clock.now().steady, clock.now().steady);
        assert!(first.same_boot(second));
        assert!(second.ms >= first.ms);
    }

    #[test]
    fn the_name_of_a_start_is_32_hex_digits() {
        assert_eq!(parse("00000000-0000-0000-0000-0000000000ff\n").unwrap()[15], 255);
        assert_eq!(parse("ff"), None);
        assert_eq!(parse("g0000000-0000-0000-0000-0000000000ff"), None);
    }
}
