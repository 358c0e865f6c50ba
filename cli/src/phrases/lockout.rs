//! Of lock-outs.

use jiff::Timestamp;
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn cleared(lang: Lang, of: &str, forgiven: u32) -> String {
    match lang {
        Lang::En => format!("{forgiven} failed tries of {of} forgiven"),
        Lang::Ja => format!("{of} の失敗 {forgiven} 回を取り消しました"),
    }
}

pub(crate) fn state(lang: Lang, until: Option<Timestamp>, stopped: bool) -> String {
    match (lang, until) {
        (Lang::En, _) if stopped => "stopped until cleared".to_owned(),
        (Lang::Ja, _) if stopped => "停止中(解除が必要)".to_owned(),
        (Lang::En, Some(until)) => format!("locked until {}", clock(until)),
        (Lang::Ja, Some(until)) => format!("{} までロック中", clock(until)),
        (Lang::En, None) => "open".to_owned(),
        (Lang::Ja, None) => "使用可".to_owned(),
    }
}

pub(crate) fn failures(lang: Lang, failures: u32) -> String {
    match lang {
        Lang::En => format!("{failures} failed"),
        Lang::Ja => format!("失敗 {failures} 回"),
    }
}
