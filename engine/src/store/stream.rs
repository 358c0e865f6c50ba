//! Files of any length, sealed in pieces: the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over
//! XChaCha20-Poly1305. Pieces cannot be changed, left out, put in another order, or cut off at the end; memory does not grow
//! with the file.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::Payload};
use zeroize::Zeroizing;

/// Bytes of a piece before it is sealed.
const PIECE: usize = 64 * 1024;
/// Bytes that sealing adds to a piece.
const TAG: usize = 16;
/// Every stream has a key of its own, so its nonce may always be the same one.
const NONCE: [u8; 19] = [0; 19];

/// Why a stream could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("reading failed: {0}")]
    Read(io::Error),
    #[error("writing failed: {0}")]
    Write(io::Error),
    #[error("more than 256 TiB")]
    TooLong,
    #[error("it is not what was sealed: changed, cut, or sealed under another key")]
    Forged,
}

/// Seals all that can be read from `from` under `key`, which must never have sealed another stream, together with `header`,
/// which stays readable.
pub(crate) fn seal(
    key: &[u8; 32],
    header: &[u8],
    from: &mut impl Read,
    to: &mut impl Write,
) -> Result<(), StreamError> {
    let mut encryptor = EncryptorBE32::from_aead(XChaCha20Poly1305::new(key.into()), (&NONCE).into());
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    let mut next = Zeroizing::new(vec![0; PIECE]);
    let mut length = fill(from, &mut piece)?;
    loop {
        // Only a piece that is full can have another after it.
        let more = if length == PIECE { fill(from, &mut next)? } else { 0 };
        let payload = Payload { msg: piece.get(..length).unwrap_or_default(), aad: header };
        if more == 0 {
            let sealed = encryptor.encrypt_last(payload).map_err(|_| StreamError::TooLong)?;
            return to.write_all(&sealed).map_err(StreamError::Write);
        }
        let sealed = encryptor.encrypt_next(payload).map_err(|_| StreamError::TooLong)?;
        to.write_all(&sealed).map_err(StreamError::Write)?;
        std::mem::swap(&mut piece, &mut next);
        length = more;
    }
}

/// Opens what [`seal`] wrote. What has been written when this fails is to be thrown away.
pub(crate) fn open(
    key: &[u8; 32],
    header: &[u8],
    from: &mut impl Read,
    to: &mut impl Write,
) -> Result<(), StreamError> {
    let mut decryptor = DecryptorBE32::from_aead(XChaCha20Poly1305::new(key.into()), (&NONCE).into());
    let (mut piece, mut next) = (vec![0; PIECE + TAG], vec![0; PIECE + TAG]);
    let mut length = fill(from, &mut piece)?;
    loop {
        let more = if length == PIECE + TAG { fill(from, &mut next)? } else { 0 };
        let payload = Payload { msg: piece.get(..length).unwrap_or_default(), aad: header };
        if more == 0 {
            let opened = decryptor.decrypt_last(payload).map_err(|_| StreamError::Forged)?;
            return to.write_all(&Zeroizing::new(opened)).map_err(StreamError::Write);
        }
        let opened = decryptor.decrypt_next(payload).map_err(|_| StreamError::Forged)?;
        to.write_all(&Zeroizing::new(opened)).map_err(StreamError::Write)?;
        std::mem::swap(&mut piece, &mut next);
        length = more;
    }
}

/// Reads until `piece` is full or there is no more; says how much it read.
fn fill(from: &mut impl Read, piece: &mut [u8]) -> Result<usize, StreamError> {
    let mut length = 0;
    while let Some(rest) = piece.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(StreamError::Read(error)),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(content: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        seal(&[7; 32], b"header", &mut &*content, &mut sealed).unwrap();
        sealed
    }

    fn opened(sealed: &[u8]) -> Result<Vec<u8>, StreamError> {
        let mut content = Vec::new();
        open(&[7; 32], b"header", &mut &*sealed, &mut content).map(|()| content)
    }

    #[test]
    fn a_stream_of_any_length_opens_as_it_was() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17] {
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            assert_eq!(opened(&sealed(&content)).unwrap(), content, "{length}");
        }
    }

    #[test]
    fn a_stream_opens_with_its_key_and_its_header_only() {
        let sealed = sealed(b"content");
        for (key, header) in [([8; 32], &b"header"[..]), ([7; 32], b"another")] {
            let mut content = Vec::new();
            assert!(open(&key, header, &mut &*sealed, &mut content).is_err());
        }
    }

    #[test]
    fn pieces_cannot_be_left_out_swapped_or_cut_off() {
        let whole = sealed(&vec![5; 3 * PIECE + 9]);
        let pieces: Vec<&[u8]> = whole.chunks(PIECE + TAG).collect();
        for order in [&[0, 1, 2][..], &[0, 2, 3], &[1, 0, 2, 3], &[0, 1, 1, 2, 3], &[3], &[]] {
            let other: Vec<u8> = order.iter().flat_map(|at| pieces[*at]).copied().collect();
            assert!(opened(&other).is_err(), "{order:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_stream_with_anything_changed_does_not_open(
            at in any::<prop::sample::Index>(), flip in 1..=255_u8, length in 0..PIECE * 2,
        ) {
            let mut sealed = sealed(&vec![9; length]);
            let at = at.index(sealed.len());
            sealed[at] ^= flip;
            prop_assert!(opened(&sealed).is_err());
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(opened(&bytes).is_err());
        }
    }
}
