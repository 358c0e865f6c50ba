//! The file: how it is laid out, signed and sealed, and the one way back.

use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};

use hkdf::Hkdf;
use mabataki_models::Digest;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::header::MOST_HEADER;
use super::order::Order;
use super::record::Hashing;
use super::stream::{Records, write_line};
use super::{BundleError, Header, MOST_BYTES, Record};
use crate::keys::AgreementSecret;
use crate::sealing::{OpenReader, SealWriter};
use crate::terminal::Identity;

const MAGIC: &[u8] = b"mabataki bundle 1\n";

/// What is signed begins with it.
const TAG: &[u8] = b"mabataki bundle signature 1\0";

/// Signature, body's length, body's digest, header's length.
const SEAL: usize = 64 + 8 + 32 + 4;

/// A bundle that is being made. It is one when it is finished; before, it is to be thrown away.
pub struct Draft<W> {
    text: Vec<u8>,
    body: SealWriter<'static, Body<W>>,
    order: Order,
}

impl<W: Write + Seek> Draft<W> {
    /// Begins a bundle in `to`, which must be empty. `secret` is the other half of the header's ephemeral key, drawn for
    /// this bundle alone.
    ///
    /// # Errors
    /// [`BundleError::NoKey`]; [`BundleError::TooLong`]; when it cannot be written.
    pub fn begin(
        mut to: W,
        header: &Header,
        secret: &AgreementSecret,
        recipient: &Identity,
    ) -> Result<Draft<W>, BundleError> {
        let text = header.to_text()?;
        let no_key = || BundleError::NoKey { terminal: recipient.terminal.clone() };
        let shared = secret.agree(&recipient.sealing).ok_or_else(no_key)?;
        let key = body_key(&shared, &text, &header.ephemeral, &recipient.sealing);
        to.write_all(MAGIC)
            .and_then(|()| to.write_all(&[0; SEAL]))
            .and_then(|()| to.write_all(&text))
            .map_err(BundleError::writing)?;
        let body = Body { to, hash: Hashing(Sha256::new()), length: 0 };
        Ok(Draft { text, body: SealWriter::new(&key, &[], body), order: Order::default() })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`BundleError::TooLong`]; [`BundleError::Malformed`] when it does not come after the one before; when it cannot be
    /// written.
    pub fn add(&mut self, record: &Record) -> Result<(), BundleError> {
        if !self.order.admits(record) {
            return Err(BundleError::Malformed { number: 0, why: "it stands twice, or not in its place" });
        }
        write_line(record, &mut self.body)
    }

    /// Seals the end, and puts in front what `sign` makes of the whole. Gives back what it was written to, and the bundle's
    /// digest.
    ///
    /// # Errors
    /// [`BundleError::TooLong`]; when it cannot be written.
    pub fn finish(self, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Result<(W, Digest), BundleError> {
        let Body { mut to, hash, length } = self.body.finish()?;
        let body: [u8; 32] = hash.0.finalize().into();
        let message = message(length, &body, &self.text);
        // The header has its limit, far below.
        let header = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let seal = [&sign(&message)[..], &length.to_le_bytes(), &body, &header.to_le_bytes()].concat();
        to.seek(SeekFrom::Start(MAGIC.len() as u64))
            .and_then(|_| to.write_all(&seal))
            .and_then(|()| to.flush())
            .map_err(BundleError::writing)?;
        Ok((to, Digest::of(&message)))
    }
}

/// The sealed body on its way into the file.
struct Body<W> {
    to: W,
    hash: Hashing,
    length: u64,
}

impl<W: Write> Write for Body<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.length.checked_add(bytes.len() as u64).filter(|length| *length <= MOST_BYTES);
        self.length = length.ok_or(io::ErrorKind::FileTooLarge)?;
        self.to.write_all(bytes)?;
        self.hash.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A bundle as it came: what it says of itself is not to be believed yet.
#[derive(Debug)]
pub struct Bundle<R> {
    header: Header,
    text: Vec<u8>,
    signature: [u8; 64],
    length: u64,
    body: [u8; 32],
    from: R,
}

impl<R: Read> Bundle<R> {
    /// Reads all that comes before the body.
    ///
    /// # Errors
    /// [`BundleError::Foreign`]; when it cannot be read.
    pub fn read(mut from: R) -> Result<Bundle<R>, BundleError> {
        let foreign = |found: &str| BundleError::Foreign { found: found.to_owned() };
        let cut = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => foreign("a file that is cut"),
            _ => BundleError::reading(error),
        };
        let mut start = [0; MAGIC.len()];
        from.read_exact(&mut start).map_err(cut)?;
        if start != MAGIC {
            return Err(foreign("another first line"));
        }
        let (mut signature, mut body) = ([0; 64], [0; 32]);
        let (mut length, mut header) = ([0; 8], [0; 4]);
        for field in [&mut signature[..], &mut length, &mut body, &mut header] {
            from.read_exact(field).map_err(cut)?;
        }
        let (length, header) = (u64::from_le_bytes(length), u32::from_le_bytes(header));
        let header = usize::try_from(header).unwrap_or(usize::MAX);
        if header > MOST_HEADER || length > MOST_BYTES {
            return Err(foreign("one beyond its limits"));
        }
        let mut text = vec![0; header];
        from.read_exact(&mut text).map_err(cut)?;
        Ok(Bundle { header: Header::parse(&text)?, text, signature, length, body, from })
    }

