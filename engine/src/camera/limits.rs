//! How long a camera is waited for.

use std::time::Duration;

/// Whatever a driver does, nobody waits for it any longer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For the system to say which cameras there are.
    pub(super) list: Duration,
    /// For a camera to begin to film.
    pub(super) open: Duration,
    /// For the next sound frame.
    pub(super) frame: Duration,
    /// For a picture that shows something, and another thing than the one before.
    pub(super) blind: Duration,
    /// For a camera to be closed. Then the thread that has it counts as abandoned.
    pub(super) close: Duration,
    /// Of that, what the last one to leave waits for: a session has more to close than its camera.
    pub(super) leave: Duration,
}

impl Limits {
    /// For people in front of a screen.
    pub(super) const ORDINARY: Limits = Limits {
        list: Duration::from_secs(1),
        // Slow cameras take about two seconds, and more on a bus that is busy.
        open: Duration::from_secs(6),
        // An open camera sends a frame every 33 to 100 ms, in the dark every 200.
        frame: Duration::from_secs(2),
        // Noise makes any two frames differ, and a hand before the lens is gone sooner.
        blind: Duration::from_millis(1500),
        close: Duration::from_secs(1),
        leave: Duration::from_millis(600),
    };
}
