//! Grants: what a success is good for, and until when. Records and rules only; the engine keeps them in the store, and
//! asks at every use.

mod assertion;
mod clock;
mod record;

pub use assertion::{Assertion, SigningKey, VerifyingKeys};
pub use clock::{ClockMark, Jump};
pub use record::{Ended, Ending, GrantRecord, OpenTry, Provisional};
