//! A connection on which calls take turns.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::service::error::ServiceError;
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
    /// the next one is read.
    pub(super) fn call<Q: Serialize, A: DeserializeOwned>(
        &self,
        request: Q,
        file: Option<BorrowedFd<'_>>,
        timeout: Duration,
    ) -> Result<(A, Option<OwnedFd>), ServiceError> {
        self.check_fork()?;
        let end = Instant::now() + timeout;
        let number = self.take_turn(end, timeout)?;
        let answered = self.exchange(number, request, file, end);
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
        file: Option<BorrowedFd<'_>>,
        end: Instant,
    ) -> Result<(A, Option<OwnedFd>), Fault> {
        self.wire.send(&Numbered { number, body }, file, end).map_err(|error| match error {
            // It was never begun.
            ServiceError::TooLong { .. } => Fault::Waiting(error),
            error => Fault::Broken(error),
        })?;
        loop {
            let received = self.wire.receive::<Numbered<A>>(Patience::Until(end));
            let (answer, file) = received.map_err(|error| match error {
                ServiceError::TimedOut { .. } => Fault::Waiting(error),
                error => Fault::Broken(error),
            })?;
            if answer.number == number {
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
