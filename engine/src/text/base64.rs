//! Bytes in files that are text: base 64 (RFC 4648, section 4), for `#[serde(with = "base64")]` on `[u8; N]`.

use std::borrow::Cow;

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize as _, Deserializer, Serializer, de};

pub(crate) fn serialize<const N: usize, S: Serializer>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Base64::encode_string(bytes))
}

pub(crate) fn deserialize<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    <[u8; N]>::try_from(any_length(deserializer)?)
        .map_err(|_| de::Error::custom(format!("expected {N} bytes")))
}

/// As many bytes as there are.
pub(crate) fn any_length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    Base64::decode_vec(&text).map_err(|_| de::Error::custom("expected base64"))
}
