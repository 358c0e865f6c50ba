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

pub(crate) fn not_verifiable(lang: Lang) -> &'static str {
    match lang {
        Lang::En => {
            "These are some records only: by themselves they cannot be verified as a whole. \
             --whole takes them out from checkpoint to checkpoint."
        }
        Lang::Ja => {
            "一部の記録だけのため、これだけでは全体を検証できません。\
             --whole を付けると、チェックポイントの区切りまで含めて書き出します。"
        }
    }
}

pub(crate) fn archiving(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "archiving",
        Lang::Ja => "アーカイブ中",
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
            "No public key was given: this shows whether the log hangs together, not whose it is. \
             Give --public-key."
        }
        Lang::Ja => {
            "公開鍵が指定されていません。ログのつじつまは確認できますが、\
             本物かどうかは確認できません。--public-key を指定してください。"
        }
    }
}

pub(crate) fn passed_over(lang: Lang, lines: u64) -> String {
    match lang {
        Lang::En => {
            format!("{lines} lines beside the checkpoints were passed over: damaged, cut off, or of others.")
        }
        Lang::Ja => format!(
            "チェックポイントとして読み取れない {lines} 行は無視しました\
             （破損した行、途中で切れた行、他のプログラムの行）。"
        ),
    }
}

pub(crate) fn not_theirs(lang: Lang) -> &'static str {
    match lang {
        Lang::En => {
            "The key of the newest records was not sealed to this recovery key: the end that no checkpoint \
             covers was not checked."
        }
        Lang::Ja => {
            "最新の記録の鍵はこの復旧鍵では開けません。チェックポイント以降の記録は照合していません。"
        }
    }
}

pub(crate) fn verdict(lang: Lang, verdict: &Verdict) -> String {
    let terminal = verdict.terminal.as_deref().unwrap_or("-");
    let what = match (lang, verdict.finding) {
        (Lang::En, None) if verdict.elsewhere > 0 => format!(
            "what is here is as it was written; NOT LOOKED AT: records 1 to {}, which lie in an archive or were \
             not taken out",
            verdict.elsewhere
        ),
        (Lang::Ja, None) if verdict.elsewhere > 0 => format!(
            "ここにある記録は書かれたままです。記録 1 から {} までは検証していません\
             （アーカイブ済み、または書き出し対象外）",
            verdict.elsewhere
        ),
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
        Lang::En if open.checked => format!(
            "{} records, {} checkpoints; the {} records since the last checkpoint ({} s) \
             were held against their keys",
            verdict.records, verdict.checkpoints, open.records, open.seconds
        ),
        Lang::Ja if open.checked => format!(
            "記録 {} 件、チェックポイント {} 個。\
             最後のチェックポイント以降の {} 件（{} 秒間）は復旧鍵で照合しました",
            verdict.records, verdict.checkpoints, open.records, open.seconds
        ),
        Lang::En => format!(
            "{} records, {} checkpoints; {} records and {} s since the last checkpoint \
             can still be changed unnoticed",
            verdict.records, verdict.checkpoints, open.records, open.seconds
        ),
        Lang::Ja => format!(
            "記録 {} 件、チェックポイント {} 個。\
             最後のチェックポイント以降の {} 件（{} 秒間）はまだ保護されていません",
            verdict.records, verdict.checkpoints, open.records, open.seconds
        ),
    };
    let archived = match (lang, verdict.elsewhere) {
        // Told already where nothing worse is.
        (_, last) if last == 0 || verdict.finding.is_none() => String::new(),
        (Lang::En, last) => {
            format!("\n  records up to {last} are not in it: they are in an archive, or were not taken out")
        }
        (Lang::Ja, last) => {
            format!("\n  記録 {last} まではここにありません（アーカイブ済み、または書き出し対象外）")
        }
    };
    format!("{terminal}  {}\n  {what}\n  {rest}{archived}", verdict.log)
}

pub(crate) fn archived(lang: Lang, archived: Option<&Archived>, file: &Path) -> String {
    let file = file.display();
    match (lang, archived) {
        (Lang::En, None) => "Nothing is old enough to be archived.".to_owned(),
        (Lang::Ja, None) => "アーカイブする古い記録はありません。".to_owned(),
        (Lang::En, Some(part)) => format!(
            "Records {} to {} are in {file} now, with names, and in the store no more. \
             Keep it as long as the law asks.\nsha256 {}",
            part.first, part.last, part.sha256
        ),
        (Lang::Ja, Some(part)) => format!(
            "記録 {} から {} までを氏名とともに {file} へ移しました。\
             法令の定める期間、保管してください。\nsha256 {}",
            part.first, part.last, part.sha256
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
