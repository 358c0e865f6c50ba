//! Lines of JSON: one object a line, the same as the command lists.

use std::io::{self, Write};

use serde::Serialize;

/// Lines that are written one by one.
#[derive(Debug)]
pub struct Lines<W: Write> {
    out: W,
}

impl<W: Write> Lines<W> {
    /// Begins.
    pub fn new(out: W) -> Lines<W> {
        Lines { out }
    }

    /// Writes one object.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, object: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, object)?;
        self.out.write_all(b"\n")
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
