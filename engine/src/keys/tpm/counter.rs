//! A counter in the TPM that goes up and never back, whatever is put back on the disk.
//!
//! A counter that is removed and made again begins above every value that any counter of this TPM ever had (TPM 2.0
//! Library, part 1, section 37.2.4). The memory behind it wears out: count what happens seldom, such as that a backup was
//! put back.

use tss_esapi::Context;
use tss_esapi::attributes::NvIndexAttributesBuilder;
use tss_esapi::constants::{NvIndexType, Tss2ResponseCodeKind};
use tss_esapi::handles::{NvIndexHandle, NvIndexTpmHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::resource_handles::{NvAuth, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::NvPublicBuilder;

use super::{TpmDevice, session, unavailable};
use crate::keys::{Keeper, KeyError};

/// Where the TPM keeps it: among the indices that owners give (TCG Registry of Reserved TPM 2.0 Handles, section 2.2).
const INDEX: u32 = 0x0180_6d62;
/// Length of its value, bytes.
const VALUE: u16 = 8;

/// The counter of this machine.
#[derive(Debug, Clone)]
pub struct Counter {
    device: TpmDevice,
}

impl Counter {
    /// The counter in this TPM.
    pub fn of(device: TpmDevice) -> Counter {
        Counter { device }
    }

    /// What it has counted to; `None` before the first time.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    pub fn read(&self) -> Result<Option<u64>, KeyError> {
        self.with(|context| {
            let Some(index) = find(context)? else { return Ok(None) };
            value(context, index)
        })
    }

    /// Counts one further, and says to what. Makes the counter when there is none.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    pub fn increment(&self) -> Result<u64, KeyError> {
        let counted = self.with(|context| {
            let index = match find(context)? {
                Some(index) => index,
                None => make(context)?,
            };
            context.nv_increment(NvAuth::NvIndex(index), index)?;
            value(context, index)
        })?;
        let cause = || "its counter does not tell what it has counted to".to_owned();
        counted.ok_or_else(|| KeyError::Unavailable { keeper: Keeper::Tpm, cause: cause() })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Context) -> Result<T, tss_esapi::Error>) -> Result<T, KeyError> {
        let done = session::connect(&self.device.tcti)
            .and_then(|mut context| context.execute_with_session(Some(AuthSession::Password), work));
        done.map_err(|error| unavailable(&error))
    }
}

fn find(context: &mut Context) -> Result<Option<NvIndexHandle>, tss_esapi::Error> {
    let handle = TpmHandle::NvIndex(NvIndexTpmHandle::new(INDEX)?);
    match context.execute_without_session(|context| context.tr_from_tpm_public(handle)) {
        Ok(found) => Ok(Some(found.into())),
        Err(tss_esapi::Error::Tss2Error(code)) if code.kind() == Some(Tss2ResponseCodeKind::Handle) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn make(context: &mut Context) -> Result<NvIndexHandle, tss_esapi::Error> {
    let attributes = NvIndexAttributesBuilder::new()
        .with_nv_index_type(NvIndexType::Counter)
        .with_auth_read(true)
        .with_auth_write(true)
        .with_no_da(true)
        .build()?;
    let public = NvPublicBuilder::new()
        .with_nv_index(NvIndexTpmHandle::new(INDEX)?)
        .with_index_name_algorithm(HashingAlgorithm::Sha256)
        .with_index_attributes(attributes)
        .with_data_area_size(VALUE.into())
        .build()?;
    context.nv_define_space(Provision::Owner, None, public)
}

/// `None` for one that was made and never counted.
fn value(context: &mut Context, index: NvIndexHandle) -> Result<Option<u64>, tss_esapi::Error> {
    match context.nv_read(NvAuth::NvIndex(index), index, VALUE, 0) {
        Ok(bytes) => Ok(bytes.value().first_chunk().map(|bytes| u64::from_be_bytes(*bytes))),
        Err(tss_esapi::Error::Tss2Error(code))
            if code.kind() == Some(Tss2ResponseCodeKind::NvUninitialized) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
