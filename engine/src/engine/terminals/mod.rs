//! This terminal among others: its own keys, and the terminals that it is paired with.

mod ring;
#[cfg(test)]
mod tests;

use super::{Acting, Engine, Error};
use crate::audit::{Operation, Outcome};
use crate::policy::Right;
use crate::store::{StoreError, Write};
use crate::terminal::{Fingerprint, Identity, Introduction, Pairing, PeerRecord, TerminalError};

pub(super) use self::ring::ring_in;

impl Engine {
    /// What introduces this terminal to others. It takes no right: nothing of it is secret. The keys are drawn the first
    /// time that it is asked for.
    ///
    /// # Errors
    /// When the system gives no random numbers, or the store fails.
    pub fn introduction(&mut self) -> Result<Introduction, Error> {
        self.transact(|store, now| {
            let ring = ring_in(store, now)?;
            Ok(ring.introduction(&store.settings().terminal, store.id()))
        })
    }
}

impl Acting<'_> {
    /// The terminals that this one is paired with, by name.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn peers(&self) -> Result<Vec<PeerRecord>, Error> {
        self.require(Right::Policy)?;
        let mut peers: Vec<PeerRecord> =
            self.engine.store.documents::<PeerRecord>()?.into_iter().map(|(_, peer)| peer).collect();
        peers.retain(PeerRecord::is_live);
        peers.sort_by(|one, other| one.identity.terminal.cmp(&other.identity.terminal));
        Ok(peers)
    }

    /// Takes another terminal for what its introduction says, because the fingerprint that a person read out there, and
    /// one typed in here, is that of its keys. From then on these keys are pinned. The other terminal has to do the same
    /// for what goes the other way.
    ///
    /// # Errors
    /// [`TerminalError::OtherFingerprint`]; [`TerminalError::ForNothing`] when the pairing lets nothing through;
    /// [`TerminalError::Itself`]; [`TerminalError::Paired`] when there is a peer of this name, or it is one already;
    /// [`TerminalError::NotASuccessor`] for keys that it had before those that were once pinned; without the right, or,
    /// where administrators are to be taken, without every right that those may have.
    pub fn pair(
        &mut self,
        introduction: &Introduction,
        typed: &Fingerprint,
        pairing: Pairing,
    ) -> Result<PeerRecord, Error> {
        let identity = introduction.identity().clone();
        let (by, actor) = (self.authority(), self.actor().map(str::to_owned));
        let name = identity.terminal.clone();
        self.act_at(Right::Policy, Operation::TerminalPair, &name, |store, now| {
            if identity.fingerprint() != *typed {
                return Err(TerminalError::OtherFingerprint { terminal: identity.terminal }.into());
            }
            if pairing.is_for_nothing() {
                return Err(TerminalError::ForNothing.into());
            }
            require_new(store, &identity)?;
            // Whoever lets another terminal make administrators here makes them.
            if pairing.takes.as_ref().is_some_and(|scope| scope.administrators) {
                Right::ALL.iter().try_for_each(|right| by.require(store, now, *right))?;
            }
            let key = PeerRecord::key_of(&identity.store);
            let peer = PeerRecord::new(identity, pairing, now.wall, actor);
            let peer = match store.document::<PeerRecord>(&key)? {
                Some(former) => peer.after(&former)?,
                None => peer,
            };
            store.put_document(&key, &peer)?;
            Ok(peer)
        })
    }

    /// Ends the pairing with this terminal: nothing is sent to it or taken from it any more. What was taken stays.
    ///
    /// # Errors
    /// [`TerminalError::NotPaired`]; without the right.
    pub fn unpair(&mut self, terminal: &str) -> Result<PeerRecord, Error> {
        self.act_at(Right::Policy, Operation::TerminalUnpair, terminal, |store, now| {
            let peer = PeerRecord { ended: Some(now.wall), ..peer_in(store, terminal)? };
            store.put_document(&peer.key(), &peer)?;
            Ok(peer)
        })
    }

    /// Takes a peer's new keys in the place of those that are pinned: those signed them. Nobody need compare anything.
    ///
    /// # Errors
    /// [`TerminalError::NotPaired`]; [`TerminalError::NotASuccessor`] when the pinned keys did not sign what leads to
    /// these, or are these; without the right.
    pub fn renew_peer(&mut self, introduction: &Introduction) -> Result<PeerRecord, Error> {
        let Identity { terminal, store: id, .. } = introduction.identity();
        self.act_at(Right::Policy, Operation::TerminalRenew, terminal, |store, _| {
            let peer = store.document::<PeerRecord>(&PeerRecord::key_of(id))?.filter(PeerRecord::is_live);
            let peer = peer.ok_or_else(|| TerminalError::NotPaired { terminal: terminal.clone() })?;
            let identity = introduction.successor_of(&peer.identity)?.clone();
            let peer = PeerRecord { identity, ..peer };
            store.put_document(&peer.key(), &peer)?;
            Ok(peer)
        })
    }

    /// Puts new keys in the place of this terminal's, and gives the introduction that its peers renew it by. Bundles that
    /// were sealed to the keys before open for another 30 days; then those keys are wiped.
    ///
    /// # Errors
    /// Without the right, or when the system gives no random numbers.
    pub fn rotate_terminal_keys(&mut self) -> Result<Introduction, Error> {
        let entry = self.entry(Operation::TerminalRotate, Outcome::Done, "keys");
        let (introduction, _) = self.act_with(Right::Policy, entry, |store, now, entry| {
            let ring = ring::rotate(store, now)?;
            entry.object = Some(ring.keys().number().to_string());
            Ok(ring.introduction(&store.settings().terminal, store.id()))
        })?;
        Ok(introduction)
    }
}

/// The live peer of this name.
pub(super) fn peer_in(store: &Write<'_>, terminal: &str) -> Result<PeerRecord, Error> {
    let found = live_peers(store)?.find(|peer| peer.identity.terminal == terminal);
    found.ok_or_else(|| TerminalError::NotPaired { terminal: terminal.to_owned() }.into())
}

/// Refuses what this terminal is itself, or is paired with already.
fn require_new(store: &Write<'_>, identity: &Identity) -> Result<(), Error> {
    let terminal = &identity.terminal;
    if store.settings().terminal == *terminal || store.id() == identity.store {
        return Err(TerminalError::Itself { terminal: terminal.clone() }.into());
    }
    let is_same =
        |peer: &PeerRecord| peer.identity.terminal == *terminal || peer.identity.store == identity.store;
    match live_peers(store)?.find(is_same) {
        Some(peer) => Err(TerminalError::Paired { terminal: peer.identity.terminal }.into()),
        None => Ok(()),
    }
}

fn live_peers(store: &Write<'_>) -> Result<impl Iterator<Item = PeerRecord>, StoreError> {
    let peers = store.documents::<PeerRecord>()?.into_iter();
    Ok(peers.map(|(_, peer)| peer).filter(PeerRecord::is_live))
}
