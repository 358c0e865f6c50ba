//! Of the log.

use std::fmt::Display;

use mabataki_engine::audit::report::Month;
use mabataki_engine::text::Lang;

pub(crate) fn exporting(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "exporting",
        Lang::Ja => "書き出し中",
    }
}

pub(crate) fn exported(lang: Lang, file: &impl Display, rows: u64, sha256: &impl Display) -> String {
    match lang {
        Lang::En => format!("{file}: {rows} rows\nsha256 {sha256}"),
        Lang::Ja => format!("{file}: {rows} 行を書き出しました\nsha256 {sha256}"),
    }
}

pub(crate) fn reviewing(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "reading the log",
        Lang::Ja => "ログを読み取り中",
    }
}

pub(crate) fn reviewed(lang: Lang, file: &impl Display, month: Month) -> String {
    match lang {
        Lang::En => format!("{file}: the review of {month}"),
        Lang::Ja => format!("{file}: {month} の月次確認書を作成しました"),
    }
}
