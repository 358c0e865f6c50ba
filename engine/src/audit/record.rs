//! The record and the words it is made of.

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::LocalOffset;
use crate::card::Assurance;
use crate::text::words;

/// One thing that happened, before it has its place in the log.
///
/// Texts are limited (see [`Entry::check`]): identifiers to 64 of `A-Z a-z 0-9 . _ @ -`, words (`reason`,
/// `purpose`) to 64 of `a-z 0-9 _`, lines (`name`, `object`, `account`, `runtime`, `camera`, `reader`, `origin`, `host`)
/// to 128 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it ended, UTC. Kept to the microsecond.
    pub time: Timestamp,
    /// What was done.
    pub operation: Operation,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, as a stable word.
    pub reason: Option<String>,
    /// Who did it, or who was to be let in: a person's id. None for an unknown card, and in a store
    /// without administrators.
    pub subject: Option<String>,
    /// The subject's name as it was then: it must be readable after the person is removed.
    pub name: Option<String>,
    /// What it was done to: a person's id, a card's handle, an application, an audience.
    pub object: Option<String>,
    /// The account of the host that was asked for or given.
    pub account: Option<String>,
    /// What the attempt was for.
    pub purpose: Option<String>,
    /// The factors that were proved.
    pub factors: Vec<Factor>,
    /// Whether it was proved or only claimed who the subject is; none for acts, and where nobody was let in.
    pub standing: Option<Standing>,
    /// The attempt's session, so that its records can be found together.
    pub session: Option<String>,
    /// How long it took, ms.
    pub duration_ms: Option<u64>,
    /// The model pack that judged.
    pub pack: Option<Digest>,
    /// The version of the runtime library that judged.
    pub runtime: Option<String>,
    /// The camera of the engine's own that was used, by name.
    pub camera: Option<String>,
    /// The card reader of the engine's own that was used, by name.
    pub reader: Option<String>,
    /// The other computer that was asked from; none at the terminal itself.
    pub origin: Option<String>,
    /// The host that asked, by the name that it gave.
    pub host: Option<String>,
    /// What the host supplied instead of a device the engine owns.
    pub host_supplied: HostSupplied,
    /// Whose word the entry is.
    pub source: Source,
}

impl Entry {
    /// An entry with nothing but what every entry has.
    pub fn new(time: Timestamp, operation: Operation, outcome: Outcome) -> Self {
        Self {
            time,
            operation,
            outcome,
            reason: None,
            subject: None,
            name: None,
            object: None,
            account: None,
            purpose: None,
            factors: Vec::new(),
            standing: None,
            session: None,
            duration_ms: None,
            pack: None,
            runtime: None,
            camera: None,
            reader: None,
            origin: None,
            host: None,
            host_supplied: HostSupplied::default(),
            source: Source::Engine,
        }
    }
}

/// An entry in its place in a terminal's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number: 1 for the first, then without a gap.
    pub seq: u64,
    /// The terminal whose log it is.
    pub terminal: String,
    /// How the site's clocks stood to UTC at the entry's time.
    pub offset: LocalOffset,
    /// What happened.
    pub entry: Entry,
}

words! {
    /// The kinds of operation an inspector tells apart (カテゴリ of the checklist).
    pub enum Category, "a category" {
        /// Somebody was to be let in or recognised (認証).
        Authentication = "authentication",
        /// People, cards or settings were changed (管理).
        Administration = "administration",
        /// A person's face was taken (登録).
        Enrolment = "enrolment",
        /// Somebody worked with an application, as its host tells (業務).
        Application = "application",
        /// A camera or a reader went or came (機器).
        Device = "device",
        /// The engine itself (システム).
        System = "system",
    }
}

