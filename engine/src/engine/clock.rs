//! The machine's clocks, read: the wall's, which people and inspectors know, and the steady one, which nobody can set.

#[cfg(test)]
mod tests;

use std::io;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

use super::{Acting, Engine, Error, log, sync};
use crate::audit::{Entry, Operation, Outcome};
use crate::grant::{ClockMark, Jump};
use crate::policy::{Right, Steady};
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

/// Whether the wall's clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockState {
    /// What it shows, UTC.
    pub now: Timestamp,
    /// The latest time it ever showed as far as this store knows, UTC; none while nothing was timed yet.
    pub mark: Option<Timestamp>,
    /// It stands before a time that it has already shown: everything that ends is refused, until it has caught up or an
    /// administrator believes it ([`Acting::believe_clock`]).
    pub behind: bool,
}

impl Engine {
    /// Whether the wall's clock can be believed. It takes no right: whoever looks at the terminal sees its clock.
    ///
    /// # Errors
    /// When the store fails.
    pub fn clock_state(&self) -> Result<ClockState, Error> {
        Ok(state(self.mark()?, self.clock.now().wall))
    }

    /// The clocks as they stood when the store was used last; none before it was.
    pub(super) fn mark(&self) -> Result<Option<ClockMark>, Error> {
        Ok(self.store.document::<ClockMark>(MARK)?)
    }

    /// What the clocks say, and whether the wall's can be believed.
    pub(super) fn now(&self) -> Result<Now, Error> {
        let mark = self.mark()?;
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
        let done = self.store.write(|store| {
            // The lock on the store may have been waited for: what the clocks say counts from here.
            let now = watch_clock(store, clock.now())?;
            work(store, now)
        });
        if let Err(Error::Store(error)) = &done {
            self.store.note_fault(error);
        }
        done
    }
}

impl Acting<'_> {
    /// Believes what the wall's clock shows now, although it has shown a later time: that one was wrong, as after an empty
    /// battery. What ends counts by this clock from now on; what the wrong time ended meanwhile stays ended. Other
    /// terminals that were heard from at the wrong time were heard from now. The log has the old time and the new one.
    ///
    /// # Errors
    /// Without the right to change the policy, or when the store fails.
    pub fn believe_clock(&mut self) -> Result<ClockState, Error> {
        let entry = self.entry(Operation::ClockAccept, Outcome::Done, "clock");
        let (state, _) = self.act_with(Right::Policy, entry, |store, now, entry| {
            let old = store.document::<ClockMark>(MARK)?;
            let new = ClockMark::new(now.wall, now.steady);
            store.put_document(MARK, &new)?;
            sync::heard_by(store, now.wall)?;
            let old = old.map_or(now.wall, |mark| mark.highest);
            entry.object = Some(format!("{old:.3} -> {:.3}", now.wall));
            Ok(state(Some(new), now.wall))
        })?;
        Ok(state)
    }
}

fn state(mark: Option<ClockMark>, now: Timestamp) -> ClockState {
    let behind = mark.is_some_and(|mark| mark.is_behind(now));
    ClockState { now, mark: mark.map(|mark| mark.highest), behind }
}

/// The latest time that the wall's clock ever showed, or shows now: a clock that is set back makes nothing younger.
pub(super) fn latest(store: &Write<'_>, now: Now) -> Result<Timestamp, Error> {
    let mark = store.document::<ClockMark>(MARK)?;
    Ok(mark.map_or(now.wall, |mark| mark.highest.max(now.wall)))
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
        let old = mark.expected(now.steady);
        entry.object = Some(format!("{old:.3} -> {:.3}", now.wall));
        store.append(&entry)?;
    }
    if !mark.steady.same_boot(now.steady) {
        log::begin_anew(store, now, &mark)?;
    }
    if let Some(mark) = mark.moved(now.wall, now.steady) {
        store.put_document(MARK, &mark)?;
    }
    Ok(Now { behind: mark.is_behind(now.wall), ..now })
}

/// Where the time comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// The clocks of this machine, since this start of it.
    Machine { boot: [u8; 16] },
    /// Clocks that a test sets.
    #[cfg(test)]
    Set { wall: Timestamp, steady: Steady },
}

impl Clock {
    /// The machine's: finds out which start of it this is.
    pub(super) fn machine() -> Result<Clock, Error> {
        let text = std::fs::read_to_string(BOOT_ID).map_err(|cause| Error::NoClock { cause })?;
        let boot = parse(&text).ok_or_else(|| Error::NoClock {
            cause: io::Error::new(io::ErrorKind::InvalidData, "expected 32 hex digits"),
        })?;
        Ok(Clock::Machine { boot })
    }

    pub(super) fn now(self) -> Now {
        let boot = match self {
            Clock::Machine { boot } => boot,
            #[cfg(test)]
            Clock::Set { wall, steady } => return Now { wall, steady, behind: false },
        };
        // Boot time, not monotonic time: it goes on while the machine sleeps.
        let time = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let ms = u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000;
        let ms = seconds.saturating_mul(1000).saturating_add(ms);
        Now { wall: Timestamp::now(), steady: Steady { boot, ms }, behind: false }
    }
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    let value = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?;
    Some(value.to_be_bytes())
}
