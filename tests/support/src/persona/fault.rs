//! Broken cards and readers.

use super::{Persona, Reaction};

/// A card whose every answer is the same bytes, whatever they mean.
#[derive(Debug)]
pub struct Answering {
    atr: Vec<u8>,
    answer: Vec<u8>,
}

impl Answering {
    /// With this ATR and this answer, status bytes included.
    pub fn boxed(atr: Vec<u8>, answer: &[u8]) -> Box<dyn Persona> {
        Box::new(Answering { atr, answer: answer.to_vec() })
    }
}

impl Persona for Answering {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn uid(&self) -> Option<Vec<u8>> {
        None
    }

    fn apdu(&mut self, _apdu: &[u8]) -> Reaction {
        Reaction::Answer(self.answer.clone())
    }
}

/// A card at which every APDU comes to the same bad end.
#[derive(Debug)]
pub struct Failing {
    atr: Vec<u8>,
    end: Reaction,
}

impl Failing {
    /// With this ATR and this end.
    pub fn boxed(atr: Vec<u8>, end: Reaction) -> Box<dyn Persona> {
        Box::new(Failing { atr, end })
    }
}

impl Persona for Failing {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn uid(&self) -> Option<Vec<u8>> {
        None
    }

    fn apdu(&mut self, _apdu: &[u8]) -> Reaction {
        self.end.clone()
    }
}
