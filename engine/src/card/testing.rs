//! For tests: a persona on a reader that is only pretended, and what it was asked.

use std::convert::Infallible;

use mabataki_test_support::persona::{self, Persona, Reaction};

use super::apdu::{Answer, Channel, Command};
use super::atr::{self, Atr};

/// A persona laid on a reader of this name.
pub(super) struct Laid {
    pub(super) reader: String,
    pub(super) card: Box<dyn Persona>,
    /// Every command it was sent, and its answer.
    pub(super) asked: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Laid {
    pub(super) fn on(reader: &str, name: &str) -> Laid {
        let mut card = persona::by_name(name).unwrap();
        card.power_up();
        Laid { reader: reader.into(), card, asked: Vec::new() }
    }

    pub(super) fn atr(&self) -> Atr {
        atr::decode(&self.card.atr()).unwrap()
    }
}

impl Channel for Laid {
    type Error = Infallible;

    fn transmit(&mut self, command: &Command) -> Result<Answer, Infallible> {
        let Reaction::Answer(bytes) = self.card.apdu(command.bytes()) else { panic!("it did not answer") };
        self.asked.push((command.bytes().to_vec(), bytes.clone()));
        Ok(Answer::parse(&bytes).unwrap())
    }
}

/// The headers of what it was asked.
pub(super) fn headers(laid: &Laid) -> Vec<[u8; 4]> {
    laid.asked.iter().map(|(command, _)| *command.first_chunk().unwrap()).collect()
}
