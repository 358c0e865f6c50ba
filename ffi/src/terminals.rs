//! This terminal among others: who it is to them, and which it is paired with. Bundles are jobs: mbt_job_begin.

use std::ffi::c_char;

use mabataki_engine::service::protocol::{Act, Acted, Introduced, PeerAct, PeerEntry};
use mabataki_engine::terminal::Scope;

use crate::acting::{MOST_TEXT, Page, by_whom, bytes, held, lines, other_answer, seconds};
use crate::buffer::mbt_buffer;
use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::mbt_grant;
use crate::sized::{Out, Plain, place, take};
use crate::slot::on;
use crate::status::mbt_status;
use crate::strings::{fill, optional, required};

/// The longest introduction, bytes.
const MOST_INTRODUCTION: usize = mabataki_engine::terminal::MOST_INTRODUCTION;
/// The longest list of wards or applications, bytes.
const MOST_LIST: usize = 40 * 1024;

/// What passes between two terminals: anything goes there,
pub const MBT_PEER_SENDS: u32 = 1;
/// anything comes from there,
pub const MBT_PEER_TAKES: u32 = 2;
/// the policy goes or comes with it,
pub const MBT_PEER_SENDS_POLICY: u32 = 4;
pub const MBT_PEER_TAKES_POLICY: u32 = 8;
/// and people whose role carries a right.
pub const MBT_PEER_SENDS_ADMINISTRATORS: u32 = 16;
pub const MBT_PEER_TAKES_ADMINISTRATORS: u32 = 32;

/// A terminal, by the keys that it shows.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_terminal {
    pub size: u32,
    /// Which of its key pairs it is known by, from 1.
    pub number: u32,
    pub name: [c_char; 256],
    /// To be told by another way than the introduction goes, and compared.
    pub fingerprint: [c_char; 64],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_terminal {}

/// A terminal that this one is, or was, paired with.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_peer {
    pub size: u32,
    /// MBT_PEER_SENDS, MBT_PEER_TAKES
    pub flags: u32,
    pub number: u32,
    pub reserved: u32,
    /// When they were paired, and when that ended: seconds since 1970, UTC; 0 for not yet, as in complete_s.
    pub paired_s: i64,
    pub ended_s: i64,
    /// As of when everything that comes from it is here.
    pub complete_s: i64,
    /// The revisions of the last bundle that was made for it, and taken from it; 0 before the first.
    pub sent: u64,
    pub taken: u64,
    pub name: [c_char; 256],
    pub fingerprint: [c_char; 64],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_peer {}

/// What is to pass.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_pair_params {
    pub size: u32,
    /// MBT_PEER_*; a list without the flag for its direction is refused.
    pub flags: u32,
    /// What the other terminal wrote: mbt_terminal_identity, or mabataki terminal show --out.
    pub introduction: *const u8,
    pub introduction_len: usize,
    /// As somebody was told it by another way.
    pub fingerprint: *const c_char,
    /// Wards whose people pass, and applications whose logins do: each a line, with a * at its end for all that begin like it.
    /// NULL for none.
    pub sends_wards: *const c_char,
    pub sends_applications: *const c_char,
    pub takes_wards: *const c_char,
    pub takes_applications: *const c_char,
}

// SAFETY: repr(C), begins with `size`; numbers and pointers that may hold anything until they are looked at.
unsafe impl Plain for mbt_pair_params {}

/// This terminal, as it shows itself to others. `introduction` (may be NULL) is what the other one is to read: free it with
/// mbt_buffer_free.
///
/// # Safety
/// `out` is NULL or points to an `mbt_terminal` whose `size` is set; `introduction` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_terminal_identity(
    engine: *const mbt_engine,
    out: *mut mbt_terminal,
    introduction: *mut mbt_buffer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        // SAFETY: as this function asks of its caller.
        unsafe { introduce(out, introduction, || Ok(client.introduce()?)) }
    })
}

/// Draws new keys for this terminal. Peers take them from the introduction: mbt_peer_renew.
///
/// # Safety
/// As for mbt_terminal_identity.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_terminal_rotate(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    out: *mut mbt_terminal,
    introduction: *mut mbt_buffer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        let rotate = || match client.act(by.as_deref(), Act::Peers(PeerAct::Rotate))? {
            Acted::Introduced(introduced) => Ok(*introduced),
            _ => Err(other_answer()),
        };
        // SAFETY: as this function asks of its caller.
        unsafe { introduce(out, introduction, rotate) }
    })
}

/// Terminals that this one is, or was, paired with. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_peer_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    after: *const mbt_peer,
    items: *mut mbt_peer,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let after = unsafe { after_this(after) }?;
        match client.act(by.as_deref(), Act::Peers(PeerAct::List(after)))? {
            Acted::Peers(entries) => page.give(entries, told),
            _ => Err(other_answer()),
        }
    })
}

/// Pairs with a terminal, whose fingerprint somebody has compared. `out` may be NULL.
///
/// # Safety
/// `params` is NULL or points to an `mbt_pair_params` whose `size` is set, whose texts are NULL or NUL-terminated, and whose
/// introduction is NULL or as long as its length says; `out` is NULL or points to an `mbt_peer` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_peer_pair(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    params: *const mbt_pair_params,
    out: *mut mbt_peer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { wanted_peer(out) }?;
        // SAFETY: as above.
        let pair = unsafe { pairing(params) }?;
        tell(client.act(by.as_deref(), Act::Peers(pair))?, out)
    })
}

