//! A job's connection: an engine is lent to it, how far it is goes out in between, and at the end what came of it.

mod output;
mod tasks;

use std::cell::Cell;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::output::Output;
use super::administration::by_whom;
use super::core::{Core, Guest};
use super::desk::Use;
use super::error::{Refusal, ServiceError};
use super::limits::HALF_MESSAGE;
use super::protocol::{BindOrder, Job, JobReply, Numbered, Report, Task};
use super::wire::Wire;
use crate::card::{CardEvent, CardIdentity, CardReader};
use crate::engine::{Acting, Class, Engine, Error, Grant};
use crate::store::NewCard;

/// How often a host hears how far it is.
const TOLD_EVERY: Duration = Duration::from_millis(100);

/// How long a reader is waited for before looking whether the host is still there.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The longest that a card is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Serves a job: its number, what it is, and the memory that came with it.
pub(super) fn serve(
    core: &Arc<Core>,
    guest: &Guest,
    handle: u64,
    (number, job, file): (u32, Job, Option<OwnedFd>),
) -> Result<(), ServiceError> {
    let course =
        Course { core, wire: &guest.wire, number, told: Cell::new(Instant::now()), gone: Cell::new(false) };
    let (body, file) = match work(&course, guest, handle, job, file) {
        Ok((report, file)) => (JobReply::Done(Box::new(report)), file),
        Err(refusal) => (JobReply::Refused(refusal), None),
    };
    guest.wire.send(&Numbered { number, body }, file.as_ref().map(AsFd::as_fd), Instant::now() + HALF_MESSAGE)
}

/// How far a job is, and whether anybody still waits for it.
struct Course<'c> {
    core: &'c Arc<Core>,
    wire: &'c Wire,
    number: u32,
    told: Cell<Instant>,
    gone: Cell<bool>,
}

impl Course<'_> {
    /// Says how far it is, if it is time to, and there is room.
    fn at(&self, done: u64, of: u64) {
        if self.told.get().elapsed() < TOLD_EVERY {
            return;
        }
        self.told.set(Instant::now());
        let body = JobReply::Progress(done, of);
        let told = self.wire.has_room().and_then(|room| match room {
            true => self.wire.send_now(&Numbered { number: self.number, body }),
            false => Ok(()),
        });
        self.gone.set(self.gone.get() || told.is_err() || self.core.stop.is_set());
    }

    /// Whether nobody waits for it any more.
    fn is_called_off(&self) -> bool {
        self.gone.get()
    }
}

fn work(
    course: &Course<'_>,
    guest: &Guest,
    handle: u64,
    Job { by, task }: Job,
    file: Option<OwnedFd>,
) -> Result<(Report, Option<OwnedFd>), Refusal> {
    // It has an engine for as long as a session has one.
    let _admitted = course.core.sessions.enter(guest.peer.uid)?;
    let grant = by_whom(course.core, guest, handle, by)?;
    if let Task::BindCard(order) = task {
        return bind_card(course, grant.as_ref(), order).map(|report| (report, None));
    }
    let mut output = Output::new(&course.gone).map_err(|error| Refusal::of(&error))?;
    let report =
        course.core.desk.lend(Use::Job)?.run(|engine| {
            tasks::carry_out(engine, grant.as_ref(), task, file.as_ref(), &mut output, course)
        })?;
    Ok((report, output.seal().map_err(|error| Refusal::of(&error))?))
}

/// As whom something is done.
fn acting<'e>(engine: &'e mut Engine, grant: Option<&'e Grant>) -> Acting<'e> {
    match grant {
        Some(grant) => engine.acting_by(grant),
        None => engine.acting(),
    }
}

/// The right is asked for before anybody shows a card, and no engine is kept while they look for it.
fn bind_card(course: &Course<'_>, grant: Option<&Grant>, order: BindOrder) -> Result<Report, Refusal> {
    let desk = &course.core.desk;
    desk.ask(|engine| acting(engine, grant).cards(Some(&order.person)).map(drop))?;
    let card = read_card(course, &order)?;
    let new = NewCard {
        temporary: order.temporary,
        valid_from: order.valid_from,
        valid_until: order.valid_until,
        ..NewCard::labelled(&order.label, jiff::Timestamp::now())
    };
    let bound = desk.ask(|engine| {
        let mut acting = acting(engine, grant);
        let handle = acting.bind_card(&order.person, &card, &new)?;
        acting.card(&handle)
    })?;
    Ok(Report::Bound(Box::new(super::administration::card(bound))))
}

fn read_card(course: &Course<'_>, order: &BindOrder) -> Result<CardIdentity, Refusal> {
    let failed = |error| Refusal::of(&Error::Reader(error));
    let (begun, wait) = (Instant::now(), Duration::from_millis(order.wait_ms).min(LONGEST_WAIT));
    let plan = course.core.desk.ask(|engine| engine.card_plan())?;
    let mut reader = CardReader::open_with(order.reader.as_deref(), plan).map_err(failed)?;
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    while let Some(left) = wait.checked_sub(begun.elapsed()).filter(|_| !course.is_called_off()) {
        course.at(ms(begun.elapsed()), ms(wait));
        if let Some(CardEvent::Inserted(reading)) = reader.wait(left.min(LOOK_EVERY)).map_err(failed)? {
            return reading.result.map_err(|unusable| {
                Refusal::new(
                    Class::Refused,
                    "card_unusable",
                    format!("the card cannot be used: {unusable}"),
                    "",
                )
            });
        }
    }
    let text = format!("no card was laid on the reader within {} ms", wait.as_millis());
    Err(Refusal::new(Class::Unavailable, "no_card", text, "begin again, with the card at hand"))
}
