//! What a host asks for, and whether the policy lets it ask so.

use super::super::clock::Now;
use super::super::sources::{Cards, Frames};
use super::super::tap::TappedCard;
use super::super::{Engine, Error, Grant};
use super::devices::CameraUse;
use crate::audit::{self, Operation, is_id};
use crate::policy::{CameraOpens, Factor, Factors, Policy, Purpose, Rulebook};
use crate::secret::Remark;

/// What is asked for.
#[derive(Debug)]
pub struct AttemptRequest {
    /// What the grant is for.
    pub purpose: Purpose,
    /// One of the policies that the site offers for this purpose; without a name the first of them.
    pub policy: Option<String>,
    /// The application to be opened: demanded for that purpose, and refused for every other. The grant opens it.
    pub application: Option<String>,
    /// The host account to be opened.
    pub account: Option<String>,
    /// The id that the person typed, if they did so before.
    pub claim: Option<String>,
    /// Where the card comes from; from nowhere where there is no reader.
    pub cards: Option<Cards>,
    /// The card that was tapped in a watch; only where cards come from the terminal's own reader.
    pub tapped: Option<TappedCard>,
    /// Where the frames come from; from nowhere where there is no camera.
    pub frames: Option<Frames>,
    /// The secrets that the host can ask the person for. Others are not waited for.
    pub secrets: Factors,
    /// The host that asks, by the name that the policy knows it by.
    pub host: Option<String>,
    /// The other computer from which the person asks.
    pub origin: Option<String>,
    /// Whether the caller holds the store's key file: whoever runs a command on the terminal, never a client of a service.
    pub store_key: bool,
    /// The grant that a success takes the place of. A switch ends those of other people at this terminal anyway.
    pub replaces: Option<Grant>,
    /// Whether the terminal's service will hold the grant: it ends when the service does.
    pub held: bool,
    /// Why an emergency code is used, or let in without one in a disaster. Without it neither lets in.
    pub reason: Option<Remark>,
}

impl AttemptRequest {
    /// Somebody wants to be let in for `purpose`; everything else as the terminal has it.
    #[must_use]
    pub fn new(purpose: Purpose) -> AttemptRequest {
        AttemptRequest {
            purpose,
            policy: None,
            application: None,
            account: None,
            claim: None,
            cards: None,
            tapped: None,
            frames: None,
            secrets: Factors::NONE,
            host: None,
            origin: None,
            store_key: false,
            replaces: None,
            held: false,
            reason: None,
        }
    }

    /// The policy that this request falls under, if it may be made at all. What the policy pins is filled in.
    pub(super) fn permit(&mut self, engine: &Engine, rules: &Rulebook) -> Result<Policy, Error> {
        self.check_application()?;
        let terminal = &engine.store.settings().terminal;
        let policy = match &self.policy {
            Some(name) => rules.named(name, self.purpose, terminal)?,
            None => rules.policy(self.purpose, terminal)?,
        };
        if self.origin.is_some() && !policy.remote {
            return Err(Error::Remote { terminal: terminal.clone() });
        }
        let host = self.host.as_deref();
        engine.permit_sources(rules, host, self.frames.as_mut(), self.cards.as_mut())?;
        Ok(policy)
    }

    /// How the camera is used: where the face follows the card, it is opened with the card, unless the policy has it open
    /// from the beginning. Nobody is filmed who only passes by.
    pub(super) fn camera_use(&self, engine: &Engine, rules: &Rulebook, policy: &Policy) -> CameraUse {
        let group = rules.group(&engine.store.settings().terminal);
        let face_first =
            |combination: &Factors| combination.contains(Factor::Face) && !combination.contains(Factor::Card);
        let after_card = !policy.combinations.iter().any(face_first);
        let card_will_come = matches!(self.cards, Some(Cards::Reader(_) | Cards::Told(_)));
        let rests = group.camera_opens == CameraOpens::Card && after_card && card_will_come;
        CameraUse { rests, warm: group.camera_warm }
    }

    /// A grant covers the application that it was asked for: a log-in cannot be made to cover one in passing, nor a claim.
    fn check_application(&self) -> Result<(), Error> {
        let what = "the application";
        let named = "a name of 1 to 64 of A-Z a-z 0-9 . _ @ -, with the purpose application";
        let (expected, found) = match (&self.application, self.purpose == Purpose::Application) {
            (Some(name), true) if is_id(name) => return Ok(()),
            (None, false) => return Ok(()),
            (Some(name), true) => (named, format!("{} characters", name.chars().count())),
            (None, true) => (named, "none".to_owned()),
            (Some(_), false) => {
                ("none, unless the purpose is application", format!("one with the purpose {}", self.purpose))
            }
        };
        Err(Error::Invalid { what, expected, found })
    }

    /// The log's record of the attempt, as far as it is known before it begins.
    pub(super) fn entry(&self, engine: &Engine, session: &str, now: Now) -> audit::Entry {
        let mut entry = engine.entry(Operation::Authenticate, audit::Outcome::Failed);
        entry.time = now.wall;
        entry.session = Some(session.to_owned());
        entry.purpose = Some(self.purpose.code().to_owned());
        entry.account = self.account.clone();
        entry.object = self.application.clone().filter(|name| is_id(name));
        (entry.origin, entry.host) = (self.origin.clone(), self.host.clone());
        entry.host_supplied.card = self.cards.as_ref().is_some_and(Cards::are_the_hosts);
        entry.host_supplied.frames = self.frames.as_ref().is_some_and(Frames::are_the_hosts);
        entry
    }
}
