//! Carries out what an administrator asks for. Whether they may is the engine's to say, in the transaction that does it.

mod entries;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

pub(super) use self::entries::{card, introduced};
use self::entries::{checkpoint, code, grant, locked, login, peer, pending, person, record, used};
use super::core::{Core, Guest};
use super::error::Refusal;
use super::protocol::{Act, Acted, EmergencyAct, Hidden, LockedOut, PeerAct};
use crate::card::CardIdentity;
use crate::engine::{Acting, Error, Grant, LockoutOf, NewEmergencyCode, NewLogin};
use crate::policy::Purpose;
use crate::secret::{LoginField, Remark, Secret};
use crate::store::{CardHandle, NewCard};
use crate::terminal::{Introduction, Pairing};

/// The most of a list that goes into one message, bytes.
const PAGE: usize = 48 * 1024;

/// Records of the log that are read for a page.
const RECORDS: u32 = 200;

/// The grant of whoever administers.
pub(super) fn by_whom(
    core: &Core,
    guest: &Guest,
    handle: u64,
    by: Option<u64>,
) -> Result<Option<Grant>, Refusal> {
    match by {
        Some(number) => core.grants.find(handle, &guest.peer.identity()?, number).map(Some),
        None if guest.trusted => Ok(None),
        // In a store without administrators everybody on this machine would be one.
        None => Err(Refusal::unnamed()),
    }
}

/// Does it. `second` is the grant of whoever does it as well, where it takes two.
pub(super) fn carry_out(mut acting: Acting<'_>, act: Act, second: Option<&Grant>) -> Result<Acted, Error> {
    let acted = match act {
        Act::People(after) => {
            let people = acting.summaries()?.into_iter().map(person).collect();
            Acted::People(page(people, |person| person.id.clone(), after))
        }
        Act::Person(id) => Acted::Person(Box::new(person(acting.summary(&id)?))),
        Act::AddPerson(id, profile) => done(acting.add_person(&id, &profile))?,
        Act::ChangePerson(id, profile) => done(acting.change_person(&id, &profile))?,
        Act::SetStatus(id, status) => done(acting.set_status(&id, status))?,
        Act::RetirePerson(id) => done(acting.retire_person(&id).map(drop))?,
        Act::RemoveFace(id) => done(acting.remove_face(&id).map(drop))?,
        Act::Cards { person, after } => {
            let cards = acting.cards(person.as_deref())?.into_iter().map(card).collect();
            Acted::Cards(page(cards, |card| card.handle.clone(), after))
        }
        Act::BindCard { person, card: claimed, label } => {
            let identity = CardIdentity::parse_claim(claimed.expose())?;
            let new = NewCard::labelled(&label, Timestamp::now());
            let handle = acting.bind_claimed_card(&person, &identity, &new)?;
            Acted::Card(Box::new(card(acting.card(&handle)?)))
        }
        Act::StopCard(handle, stop) => done(acting.stop_card(&read(&handle)?, stop))?,
        Act::RestoreCard(handle) => done(acting.restore_card(&read(&handle)?))?,
        Act::RemoveCard(handle) => done(acting.remove_card(&read(&handle)?))?,
        Act::SetPassword { person, password, must_change } => {
            done(acting.set_password(&person, &secret(password)?, must_change))?
        }
        Act::RemovePassword(person) => Acted::Did(acting.remove_password(&person)?),
        Act::Logins { person, after } => {
            let logins = acting.logins(person.as_deref())?.into_iter().map(login).collect();
            Acted::Logins(page(logins, |login| (login.person.clone(), login.application.clone()), after))
        }
        Act::PutLogin { person, application, user, secret: typed, fields } => {
            let field = |(name, value): (String, Hidden)| Ok(LoginField { name, value: secret(value)? });
            let fields = fields.into_iter().map(field).collect::<Result<_, Error>>()?;
            done(
                acting
                    .put_login(&person, NewLogin { app: application, user, secret: secret(typed)?, fields }),
            )?
        }
        Act::RemoveLogin(person, application) => Acted::Did(acting.remove_login(&person, &application)?),
        Act::Lockouts(after) => Acted::Lockouts(page(acting.lockouts()?, locked, after)),
        Act::ClearLockout(LockedOut::Person(person), factor) => {
            Acted::Cleared(acting.clear_lockout(LockoutOf::Person(&person), factor)?)
        }
        Act::ClearLockout(LockedOut::Card(handle), factor) => {
            Acted::Cleared(acting.clear_lockout(LockoutOf::Card(&read(&handle)?), factor)?)
        }
        Act::Grants(after) => {
            let grants = acting.grants()?.into_iter().map(grant).collect();
            Acted::Grants(page(grants, |grant| grant.session.clone(), after))
        }
        Act::RevokeGrant(session) => done(acting.revoke_grant(&session))?,
        Act::Policy => Acted::Policy(acting.policy()?.text),
        Act::SetPolicy(text) => Acted::PolicySet(acting.set_policy(&text)?),
        Act::Log(after) => {
            let records = acting.log(after, RECORDS)?.into_iter().map(record).collect();
            Acted::Log(page(records, |record| record.seq, None))
        }
        Act::RemovePerson(id) => {
            let receipt = acting.remove_person(&id)?;
            Acted::Erased(receipt.seq, receipt.wiped)
        }
        Act::SetException(id, exception) => done(acting.set_face_exception(&id, exception.as_ref()))?,
        Act::SetConsent(id, consent) => done(acting.set_consent(&id, consent.as_ref()))?,
        Act::ShareCard { handle, person, shared: true } => done(acting.share_card(&read(&handle)?, &person))?,
        Act::ShareCard { handle, person, shared: false } => {
            done(acting.unshare_card(&read(&handle)?, &person))?
        }
        Act::Emergency(act) => in_emergency(acting, act, second)?,
        Act::Pending(after) => {
            let waiting = acting.pending_enrolments()?.into_iter().map(pending).collect();
            Acted::Pending(page(waiting, |pending| pending.person.clone(), after))
        }
        Act::Decide { person, approve: true } => done(acting.approve_enrolment(&person))?,
        Act::Decide { person, approve: false } => done(acting.refuse_enrolment(&person))?,
        Act::Peers(act) => with_peers(acting, act)?,
        Act::BelieveClock => done(acting.believe_clock().map(drop))?,
        Act::Checkpoint { sign } => {
            let last = if sign { acting.sign_log()? } else { acting.last_checkpoint()? };
            Acted::Checkpoint(last.as_ref().map(checkpoint))
        }
    };
    Ok(acted)
}

