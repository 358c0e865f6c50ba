//! What a card says about itself, and how much that is worth.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The kind of card, told from its ATR and from asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CardKind {
    /// FeliCa (Sony; JIS X 6319-4): hospital staff cards, transit cards.
    Felica,
    /// FeliCa Lite-S, where its make is known.
    FelicaLiteS,
    /// A phone or watch that plays a FeliCa card, where its make is known. Its IDm changes with the device.
    FelicaMobile,
    /// MIFARE Classic 1K or 4K, or Mini.
    MifareClassic,
    /// MIFARE Ultralight or NTAG.
    MifareUltralight,
    /// MIFARE Plus in security level 1 or 2.
    MifarePlus,
    /// MIFARE DESFire.
    Desfire,
    /// My Number card (JPKI).
    MyNumber,
    /// HPKI card: the public key infrastructure of Japanese health care.
    Hpki,
    /// Japanese driving licence.
    DrivingLicence,
    /// Japanese residence card.
    ResidenceCard,
    /// ISO 15693 vicinity card.
    Iso15693,
    /// Another ISO 14443 type A card, or a phone that plays one.
    TypeA,
    /// Another ISO 14443 type B card.
    TypeB,
    /// Anything else.
    Unknown,
}

impl CardKind {
    /// Every kind.
    pub const ALL: &[CardKind] = &[
        CardKind::Felica,
        CardKind::FelicaLiteS,
        CardKind::FelicaMobile,
        CardKind::MifareClassic,
        CardKind::MifareUltralight,
        CardKind::MifarePlus,
        CardKind::Desfire,
        CardKind::MyNumber,
        CardKind::Hpki,
        CardKind::DrivingLicence,
        CardKind::ResidenceCard,
        CardKind::Iso15693,
        CardKind::TypeA,
        CardKind::TypeB,
        CardKind::Unknown,
    ];

    /// The stable word for it, in JSON and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            CardKind::Felica => "felica",
            CardKind::FelicaLiteS => "felica_lite_s",
            CardKind::FelicaMobile => "felica_mobile",
            CardKind::MifareClassic => "mifare_classic",
            CardKind::MifareUltralight => "mifare_ultralight",
            CardKind::MifarePlus => "mifare_plus",
            CardKind::Desfire => "desfire",
            CardKind::MyNumber => "my_number",
            CardKind::Hpki => "hpki",
            CardKind::DrivingLicence => "driving_licence",
            CardKind::ResidenceCard => "residence_card",
            CardKind::Iso15693 => "iso15693",
            CardKind::TypeA => "type_a",
            CardKind::TypeB => "type_b",
            CardKind::Unknown => "unknown",
        }
    }

    /// The kind with this [`CardKind::code`].
    pub fn from_code(code: &str) -> Option<CardKind> {
        CardKind::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// What an identifier was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdKind {
    /// UID of a type A card: 4, 7 or 10 bytes; of a vicinity card: 8 bytes, E0 first.
    Uid,
    /// IDm of a FeliCa card: 8 bytes, the system index (upper half of the first byte) cleared.
    Idm,
    /// A number that the site or its issuer wrote into a block of the card: 1 to 16 bytes, as they stand there.
    Number,
    /// SHA-256 of the public key in the card's certificate for authentication (its `SubjectPublicKeyInfo`): 32 bytes.
    CertificateKey,
}

impl IdKind {
    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            IdKind::Uid => "uid",
            IdKind::Idm => "idm",
            IdKind::Number => "number",
            IdKind::CertificateKey => "certificate_key",
        }
    }
}

/// How much a card identity is worth, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Assurance {
    /// A number anybody near the card can read and copy. It identifies; it does not authenticate.
    IdentifierOnly,
    /// The card has proved knowledge of a key.
    Proved,
}

impl Assurance {
    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            Assurance::IdentifierOnly => "identifier_only",
            Assurance::Proved => "proved",
        }
    }
}

/// A card's identifier with its meaning. The bytes identify a person: wiped on drop, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CardIdentity {
    /// The kind of card; [`CardKind::Felica`] for every FeliCa card, since not every reader tells them apart.
    pub kind: CardKind,
    /// What the identifier is.
    pub id_kind: IdKind,
    /// What it is worth.
    pub assurance: Assurance,
    /// The identifier: 4 to 10 bytes of a UID or IDm, up to 32 of others, see [`IdKind`].
    pub id: Zeroizing<Vec<u8>>,
}

impl CardIdentity {
    /// Whether the card has a PIN of its own, and proves with it that it is genuine.
    #[must_use]
    pub fn judges_pin(&self) -> bool {
        self.id_kind == IdKind::CertificateKey
    }
}

impl std::fmt::Debug for CardIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CardIdentity({:?}, {:?}, {:?}, [{} bytes])",
            self.kind,
            self.id_kind,
            self.assurance,
            self.id.len()
        )
    }
}

/// Why a card that was read cannot stand for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// The identifier is drawn anew at every tap: a random UID (first byte 08), or any type B PUPI.
    #[error("its identifier is another one at every tap")]
    RandomIdentifier,
    /// It is a phone or a watch, and the site does not take their identifiers: they change with the device.
    #[error("it is a phone or a watch, whose identifier may change")]
    ChangingIdentifier,
    /// The identifier is all 00, all FF, or a cascade tag: not one a card maker gave.
    #[error("its identifier is not one a card maker gave")]
    InvalidIdentifier,
    /// The identifier has a length no such card has.
    #[error("its identifier has a length no such card has")]
    WrongLength,
    /// The card did not tell an identifier.
    #[error("it gives no identifier")]
    NoIdentifier,
    /// The kind of card is not one this version can identify.
    #[error("this kind of card cannot be identified")]
    UnknownCard,
    /// None of the ways by which this site knows its cards applies to this one.
    #[error("this site does not take such cards")]
    NotAllowed,
    /// The card holds something else than this site writes where it should stand.
    #[error("it does not hold what the cards of this site hold")]
    NotOfSite,
    /// The card should have proved that it is genuine, and did not.
    #[error("it could not prove that it is genuine")]
    ProofFailed,
}

impl Unusable {
    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            Unusable::RandomIdentifier => "random_identifier",
            Unusable::ChangingIdentifier => "changing_identifier",
            Unusable::InvalidIdentifier => "invalid_identifier",
            Unusable::WrongLength => "wrong_length",
            Unusable::NoIdentifier => "no_identifier",
            Unusable::UnknownCard => "unknown_card",
            Unusable::NotAllowed => "card_not_allowed",
            Unusable::NotOfSite => "not_of_site",
            Unusable::ProofFailed => "proof_failed",
        }
    }
}
