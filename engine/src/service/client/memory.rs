//! What is long on its way to the service, such as a list or a bundle: copied once, into memory that nobody can change any
//! more.

use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, fcntl_add_seals, memfd_create};
use rustix::io::{Errno, write};

use crate::service::error::ServiceError;
use crate::service::limits::SEALS;

/// Copies `bytes` into sealed memory, if they are no more than `most`.
pub(super) fn sealed(what: &'static str, bytes: &[u8], most: u64) -> Result<OwnedFd, ServiceError> {
    let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if found > most {
        return Err(ServiceError::TooLong { what, most, found });
    }
    let failed = |error: Errno| ServiceError::io("make memory for the service")(error.into());
    let memory = memfd_create("mabataki", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).map_err(failed)?;
    let mut left = bytes;
    while !left.is_empty() {
        match write(&memory, left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    fcntl_add_seals(&memory, SEALS).map_err(failed)?;
    Ok(memory)
}
