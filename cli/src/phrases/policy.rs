//! About the policy.

use mabataki_engine::text::Lang;

pub(crate) fn in_order(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Nothing is wrong with this policy.",
        Lang::Ja => "このポリシーに問題はありません。",
    }
}

pub(crate) fn set(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "The policy is in force.",
        Lang::Ja => "ポリシーを適用しました。",
    }
}
