//! Of attempts.

use mabataki_engine::session::{Outcome, PinTrouble, Verdict};
use mabataki_engine::text::Lang;

/// The outcome in capitals; of a terminal that only observes, what it would have been beside it.
pub(crate) fn outcome(lang: Lang, verdict: &Verdict) -> String {
    let outcome = verdict.outcome.text(lang).to_uppercase();
    let would_be = verdict.judgement.text(lang);
    match (verdict.outcome, lang) {
        (Outcome::Observed, Lang::En) => format!("{outcome}, not acted on, else {would_be}"),
        (Outcome::Observed, Lang::Ja) => format!("{outcome}のみ(本来の判定: {would_be})"),
        _ => outcome,
    }
}

/// What the card says of its PIN, and how many tries it has left where that matters.
pub(crate) fn pin(lang: Lang, trouble: PinTrouble, left: Option<u8>) -> String {
    let text = trouble.text(lang);
    match (left.filter(|_| trouble == PinTrouble::Wrong), lang) {
        (Some(1), Lang::En) => format!("{text} One try is left."),
        (Some(left), Lang::En) => format!("{text} {left} tries are left."),
        (Some(left), Lang::Ja) => format!("{text}あと{left}回です。"),
        (None, _) => text.to_owned(),
    }
}
