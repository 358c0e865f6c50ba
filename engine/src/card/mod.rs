//! Cards and the readers they lie on.
//!
//! [`reader`] is the only part that touches PC/SC: it notices a card, takes its ATR, and carries APDUs. What they
//! mean is decided without any device: [`atr`] tells the kind of card, [`identify`] asks for its identifier and
//! refuses those that cannot stand for a person.

pub mod atr;
mod claim;
mod error;
mod identify;
mod identity;
mod presence;
pub mod reader;

pub use claim::ClaimError;
pub use error::{ReaderError, Unread};
pub use identify::{Answer, identify};
pub use identity::*;
pub use reader::{CardEvent, CardReader, CardReading};
