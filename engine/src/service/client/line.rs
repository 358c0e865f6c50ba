//! A connection on which calls take turns.

use std::os::fd::OwnedFd;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::service::error::ServiceError;
use crate::service::lane::Load;
use crate::service::protocol::Numbered;
use crate::service::wire::{Patience, Wire};

/// One connection. It belongs to the process that made it: a child shares the socket, and would read its parent's answers.
#[derive(Debug)]
pub(super) struct Line {
    wire: Wire,
    turn: Mutex<Turn>,
    free: Condvar,
    process: u32,
}

#[derive(Debug, Default)]
struct Turn {
    taken: bool,
    broken: bool,
    last: u32,
}

impl Line {
    pub(super) fn new(wire: Wire) -> Line {
        Line { wire, turn: Mutex::default(), free: Condvar::new(), process: std::process::id() }
    }

    pub(super) fn check_fork(&self) -> Result<(), ServiceError> {
        if std::process::id() == self.process { Ok(()) } else { Err(ServiceError::Forked) }
    }

    /// Asks, and waits for the answer: both together no longer than `timeout`. An answer that comes later is let go when
    /// the next one is read. A picture goes through its lane meanwhile.
    pub(super) fn call<Q: Serialize, A: DeserializeOwned>(
        &self,
        request: Q,
        picture: Option<Load<'_>>,
        timeout: Duration,
    ) -> Result<(A, Option<OwnedFd>), ServiceError> {
        self.check_fork()?;
        let end = Instant::now() + timeout;
        let number = self.take_turn(end, timeout)?;
        let answered = self.exchange(number, request, picture, end);
        // Of a message that went out in part, or came in part, nobody knows where the next begins.
        let broken = match &answered {
            Ok(_) | Err(Fault::Waiting(_)) => false,
            Err(Fault::Broken(_)) => true,
        };
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.taken = false;
        turn.broken |= broken;
        drop(turn);
        self.free.notify_one();
        answered.map_err(|fault| match fault {
            Fault::Waiting(error) | Fault::Broken(error) => error,
        })
    }

    fn take_turn(&self, end: Instant, timeout: Duration) -> Result<u32, ServiceError> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while turn.taken {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ServiceError::TimedOut { after: timeout });
            }
            turn = self.free.wait_timeout(turn, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if turn.broken {
            return Err(ServiceError::Lost);
        }
        turn.taken = true;
        turn.last = turn.last.wrapping_add(1);
        Ok(turn.last)
    }

    fn exchange<Q: Serialize, A: DeserializeOwned>(
        &self,
        number: u32,
        body: Q,
        mut picture: Option<Load<'_>>,
        end: Instant,
    ) -> Result<(A, Option<OwnedFd>), Fault> {
        if let Some(picture) = &mut picture {
            // Before the message: whoever is woken by that finds all of a picture that is not very large.
            picture.send_some().map_err(Fault::Broken)?;
        }
        self.wire.send(&Numbered { number, body }, None, end).map_err(|error| match error {
            // It was never begun.
            ServiceError::TooLong { .. } if picture.is_none() => Fault::Waiting(error),
            error => Fault::Broken(error),
        })?;
        loop {
            if let Some(picture) = &mut picture {
                picture.send_rest(&self.wire, end).map_err(Fault::Broken)?;
            }
            let received = self.wire.receive::<Numbered<A>>(Patience::Until(end));
            let (answer, file) = received.map_err(|error| match error {
                ServiceError::TimedOut { .. } => Fault::Waiting(error),
                error => Fault::Broken(error),
            })?;
            if answer.number == number {
                if picture.is_some_and(|picture| !picture.is_sent()) {
                    return Err(Fault::Broken(ServiceError::Lost));
                }
                return Ok((answer.body, file));
            }
        }
    }
}

enum Fault {
    /// The connection is as good as before.
    Waiting(ServiceError),
    /// It is good for nothing any more.
    Broken(ServiceError),
}
