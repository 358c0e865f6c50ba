//! Of the model pack and the runtime that are pinned.

use mabataki_engine::engine::{Nets, Pins};
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn state(lang: Lang, pins: Option<&Pins>, installed: &Nets) -> String {
    let Some(Pins { nets, pinned }) = pins else {
        let text = match lang {
            Lang::En => {
                "Nothing is pinned yet. An administrator does it with pin set; in a store for trials, and before there is \
                 an administrator, what looks at the first face is pinned. Installed:"
            }
            Lang::Ja => {
                "まだ固定されていません。管理者が pin set で固定します。試用のデータベースと、管理者を登録する前は、\
                 最初に顔を認識したときに固定されます。現在のもの:"
            }
        };
        return format!("{text}\n{}", digests(lang, installed));
    };
    let since = clock(*pinned);
    match (lang, nets == installed) {
        (Lang::En, true) => format!("Pinned {since}, and installed:\n{}", digests(lang, nets)),
        (Lang::Ja, true) => format!("固定日時 {since}(現在のものと一致):\n{}", digests(lang, nets)),
        (Lang::En, false) => format!(
            "Pinned {since}:\n{}\nInstalled, and not trusted:\n{}",
            digests(lang, nets),
            digests(lang, installed)
        ),
        (Lang::Ja, false) => format!(
            "固定日時 {since}:\n{}\n現在のもの(使用されません):\n{}",
            digests(lang, nets),
            digests(lang, installed)
        ),
    }
}

pub(crate) fn set(lang: Lang, pins: &Pins) -> String {
    let text = match lang {
        Lang::En => {
            "Trusted from now on. Programs that run go on with what they have loaded: start them again."
        }
        Lang::Ja => "今後は次のものだけを使用します。実行中のプログラムは再起動してください。",
    };
    format!("{text}\n{}", digests(lang, &pins.nets))
}

fn digests(lang: Lang, nets: &Nets) -> String {
    let Nets { pack, runtime } = nets;
    match lang {
        Lang::En => format!("  model pack  {pack}\n  runtime     {runtime}"),
        Lang::Ja => format!("  モデル      {pack}\n  ランタイム  {runtime}"),
    }
}
