//! Whatever a message is made of, it parses back by the grammar of RFC 5424, 6.

use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;

/// A message as its receiver reads it.
#[derive(Debug, PartialEq)]
struct Parsed {
    priority: u16,
    time: Timestamp,
    host: String,
    program: String,
    process: String,
    kind: String,
    id: String,
    values: Vec<(String, String)>,
    text: String,
}

/// The grammar, by hand.
fn parse(bytes: &[u8]) -> Option<Parsed> {
    let line = std::str::from_utf8(bytes).ok()?;
    let (priority, line) = line.strip_prefix('<')?.split_once(">1 ")?;
    let mut fields = line.splitn(6, ' ');
    let mut field = || fields.next().filter(|field| !field.is_empty()).map(str::to_owned);
    let (time, host, program, process, kind) = (field()?, field()?, field()?, field()?, field()?);
    let mut rest = fields.next()?.strip_prefix('[')?;
    let end = rest.find([' ', ']'])?;
    let id = rest[..end].to_owned();
    rest = &rest[end..];
    let mut values = Vec::new();
    while let Some(value) = rest.strip_prefix(' ') {
        let (name, value) = value.split_once("=\"")?;
        let (mut text, mut chars) = (String::new(), value.char_indices());
        loop {
            match chars.next()? {
                (_, '\\') => text.push(chars.next()?.1),
                (_, ']') => return None,
                (at, '"') => {
                    rest = &value[at + 1..];
                    break;
                }
                (_, c) => text.push(c),
            }
        }
        values.push((name.to_owned(), text));
    }
    let text = rest.strip_prefix("] \u{feff}")?.to_owned();
    let (priority, time) = (priority.parse().ok()?, time.parse().ok()?);
    Some(Parsed { priority, time, host, program, process, kind, id, values, text })
}

fn time() -> Timestamp {
    "2026-11-22T10:20:30.123456Z".parse().unwrap()
}

fn message(text: &str) -> Message<'_> {
    Message {
        facility: Facility::AuthPriv,
        severity: Severity::Notice,
        time: time(),
        host: "ward3-pc1",
        program: "mabataki",
        process: 4711,
        kind: "checkpoint",
        data: ("mabataki@32473", vec![("terminal", "ward3-a".to_owned())]),
        text,
    }
}

#[test]
fn a_message_is_what_the_standard_shows() {
    let line = String::from_utf8(message("signed").to_bytes()).unwrap();
    assert_eq!(
        line,
        "<85>1 2026-11-22T10:20:30.123456Z ward3-pc1 mabataki 4711 checkpoint [mabataki@32473 terminal=\"ward3-a\"] \
         \u{feff}signed"
    );
    assert_eq!(frame(b"<85>1 -"), b"7 <85>1 -");
    let numbers = Facility::ALL.iter().map(|facility| facility.number());
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 3, 4, 10, 13, 16, 17, 18, 19, 20, 21, 22, 23]);
}

#[test]
fn what_would_end_a_value_or_a_message_does_not() {
    let data = vec![
        ("object", "a\"] <0>1 - - [x y=\"\\".to_owned()),
        ("host", "one\ntwo\u{1b}[2J\u{7f}".to_owned()),
    ];
    let hostile = Message { data: ("mabataki@32473", data), text: "first\n<0>1 second\r\0", ..message("") };
    let parsed = parse(&hostile.to_bytes()).unwrap();
    assert_eq!(parsed.values[0].1, "a\"] <0>1 - - [x y=\"\\");
    assert_eq!(parsed.values[1].1, "one two [2J ");
    assert_eq!(parsed.text, "first <0>1 second  ");
}

#[test]
fn a_text_that_is_too_long_is_cut_between_two_characters() {
    let long = "病".repeat(MESSAGE);
    let cut = message(&long);
    assert!(!cut.fits());
    let bytes = cut.to_bytes();
    assert!(bytes.len() <= MESSAGE && bytes.len() > MESSAGE - 3);
    let room = MESSAGE - message("").to_bytes().len();
    let whole = "x".repeat(room);
    assert!(message(&whole).fits());
    assert_eq!(message(&whole).to_bytes().len(), MESSAGE);
}

proptest! {
    #[test]
    fn whatever_is_put_in_the_message_parses_back_and_is_one_line_that_fits(
        host: String, kind: String, text: String,
        values in prop::collection::vec(any::<String>(), 0..6),
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let data = names.iter().copied().zip(values.iter().cloned()).collect();
        let message = Message { host: &host, kind: &kind, data: ("mabataki@32473", data), ..message(&text) };
        let bytes = message.to_bytes();
        prop_assert!(bytes.len() <= MESSAGE);
        let line = std::str::from_utf8(&bytes).unwrap();
        prop_assert!(!line.contains(char::is_control));
        let parsed = parse(&bytes).unwrap();
        let plain = |text: &str| text.chars().map(without_control).collect::<String>();
        let expected: Vec<String> = values.iter().map(|value| plain(value).chars().take(VALUE).collect()).collect();
        let found: Vec<String> = parsed.values.into_iter().map(|(_, value)| value).collect();
        prop_assert_eq!(found, expected);
        if message.fits() {
            prop_assert_eq!(parsed.text, plain(&text));
        }
        prop_assert_eq!((parsed.priority, parsed.time), (85, time()));
    }
}
