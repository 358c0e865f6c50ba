//! What the virtual reader and whoever plays its card say to each other, over a Unix stream socket.
//!
//! Every message is `length` (two bytes, big-endian: how many bytes follow), `kind` (one byte), `body`.
//! The side that plays the card (the player) sends [`Command`]s, the reader sends [`Event`]s. A command that
//! changes the reader is answered by [`Event::Done`]: after a card came or went, once pcscd has dealt with that (or,
//! where it does not look, after three seconds).
//! When the player hangs up, its card is taken away.

use std::io::{Error, ErrorKind, Read, Result, Write};

/// The longest body of a message, in bytes: far beyond any short APDU, so that over-long answers can be played.
pub const LONGEST_BODY: usize = u16::MAX as usize - 1;

/// From the player to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Lay a card with this ATR on the reader. An empty ATR is a card that stays mute at power-up. (`Done`)
    Insert(Vec<u8>),
    /// Take the card away; an APDU under way fails. (`Done`)
    Remove,
    /// Pull the reader's plug; an APDU under way fails. (`Done`)
    Unplug,
    /// Plug the reader in again. (`Done`)
    Plug,
    /// The card's answer to the last APDU: data, then the two status bytes (or anything else, to play a fault).
    Answer(Vec<u8>),
    /// The last APDU ends in this IFD error (605 to 618 in pcsc-lite's `ifdhandler.h`).
    Fail(u16),
}

/// From the reader to the player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The last command that changes the reader is done.
    Done,
    /// The card got power.
    PowerUp,
    /// The card lost its power.
    PowerDown,
    /// The card was reset.
    Reset,
    /// The card is asked this.
    Apdu(Vec<u8>),
}

impl Command {
    /// Writes the command as one message.
    pub fn write(&self, to: &mut impl Write) -> Result<()> {
        match self {
            Command::Insert(atr) => write_message(to, b'I', atr),
            Command::Remove => write_message(to, b'R', &[]),
            Command::Unplug => write_message(to, b'U', &[]),
            Command::Plug => write_message(to, b'P', &[]),
            Command::Answer(bytes) => write_message(to, b'A', bytes),
            Command::Fail(code) => write_message(to, b'F', &code.to_be_bytes()),
        }
    }

    /// Reads one command; an unknown kind is an error.
    pub fn read(from: &mut impl Read) -> Result<Command> {
        let (kind, body) = read_message(from)?;
        match (kind, body.as_slice()) {
            (b'I', _) => Ok(Command::Insert(body)),
            (b'R', []) => Ok(Command::Remove),
            (b'U', []) => Ok(Command::Unplug),
            (b'P', []) => Ok(Command::Plug),
            (b'A', _) => Ok(Command::Answer(body)),
            (b'F', &[high, low]) => Ok(Command::Fail(u16::from_be_bytes([high, low]))),
            _ => Err(unknown(kind, body.len())),
        }
    }
}

impl Event {
    /// Writes the event as one message.
    pub fn write(&self, to: &mut impl Write) -> Result<()> {
        match self {
            Event::Done => write_message(to, b'd', &[]),
            Event::PowerUp => write_message(to, b'p', &[]),
            Event::PowerDown => write_message(to, b'o', &[]),
            Event::Reset => write_message(to, b'r', &[]),
            Event::Apdu(bytes) => write_message(to, b'a', bytes),
        }
    }

    /// Reads one event; an unknown kind is an error.
    pub fn read(from: &mut impl Read) -> Result<Event> {
        let (kind, body) = read_message(from)?;
        match (kind, body.as_slice()) {
            (b'd', []) => Ok(Event::Done),
            (b'p', []) => Ok(Event::PowerUp),
            (b'o', []) => Ok(Event::PowerDown),
            (b'r', []) => Ok(Event::Reset),
            (b'a', _) => Ok(Event::Apdu(body)),
            _ => Err(unknown(kind, body.len())),
        }
    }
}

fn write_message(to: &mut impl Write, kind: u8, body: &[u8]) -> Result<()> {
    if body.len() > LONGEST_BODY {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("a body of {} bytes is too long", body.len()),
        ));
    }
    let length = (body.len() + 1) as u16;
    let mut message = Vec::with_capacity(body.len() + 3);
    message.extend(length.to_be_bytes());
    message.push(kind);
    message.extend(body);
    to.write_all(&message)
}

fn read_message(from: &mut impl Read) -> Result<(u8, Vec<u8>)> {
    let mut length = [0; 2];
    from.read_exact(&mut length)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    from.read_exact(&mut message)?;
    if message.is_empty() {
        return Err(Error::new(ErrorKind::InvalidData, "a message without a kind"));
    }
    let kind = message.remove(0);
    Ok((kind, message))
}

fn unknown(kind: u8, length: usize) -> Error {
    Error::new(ErrorKind::InvalidData, format!("unknown message: kind {kind:#04x} with {length} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_events_are_read_as_they_were_written() {
        let apdu = vec![0xFF, 0xCA, 0x00, 0x00, 0x00];
        let mut stream = Vec::new();
        let commands = [
            Command::Insert(vec![0x3B, 0x00]),
            Command::Insert(Vec::new()),
            Command::Remove,
            Command::Unplug,
            Command::Plug,
            Command::Answer(vec![0x5A; LONGEST_BODY]),
            Command::Fail(618),
        ];
        commands.iter().for_each(|command| command.write(&mut stream).unwrap());
        let mut from = stream.as_slice();
        assert!(commands.iter().all(|command| Command::read(&mut from).unwrap() == *command));
        stream.clear();
        let events = [Event::Done, Event::PowerUp, Event::PowerDown, Event::Reset, Event::Apdu(apdu)];
        events.iter().for_each(|event| event.write(&mut stream).unwrap());
        let mut from = stream.as_slice();
        assert!(events.iter().all(|event| Event::read(&mut from).unwrap() == *event));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for bytes in [
            &[][..],
            &[0],
            &[0, 0],
            &[0, 1],
            &[0, 1, b'?'],
            &[0, 2, b'R', 0],
            &[0, 2, b'F', 1],
            &[0, 9, b'A'],
        ] {
            assert!(Command::read(&mut &bytes[..]).is_err(), "{bytes:?}");
            assert!(Event::read(&mut &bytes[..]).is_err(), "{bytes:?}");
        }
        let too_long = Command::Answer(vec![0; LONGEST_BODY + 1]);
        assert!(too_long.write(&mut Vec::new()).is_err());
    }
}
