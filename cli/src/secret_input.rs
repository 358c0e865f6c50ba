//! Secrets on their way in: a line of standard input each, or typed at a prompt that does not show them. Never an
//! argument or the environment, where other programs can read them.
//!
//! Of several secrets the administrator's own password comes first, then what the command itself asks for. Input is read
//! byte by byte and no further than the line's end, so each line is there for whoever asks next.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use mabataki_engine::engine::Error;
use mabataki_engine::secret::{SECRET_BYTES, Secret};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::{Zeroize, Zeroizing};

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

/// What the terminal sends for the keys that edit a line.
const ENTER: [u8; 2] = [b'\n', b'\r'];
const RUB_OUT: [u8; 2] = [0x7f, 0x08];
const CONTROL_C: u8 = 0x03;
const CONTROL_D: u8 = 0x04;
const CONTROL_U: u8 = 0x15;

/// A secret that exists: asked for once.
pub(crate) fn read(prompt: &str, out: &Output) -> Result<Secret, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() { type_in(&stdin, prompt, out) } else { line(&mut bytes_of(&stdin)) }
}

/// A secret that is being set: typed twice, for what cannot be seen is easily mistyped. A line of standard input is taken
/// as it is.
pub(crate) fn read_new(prompt: &str, out: &Output) -> Result<Secret, Failure> {
    let first = read(prompt, out)?;
    if !io::stdin().is_terminal() || first.is(&read(phrases::secret::again(out.lang), out)?) {
        return Ok(first);
    }
    Err(Failure::usage("the two entries differ: expected the same twice", "type it again"))
}

/// What is no secret: shown as it is typed.
pub(crate) fn read_shown(prompt: &str, out: &Output) -> Result<Secret, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        out.ask(&format!("{prompt}: "));
    }
    line(&mut bytes_of(&stdin))
}

fn type_in(stdin: &io::Stdin, prompt: &str, out: &Output) -> Result<Secret, Failure> {
    let quiet = Quiet::new(stdin).map_err(|error| Failure::internal("reading from the terminal", &error))?;
    out.ask(&format!("{prompt}: "));
    let typed = typed(&mut bytes_of(stdin));
    drop(quiet);
    out.note("");
    typed
}

/// The terminal without its echo and its own line editing; as it was again on drop. Control-C comes as a key: as a
/// signal it would leave a terminal behind that shows nothing.
struct Quiet<'t> {
    terminal: &'t io::Stdin,
    before: Termios,
}

