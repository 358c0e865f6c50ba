//! What the cards of the tests are, byte by byte, to any program that speaks PC/SC to them: what the other tests stand on. The
//! commands and answers are those of the public specifications and of real cards, not of the cards' own code.

use mabataki_test_support::persona::by_name;
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated};
use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode};
use pretty_assertions::assert_eq;

/// A card's name, its ATR, and commands with their answers, in hex: `..` is any byte, `*` any number of them.
type Bytes = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FELICA: &str = "3B8F8001804F0CA00000030611003B0000000042";
const CLASSIC: &str = "3B8F8001804F0CA000000306030001000000006A";
const NTAG: &str = "3B8F8001804F0CA0000003060300030000000068";

const SOUND: &[Bytes] = &[
    (
        "fcf",
        FELICA,
        &[
            ("FFCA000000", "0114B34C1A2B3C4D 9000"),
            // A transparent session; a poll of system FE00, which it asks back; block 0 of service 1A8B; a service that is none.
            ("FFC2000002 8100", "C003009000 9000"),
            (
                "FFC2000108 9506 06 00FE00010F 00",
                "C003009000 920100 96020000 9714 14 01 0114B34C1A2B3C4D 100B4B428485D0FF FE00 9000",
            ),
            (
                "FFC2000112 9510 10 06 0114B34C1A2B3C4D 01 8B1A 01 8000 00",
                "C003009000 920100 96020000 971D 1D 07 0114B34C1A2B3C4D 0000 01 30303031303030313233343520203030 9000",
            ),
            (
                "FFC2000112 9510 10 06 0114B34C1A2B3C4D 01 0B1A 01 8000 00",
                "C003009000 920100 96020000 970C 0C 07 0114B34C1A2B3C4D 01A6 9000",
            ),
            // A system that it has not: nothing answers.
            ("FFC2000108 9506 06 0088B4010F 00", "C003016401 9000"),
        ],
    ),
    (
        "fcf_sony",
        FELICA,
        &[
            ("FFCA010000", "100B4B428485D0FF 9000"),
            ("FFFE000005 00FE00010F 00", "01 0114B34C1A2B3C4D 100B4B428485D0FF FE00 9000"),
        ],
    ),
    ("fcf_acs", FELICA, &[("FF00000006 06 00FE00010F", "14 01 0114B34C1A2B3C4D 100B4B428485D0FF FE00 9000")]),
    (
        "fcf_pn532",
        FELICA,
        &[("FF00000008 D442 06 00FE00010F", "D54300 14 01 0114B34C1A2B3C4D 100B4B428485D0FF FE00 9000")],
    ),
    (
        "transit",
        FELICA,
        &[
            ("FFCA000000", "01010A10C5119F1C 9000"),
            ("FFC2000002 8100", "C003009000 9000"),
            // The common area is its second system, and the IDm says so.
            (
                "FFC2000108 9506 06 00FE00010F 00",
                "C003009000 920100 96020000 9714 14 01 11010A10C5119F1C 100B4B428485D0FF FE00 9000",
            ),
        ],
    ),
    ("felica_12", FELICA, &[("FFCA000000", "0114B34C1A2B3C4D 100B4B42 9000")]),
    ("watch", FELICA, &[("FFCA010000", "..14............ 9000")]),
    (
        "lite_s",
        FELICA,
        &[
            ("FFC2000002 8100", "C003009000 9000"),
            (
                "FFC2000108 9506 06 0088B4010F 00",
                "C003009000 920100 96020000 9714 14 01 012E4F5861728394 ..F1............ 88B4 9000",
            ),
            // The challenge is written; the ID block is read with the MAC over it.
            (
                "FFC2000122 9520 20 08 012E4F5861728394 01 0900 01 8080 07060504030201000F0E0D0C0B0A0908 00",
                "C003009000 920100 96020000 970C 0C 09 012E4F5861728394 0000 9000",
            ),
            (
                "FFC2000114 9512 12 06 012E4F5861728394 01 0B00 02 8082 8091 00",
                "C003009000 920100 96020000 972D 2D 07 012E4F5861728394 0000 02 012E4F5861728394 * 0000000000000000 9000",
            ),
        ],
    ),
    (
        "mifare1k",
        CLASSIC,
        &[
            ("FFCA000000", "DE6A1F93 9000"),
            ("FFB0000410", "6300"),
            ("FF82000006 4B0D935E21C7", "9000"),
            ("FF86000005 0100046000", "9000"),
            ("FFB0000410", "30313030303132333435202020202020 9000"),
            ("FF82000006 FFFFFFFFFFFF", "9000"),
            ("FF86000005 0100046000", "6300"),
            ("FFB0000410", "6300"),
        ],
    ),
    ("ntag213", NTAG, &[("FFCA000000", "04A1B2C3D4E580 9000"), ("FFCA000004", "6C07")]),
    ("mifare_plus", "3B8F8001804F0CA000000306030037000000005C", &[("FFCA000000", "045E2B9A773180 9000")]),
    ("iso15693", "3B8F8001804F0CA0000003060B00350000000056", &[("FFCA000000", "E00401506C7D8E9F 9000")]),
    ("type_a", "3B848001 4A434F50 13", &[("FFCA000000", "0477A83C5E1290 9000")]),
    ("zero", CLASSIC, &[("FFCA000000", "00000000 9000")]),
    ("phone", "3B80800101", &[("FFCA000000", "08...... 9000")]),
    ("desfire_random", "3B8180018080", &[("FFCA000000", "08...... 9000")]),
    (
        "desfire",
        "3B8180018080",
        &[
            ("9060000000", "04010101001805 91AF"),
            ("90AF000000", "04010101041805 91AF"),
            ("90AF000000", "04A1B2C3D4E580 BA444C20502418 9100"),
        ],
    ),
    (
        "desfire_private",
        "3B8180018080",
        &[
            ("FFCA000000", "08...... 9000"),
            ("9060000000", "04010101001805 91AF"),
            ("90AF000000", "04010101041805 91AF"),
            ("90AF000000", "00000000000000 BA444C20502418 9100"),
            // Its application and its key are asked to prove themselves; the UID is for whoever knows the key.
            ("905A000003 42B1F5 00", "9100"),
            ("90AA000001 01 00", "................................ 91AF"),
            ("9051000000", "91AE"),
        ],
    ),
    (
        "my_number",
        "3B888001000005E0B381A1007F",
        &[
            ("FFCA000000", "........ 9000"),
            ("00A4040C0A D392F000260100000001", "9000"),
            ("00A4020C02 000A", "9000"),
            ("00B0000004", "3082.... 9000"),
            ("00A4020C02 0018", "9000"),
            ("00200080", "63C3"),
            ("0020008004 39393939", "63C2"),
            ("0020008004 31323334", "9000"),
            ("00200080", "9000"),
            ("00A4020C02 0017", "9000"),
            (
                "802A008033 3031300D060960864801650304020105000420 0000000000000000000000000000000000000000000000000000000000000000 00",
                "* 9000",
            ),
        ],
    ),
    (
        "my_number_blocked",
        "3B888001000005E0B381A1007F",
        &[
            ("00A4040C0A D392F000260100000001", "9000"),
            ("00A4020C02 0018", "9000"),
            ("00200080", "6984"),
            ("0020008004 31323334", "6984"),
        ],
    ),
    ("my_number_contact", "3BDA13FF8131FB468012392F31C173C601C03B", &[("FFCA000000", "6A81")]),
    (
        "hpki",
        "3B888001 0000000000818100 09",
        &[
            ("00A4040C10 E828BD080FA000000391000000000002", "9000"),
            ("00A4020C02 0016", "9000"),
            ("00B0000004", "3082.... 9000"),
            ("00A4020C02 0002", "9000"),
            ("00200088", "63C3"),
            ("0020008804 31323334", "9000"),
            ("00A4020C02 000C", "9000"),
        ],
    ),
    ("driving_licence", "3B888001000000009181C100D8", &[("FFCA000000", "........ 9000")]),
    (
        "residence_card",
        "*",
        &[("00A4040C10 D392F0004F0200000000000000000000", "9000"), ("FFCA000000", "........ 9000")],
    ),
    // Broken ones, whose answers come through as they are.
    ("short", FELICA, &[("FFCA000000", "90")]),
    ("garbage", FELICA, &[("FFCA000000", "A5A5A5 *")]),
    ("bad_checksum", "3B8F8001804F0CA000000306030001000000006B", &[("FFCA000000", "DE6A1F93 9000")]),
];

