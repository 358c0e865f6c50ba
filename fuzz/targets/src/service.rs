//! What a client says to the service of a terminal.

use mabataki_engine::service::protocol::{Hello, Numbered, Request, SessionRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte says which kind of message the others are. One that can be read is written and read again.
pub fn service(bytes: &[u8]) {
    let Some((kind, message)) = bytes.split_first() else { return };
    match kind % 3 {
        0 => again::<Hello>(message),
        1 => again::<Numbered<Request>>(message),
        _ => again::<Numbered<SessionRequest>>(message),
    }
}

fn again<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok((message, _)) = postcard::take_from_bytes::<T>(bytes) else { return };
    let written = postcard::to_allocvec(&message).unwrap();
    let (read, rest) = postcard::take_from_bytes::<T>(&written).unwrap();
    assert!(rest.is_empty());
    assert_eq!(postcard::to_allocvec(&read).unwrap(), written);
}
