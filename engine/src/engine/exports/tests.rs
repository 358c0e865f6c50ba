use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::Value;

use super::*;
use crate::audit::export::unguarded;
use crate::audit::report::fixture::{entry, october};
use crate::audit::{Entry, Finding, Line, Tampering, Trust, Verdict, Verifier};
use crate::engine::trial::{self, Site};
use crate::store::{LogLines, LogRules};

fn request(of: ExportOf, format: ExportFormat, days: Option<(&str, &str)>, lang: Lang) -> ExportRequest {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let (from, to) = (days.map(|days| day(days.0)), days.map(|days| day(days.1)));
    ExportRequest { of, format, from, to, whole: false, lang }
}

/// A site whose log has this month in it.
fn site(entries: Vec<Entry>) -> Site {
    let mut site = trial::site();
    for entry in entries {
        site.engine.append(&entry).unwrap();
    }
    site
}

fn export(site: &mut Site, request: ExportRequest) -> (String, Exported) {
    let mut out = Vec::new();
    let exported = site.engine.acting().export_log(&request, &mut out, &mut |_, _| {}).unwrap();
    assert_eq!(exported.sha256, Digest::of(&out), "the digest is of all that was written");
    (String::from_utf8(out).unwrap(), exported)
}

/// The rows of a table, headers first.
fn rows(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte-order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(|cell| unguarded(cell).to_owned()).collect()).collect()
}

const OCTOBER: (&str, &str) = ("2026-10-01", "2026-10-31");

#[test]
fn a_month_comes_out_in_the_checklists_columns_and_in_words() {
    let mut site = site(october());
    let (text, exported) =
        export(&mut site, request(ExportOf::Records, ExportFormat::Csv, Some(OCTOBER), Lang::Ja));
    let rows = rows(&text);
    assert_eq!((rows.len(), exported.rows), (32, 31));
    assert_eq!(rows[0][..5], ["利用者ID", "氏名", "時刻", "カテゴリ", "操作情報"]);
    assert_eq!(
        rows[2][..5],
        [
            "nurse01",
            "山田 花子",
            "2026-10-01 08:00:00.000+09:00",
            "認証",
            "認証: 許可（カードと顔が一致しました。）; 認証要素: カード（番号のみ）+顔; 本人確認: 認証済み; 目的: ログイン"
        ]
    );
    let access = rows[0].iter().position(|header| header == "アクセス時間(秒)").unwrap();
    let ended: Vec<&str> =
        rows.iter().skip(1).map(|row| row[access].as_str()).filter(|s| !s.is_empty()).collect();
    assert_eq!(ended, ["3600", "14400", "1800"]);
    assert_eq!((text.matches("\r\n").count(), text.matches('\n').count()), (32, 32));
    let (english, _) =
        export(&mut site, request(ExportOf::Records, ExportFormat::Csv, Some(OCTOBER), Lang::En));
    assert!(english.contains("\"User ID\",\"Name\",\"Time\",\"Category\",\"Operation\""));
    assert!(english.contains("authentication: denied (This card is not registered.)"), "{english}");
}

#[test]
fn nothing_is_lost_between_the_lines_and_the_log() {
    let mut site = site(october());
    let (text, exported) = export(&mut site, request(ExportOf::Records, ExportFormat::Jsonl, None, Lang::Ja));
    let log = site.engine.store.chained(0, 1000).unwrap();
    let lines = text.lines().map(|line| Line::parse(line).unwrap());
    let (read, checkpoints): (Vec<Line>, Vec<Line>) = lines.partition(|line| matches!(line, Line::Record(_)));
    assert_eq!(checkpoints.len(), site.engine.store.checkpoints(0, 1000).unwrap().len());
    let kept: Vec<Line> = log.iter().map(|chained| Line::Record(Box::new(chained.clone()))).collect();
    assert_eq!((read.len() as u64, read), (exported.rows, kept));
    let own: Value = serde_json::from_str(text.lines().rev().nth(1).unwrap()).unwrap();
    assert_eq!(
        (&own["operation"], &own["object"]),
        (&"log_export".into(), &"jsonl records begin to end".into())
    );
    assert_eq!(own["seq"], exported.seq);
}

