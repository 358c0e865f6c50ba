//! Of the store.

use std::path::Path;

use mabataki_engine::engine::Restored;
use mabataki_engine::store::Checked;
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn made(lang: Lang, trial: bool, token: Option<&str>) -> String {
    let store = match (lang, trial) {
        (Lang::En, true) => {
            "A store for trials: anybody may feed it pictures and card numbers. Never use it for real people."
        }
        (Lang::Ja, true) => {
            "試用のデータベースです。画像やカード番号を誰でも入力できます。実際の利用者には使わないでください。"
        }
        (Lang::En, false) => {
            "Without its key nobody reads the store again. Make a recovery key: mabataki key recovery make --shares 5 --needed 3"
        }
        (Lang::Ja, false) => {
            "鍵を失うと誰も読み出せません。復旧鍵を作成してください: mabataki key recovery make --shares 5 --needed 3"
        }
    };
    let Some(token) = token else { return store.to_owned() };
    let next = match lang {
        Lang::En => format!(
            "There is no administrator yet, so anybody who can run this command may change everything. Appoint one:\n  \
             mabataki person add ID --name NAME --role administrator\n  mabataki password set ID\n\
             Or give a host of the service this set-up token. It is good for that once, and is not shown again: {token}"
        ),
        Lang::Ja => format!(
            "管理者がまだいないため、このコマンドを実行できる人は誰でも変更できます。管理者を登録してください。\n  \
             mabataki person add ID --name 氏名 --role administrator\n  mabataki password set ID\n\
             サービス経由で登録する場合の初期設定用トークン (一回限り、再表示されません): {token}"
        ),
    };
    format!("{store}\n{next}")
}

pub(crate) fn backed_up(lang: Lang, file: &Path) -> String {
    let file = file.display();
    match lang {
        Lang::En => format!("{file}\nIt opens with the store's key: keep a copy of that elsewhere.\n"),
        Lang::Ja => {
            format!("{file}\n復元にはデータベースの鍵が必要です。鍵の控えは別の場所に保管してください。\n")
        }
    }
}

pub(crate) fn restored(lang: Lang, restored: &Restored) -> String {
    let (taken, merged) = (clock(restored.header.taken), restored.merged);
    let mut text = match lang {
        Lang::En => format!(
            "Restored as of {taken}. Kept of what came after: {} newer records, {} removals; {} could not be read.\nEverybody has to log in again.\n",
            merged.newer, merged.removed, merged.unreadable
        ),
        Lang::Ja => format!(
            "{taken} 時点の状態に復元しました。その後の変更から引き継いだもの: 新しい記録 {} 件、削除 {} 件。\
             読み取れなかった記録: {} 件。\n全員が再度ログインする必要があります。\n",
            merged.newer, merged.removed, merged.unreadable
        ),
    };
    if merged.outdated_faces > 0 {
        text.push_str(&match lang {
            Lang::En => format!(
                "Faces to be enrolled again: {}. The backup has older ones, which count no more.\n",
                merged.outdated_faces
            ),
            Lang::Ja => format!(
                "顔の再登録が必要な人: {} 名。バックアップの顔データは古いため無効です。\n",
                merged.outdated_faces
            ),
        });
    }
    if merged.log_lost {
        text.push_str(match lang {
            Lang::En => "The log's records since then are lost here; what was sent or archived is where it was sent.\n",
            Lang::Ja => "その後のログはこの端末には残っていません。送信・保管済みのログは送信先にあります。\n",
        });
    }
    if merged.lost || merged.unreadable > 0 {
        text.push_str(match lang {
            Lang::En => {
                "Changes since then are lost. Revoke again what was revoked since: lost cards, people who left, passwords.\n"
            }
            Lang::Ja => {
                "その後の変更の一部が失われました。紛失カード、退職者、パスワードなど、その後に無効にしたものを再度無効にしてください。\n"
            }
        });
    }
    if let Some(key) = merged.log_key {
        text.push_str(&match lang {
            Lang::En => format!(
                "The log goes on from the backup, under another key. Note it beside the first one; audit verify takes both:\n{key}\n"
            ),
            Lang::Ja => format!(
                "ログはバックアップの時点から新しい鍵で続きます。最初の公開鍵とともに控えてください (audit verify には両方を指定します):\n{key}\n"
            ),
        });
    }
    text
}

pub(crate) fn checked(lang: Lang, checked: Checked) -> String {
    let Checked { records, log } = checked;
    match lang {
        Lang::En => format!("All is well: {records} sealed records, {log} records of the log.\n"),
        Lang::Ja => format!("異常なし: 封印された記録 {records} 件、ログ {log} 件。\n"),
    }
}
