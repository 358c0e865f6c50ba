//! What the command itself says to operators, in both languages: one file a topic. What the engine says comes from the
//! engine.

pub(crate) mod attempt;
pub(crate) mod audit;
pub(crate) mod bundle;
pub(crate) mod camera;
pub(crate) mod card;
pub(crate) mod clock;
pub(crate) mod emergency;
pub(crate) mod enrolment;
pub(crate) mod grant;
pub(crate) mod key;
pub(crate) mod lockout;
pub(crate) mod login;
pub(crate) mod matching;
pub(crate) mod outlet;
pub(crate) mod password;
pub(crate) mod person;
pub(crate) mod pin;
pub(crate) mod policy;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod store;
pub(crate) mod terminal;
pub(crate) mod time;

use std::fmt::Display;

use mabataki_engine::text::Lang;

pub(crate) fn removed(lang: Lang, what: &impl Display) -> String {
    match lang {
        Lang::En => format!("{what} removed"),
        Lang::Ja => format!("{what} を削除しました"),
    }
}
