//! Broken cards and readers.

use std::time::Duration;

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

/// A sound card at which each command that begins with certain bytes comes to a bad end.
pub struct FailingAt {
    card: Box<dyn Persona>,
    beginning: &'static [u8],
    end: Reaction,
}

impl FailingAt {
    /// This card, with this end at commands that begin so.
    pub fn boxed(card: Box<dyn Persona>, beginning: &'static [u8], end: Reaction) -> Box<dyn Persona> {
        Box::new(FailingAt { card, beginning, end })
    }
}

impl Persona for FailingAt {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn uid(&self) -> Option<Vec<u8>> {
        self.card.uid()
    }

    fn power_up(&mut self) {
        self.card.power_up();
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        if apdu.starts_with(self.beginning) { self.end.clone() } else { self.card.apdu(apdu) }
    }
}

/// A sound card that takes its time.
pub struct Slow {
    card: Box<dyn Persona>,
    time: Duration,
}

impl Slow {
    /// This card, with so much time for each command.
    pub fn boxed(card: Box<dyn Persona>, time: Duration) -> Box<dyn Persona> {
        Box::new(Slow { card, time })
    }
}

impl Persona for Slow {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn uid(&self) -> Option<Vec<u8>> {
        self.card.uid()
    }

    fn power_up(&mut self) {
        self.card.power_up();
    }

    fn apdu(&mut self, apdu: &[u8]) -> Reaction {
        std::thread::sleep(self.time);
        self.card.apdu(apdu)
    }
}
