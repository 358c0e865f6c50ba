//! What the columns of the tables are, and what stands in them.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::audit::{Access, Entry, Factor, Operation, Record, Source, wording};
use crate::text::{Lang, vocabulary};

vocabulary! {
    /// A column of the table of records. The first five are the checklist's, in its own words; the others hold what is not in
    /// them, as the stable words and figures of `audit list --json`.
    pub enum RecordColumn, "a column" {
        /// Who, by id.
        UserId = "user_id", "User ID", "利用者ID";
        /// Who, by name.
        Name = "name", "Name", "氏名";
        /// When, by the site's clocks, with their distance from UTC.
        Time = "time", "Time", "時刻";
        /// The kind of operation.
        Category = "category", "Category", "カテゴリ";
        /// What was done, to what, how and with what result, in words.
        Details = "details", "Operation", "操作情報";
        /// How long the access was that this record ended, s.
        AccessTime = "access_s", "Access time (s)", "アクセス時間(秒)";
        /// The terminal.
        Terminal = "terminal", "Terminal", "端末";
        /// The record's number in the terminal's log.
        Seq = "seq", "Number", "通し番号";
        /// The operation's word.
        Operation = "operation", "Operation code", "操作コード";
        /// The outcome's word.
        Outcome = "outcome", "Outcome code", "結果コード";
        /// The reason's word.
        Reason = "reason", "Reason code", "理由コード";
        /// What it was done to.
        Object = "object", "Object", "対象";
        /// The host's account.
        Account = "account", "Account", "アカウント";
        /// What for.
        Purpose = "purpose", "Purpose code", "目的コード";
        /// The factors that were proved.
        Factors = "factors", "Factor codes", "認証要素コード";
        /// Proved or claimed.
        Standing = "standing", "Standing", "本人確認";
        /// The session number.
        Session = "session", "Session", "セッション";
        /// How long it took, ms.
        Duration = "duration_ms", "Duration (ms)", "処理時間(ミリ秒)";
        /// The other computer that was asked from.
        Origin = "origin", "Asked from", "接続元";
        /// The host that asked.
        Host = "host", "Host", "ホスト";
        /// The camera.
        Camera = "camera", "Camera", "カメラ";
        /// The card reader.
        Reader = "reader", "Card reader", "カードリーダー";
        /// What the host supplied.
        HostSupplied = "host_supplied", "Supplied by the host", "ホスト提供";
        /// Whose word the record is.
        Source = "source", "Recorded by", "記録元";
        /// The model pack.
        Pack = "pack", "Model pack", "モデル";
        /// The runtime library.
        Runtime = "runtime", "Runtime", "ランタイム";
        /// When, UTC.
        Utc = "utc", "Time (UTC)", "時刻(UTC)";
    }
}

vocabulary! {
    /// A column of the table of access times.
    pub enum AccessColumn, "a column" {
        /// Who, by id.
        UserId = "user_id", "User ID", "利用者ID";
        /// Who, by name.
        Name = "name", "Name", "氏名";
        /// The log-in, by the site's clocks.
        Begin = "begin", "Begin", "開始時刻";
        /// The end, by the site's clocks.
        End = "end", "End", "終了時刻";
        /// How long, s.
        AccessTime = "access_s", "Access time (s)", "アクセス時間(秒)";
        /// How it ended.
        Ending = "ending", "How it ended", "終了の理由";
        /// The terminal.
        Terminal = "terminal", "Terminal", "端末";
        /// The host's account.
        Account = "account", "Account", "アカウント";
        /// What for.
        Purpose = "purpose", "Purpose", "目的";
        /// Application logins handed out.
        Releases = "releases", "Logins handed out", "ログイン払い出し数";
        /// Records that hosts added.
        HostRecords = "host_records", "Records by hosts", "ホスト記録数";
        /// The session number.
        Session = "session", "Session", "セッション";
    }
}

impl RecordColumn {
    /// What stands in this column for a record.
    pub(super) fn value(self, record: &Record, lang: Lang) -> String {
        let entry = &record.entry;
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        match self {
            RecordColumn::UserId => text(&entry.subject),
            RecordColumn::Name => text(&entry.name),
            RecordColumn::Time => at_site(record),
            RecordColumn::Category => entry.operation.category().text(lang).to_owned(),
            RecordColumn::Details => details(entry, lang),
            RecordColumn::AccessTime => access_seconds(entry).map_or_else(String::new, |s| s.to_string()),
            RecordColumn::Terminal => record.terminal.clone(),
            RecordColumn::Seq => record.seq.to_string(),
            RecordColumn::Operation => entry.operation.to_string(),
            RecordColumn::Outcome => entry.outcome.to_string(),
            RecordColumn::Reason => text(&entry.reason),
            RecordColumn::Object => text(&entry.object),
            RecordColumn::Account => text(&entry.account),
            RecordColumn::Purpose => text(&entry.purpose),
            RecordColumn::Factors => Factor::list(&entry.factors),
            RecordColumn::Standing => entry.standing.map_or("", |standing| standing.text(lang)).to_owned(),
            RecordColumn::Session => text(&entry.session),
            RecordColumn::Duration => entry.duration_ms.map_or_else(String::new, |ms| ms.to_string()),
            RecordColumn::Origin => text(&entry.origin),
            RecordColumn::Host => text(&entry.host),
            RecordColumn::Camera => text(&entry.camera),
            RecordColumn::Reader => text(&entry.reader),
            RecordColumn::HostSupplied => supplied(entry, lang).to_owned(),
            RecordColumn::Source => entry.source.text(lang).to_owned(),
            RecordColumn::Pack => entry.pack.map_or_else(String::new, |pack| pack.to_string()),
            RecordColumn::Runtime => text(&entry.runtime),
            RecordColumn::Utc => format!("{:.6}", entry.time),
        }
    }
}

