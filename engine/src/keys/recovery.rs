//! The recovery key: the second way into a store, split among administrators and kept by none of them alone.
//!
//! It is drawn, split into shares (see [`Share`]) that are shown once, and forgotten. In the store stays what it was
//! needed for: the data key under a key derived from it, and a public key to which the log's keys are sealed (see
//! [`Escrow`]). Any `needed` of the shares give it again; fewer tell nothing of it.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::locked::Locked;
use super::shamir::{Values, value_at, value_at_zero};
use super::share::{MOST_SHARES, SECRET, SetId, Share};
use super::{Escrow, EscrowSecret, KeyError, StoreKey, random};

/// Why shares do not give a recovery key, or a recovery key no shares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// What was typed is no share.
    #[error(
        "this is no share of a recovery key: a character is wrong, missing, one too many or in another's place"
    )]
    Mistyped,
    /// Shares of several sets were given together.
    #[error("these shares are of different sets: {one} and {other}")]
    MixedSets {
        /// The first share's set.
        one: SetId,
        /// Another share's.
        other: SetId,
    },
    /// The same share was given twice.
    #[error("share {number} was given twice")]
    SameShare {
        /// Which of its set it is.
        number: u8,
    },
    /// There are fewer shares than it takes.
    #[error("{found} shares do not do: expected {needed} of the set")]
    TooFew {
        /// How many it takes.
        needed: u8,
        /// How many were given.
        found: usize,
    },
    /// Each is a share, but together they give nothing that was ever split.
    #[error("these shares do not belong together: one of them was not made with the others")]
    DoNotFit,
    /// The shares are those of another store, or of a set that was replaced.
    #[error("these shares are of the set {found}: expected the set that was made for this store last")]
    OtherSet {
        /// The shares' set.
        found: SetId,
    },
    /// Nobody can split a key like that.
    #[error(
        "{needed} of {shares} shares: expected 2 to {MOST_SHARES} shares, and at least 2 and at most all of them needed"
    )]
    Split {
        /// How many would be needed.
        needed: u8,
        /// How many would be made.
        shares: u8,
    },
}

impl RecoveryError {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Mistyped => "share_mistyped",
            Self::MixedSets { .. } => "shares_mixed",
            Self::SameShare { .. } => "share_twice",
            Self::TooFew { .. } => "shares_too_few",
            Self::DoNotFit => "shares_do_not_fit",
            Self::OtherSet { .. } => "shares_of_another_set",
            Self::Split { .. } => "invalid",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Mistyped => "compare it with the paper, and type it again",
            Self::MixedSets { .. } | Self::OtherSet { .. } => {
                "use shares of the store's own set: its nine characters stand on each paper and in mabataki key show"
            }
            Self::SameShare { .. } | Self::TooFew { .. } => "ask another holder of a share",
            Self::DoNotFit => "find out which paper is false: each other choice of enough shares tells more",
            Self::Split { .. } => "choose other numbers",
        }
    }
}

/// The recovery key, whole. It lives as long as a command that makes or uses it.
pub struct RecoveryKey(Locked<[u8; SECRET]>);

impl RecoveryKey {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn draw() -> Result<RecoveryKey, KeyError> {
        Locked::filled(|bytes| random(bytes)).map(RecoveryKey)
    }

    /// Splits it into `shares` shares, of which any `needed` give it again.
    ///
    /// # Errors
    /// [`RecoveryError::Split`] for numbers that make no sense; when the system gives no random numbers.
    pub fn split(&self, needed: u8, shares: u8) -> Result<Vec<Share>, KeyError> {
        if !(2..=shares).contains(&needed) || shares > MOST_SHARES {
            return Err(RecoveryError::Split { needed, shares }.into());
        }
        let mut coefficients = Vec::with_capacity(needed.into());
        for _ in 1..needed {
            let mut row = Zeroizing::new([0; SECRET]);
            random(&mut *row)?;
            coefficients.push(row);
        }
        let set = self.set();
        let share = |place| Share { set, needed, place, values: value_at(place, &self.0, &coefficients) };
        Ok((1..=shares).map(share).collect())
    }

    /// The key that these shares were made from.
    ///
    /// # Errors
    /// [`RecoveryError`]: too few, the same twice, of several sets, or such as do not belong together.
    pub fn from_shares(shares: &[Share]) -> Result<RecoveryKey, RecoveryError> {
        let Some(first) = shares.first() else { return Err(RecoveryError::TooFew { needed: 2, found: 0 }) };
        let mut points: Vec<(u8, Values<SECRET>)> = Vec::with_capacity(shares.len());
        for share in shares {
            if share.set != first.set {
                return Err(RecoveryError::MixedSets { one: first.set, other: share.set });
            }
            if share.needed != first.needed {
                return Err(RecoveryError::DoNotFit);
            }
            if points.iter().any(|(place, _)| *place == share.place) {
                return Err(RecoveryError::SameShare { number: share.place });
            }
            points.push((share.place, share.values.clone()));
        }
        if points.len() < usize::from(first.needed) {
            return Err(RecoveryError::TooFew { needed: first.needed, found: points.len() });
        }
        let key = RecoveryKey(Locked::copy_of(&value_at_zero(&points)));
        if key.set() == first.set { Ok(key) } else { Err(RecoveryError::DoNotFit) }
    }

