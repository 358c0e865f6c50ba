//! Of passwords.

use mabataki_engine::text::Lang;

pub(crate) fn set(lang: Lang, person: &str, must_change: bool) -> String {
    match (lang, must_change) {
        (Lang::En, false) => format!("password of {person} set"),
        (Lang::En, true) => format!("password of {person} set; it must be changed at first use"),
        (Lang::Ja, false) => format!("{person} のパスワードを設定しました"),
        (Lang::Ja, true) => format!("{person} のパスワードを設定しました(初回に変更が必要です)"),
    }
}

pub(crate) fn changed(lang: Lang, person: &str) -> String {
    match lang {
        Lang::En => format!("password of {person} changed"),
        Lang::Ja => format!("{person} のパスワードを変更しました"),
    }
}

pub(crate) fn removed(lang: Lang, person: &str, was_there: bool) -> String {
    match (lang, was_there) {
        (Lang::En, true) => format!("password of {person} removed"),
        (Lang::En, false) => format!("{person} had no password"),
        (Lang::Ja, true) => format!("{person} のパスワードを削除しました"),
        (Lang::Ja, false) => format!("{person} にパスワードはありません"),
    }
}