/// What an inspector finds who has nothing but these lines and the key that the log began with.
fn verified(site: &Site, text: &str) -> Verdict {
    let (_, key) = site.engine.log_identity().unwrap();
    let mut verifier = Verifier::new(Trust { keys: vec![key], ..Trust::default() });
    let mut lines = LogLines::new(text.as_bytes(), Path::new("export"));
    lines.feed(&mut verifier, || {}).unwrap();
    verifier.finish(Timestamp::now()).remove(0)
}

#[test]
fn lines_of_the_whole_log_verify_by_themselves_and_name_the_record_that_was_changed() {
    let mut site = site(october());
    let (text, exported) = export(&mut site, request(ExportOf::Records, ExportFormat::Jsonl, None, Lang::Ja));
    let verdict = verified(&site, &text);
    assert_eq!((verdict.finding, verdict.records), (None, exported.rows));
    assert_eq!((verdict.unprotected.records, exported.verifiable), (0, true), "signed to its end");
    let changed = text.replacen("\"subject\":\"nurse01\"", "\"subject\":\"nurse09\"", 1);
    let at = changed.lines().find(|line| line.contains("nurse09")).unwrap();
    let Ok(Line::Record(record)) = Line::parse(at) else { panic!("{at}") };
    let finding = Finding { record: record.record.seq, what: Tampering::Changed };
    assert_eq!(verified(&site, &changed).finding, Some(finding));
    let gone = text.replacen(&format!("{at}\n").replace("nurse09", "nurse01"), "", 1);
    let finding = Finding { what: Tampering::Removed, ..finding };
    assert_eq!(verified(&site, &gone).finding, Some(finding));
}

#[test]
fn some_days_verify_when_they_are_taken_out_from_checkpoint_to_checkpoint_and_only_then() {
    let mut site = site(Vec::new());
    let rules = LogRules { every_records: 4, ..LogRules::default() };
    site.engine.store.write(|store| store.set_log_rules(&rules)).unwrap();
    for entry in october() {
        site.engine.append(&entry).unwrap();
    }
    let days = Some(("2026-10-03", "2026-10-05"));
    let filtered = request(ExportOf::Records, ExportFormat::Jsonl, days, Lang::Ja);
    let (few, exported) = export(&mut site, filtered);
    assert!(!exported.verifiable && exported.rows > 0);
    assert_eq!(verified(&site, &few).finding.unwrap().what, Tampering::NotCovered);
    let (more, exported) = export(&mut site, ExportRequest { whole: true, ..filtered });
    assert!(exported.verifiable);
    assert!(few.lines().all(|line| more.contains(line)), "all that was asked for is there");
    let verdict = verified(&site, &more);
    assert_eq!((verdict.finding, verdict.records), (None, exported.rows));
    assert!(verdict.elsewhere > 0 && verdict.records < site.engine.store.last_seq().unwrap());
    for (of, format) in [(ExportOf::Records, ExportFormat::Csv), (ExportOf::AccessTimes, ExportFormat::Jsonl)]
    {
        let table = ExportRequest { of, format, whole: true, ..filtered };
        let refused = site.engine.acting().export_log(&table, &mut Vec::new(), &mut |_, _| {});
        assert_eq!(refused.unwrap_err().code(), "invalid");
    }
}