/// Takes the new keys of a terminal that this one is paired with, from its introduction. `out` may be NULL.
///
/// # Safety
/// `introduction` is NULL or points to `len` readable bytes; `out` is NULL or points to an `mbt_peer` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_peer_renew(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    introduction: *const u8,
    len: usize,
    out: *mut mbt_peer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { wanted_peer(out) }?;
        // SAFETY: as above.
        let introduction = unsafe { bytes(introduction, len, "the introduction", MOST_INTRODUCTION) }?;
        tell(client.act(by.as_deref(), Act::Peers(PeerAct::Renew(introduction.to_vec())))?, out)
    })
}

/// Ends a pairing: nothing passes any more. `out` may be NULL.
///
/// # Safety
/// `name` is NULL or NUL-terminated; `out` is NULL or points to an `mbt_peer` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_peer_unpair(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    name: *const c_char,
    out: *mut mbt_peer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { wanted_peer(out) }?;
        // SAFETY: as above.
        let name = unsafe { required(name, "the terminal's name", MOST_TEXT) }?;
        tell(client.act(by.as_deref(), Act::Peers(PeerAct::Unpair(name)))?, out)
    })
}

/// # Safety
/// As for [`mbt_terminal_identity`].
unsafe fn introduce(
    out: *mut mbt_terminal,
    introduction: *mut mbt_buffer,
    ask: impl FnOnce() -> Answer<Introduced>,
) -> Answer {
    // SAFETY: as this function asks of its caller.
    let out = unsafe { Out::new(out) }?;
    let text = if introduction.is_null() {
        None
    } else {
        // SAFETY: as above.
        Some(unsafe { place(introduction, "the introduction") }?)
    };
    let told = ask()?;
    out.give(&mbt_terminal {
        size: 0,
        number: told.number,
        name: fill(&told.terminal),
        fingerprint: fill(&told.fingerprint),
    });
    if let Some(text) = text {
        text.write(mbt_buffer::holding(told.text.as_bytes()));
    }
    Ok(())
}

/// # Safety
/// As for [`mbt_peer_pair`].
unsafe fn pairing(params: *const mbt_pair_params) -> Answer<PeerAct> {
    // SAFETY: as this function asks of its caller.
    let params = unsafe { take(params, "mbt_pair_params") }?;
    let (wards, applications) = (params.sends_wards, params.sends_applications);
    let flags = [MBT_PEER_SENDS, MBT_PEER_SENDS_POLICY, MBT_PEER_SENDS_ADMINISTRATORS];
    // SAFETY: as this function asks of its caller.
    let sends = unsafe { scope(wards, applications, flags.map(|flag| params.flags & flag != 0)) }?;
    let (wards, applications) = (params.takes_wards, params.takes_applications);
    let flags = [MBT_PEER_TAKES, MBT_PEER_TAKES_POLICY, MBT_PEER_TAKES_ADMINISTRATORS];
    // SAFETY: as this function asks of its caller.
    let takes = unsafe { scope(wards, applications, flags.map(|flag| params.flags & flag != 0)) }?;
    if params.flags >= MBT_PEER_TAKES_ADMINISTRATORS << 1 {
        return Err(Failure::invalid(format!(
            "mbt_pair_params has flags that are none: {:#x}",
            params.flags
        )));
    }
    let (text, length) = (params.introduction, params.introduction_len);
    // SAFETY: as this function asks of its caller.
    let introduction = unsafe { bytes(text, length, "the introduction", MOST_INTRODUCTION) }?.to_vec();
    // SAFETY: as this function asks of its caller.
    let fingerprint = unsafe { required(params.fingerprint, "the fingerprint", MOST_TEXT) }?;
    Ok(PeerAct::Pair { introduction, fingerprint, sends, takes })
}

/// # Safety
/// `wards` and `applications` are NULL or NUL-terminated.
unsafe fn scope(
    wards: *const c_char,
    applications: *const c_char,
    [passes, policy, administrators]: [bool; 3],
) -> Answer<Option<Scope>> {
    // SAFETY: as this function asks of its caller.
    let list = |text, name| unsafe { optional(text, name, MOST_LIST) };
    let (wards, applications) = (list(wards, "the wards")?, list(applications, "the applications")?);
    if !passes {
        if policy || administrators || wards.is_some() || applications.is_some() {
            return Err(Failure::invalid(
                "something is to pass in a direction in which nothing does: expected its flag",
            ));
        }
        return Ok(None);
    }
    let lines = |text: Option<String>| lines(&text.unwrap_or_default());
    let scope = Scope::new(lines(wards), lines(applications), policy, administrators);
    scope.map(Some).map_err(|error| Failure::invalid(error.to_string()))
}

/// # Safety
/// `out` is NULL or points to an `mbt_peer` whose `size` is set.
unsafe fn wanted_peer(out: *mut mbt_peer) -> Answer<Option<Out<mbt_peer>>> {
    if out.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    unsafe { Out::new(out) }.map(Some)
}

fn tell(acted: Acted, out: Option<Out<mbt_peer>>) -> Answer {
    let Acted::Peer(peer) = acted else { return Err(other_answer()) };
    if let Some(out) = out {
        out.give(&told(&peer));
    }
    Ok(())
}

fn told(entry: &PeerEntry) -> mbt_peer {
    let [sends, takes] = entry.passes;
    mbt_peer {
        size: 0,
        flags: (if sends { MBT_PEER_SENDS } else { 0 }) | (if takes { MBT_PEER_TAKES } else { 0 }),
        number: entry.number,
        reserved: 0,
        paired_s: entry.paired.as_second(),
        ended_s: seconds(entry.ended),
        complete_s: seconds(entry.complete),
        sent: entry.sent,
        taken: entry.taken,
        name: fill(&entry.terminal),
        fingerprint: fill(&entry.fingerprint),
    }
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_this(after: *const mbt_peer) -> Answer<Option<String>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    held(&after.name, "the name of the entry before").map(Some)
}
