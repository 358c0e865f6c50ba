//! The clock that frames are stamped with.

use rustix::time::{ClockId, clock_gettime};

use crate::boundary::guard;

/// Microseconds of the clock that frames are stamped with (CLOCK_MONOTONIC): it only goes forward.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_clock_us() -> u64 {
    guard(0, || {
        let now = clock_gettime(ClockId::Monotonic);
        // Neither is ever negative on this clock.
        now.tv_sec.unsigned_abs().saturating_mul(1_000_000).saturating_add(now.tv_nsec.unsigned_abs() / 1_000)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::mbt_clock_us;

    #[test]
    fn the_clock_goes_forward_in_microseconds() {
        let before = mbt_clock_us();
        std::thread::sleep(Duration::from_millis(20));
        let passed = mbt_clock_us() - before;
        assert!((20_000..2_000_000).contains(&passed), "{passed}");
    }
}
