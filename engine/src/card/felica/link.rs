//! The way to FeliCa cards through one reader, found out at every tap anew: a reader may be exchanged for another of the
//! same name.

use zeroize::Zeroizing;

use super::carry::{Carried, Way, begin, carry, end};
use super::frame::{self, Request, Said};
use super::{ANY_SYSTEM, Target};
use crate::card::Dialect;
use crate::card::apdu::Channel;

/// What is tried where nothing tells what the reader speaks, the standard first.
const EVERY_WAY: &[Way] =
    &[Way::Session, Way::Sony, Way::SonyCounted, Way::Acs, Way::Pn532, Way::Pn532Exchange, Way::Identiv];

/// Such a way. Each poll tries every word it may use once at the most, and goes on in the one that was understood.
pub(in crate::card) struct Link {
    ways: Vec<Way>,
    at: usize,
    /// The reader has understood a word.
    settled: bool,
    /// A transparent session is open.
    session: bool,
    /// Whether it is known, not guessed, what the reader speaks.
    pub(in crate::card) known: bool,
    /// Who answered last.
    pub(in crate::card) seen: Option<Target>,
}

impl Link {
    /// In the dialect that was chosen, or the one its name tells and then the standard's, or any.
    pub(in crate::card) fn new(chosen: Option<Dialect>, reader: &str) -> Link {
        let told = chosen.or_else(|| Dialect::of_reader(reader));
        let mut ways = told.map_or(EVERY_WAY, ways_of).to_vec();
        if chosen.is_none() && !ways.contains(&Way::Session) {
            ways.push(Way::Session);
        }
        Link { ways, at: 0, settled: false, session: false, known: told.is_some(), seen: None }
    }

    /// Who is there, of this system, or of any; none when nobody is, or the reader carries no such question.
    pub(in crate::card) fn poll<C: Channel>(
        &mut self,
        channel: &mut C,
        system: u16,
    ) -> Result<Option<Target>, C::Error> {
        let answer = self.exchange(channel, &Request::Poll { system })?;
        let target = answer.and_then(|answer| frame::polled(&answer));
        if target.is_some() {
            self.seen = target;
        }
        Ok(target)
    }

    /// The card of any system that the reader finds.
    pub(in crate::card) fn poll_any<C: Channel>(
        &mut self,
        channel: &mut C,
    ) -> Result<Option<Target>, C::Error> {
        self.poll(channel, ANY_SYSTEM)
    }

    /// What stands in these blocks of a card, at most 4.
    pub(in crate::card) fn read<C: Channel>(
        &mut self,
        channel: &mut C,
        idm: &[u8; 8],
        service: u16,
        blocks: &[u16],
    ) -> Result<Said<Zeroizing<Vec<u8>>>, C::Error> {
        let answer = self.exchange(channel, &Request::Read { idm, service, blocks })?;
        Ok(answer.map_or(Said::Nonsense, |answer| frame::read(&answer, idm, blocks.len())))
    }

    /// Writes a block of a card.
    pub(in crate::card) fn write<C: Channel>(
        &mut self,
        channel: &mut C,
        idm: &[u8; 8],
        service: u16,
        block: u16,
        data: &[u8; 16],
    ) -> Result<Said<()>, C::Error> {
        let answer = self.exchange(channel, &Request::Write { idm, service, block, data })?;
        Ok(answer.map_or(Said::Nonsense, |answer| frame::written(&answer, idm)))
    }

    /// Leaves the reader as it was.
    pub(in crate::card) fn close<C: Channel>(&mut self, channel: &mut C) -> Result<(), C::Error> {
        if std::mem::take(&mut self.session) { end(channel) } else { Ok(()) }
    }

    fn exchange<C: Channel>(
        &mut self,
        channel: &mut C,
        request: &Request<'_>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, C::Error> {
        while let Some(&way) = self.ways.get(self.at) {
            match self.carry(way, channel, request)? {
                Carried::Frame(frame) if frame.first() == Some(&request.answer_code()) => {
                    self.settled = true;
                    return Ok(Some(frame));
                }
                Carried::Silence => {
                    self.settled = true;
                    return Ok(None);
                }
                _ if self.settled => return Ok(None),
                _ => {
                    self.close(channel)?;
                    self.at += 1;
                }
            }
        }
        // Some readers do not tell "no card" from "no such command": the next question may fare better.
        self.at = 0;
        Ok(None)
    }

