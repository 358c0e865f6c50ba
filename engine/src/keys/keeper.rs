//! Who keeps a store key, and what that protects against.

use std::path::Path;

use zeroize::Zeroizing;

use super::{KeyError, StoreKey};
use crate::text::{Lang, vocabulary};

vocabulary! {
    /// Who keeps a store key.
    pub enum Keeper, "a keeper of the key" {
        /// A file beside the state folder.
        File = "file", "key file", "鍵ファイル";
        /// The kernel's keyring: memory only.
        Kernel = "kernel", "kernel's keyring", "カーネルのキーリング";
        /// The keystore of a user's session: Secret Service.
        Keystore = "keystore", "session's keystore", "セッションのキーストア";
        /// The TPM 2.0 of this machine.
        Tpm = "tpm", "TPM", "TPM";
        /// The host, which hands it in.
        Host = "host", "host", "ホスト";
    }
}

impl Keeper {
    /// What the key is safe from with this keeper, and from what it is not.
    #[must_use]
    pub const fn protection(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Keeper::File, Lang::En) => {
                "Protects copies of the state folder. Does not protect the disk or the PC that is stolen: both files are on it."
            }
            (Keeper::File, Lang::Ja) => {
                "データベースの複製だけが渡った場合は守ります。ディスクや PC が盗まれた場合は、鍵も一緒にあるため守れません。"
            }
            (Keeper::Kernel, Lang::En) => {
                "Protects the disk: the key is in memory only. It is gone when the machine restarts or the key is not used for \
                 some days; then it takes the recovery key. Does not protect from other programs of the same user."
            }
            (Keeper::Kernel, Lang::Ja) => {
                "鍵はメモリーにしかないため、ディスクが盗まれた場合は守ります。再起動や数日間の不使用で消え、復旧鍵が必要になります。\
                 同じユーザーの他のプログラムからは守れません。"
            }
            (Keeper::Keystore, Lang::En) => {
                "Protects the disk as far as the password of the session does. There is no key until somebody has logged in, \
                 and every program of the session can read it."
            }
            (Keeper::Keystore, Lang::Ja) => {
                "ディスクが盗まれた場合は、セッションのパスワードの強さに応じて守ります。ログインするまで鍵は使えず、\
                 ログイン中は同じセッションの全プログラムが読み出せます。"
            }
            (Keeper::Tpm, Lang::En) => {
                "Protects the disk taken out of this PC: no other machine opens the key. Does not protect the whole PC that \
                 starts by itself, unless its start is measured or asks for a password."
            }
            (Keeper::Tpm, Lang::Ja) => {
                "この PC から取り外されたディスクを守ります(他の機械では鍵を開けません)。PC ごと盗まれ、そのまま起動できる場合は守れません。\
                 起動の測定(PCR)か起動時パスワードを併用してください。"
            }
            (Keeper::Host, Lang::En) => "Protects as far as the host does: nothing of the key is kept here.",
            (Keeper::Host, Lang::Ja) => "ホストの保管方法によります。鍵はここには保管されません。",
        }
    }
}

/// What a key's file holds after its first line.
pub struct Kept<'k> {
    /// The file, for messages.
    pub path: &'k Path,
    /// What follows the first line.
    pub lines: &'k [u8],
}

/// A way to keep store keys.
pub trait KeyProvider {
    /// Which one it is.
    fn keeper(&self) -> Keeper;

    /// Keeps the key. Answers what the key's file must hold to have it again.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    fn keep(&self, key: &StoreKey) -> Result<Zeroizing<Vec<u8>>, KeyError>;

    /// The key that was kept.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`]; [`KeyError::NotKept`] when the keeper has no such key; [`KeyError::BadKey`] when the file
    /// does not hold what [`KeyProvider::keep`] gave.
    fn recall(&self, kept: &Kept<'_>) -> Result<StoreKey, KeyError>;

    /// Lets the keeper forget a key that opens nothing any more.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    fn forget(&self, kept: &Kept<'_>) -> Result<(), KeyError>;
}

/// The key itself in its file: 64 hex digits, so that it can be copied from a screen or a printout.
pub(super) struct InFile;

impl KeyProvider for InFile {
    fn keeper(&self) -> Keeper {
        Keeper::File
    }

    fn keep(&self, key: &StoreKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let digits = key.to_hex();
        let mut lines = Zeroizing::new(Vec::with_capacity(digits.len() + 1));
        lines.extend_from_slice(&*digits);
        lines.push(b'\n');
        Ok(lines)
    }

    fn recall(&self, kept: &Kept<'_>) -> Result<StoreKey, KeyError> {
        let digits = kept.lines.strip_suffix(b"\n").unwrap_or(kept.lines);
        StoreKey::from_hex(digits).ok_or_else(|| KeyError::BadKey {
            path: kept.path.to_owned(),
            expected: "64 hex digits on the second line, a to f in lower case",
            found: match digits.len() {
                64 => "another character".to_owned(),
                length => format!("{length} characters"),
            },
        })
    }

    fn forget(&self, _: &Kept<'_>) -> Result<(), KeyError> {
        Ok(())
    }
}
