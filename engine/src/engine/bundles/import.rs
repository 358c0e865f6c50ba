//! A bundle taken in: looked at first, from the outside inwards, then all of it in one transaction or nothing.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use mabataki_models::Digest;

use super::intake::Intake;
use super::peers::{live_peer_of, ring_in};
use super::report::BundleReport;
use super::safety::SKEW;
use crate::audit::{Entry, Operation, Outcome, to_line};
use crate::bundle::{Bundle, BundleError, Header, Party, Verified};
use crate::engine::acting::Authority;
use crate::engine::clock::Now;
use crate::engine::pins::FaceModel;
use crate::engine::{Acting, Engine, Error};
use crate::keys::AgreementSecret;
use crate::policy::Right;
use crate::store::{StoreError, Write};
use crate::terminal::{PeerRecord, Scope, Taken};
use crate::text::vocabulary;

/// How a bundle is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Records that are rejected are left out. Else nothing is taken in when any is.
    pub skip_rejected: bool,
}

vocabulary! {
    /// Who signed a bundle, as far as this terminal knows.
    pub enum BundleSigner, "who signed a bundle" {
        /// The peer that it names, by the keys that are pinned.
        Pinned = "pinned", "signed by the keys that are pinned", "固定した鍵による署名です";
        /// Nobody that this terminal is paired with.
        Unknown = "unknown", "from a terminal that this one is not paired with", "ペアリングしていない端末からのものです";
        /// Not the keys that are pinned: others, or it was changed.
        Other = "other", "not signed by the keys that are pinned", "固定した鍵による署名ではありません";
    }
}

/// What can be seen of a bundle from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBundle {
    /// What it says of itself.
    pub header: Header,
    /// What tells it from all others.
    pub digest: Digest,
    /// Whose signature the header has. The body is not looked at.
    pub signer: BundleSigner,
    /// Whether it is for this terminal.
    pub is_ours: bool,
}

impl Engine {
    /// Looks at a bundle from outside. It takes no right: whoever has the file can read as much.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn look_at_bundle(&self, file: &Path) -> Result<SeenBundle, Error> {
        let bundle = Bundle::read(BufReader::new(opened(file)?))?;
        let Header { sender, recipient, .. } = bundle.header();
        self.store.look(|store| {
            let signer = match live_peer_of(store, &sender.store)? {
                None => BundleSigner::Unknown,
                Some(peer) if is_from(&bundle, &peer) => BundleSigner::Pinned,
                Some(_) => BundleSigner::Other,
            };
            let is_ours = recipient.store == store.id();
            Ok(SeenBundle { header: bundle.header().clone(), digest: bundle.digest(), signer, is_ours })
        })
    }
}

