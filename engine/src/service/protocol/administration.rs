//! What an administrator asks for over a connection. Long lists come page by page: each asks for what follows the last of
//! the page before, and an empty page is the end.

use serde::{Deserialize, Serialize};

use super::{
    CardEntry, CheckpointEntry, CodeEntry, GrantEntry, Hidden, Introduced, LogEntry, LoginEntry, PeerEntry,
    PendingEntry, PersonEntry, UseEntry,
};
use crate::engine::{Lockout, PolicyWarning};
use crate::policy::Factor;
use crate::store::{Consent, FaceException, PersonStatus, Profile, Stop};
use crate::terminal::Scope;

/// What is done, or read. The right that each takes is the engine's to ask for.
#[derive(Debug, Serialize, Deserialize)]
pub enum Act {
    /// People after this id, in the order of their ids.
    People(Option<String>),
    /// One person.
    Person(String),
    /// Somebody new.
    AddPerson(String, Box<Profile>),
    /// Another profile.
    ChangePerson(String, Box<Profile>),
    /// Whether somebody may come in.
    SetStatus(String, PersonStatus),
    /// Somebody has left.
    RetirePerson(String),
    /// Forgets a face, for good.
    RemoveFace(String),
    /// Cards of a person, or of all, after this handle.
    Cards {
        /// Whose.
        person: Option<String>,
        /// The last one that is known already.
        after: Option<String>,
    },
    /// Ties a card that the host has read to a person; only in stores for trials.
    BindCard {
        /// Whose.
        person: String,
        /// `KIND:HEX`.
        card: Hidden,
        /// What its owner calls it.
        label: String,
    },
    /// A card may be used no more.
    StopCard(String, Stop),
    /// It may be used again.
    RestoreCard(String),
    /// It is nobody's any more.
    RemoveCard(String),
    /// Sets somebody's password.
    SetPassword {
        /// Whose.
        person: String,
        /// The new one.
        password: Hidden,
        /// Whether it is good only to be changed.
        must_change: bool,
    },
    /// Takes somebody's password away.
    RemovePassword(String),
    /// Logins of a person, or of all, after this person and application.
    Logins {
        /// Whose.
        person: Option<String>,
        /// The last one that is known already.
        after: Option<(String, String)>,
    },
    /// Puts a login.
    PutLogin {
        /// Whose.
        person: String,
        /// The application.
        application: String,
        /// Who the person is there.
        user: String,
        /// The password there.
        secret: Hidden,
        /// What else is typed, by name.
        fields: Vec<(String, Hidden)>,
    },
    /// Takes a login away: of whom, for which application.
    RemoveLogin(String, String),
    /// What too many failed tries have shut, after this one.
    Lockouts(Option<LockoutKey>),
    /// Opens it again: one factor, or all.
    ClearLockout(LockedOut, Option<Factor>),
    /// Who is let in at the moment, after this number in the log.
    Grants(Option<String>),
    /// Ends somebody's grant, by its number in the log.
    RevokeGrant(String),
    /// The policy in force.
    Policy,
    /// Another policy.
    SetPolicy(String),
    /// Records of the log after this number.
    Log(u64),
    /// Erases somebody, with everything that is theirs.
    RemovePerson(String),
    /// Leave not to show the face for a while; without one it is over.
    SetException(String, Option<FaceException>),
    /// That a person has agreed to the use of their face; without one they have taken it back.
    SetConsent(String, Option<Consent>),
    /// Makes a card a department card, and one more person its holder; or takes it from them.
    ShareCard {
        /// The card's handle.
        handle: String,
        /// The person.
        person: String,
        /// Whether they shall have it.
        shared: bool,
    },
    /// Ways in when the ordinary ones are closed.
    Emergency(EmergencyAct),
    /// Enrolments that wait for somebody to look at them, after this person.
    Pending(Option<String>),
    /// Approves of one, or refuses it.
    Decide {
        /// Whose.
        person: String,
        /// Whether the face counts from now on.
        approve: bool,
    },
    /// Other terminals.
    Peers(PeerAct),
    /// Believes the clock as it stands.
    BelieveClock,
    /// The last checkpoint of the log; if wanted, the log is signed to here first.
    Checkpoint {
        /// Whether to sign.
        sign: bool,
    },
}

