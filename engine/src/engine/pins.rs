//! The model pack and the runtime library that this store trusts. Whoever could put others in their place would decide
//! whose face is whose: so their digests are kept in the store, and others are not loaded.

use jiff::Timestamp;
use mabataki_models::{Decoder, Digest, Pack, Role};
use serde::{Deserialize, Serialize};

use super::{Acting, Config, Engine, Error, administrators};
use crate::audit::{Entry, Operation, Outcome};
use crate::inference::Runtime;
use crate::policy::Right;
use crate::store::{Document, StoreError, Write};

/// The one record's key.
const KEY: &str = "nets";

/// What looks at faces, told apart from everything else there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nets {
    /// The model pack: the SHA-256 of its manifest, which names that of each of its models.
    pub pack: Digest,
    /// The runtime library: its SHA-256.
    pub runtime: Digest,
}

impl Nets {
    /// Names them in a record of the log; the runtime also by the version that it says it has, where it was loaded.
    pub(super) fn name_in(self, entry: &mut Entry, version: Option<&str>) {
        entry.pack = Some(self.pack);
        let digest = format!("sha256:{}", self.runtime);
        entry.runtime = Some(match version {
            Some(version) => format!("{version} {digest}"),
            None => digest,
        });
    }
}

/// What a store has pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// What may be loaded.
    pub nets: Nets,
    /// When it was pinned, UTC.
    pub pinned: Timestamp,
}

/// The net by which faces are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FaceModel {
    /// Its file's digest.
    pub(super) sha256: Digest,
    /// How many numbers its embeddings have.
    pub(super) dimension: usize,
}

impl Document for Pins {
    const KIND: &'static str = "pins";
}

impl Engine {
    /// What is pinned; none where nothing was installed when the store was made, and nobody has pinned anything since.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pins(&self) -> Result<Option<Pins>, Error> {
        Ok(self.store.document(KEY)?)
    }

    /// Whether what looks at the first face is pinned by that: in a store for trials, and before there is an
    /// administrator. Otherwise nothing is loaded before somebody has pinned it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pins_at_first_look(&self) -> Result<bool, Error> {
        self.store.look(administrators::may_act_unnamed)
    }

    /// What is installed now. Each of the pack's models is hashed, and nothing is loaded.
    ///
    /// # Errors
    /// When pack or runtime are missing, or a model is not the one that the manifest names.
    pub fn installed_nets(&self) -> Result<Nets, Error> {
        let Config { pack, runtime, .. } = &self.config;
        let pack = Pack::open(pack)?;
        pack.verify().into_iter().try_for_each(|check| check.outcome)?;
        Ok(Nets { pack: pack.digest(), runtime: Runtime::digest_at(runtime)? })
    }

    /// The embedding model of the pack that is installed, if that is the pinned one and has one. Nothing is loaded.
    pub(super) fn face_model(&self) -> Result<Option<FaceModel>, Error> {
        let pack = pinned_pack(&self.config, self.pins()?.map(|pins| pins.nets.pack))?;
        let model = pack.manifest().model(Role::Embedding);
        Ok(model.and_then(|model| match &model.decoder {
            Decoder::Arcface(decoder) => {
                let dimension = usize::try_from(decoder.dimension).ok()?;
                Some(FaceModel { sha256: model.sha256, dimension })
            }
            _ => None,
        }))
    }

    /// Pack and runtime, if they are the pinned ones, or may be pinned now.
    pub(super) fn pinned_parts(&mut self) -> Result<(Pack, Runtime), Error> {
        let pinned = self.pins()?;
        if pinned.is_none() && !self.pins_at_first_look()? {
            return Err(Error::NotPinned);
        }
        let loaded = load(&self.config, pinned.map(|pins| pins.nets));
        if let Err(error @ (Error::OtherPack { .. } | Error::OtherRuntime { .. })) = &loaded {
            let mut entry = self.entry(Operation::Alarm, Outcome::Refused);
            entry.reason = Some(error.code().to_owned());
            self.append(&entry)?;
        }
        let (pack, runtime) = loaded?;
        if pinned.is_none() {
            let nets = Nets { pack: pack.digest(), runtime: runtime.digest() };
            let mut entry = self.entry(Operation::Pin, Outcome::Done);
            entry.reason = Some("first_use".to_owned());
            nets.name_in(&mut entry, Some(runtime.version()));
            self.transact(|store, now| {
                // Another process may have been faster: then its pins hold, and the next load is compared with them.
                if store.document::<Pins>(KEY)?.is_none() {
                    store.put_document(KEY, &Pins { nets, pinned: now.wall })?;
                    store.append(&Entry { time: now.wall, ..entry })?;
                }
                Ok(())
            })?;
        }
        Ok((pack, runtime))
    }
}

impl Acting<'_> {
    /// Trusts what is installed now in the place of what was pinned.
    ///
    /// # Errors
    /// Without the right; as [`Engine::installed_nets`].
    pub fn pin_nets(&mut self) -> Result<Pins, Error> {
        self.require(Right::Policy)?;
        let nets = self.engine.installed_nets()?;
        let mut entry = self.entry(Operation::Pin, Outcome::Done, "nets");
        nets.name_in(&mut entry, None);
        let (pins, _) = self.act_as(Right::Policy, entry, |store, now| {
            let pins = Pins { nets, pinned: now.wall };
            store.put_document(KEY, &pins)?;
            Ok(pins)
        })?;
        // What is loaded was judged by the pins before.
        self.engine.eyes = None;
        Ok(pins)
    }
}

