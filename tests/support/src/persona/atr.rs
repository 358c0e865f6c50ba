//! The ATRs a contactless reader makes up for cards that have none (PC/SC part 3, section 3.1.3.2.3).

/// A storage card's: `standard` (03: ISO 14443 A part 3, 11: FeliCa, ...) and `name` (0001: MIFARE Classic 1K, ...).
pub fn storage(standard: u8, name: u16) -> Vec<u8> {
    let [high, low] = name.to_be_bytes();
    iso_14443_4(&[0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, standard, high, low, 0, 0, 0, 0])
}

/// An ISO 14443-4 card's, with up to fifteen historical bytes.
pub fn iso_14443_4(historical: &[u8]) -> Vec<u8> {
    let mut atr = vec![0x3B, 0x80 | (historical.len() as u8 & 0x0F), 0x80, 0x01];
    atr.extend(historical);
    atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
    atr
}

/// The same ATR with its check byte wrong.
pub(super) fn spoilt(mut atr: Vec<u8>) -> Vec<u8> {
    if let Some(check) = atr.last_mut() {
        *check ^= 0x01;
    }
    atr
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_atrs_are_those_real_readers_give() {
        let classic = [
            0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x01, 0x00,
            0x00, 0x00, 0x00, 0x6A,
        ];
        assert_eq!(storage(0x03, 0x0001), classic);
        assert_eq!(iso_14443_4(&[0x80]), [0x3B, 0x81, 0x80, 0x01, 0x80, 0x80]);
        assert_eq!(iso_14443_4(&[]), [0x3B, 0x80, 0x80, 0x01, 0x01]);
    }
}
