//! What an attempt is told and what it asks for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::subject::Subject;
use crate::card::{CardIdentity, Unusable};
use crate::face::Observation;
use crate::matching::{Space, Threshold};
use crate::policy::{Cause, Factor, Factors, Locked, Policy};
use crate::session::guidance::{CardTrouble, Guidance};
use crate::session::outcome::{Verdict, Why};
use crate::text::vocabulary;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The rules.
    pub policy: Policy,
    /// The score that is a match: the policy's FMR by the calibration.
    pub threshold: Threshold,
    /// The score that is a match among the people of a department card: for two people, for three, and so on
    /// ([`Threshold::identification`]). A card of more people than are listed here is refused.
    pub among: Vec<Threshold>,
    /// The space that probes are of.
    pub space: Space,
    /// Below this median the anti-spoof net refuses.
    pub live_threshold: f32,
    /// The host account to be opened, if it matters which.
    pub account: Option<String>,
    /// The id that the person typed, if they did so before the attempt.
    pub claim: Option<String>,
    /// Whether there is a camera. Without one the attempt begins as if it had just been lost.
    pub camera: bool,
    /// Whether there is a card reader. Without one the attempt begins as if it had just been lost.
    pub reader: bool,
    /// Why nobody is let in, whatever is shown: found before the attempt. It ends at once, and asks for nothing.
    pub closed: Option<Why>,
    /// Whether whoever holds a card may know, once all was judged, that it is nobody's or stopped.
    pub explains_cards: bool,
    /// How long the face is watched in silence before each prompt: random, so that nobody knows when it comes. At most
    /// one second counts.
    pub quiet: [Duration; 2],
}

/// A device that an attempt may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Device {
    /// Gives frames, and with them the face.
    Camera,
    /// Gives the card, and with it the card's PIN.
    Reader,
}

impl Device {
    /// What cannot be given without it.
    pub(super) fn factors(self) -> Factors {
        match self {
            Device::Camera => Factors::of(&[Factor::Face]),
            Device::Reader => Factors::of(&[Factor::Card, Factor::Pin]),
        }
    }

    /// What its loss is called.
    #[must_use]
    pub const fn cause(self) -> Cause {
        match self {
            Device::Camera => Cause::CameraLost,
            Device::Reader => Cause::ReaderLost,
        }
    }
}

/// What the driver tells the session.
#[derive(Debug)]
pub enum Input<'a> {
    /// A card was read.
    CardSeen(Result<CardIdentity, Unusable>),
    /// A card could not be read. Nobody is judged by it.
    CardTrouble(CardTrouble),
    /// The card was taken away.
    CardGone,
    /// Somebody typed an id: who they say they are. The first one counts.
    Claim(String),
    /// A secret of this kind was typed (or, for the store's key, is at hand). The driver keeps it; the session never
    /// sees it. Typed again, the later one counts.
    Secret(Factor),
    /// The answer to [`Output::Lookup`]: nobody, one person, or the several of a department card.
    Found(Vec<Subject>),
    /// The answer to [`Output::Reserve`]: every one of the tries is counted in the store, and the terminal is slowed by
    /// so much; or none of them is, because one of the factors is locked.
    Reserved(Result<Duration, Lockout>),
    /// The answer to [`Output::Verify`].
    Verified(Verified),
    /// A frame was measured.
    Observation(&'a Observation),
    /// This factor cannot be given here, whoever asks: the card judges no PIN, the host takes no password of its own.
    Unavailable(Factor),
    /// A device went away.
    DeviceLost(Device),
    /// A device came back.
    DeviceBack(Device),
    /// The host chose among the alternatives of the last [`Output::Need`], by its factors: only that one is followed
    /// from here on. No factor at all takes the choice back.
    Choose(Factors),
    /// Nothing, but time passed.
    Tick,
    /// The host calls the attempt off.
    Cancel,
}

/// What came of comparing a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// It is theirs.
    Right,
    /// It is not.
    Wrong,
    /// It was not compared, and is taken back: the card would not have it tried, or is gone. Another one may be typed.
    NotTried,
}

/// A factor that cannot be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lockout {
    /// Which.
    pub factor: Factor,
    /// For how long.
    pub locked: Locked,
}

/// What the session tells the driver. [`Lookup`](Output::Lookup), [`Reserve`](Output::Reserve) and
/// [`Verify`](Output::Verify) are questions: only one is open at a time, and it is to be answered before anything else is
/// told. They come for cards and ids that nobody knows as well.
#[derive(Debug)]
pub enum Output {
    /// Find out who this is, and answer with [`Input::Found`]: when it was given, and again for the verdict.
    Lookup(Who),
    /// Count a try of each of these factors before they are judged, and answer with [`Input::Reserved`]. A try that is
    /// not named in [`Verdict::succeeded`] stays counted, whatever else becomes of the attempt.
    Reserve {
        /// What is about to be judged.
        factors: Factors,
        /// Whose tries they are. `None`: nobody's that is known, or one of several people's; then only the terminal
        /// (and, if the driver likes, the card) has tried.
        subject: Option<String>,
    },
    /// Compare the secret that was typed, and answer with [`Input::Verified`]. Without a subject the driver does the same
    /// work on a made-up secret and answers [`Verified::Wrong`]. Single-use codes are used up by the grant, not here.
    Verify {
        /// Which secret.
        factor: Factor,
        /// Whose it would have to be.
        subject: Option<String>,
    },
    /// The attempt turned to what stands in for the ordinary factors. Each cause is told once; for the log.
    Turn(Cause),
    /// Something happened that a person may want to see.
    Event(Event),
    /// What the person should do now.
    Guide(Guidance),
    /// What would help now: every alternative, the preferred first. Told whenever it changes.
    Need(Vec<Need>),
    /// The end. Nothing comes after it.
    Done(Verdict),
}

/// By what somebody is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By their card.
    Card(CardIdentity),
    /// By the id that was typed.
    Claimed(String),
}

/// One alternative: what is still missing of one combination of factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Need {
    /// The factors.
    pub factors: Factors,
    /// Whether an id must be typed as well, because nothing says yet who it is.
    pub claim: bool,
}

vocabulary! {
    /// Steps on the way.
    pub enum Event, "a step" {
        /// A card was read (known or not).
        CardRead = "card_read", "Card read.", "カードを読み取りました。";
        /// A usable face is in front of the camera.
        FaceFound = "face_found", "Face found.", "顔を確認しました。";
        /// The blink that was asked for.
        BlinkSeen = "blink_seen", "Blink seen.", "まばたきを確認しました。";
    }
}
