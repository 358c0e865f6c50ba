//! Bundles: people, cards, faces, logins and the policy, on their way from one terminal to another in one file.
//!
//! A bundle is text to its first line break; then come a seal, a header that anybody may read, and a body that only the
//! terminal may read that it is for:
//! ```text
//! mabataki bundle 1 ⏎ | signature, 64 bytes | body's length, u64 LE | body's SHA-256 | header's length, u32 LE | header | body
//! ```
//! The signature (Ed25519) covers all that comes after it, the body by its digest; it is verified before anything of the body
//! is opened. The body is a sealed stream of lines, one record each, under a key that nobody has but the two: HKDF-SHA256 over
//! what a key pair drawn for this bundle and the recipient's come to (X25519), bound to the header. That is HPKE's way (RFC
//! 9180), built of the parts that seal everything else here: HPKE itself would seal the body at once, not in pieces, and
//! its sender would not be told from others by a signature that a third can verify.
//!
//! No clock and no store here: where the file lies, whose keys these are and what becomes of a record is decided elsewhere.

mod error;
mod file;
mod header;
mod order;
mod record;
mod stream;
#[cfg(test)]
mod tests;

pub use error::BundleError;
pub use file::{Bundle, Draft, Verified};
pub use header::{Counts, Header, LONGEST_VALID, Party};
pub use record::{CarriedPassword, CarriedTemplate, Record, RecordKey};
pub use stream::Records;

/// Most bytes of a bundle's body: 1 GiB. A hospital of 20,000 people takes about 300 MB.
pub const MOST_BYTES: u64 = 1 << 30;

/// Most records of a bundle: 20,000 people with a card, a face, a password and ten logins each are some 280,000.
pub const MOST_RECORDS: u64 = 1 << 20;

/// Most bytes of a record's line: 1 MiB. A template takes 350 kB at most, a login 150 kB.
pub const MOST_LINE: usize = 1 << 20;
