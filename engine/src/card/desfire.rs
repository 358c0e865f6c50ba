//! MIFARE DESFire EV1 and later: AES authentication, then the real UID, which the card may hide from everybody else.
//! Commands and cryptography as in NXP's AN12343 and the data sheet of the MF3ICD81.

use aes::Aes128;
use aes::cipher::BlockCipherEncrypt;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use cmac::{Cmac, Mac};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::apdu::{Answer, Channel, Command, DONE, Shown};
use super::identifier::uid;
use super::plan::DesfireKey;
use super::{Assurance, CardIdentity, CardKind, IdKind, Unusable};

/// Status: done; another frame is expected.
const OK: u16 = 0x9100;
const MORE: u16 = 0x91AF;
/// The instruction that tells the real UID.
const GET_CARD_UID: u8 = 0x51;
/// The length of a UID in bytes.
const UID_LEN: usize = 7;
/// The constant before the input of a diversified AES-128 key (AN10922, 2.2).
const DIVERSIFY_AES_128: u8 = 0x01;

type Block = [u8; 16];

/// Has the card prove its key and tell its UID; none when it has no such application. `challenge` is drawn anew for every
/// tap.
pub(super) fn prove<C: Channel>(
    channel: &mut C,
    key: &DesfireKey,
    challenge: &[u8; 16],
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    let shown_uid = if key.diversified {
        match channel.transmit(&Command::get([0xFF, 0xCA, 0x00, 0x00], 0, Shown::Command))? {
            Answer { data, status: DONE } => Some(data),
            _ => return Ok(Some(Err(Unusable::NoIdentifier))),
        }
    } else {
        None
    };
    if ask(channel, 0x5A, &key.application, Shown::Command)?.status != OK {
        return Ok(None);
    }
    let own = match &shown_uid {
        None => key.key.clone(),
        // A key of its own can be found only for a card that tells which it is.
        Some(shown) => match <&[u8; UID_LEN]>::try_from(&shown[..]) {
            Ok(uid) => diversified(&key.key, &[uid, &key.application]),
            Err(_) => return Ok(Some(Err(Unusable::RandomIdentifier))),
        },
    };
    let failed = Ok(Some(Err(Unusable::ProofFailed)));
    let Some(session) = authenticate(channel, key.number, &own, challenge)? else { return failed };
    let Some(told) = tell_uid(channel, &session)? else { return failed };
    if shown_uid.is_some_and(|shown| shown[..] != told[..]) {
        return failed;
    }
    Ok(Some(uid(CardKind::Desfire, &told[..]).map(|id| CardIdentity {
        kind: CardKind::Desfire,
        id_kind: IdKind::Uid,
        assurance: Assurance::Proved,
        id,
    })))
}

/// Sends a native command in an APDU: `90 ins 00 00 [Lc data] 00`.
fn ask<C: Channel>(channel: &mut C, instruction: u8, data: &[u8], shown: Shown) -> Result<Answer, C::Error> {
    let header = [0x90, instruction, 0x00, 0x00];
    let command =
        Command::put(header, data, Some(0), shown).unwrap_or_else(|| Command::get(header, 0, shown));
    channel.transmit(&command)
}

/// Each side shows the other that it knows the key; gives the session key, or none when the card does not.
fn authenticate<C: Channel>(
    channel: &mut C,
    number: u8,
    key: &Block,
    challenge: &Block,
) -> Result<Option<Zeroizing<Block>>, C::Error> {
    let answer = ask(channel, 0xAA, &[number], Shown::Header)?;
    let Some(hidden_b) = exactly(&answer, MORE) else { return Ok(None) };
    let rnd_b = decrypted(key, &Block::default(), hidden_b);
    let token = token(key, challenge, &rnd_b, hidden_b);
    let answer = ask(channel, 0xAF, &token[..], Shown::Header)?;
    let Some(hidden_a) = exactly(&answer, OK) else { return Ok(None) };
    let mut start = Block::default();
    start.copy_from_slice(&token[16..]);
    let mut turned = decrypted(key, &start, hidden_a);
    turned.rotate_right(1);
    Ok(bool::from(turned[..].ct_eq(&challenge[..])).then(|| session_key(challenge, &rnd_b)))
}

/// What the card is shown: our challenge and its own turned by one byte, chained to what it sent.
fn token(key: &Block, challenge: &Block, rnd_b: &Block, hidden_b: &Block) -> Zeroizing<[u8; 32]> {
    let mut token = Zeroizing::new([0; 32]);
    token[..16].copy_from_slice(challenge);
    token[16..].copy_from_slice(rnd_b);
    token[16..].rotate_left(1);
    let mut chain = Encryptor::<Aes128>::new(key.into(), hidden_b.into());
    for block in token.as_chunks_mut::<16>().0 {
        chain.encrypt_block(block.into());
    }
    token
}

