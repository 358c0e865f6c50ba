//! Cards a host has read itself and names in text: `KIND:HEX`.

use zeroize::Zeroizing;

use super::{CardIdentity, CardKind, Unusable, identifier::judge};

/// Why text does not name a usable card. None of these repeats the identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The kind and the identifier are not told apart.
    #[error("a card is given as KIND:HEX, for example felica:0114B34C1A2B3C4D; found no colon")]
    NoColon,
    /// The kind is none there is.
    #[error("{found:?} is no kind of card; there are: {}", known_kinds())]
    UnknownKind {
        /// What stands before the colon.
        found: String,
    },
    /// The identifier is not in hex, or too long for any.
    #[error("the identifier must be 4 to {LONGEST} bytes, each two digits of hex")]
    NotHex,
    /// The identifier can be read but cannot stand for a person.
    #[error("this card cannot stand for a person: {0}")]
    Unusable(#[from] Unusable),
}

/// The longest identifier of any card, in bytes: a triple size UID.
const LONGEST: usize = 10;

impl CardIdentity {
    /// Reads `KIND:HEX`, the kind in the words of [`CardKind::code`]; the same identifiers are refused as when the
    /// card is read here.
    ///
    /// ```
    /// use mabataki_engine::card::CardIdentity;
    /// assert!(CardIdentity::parse_claim("felica:0114B34C1A2B3C4D").is_ok());
    /// assert!(CardIdentity::parse_claim("type_a:08112233").is_err()); // a random UID
    /// ```
    pub fn parse_claim(text: &str) -> Result<CardIdentity, ClaimError> {
        let (kind, hex) = text.split_once(':').ok_or(ClaimError::NoColon)?;
        let kind = CardKind::from_code(kind).ok_or_else(|| ClaimError::UnknownKind { found: kind.into() })?;
        Ok(judge(kind, &from_hex(hex.as_bytes())?)?)
    }
}

fn from_hex(digits: &[u8]) -> Result<Zeroizing<Vec<u8>>, ClaimError> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() || pairs.is_empty() || pairs.len() > LONGEST {
        return Err(ClaimError::NotHex);
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8).ok_or(ClaimError::NotHex);
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for &[high, low] in pairs {
        bytes.push(digit(high)? << 4 | digit(low)?);
    }
    Ok(bytes)
}

fn known_kinds() -> String {
    let codes: Vec<&str> = CardKind::ALL.iter().map(|kind| kind.code()).collect();
    codes.join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_claimed_card_is_the_card_that_is_read() {
        let identity = CardIdentity::parse_claim("felica:3114b34c1A2B3C4D").unwrap();
        assert_eq!(identity.id.as_slice(), [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D]);
        assert_eq!(identity.kind, CardKind::Felica);
    }

    #[test]
    fn a_claim_is_refused_with_its_reason_and_without_its_identifier() {
        assert_eq!(CardIdentity::parse_claim("felica"), Err(ClaimError::NoColon));
        let unknown = CardIdentity::parse_claim("oyster:04A1B2C3").unwrap_err().to_string();
        assert!(
            unknown.contains("oyster") && unknown.contains("mifare_classic") && !unknown.contains("A1B2")
        );
        for bad in ["felica:", "felica:011", "felica:0114B34C1A2B3C4G", "type_a:0102030405060708090A0B"] {
            assert_eq!(CardIdentity::parse_claim(bad), Err(ClaimError::NotHex), "{bad}");
        }
        let random = CardIdentity::parse_claim("type_a:08112233");
        assert_eq!(random, Err(ClaimError::Unusable(Unusable::RandomIdentifier)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", kind in prop::sample::select(CardKind::ALL.to_vec())) {
            let _ = CardIdentity::parse_claim(&text);
            let _ = CardIdentity::parse_claim(&format!("{}:{text}", kind.code()));
        }
    }
}
