//! The watch over a grant in use: whether the person whom it was given to is still there, and nobody else in their place.
//! Presence is of the person: a face counts once it was compared with theirs, and then as long as it is not lost.

use std::collections::VecDeque;
use std::time::Duration;

use super::authenticate::Device;
use super::sight::is_masked;
use crate::face::{Embedding, FaceObservation, Hint, Observation, TrackId, Want};
use crate::matching::{self, MatchError, Space, Template, Threshold};
use crate::text::vocabulary;

/// How often a face that is known to be the person's is compared again.
const RECHECK: Duration = Duration::from_secs(10);

/// A face that could not be compared for so long, turned away or dark, stands for nobody any more.
const CONFIRMED_FOR: Duration = Duration::from_secs(60);

/// How often a face that nobody was recognised in is compared.
const LOOK: Duration = Duration::from_millis(500);

/// Another person is in front once so many looks in a row, and over so long, showed somebody else: one bad picture, and
/// whoever leans in for a moment, end nothing.
const OTHER_LOOKS: usize = 4;
const OTHER_FOR: Duration = Duration::from_secs(3);

/// Looks further apart than this are not one stay in front of the camera.
const MOST_BETWEEN: Duration = Duration::from_secs(2);

/// A card that has to stay on the reader is seen there within this time of the watch's beginning: it is read anew, and on a
/// slow reader that takes seconds.
const CARD_SHOWS: Duration = Duration::from_secs(10);

/// What is watched, and by what rules.
#[derive(Debug, Clone)]
pub struct WatchRequest {
    /// The person's templates. Without any, faces are not looked at: nobody can be told from anybody.
    pub templates: Vec<Template>,
    /// The space that probes are of.
    pub space: Space,
    /// The score at which a face is the person's.
    pub threshold: Threshold,
    /// Away for so long is absent; `None`: absence does not matter.
    pub absence: Option<Duration>,
    /// Whether taking the card away ends the grant. One that is not seen soon was taken away before.
    pub card_stays: bool,
    /// How much of its life the grant has left.
    pub life: Duration,
}

/// What the driver tells the watch.
#[derive(Debug)]
pub enum WatchInput<'a> {
    /// A frame was measured.
    Observation(&'a Observation),
    /// The grant's card lies on the reader.
    CardThere,
    /// The grant's card was taken away.
    CardGone,
    /// Another card than the grant's was laid on the reader.
    OtherCard,
    /// A device went away. Without a camera nobody is seen, and without a reader no card: what the grant rests on cannot
    /// be shown any more.
    DeviceLost(Device),
    /// The grant was revoked: the person, the card, or the grant itself.
    Revoked,
    /// The grant ended otherwise: log-off, another person's log-in.
    Ended,
    /// Nothing, but time passed.
    Tick,
}

vocabulary! {
    /// What the watch has to tell.
    pub enum WatchEvent, "an event of a watch" {
        /// The person has been away for too long.
        Absent = "absent", "The person left the terminal.", "利用者が離席しました。";
        /// The person is there again.
        Back = "back", "The person is back.", "利用者が戻りました。";
        /// Somebody else is in front of the terminal, and stays.
        OtherPerson = "other_person", "Another person is in front of the terminal.", "別の人が端末の前にいます。";
        /// Another card than the grant's was laid on the reader.
        OtherCard = "other_card", "Another card is on the reader.", "別のカードが読み取られました。";
        /// The card was taken away. The watch is over.
        CardRemoved = "card_removed", "The card was removed.", "カードが取り外されました。";
        /// The grant's time is up. The watch is over.
        Expired = "expired", "The time is up.", "有効期限が切れました。";
        /// The grant was revoked. The watch is over.
        Revoked = "revoked", "The permission was revoked.", "許可が取り消されました。";
        /// The grant has ended. The watch is over.
        Ended = "ended", "Logged off.", "ログオフしました。";
    }
}

