//! One message of a system log: RFC 5424, and the frames of RFC 5425 around it. Whatever is put in, what comes out is one
//! line of text without a control character, of at most 8 KiB.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::text::words;

/// Most bytes of a message: what a receiver SHOULD be able to take by TLS (RFC 5425, 4.3.1).
pub(super) const MESSAGE: usize = 8192;

/// Most characters of a value: those of a line in a record.
const VALUE: usize = 128;
/// Most characters of a header's field: HOSTNAME may have 255 (RFC 5424, 6); the others here are shorter.
const FIELD: usize = 255;
/// The byte-order mark that says that a text is UTF-8 (RFC 5424, 6.4).
const BYTE_ORDER_MARK: char = '\u{feff}';

words! {
    /// What kind of program a message is of: RFC 5424, table 1, by the words that programs have for it.
    pub enum Facility, "a facility of system logs" {
        /// 1: user-level messages.
        User = "user",
        /// 3: system daemons.
        Daemon = "daemon",
        /// 4: security and authorisation.
        Auth = "auth",
        /// 10: security and authorisation, not for everybody.
        AuthPriv = "authpriv",
        /// 13: log audit.
        Audit = "audit",
        /// 16 to 23: what the site has for itself.
        Local0 = "local0",
        /// 17.
        Local1 = "local1",
        /// 18.
        Local2 = "local2",
        /// 19.
        Local3 = "local3",
        /// 20.
        Local4 = "local4",
        /// 21.
        Local5 = "local5",
        /// 22.
        Local6 = "local6",
        /// 23.
        Local7 = "local7",
    }
}

impl Facility {
    /// Its number in RFC 5424, table 1.
    const fn number(self) -> u8 {
        match self {
            Self::User => 1,
            Self::Daemon => 3,
            Self::Auth => 4,
            Self::AuthPriv => 10,
            Self::Audit => 13,
            Self::Local0 => 16,
            Self::Local1 => 17,
            Self::Local2 => 18,
            Self::Local3 => 19,
            Self::Local4 => 20,
            Self::Local5 => 21,
            Self::Local6 => 22,
            Self::Local7 => 23,
        }
    }
}

/// How grave a message is: RFC 5424, table 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// Somebody must act at once.
    Alert = 1,
    /// Normal but significant.
    Notice = 5,
    /// Informational.
    Info = 6,
}

/// One message.
#[derive(Debug, Clone)]
pub(super) struct Message<'a> {
    pub(super) facility: Facility,
    pub(super) severity: Severity,
    pub(super) time: Timestamp,
    pub(super) host: &'a str,
    pub(super) program: &'a str,
    pub(super) process: u32,
    /// What kind of message it is: MSGID, 32 characters at most.
    pub(super) kind: &'a str,
    /// What the structured data is called, and its names and values.
    pub(super) data: (&'a str, Vec<(&'static str, String)>),
    /// The text. What does not fit any more is cut off.
    pub(super) text: &'a str,
}

impl Message<'_> {
    /// The message as it is sent.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut line = self.head();
        line.push(' ');
        line.push(BYTE_ORDER_MARK);
        for c in self.text.chars().map(without_control) {
            if line.len() + c.len_utf8() > MESSAGE {
                break;
            }
            line.push(c);
        }
        line.into_bytes()
    }

    /// Whether the text fits whole.
    pub(super) fn fits(&self) -> bool {
        self.head().len() + 1 + BYTE_ORDER_MARK.len_utf8() + self.text.len() <= MESSAGE
    }

    /// All but the text.
    fn head(&self) -> String {
        let priority = self.facility.number() * 8 + self.severity as u8;
        let (id, values) = &self.data;
        let mut line = format!(
            "<{priority}>1 {:.6} {} {} {} {} [{id}",
            self.time,
            field(self.host),
            field(self.program),
            self.process,
            field(self.kind),
        );
        for (name, value) in values {
            // A String takes whatever is written to it.
            let _ = write!(line, " {name}=\"");
            for c in value.chars().take(VALUE).map(without_control) {
                // RFC 5424, 6.3.3.
                if matches!(c, '"' | '\\' | ']') {
                    line.push('\\');
                }
                line.push(c);
            }
            line.push('"');
        }
        line.push(']');
        line
    }
}

/// A message as it goes through TLS: its length before it (RFC 5425, 4.3).
pub(super) fn frame(message: &[u8]) -> Vec<u8> {
    [format!("{} ", message.len()).as_bytes(), message].concat()
}

/// A header's field: visible ASCII, and `-` where nothing is left of it.
fn field(text: &str) -> String {
    let field: String = text.chars().filter(char::is_ascii_graphic).take(FIELD).collect();
    if field.is_empty() { "-".to_owned() } else { field }
}

fn without_control(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

#[cfg(test)]
mod tests;
