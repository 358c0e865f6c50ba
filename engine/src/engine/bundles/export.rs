//! A bundle made for a peer.
//!
//! It is written as the store stands at one moment, and nobody waits for that. Then its revision is used up in one transaction
//! with the record in the log, and only then the file gets its name: a revision is used twice by nobody, and one whose file
//! was lost is left out.

use std::io::{Seek, Write as Sink};
use std::path::Path;

use jiff::SignedDuration;
use mabataki_models::Digest;

use super::contents::Contents;
use super::ledger::{Ledger, Sent, SentRecord};
use super::peers::ring_in;
use crate::audit::{Operation, Outcome};
use crate::bundle::{BundleError, Draft, Header, LONGEST_VALID, Party, Record};
use crate::engine::clock::Now;
use crate::engine::terminals::peer_in;
use crate::engine::{Acting, Engine, Error};
use crate::keys::AgreementSecret;
use crate::policy::Right;
use crate::store::{NewFile, Write};
use crate::terminal::{PeerRecord, Scope};

/// The shortest that a bundle may be good for.
const SHORTEST_VALID: SignedDuration = SignedDuration::from_mins(1);

/// What is to be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleRequest {
    /// What is asked for; none: all that the pairing lets through.
    pub asked: Option<Asked>,
    /// For how long it is to be good: a minute to 90 days.
    pub valid_for: SignedDuration,
}

/// What is asked for of all that a pairing lets through. Administrators go along with the others where it lets them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The wards whose people are asked for, each with a `*` at its end for all that begin like it.
    pub wards: Vec<String>,
    /// The applications whose logins are asked for, alike.
    pub applications: Vec<String>,
    /// Whether the policy is asked for.
    pub policy: bool,
}

/// A bundle that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeBundle {
    /// What it says of itself.
    pub header: Header,
    /// What tells it from all others.
    pub digest: Digest,
}

impl Acting<'_> {
    /// Makes a bundle for the peer of this name in a new file: who and what passes, and what was sent before and passes no
    /// more. `progress` is told how many records of how many are written.
    ///
    /// # Errors
    /// Without the right; when there is no such peer, or its pairing sends less than is asked for; when the clock is behind;
    /// when there is a file, or it cannot be written. Then no revision is used up.
    pub fn export_bundle(
        &mut self,
        peer: &str,
        request: &BundleRequest,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<MadeBundle, Error> {
        let mut new = None;
        let open = || {
            let file = NewFile::beside(to)?;
            let opened = file.open()?;
            new = Some(file);
            Ok(opened)
        };
        let made = self.make_bundle(peer, request, open, progress)?;
        if let Some(file) = new {
            file.publish(to)?;
        }
        Ok(made)
    }

    /// As [`Acting::export_bundle`], into what is open and empty.
    ///
    /// # Errors
    /// As [`Acting::export_bundle`].
    pub fn export_bundle_into(
        &mut self,
        peer: &str,
        request: &BundleRequest,
        to: impl Sink + Seek,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<MadeBundle, Error> {
        self.make_bundle(peer, request, || Ok(to), progress)
    }

    fn make_bundle<W: Sink + Seek>(
        &mut self,
        peer: &str,
        request: &BundleRequest,
        open: impl FnOnce() -> Result<W, Error>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<MadeBundle, Error> {
        let right = Right::Export;
        let entry = self.entry(Operation::BundleExport, Outcome::Done, peer);
        let prepared =
            self.require(right).and_then(|()| self.engine.prepare_bundle(peer, request, open, progress));
        let (made, _) = self.act_with(right, entry, |store, _, entry| {
            let Prepared { made, seen, sent } = prepared?;
            if peer_in(store, peer)? != seen {
                return Err(Error::ChangedMeanwhile { what: "the peer" });
            }
            let revision = made.header.revision;
            store.put_document(&seen.key(), &PeerRecord { sent: revision, ..seen })?;
            sent.write(store)?;
            entry.object = Some(format!("{peer}/{revision}"));
            Ok(made)
        })?;
        Ok(made)
    }
}

/// A bundle whose revision is not used up yet.
struct Prepared {
    made: MadeBundle,
    /// The peer as it was.
    seen: PeerRecord,
    sent: Ledger<Sent>,
}

impl Engine {
    fn prepare_bundle<W: Sink + Seek>(
        &self,
        peer: &str,
        request: &BundleRequest,
        open: impl FnOnce() -> Result<W, Error>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Prepared, Error> {
        if !(SHORTEST_VALID..=LONGEST_VALID).contains(&request.valid_for) {
            let found = format!("{:#}", request.valid_for);
            return Err(BundleError::Validity { found }.into());
        }
        let now = self.now()?;
        if now.behind {
            return Err(BundleError::ClockBehind.into());
        }
        let to = open()?;
        self.store.look(|store| {
            let peer = peer_in(store, peer)?;
            write(store, now, peer, request, to, progress)
        })
    }
}

fn write(
    store: &Write<'_>,
    now: Now,
    seen: PeerRecord,
    request: &BundleRequest,
    to: impl Sink + Seek,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Prepared, Error> {
    let too_wide = |what| BundleError::Scope { terminal: seen.identity.terminal.clone(), what };
    let paired = seen.pairing.sends.as_ref().ok_or_else(|| too_wide("nothing may be sent to it"))?;
    let asked = match request.asked.clone() {
        Some(Asked { wards, applications, policy }) => {
            Scope::new(wards, applications, policy, paired.administrators)?
        }
        None => paired.clone(),
    };
    if !asked.is_within(paired) {
        return Err(too_wide("more was asked for than may be sent").into());
    }
    let unknown = || BundleError::Introduced { terminal: seen.identity.terminal.clone() };
    let ring = ring_in(store)?.ok_or_else(unknown)?;
    let ours = ring.keys().identity(&store.settings().terminal, store.id());
    let mut sent = Ledger::read(store, &seen)?;
    let contents = Contents::gather(store, &sent, paired, &asked)?;
    let secret = AgreementSecret::draw()?;
    let header = Header {
        sender: Party::from(&ours),
        recipient: Party::from(&seen.identity),
        revision: seen.sent.saturating_add(1),
        made: now.wall,
        not_after: now.wall.saturating_add(request.valid_for).unwrap_or(now.wall),
        whole: paired.is_within(&asked),
        scope: asked,
        models: contents.models(),
        counts: contents.counts(),
        ephemeral: secret.public(),
    };
    let mut draft = Draft::begin(to, &header, &secret, &seen.identity)?;
    let (mut done, total) = (0_u64, header.counts.total());
    contents.each(store, |record| {
        draft.add(record)?;
        let digest = match record {
            Record::Gone(_) => None,
            record => Some(record.digest()),
        };
        sent.put(&record.key(), SentRecord { digest });
        done = done.saturating_add(1);
        progress(done, total);
        Ok(())
    })?;
    let (_, digest) = draft.finish(|message| ring.keys().sign(message))?;
    Ok(Prepared { made: MadeBundle { header, digest }, seen, sent })
}
