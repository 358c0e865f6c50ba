//! Sealing of what is too long to be held at once: backups, bundles. What seals the store's records is the store's own.

mod stream;

pub(crate) use stream::{OpenReader, SealWriter, StreamError, open, seal};
