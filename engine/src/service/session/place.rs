//! What a session's two threads have in common: what the host said, and how it ended.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::engine::Grant;
use crate::policy::Factors;
use crate::secret::Secret;
use crate::service::Refusal;
use crate::service::limits::INBOX;
use crate::service::protocol::SessionResult;

/// Said by the host, for the session's thread.
#[derive(Debug)]
pub(super) enum Input {
    Password(Secret),
    Code(Secret),
    Pin(Secret, bool),
    HostPassword,
    Claim(String),
    Choose(Factors),
}

/// Both threads meet here.
#[derive(Debug, Default)]
pub(super) struct Place {
    state: Mutex<State>,
    /// The host said something, or is gone.
    said: Condvar,
}

#[derive(Debug, Default)]
struct State {
    inbox: VecDeque<Input>,
    cancelled: bool,
    gone: bool,
    result: Option<SessionResult>,
    grant: Option<u64>,
    /// The longer side of the preview that the host waits for, px, and the one that was made.
    preview_wanted: Option<u32>,
    preview: Option<Zeroizing<Vec<u8>>>,
    /// A grant for which nobody is there any more.
    orphan: Option<Grant>,
}

/// What the session's thread finds.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) inputs: VecDeque<Input>,
    /// A preview is wanted whose longer side is so many px.
    pub(super) preview: Option<u32>,
    pub(super) cancelled: bool,
    pub(super) gone: bool,
}

impl Place {
    pub(super) fn put(&self, input: Input) -> Result<(), Refusal> {
        let mut state = self.state();
        if state.result.is_some() {
            return Err(Refusal::misuse("the session is over"));
        }
        if state.inbox.len() >= INBOX {
            return Err(Refusal::busy());
        }
        state.inbox.push_back(input);
        self.said.notify_one();
        Ok(())
    }

    pub(super) fn cancel(&self) {
        self.state().cancelled = true;
        self.said.notify_one();
    }

    /// The host is gone.
    pub(super) fn leave(&self) {
        self.state().gone = true;
        self.said.notify_one();
    }

    /// Waits until the host says something, or for so long.
    pub(super) fn rest(&self, time: Duration) {
        let is_silent = |state: &mut State| state.inbox.is_empty() && !state.cancelled && !state.gone;
        // Whatever it is, the next look finds it.
        let _ = self.said.wait_timeout_while(self.state(), time, is_silent);
    }

    /// Takes out what was said since the last time.
    pub(super) fn look(&self) -> Found {
        let mut state = self.state();
        let cancelled = std::mem::take(&mut state.cancelled);
        let preview = state.preview_wanted.take();
        Found { inputs: std::mem::take(&mut state.inbox), preview, cancelled, gone: state.gone }
    }

    /// Takes out the newest preview, and asks for the next.
    pub(super) fn preview(&self, side: u32) -> Option<Zeroizing<Vec<u8>>> {
        let mut state = self.state();
        state.preview_wanted = Some(side);
        state.preview.take()
    }

    /// Leaves a preview for the host.
    pub(super) fn show(&self, preview: Zeroizing<Vec<u8>>) {
        self.state().preview = Some(preview);
    }

    pub(super) fn finish(&self, result: SessionResult, grant: Option<u64>) {
        let mut state = self.state();
        (state.result, state.grant) = (Some(result), grant);
        state.preview = None;
    }

    pub(super) fn result(&self) -> SessionResult {
        self.state().result.clone().unwrap_or(SessionResult::Pending)
    }

    pub(super) fn take_grant(&self) -> Option<u64> {
        self.state().grant.take()
    }

    /// Keeps a grant that nobody can hold, until it can be ended.
    pub(super) fn put_orphan(&self, grant: Grant) {
        self.state().orphan = Some(grant);
    }

    pub(super) fn take_orphan(&self) -> Option<Grant> {
        self.state().orphan.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_the_host_says_ends_the_rest_at_once() {
        const LONG: Duration = Duration::from_secs(60);
        let place = Arc::new(Place::default());
        let says: [fn(&Place); 3] =
            [|place| place.put(Input::HostPassword).unwrap(), Place::cancel, Place::leave];
        for say in says {
            let (begun, host) = (Instant::now(), Arc::clone(&place));
            let saying = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(20));
                say(&host);
            });
            place.rest(LONG);
            assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
            saying.join().unwrap();
            place.look();
        }
        // Said before, it is not waited for at all.
        place.rest(LONG);
    }
}
