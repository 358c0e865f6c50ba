//! The record and the words it is made of.

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use crate::card::Assurance;
use crate::text::words;

/// One thing that happened, before it has its place in the log.
///
/// Texts are limited (see [`Entry::check`]): identifiers to 64 of `A-Z a-z 0-9 . _ @ -`, words (`reason`,
/// `purpose`) to 64 of `a-z 0-9 _`, lines (`name`, `account`, `runtime`) to 128 characters.
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
    /// What it was done to: a person's id or a card's handle.
    pub object: Option<String>,
    /// The account of the host that was asked for or given.
    pub account: Option<String>,
    /// What the attempt was for.
    pub purpose: Option<String>,
    /// The factors that were proved.
    pub factors: Vec<Factor>,
    /// The attempt's session, so that its records can be found together.
    pub session: Option<String>,
    /// How long it took, ms.
    pub duration_ms: Option<u64>,
    /// The model pack that judged.
    pub pack: Option<Digest>,
    /// The version of the runtime library that judged.
    pub runtime: Option<String>,
    /// What the host supplied instead of a device the engine owns.
    pub host_supplied: HostSupplied,
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
            session: None,
            duration_ms: None,
            pack: None,
            runtime: None,
            host_supplied: HostSupplied::default(),
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
        /// The store was made.
        StoreCreate = "store_create",
        /// A person was added.
        PersonAdd = "person_add",
        /// A person was disabled.
        PersonDisable = "person_disable",
        /// A disabled person was enabled.
        PersonEnable = "person_enable",
        /// A person was removed with templates and cards.
        PersonRemove = "person_remove",
        /// A card was tied to a person.
        CardBind = "card_bind",
        /// A card was suspended.
        CardSuspend = "card_suspend",
        /// A card was reported lost.
        CardLost = "card_lost",
        /// A suspended or lost card was made active.
        CardRestore = "card_restore",
        /// A card was removed.
        CardRemove = "card_remove",
        /// A person's face was enrolled.
        FaceEnrol = "face_enrol",
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
    }
}

impl Operation {
    /// The category an inspector finds it under.
    pub const fn category(self) -> Category {
        match self {
            Self::Authenticate | Self::Identify => Category::Authentication,
            Self::StoreCreate
            | Self::PersonAdd
            | Self::PersonDisable
            | Self::PersonEnable
            | Self::PersonRemove
            | Self::CardBind
            | Self::CardSuspend
            | Self::CardLost
            | Self::CardRestore
            | Self::CardRemove => Category::Administration,
            Self::FaceEnrol => Category::Enrolment,
            Self::CameraLost | Self::CameraBack | Self::ReaderLost | Self::ReaderBack => Category::Device,
            Self::Start | Self::Stop => Category::System,
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
        /// Nothing was presented before the end.
        Abandoned = "abandoned",
        /// An act was carried out.
        Done = "done",
        /// An act was not allowed or not acceptable.
        Refused = "refused",
        /// The engine could not carry it out or could not judge.
        Failed = "failed",
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
}

/// What the host handed in, instead of a device that the engine owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct HostSupplied {
    /// The frames.
    pub frames: bool,
    /// The card.
    pub card: bool,
}
