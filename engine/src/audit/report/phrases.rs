//! What the review says, in both languages.

use super::month::{DayHours, Month};
use super::review::Verification;
use crate::text::{Lang, vocabulary};

vocabulary! {
    /// Headings, labels and sentences without figures.
    pub(super) enum Phrase, "a phrase" {
        Covers = "covers", "Terminals", "対象端末";
        Records = "records", "Records", "対象記録";
        Made = "made", "Made", "作成日時";
        Zone = "zone", "Clock", "時刻の基準";
        Look = "look", "To be looked at", "要確認事項";
        NothingOdd = "nothing_odd", "Nothing in this month asks for a closer look.", "特記すべき事項はありません。";
        Attempts = "attempts", "Attempts", "認証の試行";
        AttemptsByDay = "attempts_by_day", "Attempts by day, by outcome", "日別の試行数（結果別）";
        Outcome = "outcome", "Outcome", "結果";
        Count = "count", "Count", "件数";
        Share = "share", "Share", "割合";
        Refusals = "refusals", "Refusals", "認証の失敗";
        RefusalsByHour = "refusals_by_hour", "Refusals by hour of the day", "時間帯別の失敗数";
        ByReason = "by_reason", "By reason", "理由別";
        ByPerson = "by_person", "By person", "利用者別";
        ByTerminal = "by_terminal", "By terminal", "端末別";
        Reason = "reason", "Reason", "理由";
        Person = "person", "Person", "利用者";
        Terminal = "terminal", "Terminal", "端末";
        Unknown = "unknown", "(not known here)", "（登録なし）";
        Nobody = "nobody", "(nobody named)", "（指名なし）";
        NoRefusals = "no_refusals", "Nobody was refused.", "失敗はありませんでした。";
        Fallbacks = "fallbacks", "Fallbacks", "代替手段への切り替え";
        ByCause = "by_cause", "Fallbacks by cause", "原因別の切り替え数";
        Cause = "cause", "Cause", "原因";
        NoFallbacks = "no_fallbacks",
            "No attempt turned to what stands in for the ordinary factors.",
            "代替手段への切り替えはありませんでした。";
        Emergencies = "emergencies", "Emergencies and disasters", "緊急アクセスと災害モード";
        Disasters = "disasters", "Disasters", "災害モード";
        Claimed = "claimed",
            "People let in by an emergency code or in a disaster. Who they are was claimed, not proved.",
            "緊急コードまたは災害モードで許可された利用者です。本人であることは自己申告によります。";
        NoEmergencies = "no_emergencies",
            "Nobody was let in by a claim, and no disaster was declared.",
            "緊急アクセスも災害モードの宣言もありませんでした。";
        Time = "time", "Time", "時刻";
        Purpose = "purpose", "Purpose", "目的";
        Review = "review", "Review", "事後確認";
        NotReviewed = "not_reviewed", "not reviewed", "未確認";
        Waiting = "waiting", "Reviews open", "事後確認待ち";
        Event = "event", "What happened", "内容";
        OutOfHours = "out_of_hours", "Out of hours", "時間外の利用";
        RefusedByHours = "refused_by_hours",
            "Refused because the person may not come in at that hour",
            "利用時間外のため拒否";
        LetInOutOfHours = "let_in_out_of_hours", "Let in out of hours", "時間外に許可";
        NoOutOfHours = "no_out_of_hours", "Nobody came out of hours.", "時間外の利用はありませんでした。";
        Dormant = "dormant", "Dormant accounts", "長期未使用の利用者";
        DormantSince = "dormant_since",
            "Active people who have not been let in for longer than the policy allows. Disable who has left.",
            "ポリシーの期間を超えて認証のない有効な利用者です。退職者等は無効にしてください。";
        Last = "last", "Last let in", "最終認証";
        Never = "never", "never", "認証履歴なし";
        NoDormant = "no_dormant", "There are none.", "該当者はいません。";
        Acts = "acts", "Administrative acts", "管理操作";
        Carried = "carried", "Done", "実施";
        Turned = "turned", "Refused", "却下・失敗";
        Which = "which", "Which", "内訳";
        NoActs = "no_acts", "Nothing was administered.", "管理操作はありませんでした。";
        Lockouts = "lockouts", "Lock-outs", "ロックアウト";
        MetLockout = "met_lockout", "Attempts that met a lock-out", "ロック中の試行";
        Cleared = "cleared", "Cleared by an administrator", "管理者による解除";
        NoLockouts = "no_lockouts", "Nobody was locked out.", "ロックアウトはありませんでした。";
        Machine = "machine", "Devices, clock, alarms", "機器・時計・警報";
        Losses = "losses", "Cameras and readers lost", "カメラ・リーダーの切断";
        Clock = "clock", "Clock", "時計の変更";
        Alarms = "alarms", "Alarms and restored copies", "警報・復元";
        NoMachine = "no_machine",
            "No device was lost, the clock was not set, and there was no alarm.",
            "機器の切断、時計の変更、警報はありませんでした。";
        Access = "access", "Access times", "アクセス時間";
        Ending = "ending", "How it ended", "終了の理由";
        NoAccess = "no_access", "No access ended in this month.", "この月に終了したアクセスはありません。";
        Integrity = "integrity", "Integrity of the log", "ログの完全性";
        NotVerified = "not_verified",
            "The log was not verified when this review was made.",
            "この確認書の作成時にログの検証は行われていません。";
        Signing = "signing", "Confirmation", "確認";
        Statement = "statement",
            "I have looked through this review and through what it asks to be looked at.",
            "上記の内容を確認し、要確認事項について必要な対応を行いました。";
        Remarks = "remarks", "Remarks and measures", "所見・対応";
        Reviewer = "reviewer", "Name", "確認者氏名";
        Day = "day", "Date", "確認日";
        Seal = "seal", "Seal", "印";
    }
}

