//! What the command itself says to operators, in both languages. What the engine says comes from the engine.

use std::fmt::Display;

use mabataki_engine::session::EnrolmentResult;
use mabataki_engine::text::Lang;

pub(crate) fn store_made(lang: Lang, trial: bool) -> &'static str {
    match (lang, trial) {
        (Lang::En, true) => {
            "A store for trials: anybody may feed it pictures and card numbers. Never use it for real people."
        }
        (Lang::Ja, true) => {
            "試用のデータベースです。画像やカード番号を誰でも入力できます。実際の利用者には使わないでください。"
        }
        (Lang::En, false) => {
            "Keep a copy of the key apart from copies of the store: without it the store cannot be read."
        }
        (Lang::Ja, false) => {
            "鍵の控えはデータベースの控えとは別に保管してください。鍵がないと読み出せません。"
        }
    }
}

pub(crate) fn person_counts(
    lang: Lang,
    templates: &impl Display,
    cards: &impl Display,
    disabled: bool,
) -> String {
    match lang {
        Lang::En => {
            format!("templates {templates}  cards {cards}{}", if disabled { "  disabled" } else { "" })
        }
        Lang::Ja => format!("顔 {templates}  カード {cards}{}", if disabled { "  無効" } else { "" }),
    }
}

pub(crate) fn removed(lang: Lang, what: &impl Display) -> String {
    match lang {
        Lang::En => format!("{what} removed"),
        Lang::Ja => format!("{what} を削除しました"),
    }
}

pub(crate) fn taken_off(lang: Lang, reader: &str) -> String {
    match lang {
        Lang::En => format!("taken off {reader}"),
        Lang::Ja => format!("{reader} から離れました"),
    }
}

pub(crate) fn picture_taken(lang: Lang, taken: usize, of: usize) -> String {
    match lang {
        Lang::En => format!("picture {taken} of {of}"),
        Lang::Ja => format!("画像 {taken}/{of}"),
    }
}

pub(crate) fn enrolment(lang: Lang, person: &str, result: &EnrolmentResult) -> String {
    let EnrolmentResult { samples, least_samples, quality, .. } = result;
    let mut text = match (lang, result.template.is_some()) {
        (Lang::En, true) => format!("{person} enrolled from {samples} pictures, quality {quality:.2}"),
        (Lang::Ja, true) => format!("{person} の顔を登録しました(画像 {samples} 枚、品質 {quality:.2})"),
        (Lang::En, false) => format!(
            "{person} not enrolled: {samples} good pictures, {least_samples} are needed; nothing was kept"
        ),
        (Lang::Ja, false) => format!(
            "{person} の顔は登録されませんでした。使える画像は {samples} 枚で、{least_samples} 枚必要です。何も保存していません。"
        ),
    };
    for (reason, count) in &result.refused {
        let reason = reason.text(lang);
        text.push_str(&match lang {
            Lang::En => format!("\n  {count:>4} refused: {reason}"),
            Lang::Ja => format!("\n  {count:>4} 枚は不採用: {reason}"),
        });
    }
    text
}