impl Quiet<'_> {
    fn new(terminal: &io::Stdin) -> Result<Quiet<'_>, rustix::io::Errno> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        // What was typed ahead was shown: it is thrown away.
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Quiet { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that has gone away needs no restoring.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Bytes as they come: past the buffer of the standard library, which reads ahead and is not wiped.
fn bytes_of(input: impl AsFd) -> impl FnMut() -> io::Result<Option<u8>> {
    move || {
        let mut byte = Zeroizing::new([0]);
        loop {
            match rustix::io::read(&input, &mut *byte) {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(byte.first().copied()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// One line, without its end.
fn line(next: &mut impl FnMut() -> io::Result<Option<u8>>) -> Result<Secret, Failure> {
    let mut text = Text::new();
    let mut any = false;
    while let Some(byte) = next().map_err(unreadable)? {
        any = true;
        if byte == b'\n' {
            break;
        }
        text.push(byte)?;
    }
    if !any {
        return Err(Failure::usage(
            "no secret on standard input: expected one line, found its end",
            "give each secret as one line: the administrator's password first",
        ));
    }
    text.drop_return();
    text.into_secret()
}

/// What is typed until Enter, with the keys that mend it.
fn typed(next: &mut impl FnMut() -> io::Result<Option<u8>>) -> Result<Secret, Failure> {
    let mut text = Text::new();
    loop {
        match next().map_err(unreadable)? {
            Some(byte) if ENTER.contains(&byte) => return text.into_secret(),
            Some(byte) if RUB_OUT.contains(&byte) => text.rub_out(),
            Some(CONTROL_U) => text.clear(),
            None | Some(CONTROL_C | CONTROL_D) => {
                return Err(Failure {
                    code: "cancelled",
                    detail: "cancelled at the prompt".to_owned(),
                    fix: String::new(),
                    exit: Exit::Undecided,
                });
            }
            Some(byte) => text.push(byte)?,
        }
    }
}

/// Bytes in a buffer that never grows: growing would leave copies behind that nobody wipes.
struct Text(Zeroizing<Vec<u8>>);

impl Text {
    fn new() -> Text {
        // One more for the carriage return of a line from elsewhere.
        Text(Zeroizing::new(Vec::with_capacity(SECRET_BYTES + 1)))
    }

    fn push(&mut self, byte: u8) -> Result<(), Failure> {
        if self.0.len() == self.0.capacity() {
            // Only its length is told: it is refused for that.
            return self.take().map(|_| ());
        }
        self.0.push(byte);
        Ok(())
    }

    /// The last character, which may be several bytes.
    fn rub_out(&mut self) {
        while self.0.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }

    fn clear(&mut self) {
        self.0.zeroize();
    }

    fn drop_return(&mut self) {
        if self.0.last() == Some(&b'\r') {
            self.0.pop();
        }
    }

    fn into_secret(mut self) -> Result<Secret, Failure> {
        self.take()
    }

    fn take(&mut self) -> Result<Secret, Failure> {
        let bytes = std::mem::replace(&mut self.0, Zeroizing::new(Vec::new()));
        Ok(Secret::from_bytes(bytes).map_err(Error::from)?)
    }
}

fn unreadable(error: io::Error) -> Failure {
    Failure::internal("reading a secret", &error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(bytes: &[u8]) -> impl FnMut() -> io::Result<Option<u8>> {
        let mut bytes = bytes.iter().copied();
        move || Ok(bytes.next())
    }

    fn text(secret: Result<Secret, Failure>) -> String {
        secret.unwrap().expose().to_owned()
    }

    #[test]
    fn each_line_is_one_secret_and_the_next_is_left_for_whoever_asks_next() {
        let mut input = from("first\r\n秘密 2\nlast".as_bytes());
        assert_eq!(text(line(&mut input)), "first");
        assert_eq!(text(line(&mut input)), "秘密 2");
        assert_eq!(text(line(&mut input)), "last");
        assert_eq!(line(&mut input).unwrap_err().code, "usage");
    }

    #[test]
    fn a_line_that_is_empty_or_too_long_is_refused_and_not_shown() {
        assert_eq!(line(&mut from(b"\n")).unwrap_err().code, "bad_secret");
        assert!(line(&mut from(&[b'x'; SECRET_BYTES])).is_ok());
        for length in [SECRET_BYTES + 1, SECRET_BYTES + 2, 100_000] {
            let failure = line(&mut from(&vec![b'x'; length])).unwrap_err();
            assert_eq!((failure.code, failure.exit), ("bad_secret", Exit::Usage));
            assert!(!failure.detail.contains("xx"), "{}", failure.detail);
        }
        assert_eq!(line(&mut from(b"\xff\n")).unwrap_err().code, "bad_secret");
    }

    #[test]
    fn what_was_mistyped_at_the_prompt_can_be_mended() {
        assert_eq!(text(typed(&mut from("ab秘\u{7f}\u{8}c\r".as_bytes()))), "ac");
        assert_eq!(text(typed(&mut from(b"\x7fwrong\x15right\n"))), "right");
    }

    #[test]
    fn the_prompt_can_be_left_without_an_answer() {
        for keys in [&b"abc\x03"[..], b"\x04", b"abc"] {
            let failure = typed(&mut from(keys)).unwrap_err();
            assert_eq!((failure.code, failure.exit), ("cancelled", Exit::Undecided));
        }
    }
}
