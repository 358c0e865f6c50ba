//! Commands to a card and its answers: ISO 7816-4, short form. No device in here.

use zeroize::Zeroizing;

/// "All is well."
pub const DONE: u16 = 0x9000;
/// The data ended before Le bytes: it is whole all the same.
pub const END_OF_DATA: u16 = 0x6282;

/// The most data of a short command, in bytes.
const MOST_DATA: usize = 255;

/// What of an exchange may be shown to whoever looks for a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    All,
    /// The command; of the answer the length and the status. It names the person or belongs to them.
    Command,
    /// The header of the command, and the status of the answer: a PIN, a key or what was computed with one.
    Header,
}

/// A command as it goes to the reader: class, instruction, two parameters, data, and how much is expected. It may hold a PIN
/// or a key: wiped on drop, never printed but by [`super::trace`].
pub struct Command {
    bytes: Zeroizing<Vec<u8>>,
    shown: Shown,
}

impl Command {
    /// A command without data; `le` bytes are expected, 256 for 0.
    #[must_use]
    pub fn get(header: [u8; 4], le: u8, shown: Shown) -> Command {
        let mut bytes = Zeroizing::new(header.to_vec());
        bytes.push(le);
        Command { bytes, shown }
    }

    /// A command that is its header alone.
    #[must_use]
    pub fn bare(header: [u8; 4], shown: Shown) -> Command {
        Command { bytes: Zeroizing::new(header.to_vec()), shown }
    }

    /// A command with data, and with what is expected, if anything is; none where the data is longer than 255 bytes, or
    /// there is none.
    #[must_use]
    pub fn put(header: [u8; 4], data: &[u8], le: Option<u8>, shown: Shown) -> Option<Command> {
        if data.is_empty() || data.len() > MOST_DATA {
            return None;
        }
        // Once, at its full size: what grows leaves its secrets behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(header.len() + 1 + data.len() + 1));
        bytes.extend(header);
        bytes.push(u8::try_from(data.len()).ok()?);
        bytes.extend_from_slice(data);
        bytes.extend(le);
        Some(Command { bytes, shown })
    }

    /// As it goes to the reader: 4 to 261 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What of it may be shown.
    #[must_use]
    pub fn shown(&self) -> Shown {
        self.shown
    }
}

/// A card's answer to a command: data and status.
pub struct Answer {
    /// What stands before the status.
    pub data: Zeroizing<Vec<u8>>,
    /// The status bytes, SW1 the upper.
    pub status: u16,
}

impl Answer {
    /// Takes an answer apart; `None` when it is too short to hold a status.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Answer> {
        let (data, status) = bytes.split_last_chunk::<2>()?;
        Some(Answer { data: Zeroizing::new(data.to_vec()), status: u16::from_be_bytes(*status) })
    }
}

/// Carries commands to the card on a reader. A closure does for one.
pub trait Channel {
    /// What keeps a command from being answered at all.
    type Error;

    /// Sends one command and takes its answer.
    ///
    /// # Errors
    /// When none comes: the card is gone, the reader failed. A status that tells of an error is an answer.
    fn transmit(&mut self, command: &Command) -> Result<Answer, Self::Error>;
}

impl<E, F: FnMut(&Command) -> Result<Answer, E>> Channel for F {
    type Error = E;

    fn transmit(&mut self, command: &Command) -> Result<Answer, E> {
        self(command)
    }
}
