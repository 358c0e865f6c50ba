//! Of application logins.

use mabataki_engine::text::Lang;

pub(crate) fn secret(lang: Lang, person: &str, app: &str) -> String {
    match lang {
        Lang::En => format!("Secret of {person} for {app}"),
        Lang::Ja => format!("{app} での {person} のパスワード"),
    }
}

pub(crate) fn put(lang: Lang, person: &str, app: &str) -> String {
    match lang {
        Lang::En => format!("login of {person} to {app} put"),
        Lang::Ja => format!("{person} の {app} ログイン情報を登録しました"),
    }
}

pub(crate) fn removed(lang: Lang, person: &str, app: &str, was_there: bool) -> String {
    match (lang, was_there) {
        (Lang::En, true) => format!("login of {person} to {app} removed"),
        (Lang::En, false) => format!("{person} had no login to {app}"),
        (Lang::Ja, true) => format!("{person} の {app} ログイン情報を削除しました"),
        (Lang::Ja, false) => format!("{person} に {app} のログイン情報はありません"),
    }
}

pub(crate) fn suspended(lang: Lang, since: Option<&str>) -> String {
    match (lang, since) {
        (Lang::En, Some(since)) => format!("suspended since {since}: put a new one"),
        (Lang::Ja, Some(since)) => format!("{since} から停止中(再登録が必要)"),
        (_, None) => String::new(),
    }
}
