//! Of emergencies.

use std::fmt::Display;

use mabataki_engine::text::Lang;

pub(crate) fn issued(lang: Lang, code: &str, for_whom: Option<&str>, minutes: u32, until: &str) -> String {
    match lang {
        Lang::En => format!(
            "{code}\nShown this once. Good for {} until {until}, for {minutes} minutes of work.",
            for_whom.unwrap_or("anybody")
        ),
        Lang::Ja => format!(
            "{code}\n表示は今回限りです。対象: {}、有効期限: {until}、作業時間: {minutes} 分",
            for_whom.unwrap_or("全員")
        ),
    }
}

pub(crate) fn anybody(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "anybody",
        Lang::Ja => "全員",
    }
}

pub(crate) fn revoked(lang: Lang, handle: &impl Display) -> String {
    match lang {
        Lang::En => format!("code {handle} taken back"),
        Lang::Ja => format!("コード {handle} を取り消しました"),
    }
}

pub(crate) fn reviewed(lang: Lang, handle: &impl Display) -> String {
    match lang {
        Lang::En => format!("{handle} reviewed"),
        Lang::Ja => format!("{handle} を確認済みにしました"),
    }
}

pub(crate) fn review_state(lang: Lang, by: Option<&str>, is_reviewed: bool) -> String {
    match (lang, is_reviewed) {
        (Lang::En, false) => "waits for review".to_owned(),
        (Lang::Ja, false) => "確認待ち".to_owned(),
        (Lang::En, true) => format!("reviewed by {}", by.unwrap_or("-")),
        (Lang::Ja, true) => format!("確認者: {}", by.unwrap_or("-")),
    }
}

pub(crate) fn disaster(lang: Lang, until: Option<&str>) -> String {
    match (lang, until) {
        (Lang::En, Some(until)) => {
            format!(
                "A disaster is in force until {until}: for an emergency, a claim and a reason are enough."
            )
        }
        (Lang::Ja, Some(until)) => {
            format!("災害モード中です({until} まで)。緊急アクセスは申告と理由だけで使用できます。")
        }
        (Lang::En, None) => "No disaster is in force.".to_owned(),
        (Lang::Ja, None) => "災害モードではありません。".to_owned(),
    }
}
