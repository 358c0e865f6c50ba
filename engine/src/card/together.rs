//! Two cards in one holder: the reader shows now the one, now the other.

use std::time::{Duration, Instant};

use super::{CardIdentity, CardKind, CardReading, Unusable};

/// Two different cards within this time lie there together. Whoever takes one card away and lays another on takes longer.
pub(crate) const TOGETHER: Duration = Duration::from_millis(800);

/// Tells two cards that lie together from one card after the other.
#[derive(Debug, Default)]
pub(crate) struct Together {
    last: Option<(CardKind, Result<CardIdentity, Unusable>, Instant)>,
}

impl Together {
    /// Takes in a card that was read; says whether it lies there together with the one before. Cards without an identifier
    /// that stays are alike if they are of one kind: such a card may come as another one at every tap.
    pub(crate) fn reads(&mut self, reading: &CardReading, now: Instant) -> bool {
        let last = self.last.replace((reading.kind, reading.result.clone(), now));
        last.is_some_and(|(kind, result, read)| {
            let is_other = kind != reading.kind || result != reading.result;
            is_other && now.saturating_duration_since(read) <= TOGETHER
        })
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::{Assurance, IdKind};
    use super::*;

    fn card(number: u8) -> CardReading {
        let id = Zeroizing::new(vec![4, 1, 2, 3, 4, 5, number]);
        let (id_kind, assurance) = (IdKind::Uid, Assurance::IdentifierOnly);
        let result = Ok(CardIdentity { kind: CardKind::MifareUltralight, id_kind, assurance, id });
        CardReading { kind: CardKind::MifareUltralight, reader: "Counter".into(), result }
    }

    fn random() -> CardReading {
        CardReading {
            kind: CardKind::Desfire,
            reader: "Counter".into(),
            result: Err(Unusable::RandomIdentifier),
        }
    }

    #[test]
    fn two_cards_that_come_in_turn_lie_together_and_one_that_chatters_is_alone() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut together = Together::default();
        assert!(!together.reads(&card(1), at(0)));
        assert!(!together.reads(&card(1), at(200)));
        assert!(together.reads(&card(2), at(400)));
        assert!(together.reads(&random(), at(600)));
        assert!(!together.reads(&random(), at(700)));
    }

    #[test]
    fn a_card_after_another_is_alone() {
        let begin = Instant::now();
        let mut together = Together::default();
        together.reads(&card(1), begin);
        assert!(!together.reads(&card(2), begin + TOGETHER + Duration::from_millis(1)));
    }
}
