//! The line between the program in the machine and the test that runs it: the second serial port. The program says a
//! line, and waits for the answer: so what it has said has been heard.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};

/// The test, as the program in the machine sees it.
pub struct Host {
    to: File,
    from: BufReader<File>,
}

impl Host {
    /// The test that runs this machine.
    ///
    /// # Errors
    /// The system's own, when this is no such machine.
    pub fn reach() -> io::Result<Host> {
        let to = OpenOptions::new().read(true).write(true).open("/dev/ttyS1")?;
        let from = BufReader::new(to.try_clone()?);
        Ok(Host { to, from })
    }

    /// Says a line and gives the answer.
    ///
    /// # Errors
    /// The system's own.
    pub fn say(&mut self, line: &str) -> io::Result<String> {
        writeln!(self.to, "{line}")?;
        let mut answer = String::new();
        self.from.read_line(&mut answer)?;
        Ok(answer.trim_end().to_owned())
    }
}
