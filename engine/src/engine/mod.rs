//! Opens the parts, drives the sessions, and writes down what was done.

mod acting;
mod administration;
mod administrators;
mod alarms;
mod attempt;
mod backup;
mod bundles;
mod calibration;
mod card_keys;
mod clock;
#[cfg(feature = "tpm")]
mod counter;
mod disaster;
mod emergency;
mod enrolment;
mod error;
mod exports;
mod eyes;
mod grants;
mod identify;
mod inspection;
mod installation;
mod keys;
mod lockouts;
mod log;
mod logins;
mod losses;
mod monthly;
mod outlets;
mod passwords;
mod pins;
mod reach;
mod releases;
mod reviews;
mod rotation;
mod set_up;
mod signing;
mod site_policy;
mod sources;
mod standing;
mod sync;
mod tap;
mod terminals;
mod tries;
mod watch;

#[cfg(test)]
mod trial;

use std::path::PathBuf;
use std::time::Duration;

pub use acting::Acting;
pub use administration::{
    DeletionReceipt, Dormant, ListReport, ListUse, ListedRow, PersonSummary, RowResult,
};
pub use attempt::{Attempt, AttemptRequest, Step};
pub use backup::{Restoration, Restored};
pub use bundles::{
    Asked, BundleReport, BundleRequest, BundleSigner, ImportOptions, MadeBundle, RejectedRecord, Rejection,
    SeenBundle,
};
pub use calibration::{Calibrated, SiteCalibration};
pub use card_keys::CardKey;
pub use clock::ClockState;
pub use emergency::{NewEmergencyCode, NewlyIssued};
pub use enrolment::{Capture, CaptureRequest, CaptureStep, PendingEnrolment};
pub use error::{Class, Error};
pub use exports::{ExportFormat, ExportOf, ExportRequest, Exported};
pub use grants::{Cover, Grant, LiveGrant};
pub use identify::Hit;
pub use installation::{INSTALLATION, Installation, InstallationError};
pub use keys::{KeyState, open_escrow};
pub use lockouts::{Lockout, LockoutOf};
pub use logins::{LoginStatus, NewLogin, ReleasedLogin};
pub use outlets::{LogKeeper, LogPart, OutletEvent, OutletState};
pub use pins::{Nets, Pins};
pub use reach::PolicyWarning;
pub use set_up::ADMINISTRATOR;
pub use site_policy::SitePolicy;
pub use sources::{Cards, Frames, Sources, ToldCard};
pub use sync::SyncState;
pub use tap::TappedCard;
pub use watch::Watch;

use self::clock::Clock;
use self::eyes::Eyes;
use self::rotation::RotationRecord;
use crate::audit::{self, Operation};
use crate::keys::{Keeper, KeySource};
use crate::secret::EmergencyCode;
use crate::store::{Location, PersonStatus, Settings, Store, StoreError};

/// Where everything is. The engine reads no environment: whoever opens it says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The state folder.
    pub state: PathBuf,
    /// The store's key, or where it is kept, outside the state folder.
    pub key: KeySource,
    /// The witness folder, outside the state folder: on another disk, best of all.
    pub witness: PathBuf,
    /// The model pack's folder.
    pub pack: PathBuf,
    /// The ONNX Runtime library.
    pub runtime: PathBuf,
}

impl Config {
    /// Where the store is.
    #[must_use]
    pub fn location(&self) -> Location {
        Location { state: self.state.clone(), witness: self.witness.clone() }
    }
}

/// What came of going on by one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled<T> {
    /// This.
    Ready(T),
    /// Nothing yet: go on.
    Pending,
    /// Nothing, and nothing to look at for so long, unless somebody says something.
    Idle(Duration),
    /// It is over: nothing more comes.
    Over,
}

/// The engine of one terminal. The nets are loaded when first needed: managing people and cards needs none.
pub struct Engine {
    config: Config,
    store: Store,
    clock: Clock,
    eyes: Option<Eyes>,
    /// Of a store that was made by this engine, until somebody asks for it.
    set_up_token: Option<EmergencyCode>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({})", self.config.state.display())
    }
}

impl Engine {
    /// Makes a new store with a new key, and opens it. Whoever holds the key appoints the first administrator; for
    /// a host, which does not, there is a token: see [`Engine::take_set_up_token`].
    ///
    /// # Errors
    /// When there is a store or a key already, or the folders cannot be written. Then nothing is left behind.
    pub fn create(config: Config, settings: Settings) -> Result<Engine, Error> {
        let key = config.key.create(Keeper::File, &config.state)?;
        let store = Store::create(&config.location(), &key, settings).inspect_err(|_| {
            // The key was made a moment ago and opens nothing: without a store it would only stand in the way.
            let _ = config.key.place().and_then(|place| place.remove(&config.state));
        })?;
        let mut engine = Engine::of(config, store)?;
        let entry = engine.entry(Operation::StoreCreate, audit::Outcome::Done);
        let rotation = RotationRecord::draw(entry.time)?;
        let log_rules = site_policy::log_rules(&*engine.rulebook()?);
        // What is missing or damaged is told when it is asked for: people and cards need none of it.
        let nets = if engine.is_trial() { None } else { engine.installed_nets().ok() };
        engine.set_up_token = engine.store.write(|store| {
            store.set_log_rules(&log_rules)?;
            rotation.keep(store)?;
            let token = set_up::draw_token(store)?;
            store.append(&entry)?;
            if let Some(nets) = nets {
                pins::pin_from_the_beginning(store, nets, entry.time)?;
            }
            // The log's identity is under a signature from the beginning.
            store.sign_log()?;
            Ok::<_, Error>(token)
        })?;
        Ok(engine)
    }