fn session_key(rnd_a: &Block, rnd_b: &Block) -> Zeroizing<Block> {
    let mut session = Zeroizing::new(Block::default());
    session[..4].copy_from_slice(&rnd_a[..4]);
    session[4..8].copy_from_slice(&rnd_b[..4]);
    session[8..12].copy_from_slice(&rnd_a[12..]);
    session[12..].copy_from_slice(&rnd_b[12..]);
    session
}

/// Asks for the real UID; none when the answer is not of the session.
fn tell_uid<C: Channel>(
    channel: &mut C,
    session: &Block,
) -> Result<Option<Zeroizing<[u8; UID_LEN]>>, C::Error> {
    let answer = ask(channel, GET_CARD_UID, &[], Shown::Command)?;
    Ok(exactly(&answer, OK).and_then(|hidden| read_uid(session, hidden)))
}

/// The UID under the session key, chained to the CMAC of the command: UID, CRC-32 over it and the status 00, zeros.
fn read_uid(session: &Block, hidden: &Block) -> Option<Zeroizing<[u8; UID_LEN]>> {
    let start = cmac(session, &[GET_CARD_UID]);
    let clear = decrypted(session, &start, hidden);
    let (uid, rest) = clear.split_first_chunk::<UID_LEN>()?;
    let (sum, padding) = rest.split_first_chunk::<4>()?;
    let mut summed = Zeroizing::new([0; UID_LEN + 1]);
    summed[..UID_LEN].copy_from_slice(uid);
    let right = sum.ct_eq(&crc32(&summed[..]).to_le_bytes()) & padding.ct_eq(&[0; 5]);
    bool::from(right).then(|| Zeroizing::new(*uid))
}

/// The card's own key, from a master key and what tells the card apart, at most 31 bytes (AN10922, 2.2): the CMAC over
/// them, always two blocks long. Whoever writes the cards must use the same input: UID, then the application as it stands
/// in commands, and no system identifier.
fn diversified(master: &Block, input: &[&[u8]]) -> Zeroizing<Block> {
    let mut message = Zeroizing::new([0; 32]);
    message[0] = DIVERSIFY_AES_128;
    let mut length = 1;
    for (at, byte) in message[1..].iter_mut().zip(input.iter().copied().flatten()) {
        *at = *byte;
        length += 1;
    }
    let cipher = Aes128::new(master.into());
    let mut subkey = Zeroizing::new(Block::default());
    cipher.encrypt_block((&mut *subkey).into());
    let mut masked = doubled(u128::from_be_bytes(*subkey));
    if let Some(end) = message.get_mut(length) {
        *end = 0x80;
        masked = doubled(masked);
    }
    message[16..].iter_mut().zip(masked.to_be_bytes()).for_each(|(byte, mask)| *byte ^= mask);
    let mut key = Zeroizing::new(Block::default());
    for block in message.as_chunks::<16>().0 {
        key.iter_mut().zip(block).for_each(|(state, byte)| *state ^= byte);
        cipher.encrypt_block((&mut *key).into());
    }
    key
}

/// Doubling in the field of 128 bits that CMAC has (R128: 87).
fn doubled(value: u128) -> u128 {
    (value << 1) ^ ((value >> 127) * 0x87)
}

