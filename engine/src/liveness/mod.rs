//! Signs of life: blinks, and the doubt that the anti-spoof net raises.
//!
//! This room sees numbers, never pixels. What it finds can only take away: a policy that asks for a blink refuses
//! without one, and a suspicious picture is refused. Nothing here lets anybody in.

mod baseline;
mod blink;
mod spoof;
mod stillness;

pub use blink::{Blink, BlinkDetector, Visibility};
pub use spoof::{Spoof, SpoofGate};
pub use stillness::Stillness;

/// The middle of the figures, which are put in another order; zero of none. Of an even number, the upper middle.
fn median(figures: &mut [f32]) -> f32 {
    if figures.is_empty() {
        return 0.0;
    }
    let middle = figures.len() / 2;
    *figures.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod fixture;
