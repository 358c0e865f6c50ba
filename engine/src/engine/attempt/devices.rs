//! The camera and the reader of one attempt. One that is missing does not end it: what the policy lists may stand in, and
//! one that was lost on the way is looked for until it is back.

use std::sync::Arc;
use std::time::Duration;

use super::super::sources::{Cards, Frames, OpenCards, OpenFrames};
use super::super::{Engine, Error};
use super::AttemptRequest;
use super::reopening::{Reopening, Searched};
use super::time::AttemptClock;
use crate::audit::{Entry, Operation, Outcome, to_line};
use crate::camera::Camera;
use crate::card::{CardReader, Plan, ReaderError};
use crate::session::Device;

/// The devices, as far as they work, and why the others do not.
pub(super) struct Devices {
    pub(super) cards: Option<OpenCards>,
    pub(super) frames: Option<OpenFrames>,
    lost: Vec<Lost>,
    /// The camera is closed until somebody has to be looked at.
    rests: bool,
    /// How long the camera films on when the attempt has ended.
    warm: Duration,
    camera: Option<Live<Camera>>,
    reader: Option<Live<CardReader>>,
}

/// How the policy has the camera used.
#[derive(Debug, Clone, Copy)]
pub(super) struct CameraUse {
    /// It stays closed until [`Devices::wake_camera`].
    pub(super) rests: bool,
    /// How long it films on when the attempt has ended.
    pub(super) warm: Duration,
}

/// A device that does not work, by what it is called or was asked for.
struct Lost {
    device: Device,
    name: Option<String>,
    error: Error,
}

/// A device of this terminal's that could be opened at the beginning: how it was wanted, and the search for it while it is lost.
struct Live<T: Searched> {
    wanted: T::Wanted,
    search: Option<Reopening<T>>,
}

impl<T: Searched> Live<T> {
    fn wanted(wanted: T::Wanted) -> Option<Live<T>> {
        Some(Live { wanted, search: None })
    }

    fn look_for(&mut self) {
        self.search = Some(Reopening::of(self.wanted.clone()));
    }

    fn found(&mut self) -> Option<T> {
        let device = self.search.as_mut()?.poll()?;
        self.search = None;
        Some(device)
    }
}

impl Searched for Camera {
    /// Its name; none for the first.
    type Wanted = Option<String>;

    fn begin(name: &Option<String>) -> Option<Camera> {
        Camera::begin(name.as_deref()).ok()
    }

    fn is_open(&mut self) -> Option<bool> {
        // One that shows nothing is not back: it would be lost again at once.
        self.poll_shows().ok()
    }
}

impl Searched for CardReader {
    /// Its name, none for the first, and by what it knows its cards.
    type Wanted = (Option<String>, Arc<Plan>);

    fn begin((name, plan): &(Option<String>, Arc<Plan>)) -> Option<CardReader> {
        CardReader::begin(name.as_deref(), Arc::clone(plan)).ok()
    }

    fn is_open(&mut self) -> Option<bool> {
        match self.poll_open(Duration::ZERO) {
            Ok(is_open) => Some(is_open),
            // Nothing is to be asked again when the service hangs.
            Err(ReaderError::Silent { .. }) => None,
            // It is watched for already.
            Err(_) => Some(false),
        }
    }
}

impl Devices {
    /// Opens what the request names; a camera of this terminal's that `rests` only by [`Devices::wake_camera`]. Nets that
    /// cannot be loaded make the camera useless, and count as its loss.
    ///
    /// # Errors
    /// When the store does not tell by what cards are known.
    pub(super) fn open(
        engine: &mut Engine,
        request: &mut AttemptRequest,
        CameraUse { rests, warm }: CameraUse,
    ) -> Result<Devices, Error> {
        let mut devices = Devices {
            cards: None,
            frames: None,
            lost: Vec::new(),
            rests: false,
            warm,
            camera: None,
            reader: None,
        };
        if let Some(frames) = request.frames.take() {
            let live = match &frames {
                Frames::Camera(name) => Live::wanted(name.clone()),
                Frames::Recorded { .. } | Frames::Pushed(_) => None,
            };
            devices.rests = rests && live.is_some();
            let opened = engine.eyes().map(|_| ()).and_then(|()| match devices.rests {
                true => Ok(None),
                false => OpenFrames::open(frames).map(Some),
            });
            match opened {
                Ok(frames) => {
                    (devices.frames, devices.camera) = (frames.map(|frames| frames.kept_warm(warm)), live);
                }
                Err(error) => {
                    devices.rests = false;
                    let name = live.and_then(|live| live.wanted);
                    devices.lost.push(Lost::asked_for(Device::Camera, name, error));
                }
            }
        }
        if let Some(cards) = request.cards.take() {
            let plan = engine.card_plan()?;
            let live = match &cards {
                Cards::Reader(name) => Live::wanted((name.clone(), Arc::clone(&plan))),
                Cards::Claimed(_) | Cards::Told(_) => None,
            };
            match OpenCards::open(cards, &plan) {
                Ok(mut cards) => {
                    if let Some(card) = request.tapped.take() {
                        cards.begin_with(card);
                    }
                    (devices.cards, devices.reader) = (Some(cards), live);
                }
                Err(error) => {
                    let name = live.and_then(|live: Live<CardReader>| live.wanted.0);
                    devices.lost.push(Lost::asked_for(Device::Reader, name, error));
                }
            }
        }
        Ok(devices)
    }