pub(super) fn title(lang: Lang, month: Month) -> String {
    match lang {
        Lang::En => format!("Monthly review of the log, {month}"),
        Lang::Ja => format!("認証ログ 月次確認書　{}年{}月", month.year(), month.month()),
    }
}

/// How many records, and from which number to which.
pub(super) fn records(lang: Lang, records: u64, numbers: Option<(u64, u64)>) -> String {
    match (lang, numbers) {
        (Lang::En, Some((first, last))) => format!("{records} (numbers {first} to {last})"),
        (Lang::Ja, Some((first, last))) => format!("{records} 件（通し番号 {first}～{last}）"),
        (Lang::En, None) => "none".to_owned(),
        (Lang::Ja, None) => "なし".to_owned(),
    }
}

pub(super) fn more(lang: Lang, more: u64) -> Option<String> {
    (more > 0).then(|| match lang {
        Lang::En => format!("and {more} more"),
        Lang::Ja => format!("ほか {more} 件"),
    })
}

pub(super) fn unreviewed(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => format!("Uses of an emergency access that wait for their review: {count}"),
        Lang::Ja => format!("事後確認が済んでいない緊急アクセスが {count} 件あります。"),
    }
}

pub(super) fn alarms(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => format!("Alarms or restored copies: {count}"),
        Lang::Ja => format!("警報または復元が {count} 件あります。"),
    }
}

pub(super) fn losses(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => format!("Losses of cameras or readers: {count}"),
        Lang::Ja => format!("カメラまたはリーダーの切断が {count} 回ありました。"),
    }
}

pub(super) fn jumps(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => format!("Changes of the clock: {count}"),
        Lang::Ja => format!("時計の変更または承認が {count} 回ありました。"),
    }
}

pub(super) fn lockouts(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => format!("Attempts that met a lock-out: {count}"),
        Lang::Ja => format!("ロック中の試行が {count} 件ありました。"),
    }
}

pub(super) fn dormant(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => format!("People who have not been let in for long: {count}"),
        Lang::Ja => format!("長期間認証のない利用者が {count} 人います。"),
    }
}

pub(super) fn host_supplied(lang: Lang, count: u64) -> String {
    match lang {
        Lang::En => format!("Let in by frames or cards that a host supplied: {count}"),
        Lang::Ja => format!("ホストが提供した映像またはカードによる許可が {count} 件あります。"),
    }
}

pub(super) fn ordinary_hours(lang: Lang, hours: DayHours) -> String {
    match lang {
        Lang::En => format!("Ordinary hours: Monday to Friday, {hours}."),
        Lang::Ja => format!("通常の時間帯: 月曜～金曜 {hours}"),
    }
}

pub(super) fn access(lang: Lang, ended: u64, seconds: u64, longest: u64, open: u64) -> String {
    let (all, longest) = (hours(lang, seconds), hours(lang, longest));
    match lang {
        Lang::En => {
            format!("Ended: {ended}, {all} together, the longest {longest}. Open: {open}.")
        }
        Lang::Ja => format!("終了 {ended} 件、合計 {all}、最長 {longest}、継続中 {open} 件"),
    }
}

/// A length of time in hours and minutes.
fn hours(lang: Lang, seconds: u64) -> String {
    let minutes = seconds / 60;
    match lang {
        Lang::En => format!("{} h {} min", minutes / 60, minutes % 60),
        Lang::Ja => format!("{} 時間 {} 分", minutes / 60, minutes % 60),
    }
}

pub(super) fn verified(lang: Lang, found: &Verification) -> String {
    let Verification { records, archived, unprotected_records, unprotected_seconds, .. } = found;
    let elsewhere = match (lang, archived) {
        (_, 0) => String::new(),
        (Lang::En, last) => format!(" Records 1 to {last} lie in an archive that was not looked at."),
        (Lang::Ja, last) => format!("記録 1 から {last} まではアーカイブにあり、検証していません。"),
    };
    let here = match lang {
        Lang::En => format!(
            "All {records} records of the log are as they were written. The last {unprotected_records} of them, of \
             {unprotected_seconds} s, are not under a signed checkpoint yet."
        ),
        Lang::Ja => format!(
            "ログ {records} 件はすべて記録時のままです。直近の {unprotected_records} 件（{unprotected_seconds} 秒間）は\
             署名前です。"
        ),
    };
    here + &elsewhere
}

pub(super) fn not_as_written(lang: Lang, found: &Verification) -> String {
    let at = found.first_bad.map_or_else(|| "?".to_owned(), |seq| seq.to_string());
    let what = found.what.map_or("?", |what| what.text(lang));
    match lang {
        Lang::En => format!("The log is not as it was written. Record {at}: {what}"),
        Lang::Ja => format!("ログが記録時のままではありません。通し番号 {at}: {what}"),
    }
}