    fn carry<C: Channel>(
        &mut self,
        way: Way,
        channel: &mut C,
        request: &Request<'_>,
    ) -> Result<Carried, C::Error> {
        if way == Way::Session && !self.session {
            self.session = begin(channel)?;
            if !self.session {
                return Ok(Carried::NotSpoken);
            }
        }
        carry(way, channel, request)
    }
}

fn ways_of(dialect: Dialect) -> &'static [Way] {
    match dialect {
        Dialect::Generic => &[Way::Session],
        Dialect::Sony => &[Way::Sony, Way::SonyCounted],
        Dialect::Acs => &[Way::Acs],
        Dialect::Pn532 => &[Way::Pn532, Way::Pn532Exchange],
        Dialect::Identiv => &[Way::Identiv],
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use mabataki_test_support::persona;

    use super::*;
    use crate::card::apdu::{Answer, Command};
    use crate::card::testing::{Laid, headers};

    #[test]
    fn whatever_a_reader_speaks_is_found_out() {
        for name in [
            "fcf",
            "fcf_sony",
            "fcf_sony_counted",
            "fcf_acs",
            "fcf_pn532",
            "fcf_pn532_exchange",
            "fcf_identiv",
        ] {
            let mut laid = Laid::on("Counter", name);
            let mut link = Link::new(None, "Counter");
            let target = link.poll(&mut laid, 0xFE00).unwrap();
            assert_eq!(target.unwrap().idm, persona::by_name(name).unwrap().uid().unwrap()[..], "{name}");
            let Ok(Said::Done(blocks)) = link.read(&mut laid, &target.unwrap().idm, 0x1A8B, &[0]) else {
                panic!("{name} was not read")
            };
            assert_eq!(blocks.len(), 16);
        }
    }

    #[test]
    fn a_chosen_dialect_is_the_only_one_tried_and_a_name_is_believed_first() {
        let mut laid = Laid::on("Counter", "fcf_acs");
        let chosen = Link::new(Some(Dialect::Sony), "ACS ACR1252").poll(&mut laid, 0xFE00).unwrap();
        assert!(chosen.is_none());
        assert_eq!(headers(&laid), [[0xFF, 0xFE, 0, 0], [0xFF, 0xFE, 1, 0]]);
        let mut laid = Laid::on("ACS ACR1252", "fcf_acs");
        assert!(Link::new(None, "ACS ACR1252").poll(&mut laid, 0xFE00).unwrap().is_some());
        assert_eq!(headers(&laid), [[0xFF, 0, 0, 0]]);
    }

    #[test]
    fn a_session_is_ended_and_none_is_left_open_by_a_reader_that_has_none() {
        let mut laid = Laid::on("Counter", "fcf");
        let mut link = Link::new(None, "Counter");
        link.poll(&mut laid, 0xFE00).unwrap();
        link.close(&mut laid).unwrap();
        link.close(&mut laid).unwrap();
        assert_eq!(headers(&laid), [[0xFF, 0xC2, 0, 0], [0xFF, 0xC2, 0, 1], [0xFF, 0xC2, 0, 0]]);
    }

    #[test]
    fn a_reader_that_understands_nothing_is_asked_a_bounded_number_of_times() {
        for answer in [&[0x90, 0x00][..], &[0x6D, 0x00], &[0xA5; 40], &[0x61, 0x10]] {
            let mut asked = 0;
            let mut channel = |_: &Command| {
                asked += 1;
                Ok::<_, Infallible>(Answer::parse(answer).unwrap())
            };
            let mut link = Link::new(None, "");
            assert!(link.poll(&mut channel, 0xFE00).unwrap().is_none());
            link.close(&mut channel).unwrap();
            assert!(asked <= 12, "{asked}");
        }
    }
}
