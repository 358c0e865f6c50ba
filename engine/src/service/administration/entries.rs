//! What the engine tells, as it goes over a connection.

use crate::audit::{Checkpoint, Record, ShortCode};
use crate::card::Assurance;
use crate::engine::{LiveGrant, Lockout, LoginStatus, PendingEnrolment, PersonSummary};
use crate::secret::{EmergencyUse, IssuedCode};
use crate::service::host::factors;
use crate::service::protocol::{
    CardEntry, CheckpointEntry, CodeEntry, GrantEntry, Introduced, LockoutKey, LogEntry, LoginEntry,
    PeerEntry, PendingEntry, PersonEntry, UseEntry,
};
use crate::store::Card;
use crate::terminal::{Introduction, PeerRecord, Scope};

pub(super) fn person(summary: PersonSummary) -> PersonEntry {
    let PersonSummary { person, enrolled, cards } = summary;
    PersonEntry {
        id: person.id,
        profile: person.profile,
        status: person.status,
        enrolled,
        cards: u32::try_from(cards).unwrap_or(u32::MAX),
        created: person.created,
        face_exception: person.face_exception,
        consent: person.consent,
    }
}

pub(in crate::service) fn card(card: Card) -> CardEntry {
    CardEntry {
        handle: card.handle.to_string(),
        people: card.people,
        label: card.label,
        kind: card.kind,
        proved: card.assurance == Assurance::Proved,
        status: card.status,
        valid_from: card.valid_from,
        valid_until: card.valid_until,
    }
}

pub(super) fn login(status: LoginStatus) -> LoginEntry {
    LoginEntry {
        person: status.person,
        application: status.app,
        user: status.user,
        fields: status.fields,
        suspended: status.suspended,
    }
}

pub(super) fn grant(live: LiveGrant) -> GrantEntry {
    GrantEntry {
        session: live.session,
        factors: factors(&live.record.factors),
        subject: live.record.subject,
        purpose: live.record.purpose,
        issued: live.record.issued,
        left_ms: u64::try_from(live.left.as_millis()).unwrap_or(u64::MAX),
    }
}

pub(super) fn record(record: Record) -> LogEntry {
    let Record { seq, terminal, entry, .. } = record;
    LogEntry {
        seq,
        terminal,
        time: entry.time,
        operation: entry.operation,
        outcome: entry.outcome,
        reason: entry.reason,
        subject: entry.subject,
        name: entry.name,
        object: entry.object,
        account: entry.account,
        purpose: entry.purpose,
        factors: factors(&entry.factors),
        session: entry.session,
        origin: entry.origin,
        host: entry.host,
    }
}

/// By what lock-outs are in order.
pub(super) fn locked(lockout: &Lockout) -> LockoutKey {
    (lockout.person.clone(), lockout.card.clone(), lockout.factor)
}

pub(super) fn code((handle, code): (String, IssuedCode)) -> CodeEntry {
    CodeEntry {
        handle,
        person: code.person,
        terminal: code.terminal,
        minutes: code.minutes,
        issued: code.term.from,
        until: code.term.until,
        issuer: code.issuer,
        state: code.state,
    }
}

pub(super) fn used((handle, used): (String, EmergencyUse)) -> UseEntry {
    UseEntry {
        handle,
        code: used.code,
        person: used.person,
        name: used.name,
        reason: used.reason,
        terminal: used.terminal,
        at: used.at,
        session: used.session,
        review: used.review.map(|review| (review.by, review.at, review.note)),
    }
}

pub(super) fn pending(pending: PendingEnrolment) -> PendingEntry {
    PendingEntry {
        person: pending.person,
        name: pending.profile.map(|profile| profile.name),
        reason: pending.reason,
        resembles: pending.resembles,
        by: pending.by,
        at: pending.at,
        until: pending.until,
    }
}

pub(super) fn peer(peer: PeerRecord) -> PeerEntry {
    let passes = |scope: &Option<Scope>| scope.as_ref().is_some_and(|scope| !scope.is_empty());
    PeerEntry {
        number: peer.identity.number,
        fingerprint: peer.identity.fingerprint().to_string(),
        terminal: peer.identity.terminal,
        passes: [passes(&peer.pairing.sends), passes(&peer.pairing.takes)],
        paired: peer.paired,
        ended: peer.ended,
        sent: peer.sent,
        taken: peer.taken.map_or(0, |taken| taken.revision),
        complete: peer.complete,
    }
}

pub(in crate::service) fn introduced(introduction: &Introduction) -> Introduced {
    let identity = introduction.identity();
    Introduced {
        terminal: identity.terminal.clone(),
        number: identity.number,
        fingerprint: identity.fingerprint().to_string(),
        text: introduction.to_text(),
    }
}

pub(super) fn checkpoint(checkpoint: &Checkpoint) -> CheckpointEntry {
    CheckpointEntry {
        number: checkpoint.head.number,
        last: checkpoint.head.last,
        time: checkpoint.head.time,
        code: ShortCode::of(checkpoint).to_string(),
    }
}
