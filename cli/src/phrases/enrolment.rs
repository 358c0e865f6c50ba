//! Of an enrolment.

use mabataki_engine::session::EnrolmentResult;
use mabataki_engine::text::Lang;

pub(crate) fn picture_taken(lang: Lang, taken: usize, of: usize) -> String {
    match lang {
        Lang::En => format!("picture {taken} of {of}"),
        Lang::Ja => format!("画像 {taken}/{of}"),
    }
}

pub(crate) fn done(lang: Lang, person: &str, result: &EnrolmentResult) -> String {
    let EnrolmentResult { samples, least_samples, quality, .. } = result;
    let mut text = match (lang, objection(lang, result)) {
        (Lang::En, None) => format!("{person} enrolled from {samples} pictures, quality {quality:.2}"),
        (Lang::Ja, None) => format!("{person} の顔を登録しました(画像 {samples} 枚、品質 {quality:.2})"),
        (Lang::En, Some(why)) => format!(
            "{person} not enrolled: {why} {samples} good pictures, {least_samples} are needed; nothing was kept"
        ),
        (Lang::Ja, Some(why)) => format!(
            "{person} の顔は登録されませんでした。{why}使える画像は {samples} 枚で、{least_samples} 枚必要です。何も保存していません。"
        ),
    };
    if result.left_out > 0 {
        let left_out = result.left_out;
        text.push_str(&match lang {
            Lang::En => format!(
                "\n  {left_out} templates could not be compared (another model's, or damaged): whether the face is one of \
                 theirs is not known"
            ),
            Lang::Ja => format!(
                "\n  照合できないテンプレートが {left_out} 件あります(別のモデル、または破損)。同一人物の重複は確認できていません。"
            ),
        });
    }
    for (reason, count) in &result.refused {
        let reason = reason.text(lang);
        text.push_str(&match lang {
            Lang::En => format!("\n  {count:>4} refused: {reason}"),
            Lang::Ja => format!("\n  {count:>4} 枚は不採用: {reason}"),
        });
    }
    text
}

/// Why nothing was kept.
fn objection(lang: Lang, result: &EnrolmentResult) -> Option<&'static str> {
    let failure = result.failure.map(|failure| failure.text(lang));
    failure.or(result.review.map(|reason| reason.text(lang)))
}

pub(crate) fn approved(lang: Lang, id: &str) -> String {
    match lang {
        Lang::En => format!("The enrolment of {id} counts now."),
        Lang::Ja => format!("{id} の登録を承認しました。"),
    }
}

pub(crate) fn refused(lang: Lang, id: &str) -> String {
    match lang {
        Lang::En => format!("The enrolment of {id} was thrown away."),
        Lang::Ja => format!("{id} の登録を却下しました。"),
    }
}
