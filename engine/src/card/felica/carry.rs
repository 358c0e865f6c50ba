//! One frame through one reader, in one maker's words.

use zeroize::Zeroizing;

use super::frame::{Element, Request};
use crate::card::apdu::{Answer, Channel, Command, DONE, Shown};

/// Words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// PC/SC part 3, supplement 2: a transparent session, opened before.
    Session,
    /// Sony: `FF FE 00 00 Lc`, the frame without its length byte.
    Sony,
    /// Sony: `FF FE 01 00 Lc`, the frame with its length byte.
    SonyCounted,
    /// ACS ACR1251 and ACR1252: `FF 00 00 00 Lc`, the frame with its length byte.
    Acs,
    /// PN532: in the same, InCommunicateThru (`D4 42`; PN532 user manual, 7.3.9).
    Pn532,
    /// PN532: in the same, InDataExchange (`D4 40 01`; 7.3.8).
    Pn532Exchange,
    /// Identiv (reference manual of the uTrust 4701 F, 6.2.13 to 6.2.17): a command for each of the card's.
    Identiv,
}

/// What came of it.
pub(super) enum Carried {
    /// A frame came back, without its length byte.
    Frame(Zeroizing<Vec<u8>>),
    /// The reader understood, and no card answered.
    Silence,
    /// The reader does not understand this, or says nothing that makes sense.
    NotSpoken,
}

/// Begins a transparent session; and ends it.
const BEGIN: [u8; 2] = [0x81, 0x00];
const END: [u8; 2] = [0x82, 0x00];
/// How long the reader waits for the card, in microseconds (tag 5F46, least byte first): 100 ms. A FeliCa card answers a
/// read of two blocks within 20.
const TIMER: [u8; 7] = [0x5F, 0x46, 0x04, 0xA0, 0x86, 0x01, 0x00];
/// The tag of a frame to be sent and answered; of the answer; of what became of it.
const TRANSCEIVE: u8 = 0x95;
const RESPONSE: u8 = 0x97;
const OUTCOME: u8 = 0xC0;
/// More of the answer is to be fetched: the lower byte says how much.
const MORE: u16 = 0x6100;

/// Begins a transparent session, where a way has one.
pub(super) fn begin<C: Channel>(channel: &mut C) -> Result<bool, C::Error> {
    let Some(begin) = Command::put([0xFF, 0xC2, 0x00, 0x00], &BEGIN, None, Shown::Command) else {
        return Ok(false);
    };
    let answer = channel.transmit(&begin)?;
    Ok(answer.status == DONE && outcome(&answer.data) != Some(false))
}

/// Ends it. What the reader says to that changes nothing.
pub(super) fn end<C: Channel>(channel: &mut C) -> Result<(), C::Error> {
    if let Some(end) = Command::put([0xFF, 0xC2, 0x00, 0x00], &END, None, Shown::Command) {
        channel.transmit(&end)?;
    }
    Ok(())
}

/// Sends a frame and takes the answer.
pub(super) fn carry<C: Channel>(
    way: Way,
    channel: &mut C,
    request: &Request<'_>,
) -> Result<Carried, C::Error> {
    let Some(command) = command(way, request) else { return Ok(Carried::NotSpoken) };
    let mut answer = channel.transmit(&command)?;
    if answer.status & 0xFF00 == MORE && matches!(way, Way::Pn532 | Way::Pn532Exchange) {
        let le = (answer.status & 0x00FF) as u8;
        answer = channel.transmit(&Command::get([0xFF, 0xC0, 0x00, 0x00], le, Shown::Command))?;
    }
    Ok(if answer.status == DONE { understand(way, request, &answer) } else { Carried::NotSpoken })
}

/// The command for it. A frame names the card by its IDm, so no more than the header may be shown of those that do.
fn command(way: Way, request: &Request<'_>) -> Option<Command> {
    let shown = if matches!(request, Request::Poll { .. }) { Shown::Command } else { Shown::Header };
    let frame = request.frame();
    let length = u8::try_from(frame.len() + 1).ok()?;
    let put = |header, before: &[u8], le| {
        let mut data = Zeroizing::new(Vec::with_capacity(before.len() + frame.len()));
        data.extend_from_slice(before);
        data.extend_from_slice(&frame);
        Command::put(header, &data, le, shown)
    };
    match way {
        Way::Session => {
            let mut objects = [0; TIMER.len() + 3];
            objects[..TIMER.len()].copy_from_slice(&TIMER);
            objects[TIMER.len()..].copy_from_slice(&[TRANSCEIVE, length, length]);
            put([0xFF, 0xC2, 0x00, 0x01], &objects, Some(0))
        }
        Way::Sony => put([0xFF, 0xFE, 0x00, 0x00], &[], None),
        Way::SonyCounted => put([0xFF, 0xFE, 0x01, 0x00], &[length], None),
        Way::Acs => put([0xFF, 0x00, 0x00, 0x00], &[length], None),
        Way::Pn532 => put([0xFF, 0x00, 0x00, 0x00], &[0xD4, 0x42, length], None),
        Way::Pn532Exchange => put([0xFF, 0x00, 0x00, 0x00], &[0xD4, 0x40, 0x01, length], None),
        Way::Identiv => identiv(request, shown),
    }
}