fn in_emergency(mut acting: Acting<'_>, act: EmergencyAct, second: Option<&Grant>) -> Result<Acted, Error> {
    Ok(match act {
        EmergencyAct::Issue { person, terminal, minutes, valid_s } => {
            // A policy opens nothing else by a code.
            let purposes = vec![Purpose::Emergency];
            let valid = Duration::from_secs(valid_s);
            let new = NewEmergencyCode { person, terminal, purposes, minutes, valid };
            let issued = acting.issue_emergency_code(&new)?;
            let entry = code((issued.handle, issued.issued));
            Acted::Issued(Box::new(entry), Hidden::new(issued.code.to_text()))
        }
        EmergencyAct::List(after) => {
            let codes = acting.emergency_codes()?.into_iter().map(code).collect();
            Acted::Codes(page(codes, |code| code.handle.clone(), after))
        }
        EmergencyAct::Revoke(handle) => done(acting.revoke_emergency_code(&handle))?,
        EmergencyAct::Uses { reviewed, after } => {
            let uses = acting.emergency_uses(reviewed)?.into_iter().map(used).collect();
            Acted::Uses(page(uses, |used| used.handle.clone(), after))
        }
        EmergencyAct::Review(handle, note) => done(acting.review_emergency(&handle, &Remark::new(&note)?))?,
        EmergencyAct::Declare { length_s, reason, .. } => {
            let (length, reason) = (Duration::from_secs(length_s), Remark::new(&reason)?);
            done(acting.declare_disaster(second, length, &reason).map(drop))?
        }
        EmergencyAct::End => Acted::Did(acting.end_disaster()?),
    })
}

fn with_peers(mut acting: Acting<'_>, act: PeerAct) -> Result<Acted, Error> {
    let one = |record| Acted::Peer(Box::new(peer(record)));
    Ok(match act {
        PeerAct::List(after) => {
            let peers = acting.peers()?.into_iter().map(peer).collect();
            Acted::Peers(page(peers, |peer| peer.terminal.clone(), after))
        }
        PeerAct::Pair { introduction, fingerprint, sends, takes } => {
            let introduction = Introduction::parse(&introduction)?;
            let typed = fingerprint.parse()?;
            one(acting.pair(&introduction, &typed, Pairing { sends, takes })?)
        }
        PeerAct::Unpair(name) => one(acting.unpair(&name)?),
        PeerAct::Renew(introduction) => one(acting.renew_peer(&Introduction::parse(&introduction)?)?),
        PeerAct::Rotate => Acted::Introduced(Box::new(introduced(&acting.rotate_terminal_keys()?))),
    })
}

fn done(done: Result<(), Error>) -> Result<Acted, Error> {
    done.map(|()| Acted::Done)
}

/// Of what follows `after`, in the order of the keys, as many as one message holds: the client asks for what follows the last
/// of them.
fn page<T: Serialize, K: Ord>(mut items: Vec<T>, key: impl Fn(&T) -> K, after: Option<K>) -> Vec<T> {
    items.sort_by_cached_key(&key);
    let mut left = PAGE;
    let mut fits = |item: &T| {
        let length = postcard::to_allocvec(item).map_or(usize::MAX, |bytes| bytes.len());
        let rest = left.checked_sub(length);
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    let rest = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after));
    // The first goes in whatever its length: an empty page is the end. Beyond a message it is refused where it is sent.
    let mut first = true;
    rest.take_while(|item| std::mem::take(&mut first) | fits(item)).collect()
}

fn read(handle: &str) -> Result<CardHandle, Error> {
    Ok(handle.parse()?)
}

fn secret(text: Hidden) -> Result<Secret, Error> {
    Ok(Secret::new(text.into_text())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_what_fits_into_a_message_and_is_empty_only_at_the_end() {
        let texts = |lengths: &[usize]| lengths.iter().map(|length| "x".repeat(*length)).collect::<Vec<_>>();
        let pages = |lengths: &[usize]| page(texts(lengths), |_| 0, None).len();
        assert_eq!(pages(&[]), 0);
        assert_eq!(pages(&[20_000, 20_000, 20_000]), 2);
        assert_eq!(pages(&[PAGE + 1, 10]), 1);
        assert_eq!(pages(&[10, PAGE + 1, 10]), 1);
        assert_eq!(page(vec![3, 1, 2], |number| *number, Some(1)), [2, 3]);
    }
}
