//! Keys in the TPM 2.0 of this machine, through the system's tpm2-tss.
//!
//! The store key is sealed under the TPM's storage key, an ECC P-256 primary of the owner hierarchy that the TPM makes
//! anew from its own seed each time. What comes out lies in the key's file; no other TPM opens it, nor does this one after
//! it was cleared. Key and TPM speak through a session whose key only the storage key can read, so somebody who listens on
//! the bus between the processor and the TPM does not hear the store key.
//!
//! The file, after its first line: what it is sealed as, the sealed key, and the PCRs that must be as they were:
//! ```text
//! public HEX
//! private HEX
//! pcrs none          or such as 0,2,7
//! ```

mod counter;
mod session;

use std::str::FromStr;

use tss_esapi::constants::Tss2ResponseCodeKind;
use tss_esapi::structures::{Private, Public, SensitiveData};
use tss_esapi::tcti_ldr::TctiNameConf;
use tss_esapi::traits::{Marshall, UnMarshall};
use zeroize::Zeroizing;

pub use self::counter::Counter;
use self::session::Session;
use super::keeper::Kept;
use super::store_key::KEY;
use super::{Keeper, KeyError, KeyProvider, StoreKey};

/// The kernel's resource manager of the first TPM: several programs may use it at once.
const MACHINES_OWN: &str = "device:/dev/tpmrm0";

/// A PCR's number is below this: PC Client Platform TPM Profile, section 4.6.
const PCRS: u8 = 24;

/// A TPM, and which measurements of the machine's start it must have to give a key.
#[derive(Debug, Clone)]
pub struct TpmDevice {
    tcti: String,
    pcrs: Vec<u8>,
}

impl TpmDevice {
    /// The TPM that this TCTI leads to: `device:/dev/tpmrm0`, `tabrmd`, or `swtpm:host=…,port=…` for a simulated one.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] when it is no TCTI.
    pub fn at(tcti: &str) -> Result<TpmDevice, KeyError> {
        TctiNameConf::from_str(tcti).map_err(|error| unavailable(&error))?;
        Ok(TpmDevice { tcti: tcti.to_owned(), pcrs: Vec::new() })
    }

    /// Seals keys to these PCRs of the SHA-256 bank as they are now: a machine that starts differently does not get the
    /// key. That is so after an update of the firmware or the boot loader too: have a recovery key.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] for numbers that no PCR has.
    pub fn sealed_to(self, pcrs: &[u8]) -> Result<TpmDevice, KeyError> {
        if let Some(pcr) = pcrs.iter().find(|pcr| **pcr >= PCRS) {
            let cause = format!("it has no PCR {pcr}: expected 0 to 23");
            return Err(KeyError::Unavailable { keeper: Keeper::Tpm, cause });
        }
        Ok(TpmDevice { pcrs: pcrs.to_vec(), ..self })
    }
}

impl Default for TpmDevice {
    fn default() -> TpmDevice {
        TpmDevice { tcti: MACHINES_OWN.to_owned(), pcrs: Vec::new() }
    }
}

impl KeyProvider for TpmDevice {
    fn keeper(&self) -> Keeper {
        Keeper::Tpm
    }

    fn keep(&self, key: &StoreKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let sealed = Session::open(&self.tcti).and_then(|mut session| {
            let secret = SensitiveData::try_from(key.as_bytes().to_vec())?;
            let (public, private) = session.seal(secret, &self.pcrs)?;
            Ok(Sealed {
                public: public.marshall()?,
                private: private.value().to_vec(),
                pcrs: self.pcrs.clone(),
            })
        });
        Ok(sealed.map_err(|error| unavailable(&error))?.to_lines())
    }

