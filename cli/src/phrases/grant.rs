//! About grants.

use mabataki_engine::text::Lang;

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
