//! Of secrets that are asked for.

use mabataki_engine::text::Lang;

pub(crate) fn again(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Again",
        Lang::Ja => "もう一度入力してください",
    }
}

pub(crate) fn new_password(lang: Lang, person: &str) -> String {
    match lang {
        Lang::En => format!("New password of {person}"),
        Lang::Ja => format!("{person} の新しいパスワード"),
    }
}

pub(crate) fn present_password(lang: Lang, person: &str) -> String {
    match lang {
        Lang::En => format!("Present password of {person}"),
        Lang::Ja => format!("{person} の現在のパスワード"),
    }
}