#[test]
fn every_access_has_a_row_with_its_time_also_one_that_is_still_open() {
    let mut site = site(october());
    let (text, _) =
        export(&mut site, request(ExportOf::AccessTimes, ExportFormat::Csv, Some(OCTOBER), Lang::Ja));
    let rows: Vec<Vec<String>> = rows(&text).into_iter().map(|row| row[..6].to_vec()).collect();
    assert_eq!(
        rows,
        [
            ["利用者ID", "氏名", "開始時刻", "終了時刻", "アクセス時間(秒)", "終了の理由"],
            [
                "nurse01",
                "山田 花子",
                "2026-09-30 23:30:00+09:00",
                "2026-10-01 00:30:00+09:00",
                "3600",
                "ログオフしました。"
            ],
            [
                "nurse01",
                "山田 花子",
                "2026-10-01 08:00:00+09:00",
                "2026-10-01 12:00:00+09:00",
                "14400",
                "有効期限が切れました。"
            ],
            [
                "nurse01",
                "山田 花子",
                "2026-10-07 02:00:00+09:00",
                "2026-10-07 02:30:00+09:00",
                "1800",
                "緊急アクセスが終了しました。"
            ],
            ["nurse02", "佐藤 次郎", "2026-10-03 03:00:00+09:00", "", "", ""],
        ]
    );
    let one_day =
        request(ExportOf::AccessTimes, ExportFormat::Jsonl, Some(("2026-10-01", "2026-10-01")), Lang::Ja);
    let (text, exported) = export(&mut site, one_day);
    assert_eq!(exported.rows, 2);
    let first: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        (&first["session"], &first["releases"], &first["ending"]),
        (&"s1".into(), &1.into(), &"expired".into())
    );
}

#[test]
fn no_name_runs_as_a_formula() {
    let mut hostile = entry("2026-10-05T09:00:00", Operation::Authenticate, Outcome::Denied);
    hostile.subject = Some("-1".to_owned());
    hostile.name = Some("=cmd|' /C calc'!A0".to_owned());
    hostile.object = Some("＝HYPERLINK(\"x\",1)".to_owned());
    hostile.host = Some("a\",\"b, c".to_owned());
    let mut site = site(vec![hostile]);
    let (text, _) = export(&mut site, request(ExportOf::Records, ExportFormat::Csv, Some(OCTOBER), Lang::Ja));
    assert!(text.contains("\"'=cmd|' /C calc'!A0\""), "{text}");
    assert!(text.contains("\"'-1\"") && text.contains("\"'＝HYPERLINK(\"\"x\"\",1)\""), "{text}");
    let rows = rows(&text);
    assert_eq!((rows[1][0].as_str(), rows[1][1].as_str()), ("-1", "=cmd|' /C calc'!A0"));
    assert!(rows[1].contains(&"a\",\"b, c".to_owned()));
}

#[test]
fn what_cannot_be_written_is_told_and_the_attempt_stands_in_the_log() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut site = site(october());
    let request = request(ExportOf::Records, ExportFormat::Csv, None, Lang::Ja);
    let error = site.engine.acting().export_log(&request, &mut Full, &mut |_, _| {}).unwrap_err();
    assert_eq!(error.code(), "not_written");
    let log = site.engine.store.log(0, 1000).unwrap();
    assert_eq!(log.last().unwrap().entry.operation, Operation::LogExport);
}

#[test]
fn days_that_end_before_they_begin_are_refused() {
    let mut site = site(Vec::new());
    let request = request(ExportOf::Records, ExportFormat::Csv, Some(("2026-10-02", "2026-10-01")), Lang::Ja);
    let refused = site.engine.acting().export_log(&request, &mut Vec::new(), &mut |_, _| {});
    assert_eq!(refused.unwrap_err().code(), "invalid");
}

#[test]
fn only_who_may_take_data_out_does() {
    let mut site = site(Vec::new());
    trial::administrator(&mut site.engine, "boss");
    let Site { engine, .. } = &mut site;
    let now = engine.clock.now();
    engine.store.write(|store| super::super::administrators::note(store, now)).unwrap();
    let request = request(ExportOf::Records, ExportFormat::Csv, None, Lang::Ja);
    let mut out = Vec::new();
    let refused = engine.acting().export_log(&request, &mut out, &mut |_, _| {});
    assert_eq!((refused.unwrap_err().code(), out.len()), ("no_right", 0));
    let last = engine.store.log(0, 1000).unwrap().pop().unwrap();
    assert_eq!((last.entry.operation, last.entry.outcome), (Operation::LogExport, Outcome::Refused));
}
