//! What the person and the host are told on the way: what would help, and the one thing to do next.

use std::time::Duration;

use super::{Authentication, Output};
use crate::policy::Factor;
use crate::session::guidance::Guidance;
use crate::session::outcome::Why;

impl Authentication {
    /// What would help now, when that has changed.
    pub(super) fn tell_needs(&mut self, now: Duration) {
        let given = self.given(now);
        let identified = self.identity.who().is_some();
        if self.ended || self.ways.complete(given, identified).is_some() {
            return;
        }
        let needs = self.ways.needs(given, identified);
        if needs != self.needs {
            self.outputs.push_back(Output::Need(needs.clone()));
            self.needs = needs;
        }
    }

    /// Says one thing to do: what the face is to do while somebody stands there, else what else is missing.
    pub(super) fn guide(&mut self, now: Duration) {
        if self.ended || self.is_judging() {
            return;
        }
        if self.waits.is_some() {
            self.suggest(now, Guidance::HoldStill);
            return;
        }
        let given = self.given(now);
        let Some(combination) = self.ways.followed(given).next() else { return };
        let missing = combination.minus(given);
        // Before the card, whoever stands there may only be passing by: they are not told how to stand.
        let comes_first = !missing.contains(Factor::Card) || self.sight.awaits_blink();
        if comes_first && self.looks(now) && !given.contains(Factor::Face) {
            if self.sight.sees_somebody() {
                self.sight.hint().into_iter().for_each(|hint| self.suggest(now, hint));
                return;
            }
            if missing.contains(Factor::Face) {
                self.suggest(now, Guidance::ShowFace);
                return;
            }
        }
        let claim = self.identity.who().is_none() && !combination.contains(Factor::Card);
        let next = missing.without(Factor::Face).iter().find_map(Guidance::to_give);
        if let Some(guidance) = if claim { Some(Guidance::TypeId) } else { next } {
            self.suggest(now, guidance);
        }
    }

    /// The last thing that is said: what became of it, or what is wrong with the card. That it is nobody's, or stopped, is told
    /// only of an attempt that was complete and counted, and where the policy lets it be known: whoever tries card numbers
    /// pays for each with a try.
    pub(super) fn say_last(&mut self, now: Duration, why: Why) {
        let may_know = self.request.explains_cards && !self.timed_out;
        match why {
            Why::CardUnknown if may_know => self.show_of_card(now, Guidance::CardUnknown),
            Why::CardRevoked if may_know => self.show_of_card(now, Guidance::CardSuspended),
            _ if self.guide.stays(now) => {}
            _ => self.show(Guidance::Done),
        }
    }

    /// At once, and for long enough to be read.
    pub(super) fn show_of_card(&mut self, now: Duration, guidance: Guidance) {
        if let Some(guidance) = self.guide.show_of_card(now, guidance) {
            self.outputs.push_back(Output::Guide(guidance));
        }
    }

    fn suggest(&mut self, now: Duration, guidance: Guidance) {
        if let Some(guidance) = self.guide.suggest(now, guidance) {
            self.outputs.push_back(Output::Guide(guidance));
        }
    }

    /// At once, because the person's next act answers it.
    pub(super) fn show(&mut self, guidance: Guidance) {
        if let Some(guidance) = self.guide.show(guidance) {
            self.outputs.push_back(Output::Guide(guidance));
        }
    }
}
