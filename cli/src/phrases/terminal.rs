//! Of this terminal among others.

use std::path::Path;

use mabataki_engine::engine::SyncState;
use mabataki_engine::terminal::{Identity, PeerRecord, Scope};
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn shown(lang: Lang, identity: &Identity, path: Option<&Path>) -> String {
    let Identity { terminal, number, .. } = identity;
    let fingerprint = identity.fingerprint();
    let mut text = match lang {
        Lang::En => format!("{terminal}  key pair {number}\nFingerprint  {fingerprint}"),
        Lang::Ja => format!("{terminal}  鍵 {number}\n指紋  {fingerprint}"),
    };
    if let Some(path) = path {
        let path = path.display();
        text.push_str(&match lang {
            Lang::En => format!(
                "\nThe introduction is in {path}. Carry it to the other terminal; there: mabataki terminal pair FILE. \
                 Read the fingerprint out by telephone: never send it along with the file."
            ),
            Lang::Ja => format!(
                "\n紹介ファイル: {path}\n相手の端末に渡し、そこで mabataki terminal pair FILE を実行してください。\
                 指紋は電話で読み上げ、ファイルと一緒に送らないでください。"
            ),
        });
    }
    text
}

pub(crate) fn prompt(lang: Lang, terminal: &str) -> String {
    match lang {
        Lang::En => format!(
            "Have the fingerprint read out from the screen of {terminal} (mabataki terminal show), and type it here"
        ),
        Lang::Ja => format!(
            "{terminal} の画面の指紋(mabataki terminal show)を電話などで読み上げてもらい、入力してください"
        ),
    }
}

pub(crate) fn paired(lang: Lang, peer: &PeerRecord) -> String {
    let name = &peer.identity.terminal;
    let first = match lang {
        Lang::En => format!("Paired with {name}. What goes the other way, {name} has to allow too."),
        Lang::Ja => format!("{name} とペアリングしました。逆方向は {name} 側でも設定が必要です。"),
    };
    format!("{first}\n{}", self::peer(lang, peer))
}

pub(crate) fn peer(lang: Lang, peer: &PeerRecord) -> String {
    let PeerRecord { identity, pairing, paired, taken, complete, sent, .. } = peer;
    let (name, number, fingerprint) = (&identity.terminal, identity.number, identity.fingerprint());
    let paired = clock(*paired);
    let (sends, takes) = (scope(lang, pairing.sends.as_ref()), scope(lang, pairing.takes.as_ref()));
    let taken = taken.map(|taken| (taken.revision, clock(taken.made)));
    let complete = complete.map(clock);
    match lang {
        Lang::En => {
            let taken = taken
                .map_or_else(|| "none".to_owned(), |(revision, made)| format!("{revision}, made {made}"));
            let complete = complete.unwrap_or_else(|| "never".to_owned());
            format!(
                "{name}  key pair {number}  {fingerprint}  paired {paired}\n  may be sent: {sends}\n  \
                 may be taken: {takes}\n  last bundle sent: {sent}, taken: {taken}\n  all of it taken as of: {complete}"
            )
        }
        Lang::Ja => {
            let taken = taken
                .map_or_else(|| "なし".to_owned(), |(revision, made)| format!("{revision}(作成 {made})"));
            let complete = complete.unwrap_or_else(|| "なし".to_owned());
            format!(
                "{name}  鍵 {number}  {fingerprint}  ペアリング {paired}\n  送信できるもの: {sends}\n  \
                 受け取れるもの: {takes}\n  最後のバンドル: 送信 {sent}、取り込み {taken}\n  全体を取り込んだ時点: {complete}"
            )
        }
    }
}

pub(crate) fn unpaired(lang: Lang, peer: &PeerRecord) -> String {
    let name = &peer.identity.terminal;
    match lang {
        Lang::En => format!("No longer paired with {name}. What was taken from it stays. End it there too."),
        Lang::Ja => format!(
            "{name} とのペアリングを解除しました。取り込み済みのデータは残ります。相手側でも解除してください。"
        ),
    }
}

pub(crate) fn rotated(lang: Lang, identity: &Identity, path: &Path) -> String {
    let (number, path) = (identity.number, path.display());
    match lang {
        Lang::En => format!(
            "This terminal has new keys: key pair {number}. Carry {path} to each of its peers; there: mabataki terminal \
             renew FILE. Bundles that were sealed to the keys before open for 30 more days."
        ),
        Lang::Ja => format!(
            "この端末の鍵を更新しました: 鍵 {number}。{path} をペアリング先の各端末に渡し、そこで mabataki terminal renew FILE \
             を実行してください。以前の鍵宛てのバンドルは 30 日間取り込めます。"
        ),
    }
}

pub(crate) fn renewed(lang: Lang, peer: &PeerRecord) -> String {
    let Identity { terminal, number, .. } = &peer.identity;
    match lang {
        Lang::En => format!("{terminal} has key pair {number} from now on: the keys before signed it."),
        Lang::Ja => format!("{terminal} の鍵を鍵 {number} に更新しました(以前の鍵による署名を確認済み)。"),
    }
}

pub(crate) fn late(lang: Lang, state: &SyncState) -> String {
    let (text, peer, heard) = (state.freshness.text(lang), &state.peer, clock(state.heard));
    match lang {
        Lang::En if state.age.is_none() => {
            format!("{text} Last heard from {peer} as of {heard}: this terminal's clock stands before that.")
        }
        Lang::En => format!("{text} Last heard from {peer} as of {heard}."),
        Lang::Ja if state.age.is_none() => {
            format!("{text}({peer} の最終情報: {heard}。端末の時計がそれより前を示しています)")
        }
        Lang::Ja => format!("{text}({peer} の最終情報: {heard})"),
    }
}

fn scope(lang: Lang, scope: Option<&Scope>) -> String {
    let Some(Scope { wards, applications, policy, administrators }) = scope else {
        return match lang {
            Lang::En => "nothing".to_owned(),
            Lang::Ja => "なし".to_owned(),
        };
    };
    let list = |patterns: &mut dyn Iterator<Item = &str>| patterns.collect::<Vec<_>>().join(" ");
    let (wards, applications) = (list(&mut wards.iter()), list(&mut applications.iter()));
    let [people, logins, rules, rights] = match lang {
        Lang::En => ["people of ", "logins for ", "the policy", "administrators"],
        Lang::Ja => ["病棟 ", "アプリケーション ", "ポリシー", "管理者"],
    };
    let parts = [
        Some(format!("{people}{wards}")).filter(|_| !wards.is_empty()),
        Some(format!("{logins}{applications}")).filter(|_| !applications.is_empty()),
        policy.then(|| rules.to_owned()),
        administrators.then(|| rights.to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