    /// Opens the store.
    ///
    /// # Errors
    /// When there is none, when it is corrupt, or when the key does not fit.
    pub fn open(config: Config) -> Result<Engine, Error> {
        let engine = Engine::open_uncounted(config)?;
        #[cfg(feature = "tpm")]
        let engine = engine.compared_with_counter()?;
        Ok(engine)
    }

    /// Opens a store that need not be the one that was counted last: a backup that is about to take its place.
    fn open_uncounted(config: Config) -> Result<Engine, Error> {
        let (location, clock) = (config.location(), Clock::machine()?);
        let store = config.key.unlock(&config.state, |key| {
            Store::open(&location, key).inspect_err(|error| alarms::raise(&location, error, clock.now().wall))
        })?;
        let mut engine = Engine::of(config, store)?;
        engine.finish_replacing_key()?;
        Ok(engine)
    }

    /// Where everything is.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Another engine for the same store, which stays open and verified as it is: what one writes is not compared as a whole by the
    /// other. It has nets and devices of its own. Both take turns at the store, and neither keeps the other waiting for more
    /// than a transaction.
    ///
    /// # Errors
    /// When the clock cannot be read.
    pub fn beside(&self) -> Result<Engine, Error> {
        Ok(Engine {
            config: self.config.clone(),
            store: self.store.beside(),
            clock: Clock::machine()?,
            eyes: None,
            set_up_token: None,
        })
    }

    fn of(config: Config, store: Store) -> Result<Engine, Error> {
        let mut engine = Engine { config, store, clock: Clock::machine()?, eyes: None, set_up_token: None };
        engine.take_alarms_over()?;
        engine.watch_for_faults();
        engine.record_migration()?;
        engine.wipe_former_keys()?;
        // Nobody else signs for a terminal that was idle, or off, since its last record.
        let now = engine.clock.now().wall;
        engine.store.write(|store| store.sign_if_waiting(now))?;
        Ok(engine)
    }

    /// Whether the store was made for trials.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        self.store.settings().open
    }

    /// Loads the nets now, so that nobody waits for them later.
    ///
    /// # Errors
    /// When the pack or the runtime is missing, or not what the store has pinned.
    pub fn load_nets(&mut self) -> Result<(), Error> {
        self.eyes().map(|_| ())
    }

    /// Whether the nets are loaded.
    #[must_use]
    pub fn has_nets(&self) -> bool {
        self.eyes.is_some()
    }

    /// What this terminal is called.
    #[must_use]
    pub fn terminal(&self) -> &str {
        &self.store.settings().terminal
    }

    /// Begins an authentication.
    ///
    /// # Errors
    /// When a device, the pack or the runtime is missing, or the store does not permit the sources asked for.
    pub fn authenticate(&mut self, request: AttemptRequest) -> Result<Attempt<'_>, Error> {
        Attempt::begin(self, request)
    }

    /// Refuses diagnosis where the store was not made for trials: scores teach an attacker.
    ///
    /// # Errors
    /// [`Error::NotPermitted`].
    pub fn permit_diagnosis(&self) -> Result<(), Error> {
        self.require_trial("showing scores")
    }

    /// Refuses what only a store made for trials allows.
    fn require_trial(&self, what: &'static str) -> Result<(), Error> {
        if self.is_trial() {
            return Ok(());
        }
        Err(Error::NotPermitted { what, store: self.config.state.clone() })
    }

    /// Refuses an id that is nobody's who works here.
    fn require_person(&self, id: &str) -> Result<(), Error> {
        match self.store.person(id)? {
            Some(person) if person.status == PersonStatus::Retired => {
                Err(StoreError::Retired { id: person.id }.into())
            }
            Some(_) => Ok(()),
            None => Err(Error::NoPerson { id: id.to_owned() }),
        }
    }

    /// A log entry with what every entry has: also by which nets faces are looked at here, those that are loaded or those
    /// that would be.
    fn entry(&self, operation: Operation, outcome: audit::Outcome) -> audit::Entry {
        let mut entry = audit::Entry::new(self.clock.now().wall, operation, outcome);
        match &self.eyes {
            Some(eyes) => eyes.name_in(&mut entry),
            // Pins that cannot be read are an alarm of their own, and no reason to write nothing down.
            None => {
                if let Ok(Some(pins)) = self.pins() {
                    pins.nets.name_in(&mut entry, None);
                }
            }
        }
        entry
    }

    fn append(&mut self, entry: &audit::Entry) -> Result<u64, StoreError> {
        let appended = self.store.write(|store| store.append(entry));
        self.take_new_alarms_over();
        appended
    }
}
