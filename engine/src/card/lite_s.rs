//! FeliCa Lite-S: the card proves its card key by a MAC over what it tells (internal authentication; Sony, "FeliCa Lite-S
//! User's Manual" and "Security Technical Notes").
//!
//! ```text
//! RC block (80h)   <- 16 random bytes, each half reversed
//! ID block (82h)   -> the card's IDm, and what the issuer wrote beside it
//! MAC_A    (91h)   -> MAC over the numbers of the blocks read and over the ID block
//! ```
//!
//! The session key comes of the card key and of the challenge, so an answer that was overheard proves nothing at the next
//! tap. The card key comes of the site's master key and the ID block, so a key taken out of one card is of no use in
//! another, and the ID block must hold the IDm that answered.
//!
//! What public vectors prove: the session key and the chain of the MAC, without numbers of blocks. None is public for the
//! numbers in `MAC_A`, nor for the card key: both follow the manuals, and one public implementation that was read.

use cbc::Encryptor;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use des::cipher::{BlockCipherEncrypt, KeyInit};
use des::{TdesEde2, TdesEde3};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::apdu::Channel;
use super::felica::{Link, Said, kind_of};
use super::identifier::idm;
use super::plan::LiteSKeys;
use super::{Assurance, CardIdentity, CardKind, IdKind, Unusable};

/// The system of Lite and Lite-S cards.
const SYSTEM: u16 = 0x88B4;
/// The service of all blocks, to be read; and to be read and written.
const READ_ONLY: u16 = 0x000B;
const READ_WRITE: u16 = 0x0009;
const RANDOM_CHALLENGE: u16 = 0x80;
const ID: u16 = 0x82;
const MAC_A: u16 = 0x91;

type Block = [u8; 16];
type Group = [u8; 8];

/// Has the card prove its key; none when it is no Lite-S card. `challenge` is drawn anew for every tap.
pub(super) fn prove<C: Channel>(
    channel: &mut C,
    link: &mut Link,
    keys: &LiteSKeys,
    challenge: &[u8; 16],
) -> Result<Option<Result<CardIdentity, Unusable>>, C::Error> {
    let Some(target) = link.poll(channel, SYSTEM)? else { return Ok(None) };
    if kind_of(&target.pmm) != CardKind::FelicaLiteS {
        // A Lite card has no key of its own to prove.
        return Ok(None);
    }
    let failed = Ok(Some(Err(Unusable::ProofFailed)));
    let written = reversed_halves(challenge);
    let Said::Done(()) = link.write(channel, &target.idm, READ_WRITE, RANDOM_CHALLENGE, &written)? else {
        return failed;
    };
    let Said::Done(blocks) = link.read(channel, &target.idm, READ_ONLY, &[ID, MAC_A])? else { return failed };
    let ([id, mac], []) = blocks.as_chunks::<16>() else { return failed };
    let expected = mac_over_id(&card_key(&keys.master, id), challenge, id);
    let is_its_own = bool::from(expected[..].ct_eq(&mac[..8]));
    if !is_its_own || id[..8] != target.idm {
        return failed;
    }
    Ok(Some(idm(&target.idm).map(|id| CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::Proved,
        id,
    })))
}

/// `MAC_A` of a read of the ID block.
fn mac_over_id(card_key: &Block, challenge: &Block, id: &Block) -> Group {
    let mut data = Zeroizing::new([0; 24]);
    // The numbers of the blocks read, two bytes each, and FF up to eight.
    data[..8].copy_from_slice(&[ID as u8, 0x00, MAC_A as u8, 0x00, 0xFF, 0xFF, 0xFF, 0xFF]);
    data[8..].copy_from_slice(id);
    mac(&session_key(card_key, challenge), challenge, &data[..])
}

/// The session key: two-key 3DES in CBC over the challenge, from zero, under the card key.
fn session_key(card_key: &Block, challenge: &Block) -> Zeroizing<Block> {
    let key = Zeroizing::new(reversed_halves(card_key));
    let mut chain = Encryptor::<TdesEde2>::new((&*key).into(), &[0; 8].into());
    let mut session = Zeroizing::new(*challenge);
    for half in session.as_chunks_mut::<8>().0 {
        chain.encrypt_block(half.into());
    }
    session
}

/// The last group of the CBC chain over groups of eight bytes, each reversed, from the first half of the challenge on;
/// itself reversed.
fn mac(session: &Block, challenge: &Block, data: &[u8]) -> Group {
    let mut start = Group::default();
    start.copy_from_slice(&challenge[..8]);
    let mut chain = Encryptor::<TdesEde2>::new(session.into(), &start.into());
    let mut last = Group::default();
    for group in data.as_chunks::<8>().0 {
        last = *group;
        last.reverse();
        chain.encrypt_block((&mut last).into());
    }
    last.reverse();
    last
}

/// The card key as it stands in the CK block of a personalised card: its halves are CMACs (NIST SP 800-38B) under the
/// master key with three-key 3DES, over the ID block, and over the same with the uppermost bit turned.
fn card_key(master: &[u8; 24], id: &Block) -> Zeroizing<Block> {
    let cipher = TdesEde3::new(master.into());
    let mut zero = Zeroizing::new(Group::default());
    cipher.encrypt_block((&mut *zero).into());
    let subkey = Zeroizing::new(doubled(&zero));
    let mut key = Zeroizing::new(Block::default());
    for (half, turned) in key.as_chunks_mut::<8>().0.iter_mut().zip([0x00, 0x80]) {
        half.copy_from_slice(&id[..8]);
        half[0] ^= turned;
        cipher.encrypt_block(half.into());
        for (byte, (last, subkey)) in half.iter_mut().zip(id[8..].iter().zip(subkey.iter())) {
            *byte ^= last ^ subkey;
        }
        cipher.encrypt_block(half.into());
    }
    key
}