/// Identiv's own commands. They speak to the card that answered last, and know block numbers of one byte.
fn identiv(request: &Request<'_>, shown: Shown) -> Option<Command> {
    let mut data = Zeroizing::new(Vec::with_capacity(32));
    let header = match request {
        Request::Poll { system } => {
            data.extend(system.to_be_bytes());
            data.extend([0x00, 0x00]);
            [0xFF, 0x40, 0x00, 0x00]
        }
        Request::Read { service, blocks, .. } => {
            data.extend(service.to_le_bytes());
            for block in *blocks {
                data.extend_from_slice(&Element::of(u8::try_from(*block).ok()?.into()));
            }
            [0xFF, 0x46, 0x01, u8::try_from(blocks.len()).ok()?]
        }
        Request::Write { service, block, data: written, .. } => {
            data.extend(service.to_le_bytes());
            data.extend_from_slice(&Element::of(u8::try_from(*block).ok()?.into()));
            data.extend_from_slice(*written);
            [0xFF, 0x48, 0x01, 0x01]
        }
    };
    Command::put(header, &data, None, shown)
}

/// What the reader says came back.
fn understand(way: Way, request: &Request<'_>, answer: &Answer) -> Carried {
    let data: &[u8] = &answer.data;
    let code = request.answer_code();
    let frame = match way {
        Way::Session => match (outcome(data), object(data, RESPONSE)) {
            (Some(false), _) | (Some(true), None | Some([])) => return Carried::Silence,
            (_, Some(frame)) => uncounted(frame, code),
            (None, None) => None,
        },
        Way::Sony | Way::SonyCounted | Way::Acs => uncounted(data, code),
        Way::Pn532 | Way::Pn532Exchange => match data {
            [0xD5, 0x41 | 0x43, 0x00, frame @ ..] => uncounted(frame, code),
            // Bits 0 to 5 are an error: mostly 01, time is up.
            [0xD5, 0x41 | 0x43, _] => return Carried::Silence,
            _ => None,
        },
        // Without the code of the answer.
        Way::Identiv if data.len() >= 8 => {
            let mut frame = Zeroizing::new(Vec::with_capacity(1 + data.len()));
            frame.push(code);
            frame.extend_from_slice(data);
            return Carried::Frame(frame);
        }
        Way::Identiv => None,
    };
    frame.map_or(Carried::NotSpoken, |frame| Carried::Frame(Zeroizing::new(frame.to_vec())))
}

/// A frame of this code, without the length byte that some readers leave before it. No frame is as short as its code, so
/// the two are not mistaken for each other.
fn uncounted(frame: &[u8], code: u8) -> Option<&[u8]> {
    match frame {
        [length, rest @ ..] if usize::from(*length) == frame.len() && rest.first() == Some(&code) => {
            Some(rest)
        }
        [first, ..] if *first == code => Some(frame),
        _ => None,
    }
}

/// Whether a transparent session says that all went well: the status in object C0, `C0 03 nn SW1 SW2`.
fn outcome(objects: &[u8]) -> Option<bool> {
    let [_, high, low] = object(objects, OUTCOME)? else { return Some(false) };
    Some(u16::from_be_bytes([*high, *low]) == DONE)
}

/// The value of the first object with this tag: BER-TLV with tags of one byte, of two where all lower bits are set, and
/// lengths of one byte, of two after 81. None when the objects do not end where they say.
fn object(mut objects: &[u8], wanted: u8) -> Option<&[u8]> {
    loop {
        let (&tag, mut rest) = objects.split_first()?;
        if tag & 0x1F == 0x1F {
            rest = rest.get(1..)?;
        }
        let (&short, mut rest) = rest.split_first()?;
        let length = match short {
            0x00..=0x7F => short,
            0x81 => {
                let (&long, after) = rest.split_first()?;
                rest = after;
                long
            }
            _ => return None,
        };
        let (value, after) = rest.split_at_checked(usize::from(length))?;
        if tag == wanted {
            return Some(value);
        }
        objects = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_are_found_past_others_and_not_past_their_end() {
        let objects = [0xC0, 3, 0, 0x90, 0, 0x5F, 0x46, 1, 7, 0x97, 0x81, 2, 8, 9];
        assert_eq!(object(&objects, RESPONSE), Some(&[8, 9][..]));
        assert_eq!(outcome(&objects), Some(true));
        assert_eq!(object(&objects[..13], RESPONSE), None);
        assert_eq!(outcome(&[0xC0, 3, 1, 0x64, 1]), Some(false));
    }

    #[test]
    fn a_length_byte_is_taken_off_where_there_is_one() {
        let frame: Vec<u8> = std::iter::once(0x01).chain([0xAA; 16]).collect();
        let counted = [&[18][..], &frame].concat();
        assert_eq!(uncounted(&frame, 0x01), Some(&frame[..]));
        assert_eq!(uncounted(&counted, 0x01), Some(&frame[..]));
        assert_eq!(uncounted(&counted, 0x07), None);
    }

    #[test]
    fn identiv_is_not_asked_for_a_block_its_words_cannot_name() {
        let read = |blocks| Request::Read { idm: &[0; 8], service: 0x1A8B, blocks };
        assert!(command(Way::Identiv, &read(&[0x100])).is_none());
        assert_eq!(
            command(Way::Identiv, &read(&[3])).unwrap().bytes(),
            [0xFF, 0x46, 1, 1, 4, 0x8B, 0x1A, 0x80, 3]
        );
    }

    proptest! {
        #[test]
        fn no_objects_make_the_search_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), tag in any::<u8>()) {
            let _ = (object(&bytes, tag), outcome(&bytes), uncounted(&bytes, tag));
        }
    }
}
