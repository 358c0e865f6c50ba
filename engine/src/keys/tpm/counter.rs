//! A counter in the TPM for each store, that goes up and never back, whatever is put back on the disk.
//!
//! A counter that is removed and made again begins above every value that any counter of this TPM ever had (TPM 2.0
//! Library, part 1, section 37.2.4). The memory behind it wears out: count what happens seldom, such as that a service
//! starts.

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

/// The first of the indices that owners give, and how many there are (TCG Registry of Reserved TPM 2.0 Handles, section
/// 2.2). A store has the one that its id leads to.
const INDICES: u32 = 0x0180_0000;
const MANY: u32 = 0x0040_0000;
/// Length of its value, bytes.
const VALUE: u16 = 8;

/// The counter of a store.
#[derive(Debug, Clone)]
pub struct Counter {
    device: TpmDevice,
    index: u32,
}

impl Counter {
    /// The counter of the store with this id in this TPM.
    pub fn of(device: TpmDevice, store: [u8; 16]) -> Counter {
        let [a, b, c, d, ..] = store;
        Counter { device, index: INDICES + u32::from_be_bytes([a, b, c, d]) % MANY }
    }

    /// What it has counted to; `None` before the first time.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    pub fn read(&self) -> Result<Option<u64>, KeyError> {
        self.with(|context| {
            let Some(index) = find(context, self.index)? else { return Ok(None) };
            value(context, index)
        })
    }

    /// Counts one further, and says to what. Makes the counter when there is none.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    pub fn increment(&self) -> Result<u64, KeyError> {
        let counted = self.with(|context| {
            let index = match find(context, self.index)? {
                Some(index) => index,
                None => make(context, self.index)?,
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

fn find(context: &mut Context, index: u32) -> Result<Option<NvIndexHandle>, tss_esapi::Error> {
    let handle = TpmHandle::NvIndex(NvIndexTpmHandle::new(index)?);
    match context.execute_without_session(|context| context.tr_from_tpm_public(handle)) {
        Ok(found) => Ok(Some(found.into())),
        Err(tss_esapi::Error::Tss2Error(code)) if code.kind() == Some(Tss2ResponseCodeKind::Handle) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn make(context: &mut Context, index: u32) -> Result<NvIndexHandle, tss_esapi::Error> {
    let attributes = NvIndexAttributesBuilder::new()
        .with_nv_index_type(NvIndexType::Counter)
        .with_auth_read(true)
        .with_auth_write(true)
        .with_no_da(true)
        .build()?;
    let public = NvPublicBuilder::new()
        .with_nv_index(NvIndexTpmHandle::new(index)?)
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