impl Acting<'_> {
    /// Takes a bundle in: all of it, or, where the options say so, all but the records that are rejected. Its content takes
    /// the rights that it would take by hand. `progress` is told how many records of how many are done.
    ///
    /// # Errors
    /// [`BundleError`]; [`Error::BundleRejected`] with every record that was; [`Error::LastAdministrator`]; without the
    /// rights. Then nothing was taken in.
    pub fn import_bundle(
        &mut self,
        file: &Path,
        options: ImportOptions,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleReport, Error> {
        let name = file.file_name().and_then(|name| to_line(&name.to_string_lossy()));
        self.take_bundle(|| opened(file), name.as_deref().unwrap_or("bundle"), options, progress)
    }

    /// As [`Acting::import_bundle`], of a file that is open already and stands at its beginning.
    ///
    /// # Errors
    /// As [`Acting::import_bundle`].
    pub fn import_bundle_from(
        &mut self,
        file: File,
        options: ImportOptions,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleReport, Error> {
        self.take_bundle(|| Ok(file), "bundle", options, progress)
    }

    fn take_bundle(
        &mut self,
        file: impl FnOnce() -> Result<File, Error>,
        name: &str,
        options: ImportOptions,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleReport, Error> {
        let right = Right::People;
        let operation = Operation::BundleImport;
        let admitted = self.require(right).and_then(|()| file()).and_then(|file| self.engine.admit(file));
        let arrived = match admitted {
            Ok(Arrival::Already(report)) => return Ok(report),
            Ok(Arrival::New(arrived)) => arrived,
            Err(error) => {
                self.record_refusal(operation, name, error.code());
                return Err(error);
            }
        };
        let (sender, revision) = (&arrived.peer.identity.terminal, arrived.verified.header().revision);
        let entry = self.entry(operation, Outcome::Done, &format!("{sender}/{revision}"));
        let (by, of_each) = (self.authority(), self.entry(Operation::PersonAdd, Outcome::Done, ""));
        let (report, _) = self.act_with(right, entry, |store, now, entry| {
            let report = arrived.take(store, now, by, of_each, progress)?;
            if report.already {
                // Somebody took it in at the same time, and was faster.
                entry.reason = Some("already".to_owned());
            }
            if report.rejected.is_empty() {
                return Ok(report);
            }
            entry.reason = Some("rejected_left_out".to_owned());
            if options.skip_rejected { Ok(report) } else { Err(rejected(report)) }
        })?;
        // Whoever was removed is on the disk no more; what an open reader keeps goes with the next removal.
        let _ = self.engine.store.wipe_deleted();
        Ok(report)
    }

    /// Tells what would become of a bundle, and changes nothing.
    ///
    /// # Errors
    /// As [`Acting::import_bundle`]; records that would be rejected are no error.
    pub fn try_bundle(
        &mut self,
        file: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleReport, Error> {
        self.require(Right::People)?;
        self.try_bundle_from(opened(file)?, progress)
    }

    /// As [`Acting::try_bundle`], of a file that is open already and stands at its beginning.
    ///
    /// # Errors
    /// As [`Acting::try_bundle`].
    pub fn try_bundle_from(
        &mut self,
        file: File,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleReport, Error> {
        self.require(Right::People)?;
        let arrived = match self.engine.admit(file)? {
            Arrival::Already(report) => return Ok(report),
            Arrival::New(arrived) => arrived,
        };
        let (now, by) = (self.engine.now()?, self.authority());
        let of_each = self.entry(Operation::PersonAdd, Outcome::Done, "");
        let tried = self.engine.store.write(|store| match arrived.take(store, now, by, of_each, progress) {
            Ok(report) => Err::<(), _>(Tried::Through(Box::new(report))),
            Err(Error::BundleRejected { report }) => Err(Tried::Through(report)),
            Err(error) => Err(Tried::Failed(error)),
        });
        match tried {
            Err(Tried::Failed(error)) => Err(error),
            Err(Tried::Through(report)) => Ok(BundleReport { taken: false, ..*report }),
            Ok(()) => Ok(BundleReport::default()),
        }
    }
}

/// How a trial ends: never with a transaction that is kept.
enum Tried {
    Through(Box<BundleReport>),
    Failed(Error),
}

impl From<StoreError> for Tried {
    fn from(error: StoreError) -> Tried {
        Tried::Failed(error.into())
    }
}

pub(super) fn rejected(report: BundleReport) -> Error {
    Error::BundleRejected { report: Box::new(BundleReport { taken: false, ..report }) }
}

/// A bundle that came, and was looked at.
enum Arrival {
    /// It was taken in before.
    Already(BundleReport),
    New(Box<Arrived>),
}

/// A bundle that is, all of it, as its sender signed it, and is to be taken in.
struct Arrived {
    verified: Verified<BufReader<File>>,
    /// The peer as it was.
    peer: PeerRecord,
    secret: AgreementSecret,
    /// The embedding model that is in use here; none where there is no need to know.
    model: Option<FaceModel>,
}

impl Engine {
    /// Refuses what is not to be opened.
    fn admit(&self, file: File) -> Result<Arrival, Error> {
        let (bundle, now) = (Bundle::read(BufReader::new(file))?, self.now()?);
        let (peer, secret) = self.store.look(|store| examine(store, now, &bundle))?;
        let (header, digest) = (bundle.header(), bundle.digest());
        if has_been_taken(&peer, header, digest)? {
            return Ok(Arrival::Already(already(&peer, header)));
        }
        check_time(header, now)?;
        let model = if header.counts.templates > 0 { self.face_model()? } else { None };
        let verified = bundle.verify(&peer.identity)?;
        Ok(Arrival::New(Box::new(Arrived { verified, peer, secret, model })))
    }
}

impl Arrived {
    fn take(
        self,
        store: &Write<'_>,
        now: Now,
        by: Authority<'_>,
        of_each: Entry,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleReport, Error> {
        let Arrived { verified, peer, secret, model } = self;
        let (header, digest) = (verified.header().clone(), verified.digest());
        let changed = || Error::ChangedMeanwhile { what: "the peer" };
        let known = live_peer_of(store, &peer.identity.store)?.ok_or_else(changed)?;
        if known.identity == peer.identity && has_been_taken(&known, &header, digest)? {
            return Ok(already(&peer, &header));
        }
        if known != peer {
            return Err(changed());
        }
        check_time(&header, now)?;
        let (total, mut done) = (header.counts.total(), 0_u64);
        let takes = taken_from(&peer)?;
        let mut intake = Intake::begin(store, now, by, of_each, &header, (&peer, takes), model)?;
        for record in verified.open(&secret)? {
            let record = record?;
            done = done.saturating_add(1);
            if done > total {
                let why = "there are more than the header says";
                return Err(BundleError::Malformed { number: done, why }.into());
            }
            intake.take(record)?;
            progress(done, total);
        }
        if done < total {
            let why = "it is missing: there are fewer than the header says";
            return Err(BundleError::Malformed { number: done.saturating_add(1), why }.into());
        }
        let report = intake.finish()?;
        let taken = Taken {
            number: header.sender.number,
            revision: header.revision,
            digest,
            made: header.made,
            taken: now.wall,
        };
        // What was not asked for, or was left out, may be a dismissal.
        let is_complete = header.whole && report.rejected.is_empty();
        let complete = if is_complete { Some(header.made.min(now.wall)) } else { peer.complete };
        store.put_document(&peer.key(), &PeerRecord { taken: Some(taken), complete, ..peer })?;
        Ok(report)
    }
}

fn opened(file: &Path) -> Result<File, Error> {
    Ok(File::open(file).map_err(|cause| BundleError::Io { doing: "opening", cause })?)
}

/// For whom it is, from whom, and whether that may send as much. Once the signature is found to be the peer's, the rest of
/// the header is believed.
fn examine<R: std::io::Read>(
    store: &Write<'_>,
    now: Now,
    bundle: &Bundle<R>,
) -> Result<(PeerRecord, AgreementSecret), Error> {
    let Header { sender, recipient, scope, .. } = bundle.header();
    let secret = match recipient.store == store.id() {
        true => ring_in(store)?.and_then(|ring| ring.opens(recipient.number, now.wall)),
        false => None,
    };
    let secret = secret.ok_or_else(|| BundleError::Recipient {
        terminal: recipient.terminal.clone(),
        number: recipient.number,
    })?;
    let peer = live_peer_of(store, &sender.store)?
        .ok_or_else(|| BundleError::UnknownSigner { terminal: sender.terminal.clone() })?;
    let terminal = || peer.identity.terminal.clone();
    if peer.identity.number != sender.number {
        let (pinned, found) = (peer.identity.number, sender.number);
        return Err(BundleError::OtherKeys { terminal: terminal(), pinned, found }.into());
    }
    if !is_from(bundle, &peer) {
        return Err(BundleError::Signature { terminal: terminal() }.into());
    }
    if !scope.is_within(taken_from(&peer)?) {
        let what = "it carries more than is taken from it";
        return Err(BundleError::Scope { terminal: terminal(), what }.into());
    }
    Ok((peer, secret))
}

/// Whether the peer signed it, under no other name than its own.
fn is_from<R: std::io::Read>(bundle: &Bundle<R>, peer: &PeerRecord) -> bool {
    bundle.header().sender == Party::from(&peer.identity) && bundle.is_signed_by(&peer.identity)
}

/// What the pairing takes from a peer.
fn taken_from(peer: &PeerRecord) -> Result<&Scope, BundleError> {
    let terminal = || peer.identity.terminal.clone();
    let nothing = || BundleError::Scope { terminal: terminal(), what: "nothing is taken from it" };
    peer.pairing.takes.as_ref().ok_or_else(nothing)
}

/// What is told of a bundle that was taken in before.
fn already(peer: &PeerRecord, header: &Header) -> BundleReport {
    let (sender, revision) = (peer.identity.terminal.clone(), header.revision);
    BundleReport { sender, revision, already: true, ..BundleReport::default() }
}

/// Whether this very bundle was taken last.
fn has_been_taken(peer: &PeerRecord, header: &Header, digest: Digest) -> Result<bool, BundleError> {
    let of_these_keys = |taken: &&Taken| taken.number == header.sender.number;
    let Some(taken) = peer.taken.as_ref().filter(of_these_keys) else { return Ok(false) };
    let found = header.revision;
    match found.cmp(&taken.revision) {
        std::cmp::Ordering::Less => Err(BundleError::RolledBack { taken: taken.revision, found }),
        std::cmp::Ordering::Greater => Ok(false),
        std::cmp::Ordering::Equal if taken.digest == digest => Ok(true),
        std::cmp::Ordering::Equal => Err(BundleError::Forked { revision: found }),
    }
}

fn check_time(header: &Header, now: Now) -> Result<(), BundleError> {
    let Header { made, not_after, .. } = *header;
    if now.behind {
        Err(BundleError::ClockBehind)
    } else if not_after <= now.wall {
        Err(BundleError::Expired { not_after })
    } else if now.wall.duration_until(made) > SKEW {
        Err(BundleError::Early { made })
    } else {
        Ok(())
    }
}
