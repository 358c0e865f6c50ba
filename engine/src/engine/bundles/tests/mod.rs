//! Two sites, and what passes from one to the other.

mod history;
mod refusals;
mod rights;
mod safety;
mod way;

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use mabataki_models::{Digest, Pack, Role};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{Asked, BundleReport, BundleRequest, ImportOptions, MadeBundle};
use crate::bundle::{Bundle, Draft, Header, Party, Record, RecordKey};
use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
use crate::engine::clock::Clock;
use crate::engine::rotation::rotation_in;
use crate::engine::{Acting, Engine, Error, NewLogin, trial};
use crate::face::Embedding;
use crate::keys::AgreementSecret;
use crate::matching::{Rotation, Sample, Space, Template};
use crate::policy::Steady;
use crate::store::{CardHandle, NewCard, NewTemplate, Profile, Settings};
use crate::terminal::{KeyRing, Pairing, PeerRecord, Scope, TerminalKeys};

/// How many numbers the embeddings of these tests have.
const LENGTH: usize = 16;

const NOON: &str = "2026-04-01T03:00:00Z";

/// A terminal without an administrator, that has the pack of this repository with embeddings of this length, and none of
/// its models.
pub(super) struct Terminal {
    folder: TempDir,
    pub(super) engine: Engine,
}

pub(super) fn terminal(name: &str) -> Terminal {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { terminal: name.to_owned(), open: false };
    let engine = Engine::create(trial::config(&folder), settings).unwrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/manifest.toml");
    fs::create_dir(folder.path().join("pack")).unwrap();
    let short =
        fs::read_to_string(manifest).unwrap().replace("dimension = 512", &format!("dimension = {LENGTH}"));
    fs::write(folder.path().join("pack/manifest.toml"), short).unwrap();
    let mut terminal = Terminal { folder, engine };
    terminal.set_clock(0);
    let mut seeds = [(); 2].map(|()| Zeroizing::new([0; 32]));
    seeds.iter_mut().for_each(|seed| getrandom::fill(&mut **seed).unwrap());
    let [signing, sealing] = seeds;
    let ring = KeyRing::new(TerminalKeys::first(signing, sealing, terminal.now()));
    terminal.engine.store.write(|store| store.put_document(KeyRing::KEY, &ring)).unwrap();
    terminal
}

/// `ward3` and `er`, which may send `er` the people of wards er-* with their logins to chart.
pub(super) fn two() -> (Terminal, Terminal) {
    let (from, to) = (terminal("ward3"), terminal("er"));
    pair(&from, &to, &scope(&["er-*"], &["chart"], false, false));
    (from, to)
}

pub(super) fn asked(wards: &[&str], applications: &[&str], policy: bool) -> Asked {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Asked { wards: names(wards), applications: names(applications), policy }
}

pub(super) fn scope(wards: &[&str], applications: &[&str], policy: bool, administrators: bool) -> Scope {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Scope::new(names(wards), names(applications), policy, administrators).unwrap()
}

/// Lets `from` send this to `to`, whatever else passes between the two.
pub(super) fn pair(from: &Terminal, to: &Terminal, scope: &Scope) {
    from.know(to, |pairing| pairing.sends = Some(scope.clone()));
    to.know(from, |pairing| pairing.takes = Some(scope.clone()));
}

