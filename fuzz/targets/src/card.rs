//! What a card and its reader answer to whoever asks whose it is: APDUs, the objects of a transparent session, FeliCa frames,
//! the proofs of Lite-S and DESFire cards, certificates.

use std::io;

use mabataki_engine::card::apdu::{Answer, Channel, Command};
use mabataki_engine::card::trace::Sink;
use mabataki_engine::card::{
    Assurance, DesfireKey, Dialect, FelicaBlock, LiteSKeys, MifareBlock, Plan, Provider, atr, identify,
};
use zeroize::Zeroizing;

/// The most commands for one card: a certificate of some kilobytes in pieces, and every word for FeliCa.
const MOST: usize = 200;

/// FeliCa, MIFARE Classic, DESFire, a processor with type A and one with type B, ISO 15693.
const ATRS: [&[u8]; 6] = [
    b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x11\x00\x3B\x00\x00\x00\x00\x42",
    b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x03\x00\x01\x00\x00\x00\x00\x6A",
    b"\x3B\x81\x80\x01\x80\x80",
    b"\x3B\x80\x80\x01\x01",
    b"\x3B\x88\x80\x01\x00\x00\x00\x00\x33\x81\x81\x00\x3A",
    b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x0B\x00\x35\x00\x00\x00\x00\x56",
];

const DIALECTS: [Option<Dialect>; 6] = [
    None,
    Some(Dialect::Generic),
    Some(Dialect::Sony),
    Some(Dialect::Acs),
    Some(Dialect::Pn532),
    Some(Dialect::Identiv),
];

/// The first byte says which kind of card lies there and what its reader speaks; the others are answers, each after its
/// length. Whoever knows no key proves nothing, and no card is asked for ever.
pub fn card(bytes: &[u8]) {
    let Some((&first, mut rest)) = bytes.split_first() else { return };
    let [kind, dialect] = [usize::from(first) % ATRS.len(), usize::from(first) / ATRS.len() % DIALECTS.len()];
    let atr = atr::decode(ATRS[kind]).unwrap();
    let mut asked = 0;
    let mut answer = || {
        asked += 1;
        let (&length, after) = rest.split_first().ok_or(())?;
        let (answer, after) = after.split_at_checked(usize::from(length)).ok_or(())?;
        rest = after;
        Answer::parse(answer).ok_or(())
    };
    let sink = Sink::new(io::sink());
    let channel = |command: &Command| sink.around("Counter", command, &mut answer);
    let found = tell(&atr, &plan(DIALECTS[dialect]), channel);
    assert!(asked <= MOST, "{asked} commands");
    if let Some(assurance) = found {
        assert_eq!(assurance, Assurance::IdentifierOnly);
    }
}

/// What the identity is worth, where there is any.
fn tell(atr: &atr::Atr, plan: &Plan, mut channel: impl Channel<Error = ()>) -> Option<Assurance> {
    let (_, result) = identify(atr, "Counter", plan, &[0x5A; 16], &mut channel).ok()?;
    let identity = result.ok()?;
    assert!((1..=32).contains(&identity.id.len()));
    Some(identity.assurance)
}

fn plan(dialect: Option<Dialect>) -> Plan {
    let desfire = |diversified| {
        let key = Zeroizing::new([0x22; 16]);
        Provider::Desfire(DesfireKey { application: [1, 2, 3], number: 0, key, diversified })
    };
    let key = Zeroizing::new([0x33; 6]);
    Plan {
        providers: vec![
            Provider::LiteS(LiteSKeys { master: Zeroizing::new([0x11; 24]) }),
            desfire(false),
            desfire(true),
            Provider::MyNumber,
            Provider::Hpki,
            Provider::FelicaBlock(FelicaBlock::default()),
            Provider::MifareBlock(MifareBlock { block: 4, key_b: false, key, offset: 0, length: 16 }),
            Provider::Identifier,
        ],
        dialect,
        ..Plan::default()
    }
}
