//! Keystores of the operating system, through the `keyring` project's common interface.
//!
//! Linux has two. The kernel's keyring holds keys in memory: they are gone when the machine restarts, and when they are not
//! used for `persistent_keyring_expiry` (three days by default; each use begins anew). Secret Service (GNOME Keyring,
//! KWallet) keeps them on the disk under the password of a user's session: it is there once that user has logged in.

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use super::keeper::Kept;
use super::{Keeper, KeyError, KeyProvider, StoreKey, random};

/// What our keys are called in a keystore.
const SERVICE: &str = "mabataki store key";

/// Random bytes of a key's name.
const NAME: usize = 16;

/// One of the operating system's keystores.
pub(super) struct Keystore {
    keeper: Keeper,
}

impl Keystore {
    /// The kernel's keyring of this user.
    pub(super) fn kernel() -> Keystore {
        Keystore { keeper: Keeper::Kernel }
    }

    /// The keystore of this user's session.
    #[cfg(feature = "secret-service")]
    pub(super) fn session() -> Keystore {
        Keystore { keeper: Keeper::Keystore }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeyError> {
        let build = |store: &dyn CredentialStoreApi| store.build(SERVICE, name, None);
        match self.keeper {
            #[cfg(feature = "secret-service")]
            Keeper::Keystore => {
                zbus_secret_service_keyring_store::Store::new().and_then(|store| build(&*store))
            }
            _ => linux_keyutils_keyring_store::Store::new().and_then(|store| build(&*store)),
        }
        .map_err(|error| self.unavailable(&error))
    }

    /// Errors of this library can hold what was read: only their text goes on.
    fn unavailable(&self, error: &Error) -> KeyError {
        KeyError::Unavailable { keeper: self.keeper, cause: told(error) }
    }
}

impl KeyProvider for Keystore {
    fn keeper(&self) -> Keeper {
        self.keeper
    }

    fn keep(&self, key: &StoreKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let mut random_name = [0; NAME];
        random(&mut random_name)?;
        let name: String = random_name.iter().map(|byte| format!("{byte:02x}")).collect();
        // As text: some keystores show their secrets to their user, and take text only.
        self.entry(&name)?.set_secret(&*key.to_hex()).map_err(|error| self.unavailable(&error))?;
        Ok(Zeroizing::new(format!("{name}\n").into_bytes()))
    }

    fn recall(&self, kept: &Kept<'_>) -> Result<StoreKey, KeyError> {
        let not_kept = |cause: &str| KeyError::NotKept {
            path: kept.path.to_owned(),
            keeper: self.keeper,
            cause: cause.to_owned(),
        };
        match self.entry(name_in(kept)?)?.get_secret() {
            Ok(secret) => {
                let secret = Zeroizing::new(secret);
                StoreKey::from_hex(&secret)
                    .ok_or_else(|| not_kept("what it has under that name is no store key"))
            }
            Err(Error::NoEntry) => Err(not_kept("it has none under that name")),
            Err(error) => Err(self.unavailable(&error)),
        }
    }

    fn forget(&self, kept: &Kept<'_>) -> Result<(), KeyError> {
        match self.entry(name_in(kept)?)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(self.unavailable(&error)),
        }
    }
}

fn name_in<'k>(kept: &Kept<'k>) -> Result<&'k str, KeyError> {
    let name = kept.lines.strip_suffix(b"\n").unwrap_or(kept.lines);
    let fits = name.len() == 2 * NAME && name.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(name).ok().filter(|_| fits).ok_or_else(|| KeyError::BadKey {
        path: kept.path.to_owned(),
        expected: "the 32 hex digits of the key's name on the second line",
        found: format!("{} bytes", name.len()),
    })
}

/// What the library says, without what it read.
fn told(error: &Error) -> String {
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            "what it has under that name cannot be read".to_owned()
        }
        Error::Ambiguous(_) => "it has several keys under that name".to_owned(),
        other => other.to_string(),
    }
}
