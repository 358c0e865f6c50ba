//! Secrets that people know or are handed: passwords, emergency codes, application logins. What they are, how they are
//! kept, and how they are compared; who may set or use one is decided elsewhere. No clock and no store here: what is
//! kept is a document.

mod code;
mod emergency;
mod error;
mod hash;
mod login;
mod password;
mod sealed_text;
mod text;

pub use code::{CodeMac, EmergencyCode, draw_handle};
pub use emergency::{CodeState, Disaster, EmergencyUse, IssuedCode, Remark, Review, Term};
pub use error::SecretError;
pub use hash::PasswordHash;
pub use login::{Login, LoginField};
pub use password::{MOST_REMEMBERED, PasswordRecord};
pub use text::{SECRET_BYTES, Secret};
