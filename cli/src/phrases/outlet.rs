//! Of the log on its way out.

use mabataki_engine::engine::{LogPart, OutletEvent, OutletState};
use mabataki_engine::text::Lang;

use crate::failure::chain;

pub(crate) fn none(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "The policy has no outlet: nothing of the log leaves this terminal.",
        Lang::Ja => "ポリシーに送信先がありません。ログはこの端末から送信されません。",
    }
}

pub(crate) fn event(lang: Lang, event: &OutletEvent) -> String {
    match (event, lang) {
        (OutletEvent::Signed { checkpoint, last }, Lang::En) => {
            format!("checkpoint {checkpoint} signed, up to record {last}")
        }
        (OutletEvent::Signed { checkpoint, last }, Lang::Ja) => {
            format!("チェックポイント {checkpoint} に署名しました（記録 {last} まで）")
        }
        (OutletEvent::Delivered { outlet, checkpoints, records, through }, Lang::En) => {
            format!(
                "{outlet}: {checkpoints} checkpoints and {records} records sent, now up to checkpoint {through}"
            )
        }
        (OutletEvent::Delivered { outlet, checkpoints, records, through }, Lang::Ja) => format!(
            "{outlet}: チェックポイント {checkpoints} 個と記録 {records} 件を送信しました（チェックポイント {through} まで）"
        ),
        (OutletEvent::Failed { outlet, error }, Lang::En) => {
            format!("{outlet}: not sent, is tried again: {} ({})", chain(error), error.fix())
        }
        (OutletEvent::Failed { outlet, error }, Lang::Ja) => {
            format!("{outlet}: 送信できませんでした。再試行します: {}（{}）", chain(error), error.fix())
        }
        (OutletEvent::Unreadable { outlet, part }, Lang::En) => {
            format!("{outlet}: {part} cannot be read and is not sent; see: mabataki audit verify")
        }
        (OutletEvent::Unreadable { outlet, part }, Lang::Ja) => {
            let part = match part {
                LogPart::Record(number) => format!("記録 {number}"),
                LogPart::Checkpoint(number) => format!("チェックポイント {number}"),
            };
            format!("{outlet}: {part} は読み取れないため送信しません。確認: mabataki audit verify")
        }
        (OutletEvent::Trouble { error }, Lang::En) => {
            format!("the store could not be used, is tried again: {} ({})", chain(error), error.fix())
        }
        (OutletEvent::Trouble { error }, Lang::Ja) => {
            format!("データベースを使用できません。再試行します: {}（{}）", chain(error), error.fix())
        }
    }
}

pub(crate) fn state(lang: Lang, state: &OutletState) -> String {
    let progress = progress(lang, state);
    match lang {
        _ if !state.outlet.is_unconfirmed() => progress,
        Lang::En => format!("{progress}; unconfirmed, as require_close_notify is false"),
        Lang::Ja => format!("{progress}（require_close_notify = false のため受信は未確認）"),
    }
}

fn progress(lang: Lang, state: &OutletState) -> String {
    let (outlet, to) = (state.outlet.code(), state.outlet.destination());
    let OutletState { delivered, waiting, .. } = state;
    match (lang, state.since) {
        (Lang::En, None) => format!("{outlet} {to}: has everything, up to checkpoint {delivered}"),
        (Lang::Ja, None) => format!("{outlet} {to}: すべて送信済み（チェックポイント {delivered} まで）"),
        (Lang::En, Some(since)) if *waiting == 0 => {
            format!("{outlet} {to}: up to checkpoint {delivered}; alarms or records waiting since {since:.0}")
        }
        (Lang::Ja, Some(since)) if *waiting == 0 => format!(
            "{outlet} {to}: チェックポイント {delivered} まで送信済み。警報または記録が {since:.0} から未送信"
        ),
        (Lang::En, Some(since)) => {
            format!("{outlet} {to}: up to checkpoint {delivered}; {waiting} waiting since {since:.0}")
        }
        (Lang::Ja, Some(since)) => {
            format!(
                "{outlet} {to}: チェックポイント {delivered} まで送信済み。{waiting} 個が {since:.0} から未送信"
            )
        }
    }
}
