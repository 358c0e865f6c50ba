//! The model pack and the runtime library that this store trusts. Whoever could put others in their place would decide
//! whose face is whose: so their digests are kept in the store, and others are not loaded.

use jiff::Timestamp;
use mabataki_models::{Decoder, Digest, Pack, Role};
use serde::{Deserialize, Serialize};

use super::{Acting, Config, Engine, Error};
use crate::audit::{Entry, Operation, Outcome};
use crate::inference::Runtime;
use crate::policy::Right;
use crate::store::Document;

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
    /// What is pinned; none before the first face was looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pins(&self) -> Result<Option<Pins>, Error> {
        Ok(self.store.document(KEY)?)
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

    /// Pack and runtime, if they are the pinned ones. What is loaded first in the life of a store is pinned.
    pub(super) fn pinned_parts(&mut self) -> Result<(Pack, Runtime), Error> {
        let pinned = self.pins()?;
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
            self.transact(|store, now| {
                // Another process may have been faster: then its pins hold, and the next load is compared with them.
                if store.document::<Pins>(KEY)?.is_none() {
                    store.put_document(KEY, &Pins { nets, pinned: now.wall })?;
                    store.append(&Entry { pack: Some(nets.pack), time: now.wall, ..entry })?;
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
        entry.pack = Some(nets.pack);
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
