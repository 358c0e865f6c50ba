//! By what a site knows its cards: which of the things that a card can tell it asks for, in which order.

use zeroize::Zeroizing;

use super::dialect::Dialect;

/// What is asked of a card, the preferred first. The first provider whose card it is decides.
#[derive(Clone)]
pub struct Plan {
    /// In order of preference.
    pub providers: Vec<Provider>,
    /// How to speak to FeliCa cards through this reader; none to find out.
    pub dialect: Option<Dialect>,
    /// Whether a phone or watch may be known by its IDm, which changes with the device. It shows only where the reader
    /// tells the make of a FeliCa card.
    pub mobile: bool,
}

/// One way to know whose a card is.
#[derive(Clone)]
pub enum Provider {
    /// The number that the card gives anybody: UID or IDm.
    Identifier,
    /// Text in a block of a FeliCa card that can be read without a key: an employee's number.
    FelicaBlock(FelicaBlock),
    /// Text in a block of a MIFARE Classic card, read with the site's key.
    MifareBlock(MifareBlock),
    /// The IDm of a FeliCa Lite-S card that proves its card key.
    LiteS(LiteSKeys),
    /// The UID of a DESFire card that proves a key of the site.
    Desfire(DesfireKey),
    /// The key of a My Number card's certificate for authentication (利用者証明用電子証明書).
    MyNumber,
    /// The key of an HPKI card's certificate for authentication.
    Hpki,
}

/// Where on a FeliCa card the number stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FelicaBlock {
    /// The system that is polled, and only it, so that a transit card in the same holder does not answer.
    pub system: u16,
    /// The service, readable without a key.
    pub service: u16,
    /// The block.
    pub block: u16,
    /// Where in the block's 16 bytes the number begins, and how long it is; together at most 16.
    pub offset: u8,
    /// Its length, 1 to 16.
    pub length: u8,
}

impl Default for FelicaBlock {
    /// The number of an employee's or student's card of the FeliCa Common-use Format (FCF), as independent readers of such
    /// cards have it: system FE00, service 1A8B, block 0, bytes 2 to 13.
    fn default() -> FelicaBlock {
        FelicaBlock { system: 0xFE00, service: 0x1A8B, block: 0, offset: 2, length: 12 }
    }
}

/// Where on a MIFARE Classic card the number stands, and the key that reads it.
#[derive(Clone)]
pub struct MifareBlock {
    /// The block, counted over the whole card.
    pub block: u8,
    /// Key A or key B.
    pub key_b: bool,
    /// The key.
    pub key: Zeroizing<[u8; 6]>,
    /// Where in the block's 16 bytes the number begins; with `length` at most 16.
    pub offset: u8,
    /// Its length, 1 to 16.
    pub length: u8,
}

/// From what the card keys of FeliCa Lite-S cards are derived.
#[derive(Clone)]
pub struct LiteSKeys {
    /// The site's master key: three DES keys.
    pub master: Zeroizing<[u8; 24]>,
}

/// The key that a DESFire card proves.
#[derive(Clone)]
pub struct DesfireKey {
    /// The application that holds it, as in the card's commands: least byte first. 000000 is the card itself.
    pub application: [u8; 3],
    /// Its number there, 0 to 13.
    pub number: u8,
    /// The key, AES-128.
    pub key: Zeroizing<[u8; 16]>,
    /// Whether each card has its own, derived from this one (NXP AN10922). Only for cards whose UID is not random.
    pub diversified: bool,
}

impl Default for Plan {
    /// The identifier that a card gives anybody.
    fn default() -> Plan {
        Plan { providers: vec![Provider::Identifier], dialect: None, mobile: false }
    }
}
