//! What looks at faces: the nets, and the site's rotation. Every embedding that a session, a template or a gallery of this
//! engine gets to see comes out of [`Eyes::observe`], turned.

use mabataki_models::{Calibration, Pack};

use super::pins::Nets;
use super::rotation::{RotationRecord, rotation_in};
use super::{Engine, Error};
use crate::audit::Entry;
use crate::face::{Analyser, Observation, Want};
use crate::frame::Frame;
use crate::inference::Runtime;
use crate::matching::{Rotation, Space};

/// The nets of a pack under the rotation of a store.
pub(super) struct Eyes {
    analyser: Analyser,
    rotation: Rotation,
    nets: Nets,
    /// The runtime's version, as it says itself.
    version: String,
}

impl Engine {
    /// What looks at faces, loaded when first asked for.
    ///
    /// The first load in a process lets the runtime set its thread to flush floats too small for the normal form to
    /// zero, from then on: nets run several times faster there than on other threads. Load and measure on one thread.
    pub(super) fn eyes(&mut self) -> Result<&mut Eyes, Error> {
        let eyes = match self.eyes.take() {
            Some(eyes) => eyes,
            None => {
                let (pack, runtime) = self.pinned_parts()?;
                Eyes::open(&pack, &runtime, &rotation_in(&self.store)?)?
            }
        };
        Ok(self.eyes.insert(eyes))
    }

    /// As [`Engine::eyes`], for a session that begins: no face is followed yet, and the rotation is the store's as it
    /// stands now. Another process may have renewed it.
    pub(super) fn fresh_eyes(&mut self) -> Result<&mut Eyes, Error> {
        let record = rotation_in(&self.store)?;
        let eyes = self.eyes()?;
        eyes.turn_by(&record)?;
        eyes.forget_faces();
        Ok(eyes)
    }
}

impl Eyes {
    fn open(pack: &Pack, runtime: &Runtime, record: &RotationRecord) -> Result<Eyes, Error> {
        let analyser = Analyser::open(pack, runtime)?;
        let rotation = Rotation::new(&record.seed(), analyser.embedding_len())?;
        let nets = Nets { pack: pack.digest(), runtime: runtime.digest() };
        Ok(Eyes { analyser, rotation, nets, version: runtime.version().to_owned() })
    }

    /// Names what looked in a record of the log.
    pub(super) fn name_in(&self, entry: &mut Entry) {
        self.nets.name_in(entry, Some(&self.version));
    }

    fn turn_by(&mut self, record: &RotationRecord) -> Result<(), Error> {
        let seed = record.seed();
        if self.rotation.id() != seed.id() {
            self.rotation = Rotation::new(&seed, self.analyser.embedding_len())?;
        }
        Ok(())
    }

    /// Measures the next frame of a session; its embedding, if there is one, is of [`Eyes::space`].
    pub(super) fn observe(&mut self, frame: &Frame<'_>, want: Want) -> Result<&Observation, Error> {
        let observation = self.analyser.observe(frame, want)?;
        if let Some(embedding) = observation.face.as_mut().and_then(|face| face.embedding.as_mut()) {
            self.rotation.apply(embedding)?;
        }
        Ok(observation)
    }

    /// Follows no face any more: what is seen next is looked at as if for the first time.
    pub(super) fn forget_faces(&mut self) {
        self.analyser.reset();
    }

    /// The space of the embeddings seen.
    pub(super) fn space(&self) -> Space {
        Space { model: self.analyser.embedding_model(), rotation: self.rotation.id() }
    }

    /// How many numbers an embedding has.
    pub(super) fn embedding_len(&self) -> usize {
        self.analyser.embedding_len()
    }

    /// What the pack says that a score is worth.
    pub(super) fn calibration(&self) -> &Calibration {
        self.analyser.calibration()
    }

    /// Below this probability of being live, 0..1, the anti-spoof net speaks against the person.
    pub(super) fn refuse_below(&self) -> f32 {
        self.analyser.refuse_below()
    }
}
