//! Password hashes: Argon2id (RFC 9106), kept as PHC strings, each with the parameters it was made with.

use std::fmt;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Secret, SecretError};

/// Memory of a hash, KiB. RFC 9106's second choice: 64 MiB.
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes over that memory. RFC 9106 says three, which took 94 to 102 ms on the 2-core machine this was measured on;
/// four take 126 to 132 ms there (`cargo bench -p mabataki-benches --bench secret`).
const PASSES: u32 = 4;
/// Lanes. One: more would only help whoever has the cores to guess with.
const LANES: u32 = 1;
/// Length of a hash, bytes.
const HASH: usize = 32;
/// Length of a salt, bytes (RFC 9106).
const SALT: usize = 16;

/// Most memory that a stored hash may ask for, KiB: 1 GiB.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
/// Most passes and lanes that a stored hash may ask for.
const MOST_PASSES: u32 = 64;
const MOST_LANES: u32 = 16;

/// The salt of the hash that is reckoned for nobody. Its result is thrown away.
const NOBODYS_SALT: [u8; SALT] = [0x6d; SALT];

/// The hash of a password, with salt and parameters, as a PHC string: `$argon2id$v=19$m=65536,t=4,p=1$…$…`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password under a new salt with the parameters of today.
    ///
    /// # Errors
    /// [`SecretError::NoRandom`], or [`SecretError::NoMemory`].
    pub fn of(password: &Secret) -> Result<PasswordHash, SecretError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(SecretError::no_random)?;
        let params = today()?;
        let hash = reckon(password, &salt, &params)?;
        let encoded = phc::PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| SecretError::BadHash)?,
            salt: Some(Salt::new(&salt).map_err(|_| SecretError::BadHash)?),
            hash: Some(Output::new(&*hash).map_err(|_| SecretError::BadHash)?),
        };
        Ok(PasswordHash(encoded.to_string()))
    }

    /// Whether `password` is the one this is the hash of. Takes the time of the parameters it was made with.
    ///
    /// # Errors
    /// [`SecretError::BadHash`] when this is no hash of ours, or asks for more than any of ours; else as
    /// [`PasswordHash::of`].
    pub fn verify(&self, password: &Secret) -> Result<bool, SecretError> {
        let (params, salt, expected) = self.parts()?;
        let found = reckon(password, &salt, &params)?;
        Ok(found.ct_eq(&expected).into())
    }

    /// Refuses what is no hash of ours, or asks for more than any of ours.
    ///
    /// # Errors
    /// [`SecretError::BadHash`].
    pub fn check(&self) -> Result<(), SecretError> {
        self.parts().map(|_| ())
    }

    /// Whether it was made with the parameters of today.
    #[must_use]
    pub fn is_of_today(&self) -> bool {
        self.parts().is_ok_and(|(params, ..)| {
            (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
        })
    }

    /// Takes the time of a verification with the parameters of today, for one who has no password: how long the answer
    /// takes must not tell who has.
    ///
    /// # Errors
    /// As [`PasswordHash::of`].
    pub fn verify_nobody(password: &Secret) -> Result<(), SecretError> {
        let hash = reckon(password, &NOBODYS_SALT, &today()?)?;
        // Looked at, so that no compiler finds the work to be in vain.
        std::hint::black_box(&hash);
        Ok(())
    }

    fn parts(&self) -> Result<(Params, Salt, [u8; HASH]), SecretError> {
        let bad = |_| SecretError::BadHash;
        let encoded = phc::PasswordHash::new(&self.0).map_err(bad)?;
        let params = Params::try_from(&encoded.params).map_err(|_| SecretError::BadHash)?;
        let ours = encoded.algorithm == argon2::ARGON2ID_IDENT
            && encoded.version == Some(Version::V0x13.into())
            && params.m_cost() <= MOST_MEMORY_KIB
            && params.t_cost() <= MOST_PASSES
            && params.p_cost() <= MOST_LANES;
        let hash = encoded.hash.as_ref().and_then(|hash| hash.as_bytes().try_into().ok());
        match (encoded.salt, hash) {
            (Some(salt), Some(hash)) if ours => Ok((params, salt, hash)),
            _ => Err(SecretError::BadHash),
        }
    }
}

