//! Of the log.

use std::fmt::Display;
use std::path::Path;

use mabataki_engine::audit::Verdict;
use mabataki_engine::audit::report::Month;
use mabataki_engine::store::Archived;
use mabataki_engine::text::Lang;

pub(crate) fn exporting(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "exporting",
        Lang::Ja => "書き出し中",
    }
}

pub(crate) fn exported(lang: Lang, file: &impl Display, rows: u64, sha256: &impl Display) -> String {
    match lang {
        Lang::En => format!("{file}: {rows} rows\nsha256 {sha256}"),
        Lang::Ja => format!("{file}: {rows} 行を書き出しました\nsha256 {sha256}"),
    }
}

pub(crate) fn reviewing(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "reading the log",
        Lang::Ja => "ログを読み取り中",
    }
}

pub(crate) fn reviewed(lang: Lang, file: &impl Display, month: Month) -> String {
    match lang {
        Lang::En => format!("{file}: the review of {month}"),
        Lang::Ja => format!("{file}: {month} の月次確認書を作成しました"),
    }
}

pub(crate) fn no_key(lang: Lang) -> &'static str {
    match lang {
        Lang::En => {
            "No public key was given: this shows whether the log hangs together, not whose it is. Give --public-key."
        }
        Lang::Ja => {
            "公開鍵が指定されていません。ログのつじつまは確認できますが、本物かどうかは確認できません。--public-key を指定してください。"
        }
    }
}

pub(crate) fn verdict(lang: Lang, verdict: &Verdict) -> String {
    let terminal = verdict.terminal.as_deref().unwrap_or("-");
    let what = match (lang, verdict.finding) {
        (Lang::En, None) => "good: as it was written".to_owned(),
        (Lang::Ja, None) => "正常: 書かれたままです".to_owned(),
        (Lang::En, Some(finding)) => {
            format!("NOT GOOD from record {}: {} ({})", finding.record, finding.what.text(lang), finding.what)
        }
        (Lang::Ja, Some(finding)) => {
            format!("異常 記録 {} 以降: {} ({})", finding.record, finding.what.text(lang), finding.what)
        }
    };
    let open = verdict.unprotected;
    let rest = match lang {
        Lang::En => format!(
            "{} records, {} checkpoints; {} records and {} s since the last checkpoint can still be changed unnoticed",
            verdict.records, verdict.checkpoints, open.records, open.seconds
        ),
        Lang::Ja => format!(
            "記録 {} 件、チェックポイント {} 個。最後のチェックポイント以降の {} 件（{} 秒間）はまだ保護されていません",
            verdict.records, verdict.checkpoints, open.records, open.seconds
        ),
    };
    let archived = match (lang, verdict.elsewhere) {
        (_, 0) => String::new(),
        (Lang::En, last) => format!("\n  records up to {last} are in an archive"),
        (Lang::Ja, last) => format!("\n  記録 {last} まではアーカイブにあります"),
    };
    format!("{terminal}  {}\n  {what}\n  {rest}{archived}", verdict.log)
}

pub(crate) fn archived(lang: Lang, archived: Option<&Archived>, file: &Path) -> String {
    let file = file.display();
    match (lang, archived) {
        (Lang::En, None) => "Nothing is old enough to be archived.".to_owned(),
        (Lang::Ja, None) => "アーカイブする古い記録はありません。".to_owned(),
        (Lang::En, Some(part)) => format!(
            "Records {} to {} are in {file} now, with names, and in the store no more. Keep it as long as the law asks.",
            part.first, part.last
        ),
        (Lang::Ja, Some(part)) => format!(
            "記録 {} から {} までを氏名とともに {file} へ移しました。法令の定める期間、保管してください。",
            part.first, part.last
        ),
    }
}

pub(crate) fn log_key(lang: Lang, key: &str) -> String {
    match lang {
        Lang::En => {
            format!("Note this down elsewhere. It tells later whether the log is the true one:\n  {key}")
        }
        Lang::Ja => {
            format!("次の公開鍵を別の場所に控えてください。ログが本物かどうかを後で確認できます。\n  {key}")
        }
    }
}
