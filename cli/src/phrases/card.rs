//! Of cards.

use mabataki_engine::text::Lang;

pub(crate) fn taken_off(lang: Lang, reader: &str) -> String {
    match lang {
        Lang::En => format!("taken off {reader}"),
        Lang::Ja => format!("{reader} から離れました"),
    }
}