    /// What its shares are known by.
    #[must_use]
    pub fn set(&self) -> SetId {
        let mut bits = [0; 8];
        self.derive(b"mabataki recovery 1: set", &mut bits);
        SetId::of(bits)
    }

    /// The key that the store's data key is kept under beside the store key.
    #[must_use]
    pub fn store_key(&self) -> StoreKey {
        let mut key = Zeroizing::new([0; 32]);
        self.derive(b"mabataki recovery 1: store key", &mut *key);
        StoreKey::from_bytes(key)
    }

    /// What opens that which was sealed to [`RecoveryKey::escrow`].
    #[must_use]
    pub fn escrow_secret(&self) -> EscrowSecret {
        let mut seed = Zeroizing::new([0; 32]);
        self.derive(b"mabataki recovery 1: escrow", &mut *seed);
        EscrowSecret::from_seed(&seed)
    }

    /// To whom keys are sealed that only the recovery key shall open.
    #[must_use]
    pub fn escrow(&self) -> Escrow {
        self.escrow_secret().public()
    }

    fn derive(&self, info: &[u8], into: &mut [u8]) {
        #[expect(clippy::expect_used, reason = "HKDF-SHA256 gives up to 8,160 bytes")]
        Hkdf::<Sha256>::new(None, &*self.0).expand(info, into).expect("at most 32 bytes");
    }
}

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryKey(set {}, …)", self.set())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reread(share: &Share) -> Share {
        Share::read(&share.to_text()).unwrap()
    }

    fn error(shares: &[Share]) -> RecoveryError {
        RecoveryKey::from_shares(shares).unwrap_err()
    }

    proptest! {
        #[test]
        fn any_shares_that_are_enough_give_the_key_in_any_order(
            (needed, all, chosen) in (2..=MOST_SHARES).prop_flat_map(|all| (2..=all, Just(all))).prop_flat_map(
                |(needed, all)| (Just(needed), Just(all), prop::sample::subsequence((0..usize::from(all)).collect::<Vec<_>>(), usize::from(needed)).prop_shuffle()),
            ),
        ) {
            let key = RecoveryKey::draw().unwrap();
            let shares = key.split(needed, all).unwrap();
            prop_assert_eq!(shares.len(), usize::from(all));
            let mut chosen: Vec<Share> = chosen.into_iter().map(|at| reread(&shares[at])).collect();
            prop_assert_eq!(*RecoveryKey::from_shares(&chosen).unwrap().0, *key.0);
            chosen.pop();
            let missing = RecoveryError::TooFew { needed, found: chosen.len() };
            if !chosen.is_empty() {
                prop_assert_eq!(error(&chosen), missing);
            }
        }
    }

    #[test]
    fn shares_of_two_sets_a_share_twice_and_a_false_share_are_told_apart() {
        let [one, other] = [(); 2].map(|()| RecoveryKey::draw().unwrap());
        let [mine, foreign] = [&one, &other].map(|key| key.split(3, 5).unwrap());
        assert_eq!(
            error(&[reread(&mine[0]), reread(&foreign[1]), reread(&mine[2])]),
            RecoveryError::MixedSets { one: one.set(), other: other.set() }
        );
        assert_eq!(error(&[reread(&mine[0]), reread(&mine[1]), reread(&mine[1])]).code(), "share_twice");
        let mut forged = reread(&foreign[1]);
        forged.set = one.set();
        assert_eq!(error(&[reread(&mine[0]), forged, reread(&mine[2])]), RecoveryError::DoNotFit);
        let mut cheap = reread(&mine[1]);
        cheap.needed = 2;
        assert_eq!(error(&[cheap, reread(&mine[0]), reread(&mine[2])]), RecoveryError::DoNotFit);
        assert_eq!(error(&[]).code(), "shares_too_few");
    }

    #[test]
    fn one_share_or_all_of_too_many_is_no_way_to_split() {
        let key = RecoveryKey::draw().unwrap();
        for (needed, shares) in [(0, 3), (1, 3), (4, 3), (2, 17), (2, 1)] {
            assert_eq!(key.split(needed, shares).unwrap_err().code(), "invalid");
        }
    }

    #[test]
    fn what_comes_from_it_is_the_same_each_time_and_differs_by_use_and_by_key() {
        let [one, other] = [(); 2].map(|()| RecoveryKey::draw().unwrap());
        assert_eq!(one.store_key().as_bytes(), one.store_key().as_bytes());
        assert_ne!(one.store_key().as_bytes(), other.store_key().as_bytes());
        assert_ne!(one.store_key().as_bytes(), &*one.0);
        assert_eq!(one.escrow(), one.escrow_secret().public());
        assert_ne!(one.escrow(), other.escrow());
        assert!(!format!("{one:?}").contains("Locked"));
    }
}
