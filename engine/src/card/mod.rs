//! Cards and the readers they lie on.

mod identity;

pub use identity::*;
