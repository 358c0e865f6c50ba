//! Who somebody is said to be, and whether that person may be let in at all.

use super::request::Who;
use crate::card::CardIdentity;
use crate::matching::Template;
use crate::session::outcome::Why;

/// Whether a person, and the card that led to them, may be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// Both may.
    Good,
    /// The card is suspended, lost, returned or past its date.
    CardRevoked,
    /// The card was bound as one that proves itself, and has not done so now: it may be a copy.
    CardUnproved,
    /// The person is disabled.
    Disabled,
    /// The person is on leave.
    OnLeave,
    /// The person's time has not begun.
    NotYetValid,
    /// The person's time is over.
    Expired,
    /// The person may be let in, but not at this hour.
    OutOfHours,
    /// The person is retired.
    Retired,
}

impl Standing {
    /// Why such a person is refused.
    pub(super) const fn refusal(self) -> Option<Why> {
        match self {
            Standing::Good => None,
            Standing::CardRevoked => Some(Why::CardRevoked),
            Standing::CardUnproved => Some(Why::CardUnproved),
            Standing::Disabled => Some(Why::Disabled),
            Standing::OnLeave => Some(Why::OnLeave),
            Standing::NotYetValid => Some(Why::NotYetValid),
            Standing::Expired => Some(Why::Expired),
            Standing::OutOfHours => Some(Why::OutOfHours),
            Standing::Retired => Some(Why::Retired),
        }
    }
}

/// A person whom a card or an id leads to.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The person's id.
    pub id: String,
    /// Whether person and card may be used.
    pub standing: Standing,
    /// The host accounts that this person may open.
    pub accounts: Vec<String>,
    /// Whether the person is excused from showing the face.
    pub exception: bool,
    /// The enrolled face.
    pub template: Option<Template>,
}

impl Subject {
    /// Why this person is not let in, whatever they show.
    pub(super) fn refusal(&self, account: Option<&str>) -> Option<Why> {
        self.standing.refusal().or_else(|| {
            let wanted = account?;
            let may = self.accounts.iter().any(|account| account == wanted);
            (!may).then_some(Why::Account)
        })
    }
}

/// What was given to say who it is, and whom it leads to.
#[derive(Debug, Default)]
pub(super) struct Identity {
    card: Option<CardIdentity>,
    claim: Option<String>,
    found: Option<(Who, Vec<Subject>)>,
}

impl Identity {
    pub(super) fn claimed(claim: Option<String>) -> Identity {
        Identity { claim, ..Identity::default() }
    }

    /// The first card counts.
    pub(super) fn take_card(&mut self, card: CardIdentity) {
        self.card.get_or_insert(card);
    }

    /// The first claim counts.
    pub(super) fn take_claim(&mut self, claim: String) {
        self.claim.get_or_insert(claim);
    }

    pub(super) fn has_card(&self) -> bool {
        self.card.is_some()
    }

    /// The id that was typed.
    pub(super) fn claim(&self) -> Option<&str> {
        self.claim.as_deref()
    }

    /// By what the person is to be looked up: a card says more than a typed id.
    pub(super) fn who(&self) -> Option<Who> {
        let by_card = self.card.clone().map(Who::Card);
        by_card.or_else(|| self.claim.clone().map(Who::Claimed))
    }

    /// What nobody was looked up by yet.
    pub(super) fn unasked(&self) -> Option<Who> {
        self.who().filter(|who| self.found.as_ref().is_none_or(|(asked, _)| asked != who))
    }

    pub(super) fn found(&mut self, who: Who, subjects: Vec<Subject>) {
        self.found = Some((who, subjects));
    }

    /// Whether somebody was looked up, found or not.
    pub(super) fn is_known(&self) -> bool {
        self.found.is_some()
    }

    /// The one person whom it leads to.
    pub(super) fn person(&self) -> Option<&Subject> {
        match &self.found {
            Some((_, subjects)) if subjects.len() == 1 => subjects.first(),
            _ => None,
        }
    }

    /// Why nobody at all was found, if that is so.
    pub(super) fn unknown(&self) -> Option<Why> {
        let nobody = self.found.as_ref().is_some_and(|(_, subjects)| subjects.is_empty());
        nobody.then_some(self.nobody())
    }

    /// The word for whom nobody knows.
    pub(super) fn nobody(&self) -> Why {
        if self.has_card() { Why::CardUnknown } else { Why::PersonUnknown }
    }
}