/// What fails at the first command, and how.
const FAILING: &[(&str, Error)] = &[
    ("long", Error::InsufficientBuffer),
    ("torn", Error::NotTransacted),
    ("unplugged", Error::ReaderUnavailable),
];

/// What fails before any command, and how.
const UNREACHABLE: &[(&str, Error)] =
    &[("mute", Error::UnpoweredCard), ("long_atr", Error::UnpoweredCard), ("bad_atr", Error::ProtoMismatch)];

/// A reader of a card service of its own, and another program's way to it.
struct Counter {
    hand: VirtualReader,
    context: Context,
    _pcscd: PrivatePcscd,
}

impl Counter {
    fn open(folder: &std::path::Path) -> Counter {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let hand = pcscd.reader("Counter").unwrap();
        Counter { hand, context: Context::establish(Scope::User).unwrap(), _pcscd: pcscd }
    }

    fn connect(&mut self, name: &str) -> Result<Card, Error> {
        self.hand.insert(by_name(name).unwrap()).unwrap();
        self.context.connect(c"Counter 00 00", ShareMode::Shared, Protocols::ANY)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Whether the bytes are as wanted.
fn is_like(found: &[u8], wanted: &str) -> bool {
    let wanted = wanted.replace(' ', "");
    let matches = |found: &str, wanted: &str| {
        found.len() == wanted.len() && wanted.chars().zip(found.chars()).all(|(w, f)| w == '.' || w == f)
    };
    let found = hex(found);
    match wanted.split_once('*') {
        None => matches(&found, &wanted),
        Some((head, tail)) if found.len() >= head.len() + tail.len() => {
            matches(&found[..head.len()], head) && matches(&found[found.len() - tail.len()..], tail)
        }
        Some(_) => false,
    }
}

#[test]
fn every_card_of_the_tests_answers_byte_by_byte_as_a_real_one() {
    isolated(|folder| {
        let mut counter = Counter::open(folder);
        for (name, atr, exchanges) in SOUND {
            let card = counter.connect(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            let found = card.status2_owned().unwrap();
            assert!(is_like(found.atr(), atr), "{name}: ATR {}", hex(found.atr()));
            for (command, wanted) in *exchanges {
                let mut buffer = [0; 264];
                let answer = card.transmit(&unhex(command), &mut buffer).unwrap();
                assert!(is_like(answer, wanted), "{name}: {command}\n{wanted}\n{}", hex(answer));
            }
            card.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
        }
    });
}

#[test]
fn every_broken_card_of_the_tests_fails_as_a_real_one() {
    isolated(|folder| {
        let mut counter = Counter::open(folder);
        assert_eq!(
            counter.context.connect(c"Counter 00 00", ShareMode::Shared, Protocols::ANY).err(),
            Some(Error::NoSmartcard)
        );
        for (name, wanted) in UNREACHABLE {
            assert_eq!(counter.connect(name).err(), Some(*wanted), "{name}");
        }
        for (name, wanted) in FAILING {
            let card = counter.connect(name).unwrap();
            let mut buffer = [0; 264];
            let failed = card.transmit(&unhex("FFCA000000"), &mut buffer).map(<[u8]>::to_vec);
            assert_eq!(failed, Err(*wanted), "{name}");
        }
    });
}
