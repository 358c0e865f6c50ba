//! What a list says, and what is told of one that says nothing.

use encoding_rs::SHIFT_JIS;
use jiff::civil::date;
use jiff::tz::{TimeZone, offset};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::{Roster, RosterError};
use crate::store::{Consent, Profile, Vendor};

fn tokyo() -> TimeZone {
    TimeZone::fixed(offset(9))
}

fn parse(text: &str) -> Result<Roster, RosterError> {
    Roster::parse(text.as_bytes(), &tokyo())
}

fn faults(text: &str) -> Vec<String> {
    let roster = parse(text).unwrap();
    let fault = |row: &super::Row| row.profile(None).err().map(|fault| format!("{}: {fault}", row.line()));
    roster.rows().iter().filter_map(fault).collect()
}

const FULL: &str = "id,name,reading,role,accounts,wards,valid_from,valid_until,temporary,sponsor,scope,consent_date,consent_version
n1,山田 花子,やまだ はなこ,nurse,ward3; ward4 ,w3;w4,2026-04-01,2026-12-31,no,,,2026/4/1,v2
e1,\"Engineer, CT\",,,,,,2026-06-30T17:00:00+09:00,yes,n1,CT scanner,,
";

#[test]
fn every_column_means_what_its_name_says() {
    let roster = parse(FULL).unwrap();
    let [nurse, engineer] = roster.rows() else { panic!("{} rows", roster.rows().len()) };
    assert_eq!((nurse.line(), nurse.id(), engineer.line()), (2, "n1", 3));
    let expected = Profile {
        reading: Some("やまだ はなこ".to_owned()),
        role: Some("nurse".to_owned()),
        accounts: vec!["ward3".to_owned(), "ward4".to_owned()],
        wards: vec!["w3".to_owned(), "w4".to_owned()],
        valid_from: Some("2026-03-31T15:00:00Z".parse().unwrap()),
        valid_until: Some("2026-12-31T15:00:00Z".parse().unwrap()),
        ..Profile::named("山田 花子")
    };
    assert_eq!(nurse.profile(None).unwrap(), expected);
    assert_eq!(nurse.consent(None), Some(Consent { date: date(2026, 4, 1), version: "v2".to_owned() }));
    let expected = Profile {
        valid_until: Some("2026-06-30T08:00:00Z".parse().unwrap()),
        temporary: true,
        vendor: Some(Vendor { sponsor: "n1".to_owned(), scope: "CT scanner".to_owned() }),
        ..Profile::named("Engineer, CT")
    };
    assert_eq!(engineer.profile(None).unwrap(), expected);
    assert_eq!(engineer.consent(None), None);
}

#[test]
fn a_column_that_is_not_there_leaves_what_is_known_and_an_empty_cell_clears_it() {
    let known = parse(FULL).unwrap().rows()[0].profile(None).unwrap();
    let consent = Consent { date: date(2026, 4, 1), version: "v2".to_owned() };
    let roster = parse("role,id\n,n1\n").unwrap();
    let row = &roster.rows()[0];
    assert_eq!(row.profile(Some(&known)).unwrap(), Profile { role: None, ..known.clone() });
    assert_eq!(row.consent(Some(&consent)), Some(consent.clone()));
    let roster = parse("id,accounts,valid_until,consent_date,consent_version\nn1,,,,\n").unwrap();
    let row = &roster.rows()[0];
    assert_eq!(row.profile(Some(&known)).unwrap(), Profile { accounts: vec![], valid_until: None, ..known });
    assert_eq!(row.consent(Some(&consent)), None);
}

#[test]
fn utf_8_with_or_without_its_mark_and_shift_jis_say_the_same() {
    let plain = parse(FULL).unwrap();
    let marked = Roster::parse(format!("\u{feff}{FULL}").as_bytes(), &tokyo()).unwrap();
    let windows = FULL.replace('\n', "\r\n");
    let (shift_jis, _, lossy) = SHIFT_JIS.encode(&windows);
    assert!(!lossy && std::str::from_utf8(&shift_jis).is_err());
    let shift_jis = Roster::parse(&shift_jis, &tokyo()).unwrap();
    assert_eq!(marked.rows(), plain.rows());
    assert_eq!(shift_jis.rows(), plain.rows());
    assert_ne!(shift_jis.digest(), plain.digest(), "it is another file");
}