    /// What it says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What tells it from all others: of all that its signature covers.
    pub fn digest(&self) -> Digest {
        Digest::of(&message(self.length, &self.body, &self.text))
    }

    /// Whether `signer` signed what it says of itself. The body is not looked at.
    pub fn is_signed_by(&self, signer: &Identity) -> bool {
        signer.verify(&message(self.length, &self.body, &self.text), &self.signature)
    }
}

impl<R: Read + Seek> Bundle<R> {
    /// Verifies that all of it is as `signer` signed it. Nothing is opened.
    ///
    /// # Errors
    /// [`BundleError::Signature`]; when it cannot be read.
    pub fn verify(mut self, signer: &Identity) -> Result<Verified<R>, BundleError> {
        let refused = || BundleError::Signature { terminal: self.header.sender.terminal.clone() };
        if !self.is_signed_by(signer) {
            return Err(refused());
        }
        let start = self.from.stream_position().map_err(BundleError::reading)?;
        let mut hash = Hashing(Sha256::new());
        let read = io::copy(&mut self.from.by_ref().take(self.length), &mut hash);
        let nothing_more = self.from.read(&mut [0]).map_err(BundleError::reading)? == 0;
        let found: [u8; 32] = hash.0.finalize().into();
        // Nothing of this is secret: it need not be compared in constant time.
        if read.map_err(BundleError::reading)? != self.length || !nothing_more || found != self.body {
            return Err(refused());
        }
        self.from.seek(SeekFrom::Start(start)).map_err(BundleError::reading)?;
        Ok(Verified { bundle: self })
    }
}

/// A bundle that is, all of it, as the terminal signed it that was asked about.
pub struct Verified<R> {
    bundle: Bundle<R>,
}

impl<R: Read> Verified<R> {
    /// What it says of itself.
    pub fn header(&self) -> &Header {
        &self.bundle.header
    }

    /// What tells it from all others.
    pub fn digest(&self) -> Digest {
        self.bundle.digest()
    }

    /// Opens the body by the recipient's secret.
    ///
    /// # Errors
    /// [`BundleError::NoKey`]. That the secret is another one's shows at the first record.
    pub fn open(self, secret: &AgreementSecret) -> Result<Records<impl BufRead + use<R>>, BundleError> {
        let Bundle { header, text, length, from, .. } = self.bundle;
        let no_key = || BundleError::NoKey { terminal: header.sender.terminal.clone() };
        let shared = secret.agree(&header.ephemeral).ok_or_else(no_key)?;
        let key = body_key(&shared, &text, &header.ephemeral, &secret.public());
        Ok(Records::new(OpenReader::new(&key, &[], from.take(length))))
    }
}

fn message(length: u64, body: &[u8; 32], header: &[u8]) -> Vec<u8> {
    [TAG, &length.to_le_bytes(), body, header].concat()
}

/// The key of one body: for two terminals, one pair of keys drawn for it, and one header.
fn body_key(
    shared: &[u8; 32],
    header: &[u8],
    ephemeral: &[u8; 32],
    recipient: &[u8; 32],
) -> Zeroizing<[u8; 32]> {
    let salt = [ephemeral.as_slice(), recipient].concat();
    let info = [b"mabataki bundle 1: body\0".as_slice(), &Sha256::digest(header)].concat();
    let mut key = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "HKDF-SHA256 gives up to 8,160 bytes")]
    Hkdf::<Sha256>::new(Some(&salt), shared).expand(&info, &mut *key).expect("32 bytes");
    key
}
