//! Of templates and thresholds.

use mabataki_engine::text::Lang;

pub(crate) fn renewed(lang: Lang, templates: usize) -> String {
    match lang {
        Lang::En => format!("rotation renewed, {templates} templates turned"),
        Lang::Ja => format!("テンプレートの回転鍵を更新し、{templates} 件を変換しました"),
    }
}

pub(crate) fn never(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "never calibrated here: the model pack's threshold is used",
        Lang::Ja => "当施設では未校正です。モデルパックのしきい値を使います",
    }
}

pub(crate) fn threshold(lang: Lang, score: f32, fmr: f64, basis: &str) -> String {
    match lang {
        Lang::En => format!("threshold {score:.3} for a false-match rate of {fmr:e}; {basis}"),
        Lang::Ja => format!("他人受入率 {fmr:e} のしきい値 {score:.3}。{basis}"),
    }
}

pub(crate) fn compared(lang: Lang, people: u64, pairs: u64, left_out: u64) -> String {
    match (lang, left_out) {
        (Lang::En, 0) => format!("{people} people, {pairs} pairs of strangers"),
        (Lang::Ja, 0) => format!("{people} 人、他人同士 {pairs} 組"),
        (Lang::En, _) => format!("{people} people, {pairs} pairs of strangers; {left_out} people left out"),
        (Lang::Ja, _) => format!("{people} 人、他人同士 {pairs} 組（{left_out} 人は対象外）"),
    }
}

pub(crate) fn shown(lang: Lang, reached: u64, high: f64, least: f64) -> String {
    match lang {
        Lang::En => format!(
            "{reached} pairs reach it: a rate of at most {high:.1e} (95 %); so many pairs can show {least:.1e} at best"
        ),
        Lang::Ja => format!(
            "到達 {reached} 組、他人受入率は {high:.1e} 以下（95 %）。この組数で示せる下限は {least:.1e}"
        ),
    }
}

pub(crate) fn alike(lang: Lang, a: &str, b: &str) -> String {
    match lang {
        Lang::En => format!("{a} and {b} match each other: one person twice, or twins? Look at both"),
        Lang::Ja => {
            format!("{a} と {b} は一致します。二重登録または双子の可能性があります。確認してください")
        }
    }
}