/// The face in front, as far as it is known.
#[derive(Debug, Default)]
struct Front {
    track: Option<TrackId>,
    /// When it was last compared.
    looked: Option<Duration>,
    /// When it was last found to be the person's.
    confirmed: Option<Duration>,
}

/// Looks that showed somebody else, without one in between that showed the person.
#[derive(Debug, Default)]
struct Other {
    since: Option<Duration>,
    last: Option<Duration>,
    looks: Vec<Embedding>,
}

/// One watch.
#[derive(Debug)]
pub struct Watch {
    request: WatchRequest,
    started: Option<Duration>,
    /// When the person was last there.
    present: Duration,
    /// The grant's card was seen on the reader.
    card_seen: bool,
    front: Front,
    other: Other,
    absent: bool,
    displaced: bool,
    events: VecDeque<WatchEvent>,
    over: bool,
}

impl Watch {
    /// A watch that begins with its first input. The person was let in a moment ago, and is there.
    #[must_use]
    pub fn new(request: WatchRequest) -> Watch {
        Watch {
            request,
            started: None,
            present: Duration::ZERO,
            card_seen: false,
            front: Front::default(),
            other: Other::default(),
            absent: false,
            displaced: false,
            events: VecDeque::with_capacity(4),
            over: false,
        }
    }

    /// Takes one input at `now`, on a clock that never goes back.
    ///
    /// # Errors
    /// [`MatchError`] when what was measured cannot be compared: another model's template, a broken embedding.
    pub fn handle(&mut self, now: Duration, input: WatchInput<'_>) -> Result<(), MatchError> {
        if self.over {
            return Ok(());
        }
        if self.started.is_none() {
            (self.started, self.present) = (Some(now), now);
        }
        if self.end_of_life().is_some_and(|end| now >= end) {
            self.end(WatchEvent::Expired);
            return Ok(());
        }
        match input {
            WatchInput::Observation(observation) => self.observe(now, observation)?,
            WatchInput::CardThere => self.card_seen = true,
            WatchInput::CardGone | WatchInput::DeviceLost(Device::Reader) => {
                if self.request.card_stays {
                    self.end(WatchEvent::CardRemoved);
                }
            }
            WatchInput::OtherCard => self.events.push_back(WatchEvent::OtherCard),
            WatchInput::DeviceLost(Device::Camera) => self.front = Front::default(),
            WatchInput::Revoked => self.end(WatchEvent::Revoked),
            WatchInput::Ended => self.end(WatchEvent::Ended),
            WatchInput::Tick => {}
        }
        if !self.over && self.card_missing_at().is_some_and(|missing| now >= missing) {
            self.end(WatchEvent::CardRemoved);
        }
        self.judge_absence(now);
        Ok(())
    }

    /// The next event, oldest first.
    pub fn poll(&mut self) -> Option<WatchEvent> {
        self.events.pop_front()
    }

    /// Whether nothing more will be told.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// What is to be measured in a frame taken at `now`: an embedding only of a face that is due to be compared.
    #[must_use]
    pub fn want(&self, now: Duration) -> Want {
        Want {
            embedding: self.watches_faces() && self.front.track.is_some() && self.is_due(now),
            ..Want::default()
        }
    }

    /// How long the next frame may wait: seldom while all is well or nobody is there, often while somebody has to be
    /// recognised.
    #[must_use]
    pub fn pace(&self) -> Duration {
        let unknown = self.front.track.is_some() && self.front.confirmed.is_none();
        if unknown && self.watches_faces() { LOOK / 4 } else { LOOK }
    }

