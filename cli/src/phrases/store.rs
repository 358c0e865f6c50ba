//! Of the store.

use mabataki_engine::text::Lang;

pub(crate) fn made(lang: Lang, trial: bool, appointed: bool) -> String {
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
    let next = match (lang, trial || appointed) {
        (_, true) => return store.to_owned(),
        (Lang::En, false) => {
            "There is no administrator yet, so anybody who can run this command may change everything. Appoint one:\n  \
             mabataki person add ID --name NAME --role administrator\n  mabataki password set ID"
        }
        (Lang::Ja, false) => {
            "管理者がまだいないため、このコマンドを実行できる人は誰でも変更できます。管理者を登録してください。\n  \
             mabataki person add ID --name 氏名 --role administrator\n  mabataki password set ID"
        }
    };
    format!("{store}\n{next}")
}