impl Terminal {
    pub(super) fn acting(&mut self) -> Acting<'_> {
        self.engine.acting()
    }

    pub(super) fn ring(&self) -> KeyRing {
        self.engine.store.document(KeyRing::KEY).unwrap().unwrap()
    }

    fn know(&self, other: &Terminal, change: impl FnOnce(&mut Pairing)) {
        // Through a connection of its own, as another process would.
        let mut engine = Engine::open(trial::config(&self.folder)).unwrap();
        let identity = other.identity();
        let key = PeerRecord::key_of(&identity.store);
        let known = engine.store.document::<PeerRecord>(&key).unwrap();
        let mut peer =
            known.unwrap_or_else(|| PeerRecord::new(identity, Pairing::default(), self.now(), None));
        change(&mut peer.pairing);
        engine.store.write(|store| store.put_document(&key, &peer)).unwrap();
    }

    pub(super) fn identity(&self) -> crate::terminal::Identity {
        let id = self.engine.store.look(|store| Ok::<_, Error>(store.id())).unwrap();
        self.ring().keys().identity(&self.engine.store.settings().terminal, id)
    }

    pub(super) fn peer(&self, other: &Terminal) -> PeerRecord {
        self.engine.store.document(&PeerRecord::key_of(&other.identity().store)).unwrap().unwrap()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.clock.now().wall
    }

    /// So many minutes after noon.
    pub(super) fn set_clock(&mut self, minutes: i64) {
        let wall = NOON.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
        let steady = Steady { boot: [7; 16], ms: u64::try_from(minutes).unwrap() * 60_000 };
        self.engine.clock = Clock::Set { wall, steady };
    }

    pub(super) fn add(&mut self, id: &str, ward: &str) {
        let profile = Profile { wards: vec![ward.to_owned()], ..Profile::named(&format!("Nurse {id}")) };
        self.acting().add_person(id, &profile).unwrap();
    }

    /// A person with everything: a card, a face in this direction, a password, and logins to chart and lab.
    pub(super) fn add_whole(&mut self, id: &str, ward: &str, direction: usize) -> CardHandle {
        self.add(id, ward);
        let new = NewCard::labelled("badge", self.now());
        let handle = self.acting().bind_card(id, &card_of(id), &new).unwrap();
        self.enrol(id, direction);
        self.acting().set_password(id, &trial::secret(&password_of(id)), false).unwrap();
        for app in ["chart", "lab"] {
            let secret = trial::secret(&format!("{app}-Otaru-2020-{id}"));
            let login = NewLogin { app: app.to_owned(), user: id.to_owned(), secret, fields: Vec::new() };
            self.acting().put_login(id, login).unwrap();
        }
        handle
    }

    pub(super) fn enrol(&mut self, id: &str, direction: usize) {
        let (space, embedding) = self.seen(direction);
        let template = Template::from_samples(space, vec![Sample { embedding, quality: 0.5 }]).unwrap();
        let (bytes, created) = (template.to_bytes(), self.now());
        let new = NewTemplate { bytes: &bytes, model: space.model, quality: 0.5, samples: 1, created };
        self.engine.store.write(|store| store.put_template(id, &new)).unwrap();
    }

    /// The face in this direction as a camera of this terminal would see it now.
    pub(super) fn seen(&self, direction: usize) -> (Space, Embedding) {
        let seed = rotation_in(&self.engine.store).unwrap().seed();
        let mut numbers = vec![0.0; LENGTH];
        numbers[direction] = 1.0;
        let mut embedding = Embedding(Zeroizing::new(numbers));
        Rotation::new(&seed, LENGTH).unwrap().apply(&mut embedding).unwrap();
        (Space { model: model(), rotation: seed.id() }, embedding)
    }

    /// How alike the face in this direction and a person's template are here.
    pub(super) fn score(&self, id: &str, direction: usize) -> f32 {
        let stored = self.engine.store.template(id).unwrap().unwrap();
        let (space, probe) = self.seen(direction);
        Template::from_bytes(&stored.bytes).unwrap().score(space, &probe).unwrap()
    }

    pub(super) fn people(&self) -> Vec<String> {
        self.engine.store.people().unwrap().into_iter().map(|person| person.id).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A bundle of this for another terminal, and where it lies.
    pub(super) fn export(
        &mut self,
        to: &Terminal,
        asked: Option<Asked>,
    ) -> Result<(MadeBundle, PathBuf), Error> {
        let peer = to.identity().terminal;
        let file = self.file(&format!("bundle-{peer}-{}", self.peer(to).sent + 1));
        let request = BundleRequest { asked, valid_for: SignedDuration::from_hours(24 * 30) };
        let made = self.acting().export_bundle(&peer, &request, &file, &mut |_, _| {})?;
        Ok((made, file))
    }

    pub(super) fn import(&mut self, file: &Path) -> Result<BundleReport, Error> {
        self.acting().import_bundle(file, ImportOptions::default(), &mut |_, _| {})
    }

    pub(super) fn import_the_rest(&mut self, file: &Path) -> Result<BundleReport, Error> {
        self.acting().import_bundle(file, ImportOptions { skip_rejected: true }, &mut |_, _| {})
    }

    /// A bundle with these records, whatever this terminal has, signed and sealed as it should be.
    pub(super) fn forge(
        &self,
        to: &Terminal,
        records: &[Record],
        change: impl FnOnce(&mut Header),
    ) -> PathBuf {
        let (peer, ring) = (self.peer(to), self.ring());
        let secret = AgreementSecret::draw().unwrap();
        let mut header = Header {
            sender: Party::from(&self.identity()),
            recipient: Party::from(&to.identity()),
            revision: peer.sent + 1,
            made: self.now(),
            not_after: self.now() + SignedDuration::from_hours(24),
            scope: peer.pairing.sends.clone().unwrap(),
            whole: true,
            models: Vec::new(),
            counts: crate::bundle::Counts { templates: records.len() as u64, ..Default::default() },
            ephemeral: secret.public(),
        };
        change(&mut header);
        let path = self.file(&format!("forged-{}", Digest::of(&secret.public())));
        let file = File::create_new(&path).unwrap();
        let mut draft = Draft::begin(file, &header, &secret, &peer.identity).unwrap();
        records.iter().for_each(|record| draft.add(record).unwrap());
        draft.finish(|message| ring.keys().sign(message)).unwrap();
        path
    }

    /// What a bundle for this terminal carries: the digest of each record.
    pub(super) fn opened(&self, from: &Terminal, file: &Path) -> Vec<(RecordKey, Digest)> {
        let bundle = Bundle::read(BufReader::new(File::open(file).unwrap())).unwrap();
        let records = bundle.verify(&from.identity()).unwrap().open(&self.ring().keys().secret()).unwrap();
        records.map(Result::unwrap).map(|record| (record.key(), record.digest())).collect()
    }
}

/// The embedding model of this repository's pack.
pub(super) fn model() -> Digest {
    let pack = Pack::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")).unwrap();
    pack.manifest().model(Role::Embedding).unwrap().sha256
}

pub(super) fn password_of(id: &str) -> String {
    format!("Kobe-4711-harbour-{}", id.len())
}

/// A card of its own for each person.
pub(super) fn card_of(id: &str) -> CardIdentity {
    let digest = Digest::of(id.as_bytes());
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(digest.as_bytes()[..8].to_vec()),
    }
}

/// Added, changed, removed, unchanged, held, rejected.
pub(super) fn counts(report: &BundleReport) -> [u64; 6] {
    let rejected = u64::try_from(report.rejected.len()).unwrap();
    [report.added, report.changed, report.removed, report.unchanged, report.held, rejected]
}