fn cmac(key: &Block, message: &[u8]) -> Block {
    let mut mac = <Cmac<Aes128> as KeyInit>::new(key.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn decrypted(key: &Block, start: &Block, hidden: &Block) -> Zeroizing<Block> {
    let mut clear = Zeroizing::new(*hidden);
    Decryptor::<Aes128>::new(key.into(), start.into()).decrypt_block((&mut *clear).into());
    clear
}

/// The one block of an answer with this status.
fn exactly(answer: &Answer, status: u16) -> Option<&Block> {
    (answer.status == status).then(|| answer.data[..].try_into().ok()).flatten()
}

/// CRC-32 as of ISO 3309, not inverted at the end.
fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ ((sum & 1) * 0xEDB8_8320))
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use mabataki_test_support::persona::site;
    use proptest::prelude::*;

    use super::*;
    use crate::card::testing::Laid;

    const UID: [u8; 7] = [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80];

    fn key() -> DesfireKey {
        DesfireKey {
            application: site::DESFIRE_APPLICATION,
            number: site::DESFIRE_KEY_NUMBER,
            key: Zeroizing::new(site::DESFIRE_KEY),
            diversified: false,
        }
    }

    fn tap(name: &str, key: &DesfireKey) -> Option<Result<CardIdentity, Unusable>> {
        prove(&mut Laid::on("Counter", name), key, &[0x5A; 16]).unwrap()
    }

    fn counting(from: u8) -> Block {
        std::array::from_fn(|at| from + at as u8)
    }

    /// Computed with another implementation: key 00 11 to FF, RndA 00 to 0F, RndB F0 to FF.
    #[test]
    fn authentication_and_uid_are_those_of_the_computed_vector() {
        let asked = std::cell::RefCell::new(Vec::new());
        let mut answers = [
            "9100",
            "e85541bb232f07099089753d86c0ddf091af",
            "d4fc7bc6469ba2dcf2463e4c354357669100",
            "bc80a4ed574748482a9a29dfa15de1549100",
        ]
        .into_iter();
        let mut channel = |command: &Command| {
            asked.borrow_mut().push(command.bytes().to_vec());
            Ok::<_, Infallible>(Answer::parse(&bytes(answers.next().unwrap())).unwrap())
        };
        let own = std::array::from_fn(|at| at as u8 * 0x11);
        let key = DesfireKey { number: 0, key: Zeroizing::new(own), ..key() };
        let proved = prove(&mut channel, &key, &counting(0)).unwrap().unwrap().unwrap();
        assert_eq!(proved.id[..], UID);
        let token = "90af0000203b0e3f742a2ca41188fe9d6cbc39dd3407a81ce1fb799104783f0c66d2e550a600";
        assert_eq!(asked.borrow()[1..], [bytes("90aa0000010000"), bytes(token), bytes("9051000000")]);
        let session = session_key(&counting(0), &counting(0xF0));
        assert_eq!(session[..], bytes("00010203f0f1f2f30c0d0e0ffcfdfeff"));
        assert_eq!(cmac(&session, &[GET_CARD_UID])[..], bytes("cbbe94652f61d53a04150b21dc40979e"));
        assert_eq!(crc32(&[&UID[..], &[0]].concat()).to_le_bytes()[..], bytes("0d72603b"));
    }

    /// The example of AN10922, 2.2.1.
    #[test]
    fn a_diversified_key_is_that_of_nxps_example() {
        let key = diversified(
            bytes("00112233445566778899aabbccddeeff")[..].try_into().unwrap(),
            &[&bytes("04782e21801d80"), &bytes("3042f5"), b"NXP Abu"],
        );
        assert_eq!(key[..], bytes("a8dd63a3b89d54b37ca802473fda9175"));
    }

    #[test]
    fn a_card_proves_its_key_and_tells_the_uid_it_hides_from_others() {
        for name in ["desfire", "desfire_private"] {
            let identity = tap(name, &key()).unwrap().unwrap();
            assert_eq!((identity.kind, identity.id_kind), (CardKind::Desfire, IdKind::Uid), "{name}");
            assert_eq!((identity.assurance, &identity.id[..]), (Assurance::Proved, &UID[..]), "{name}");
        }
    }

    #[test]
    fn a_key_of_its_own_is_derived_for_a_card_that_tells_its_uid() {
        let own = DesfireKey { diversified: true, ..key() };
        assert_eq!(tap("desfire_diversified", &own).unwrap().unwrap().id[..], UID);
        assert_eq!(tap("desfire_private", &own), Some(Err(Unusable::RandomIdentifier)));
        assert_eq!(tap("desfire", &own), Some(Err(Unusable::ProofFailed)));
    }

    #[test]
    fn a_copy_proves_nothing_and_a_card_without_the_application_is_another() {
        assert_eq!(tap("desfire_copy", &key()), Some(Err(Unusable::ProofFailed)));
        assert_eq!(tap("desfire", &DesfireKey { number: 7, ..key() }), Some(Err(Unusable::ProofFailed)));
        assert_eq!(tap("desfire", &DesfireKey { application: [1, 2, 3], ..key() }), None);
        assert_eq!(tap("phone", &key()), None);
    }

    #[test]
    fn what_was_overheard_at_one_tap_is_refused_at_the_next() {
        let mut overheard = Laid::on("Counter", "desfire");
        prove(&mut overheard, &key(), &[0x5A; 16]).unwrap();
        let mut answers = overheard.asked.iter();
        let mut replay =
            |_: &Command| Ok::<_, Infallible>(Answer::parse(&answers.next().unwrap().1).unwrap());
        assert_eq!(prove(&mut replay, &key(), &[0x5B; 16]).unwrap(), Some(Err(Unusable::ProofFailed)));
    }

    proptest! {
        #[test]
        fn a_uid_that_was_changed_on_the_way_is_not_taken(hidden in any::<Block>(), session in any::<Block>()) {
            prop_assert!(read_uid(&session, &hidden).is_none());
        }
    }

    fn bytes(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }
}