/// Pins what is installed where a store is made: nobody's first look at a face decides then.
pub(super) fn pin_from_the_beginning(
    store: &Write<'_>,
    nets: Nets,
    now: Timestamp,
) -> Result<(), StoreError> {
    store.put_document(KEY, &Pins { nets, pinned: now })?;
    let mut entry = Entry::new(now, Operation::Pin, Outcome::Done);
    entry.reason = Some("set_up".to_owned());
    nets.name_in(&mut entry, None);
    store.append(&entry).map(|_| ())
}

/// Loads what is pinned, or whatever there is where nothing is.
fn load(config: &Config, pinned: Option<Nets>) -> Result<(Pack, Runtime), Error> {
    let pack = pinned_pack(config, pinned.map(|nets| nets.pack))?;
    let runtime = Runtime::load_if(&config.runtime, |found| {
        match pinned.map(|nets| nets.runtime).filter(|expected| *expected != found) {
            Some(expected) => Err(Error::OtherRuntime { expected, found }),
            None => Ok(()),
        }
    })?;
    Ok((pack, runtime))
}

/// The pack that is installed, if it is this one, or none is pinned.
fn pinned_pack(config: &Config, pinned: Option<Digest>) -> Result<Pack, Error> {
    let pack = Pack::open(&config.pack)?;
    let found = pack.digest();
    match pinned.filter(|expected| *expected != found) {
        Some(expected) => Err(Error::OtherPack { expected, found }),
        None => Ok(pack),
    }
}

#[cfg(test)]
mod tests {
    use mabataki_test_support::installed;

    use super::*;
    use crate::engine::trial::{self, Site};
    use crate::policy::Purpose;
    use crate::store::Settings;

    /// The records of pinning, newest last: by which reason, and what they name.
    fn told(engine: &Engine) -> Vec<(Option<String>, Option<Digest>, Option<String>)> {
        let log = engine.store.log(0, 1000).unwrap();
        let pins =
            log.into_iter().map(|record| record.entry).filter(|entry| entry.operation == Operation::Pin);
        pins.map(|entry| (entry.reason, entry.pack, entry.runtime)).collect()
    }

    fn installed_in(config: Config) -> Config {
        Config { pack: installed::pack(), runtime: installed::runtime(), ..config }
    }

    #[test]
    fn what_is_installed_when_a_store_is_made_is_pinned_from_the_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "ward3-a".to_owned(), open: false };
        let engine = Engine::create(installed_in(trial::config(&folder)), settings).unwrap();
        let nets = engine.installed_nets().unwrap();
        assert_eq!(engine.pins().unwrap().map(|pins| pins.nets), Some(nets));
        let runtime = format!("sha256:{}", nets.runtime);
        assert_eq!(told(&engine), [(Some("set_up".to_owned()), Some(nets.pack), Some(runtime))]);
    }

    #[test]
    fn where_there_are_administrators_nothing_is_loaded_before_one_of_them_has_pinned_it() {
        let Site { mut engine, folder: _folder } = trial::site();
        assert!(engine.pins().unwrap().is_none(), "nothing was installed");
        let profile = crate::store::Profile {
            role: Some("administrator".to_owned()),
            ..crate::store::Profile::named("Administrator")
        };
        engine.acting().add_person("boss", &profile).unwrap();
        engine.acting().set_password("boss", &trial::secret("Kobe-4711-harbour"), false).unwrap();
        engine.config = installed_in(engine.config);
        assert!(!engine.pins_at_first_look().unwrap());
        assert_eq!(engine.eyes().err().unwrap().code(), "not_pinned");
        assert!(engine.pins().unwrap().is_none());
        assert_eq!(engine.acting().pin_nets().unwrap_err().code(), "no_right");
        let boss = trial::grant(&mut engine, "boss", Purpose::Admin, None);
        let pins = engine.acting_by(&boss).pin_nets().unwrap();
        assert!(engine.eyes().is_ok());
        let runtime = Some(format!("sha256:{}", pins.nets.runtime));
        assert_eq!(told(&engine).pop(), Some((None, Some(pins.nets.pack), runtime)));
    }

    #[test]
    fn a_record_names_what_is_loaded_by_version_and_digest_and_else_what_is_pinned_by_digest() {
        let Site { mut engine, folder: _folder } = trial::site();
        let named = |engine: &Engine| {
            let entry = engine.entry(Operation::Authenticate, Outcome::Denied);
            entry.check().unwrap();
            (entry.pack, entry.runtime)
        };
        assert_eq!(named(&engine), (None, None));
        engine.config = installed_in(engine.config);
        let nets = engine.acting().pin_nets().unwrap().nets;
        assert_eq!(named(&engine), (Some(nets.pack), Some(format!("sha256:{}", nets.runtime))));
        engine.eyes().unwrap();
        let (pack, runtime) = named(&engine);
        let runtime = runtime.unwrap();
        assert_eq!(pack, Some(nets.pack));
        assert!(
            runtime.starts_with("1.") && runtime.ends_with(&format!(" sha256:{}", nets.runtime)),
            "{runtime}"
        );
    }
}
