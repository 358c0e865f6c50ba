//! By what a site knows its cards. The keys that some of these ways need are no part of it: they are secret, and a policy
//! is not.

use crate::card::{Dialect, FelicaBlock};
use crate::text::vocabulary;

vocabulary! {
    /// A way to know whose a card is.
    pub enum CardWay, "a way to know a card" {
        /// The UID of a MIFARE DESFire card that proves the site's key.
        Desfire = "desfire", "DESFire, proved", "DESFire(認証あり)";
        /// The IDm of a FeliCa Lite-S card that proves the site's key.
        LiteS = "lite_s", "FeliCa Lite-S, proved", "FeliCa Lite-S(認証あり)";
        /// A number in a block of a FeliCa card that can be read without a key.
        FelicaNumber = "felica_number", "number on a FeliCa card", "FeliCaカード内の番号";
        /// A number in a block of a MIFARE Classic card.
        MifareNumber = "mifare_number", "number on a MIFARE Classic card", "MIFARE Classicカード内の番号";
        /// The certificate for authentication of a My Number card.
        MyNumber = "my_number", "My Number card's certificate", "マイナンバーカードの利用者証明用電子証明書";
        /// The certificate for authentication of an HPKI card.
        Hpki = "hpki", "HPKI card's certificate", "HPKIカードの認証用電子証明書";
        /// The UID or IDm that a card gives anybody.
        Identifier = "identifier", "identifier (UID, IDm)", "カードの識別番号(UID・IDm)";
    }
}

vocabulary! {
    /// The kinds of card whose way needs a key of the site.
    pub enum CardKeyKind, "a kind of card key" {
        /// The master key of FeliCa Lite-S cards: 24 bytes.
        LiteS = "lite_s", "FeliCa Lite-S", "FeliCa Lite-S";
        /// The key of MIFARE DESFire cards, AES-128: 16 bytes.
        Desfire = "desfire", "MIFARE DESFire", "MIFARE DESFire";
        /// The key of a sector of MIFARE Classic cards: 6 bytes.
        Mifare = "mifare", "MIFARE Classic", "MIFARE Classic";
    }
}

impl CardKeyKind {
    /// The key's length in bytes.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            CardKeyKind::LiteS => 24,
            CardKeyKind::Desfire => 16,
            CardKeyKind::Mifare => 6,
        }
    }
}

impl CardWay {
    /// The key of the site that this way cannot do without.
    #[must_use]
    pub fn key(self) -> Option<CardKeyKind> {
        match self {
            CardWay::Desfire => Some(CardKeyKind::Desfire),
            CardWay::LiteS => Some(CardKeyKind::LiteS),
            CardWay::MifareNumber => Some(CardKeyKind::Mifare),
            CardWay::FelicaNumber | CardWay::MyNumber | CardWay::Hpki | CardWay::Identifier => None,
        }
    }
}

/// By what a site knows its cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRules {
    /// What is asked of a card, the preferred first.
    pub accept: Vec<CardWay>,
    /// How to speak to FeliCa cards; none to find out.
    pub dialect: Option<Dialect>,
    /// Whether a phone or watch may be known by its IDm, which changes with the device.
    pub mobile: bool,
    /// Whether whoever holds a card is told at the end of an attempt that it is nobody's, or stopped.
    pub explain: bool,
    /// Where the number of a FeliCa card stands.
    pub felica: FelicaBlock,
    /// Where the number of a MIFARE Classic card stands.
    pub mifare: MifarePlace,
    /// Which key a DESFire card proves.
    pub desfire: DesfirePlace,
}

/// Where the number of a MIFARE Classic card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MifarePlace {
    /// The block, counted over the whole card.
    pub block: u8,
    /// Whether key B opens it; key A otherwise.
    pub key_b: bool,
    /// Where in the block's 16 bytes the number begins; with `length` at most 16.
    pub offset: u8,
    /// Its length, 1 to 16.
    pub length: u8,
}

/// Which key a DESFire card proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DesfirePlace {
    /// The application that holds it, as it is written: the most significant byte first. 0 is the card itself.
    pub application: u32,
    /// The key's number there, 0 to 13.
    pub number: u8,
    /// Whether each card has its own, derived from the site's (NXP AN10922).
    pub diversified: bool,
}

impl Default for CardRules {
    /// The identifier that a card gives anybody, and no phone's.
    fn default() -> CardRules {
        CardRules {
            accept: vec![CardWay::Identifier],
            dialect: None,
            mobile: false,
            explain: false,
            felica: FelicaBlock::default(),
            // The first block behind the maker's, which every card has.
            mifare: MifarePlace { block: 1, key_b: false, offset: 0, length: 16 },
            desfire: DesfirePlace { application: 0, number: 0, diversified: false },
        }
    }
}
