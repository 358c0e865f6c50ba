//! The public key in a certificate.

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _, oid::ObjectIdentifier};
use zeroize::Zeroizing;

/// `rsaEncryption` (RFC 8017, A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// An RSA key of a card.
pub(super) struct PublicKey {
    /// The `SubjectPublicKeyInfo`, DER.
    info: Vec<u8>,
    /// The `RSAPublicKey` in it, DER.
    rsa: Vec<u8>,
}

impl PublicKey {
    /// The key in a certificate; none when it is no certificate, or its key is no RSA key. Who issued it is not looked at:
    /// the key is known to the store, or it is nobody's.
    pub(super) fn of_certificate(der: &[u8]) -> Option<PublicKey> {
        let certificate = Certificate::from_der(der).ok()?;
        let info = certificate.tbs_certificate().subject_public_key_info();
        if info.algorithm.oid != RSA {
            return None;
        }
        let rsa = info.subject_public_key.as_bytes()?.to_vec();
        Some(PublicKey { info: info.to_der().ok()?, rsa })
    }

    /// What a person's card is known by: SHA-256 of the `SubjectPublicKeyInfo`.
    pub(super) fn digest(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(Sha256::digest(&self.info).to_vec())
    }

    /// Whether this is the key's signature of `message`: PKCS #1 v1.5 with SHA-256, of 2048 bits at the least.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.rsa).verify(message, signature).is_ok()
    }
}