impl AccessColumn {
    /// What stands in this column for an access.
    pub(super) fn value(self, access: &Access, zone: &TimeZone, lang: Lang) -> String {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let local = |time: Option<Timestamp>| time.map_or_else(String::new, |time| local(time, zone));
        match self {
            AccessColumn::UserId => text(&access.subject),
            AccessColumn::Name => text(&access.name),
            AccessColumn::Begin => local(access.begin),
            AccessColumn::End => local(access.end),
            AccessColumn::AccessTime => {
                access.seconds.map_or_else(String::new, |seconds| seconds.to_string())
            }
            AccessColumn::Ending => access.ending.map_or("", |ending| ending.text(lang)).to_owned(),
            AccessColumn::Terminal => access.terminal.clone(),
            AccessColumn::Account => text(&access.account),
            AccessColumn::Purpose => wording::purpose(&text(&access.purpose), lang).into_owned(),
            AccessColumn::Releases => access.releases.to_string(),
            AccessColumn::HostRecords => access.host_records.to_string(),
            AccessColumn::Session => access.session.clone(),
        }
    }
}

/// The record's time by the site's clocks as they stood then, to the millisecond.
fn at_site(record: &Record) -> String {
    let offset = Offset::from_seconds(i32::from(record.offset.minutes()) * 60).unwrap_or(Offset::UTC);
    let local = offset.to_datetime(record.entry.time).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string();
    format!("{local}{}", record.offset)
}

/// A moment by the site's clocks, to the second.
fn local(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}

/// A record that ends an access says how long it was.
fn access_seconds(entry: &Entry) -> Option<i64> {
    let ended = entry.operation == Operation::GrantEnd && entry.object.is_none();
    let ms = entry.duration_ms.filter(|_| ended)?;
    Some(SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX)).as_secs())
}

/// One sentence for an inspector: `認証: 許可（カードと顔が一致しました。）; 要素: カード（番号のみ）+顔; 目的: ログイン`.
fn details(entry: &Entry, lang: Lang) -> String {
    let mut text = format!("{}: {}", entry.operation.text(lang), entry.outcome.text(lang));
    if let Some(word) = &entry.reason {
        let reason = wording::reason(entry.operation, word, lang);
        text.push_str(&match lang {
            Lang::En => format!(" ({reason})"),
            Lang::Ja => format!("（{reason}）"),
        });
    }
    let factors: Vec<String> = entry.factors.iter().map(|factor| factor.text(lang)).collect();
    let factors = (!factors.is_empty()).then(|| factors.join("+"));
    let purpose = entry.purpose.as_deref().map(|word| wording::purpose(word, lang).into_owned());
    let standing = entry.standing.map(|standing| standing.text(lang).to_owned());
    let supplied = Some(supplied(entry, lang).to_owned()).filter(|text| !text.is_empty());
    let source = (entry.source == Source::Host).then(|| entry.source.text(lang).to_owned());
    for (column, value) in [
        (RecordColumn::Object.text(lang), entry.object.clone()),
        (of_factors(lang), factors),
        (RecordColumn::Standing.text(lang), standing),
        (of_purpose(lang), purpose),
        (RecordColumn::Account.text(lang), entry.account.clone()),
        (RecordColumn::Origin.text(lang), entry.origin.clone()),
        (RecordColumn::Host.text(lang), entry.host.clone()),
        (RecordColumn::Camera.text(lang), entry.camera.clone()),
        (RecordColumn::Reader.text(lang), entry.reader.clone()),
        (RecordColumn::HostSupplied.text(lang), supplied),
        (RecordColumn::Source.text(lang), source),
    ] {
        if let Some(value) = value {
            text.push_str(&format!("; {column}: {value}"));
        }
    }
    text
}

fn of_factors(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Factors",
        Lang::Ja => "認証要素",
    }
}

fn of_purpose(lang: Lang) -> &'static str {
    AccessColumn::Purpose.text(lang)
}

fn supplied(entry: &Entry, lang: Lang) -> &'static str {
    match (entry.host_supplied.frames, entry.host_supplied.card, lang) {
        (false, false, _) => "",
        (true, false, Lang::En) => "frames",
        (true, false, Lang::Ja) => "映像",
        (false, true, Lang::En) => "card",
        (false, true, Lang::Ja) => "カード",
        (true, true, Lang::En) => "frames and card",
        (true, true, Lang::Ja) => "映像とカード",
    }
}
