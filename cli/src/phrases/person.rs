//! Of people.

use std::fmt::Display;

use mabataki_engine::text::Lang;

pub(crate) fn counts(lang: Lang, templates: &impl Display, cards: &impl Display, disabled: bool) -> String {
    match lang {
        Lang::En => {
            format!("templates {templates}  cards {cards}{}", if disabled { "  disabled" } else { "" })
        }
        Lang::Ja => format!("顔 {templates}  カード {cards}{}", if disabled { "  無効" } else { "" }),
    }
}
