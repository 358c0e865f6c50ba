//! Reading a file that holds one DER value.

use zeroize::Zeroizing;

use crate::card::apdu::{Answer, Channel, Command, DONE, END_OF_DATA, Shown};

/// The longest certificate that is read, bytes. Those of My Number and HPKI cards have 1.4 to 2 KB.
const LONGEST: usize = 8 * 1024;
/// The bytes that tell how long a DER value is: tag, and the longest form of a length up to [`LONGEST`].
const HEAD: usize = 4;
/// What one READ BINARY asks for at most, bytes: Le of a short command.
const PIECE: usize = 256;
/// How many pieces are asked for: a card may give fewer bytes than it is asked for, not as few as it likes.
const MOST_PIECES: usize = 96;

/// Selects a file of the application. Whether it is there.
pub(super) fn select<C: Channel>(channel: &mut C, file: [u8; 2]) -> Result<bool, C::Error> {
    let Some(command) = Command::put([0x00, 0xA4, 0x02, 0x0C], &file, None, Shown::All) else {
        return Ok(false);
    };
    Ok(channel.transmit(&command)?.status == DONE)
}

/// Reads the DER value in a file: exactly as long as it says it is. None when there is none.
pub(super) fn read<C: Channel>(
    channel: &mut C,
    file: [u8; 2],
) -> Result<Option<Zeroizing<Vec<u8>>>, C::Error> {
    if !select(channel, file)? {
        return Ok(None);
    }
    let Some(head) = piece(channel, 0, HEAD)? else { return Ok(None) };
    let Some(total) = length(&head) else { return Ok(None) };
    let mut value = Zeroizing::new(Vec::with_capacity(total));
    value.extend_from_slice(&head);
    for _ in 0..MOST_PIECES {
        let left = total.saturating_sub(value.len());
        if left == 0 {
            return Ok(Some(value));
        }
        match piece(channel, value.len(), left.min(PIECE))? {
            Some(more) => value.extend_from_slice(&more),
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// Reads at most so many bytes from `offset`, one at the least; none when the card gives none, or more.
fn piece<C: Channel>(
    channel: &mut C,
    offset: usize,
    wanted: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, C::Error> {
    // The upper bit would name a file.
    let Ok(offset @ 0..=0x7FFF) = u16::try_from(offset) else { return Ok(None) };
    let [high, low] = offset.to_be_bytes();
    let read = |le: u8| Command::get([0x00, 0xB0, high, low], le, Shown::Command);
    // 256 is written 0.
    let mut answer = channel.transmit(&read((wanted % PIECE) as u8))?;
    match answer.status.to_be_bytes() {
        [0x6C, right] if right != 0 => answer = channel.transmit(&read(right))?,
        [0x61, more] => {
            let rest = channel.transmit(&Command::get([0x00, 0xC0, 0x00, 0x00], more, Shown::Command))?;
            answer = joined(&answer, &rest);
        }
        _ => {}
    }
    let fits = (1..=wanted).contains(&answer.data.len());
    Ok(Some(answer.data).filter(|_| fits && matches!(answer.status, DONE | END_OF_DATA)))
}

/// What a card gave in two answers.
fn joined(first: &Answer, rest: &Answer) -> Answer {
    let mut data = Zeroizing::new(Vec::with_capacity(first.data.len() + rest.data.len()));
    data.extend_from_slice(&first.data);
    data.extend_from_slice(&rest.data);
    Answer { data, status: rest.status }
}

/// How long the DER value is that begins so, head included: a sequence of 128 bytes to [`LONGEST`].
fn length(head: &[u8]) -> Option<usize> {
    let total = match *head {
        [0x30, 0x82, high, low] => usize::from(u16::from_be_bytes([high, low])) + 4,
        [0x30, 0x81, low, _] => usize::from(low) + 3,
        _ => return None,
    };
    (total > HEAD && total <= LONGEST).then_some(total)
}
