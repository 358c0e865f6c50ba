//! What the site of the personas writes into its cards, and the keys it has. None of them opens anything real.

/// The employee's number in the FeliCa and MIFARE Classic cards of the site: ten digits, filled up with spaces.
pub const NUMBER: &[u8; 12] = b"0100012345  ";
/// The system of the cards with a number: FeliCa common area.
pub const FCF_SYSTEM: u16 = 0xFE00;
/// The service with the number, readable without a key.
pub const FCF_SERVICE: u16 = 0x1A8B;
/// Where in block 0 the number begins.
pub const FCF_OFFSET: u8 = 2;

/// The key of sector 1 of the MIFARE Classic cards, A and B.
pub const CLASSIC_KEY: [u8; 6] = [0x4B, 0x0D, 0x93, 0x5E, 0x21, 0xC7];
/// The block of theirs with the number, at its beginning.
pub const CLASSIC_BLOCK: u8 = 4;

/// From what the card keys of the FeliCa Lite-S cards are derived: three DES keys.
pub const LITE_S_MASTER: [u8; 24] = [
    0x3A, 0x91, 0x5C, 0xE7, 0x08, 0x62, 0xBF, 0xD4, 0x17, 0xA8, 0x6B, 0x30, 0xF5, 0x49, 0x9E, 0xC2, 0x71,
    0x0D, 0xD6, 0x84, 0x2F, 0xBB, 0x53, 0xE8,
];

/// The application of the DESFire cards, least byte first.
pub const DESFIRE_APPLICATION: [u8; 3] = [0x42, 0xB1, 0xF5];
/// The key they prove, and its number.
pub const DESFIRE_KEY: [u8; 16] =
    [0x6D, 0x35, 0xA2, 0x4E, 0x9B, 0xF0, 0x17, 0xC8, 0x5F, 0x02, 0xD9, 0x86, 0x3C, 0x7A, 0xE1, 0x54];
/// Its number in the application.
pub const DESFIRE_KEY_NUMBER: u8 = 1;
