//! The one form of a record that its log protects: bytes, whatever the record is kept or sent as.
//!
//! Each field that the record has stands in it as `[tag, u8][length, u32 BE][value]`, in the order of the tags. A field that
//! a later version adds gets a tag of its own, and leaves every record without it as it was. A tag is never used again.
//!
//! In place of the subject's name stand a salted commitment to it and the digest of its seal. So the log can be verified
//! where the name cannot be read, and the name proved where it is shown.

use mabataki_models::Digest;
use sha2::{Digest as _, Sha256};

use super::{Factor, Record, Standing};

/// What a commitment to a name is a digest of, first.
const NAME: &[u8] = b"mabataki log name 1\0";
/// What a record's digest is a digest of, first.
const RECORD: &[u8] = b"mabataki log record 1\0";

/// Length of a name's salt, bytes: too long to be tried out.
pub(crate) const SALT: usize = 16;

/// What a record tells of a name without telling the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameProof {
    /// The digest of salt and name: see [`NameProof::commit`].
    pub commitment: Digest,
    /// The SHA-256 of the sealed name in the store.
    pub seal: Digest,
    /// The salt, where the name is shown.
    pub salt: Option<[u8; SALT]>,
}

impl NameProof {
    /// The commitment to a name: SHA-256 over a tag, the salt and the name.
    #[must_use]
    pub fn commit(salt: &[u8; SALT], name: &str) -> Digest {
        let digest = Sha256::new().chain_update(NAME).chain_update(salt).chain_update(name);
        Digest::from_bytes(digest.finalize().into())
    }

    /// Whether this is the name that was committed to. Where the name is not shown there is nothing to be wrong.
    #[must_use]
    pub fn fits(&self, name: Option<&str>) -> bool {
        match (name, &self.salt) {
            (None, _) => true,
            (Some(name), Some(salt)) => Self::commit(salt, name) == self.commitment,
            (Some(_), None) => false,
        }
    }
}

/// A record as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// The number's field, which stands before all others.
    seq: Vec<u8>,
    /// All others.
    fields: Vec<u8>,
}

impl Canonical {
    /// The record's form. `name` tells of its name, if it has one.
    #[must_use]
    pub fn of(record: &Record, name: Option<&NameProof>) -> Canonical {
        let entry = &record.entry;
        let mut seq = Vec::with_capacity(16);
        put(&mut seq, 1, Some(record.seq.to_be_bytes()));
        let mut fields = Vec::with_capacity(512);
        put(&mut fields, 2, Some(format!("{:.6}", entry.time)));
        put(&mut fields, 3, Some(record.offset.to_string()));
        put(&mut fields, 4, Some(&record.terminal));
        put(&mut fields, 5, Some(entry.operation.code()));
        put(&mut fields, 6, Some(entry.outcome.code()));
        put(&mut fields, 7, entry.reason.as_ref());
        put(&mut fields, 8, entry.subject.as_ref());
        put(&mut fields, 9, name.map(|name| name.commitment.as_bytes()));
        put(&mut fields, 10, name.map(|name| name.seal.as_bytes()));
        put(&mut fields, 11, entry.object.as_ref());
        put(&mut fields, 12, entry.account.as_ref());
        put(&mut fields, 13, entry.purpose.as_ref());
        put(&mut fields, 14, (!entry.factors.is_empty()).then(|| Factor::list(&entry.factors)));
        put(&mut fields, 15, entry.standing.map(Standing::code));
        put(&mut fields, 16, entry.session.as_ref());
        put(&mut fields, 17, entry.duration_ms.map(u64::to_be_bytes));
        put(&mut fields, 18, entry.pack.as_ref().map(Digest::as_bytes));
        put(&mut fields, 19, entry.runtime.as_ref());
        put(&mut fields, 20, entry.camera.as_ref());
        put(&mut fields, 21, entry.reader.as_ref());
        put(&mut fields, 22, entry.origin.as_ref());
        put(&mut fields, 23, entry.host.as_ref());
        put(&mut fields, 24, entry.host_supplied.frames.then_some([1]));
        put(&mut fields, 25, entry.host_supplied.card.then_some([1]));
        put(&mut fields, 26, Some(entry.source.code()));
        Canonical { seq, fields }
    }

    /// Feeds the whole form, with its length before it.
    pub(super) fn feed(&self, mut update: impl FnMut(&[u8])) {
        update(&((self.seq.len() + self.fields.len()) as u64).to_be_bytes());
        update(&self.seq);
        update(&self.fields);
    }

    /// The beginning of the digest of all fields but the number, and of the record's MAC.
    #[must_use]
    pub fn digest(&self, mac: &Digest) -> RecordDigest {
        let digest =
            Sha256::new().chain_update(RECORD).chain_update(&self.fields).chain_update(mac.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        let mut beginning = [0; RecordDigest::BYTES];
        beginning.copy_from_slice(&digest[..RecordDigest::BYTES]);
        RecordDigest(beginning)
    }
}

/// The beginning of a record's digest: what a checkpoint keeps of each record, so that the one that was changed is found.
/// It leaves the number out, so that a record is known again wherever it was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordDigest(pub(super) [u8; RecordDigest::BYTES]);

impl RecordDigest {
    /// Length, bytes: nobody makes another record with the same 128 bits.
    pub const BYTES: usize = 16;
}

/// Appends a field that the record has.
fn put(form: &mut Vec<u8>, tag: u8, value: Option<impl AsRef<[u8]>>) {
    let Some(value) = value else { return };
    let value = value.as_ref();
    form.push(tag);
    // The longest text of a record is 512 bytes.
    form.extend_from_slice(&(value.len() as u32).to_be_bytes());
    form.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::audit::fixture;

    #[test]
    fn every_field_of_a_record_is_protected() {
        let mut seen = HashSet::new();
        for (what, record, name) in fixture::one_change_each() {
            let canonical = Canonical::of(&record, name.as_ref());
            let mut whole = Vec::new();
            canonical.feed(|bytes| whole.extend_from_slice(bytes));
            assert!(seen.insert(whole), "a change of {what} does not show");
        }
    }

    #[test]
    fn a_field_that_a_record_has_not_leaves_no_trace_in_its_form() {
        let plain = fixture::record(1);
        let mut whole = Vec::new();
        Canonical::of(&plain, None).feed(|bytes| whole.extend_from_slice(bytes));
        // Number, time, offset, terminal, operation, outcome, source, and the length of it all.
        let fields = [8, 27, 6, 7, 12, 7, 6].map(|length| 1 + 4 + length);
        assert_eq!(whole.len(), 8 + fields.iter().sum::<usize>());
    }

    #[test]
    fn a_commitment_is_to_one_name_under_one_salt() {
        let commitment = NameProof::commit(&[1; SALT], "山田 花子");
        let proof = NameProof { commitment, seal: Digest::of(b""), salt: Some([1; SALT]) };
        assert!(proof.fits(Some("山田 花子")) && proof.fits(None));
        assert!(!proof.fits(Some("山田 花")));
        assert!(!NameProof { salt: Some([2; SALT]), ..proof }.fits(Some("山田 花子")));
        assert!(!NameProof { salt: None, ..proof }.fits(Some("山田 花子")));
    }
}
