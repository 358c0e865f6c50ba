//! Of the terminal's clock.

use jiff::Timestamp;
use mabataki_engine::engine::ClockState;
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn state(lang: Lang, state: &ClockState) -> String {
    let ClockState { now, mark, behind } = *state;
    match (lang, mark.filter(|_| behind)) {
        (Lang::En, None) => format!("{}  in order", clock(now)),
        (Lang::Ja, None) => format!("{}  正常", clock(now)),
        (Lang::En, Some(mark)) => format!(
            "{}  behind: it has already shown {}. Whatever has an end is refused.\n  \
             If the clock is wrong, set it. If it is right now: mabataki clock accept",
            clock(now),
            clock(mark)
        ),
        (Lang::Ja, Some(mark)) => format!(
            "{}  過去に戻っています。すでに {} を示したため、期限のあるものはすべて拒否されます。\n  \
             時計が違っていれば合わせてください。現在の時刻が正しければ: mabataki clock accept",
            clock(now),
            clock(mark)
        ),
    }
}

pub(crate) fn accepted(lang: Lang, now: Timestamp) -> String {
    match lang {
        Lang::En => format!("{} is believed from now on.", clock(now)),
        Lang::Ja => format!("今後は {} を正しい時刻として扱います。", clock(now)),
    }
}