/// What is done about emergencies.
#[derive(Debug, Serialize, Deserialize)]
pub enum EmergencyAct {
    /// Issues an emergency code.
    Issue {
        /// The one person it is good for; anybody in the store if none.
        person: Option<String>,
        /// The one terminal it is good at; this one if none.
        terminal: Option<String>,
        /// How long it lets somebody work, minutes.
        minutes: u32,
        /// How long it may wait to be used, s.
        valid_s: u64,
    },
    /// Emergency codes after this handle.
    List(Option<String>),
    /// Takes a code back.
    Revoke(String),
    /// Uses of emergency codes, and of disasters, after this handle.
    Uses {
        /// Those that were reviewed already among them.
        reviewed: bool,
        /// The last one that is known already.
        after: Option<String>,
    },
    /// Notes that a use was looked at, and what was found.
    Review(String, String),
    /// Declares a disaster, together with whoever has the second grant.
    Declare {
        /// The grant of the second administrator, by its number.
        second: Option<u64>,
        /// How long it is to last, s.
        length_s: u64,
        /// Why.
        reason: String,
    },
    /// Ends it.
    End,
}

/// What is done about other terminals.
#[derive(Debug, Serialize, Deserialize)]
pub enum PeerAct {
    /// The terminals that this one was paired with, after this name.
    List(Option<String>),
    /// Pairs with a terminal.
    Pair {
        /// The introduction that it wrote.
        introduction: Vec<u8>,
        /// Its fingerprint, as somebody was told it by another way.
        fingerprint: String,
        /// What may go to it.
        sends: Option<Scope>,
        /// What may come from it.
        takes: Option<Scope>,
    },
    /// Ends a pairing.
    Unpair(String),
    /// Takes the new keys of a terminal that this one is paired with, from its introduction.
    Renew(Vec<u8>),
    /// Draws new keys for this terminal.
    Rotate,
}

/// Whose lock-out it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockedOut {
    /// A person's, by id.
    Person(String),
    /// A department card's, by its handle.
    Card(String),
}

/// By what lock-outs are in order: the person, the card, the factor.
pub type LockoutKey = (Option<String>, Option<String>, Factor);

/// The answer to an [`Act`].
#[derive(Debug, Serialize, Deserialize)]
pub enum Acted {
    /// Done, and no more to say.
    Done,
    /// Whether there was anything to do it to.
    Did(bool),
    /// A page of people.
    People(Vec<PersonEntry>),
    /// One person.
    Person(Box<PersonEntry>),
    /// A page of cards.
    Cards(Vec<CardEntry>),
    /// A card that was bound.
    Card(Box<CardEntry>),
    /// A page of logins.
    Logins(Vec<LoginEntry>),
    /// Lock-outs.
    Lockouts(Vec<Lockout>),
    /// Grants.
    Grants(Vec<GrantEntry>),
    /// So many counters were cleared.
    Cleared(u32),
    /// A policy's text.
    Policy(String),
    /// A page of the log.
    Log(Vec<LogEntry>),
    /// The number of the record in the log that tells of it, and whether what was removed is on the disk no more.
    Erased(u64, bool),
    /// What is odd about the policy that is in force now.
    PolicySet(Vec<PolicyWarning>),
    /// A code that was issued. It is told this once, and kept nowhere.
    Issued(Box<CodeEntry>, Hidden),
    /// A page of codes.
    Codes(Vec<CodeEntry>),
    /// A page of their uses.
    Uses(Vec<UseEntry>),
    /// A page of enrolments that wait.
    Pending(Vec<PendingEntry>),
    /// A page of terminals.
    Peers(Vec<PeerEntry>),
    /// One terminal.
    Peer(Box<PeerEntry>),
    /// This terminal, as it shows itself to others.
    Introduced(Box<Introduced>),
    /// The last checkpoint; none before the first.
    Checkpoint(Option<CheckpointEntry>),
}