/// Says that it is one, and not what it is.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

fn today() -> Result<Params, SecretError> {
    Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| SecretError::BadHash)
}

/// The memory is wiped: from its first blocks a password could be guessed at the cost of one plain hash.
fn reckon(password: &Secret, salt: &[u8], params: &Params) -> Result<Zeroizing<[u8; HASH]>, SecretError> {
    let mut memory = Memory::of(params.block_count())?;
    let mut hash = Zeroizing::new([0; HASH]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut *hash, &mut memory)
        .map_err(|_| SecretError::BadHash)?;
    Ok(hash)
}

/// The memory of one hash, wiped on drop.
struct Memory(Vec<Block>);

impl Memory {
    fn of(blocks: usize) -> Result<Memory, SecretError> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).map_err(|_| SecretError::NoMemory { kib: blocks })?;
        memory.resize(blocks, Block::default());
        Ok(Memory(memory))
    }
}

impl AsMut<[Block]> for Memory {
    fn as_mut(&mut self) -> &mut [Block] {
        &mut self.0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}

/// What the reference implementation gives for "password" and "somesalt": `echo -n password | argon2 somesalt -id -t 2
/// -m 16 -p 1`.
#[cfg(test)]
const OF_REFERENCE: &str =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

#[cfg(test)]
impl PasswordHash {
    /// The hash of "password", made with other parameters than today's.
    pub(crate) fn of_former_parameters() -> PasswordHash {
        PasswordHash(OF_REFERENCE.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    #[test]
    fn a_password_verifies_against_its_own_hash_and_no_other_does() {
        let hash = PasswordHash::of(&secret("correct horse")).unwrap();
        assert!(hash.verify(&secret("correct horse")).unwrap());
        assert!(!hash.verify(&secret("correct horsf")).unwrap());
        assert!(hash.is_of_today());
        assert_ne!(hash, PasswordHash::of(&secret("correct horse")).unwrap(), "the same salt twice");
    }

    #[test]
    fn a_hash_of_the_reference_implementation_verifies_and_is_to_be_renewed() {
        let hash = PasswordHash::of_former_parameters();
        assert!(hash.verify(&secret("password")).unwrap());
        assert!(!hash.verify(&secret("Password")).unwrap());
        assert!(!hash.is_of_today());
    }

    #[test]
    fn a_hash_that_asks_for_more_than_any_of_ours_is_refused_before_it_is_reckoned() {
        for changed in [
            OF_REFERENCE.replace("m=65536", "m=4294967295"),
            OF_REFERENCE.replace("t=2", "t=4294967295"),
            OF_REFERENCE.replace("p=1", "p=1000"),
            OF_REFERENCE.replace("argon2id", "argon2i"),
            OF_REFERENCE.replace("v=19", "v=16"),
            OF_REFERENCE.replace("$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", ""),
        ] {
            assert!(matches!(PasswordHash(changed).verify(&secret("password")), Err(SecretError::BadHash)));
        }
    }

    #[test]
    fn a_hash_is_never_shown_by_debug() {
        assert_eq!(format!("{:?}", PasswordHash(OF_REFERENCE.to_owned())), "PasswordHash(…)");
    }

    proptest! {
        #[test]
        fn what_is_no_hash_is_refused(text in ".{0,80}|\\$argon2id\\$v=19\\$m=[0-9]{1,3},t=[0-9],p=[0-9]\\$[a-z]{0,9}") {
            prop_assert!(matches!(PasswordHash(text).verify(&secret("x")), Err(SecretError::BadHash)));
        }
    }
}
