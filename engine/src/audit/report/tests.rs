//! The review as it is read: right figures, both languages, and texts that stay texts.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use scraper::Html;

use super::fixture::{october, records};
use super::phrases::Phrase;
use super::*;
use crate::audit::{Category, Entry, Operation, Outcome, Source, Standing, Tampering};
use crate::text::Lang;

fn made() -> Timestamp {
    "2026-11-02T00:00:00Z".parse().unwrap()
}

fn review_of(entries: Vec<Entry>, dormant: Vec<DormantPerson>) -> MonthlyReview {
    let zone = TimeZone::fixed(jiff::tz::offset(9));
    let mut tally = Tally::new("2026-10".parse().unwrap(), zone, DayHours::default());
    records(entries).iter().for_each(|record| tally.add(record));
    tally.finish(made(), dormant, None)
}

fn review() -> MonthlyReview {
    let never = DormantPerson { id: "nurse07".to_owned(), name: "鈴木".to_owned(), last: None };
    review_of(october(), vec![never])
}

#[test]
fn an_empty_month_says_so_in_every_section() {
    let review = review_of(Vec::new(), Vec::new());
    assert_eq!((review.records, review.attempts.total(), review.days.len()), (0, 0, 31));
    let text = review.text(Lang::Ja);
    for nothing in
        [Phrase::NothingOdd, Phrase::NoRefusals, Phrase::NoActs, Phrase::NoAccess, Phrase::NotVerified]
    {
        assert!(text.contains(nothing.text(Lang::Ja)), "{text}");
    }
}

#[test]
fn the_text_tells_the_figures_and_asks_for_a_look_at_what_is_open() {
    let text = review().text(Lang::Ja);
    for line in [
        "認証ログ 月次確認書　2026年10月",
        "対象端末    ward3-a",
        "(!) 事後確認が済んでいない緊急アクセスが 1 件あります。",
        "(!) 長期間認証のない利用者が 1 人います。",
        "nurse07 鈴木  認証履歴なし",
        "入力された内容が正しくありません。",
        "カメラが使用できません。",
        "確認者氏名  ____",
    ] {
        assert!(text.contains(line), "{line} is missing in:\n{text}");
    }
    let english = review().text(Lang::En);
    for line in [
        "Monthly review of the log, 2026-10",
        "(!) Changes of the clock: 1",
        "(not known here) ",
        "not reviewed",
    ] {
        assert!(english.contains(line), "{line} is missing in:\n{english}");
    }
    assert!(!english.contains('。'), "{english}");
}

#[test]
fn a_log_that_is_not_as_it_was_written_stands_first() {
    let broken = Verification {
        ok: false,
        records: 7,
        archived: 0,
        first_bad: Some(8),
        what: Some(Tampering::Removed),
        unprotected_records: 0,
        unprotected_seconds: 0,
    };
    let review = MonthlyReview { verification: Some(broken), ..review() };
    let look = &review.document(Lang::En).sections[0];
    assert!(format!("{:?}", look.blocks[0]).contains("Record 8: This record is missing."), "{look:?}");
    for (archived, told) in [(0, false), (4, true)] {
        let found = review.verification.clone().unwrap();
        let sound = Verification { ok: true, archived, first_bad: None, what: None, ..found };
        let text = MonthlyReview { verification: Some(sound), ..review.clone() }.text(Lang::Ja);
        assert!(text.contains("ログ 7 件はすべて記録時のままです。"), "{text}");
        assert_eq!(text.contains("記録 1 から 4 まではアーカイブにあり"), told, "{text}");
    }
}

