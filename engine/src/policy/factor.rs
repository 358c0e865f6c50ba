//! The factors of authentication, their kinds, and sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{UnknownWord, vocabulary};

vocabulary! {
    /// A factor of authentication: what can be given to show who one is.
    pub enum Factor, "a factor" {
        /// Possession: the IC card. Its assurance tells whether it proved itself.
        Card = "card", "card", "カード";
        /// Biometric: the face, with liveness.
        Face = "face", "face", "顔";
        /// Knowledge: the product's own password.
        Password = "password", "password", "パスワード";
        /// Knowledge: the password of the host's account, which the operating system judges after the grant.
        HostPassword = "host_password", "Windows or system password", "システムのパスワード";
        /// Knowledge: the card's own PIN, which the card judges.
        Pin = "pin", "card PIN", "カードの暗証番号";
        /// Possession: the store's key file, in the hands of whoever runs the command on this terminal (a software
        /// authenticator in the sense of NIST SP 800-63B). For administration only.
        StoreKey = "store_key", "store key", "ストアの鍵";
        /// A code that an administrator issued for an emergency. It claims, and does not prove.
        EmergencyCode = "emergency_code", "emergency code", "緊急コード";
    }
}

vocabulary! {
    /// The three kinds of the guideline: two different ones are asked for.
    pub enum Kind, "a kind of factor" {
        /// What one knows (記憶).
        Knowledge = "knowledge", "something known", "記憶";
        /// What one is (生体).
        Biometric = "biometric", "something of the body", "生体";
        /// What one has (所持).
        Possession = "possession", "something held", "物理媒体";
    }
}

impl Factor {
    /// The kind it counts as; an emergency code counts as none.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Factor::Card | Factor::StoreKey => Some(Kind::Possession),
            Factor::Face => Some(Kind::Biometric),
            Factor::Password | Factor::HostPassword | Factor::Pin => Some(Kind::Knowledge),
            Factor::EmergencyCode => None,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of factors: what a combination asks for, what was given, what is still missing. Written `card+face`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Factors(u8);

impl Factors {
    /// No factor.
    pub const NONE: Factors = Factors(0);

    /// These factors.
    #[must_use]
    pub fn of(factors: &[Factor]) -> Factors {
        factors.iter().copied().collect()
    }

    /// Whether this factor is among them.
    #[must_use]
    pub const fn contains(self, factor: Factor) -> bool {
        self.0 & factor.bit() != 0
    }

    /// Whether all of `others` are among them.
    #[must_use]
    pub const fn contains_all(self, others: Factors) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether any of `others` is among them.
    #[must_use]
    pub const fn contains_any(self, others: Factors) -> bool {
        self.0 & others.0 != 0
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, factor: Factor) -> Factors {
        Factors(self.0 | factor.bit())
    }

    /// These and all of `others`.
    #[must_use]
    pub const fn union(self, others: Factors) -> Factors {
        Factors(self.0 | others.0)
    }

    /// These without one.
    #[must_use]
    pub const fn without(self, factor: Factor) -> Factors {
        Factors(self.0 & !factor.bit())
    }

    /// These without any of `others`.
    #[must_use]
    pub const fn minus(self, others: Factors) -> Factors {
        Factors(self.0 & !others.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of [`Factor::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Factor> {
        Factor::ALL.iter().copied().filter(move |factor| self.contains(*factor))
    }

    /// How many different kinds they are.
    #[must_use]
    pub fn kinds(self) -> usize {
        let of_kind = |kind: &&Kind| self.iter().any(|factor| factor.kind() == Some(**kind));
        Kind::ALL.iter().filter(of_kind).count()
    }
}

impl FromIterator<Factor> for Factors {
    fn from_iter<I: IntoIterator<Item = Factor>>(factors: I) -> Factors {
        factors.into_iter().fold(Factors::NONE, Factors::with)
    }
}

/// `card+face`; empty for none.
impl fmt::Display for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, factor) in self.iter().enumerate() {
            write!(f, "{}{factor}", if index == 0 { "" } else { "+" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Factors({self})")
    }
}

impl FromStr for Factors {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Factors, UnknownWord> {
        if text.is_empty() { Ok(Factors::NONE) } else { text.split('+').map(str::parse).collect() }
    }
}

impl Serialize for Factors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Factors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Factors, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_reads_back_as_it_is_written(bits in 0u8..128) {
            let set = Factors(bits);
            prop_assert_eq!(set.to_string().parse::<Factors>().unwrap(), set);
            prop_assert_eq!(set.iter().collect::<Factors>(), set);
        }
    }

    #[test]
    fn a_card_and_its_holders_face_are_two_kinds_and_two_secrets_are_one() {
        let set = |text: &str| text.parse::<Factors>().unwrap();
        assert_eq!(set("card+face").kinds(), 2);
        assert_eq!(set("card+face+password").kinds(), 3);
        assert_eq!(set("password+pin").kinds(), 1);
        assert_eq!(set("card+store_key").kinds(), 1);
        assert_eq!(set("emergency_code").kinds(), 0);
    }

    #[test]
    fn a_word_that_is_no_factor_is_named() {
        assert_eq!(
            "card+smile".parse::<Factors>().unwrap_err().to_string(),
            "\"smile\" is not a word for a factor"
        );
    }
}
