//! The table as a spreadsheet program opens it.

use std::process::Command;

use crate::support::{FORMULA, ends, path, ward};

#[test]
#[ignore = "needs LibreOffice (package libreoffice-calc-nogui): cargo test -p mabataki-tests --test audit_export -- --ignored"]
fn a_spreadsheet_program_shows_the_names_and_runs_none() {
    let command = ward();
    let file = path(&command, "log.csv");
    ends(&command.json(&["--lang", "ja", "audit", "export", "--format", "csv", "--out", &file]), 0);
    let profile = format!("-env:UserInstallation=file://{}/office", command.folder().display());
    let mut office = Command::new("libreoffice");
    // Without its dialogue, which looks at the byte-order mark, this program has to be told of UTF-8 (76).
    office.args([&profile, "--headless", "--infilter=CSV:44,34,76,1", "--convert-to", "fods", "--outdir"]);
    office.arg(command.folder()).arg(&file);
    let converted = office.output().expect("LibreOffice starts");
    let sheet = std::fs::read_to_string(path(&command, "log.fods"))
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&converted.stderr)));

    let (_, table) = sheet.split_once("<table:table ").expect("a sheet");
    let cells: Vec<String> = table.split("<text:p>").skip(1).map(cell).collect();
    assert_eq!(cells[..5], ["利用者ID", "氏名", "時刻", "カテゴリ", "操作情報"]);
    let shown = |text: &str| cells.iter().filter(|cell| *cell == text).count();
    // Who was added, who was let in and who was refused is named; a formula shows as its text, with an apostrophe.
    assert_eq!((shown(&format!("'{FORMULA}")), shown(FORMULA)), (2, 0), "{cells:?}");
    assert_eq!(shown("山田, \"花子\"; <b>"), 1);
    assert!(!sheet.contains("table:formula"), "a cell became a formula");
}

/// The text of a cell, out of the XML in which it stands.
fn cell(rest: &str) -> String {
    let text = rest.split("</text:p>").next().unwrap_or_default();
    let plain =
        [("<text:s/>", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    plain.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
