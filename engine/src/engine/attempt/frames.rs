//! The frames of one attempt: when one is looked at, and what is measured in it.

use std::time::{Duration, Instant};

use super::super::Error;
use super::Attempt;
use crate::frame::Next;
use crate::session::{Input, Pacer};

impl Attempt<'_> {
    /// Looks at the next frame, if one is due.
    pub(super) fn read_frame(&mut self) -> Result<(), Error> {
        if self.done || self.clock.waits_for_card() {
            return Ok(());
        }
        let Some(frames) = &mut self.devices.frames else {
            self.idle = true;
            return Ok(());
        };
        if self.entry.camera.is_none() {
            // One that was asleep is known by now.
            self.entry.camera = frames.camera();
        }
        // A camera gives its newest frame when it is asked. A recording's frames are all looked at, and what is wanted of
        // them is measured, however long that takes.
        let is_live = frames.is_live();
        if is_live && self.clock.now() < self.next_look {
            self.idle = true;
            return Ok(());
        }
        match frames.next()? {
            Next::Frame(frame) => {
                let now = self.clock.at_frame(frame.time());
                let wanted = self.session.want(now);
                let want = if is_live { self.pacer.allow(wanted) } else { wanted };
                let (taken, begun) = (frame.time(), Instant::now());
                match self.engine.eyes()?.observe(&frame.at(now), want) {
                    Ok(observation) => self.session.handle(now, Input::Observation(observation))?,
                    Err(error) => frames.forgive(error)?,
                }
                if is_live {
                    self.pacer.note(taken, want, begun.elapsed());
                    self.next_look = now.saturating_add(self.session.pace(now));
                }
                self.carry_out(now)
            }
            Next::Nothing => Ok(()),
            Next::Over => {
                // The recording is over: nobody is in front of the camera any more, and time goes on.
                let now = self.session.deadline().unwrap_or_else(|| self.clock.now());
                self.clock.jump(now);
                self.tell(Input::Tick)
            }
        }
    }

    /// Another camera, or the same one opened anew: what was known of its frames is not known any more.
    pub(super) fn forget_pace(&mut self) {
        (self.pacer, self.next_look) = (Pacer::new(), Duration::ZERO);
    }
}
