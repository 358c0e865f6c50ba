//! Answers to reset, as a card sends them.

use mabataki_engine::card::atr as answer_to_reset;

/// Whatever a card answers is decoded or refused.
pub fn atr(bytes: &[u8]) {
    let _ = answer_to_reset::decode(bytes);
}