    fn recall(&self, kept: &Kept<'_>) -> Result<StoreKey, KeyError> {
        let bad = |found: &str| KeyError::BadKey {
            path: kept.path.to_owned(),
            expected: "a key that a TPM has sealed",
            found: found.to_owned(),
        };
        let sealed = Sealed::from_lines(kept.lines).ok_or_else(|| bad("other lines"))?;
        let public = Public::unmarshall(&sealed.public).map_err(|_| bad("no public area"))?;
        let private = Private::try_from(sealed.private).map_err(|_| bad("no private area"))?;
        let secret = Session::open(&self.tcti)
            .and_then(|mut session| session.unseal(public, private, &sealed.pcrs))
            .map_err(|error| refusal(&error, kept))?;
        let secret = secret.value().first_chunk::<KEY>().filter(|_| secret.value().len() == KEY);
        secret.map(|key| StoreKey::from_bytes(Zeroizing::new(*key))).ok_or_else(|| bad("another length"))
    }

    fn forget(&self, _: &Kept<'_>) -> Result<(), KeyError> {
        Ok(())
    }
}

/// What a key's file holds of a key that a TPM has sealed.
struct Sealed {
    public: Vec<u8>,
    private: Vec<u8>,
    pcrs: Vec<u8>,
}

impl Sealed {
    fn to_lines(&self) -> Zeroizing<Vec<u8>> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let pcrs = self.pcrs.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        let pcrs = if pcrs.is_empty() { "none" } else { &pcrs };
        let text = format!("public {}\nprivate {}\npcrs {pcrs}\n", hex(&self.public), hex(&self.private));
        Zeroizing::new(text.into_bytes())
    }

    fn from_lines(text: &[u8]) -> Option<Sealed> {
        let mut lines = std::str::from_utf8(text).ok()?.lines();
        let public = bytes(lines.next()?.strip_prefix("public ")?)?;
        let private = bytes(lines.next()?.strip_prefix("private ")?)?;
        let pcrs = match lines.next()?.strip_prefix("pcrs ")? {
            "none" => Vec::new(),
            list => {
                let numbers = list.split(',').map(|number| number.parse().ok().filter(|pcr| *pcr < PCRS));
                numbers.collect::<Option<_>>()?
            }
        };
        lines.next().is_none().then_some(Sealed { public, private, pcrs })
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect()
}

/// The TPM's refusal of this one key apart from the TPM's not being there.
fn refusal(error: &tss_esapi::Error, kept: &Kept<'_>) -> KeyError {
    let tss_esapi::Error::Tss2Error(code) = error else { return unavailable(error) };
    let cause = match code.kind() {
        Some(Tss2ResponseCodeKind::Integrity | Tss2ResponseCodeKind::Size) => {
            "it was sealed by another one, or this one was cleared since"
        }
        Some(Tss2ResponseCodeKind::PolicyFail | Tss2ResponseCodeKind::PcrChanged) => {
            "the machine started otherwise than when the key was sealed"
        }
        _ => return unavailable(error),
    };
    KeyError::NotKept { path: kept.path.to_owned(), keeper: Keeper::Tpm, cause: cause.to_owned() }
}

fn unavailable(error: &tss_esapi::Error) -> KeyError {
    KeyError::Unavailable { keeper: Keeper::Tpm, cause: error.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sealed_key_reads_back_as_it_was_written(
            public: Vec<u8>, private: Vec<u8>, pcrs in prop::collection::vec(0..PCRS, 0..5),
        ) {
            let lines = Sealed { public: public.clone(), private: private.clone(), pcrs: pcrs.clone() }.to_lines();
            let read = Sealed::from_lines(&lines).unwrap();
            prop_assert_eq!((read.public, read.private, read.pcrs), (public, private, pcrs));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(public [0-9a-f]{0,9}\n)?(private .{0,9}\n)?(pcrs .{0,9}\n)?\\PC{0,9}") {
            if let Some(sealed) = Sealed::from_lines(text.as_bytes()) {
                prop_assert!(sealed.pcrs.iter().all(|pcr| *pcr < PCRS));
            }
        }
    }

    #[test]
    fn a_tpm_is_named_by_a_device_or_a_service_and_by_no_library() {
        for tcti in ["device:/dev/tpmrm0", "tabrmd", "swtpm:host=127.0.0.1,port=2321"] {
            TpmDevice::at(tcti).unwrap();
        }
        assert_eq!(TpmDevice::at("libevil.so").unwrap_err().code(), "no_keeper");
        assert_eq!(TpmDevice::default().sealed_to(&[7, 24]).unwrap_err().code(), "no_keeper");
    }
}
