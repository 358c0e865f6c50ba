//! Of bundles.

use std::path::Path;

use mabataki_engine::bundle::Header;
use mabataki_engine::engine::{BundleReport, RejectedRecord, SeenBundle};
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn exporting(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "records",
        Lang::Ja => "レコード",
    }
}

pub(crate) fn importing(lang: Lang) -> &'static str {
    exporting(lang)
}

pub(crate) fn exported(lang: Lang, file: &Path, header: &Header) -> String {
    let (file, peer, until) = (file.display(), &header.recipient.terminal, clock(header.not_after));
    match lang {
        Lang::En => format!("{}\n{file}: only {peer} can open it, until {until}.", contents(lang, header)),
        Lang::Ja => format!("{}\n{file}: {peer} だけが {until} まで開けます。", contents(lang, header)),
    }
}

fn contents(lang: Lang, header: &Header) -> String {
    let counts = header.counts;
    let (revision, made) = (header.revision, clock(header.made));
    let part = match (header.whole, lang) {
        (true, _) => "",
        (false, Lang::En) => ", a part",
        (false, Lang::Ja) => "、一部",
    };
    match lang {
        Lang::En => format!(
            "Bundle {revision} of {made}{part}: people {}, cards {}, faces {}, passwords {}, logins {}, policies {}, gone {}",
            counts.people,
            counts.cards,
            counts.templates,
            counts.passwords,
            counts.logins,
            counts.policies,
            counts.gone
        ),
        Lang::Ja => format!(
            "バンドル第 {revision} 号({made}{part}): 利用者 {}、カード {}、顔 {}、パスワード {}、ログイン情報 {}、ポリシー {}、削除 {}",
            counts.people,
            counts.cards,
            counts.templates,
            counts.passwords,
            counts.logins,
            counts.policies,
            counts.gone
        ),
    }
}

pub(crate) fn rejected(lang: Lang, rejected: &RejectedRecord) -> String {
    let RejectedRecord { key, why, detail } = rejected;
    let mut text = match lang {
        Lang::En => format!("{key}: {}", why.text(lang)),
        Lang::Ja => format!("{key}: {}。", why.text(lang)),
    };
    if let Some(detail) = detail {
        text.push_str(&format!(" ({detail})"));
    }
    text
}

pub(crate) fn imported(lang: Lang, report: &BundleReport, check: bool) -> String {
    let BundleReport { sender, revision, added, changed, removed, unchanged, held, .. } = report;
    let rejected = report.rejections();
    if report.already {
        return match lang {
            Lang::En => format!("Bundle {revision} of {sender} was taken in before: nothing was done."),
            Lang::Ja => {
                format!("{sender} のバンドル第 {revision} 号は取り込み済みです。何も変更していません。")
            }
        };
    }
    let end = super::person::list_end(lang, report.taken, check);
    match lang {
        Lang::En => format!(
            "Bundle {revision} of {sender}: added {added}, changed {changed}, removed {removed}, as before {unchanged}, \
             kept stopped or away here {held}, rejected {rejected} {end}"
        ),
        Lang::Ja => format!(
            "{sender} のバンドル第 {revision} 号: 追加 {added}、変更 {changed}、削除 {removed}、変更なし {unchanged}、\
             この端末での停止・削除を維持 {held}、拒否 {rejected} {end}"
        ),
    }
}

pub(crate) fn shown(lang: Lang, seen: &SeenBundle) -> String {
    let header = &seen.header;
    let (sender, recipient) = (&header.sender.terminal, &header.recipient.terminal);
    let until = clock(header.not_after);
    let (contents, signer) = (contents(lang, header), seen.signer.text(lang));
    match lang {
        Lang::En => format!("{contents}\nfrom {sender}, {signer}\nfor {recipient}, good until {until}"),
        Lang::Ja => format!("{contents}\n送信元: {sender}({signer})\n宛先: {recipient}、有効期限 {until}"),
    }
}
