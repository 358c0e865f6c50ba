//! About grants.

use jiff::Timestamp;
use mabataki_engine::text::Lang;

use super::time::clock;

/// From when to when, if nothing ends it before.
pub(crate) fn span(lang: Lang, from: Timestamp, until: Option<Timestamp>) -> String {
    let (from, until) = (clock(from), until.map(clock).unwrap_or_default());
    match lang {
        Lang::En => format!("{from} until {until}"),
        Lang::Ja => format!("{from} から {until} まで"),
    }
}

pub(crate) fn ended(lang: Lang, session: &str) -> String {
    match lang {
        Lang::En => format!("{session} is ended."),
        Lang::Ja => format!("{session} を終了しました。"),
    }
}

pub(crate) fn rotated(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "A new key signs from now on. Hosts must fetch the keys again within a day.",
        Lang::Ja => "新しい鍵で署名します。各ホストは1日以内に公開鍵を取得し直してください。",
    }
}