/// Doubling in the field of 64 bits that CMAC has (R64: 1B).
fn doubled(group: &Group) -> Group {
    let value = u64::from_be_bytes(*group);
    ((value << 1) ^ ((value >> 63) * 0x1B)).to_be_bytes()
}

fn reversed_halves(block: &Block) -> Block {
    let mut reversed = *block;
    reversed[..8].reverse();
    reversed[8..].reverse();
    reversed
}

#[cfg(test)]
mod tests {
    use mabataki_test_support::persona::site;
    use proptest::prelude::*;

    use super::*;
    use crate::card::testing::Laid;

    fn keys() -> LiteSKeys {
        LiteSKeys { master: Zeroizing::new(site::LITE_S_MASTER) }
    }

    fn tap(name: &str, challenge: &Block) -> Option<Result<CardIdentity, Unusable>> {
        let mut laid = Laid::on("Counter", name);
        prove(&mut laid, &mut Link::new(None, "Counter"), &keys(), challenge).unwrap()
    }

    /// The example that nfcpy publishes: key, challenge and ID block.
    fn published() -> (Block, Block) {
        let mut challenge = Block::default();
        (0..16u8).for_each(|at| challenge[usize::from(at)] = at);
        (reversed_halves(b"0123456789abcdef"), challenge)
    }

    #[test]
    fn the_session_key_and_the_mac_are_the_published_ones() {
        let (card_key, challenge) = published();
        assert_eq!(card_key[..], *b"76543210fedcba98");
        let session = session_key(&card_key, &challenge);
        assert_eq!(u128::from_be_bytes(*session), 0xB636_D955_A9F0_E2CC_48B1_06F9_5506_C3F6);
        assert_eq!(u64::from_be_bytes(mac(&session, &challenge, &[0; 16])), 0xCC97_F1B9_7B8B_BC79);
    }

    #[test]
    fn the_mac_over_the_numbers_of_the_blocks_is_the_computed_one() {
        let (card_key, challenge) = published();
        let mac = mac_over_id(&card_key, &challenge, &[0; 16]);
        assert_eq!(u64::from_be_bytes(mac), 0x547B_D325_8A37_5A1E);
    }

    #[test]
    fn the_subkey_is_the_one_of_nists_examples() {
        // NIST SP 800-38B, appendix D, three-key TDEA: CIPH(0) and K1.
        let zero = 0xC8CC_74E9_8A73_29A2_u64.to_be_bytes();
        assert_eq!(u64::from_be_bytes(doubled(&zero)), 0x9198_E9D3_14E6_535F);
    }

    #[test]
    fn a_card_of_the_site_proves_its_idm_on_every_reader() {
        for name in ["lite_s", "lite_s_sony", "lite_s_identiv"] {
            let identity = tap(name, &[0x5A; 16]).unwrap().unwrap();
            assert_eq!((identity.assurance, identity.id_kind), (Assurance::Proved, IdKind::Idm), "{name}");
            assert_eq!(identity.id[..], [0x01, 0x2E, 0x4F, 0x58, 0x61, 0x72, 0x83, 0x94]);
        }
    }

    #[test]
    fn a_copy_a_pretender_and_a_card_of_another_site_prove_nothing() {
        assert_eq!(tap("lite_s_copy", &[0x5A; 16]), Some(Err(Unusable::ProofFailed)));
        assert_eq!(tap("lite_s_pretender", &[0x5A; 16]), Some(Err(Unusable::ProofFailed)));
        let mut other = keys();
        other.master[0] ^= 0x80;
        let mut laid = Laid::on("Counter", "lite_s");
        let proved = prove(&mut laid, &mut Link::new(None, "Counter"), &other, &[0x5A; 16]).unwrap();
        assert_eq!(proved, Some(Err(Unusable::ProofFailed)));
    }

    #[test]
    fn other_felica_cards_are_not_asked_for_a_proof() {
        assert_eq!(tap("fcf", &[0; 16]), None);
        assert_eq!(tap("transit", &[0; 16]), None);
    }

    #[test]
    fn what_was_overheard_at_one_tap_is_refused_at_the_next() {
        let mut overheard = Laid::on("Counter", "lite_s");
        prove(&mut overheard, &mut Link::new(None, "Counter"), &keys(), &[0x5A; 16]).unwrap();
        let replay = |challenge: &Block| {
            let mut answers = overheard.asked.iter();
            let mut channel = |_: &super::super::apdu::Command| {
                let (_, answer) = answers.next().unwrap();
                Ok::<_, std::convert::Infallible>(super::super::apdu::Answer::parse(answer).unwrap())
            };
            prove(&mut channel, &mut Link::new(None, "Counter"), &keys(), challenge).unwrap()
        };
        assert!(replay(&[0x5A; 16]).unwrap().is_ok());
        assert_eq!(replay(&[0x5B; 16]), Some(Err(Unusable::ProofFailed)));
    }

    proptest! {
        #[test]
        fn no_id_block_but_its_own_fits_a_mac(id in any::<Block>(), bit in 0..128usize, challenge in any::<Block>()) {
            let mut other = id;
            other[bit / 8] ^= 1 << (bit % 8);
            let mac = |id: &Block| mac_over_id(&card_key(&site::LITE_S_MASTER, id), &challenge, id);
            prop_assert_ne!(mac(&id), mac(&other));
        }
    }
}
