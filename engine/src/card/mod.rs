//! Cards and the readers they lie on.
//!
//! [`reader`] is the only part that touches PC/SC: it notices a card, takes its ATR, and carries APDUs. What they
//! mean is decided without any device: [`atr`] tells the kind of card, [`identify()`] asks for its identifier and
//! refuses those that cannot stand for a person.

pub mod apdu;
pub mod atr;
mod certificate;
mod claim;
mod desfire;
mod dialect;
mod error;
mod felica;
mod identifier;
mod identify;
mod identity;
mod lite_s;
mod mifare;
mod plan;
mod presence;
pub mod reader;
#[cfg(test)]
mod testing;
mod together;
pub mod trace;

pub use certificate::{PinVerdict, prove};
pub use claim::ClaimError;
pub use dialect::Dialect;
pub use error::{ReaderError, Unread};
pub use identify::{Identified, identify};
pub use identity::*;
pub use plan::{DesfireKey, FelicaBlock, LiteSKeys, MifareBlock, Plan, Provider};
pub use reader::{CardEvent, CardReader, CardReading};
pub(crate) use together::{TOGETHER, Together};
