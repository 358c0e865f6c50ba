//! Of attempts.

use mabataki_engine::session::{Outcome, Verdict};
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
