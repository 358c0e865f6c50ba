//! Of the store.

use mabataki_engine::text::Lang;

pub(crate) fn made(lang: Lang, trial: bool) -> &'static str {
    match (lang, trial) {
        (Lang::En, true) => {
            "A store for trials: anybody may feed it pictures and card numbers. Never use it for real people."
        }
        (Lang::Ja, true) => {
            "試用のデータベースです。画像やカード番号を誰でも入力できます。実際の利用者には使わないでください。"
        }
        (Lang::En, false) => {
            "Keep a copy of the key apart from copies of the store: without it the store cannot be read."
        }
        (Lang::Ja, false) => {
            "鍵の控えはデータベースの控えとは別に保管してください。鍵がないと読み出せません。"
        }
    }
}
