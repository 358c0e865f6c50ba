//! Drives the outlets: begins what is due, each delivery on a thread of its own, and keeps how far they came.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::batch::Batch;
use super::lane::{Flight, Lane};
use super::progress::{End, Progress};
use super::{LogPart, OutletEvent};
use crate::audit::{Entry, Operation, Outcome, to_line};
use crate::engine::{Engine, Error};
use crate::outlet::{Outlet, OutletError};
use crate::policy::LogPolicy;

/// How often the store is asked whether there is something new.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// What whoever drives the outlets waits for.
pub(super) enum Signal {
    /// To end.
    Stop,
    /// A delivery has ended.
    Landed {
        /// Since which change of the policy the outlet is there.
        edition: u64,
        outlet: &'static str,
        result: Result<(), OutletError>,
    },
}

/// The outlets of the policy in force.
pub(super) struct Dispatch {
    policy: Option<LogPolicy>,
    edition: u64,
    lanes: Vec<Lane>,
    sender: Sender<Signal>,
    receiver: Receiver<Signal>,
}

impl Default for Dispatch {
    fn default() -> Dispatch {
        let (sender, receiver) = channel();
        Dispatch { policy: None, edition: 0, lanes: Vec::new(), sender, receiver }
    }
}

impl Dispatch {
    /// By which it is told to end.
    pub(super) fn signals(&self) -> Sender<Signal> {
        self.sender.clone()
    }

    /// Whether nothing waits and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.lanes.iter().all(|lane| lane.flight.is_none() && !lane.waits)
    }

    /// Begins the deliveries that are due, to the outlets that the policy has now.
    pub(super) fn begin_due(
        &mut self,
        engine: &mut Engine,
        hear: &mut dyn FnMut(OutletEvent),
    ) -> Result<(), Error> {
        self.follow_policy(engine)?;
        let (edition, now) = (self.edition, Instant::now());
        for lane in &mut self.lanes {
            if let Some((error, oldest)) = lane.stuck() {
                tell_loss(engine, lane, self.policy.as_ref(), oldest, &error)?;
                hear(OutletEvent::Failed { outlet: lane.outlet.code(), error });
            }
            if !lane.is_due(now) {
                continue;
            }
            let batch = Batch::next(&engine.store, &lane.outlet, &lane.progress)?;
            tell_unreadable(engine, lane, &batch, hear)?;
            lane.waits = !batch.items.is_empty();
            if lane.waits {
                begin(lane, batch, edition, &self.sender);
            } else {
                // What was looked at and is not for it need not be looked at again.
                (lane.progress.record, lane.progress.checkpoint) = (batch.record, batch.checkpoint);
                lane.due = now + PAUSE;
            }
        }
        Ok(())
    }

    /// Waits until a delivery ends, or for what is due, but `least` so long and not longer than `most`. Says whether to go on.
    pub(super) fn wait(
        &mut self,
        engine: &mut Engine,
        (least, most): (Duration, Duration),
        hear: &mut dyn FnMut(OutletEvent),
    ) -> Result<bool, Error> {
        let due = self.lanes.iter().filter(|lane| lane.flight.is_none()).map(|lane| lane.due).min();
        let due = due.map_or(PAUSE, |due| due.saturating_duration_since(Instant::now()).min(PAUSE));
        match self.receiver.recv_timeout(due.max(least).min(most)) {
            Ok(Signal::Stop) => Ok(false),
            Ok(Signal::Landed { edition, outlet, result }) => {
                let current = edition == self.edition;
                if let Some(lane) = self.lanes.iter_mut().find(|lane| current && lane.outlet.code() == outlet)
                    && let Some(flight) = lane.flight.take()
                {
                    land(engine, lane, self.policy.as_ref(), flight, result, hear)?;
                }
                Ok(true)
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(true),
        }
    }

    /// Takes the outlets of another policy. What is under way to the former ones ends by itself, and is not counted.
    fn follow_policy(&mut self, engine: &mut Engine) -> Result<(), Error> {
        let rules = engine.rulebook()?;
        if self.policy.as_ref() == Some(rules.log()) {
            return Ok(());
        }
        let outlets = rules.log().outlets();
        let end = End::of(&engine.store)?;
        let begun = engine.transact(|store, now| {
            let begun = outlets.into_iter().map(|outlet| {
                let progress = Progress::find_or_begin(store, &outlet, now.wall, end)?;
                Ok(Lane::new(outlet, progress))
            });
            begun.collect::<Result<Vec<Lane>, Error>>()
        })?;
        (self.lanes, self.policy) = (begun, Some(rules.log().clone()));
        self.edition += 1;
        Ok(())
    }
}

