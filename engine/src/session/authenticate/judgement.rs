//! The one judgement of an attempt: who it is, whether the face is theirs, whether every secret is right. All of it is
//! judged whatever the first part gave, so that neither steps nor time tell what was wrong.

use super::request::Request;
use super::subject::{Identity, Subject};
use super::ways::Ways;
use crate::matching::{self, Choice, MatchError};
use crate::policy::{Cause, Factor, Factors};
use crate::session::outcome::{LivenessDetail, Why};
use crate::session::sight::Shown;

/// The secrets that the driver can compare. The host's own password is the operating system's to judge.
const COMPARED: [Factor; 4] = [Factor::Password, Factor::Pin, Factor::StoreKey, Factor::EmergencyCode];

/// A judgement under way.
#[derive(Debug)]
pub(super) struct Judgement {
    combination: Factors,
    /// Whose secrets they would have to be.
    subject: Option<String>,
    /// The tries were counted for this person: what is judged right is a right try of theirs, whatever else is wrong.
    counted: bool,
    /// The first thing that was wrong.
    refusal: Option<Why>,
    detail: Option<LivenessDetail>,
    score: Option<f32>,
    /// What was judged right.
    held: Factors,
    /// Secrets not compared yet.
    to_compare: Factors,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) why: Why,
    pub(super) granted: bool,
    pub(super) subject: Option<String>,
    pub(super) detail: Option<LivenessDetail>,
    pub(super) score: Option<f32>,
    pub(super) held: Factors,
    /// Those of them whose tries were counted for the person that they were judged for.
    pub(super) right: Factors,
}

impl Judgement {
    /// Judges person and face of a complete combination: `found` is what the lookup for the verdict gave.
    pub(super) fn begin(
        combination: Factors,
        shown: Option<Shown>,
        found: &[Subject],
        case: &Case<'_>,
    ) -> Result<Judgement, MatchError> {
        let mut judgement = Judgement {
            combination,
            subject: None,
            counted: false,
            refusal: None,
            detail: None,
            score: None,
            held: Factors::NONE,
            to_compare: combination.iter().filter(|factor| COMPARED.contains(factor)).collect(),
        };
        let person = match case.choose(found, shown.as_ref())? {
            Ok((person, score)) => {
                judgement.subject = Some(person.id.clone());
                judgement.counted = case.is_counted_for(person, found.len());
                judgement.score = score;
                judgement.refuse(case.refusal(person, found.len(), combination));
                Some(person)
            }
            Err(why) => {
                judgement.refuse(Some(why));
                None
            }
        };
        if judgement.refusal.is_none() && combination.contains(Factor::Card) {
            judgement.held = judgement.held.with(Factor::Card);
        }
        if combination.contains(Factor::Face) {
            judgement.compare_face(person, shown, case.request)?;
        }
        Ok(judgement)
    }

    /// The next secret to be compared, and whose it would have to be.
    pub(super) fn next_secret(&self) -> Option<(Factor, Option<String>)> {
        self.to_compare.iter().next().map(|factor| (factor, self.subject.clone()))
    }

    /// The answer for [`Judgement::next_secret`].
    pub(super) fn compared(&mut self, right: bool) {
        let Some(factor) = self.to_compare.iter().next() else { return };
        self.to_compare = self.to_compare.without(factor);
        if right && self.subject.is_some() {
            self.held = self.held.with(factor);
        } else {
            self.refuse(Some(Why::WrongSecret));
        }
    }

    /// The end, once nothing is left to be compared.
    pub(super) fn end(self) -> Judged {
        let unjudged = Factors::of(&[Factor::HostPassword]);
        let complete = self.held.contains_all(self.combination.minus(unjudged)) && self.to_compare.is_empty();
        let granted = complete && self.refusal.is_none() && self.subject.is_some();
        let by_code = self.combination.contains(Factor::EmergencyCode);
        let success = if by_code { Why::Emergency } else { Why::Matched };
        Judged {
            why: self.refusal.unwrap_or(if granted { success } else { Why::NoMatch }),
            granted,
            subject: self.subject,
            detail: self.detail,
            score: self.score,
            held: if granted { self.combination } else { self.held },
            right: if self.counted { self.held } else { Factors::NONE },
        }
    }