#[test]
fn a_list_that_is_none_is_refused_as_a_whole() {
    let refused = |text: &str| parse(text).unwrap_err().to_string();
    assert!(refused("").contains("empty"));
    assert!(refused("id,name\n").contains("empty"));
    assert!(refused("id,name\n,\n  , \n").contains("empty"));
    assert!(refused("name\nA\n").contains("no column `id`"));
    assert!(refused("id,nmae\nn1,A\n").contains("\"nmae\""));
    assert!(refused("id,name,id\nn1,A,n1\n").contains("`id` twice"));
    assert!(refused(&format!("id,name\nn1,\"{}\n", "x,y\n".repeat(5000))).contains("quotation mark"));
    let utf_16: Vec<u8> = FULL.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe][..], &utf_16].concat();
    assert_eq!(Roster::parse(&marked, &tokyo()).unwrap_err(), RosterError::Encoding);
    let found = Roster::parse(&vec![b'x'; (8 << 20) + 1], &tokyo()).unwrap_err();
    assert_eq!(found, RosterError::TooLong { found: (8 << 20) + 1 });
    let many: String = (0..=20_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(parse(&format!("id\n{many}")).unwrap_err(), RosterError::TooManyRows);
    let (most, _) = many.rsplit_once("20000").unwrap();
    assert_eq!(parse(&format!("id\n{most}")).unwrap().rows().len(), 20_000);
}

#[test]
fn each_row_that_cannot_be_taken_in_says_why() {
    let list = "id,name,valid_until,temporary,sponsor,scope\n\
        n1,A\n\
        not an id,A,,,,\n\
        n2,A,soon,,,\n\
        n3,A,,maybe,,\n\
        n4,A,,,n5,\n\
        n5,A,,,,\n\
        \n\
        n5,B,,,,\n";
    assert_eq!(
        faults(list),
        [
            "2: expected 6 cells, found 2",
            "3: expected an id of 1 to 64 of A-Z a-z 0-9 . _ @ -, found 9 characters",
            "4: valid_until: expected a day such as 2026-12-31 or a time such as 2026-12-31T17:00:00+09:00, found \"soon\"",
            "5: temporary: expected yes, no or nothing, found \"maybe\"",
            "6: expected sponsor and scope both or neither, found one of them",
            "9: the same id stands on line 7",
        ]
    );
    for end in ["\n", "\r\n", "\r"] {
        let list = "id,name\nn1,\"A\nB\"\n\n\nn2\nn3,C\nn4\n".replace('\n', end);
        assert_eq!(
            faults(&list),
            ["6: expected 2 cells, found 1", "8: expected 2 cells, found 1"],
            "{end:?}"
        );
    }
    assert_eq!(faults("id,role\nn1,nurse\n"), ["2: a new person: expected a name, found none"]);
    assert_eq!(faults("id,consent_date,name,consent_version\nn1,2026-02-30,A,1\n").len(), 1);
}

proptest! {
    #[test]
    fn any_name_that_a_spreadsheet_can_quote_reads_back(names in prop::collection::vec("[^\\x00]{1,40}", 1..8)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["name", "id"]).unwrap();
        for (n, name) in names.iter().enumerate() {
            writer.write_record([name.as_str(), &format!("n{n}")]).unwrap();
        }
        let list = writer.into_inner().unwrap();
        let roster = Roster::parse(&list, &tokyo()).unwrap();
        prop_assert_eq!(roster.rows().len(), names.len());
        for (row, name) in roster.rows().iter().zip(&names) {
            prop_assert_eq!(row.profile(None).unwrap().name, name.trim());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), text in "(id|name|role|valid_until|[,\"\n;a-z0-9/-]){0,60}") {
        for bytes in [&bytes[..], text.as_bytes(), &[b"id,name,accounts\n", &bytes[..]].concat()] {
            if let Ok(roster) = Roster::parse(bytes, &tokyo()) {
                for row in roster.rows() {
                    let _ = (row.profile(None), row.consent(None), row.person());
                }
            }
        }
    }
}
