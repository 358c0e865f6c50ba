//! Files of any length, sealed in pieces: the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over
//! XChaCha20-Poly1305. Pieces cannot be changed, left out, put in another order, or cut off at the end; memory does not grow
//! with the file.

use std::io::{self, BufRead, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::Payload};
use zeroize::{Zeroize, Zeroizing};

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
    let mut writer = SealWriter::new(key, header, to);
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    loop {
        match fill(from, &mut piece)? {
            0 => return writer.finish().map(|_| ()),
            length => writer.push(piece.get(..length).unwrap_or_default())?,
        }
    }
}

/// Opens what [`seal`] wrote. What has been written when this fails is to be thrown away.
pub(crate) fn open(
    key: &[u8; 32],
    header: &[u8],
    from: &mut impl Read,
    to: &mut impl Write,
) -> Result<(), StreamError> {
    let mut reader = OpenReader::new(key, header, from);
    while reader.advance()? {
        to.write_all(reader.rest()).map_err(StreamError::Write)?;
    }
    Ok(())
}

/// Seals what is written to it. Nothing of it can be opened before [`SealWriter::finish`].
pub(crate) struct SealWriter<'h, W> {
    encryptor: EncryptorBE32<XChaCha20Poly1305>,
    header: &'h [u8],
    /// What waits until it is a piece, or the last one. It never grows: growing would leave copies behind unwiped.
    piece: Zeroizing<Vec<u8>>,
    to: W,
}

impl<'h, W: Write> SealWriter<'h, W> {
    /// Seals under `key`, which must never have sealed another stream, together with `header`.
    pub(crate) fn new(key: &[u8; 32], header: &'h [u8], to: W) -> Self {
        let encryptor = EncryptorBE32::from_aead(XChaCha20Poly1305::new(key.into()), (&NONCE).into());
        Self { encryptor, header, piece: Zeroizing::new(Vec::with_capacity(PIECE)), to }
    }

    /// Seals these bytes after those before.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), StreamError> {
        while !bytes.is_empty() {
            // Only a piece that is full can have another after it.
            if self.piece.len() == PIECE {
                let payload = Payload { msg: &self.piece, aad: self.header };
                let sealed = self.encryptor.encrypt_next(payload).map_err(|_| StreamError::TooLong)?;
                self.to.write_all(&sealed).map_err(StreamError::Write)?;
                self.piece.zeroize();
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the end, and gives back what it was written to.
    pub(crate) fn finish(mut self) -> Result<W, StreamError> {
        let payload = Payload { msg: &self.piece, aad: self.header };
        let sealed = self.encryptor.encrypt_last(payload).map_err(|_| StreamError::TooLong)?;
        self.to.write_all(&sealed).map_err(StreamError::Write)?;
        Ok(self.to)
    }
}

impl<W: Write> Write for SealWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map(|()| bytes.len()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Opens what a [`SealWriter`] wrote, piece by piece. Each is what was sealed; that nothing is missing after it is known at
/// the end.
pub(crate) struct OpenReader<'h, R> {
    /// None when the last piece was opened.
    decryptor: Option<DecryptorBE32<XChaCha20Poly1305>>,
    header: &'h [u8],
    from: R,
    /// The sealed piece that comes next: a piece that is full may have another after it.
    sealed: Vec<u8>,
    opened: Zeroizing<Vec<u8>>,
    /// How much of it was taken.
    taken: usize,
    begun: bool,
}

impl<'h, R: Read> OpenReader<'h, R> {
    /// Opens what was sealed under `key` together with `header`.
    pub(crate) fn new(key: &[u8; 32], header: &'h [u8], from: R) -> Self {
        let decryptor = DecryptorBE32::from_aead(XChaCha20Poly1305::new(key.into()), (&NONCE).into());
        Self {
            decryptor: Some(decryptor),
            header,
            from,
            sealed: Vec::new(),
            opened: Zeroizing::default(),
            taken: 0,
            begun: false,
        }
    }

    /// What was opened and not taken yet.
    pub(crate) fn rest(&self) -> &[u8] {
        self.opened.get(self.taken..).unwrap_or_default()
    }

    /// Takes so much of it away.
    pub(crate) fn take(&mut self, length: usize) {
        self.taken = self.taken.saturating_add(length);
    }

    /// Opens the next piece in the place of the one before; false when there is none.
    pub(crate) fn advance(&mut self) -> Result<bool, StreamError> {
        let Some(mut decryptor) = self.decryptor.take() else {
            self.opened = Zeroizing::default();
            return Ok(false);
        };
        if !self.begun {
            self.sealed = sealed_piece(&mut self.from)?;
            self.begun = true;
        }
        let next = if self.sealed.len() == PIECE + TAG { sealed_piece(&mut self.from)? } else { Vec::new() };
        let payload = Payload { msg: &self.sealed, aad: self.header };
        self.opened = Zeroizing::new(if next.is_empty() {
            decryptor.decrypt_last(payload).map_err(|_| StreamError::Forged)?
        } else {
            let opened = decryptor.decrypt_next(payload).map_err(|_| StreamError::Forged)?;
            self.decryptor = Some(decryptor);
            opened
        });
        self.sealed = next;
        self.taken = 0;
        Ok(true)
    }
}

impl<R: Read> Read for OpenReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.fill_buf()?;
        let read = rest.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for OpenReader<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.rest().is_empty() && self.advance().map_err(io::Error::other)? {}
        Ok(self.rest())
    }

    fn consume(&mut self, length: usize) {
        self.take(length);
    }
}

fn sealed_piece(from: &mut impl Read) -> Result<Vec<u8>, StreamError> {
    let mut piece = vec![0; PIECE + TAG];
    let length = fill(from, &mut piece)?;
    piece.truncate(length);
    Ok(piece)
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