words! {
    /// What was done.
    pub enum Operation, "an operation" {
        /// One person was to be let in.
        Authenticate = "authenticate",
        /// A face was looked for among all people.
        Identify = "identify",
        /// An attempt turned to what stands in for the ordinary factors; the reason tells the cause.
        Fallback = "fallback",
        /// An emergency code was used, or tried.
        EmergencyUse = "emergency_use",
        /// The host told whether the system took the password of a provisional grant.
        GrantConfirm = "grant_confirm",
        /// Another person took over from the one before.
        GrantSwitch = "grant_switch",
        /// A grant ended: log-off, absence, removal, revocation, time.
        GrantEnd = "grant_end",
        /// An application login was handed out under a grant.
        LoginRelease = "login_release",
        /// The host told whether the application took a login.
        LoginReport = "login_report",
        /// A signed assertion was handed out under a grant.
        AssertionSign = "assertion_sign",
        /// A person changed their own password.
        PasswordChange = "password_change",
        /// A host tells what was done under a grant; the reason is the host's word for it.
        HostRecord = "host_record",
        /// The store was made.
        StoreCreate = "store_create",
        /// A person was added.
        PersonAdd = "person_add",
        /// What is known of a person was changed.
        PersonChange = "person_change",
        /// A person was disabled.
        PersonDisable = "person_disable",
        /// A person was let in again.
        PersonEnable = "person_enable",
        /// A person went on leave.
        PersonLeave = "person_leave",
        /// A person was retired: cards, logins, templates and grants ended.
        PersonRetire = "person_retire",
        /// A list of people was taken in: who was added, changed or disabled by it has a record too.
        PersonList = "person_list",
        /// A person was erased from the store.
        PersonRemove = "person_remove",
        /// A card was tied to a person.
        CardBind = "card_bind",
        /// A department card was given to one more person.
        CardShare = "card_share",
        /// A department card was taken from one of its people.
        CardUnshare = "card_unshare",
        /// A card was suspended.
        CardSuspend = "card_suspend",
        /// A card was reported lost.
        CardLost = "card_lost",
        /// A card was returned.
        CardReturn = "card_return",
        /// A card was made active again.
        CardRestore = "card_restore",
        /// A card was removed.
        CardRemove = "card_remove",
        /// An administrator set a person's password.
        PasswordSet = "password_set",
        /// A person's password was removed.
        PasswordRemove = "password_remove",
        /// An application login was stored.
        LoginPut = "login_put",
        /// An application login was removed.
        LoginRemove = "login_remove",
        /// An emergency code was issued.
        EmergencyIssue = "emergency_issue",
        /// An emergency code was revoked.
        EmergencyRevoke = "emergency_revoke",
        /// The use of an emergency code was reviewed.
        EmergencyReview = "emergency_review",
        /// Two administrators declared a disaster.
        DisasterDeclare = "disaster_declare",
        /// A disaster was ended.
        DisasterEnd = "disaster_end",
        /// A lock-out was cleared.
        LockoutClear = "lockout_clear",
        /// The policy was changed.
        PolicySet = "policy_set",
        /// The site's threshold was measured.
        Calibrate = "calibrate",
        /// The secret rotation of the templates was renewed.
        RotationRenew = "rotation_renew",
        /// The key that signs assertions was renewed.
        KeyRotate = "key_rotate",
        /// The store was sealed under another store key.
        KeyReplace = "key_replace",
        /// A recovery key was made, and its shares handed out.
        RecoveryMake = "recovery_make",
        /// The model pack or the runtime library was pinned.
        Pin = "pin",
        /// A copy of the store was made.
        StoreBackup = "store_backup",
        /// The store was put back from a copy.
        StoreRestore = "store_restore",
        /// A part of the log was moved into an archive.
        LogArchive = "log_archive",
        /// Another terminal was paired with this one.
        TerminalPair = "terminal_pair",
        /// A bundle was made for another terminal.
        BundleExport = "bundle_export",
        /// A bundle of another terminal was taken in.
        BundleImport = "bundle_import",
        /// An administrator believed the clock, although it stood before what was already seen.
        ClockAccept = "clock_accept",
        /// A person's face was enrolled.
        FaceEnrol = "face_enrol",
        /// A new template could not be compared with so many of the others: somebody may be enrolled twice.
        TemplatesLeftOut = "templates_left_out",
        /// A person's template was removed.
        FaceRemove = "face_remove",
        /// A second administrator approved an enrolment.
        EnrolmentApprove = "enrolment_approve",
        /// An enrolment under review was refused.
        EnrolmentRefuse = "enrolment_refuse",
        /// An enrolment under review was thrown away: nobody had looked at it in time.
        EnrolmentLapse = "enrolment_lapse",
        /// A camera went away or failed.
        CameraLost = "camera_lost",
        /// A camera came back.
        CameraBack = "camera_back",
        /// A card reader went away or failed.
        ReaderLost = "reader_lost",
        /// A card reader came back.
        ReaderBack = "reader_back",
        /// The engine started.
        Start = "start",
        /// The engine stopped.
        Stop = "stop",
        /// The clock was set, or stood before what was already seen.
        ClockJump = "clock_jump",
        /// The store was turned into this version's format.
        StoreMigrate = "store_migrate",
        /// Something is not as it was left: state put back or lost, a log that was cut.
        Alarm = "alarm",
    }
}

