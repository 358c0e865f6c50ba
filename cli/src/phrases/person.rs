//! Of people.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mabataki_engine::engine::{DeletionReceipt, Dormant, PersonSummary};
use mabataki_engine::store::{Person, PersonStatus};
use mabataki_engine::text::Lang;

pub(crate) fn counts(lang: Lang, summary: &PersonSummary) -> String {
    let PersonSummary { person, enrolled, cards } = summary;
    let templates = u8::from(*enrolled);
    let mut text = match lang {
        Lang::En => format!("templates {templates}  cards {cards}"),
        Lang::Ja => format!("顔 {templates}  カード {cards}"),
    };
    if person.status != PersonStatus::Active {
        text.push_str("  ");
        text.push_str(person.status.text(lang));
    }
    text
}

/// What else is known of a person: a line for each, before which the line ends.
pub(crate) fn details(lang: Lang, person: &Person) -> String {
    let profile = &person.profile;
    let accounts = (!profile.accounts.is_empty()).then(|| profile.accounts.join(", "));
    let wards = (!profile.wards.is_empty()).then(|| profile.wards.join(", "));
    let vendor = profile.vendor.as_ref().map(|vendor| format!("{} ({})", vendor.scope, vendor.sponsor));
    let exception = person.face_exception.as_ref();
    let exception = exception.map(|found| format!("{} – {}", local(found.until), found.reason));
    let consent = person.consent.as_ref().map(|consent| format!("{} ({})", consent.date, consent.version));
    let temporary = profile.temporary.then(String::new);
    [
        (profile.reading.clone(), "reading", "ふりがな"),
        (profile.role.clone(), "role", "役割"),
        (accounts, "accounts", "アカウント"),
        (wards, "wards", "病棟"),
        (profile.valid_from.map(local), "valid from", "有効期間の開始"),
        (profile.valid_until.map(local), "valid until", "有効期間の終了"),
        (temporary, "temporary staff", "臨時職員"),
        (vendor, "vendor, for (sponsor)", "保守業者・作業内容(責任者)"),
        (exception, "need not show the face until", "顔認証の免除期限"),
        (consent, "agreed (form)", "同意日(書式)"),
    ]
    .into_iter()
    .filter_map(|(value, en, ja)| {
        let label = match lang {
            Lang::En => en,
            Lang::Ja => ja,
        };
        let value = value?;
        Some(if value.is_empty() { format!("\n  {label}") } else { format!("\n  {label}: {value}") })
    })
    .collect()
}

pub(crate) fn dormant(lang: Lang, dormant: &Dormant) -> String {
    let last = match (dormant.last, lang) {
        (Some(time), Lang::En) => format!("last let in {}", local(time)),
        (Some(time), Lang::Ja) => format!("最終認証 {}", local(time)),
        (None, Lang::En) => format!("never let in, added {}", local(dormant.person.created)),
        (None, Lang::Ja) => format!("認証履歴なし、登録 {}", local(dormant.person.created)),
    };
    format!("{:<16} {:<24} {last}", dormant.person.id, dormant.person.profile.name)
}

pub(crate) fn list_end(lang: Lang, taken: bool, dry_run: bool) -> &'static str {
    match (lang, taken, dry_run) {
        (Lang::En, true, _) => "– taken in",
        (Lang::Ja, true, _) => "― 取り込みました",
        (Lang::En, false, true) => "– a trial, nothing was changed",
        (Lang::Ja, false, true) => "― 試行のみ。何も変更していません",
        (Lang::En, false, false) => "– nothing was taken in",
        (Lang::Ja, false, false) => "― 何も取り込んでいません",
    }
}

pub(crate) fn erased(lang: Lang, receipt: &DeletionReceipt) -> String {
    match lang {
        Lang::En => format!("{} erased", receipt.removal.person),
        Lang::Ja => format!("{} を消去しました。", receipt.removal.person),
    }
}

pub(crate) fn face_forgotten(lang: Lang, receipt: &DeletionReceipt) -> String {
    match lang {
        Lang::En => format!("the face of {} forgotten", receipt.removal.person),
        Lang::Ja => format!("{} の顔を消去しました。", receipt.removal.person),
    }
}

/// When, where, and what was removed: the rest of the line after [`erased`] or [`face_forgotten`], and the lines below.
pub(crate) fn receipt(lang: Lang, receipt: &DeletionReceipt) -> String {
    let DeletionReceipt { time, seq, terminal, removal, wiped } = receipt;
    let mut text = match lang {
        Lang::En => format!(" on {}, record {seq} of the log of {terminal}", local(*time)),
        Lang::Ja => format!("{}、{terminal} のログ第 {seq} 号", local(*time)),
    };
    for row in &removal.rows {
        text.push_str(&format!("\n  {:<10} sha256:{}", row.what, row.sha256));
    }
    text.push_str(match (lang, wiped) {
        (Lang::En, true) => "\nNothing of it is left in the store's files.",
        (Lang::Ja, true) => "\nデータベースのファイルには何も残っていません。",
        (Lang::En, false) => {
            "\nAnother program was reading: the rows leave the files when the last program closes the store."
        }
        (Lang::Ja, false) => {
            "\n別のプログラムが読み取り中でした。最後のプログラムが閉じたときにファイルから消えます。"
        }
    });
    text
}

/// A moment as a clock on the wall here shows it.
fn local(time: Timestamp) -> String {
    let shown = TimeZone::system().to_datetime(time);
    shown.strftime("%Y-%m-%d %H:%M").to_string()
}