    /// Whether there are frames, or will be once the camera is opened.
    pub(super) fn have_frames(&self) -> bool {
        self.frames.is_some() || self.rests
    }

    /// Whether they run on real time.
    pub(super) fn are_live(&self) -> bool {
        self.rests || self.frames.as_ref().is_some_and(OpenFrames::is_live)
    }

    /// Whether the camera is closed until somebody has to be looked at.
    pub(super) fn rest(&self) -> bool {
        self.rests
    }

    /// Begins to open the camera that rests, and waits for nothing.
    ///
    /// # Errors
    /// When that is known to fail. It is lost then.
    pub(super) fn wake_camera(&mut self) -> Result<(), Error> {
        self.rests = false;
        let Some(live) = &self.camera else { return Ok(()) };
        let camera = Camera::begin(live.wanted.as_deref())?;
        self.frames = Some(OpenFrames::Live(camera.kept_warm(self.warm)));
        Ok(())
    }

    pub(super) fn clock(&self) -> AttemptClock {
        let recorded = self.have_frames() && !self.are_live();
        let mut clock = if recorded { AttemptClock::recorded() } else { AttemptClock::live() };
        if self.cards.is_none() {
            clock.start_frames();
        }
        clock
    }

    /// Names the devices that work in a record of what is done with them.
    pub(super) fn name_in(&self, entry: &mut Entry) {
        if let Some(camera) = self.frames.as_ref().and_then(OpenFrames::camera) {
            entry.camera = Some(camera);
        }
        if let Some(reader) = self.cards.as_ref().and_then(OpenCards::reader) {
            entry.reader = Some(reader);
        }
    }

    /// A device failed in mid-attempt. Gives the record of it for the log.
    pub(super) fn lose(&mut self, engine: &Engine, session: &str, device: Device, error: Error) -> Entry {
        let name = match device {
            Device::Camera => self.frames.as_ref().and_then(OpenFrames::camera),
            Device::Reader => self.cards.as_ref().and_then(OpenCards::reader),
        };
        match device {
            Device::Camera => {
                self.frames = None;
                if let Some(camera) = &mut self.camera {
                    camera.look_for();
                }
            }
            Device::Reader => {
                self.cards = None;
                if let Some(reader) = &mut self.reader {
                    reader.look_for();
                }
            }
        }
        let lost = Lost { device, name, error };
        let entry = lost.entry(engine, session);
        self.lost.push(lost);
        entry
    }

    /// A device that was lost and is there again, if one is. Waits for none.
    pub(super) fn regain(&mut self) -> Option<Device> {
        let device = if let Some(camera) = self.camera.as_mut().and_then(Live::found) {
            self.frames = Some(OpenFrames::Live(camera.kept_warm(self.warm)));
            Device::Camera
        } else {
            self.cards = Some(OpenCards::from(self.reader.as_mut()?.found()?));
            Device::Reader
        };
        self.lost.retain(|lost| lost.device != device);
        Some(device)
    }

    /// The log's record that a device is there again.
    pub(super) fn back(&self, engine: &Engine, session: &str, device: Device) -> Entry {
        let operation = match device {
            Device::Camera => Operation::CameraBack,
            Device::Reader => Operation::ReaderBack,
        };
        let mut entry = engine.entry(operation, Outcome::Done);
        entry.session = Some(session.to_owned());
        match device {
            Device::Camera => entry.camera = self.frames.as_ref().and_then(OpenFrames::camera),
            Device::Reader => entry.reader = self.cards.as_ref().and_then(OpenCards::reader),
        }
        entry
    }

    /// Why the first one that was lost does not work.
    pub(super) fn take_error(&mut self) -> Option<Error> {
        if self.lost.is_empty() { None } else { Some(self.lost.remove(0).error) }
    }

    /// Records of every loss so far, for the log.
    pub(super) fn losses(&self, engine: &Engine, session: &str) -> Vec<Entry> {
        self.lost.iter().map(|lost| lost.entry(engine, session)).collect()
    }
}

impl Lost {
    fn asked_for(device: Device, name: Option<String>, error: Error) -> Lost {
        Lost { device, name: name.as_deref().and_then(to_line), error }
    }

    /// The log's record of the loss.
    fn entry(&self, engine: &Engine, session: &str) -> Entry {
        let entry = engine.loss(self.device, self.name.as_deref(), &self.error);
        Entry { session: Some(session.to_owned()), ..entry }
    }
}

/// How long one look at the reader may hold up the camera: not at all. While no frame is due, this long.
pub(super) const CARD_WAIT: Duration = Duration::from_millis(50);