impl Operation {
    /// The category an inspector finds it under.
    pub const fn category(self) -> Category {
        match self {
            Self::Authenticate
            | Self::Identify
            | Self::Fallback
            | Self::EmergencyUse
            | Self::GrantConfirm
            | Self::GrantSwitch
            | Self::GrantEnd
            | Self::LoginRelease
            | Self::LoginReport
            | Self::AssertionSign
            | Self::PasswordChange => Category::Authentication,
            Self::StoreCreate
            | Self::PersonAdd
            | Self::PersonChange
            | Self::PersonDisable
            | Self::PersonEnable
            | Self::PersonLeave
            | Self::PersonRetire
            | Self::PersonList
            | Self::PersonRemove
            | Self::CardBind
            | Self::CardShare
            | Self::CardUnshare
            | Self::CardSuspend
            | Self::CardLost
            | Self::CardReturn
            | Self::CardRestore
            | Self::CardRemove
            | Self::PasswordSet
            | Self::PasswordRemove
            | Self::LoginPut
            | Self::LoginRemove
            | Self::EmergencyIssue
            | Self::EmergencyRevoke
            | Self::EmergencyReview
            | Self::DisasterDeclare
            | Self::DisasterEnd
            | Self::LockoutClear
            | Self::PolicySet
            | Self::Calibrate
            | Self::RotationRenew
            | Self::KeyRotate
            | Self::KeyReplace
            | Self::RecoveryMake
            | Self::Pin
            | Self::StoreBackup
            | Self::StoreRestore
            | Self::LogArchive
            | Self::TerminalPair
            | Self::BundleExport
            | Self::BundleImport
            | Self::ClockAccept => Category::Administration,
            Self::FaceEnrol
            | Self::TemplatesLeftOut
            | Self::FaceRemove
            | Self::EnrolmentApprove
            | Self::EnrolmentRefuse
            | Self::EnrolmentLapse => Category::Enrolment,
            Self::HostRecord => Category::Application,
            Self::CameraLost | Self::CameraBack | Self::ReaderLost | Self::ReaderBack => Category::Device,
            Self::Start | Self::Stop | Self::ClockJump | Self::StoreMigrate | Self::Alarm => Category::System,
        }
    }
}

words! {
    /// How it ended.
    pub enum Outcome, "an outcome" {
        /// The person was let in.
        Granted = "granted",
        /// The person was not let in.
        Denied = "denied",
        /// The person was judged, and the terminal does not act on it yet.
        Observed = "observed",
        /// Nothing was presented before the end.
        Abandoned = "abandoned",
        /// An act was carried out.
        Done = "done",
        /// An act was done, and counts when somebody else has looked at it.
        Pending = "pending",
        /// An act was not allowed or not acceptable.
        Refused = "refused",
        /// The engine could not carry it out or could not judge.
        Failed = "failed",
    }
}

words! {
    /// What is behind who the subject is.
    pub enum Standing, "a standing" {
        /// Factors proved it.
        Proved = "proved",
        /// The person said so: with an emergency code, or in a disaster.
        Claimed = "claimed",
    }
}

impl Standing {
    /// The standing of somebody who was let in, by a claim or not.
    #[must_use]
    pub const fn of_claim(is_claim: bool) -> Standing {
        if is_claim { Self::Claimed } else { Self::Proved }
    }
}

words! {
    /// Whose word an entry is.
    pub enum Source, "a source" {
        /// The engine saw or did it itself.
        Engine = "engine",
        /// A host told it.
        Host = "host",
    }
}

/// A factor that was proved, with what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "factor", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Factor {
    /// A card on the reader.
    Card {
        /// What its identity is worth.
        assurance: Assurance,
    },
    /// A live face that matched.
    Face,
    /// The product's own password.
    Password,
    /// The password of the host's account. The host's word until it is confirmed.
    HostPassword,
    /// The card's PIN.
    Pin,
    /// The store's key file.
    StoreKey,
    /// An emergency code. It claims who somebody is and does not prove it.
    EmergencyCode,
}

/// What the host handed in, instead of a device that the engine owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct HostSupplied {
    /// The frames.
    pub frames: bool,
    /// The card.
    pub card: bool,
}