#[test]
fn the_page_is_whole_and_holds_nothing_that_runs_or_is_fetched() {
    for lang in [Lang::Ja, Lang::En] {
        let html = review().html(lang);
        let page = Html::parse_document(&html);
        assert_eq!(page.errors, Vec::<String>::new(), "{html}");
        let skeleton = skeleton(&page);
        for (element, attributes) in &skeleton {
            assert!(!["script", "link", "img", "iframe", "object", "a", "form"].contains(&element.as_str()));
            for attribute in attributes {
                assert!(!attribute.starts_with("on"), "{element} {attribute}");
                assert!(
                    !["href", "src", "srcset", "action", "style"].contains(&attribute.as_str()),
                    "{attribute}"
                );
            }
        }
        let count = |name: &str| skeleton.iter().filter(|(element, _)| element == name).count();
        // The days and the hours as columns, the causes as bars; the patterns; a square for each outcome in the legend.
        assert_eq!((count("figure"), count("svg"), count("section")), (3, 3 + 1 + 5, 12));
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("@import"));
    }
}

#[test]
fn the_columns_of_the_page_are_the_figures_of_the_month() {
    let page = Html::parse_document(&review().html(Lang::En));
    let titles = scraper::Selector::parse("svg.chart rect title").unwrap();
    let titles: Vec<String> = page.select(&titles).map(|title| title.text().collect()).collect();
    let days = ["1: 1", "2: 5", "3: 1", "4: 1", "5: 2", "5: 1", "5: 1", "7: 1"];
    let hours = ["8: 1", "9: 1", "12: 1", "22: 4"];
    assert_eq!(titles, [&days[..], &hours[..]].concat());
}

/// Every element of a page with the names of its attributes.
fn skeleton(page: &Html) -> Vec<(String, Vec<String>)> {
    let elements = page.tree.values().filter_map(|node| node.as_element());
    let attributes =
        |element: &scraper::node::Element| element.attrs().map(|(name, _)| name.to_owned()).collect();
    elements.map(|element| (element.name().to_owned(), attributes(element))).collect()
}

/// October with this text wherever the log has one.
fn october_with(text: &str) -> MonthlyReview {
    let mut entries = october();
    for entry in &mut entries {
        entry.name = entry.name.as_ref().map(|_| text.to_owned());
        entry.object = entry.object.as_ref().map(|_| text.to_owned());
        entry.reason = entry.reason.as_ref().map(|_| text.to_owned());
        entry.subject = entry.subject.as_ref().map(|_| text.to_owned());
    }
    let dormant = DormantPerson { id: text.to_owned(), name: text.to_owned(), last: None };
    review_of(entries, vec![dormant])
}

#[test]
fn a_name_that_looks_like_html_stays_a_name() {
    let quiet = skeleton(&Html::parse_document(&october_with("x").html(Lang::Ja)));
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'; }</style><script>alert(1)</script>",
        "</title></svg></table><iframe src=//x>",
        "<!--",
        "&lt;b&gt; &#60;",
        "]]><x>",
        "${x}{{x}}",
    ] {
        let page = Html::parse_document(&october_with(hostile).html(Lang::Ja));
        assert_eq!(skeleton(&page), quiet, "{hostile}");
        let cells = scraper::Selector::parse("td").unwrap();
        let shown = page.select(&cells).any(|cell| cell.text().collect::<String>().contains(hostile));
        assert!(shown, "{hostile} is not shown as it is");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_of_the_log_changes_what_the_page_is_made_of(text in "[<>&\"'/=a-z!\\-\\[\\]` ]{1,40}|\\PC{1,40}") {
        let quiet = skeleton(&Html::parse_document(&october_with("x").html(Lang::En)));
        let page = Html::parse_document(&october_with(&text).html(Lang::En));
        prop_assert_eq!(skeleton(&page), quiet);
    }
}

#[test]
fn every_word_is_said_in_both_languages() {
    fn check<T: Copy + std::fmt::Debug>(all: &[T], text: impl Fn(T, Lang) -> &'static str) {
        for word in all {
            assert!(text(*word, Lang::En).is_ascii(), "{word:?}");
            assert!(!text(*word, Lang::Ja).is_ascii(), "{word:?}");
        }
    }
    check(Phrase::ALL, Phrase::text);
    check(Category::ALL, Category::text);
    check(Operation::ALL, Operation::text);
    check(Outcome::ALL, Outcome::text);
    check(Standing::ALL, Standing::text);
    check(Source::ALL, Source::text);
}
