//! How bytes that are secret stand in JSON: in base64 (RFC 4648), with no copy of them that is not wiped, for
//! `#[serde(with = "secret_bytes")]` on `Zeroizing<Vec<u8>>`. A string that the reader of JSON had to copy is refused.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use serde::{Deserializer, Serializer, de};
use zeroize::Zeroizing;

/// Bytes that are encoded at a time: no padding before the end.
const CHUNK: usize = 48;

pub(crate) fn serialize<S: Serializer>(bytes: &Zeroizing<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Encoded(bytes))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    deserializer.deserialize_str(BytesVisitor)
}

struct Encoded<'b>(&'b [u8]);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Zeroizing::new([0; CHUNK / 3 * 4]);
        self.0
            .chunks(CHUNK)
            .try_for_each(|chunk| f.write_str(Base64::encode(chunk, &mut *text).map_err(|_| fmt::Error)?))
    }
}

struct BytesVisitor;

impl<'de> de::Visitor<'de> for BytesVisitor {
    type Value = Zeroizing<Vec<u8>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes in base64")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        // No reason is given: it would come with what was found.
        Base64::decode_vec(text).map(Zeroizing::new).map_err(|_| E::custom("not base64"))
    }

    fn visit_str<E: de::Error>(self, _copied: &str) -> Result<Self::Value, E> {
        Err(E::custom("not base64"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Kept(#[serde(with = "super")] Zeroizing<Vec<u8>>);

    proptest! {
        #[test]
        fn bytes_read_back_as_they_were_written_in_the_base64_that_others_write(bytes: Vec<u8>) {
            let text = serde_json::to_string(&Kept(Zeroizing::new(bytes.clone()))).unwrap();
            prop_assert_eq!(&text, &format!("{:?}", Base64::encode_string(&bytes)));
            let read: Kept = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&*read.0, &bytes);
        }
    }

    #[test]
    fn what_is_not_base64_and_what_had_to_be_copied_is_refused() {
        assert!(serde_json::from_str::<Kept>("\"YWJj\"").is_ok());
        for text in ["\"YWJ\"", "\"YW!j\"", "\"\\u0059WJj\"", "7"] {
            assert!(serde_json::from_str::<Kept>(text).is_err(), "{text}");
        }
    }
}