    /// When something is told without any more input, once the watch has begun.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let end = self.end_of_life().filter(|_| !self.over)?;
        [self.absent_at(), self.card_missing_at()].into_iter().flatten().chain([end]).min()
    }

    fn observe(&mut self, now: Duration, observation: &Observation) -> Result<(), MatchError> {
        if !self.watches_faces() {
            return Ok(());
        }
        let Some(face) = &observation.face else {
            self.front = Front::default();
            return Ok(());
        };
        if self.front.track != Some(face.track) {
            self.front = Front { track: Some(face.track), ..Front::default() };
        }
        if let Some(embedding) = comparable(face).filter(|_| self.is_due(now)) {
            self.compare(now, embedding, is_masked(face))?;
        }
        let confirmed = self.front.confirmed;
        if confirmed.is_some_and(|confirmed| now.saturating_sub(confirmed) <= CONFIRMED_FOR) {
            self.is_there(now);
        }
        Ok(())
    }

    fn compare(&mut self, now: Duration, embedding: &Embedding, masked: bool) -> Result<(), MatchError> {
        self.front.looked = Some(now);
        if self.is_theirs(embedding)? {
            self.front.confirmed = Some(now);
            self.other = Other::default();
            return Ok(());
        }
        self.front.confirmed = None;
        if masked {
            // Whose face a mask hides cannot be told: it is not the person's, and not known to be another's.
            return Ok(());
        }
        if self.other.last.is_none_or(|last| now.saturating_sub(last) > MOST_BETWEEN) {
            self.other = Other { since: Some(now), ..Other::default() };
        }
        self.other.last = Some(now);
        if self.other.looks.len() == matching::MAX_SAMPLES {
            self.other.looks.remove(0);
        }
        self.other.looks.push(embedding.clone());
        let long = self.other.since.is_some_and(|since| now.saturating_sub(since) >= OTHER_FOR);
        if long && self.other.looks.len() >= OTHER_LOOKS && !self.displaced {
            // Together they say more than each by itself: a person in bad light is not yet somebody else.
            let together = matching::mean(&self.other.looks);
            let is_person = match &together {
                Ok(mean) => self.is_theirs(mean)?,
                Err(_) => false,
            };
            if !is_person {
                self.displaced = true;
                self.events.push_back(WatchEvent::OtherPerson);
            }
        }
        Ok(())
    }

    fn is_theirs(&self, probe: &Embedding) -> Result<bool, MatchError> {
        let mut theirs = false;
        for template in &self.request.templates {
            theirs |= self.request.threshold.accepts(template.score(self.request.space, probe)?);
        }
        Ok(theirs)
    }

    fn is_there(&mut self, now: Duration) {
        self.present = now;
        if std::mem::take(&mut self.absent) | std::mem::take(&mut self.displaced) {
            self.events.push_back(WatchEvent::Back);
        }
    }

    fn judge_absence(&mut self, now: Duration) {
        if !self.over && self.absent_at().is_some_and(|absent| now >= absent) {
            self.absent = true;
            self.events.push_back(WatchEvent::Absent);
        }
    }

    /// When the person is absent if nothing is seen of them until then.
    fn absent_at(&self) -> Option<Duration> {
        let absence = self.request.absence.filter(|_| self.watches_faces() && !self.absent)?;
        Some(self.present.saturating_add(absence))
    }

    /// When a card that was never seen on the reader counts as taken away.
    fn card_missing_at(&self) -> Option<Duration> {
        let started = self.started.filter(|_| self.request.card_stays && !self.card_seen)?;
        Some(started.saturating_add(CARD_SHOWS))
    }

    fn end_of_life(&self) -> Option<Duration> {
        self.started.map(|started| started.saturating_add(self.request.life))
    }

    fn is_due(&self, now: Duration) -> bool {
        let rest = if self.front.confirmed.is_some() { RECHECK } else { LOOK };
        self.front.looked.is_none_or(|looked| now.saturating_sub(looked) >= rest)
    }

    fn watches_faces(&self) -> bool {
        !self.request.templates.is_empty() && !self.over
    }

    fn end(&mut self, event: WatchEvent) {
        self.over = true;
        self.other = Other::default();
        self.events.push_back(event);
    }
}

/// The embedding of a face that is fit to be compared. Company does not make it unfit: whoever is in front counts.
fn comparable(face: &FaceObservation) -> Option<&Embedding> {
    let fit = matches!(face.quality.hint, None | Some(Hint::ManyFaces));
    face.embedding.as_ref().filter(|_| fit)
}
