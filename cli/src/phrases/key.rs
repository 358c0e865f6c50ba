//! Of the store's key and its recovery key.

use mabataki_engine::engine::KeyState;
use mabataki_engine::keys::{Keeper, RecoveryRecord, Share};
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn state(lang: Lang, state: &KeyState) -> String {
    let KeyState { keeper, path, locked, recovery } = state;
    let path = path.as_ref().map(|path| format!("  {}", path.display())).unwrap_or_default();
    let mut text = format!("{}{path}\n  {}", keeper.text(lang), keeper.protection(lang));
    if !locked {
        text.push_str("\n  ");
        text.push_str(swap(lang));
    }
    text.push('\n');
    match recovery {
        Some(record) => text.push_str(&made(lang, record)),
        None => text.push_str(none(lang)),
    }
    text
}

pub(crate) fn swap(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Keys in memory may be written to the swap: this user may lock no memory (ulimit -l).",
        Lang::Ja => {
            "メモリー上の鍵がスワップに書き出されることがあります(メモリーの固定が許可されていません: ulimit -l)。"
        }
    }
}

pub(crate) fn none(lang: Lang) -> &'static str {
    match lang {
        Lang::En => {
            "No recovery key: without the key nobody reads the store. mabataki key recovery make --shares 5 --needed 3"
        }
        Lang::Ja => {
            "復旧鍵はありません。鍵を失うと誰も読み出せません。mabataki key recovery make --shares 5 --needed 3"
        }
    }
}

pub(crate) fn made(lang: Lang, record: &RecoveryRecord) -> String {
    let RecoveryRecord { set, needed, shares, made, .. } = record;
    let made = clock(*made);
    match lang {
        Lang::En => format!("Recovery key: set {set}, any {needed} of {shares} shares, made {made}"),
        Lang::Ja => format!("復旧鍵: 組 {set}、{shares} 枚中 {needed} 枚で復旧、作成 {made}"),
    }
}

pub(crate) fn replaced(lang: Lang, keeper: Keeper) -> String {
    let (name, protection) = (keeper.text(lang), keeper.protection(lang));
    match lang {
        Lang::En => format!(
            "The store has a new key. Kept by: {name}. {protection} Copies of the key before are of no use now."
        ),
        Lang::Ja => format!(
            "データベースの鍵を交換しました。保管先: {name}。{protection}以前の鍵の控えは使えなくなりました。"
        ),
    }
}

pub(crate) fn recovered(lang: Lang, keeper: Keeper) -> String {
    let name = keeper.text(lang);
    match lang {
        Lang::En => format!(
            "The store is open again, under a new key. Kept by: {name}. The shares were together in one place: make new ones."
        ),
        Lang::Ja => format!(
            "データベースを開き、新しい鍵に交換しました。保管先: {name}。分割片が一か所に集まったため、復旧鍵を作り直してください。"
        ),
    }
}

pub(crate) fn share(lang: Lang, share: &Share, of: u8, text: &str) -> String {
    let (number, needed, set) = (share.number(), share.needed(), share.set());
    // In two lines, so that it fits on a narrow paper too.
    let middle = text.char_indices().filter(|(_, c)| *c == '-').nth(6).map_or(text.len(), |(at, _)| at);
    let (first, second) = text.split_at(middle);
    let second = second.trim_start_matches('-');
    match lang {
        Lang::En => format!(
            "Share {number} of {of}, set {set}, any {needed} of them open the store\n  {first}\n  {second}\n"
        ),
        Lang::Ja => format!("分割片 {number}/{of}、組 {set}、{needed} 枚で復旧\n  {first}\n  {second}\n"),
    }
}

pub(crate) fn read_back(lang: Lang, needed: u8) -> String {
    match lang {
        Lang::En => format!(
            "Write each share on a paper of its own, for a person each. They are not shown again.\n\
             Then type {needed} of them in from the papers: only then does the key come into force."
        ),
        Lang::Ja => format!(
            "分割片を 1 枚ずつ別の紙に書き、別々の人に渡してください。再表示はできません。\n\
             次に、紙を見て {needed} 枚を入力してください。入力が終わるまで復旧鍵は有効になりません。"
        ),
    }
}

pub(crate) fn prompt(lang: Lang, nth: usize, needed: Option<u8>) -> String {
    match (lang, needed) {
        (Lang::En, Some(needed)) => format!("Share ({nth} of {needed})"),
        (Lang::Ja, Some(needed)) => format!("分割片({nth}/{needed} 枚目)"),
        (Lang::En, None) => "Share".to_owned(),
        (Lang::Ja, None) => "分割片".to_owned(),
    }
}
