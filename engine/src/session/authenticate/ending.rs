//! The ends of an attempt, and the one place where a verdict is made.

use std::time::Duration;

use super::judgement::Judged;
use super::request::{Device, Output};
use super::{Authentication, Why};
use crate::policy::{Factor, Factors, Stage};
use crate::session::outcome::{Coarse, LivenessDetail, Outcome, Verdict};

impl Authentication {
    /// The time for giving is over.
    pub(super) fn time_out(&mut self, now: Duration) {
        self.timed_out = true;
        let given = self.given(now);
        let missing = self.ways.followed(given).next().unwrap_or_default().minus(given);
        let why = if missing.contains(Factor::Card) {
            Why::NoCard
        } else if missing.contains(Factor::Face) {
            if self.sight.was_challenged() && self.identity.is_known() {
                let detail = self.sight.unanswered();
                return self.refuse_liveness(now, detail);
            }
            Why::NoFace
        } else if self.identity.who().is_none() {
            Why::NoId
        } else {
            Why::NoSecret
        };
        if self.is_presented() {
            self.deny(now, self.personal_refusal().unwrap_or(why), None);
        } else {
            self.end(now, Outcome::Abandoned, why);
        }
    }

    /// A challenge that is out cannot be escaped by pressing cancel: it counts as failed.
    pub(super) fn call_off(&mut self, now: Duration, why: Why) {
        let tried = !self.tries.counted.is_empty() || self.is_judging();
        self.end(now, if tried { Outcome::Denied } else { Outcome::Abandoned }, why);
    }

    /// No combination is left that could still be given.
    pub(super) fn end_closed(&mut self, now: Duration) {
        let why = if self.tries.locked.is_some() {
            Why::LockedOut
        } else if self.lost.is_empty() {
            Why::NothingLeft
        } else {
            Why::DeviceLost
        };
        self.end(now, if self.is_presented() { Outcome::Denied } else { Outcome::Abandoned }, why);
    }

    /// The face, or what was held up for it, was not seen to live.
    pub(super) fn refuse_liveness(&mut self, now: Duration, detail: LivenessDetail) {
        match self.personal_refusal() {
            Some(why) => self.deny(now, why, None),
            None if self.is_presented() => self.deny(now, Why::Liveness, Some(detail)),
            None => self.end(now, Outcome::Abandoned, Why::Liveness),
        }
    }

    /// An end before anything was judged.
    pub(super) fn end(&mut self, now: Duration, outcome: Outcome, why: Why) {
        let judged = self.unjudged(why, None);
        self.finish(now, outcome, judged);
    }

    /// What came of it all.
    pub(super) fn finish(&mut self, now: Duration, judgement: Outcome, judged: Judged) {
        self.say_last(now, judged.why);
        self.ended = true;
        (self.asked, self.waits) = (None, None);
        self.sight.close();
        let observed = self.request.policy.stage == Stage::Observe && judgement != Outcome::Abandoned;
        self.outputs.push_back(Output::Done(Verdict {
            outcome: if observed { Outcome::Observed } else { judgement },
            judgement,
            why: judged.why,
            told: match (observed, self.timed_out) {
                (true, _) => Coarse::Observed,
                (false, true) => Coarse::TooLate,
                (false, false) => judged.why.coarse(),
            },
            detail: judged.detail,
            provisional: judgement == Outcome::Granted && judged.held.contains(Factor::HostPassword),
            factors: judged.held,
            succeeded: judged.right.iter().filter(|factor| self.tries.counted.contains(*factor)).collect(),
            subject: judged.subject,
            locked: self.tries.locked,
            took: now.saturating_sub(self.started.unwrap_or(now)),
            score: judged.score,
        }));
    }

    fn deny(&mut self, now: Duration, why: Why, detail: Option<LivenessDetail>) {
        let judged = self.unjudged(why, detail);
        self.finish(now, Outcome::Denied, judged);
    }

    fn unjudged(&self, why: Why, detail: Option<LivenessDetail>) -> Judged {
        let person = self.identity.person();
        let good_card = self.identity.has_card() && person.is_some() && self.personal_refusal().is_none();
        Judged {
            why,
            granted: false,
            subject: person.map(|person| person.id.clone()),
            detail,
            score: None,
            held: if good_card { Factors::of(&[Factor::Card]) } else { Factors::NONE },
            right: Factors::NONE,
        }
    }

    /// Why whoever is said to be here would have been refused anyway.
    fn personal_refusal(&self) -> Option<Why> {
        self.identity.unknown().or_else(|| {
            let person = self.identity.person()?;
            let refusal = person.refusal(self.request.account.as_deref());
            refusal.or_else(|| {
                person.template.is_none().then_some(Why::NotEnrolled).filter(|_| self.asks_face())
            })
        })
    }

    /// Whether the face was asked for at all.
    fn asks_face(&self) -> bool {
        let camera = !self.lost.contains(&Device::Camera);
        camera && self.ways.follow(Factor::Face, Factors::NONE)
    }

    /// Whether anything was presented. A typed id is a claim, a key file lies at hand, and a face that nobody has named is
    /// a passer-by's.
    fn is_presented(&self) -> bool {
        let typed = !self.secrets.without(Factor::StoreKey).is_empty();
        self.identity.has_card() || typed || !self.tries.counted.is_empty()
    }
}
