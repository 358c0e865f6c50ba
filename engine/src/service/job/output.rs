//! What a job writes: memory that goes to the client when it is whole, sealed. It is bounded, since it is the service's until
//! then.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, fcntl_add_seals, memfd_create};

use crate::engine::Error;
use crate::service::limits::{MOST_EXPORT, SEALS};

/// The memory, what it may still take, and whether anybody still waits for it.
pub(super) struct Output<'c> {
    file: File,
    left: u64,
    gone: &'c Cell<bool>,
}

impl Output<'_> {
    pub(super) fn new(gone: &Cell<bool>) -> Result<Output<'_>, Error> {
        let memory = memfd_create("mabataki", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC);
        let memory = memory.map_err(|error| Error::NotWritten { cause: error.into() })?;
        Ok(Output { file: File::from(memory), left: MOST_EXPORT, gone })
    }

    /// Nobody can change it any more. None where nothing was written.
    pub(super) fn seal(self) -> Result<Option<OwnedFd>, Error> {
        let failed = |cause| Error::NotWritten { cause };
        if self.file.metadata().map_err(failed)?.len() == 0 {
            return Ok(None);
        }
        fcntl_add_seals(&self.file, SEALS).map_err(|error| failed(error.into()))?;
        Ok(Some(self.file.into()))
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone.get() {
            return Err(io::Error::other("the host called it off"));
        }
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or_else(|| {
            let text = format!("over a connection at most {MOST_EXPORT} bytes are taken out: take fewer days, or use the command");
            io::Error::other(text)
        })?;
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Output<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_limit_is_written_and_nothing_for_nobody() {
        let gone = Cell::new(false);
        let mut output = Output::new(&gone).unwrap();
        output.left = 5;
        output.write_all(b"123").unwrap();
        assert!(output.write_all(b"456").unwrap_err().to_string().contains("fewer days"));
        gone.set(true);
        assert!(output.write_all(b"4").unwrap_err().to_string().contains("called it off"));
        let sealed = File::from(output.seal().unwrap().unwrap());
        assert_eq!(sealed.metadata().unwrap().len(), 3);
        assert!((&sealed).write_all(b"x").is_err());
    }

    #[test]
    fn where_nothing_was_written_there_is_nothing_to_read() {
        let gone = Cell::new(false);
        assert!(Output::new(&gone).unwrap().seal().unwrap().is_none());
    }
}
