//! `audit report`.

use std::fs;

use jiff::Zoned;
use mabataki_engine::audit::report::Month;

use crate::support::{ends, path, ward};

/// This month by the site's clocks.
fn month() -> String {
    Month::of(Zoned::now().in_tz("Asia/Tokyo").unwrap().date()).to_string()
}

#[test]
fn the_review_of_this_month_tells_who_was_let_in_and_who_was_refused() {
    let command = ward();
    let month = month();
    let run = command.json(&["audit", "report", "--month", &month]);
    ends(&run, 0);
    let review = run.last();
    let attempts = &review["attempts"];
    assert_eq!((&attempts["granted"], &attempts["denied"]), (&2.into(), &2.into()), "{review}");
    assert_eq!(review["failures_by_person"]["counts"][1]["what"], "nurse01");
    assert_eq!(review["host_supplied"], 2, "the cards were the host's word");
    assert_eq!(review["month"], month.as_str());

    let text = command.text(&["--lang", "ja", "audit", "report", "--month", &month]).stdout;
    for part in ["月次確認書", "認証の失敗", "登録されていないカードです。", "確認者氏名"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_page_is_written_to_a_new_file_and_shows_names_as_names() {
    let command = ward();
    let file = path(&command, "review.html");
    let month = month();
    let args = ["--lang", "ja", "audit", "report", "--month", &month, "--format", "html", "--out", &file];
    let run = command.json(&args);
    ends(&run, 0);
    assert_eq!((run.word("file"), run.word("month")), (file.as_str(), month.as_str()));
    let page = fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("lang=\"ja\""), "{page}");
    assert!(page.contains("=cmd|' /C calc'!A0") && !page.contains("<script"), "{page}");
    ends(&command.json(&args), 2);
}

#[test]
fn without_a_month_it_is_the_one_before_and_what_is_no_month_is_refused() {
    let command = ward();
    let run = command.json(&["audit", "report"]);
    ends(&run, 0);
    assert_eq!(run.word("month"), Month::of(Zoned::now().date()).before().to_string());
    assert_eq!(run.last()["records"], 0);
    ends(&command.json(&["audit", "report", "--month", "2026-13"]), 2);
    ends(&command.json(&["audit", "report", "--hours", "20:00-07:00"]), 2);
}