    fn compare_face(
        &mut self,
        person: Option<&Subject>,
        shown: Option<Shown>,
        request: &Request,
    ) -> Result<(), MatchError> {
        let template = person.and_then(|person| person.template.as_ref());
        let Some(template) = template else {
            self.refuse(Some(Why::NotEnrolled));
            return Ok(());
        };
        let Some(shown) = shown else {
            self.refuse(Some(Why::NoFace));
            return Ok(());
        };
        // A department card's people were compared with a stricter threshold already.
        let score = match self.score {
            Some(score) => score,
            None => template.score(request.space, &shown.probe)?,
        };
        self.score = Some(score);
        let matched = request.threshold.accepts(score);
        if matched && shown.doubt.is_none() {
            self.held = self.held.with(Factor::Face);
        } else if let Some(doubt) = shown.doubt {
            self.doubt(doubt);
        } else {
            self.refuse(Some(Why::NoMatch));
        }
        Ok(())
    }

    fn doubt(&mut self, doubt: LivenessDetail) {
        if self.refusal.is_none() {
            self.detail = Some(doubt);
        }
        self.refuse(Some(Why::Liveness));
    }

    /// The first refusal stands.
    fn refuse(&mut self, why: Option<Why>) {
        self.refusal = self.refusal.or(why);
    }
}

/// What a judgement is judged by.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) request: &'a Request,
    pub(super) identity: &'a Identity,
    pub(super) ways: &'a Ways,
    /// Whose tries were counted, if any were: one person's, or nobody's in particular.
    pub(super) counted: Option<Option<&'a str>>,
}

impl Case<'_> {
    /// Which of those found it is: the only one, or, where policy lets several people share a card, the one whom the face
    /// tells from the others.
    fn choose<'s>(&self, found: &'s [Subject], shown: Option<&Shown>) -> Result<Choosing<'s>, MatchError> {
        Ok(match found {
            [] => Err(self.identity.nobody()),
            [only] => Ok((only, None)),
            several => match shown {
                Some(shown) if self.request.policy.department_cards => self.tell_apart(several, shown)?,
                _ => Err(Why::Ambiguous),
            },
        })
    }

    /// Whoever of them has no template takes no part, but makes the threshold stricter like everybody else.
    fn tell_apart<'s>(&self, several: &'s [Subject], shown: &Shown) -> Result<Choosing<'s>, MatchError> {
        let threshold = several.len().checked_sub(2).and_then(|index| self.request.among.get(index));
        let Some(threshold) = threshold else { return Ok(Err(Why::Ambiguous)) };
        let enrolled: Vec<&Subject> = several.iter().filter(|person| person.template.is_some()).collect();
        let templates = enrolled.iter().filter_map(|person| person.template.as_ref());
        Ok(match matching::choose(templates, self.request.space, &shown.probe, *threshold)? {
            Choice::One { index, score } => {
                enrolled.get(index).map(|person| (*person, Some(score))).ok_or(Why::Ambiguous)
            }
            Choice::Nobody => Err(Why::NoMatch),
            Choice::Unclear => Err(Why::Ambiguous),
        })
    }

    /// Whether the tries are this person's. They were counted for whom the first lookup gave, and are not judged for
    /// anybody else; several people's are counted for their card.
    fn is_counted_for(&self, person: &Subject, found: usize) -> bool {
        let theirs = |counted: Option<&str>| counted.map_or(found > 1, |counted| counted == person.id);
        self.counted.is_none_or(theirs)
    }

    /// Why this person is not let in by this combination, whatever they show.
    fn refusal(&self, person: &Subject, found: usize, combination: Factors) -> Option<Why> {
        let other = !self.is_counted_for(person, found);
        let claims_other = self.identity.claim().is_some_and(|claim| claim != person.id);
        if other || claims_other {
            return Some(Why::OtherPerson);
        }
        let excused = person.exception || !self.ways.rests_on(combination, Cause::Exception);
        let refusal = person.refusal(self.request.account.as_deref());
        refusal.or((!excused).then_some(Why::NothingLeft))
    }
}

/// A person with the score of a choice among several, or why it is nobody.
type Choosing<'s> = Result<(&'s Subject, Option<f32>), Why>;
