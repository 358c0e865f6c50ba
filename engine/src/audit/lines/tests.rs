//! What is written as a line reads back, and nothing else is taken for one.

use proptest::prelude::*;

use super::*;
use crate::audit::{CheckpointKey, Place, fixture};

fn chained() -> Vec<Chained> {
    let mut state = fixture::state();
    let (full, proof) = fixture::full(1);
    let place = state.extend(&full, Some(&proof));
    let shown = Chained { log: state.log(), record: full.clone(), place, name: Some(proof) };
    let mut hidden = shown.clone();
    hidden.record.entry.name = None;
    hidden.name.as_mut().unwrap().salt = None;
    let plain = fixture::record(2);
    let Place { mac, link } = state.extend(&plain, None);
    vec![shown, hidden, Chained { log: state.log(), record: plain, place: Place { mac, link }, name: None }]
}

fn checkpoint() -> Checkpoint {
    let key = CheckpointKey::from_seed([1; 32]);
    fixture::head(&key).sign(&key, vec![RecordDigest([1; 16]), RecordDigest([2; 16])])
}

fn lines() -> Vec<String> {
    let mut lines: Vec<String> = chained().iter().map(Chained::to_line).collect();
    lines.push(checkpoint().to_line());
    lines
}

#[test]
fn records_and_checkpoints_read_back_as_they_were_written() {
    for record in chained() {
        let text = record.to_line();
        assert_eq!(Line::parse(&text), Ok(Line::Record(Box::new(record))));
    }
    let bare = Checkpoint { records: None, ..checkpoint() };
    for checkpoint in [checkpoint(), bare] {
        let text = checkpoint.to_line();
        assert_eq!(Line::parse(&text), Ok(Line::Checkpoint(Box::new(checkpoint))));
    }
}

#[test]
fn a_line_that_says_which_record_it_is_is_told_by_it() {
    let text = &lines()[0];
    for (from, to) in [
        ("\"outcome\":\"granted\"", "\"outcome\":\"let_in\""),
        ("\"outcome\":\"granted\"", "\"outcome\":\"granted\",\"outcome\":\"denied\""),
        ("\"category\":\"authentication\"", "\"category\":\"system\""),
        ("\"account\":\"WARD", "\"account\":\"\\u001b[2J"),
        ("000000Z", "0000000Z"),
        ("\"reason\"", "\"raison\""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(&changed, text, "{from}");
        let error = Line::parse(&changed).unwrap_err();
        assert_eq!((error.log, error.seq), (Some(LogId([3; 16])), Some(1)), "{to}: {error}");
        assert!(!error.to_string().contains("WARD") && !error.to_string().contains("花子"), "{error}");
    }
}

#[test]
fn a_line_that_is_none_is_refused_with_where_it_is_wrong() {
    let error = |text: &str| Line::parse(text).unwrap_err().to_string();
    assert!(error("").contains("ends too early"));
    assert!(error("{\"seq\": 1} x").contains("no JSON, at column 12"));
    assert!(error("[]").contains("a key is missing"));
    assert!(error(&"x".repeat(LINE + 1)).contains("expected at most"));
    let odd = lines()[3].replacen("\"first\":129", "\"first\":1", 1);
    assert!(error(&odd.replacen("\"last\":192", "\"last\":1025", 1)).contains("not those of a checkpoint"));
}

proptest! {
    #[test]
    fn no_line_makes_the_reader_panic(text in ".{0,200}|[{}\\[\\]\",:a-z0-9]{0,100}") {
        let _ = Line::parse(&text);
    }

    #[test]
    fn a_line_with_a_byte_changed_is_another_line_or_none(which in 0..4_usize, at: prop::sample::Index, to in 32..127_u8) {
        let text = lines().swap_remove(which);
        let mut changed = text.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = to;
        if let Ok(changed) = String::from_utf8(changed)
            && changed.as_bytes().get(at) != text.as_bytes().get(at)
            && let (Ok(other), Ok(line)) = (Line::parse(&changed), Line::parse(&text))
        {
            // Hex digits may be spelt in capitals: the line then is the same.
            let capital = changed.to_lowercase() == text.to_lowercase();
            prop_assert!(other != line || capital);
        }
    }
}