/// Begins a delivery, on a thread of its own: it may block, and nobody waits for it.
fn begin(lane: &mut Lane, batch: Batch, edition: u64, sender: &Sender<Signal>) {
    let (outlet, sender) = (lane.outlet.clone(), sender.clone());
    let checkpoints = batch.checkpoints();
    let flight = Flight {
        began: Instant::now(),
        oldest: batch.oldest().unwrap_or(Timestamp::MAX),
        checkpoints,
        records: (batch.items.len() as u64).saturating_sub(checkpoints),
        checkpoint: batch.checkpoint,
        record: batch.record,
        told: false,
    };
    let deliver = move || {
        let result = outlet.deliver(&batch.items);
        // Nobody listens when the log is kept no more.
        let _ = sender.send(Signal::Landed { edition, outlet: outlet.code(), result });
    };
    match std::thread::Builder::new().name("mabataki outlet".into()).spawn(deliver) {
        Ok(_) => lane.flight = Some(flight),
        // The system has no thread left: another time.
        Err(_) => lane.failed(),
    }
}

/// What a delivery came to: how far the outlet is now, or when it is tried again.
fn land(
    engine: &mut Engine,
    lane: &mut Lane,
    policy: Option<&LogPolicy>,
    flight: Flight,
    result: Result<(), OutletError>,
    hear: &mut dyn FnMut(OutletEvent),
) -> Result<(), Error> {
    let outlet = lane.outlet.code();
    if let Err(error) = result {
        lane.failed();
        tell_loss(engine, lane, policy, flight.oldest, &error)?;
        hear(OutletEvent::Failed { outlet, error });
        return Ok(());
    }
    let was_lost = lane.progress.lost;
    let back = of_outlet(engine, &lane.outlet, Operation::OutletBack, Outcome::Done);
    let (checkpoint, record) = (flight.checkpoint, flight.record);
    let mut progress = Progress { checkpoint, record, lost: false, ..lane.progress.clone() };
    let kept = engine.transact(|store, now| {
        progress.accepted = now.wall;
        progress.keep(store, &lane.outlet)?;
        if was_lost {
            store.append(&Entry { time: now.wall, ..back })?;
        }
        Ok(progress)
    });
    // What cannot be written down goes out again, but not at once.
    lane.progress = kept.inspect_err(|_| lane.failed())?;
    lane.succeeded();
    let Flight { checkpoints, records, .. } = flight;
    hear(OutletEvent::Delivered { outlet, checkpoints, records, through: lane.progress.checkpoint });
    Ok(())
}

/// Writes down, once for each outlet, what cannot be read and does not go out: an alarm, which does.
fn tell_unreadable(
    engine: &mut Engine,
    lane: &mut Lane,
    batch: &Batch,
    hear: &mut dyn FnMut(OutletEvent),
) -> Result<(), Error> {
    for (part, error) in &batch.unreadable {
        let mut progress = lane.progress.clone();
        let (known, number) = match *part {
            LogPart::Record(number) => (&mut progress.unreadable, number),
            LogPart::Checkpoint(number) => (&mut progress.unreadable_checkpoint, number),
        };
        if number <= *known {
            continue;
        }
        *known = number;
        let entry = engine.entry(Operation::Alarm, Outcome::Failed);
        let (object, reason) = (to_line(&part.to_string()), Some(error.code().to_owned()));
        lane.progress = engine.transact(|store, now| {
            progress.keep(store, &lane.outlet)?;
            store.append(&Entry { time: now.wall, object, reason, ..entry })?;
            Ok(progress)
        })?;
        hear(OutletEvent::Unreadable { outlet: lane.outlet.code(), part: *part });
    }
    Ok(())
}

/// Writes down, once, that an outlet has accepted nothing for too long.
fn tell_loss(
    engine: &mut Engine,
    lane: &mut Lane,
    policy: Option<&LogPolicy>,
    oldest: Timestamp,
    error: &OutletError,
) -> Result<(), Error> {
    let since = lane.progress.accepted.max(oldest);
    let waited = engine.clock.now().wall.duration_since(since);
    let long =
        policy.is_some_and(|policy| !waited.is_negative() && waited.unsigned_abs() >= policy.warn_after);
    if lane.progress.lost || !long {
        return Ok(());
    }
    let entry = of_outlet(engine, &lane.outlet, Operation::OutletLost, Outcome::Failed);
    let mut progress = Progress { lost: true, ..lane.progress.clone() };
    lane.progress = engine.transact(|store, now| {
        progress.keep(store, &lane.outlet)?;
        store.append(&Entry { time: now.wall, reason: Some(error.code().to_owned()), ..entry })?;
        Ok(progress)
    })?;
    Ok(())
}

fn of_outlet(engine: &Engine, outlet: &Outlet, operation: Operation, outcome: Outcome) -> Entry {
    let object = to_line(&format!("{} {}", outlet.code(), outlet.destination()));
    Entry { object, ..engine.entry(operation, outcome) }
}
