//! The site's keys for its cards: set by an administrator, never shown again; and the plan by which readers know cards,
//! made of them and of the policy.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::grants::hex;
use super::{Acting, Engine, Error};
use crate::audit::Operation;
use crate::card::{DesfireKey, LiteSKeys, MifareBlock, Plan, Provider};
use crate::policy::{CardKeyKind, CardRules, CardWay, Right};
use crate::store::{Document, Store};

/// The longest key in bytes: three DES keys.
const LONGEST: usize = 24;

/// What a check value is computed over. It never changes: terminals compare theirs.
const CHECK: &[u8] = b"mabataki card key check 1";

/// Bytes of a check value: enough to tell a mistyped key, too few to find a key by.
const CHECK_BYTES: usize = 3;

/// A key as it is kept. Shorter ones leave the end unused.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    key: [u8; LONGEST],
    #[zeroize(skip)]
    set: Timestamp,
}

impl Document for StoredKey {
    const KIND: &'static str = "card_key";
}

impl StoredKey {
    fn part<const N: usize>(&self) -> Zeroizing<[u8; N]> {
        let mut part = Zeroizing::new([0; N]);
        part.iter_mut().zip(&self.key).for_each(|(to, from)| *to = *from);
        part
    }

    /// The first bytes of HMAC-SHA-256 under the key, in hexadecimal digits.
    fn check(&self, kind: CardKeyKind) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key[..kind.length()]).ok()?;
        mac.update(CHECK);
        mac.update(kind.code().as_bytes());
        Some(hex(&mac.finalize().into_bytes()[..CHECK_BYTES]))
    }
}

/// What is told of a card key. The key itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardKey {
    /// For which cards.
    pub kind: CardKeyKind,
    /// The same on every terminal that has the same key: 6 hexadecimal digits.
    pub check: String,
    /// When it was set, UTC.
    pub set: Timestamp,
}

impl Acting<'_> {
    /// Sets the site's key for cards of this kind, in place of the one that was there. Who may change the policy may.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it has another length than [`CardKeyKind::length`]; without the right; when the store fails.
    pub fn set_card_key(&mut self, kind: CardKeyKind, key: &[u8]) -> Result<CardKey, Error> {
        let mut stored = StoredKey { key: [0; LONGEST], set: Timestamp::UNIX_EPOCH };
        if key.len() != kind.length() {
            let found = format!("{} bytes", key.len());
            return Err(Error::Invalid { what: "a card key", expected: expected(kind), found });
        }
        stored.key.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        self.act_at(Right::Policy, Operation::CardKeySet, kind.code(), |store, now| {
            stored.set = now.wall;
            store.put_document(kind.code(), &stored)?;
            Ok(told(kind, &stored))
        })
    }

    /// The kinds that have a key, each with what it can be told by.
    ///
    /// # Errors
    /// Without the right to change the policy, or when the store fails.
    pub fn card_keys(&mut self) -> Result<Vec<CardKey>, Error> {
        self.require(Right::Policy)?;
        let mut keys = Vec::new();
        for kind in CardKeyKind::ALL.iter().copied() {
            keys.extend(stored(&self.engine.store, kind)?.map(|key| told(kind, &key)));
        }
        Ok(keys)
    }

    /// Removes a key; says whether there was one. Cards that have to prove it are not taken any more.
    ///
    /// # Errors
    /// Without the right to change the policy, or when the store fails.
    pub fn remove_card_key(&mut self, kind: CardKeyKind) -> Result<bool, Error> {
        self.act(Right::Policy, Operation::CardKeyRemove, kind.code(), |store| {
            Ok(store.remove_document::<StoredKey>(kind.code())?)
        })
    }
}

impl Engine {
    /// By what readers know a card here: as the policy says, without the ways whose key is not set.
    ///
    /// # Errors
    /// When the store fails.
    pub fn card_plan(&self) -> Result<Arc<Plan>, Error> {
        let rules = self.rulebook()?;
        let rules = rules.cards();
        let mut providers = Vec::with_capacity(rules.accept.len());
        for way in &rules.accept {
            providers.extend(provider(&self.store, rules, *way)?);
        }
        Ok(Arc::new(Plan { providers, dialect: rules.dialect, mobile: rules.mobile }))
    }

    /// The ways to know a card that the policy names and whose key is not set: cards are not known by them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn card_ways_without_key(&self) -> Result<Vec<CardWay>, Error> {
        let rules = self.rulebook()?;
        let mut without = Vec::new();
        for way in rules.cards().accept.iter().copied() {
            if let Some(kind) = way.key()
                && stored(&self.store, kind)?.is_none()
            {
                without.push(way);
            }
        }
        Ok(without)
    }
}

/// The way that the policy names, with its key; none where that is not set.
fn provider(store: &Store, rules: &CardRules, way: CardWay) -> Result<Option<Provider>, Error> {
    let key = match way.key() {
        Some(kind) => stored(store, kind)?,
        None => None,
    };
    Ok(match (way, key) {
        (CardWay::LiteS, Some(key)) => Some(Provider::LiteS(LiteSKeys { master: key.part() })),
        (CardWay::Desfire, Some(key)) => {
            // The card's commands have it least byte first.
            let [a, b, c, _] = rules.desfire.application.to_le_bytes();
            Some(Provider::Desfire(DesfireKey {
                application: [a, b, c],
                number: rules.desfire.number,
                key: key.part(),
                diversified: rules.desfire.diversified,
            }))
        }
        (CardWay::MifareNumber, Some(key)) => Some(Provider::MifareBlock(MifareBlock {
            block: rules.mifare.block,
            key_b: rules.mifare.key_b,
            key: key.part(),
            offset: rules.mifare.offset,
            length: rules.mifare.length,
        })),
        (CardWay::LiteS | CardWay::Desfire | CardWay::MifareNumber, None) => None,
        (CardWay::FelicaNumber, _) => Some(Provider::FelicaBlock(rules.felica.clone())),
        (CardWay::MyNumber, _) => Some(Provider::MyNumber),
        (CardWay::Hpki, _) => Some(Provider::Hpki),
        (CardWay::Identifier, _) => Some(Provider::Identifier),
    })
}

fn stored(store: &Store, kind: CardKeyKind) -> Result<Option<StoredKey>, Error> {
    Ok(store.document::<StoredKey>(kind.code())?)
}

fn told(kind: CardKeyKind, key: &StoredKey) -> CardKey {
    CardKey { kind, check: key.check(kind).unwrap_or_default(), set: key.set }
}

fn expected(kind: CardKeyKind) -> &'static str {
    match kind {
        CardKeyKind::LiteS => "24 bytes for lite_s",
        CardKeyKind::Desfire => "16 bytes for desfire",
        CardKeyKind::Mifare => "6 bytes for mifare",
    }
}
