//! The record and the words it is made of.

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::LocalOffset;
use crate::card::Assurance;
use crate::text::vocabulary;

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
    /// The runtime library that judged, or would: its version, where it was loaded, and its SHA-256, such as
    /// `1.31.1 sha256:9f86…`. In records before these were kept the version alone.
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

vocabulary! {
    /// The kinds of operation an inspector tells apart (カテゴリ of the checklist).
    pub enum Category, "a category" {
        /// Somebody was to be let in or recognised (認証).
        Authentication = "authentication", "authentication", "認証";
        /// People, cards or settings were changed (管理).
        Administration = "administration", "administration", "管理";
        /// A person's face was taken (登録).
        Enrolment = "enrolment", "enrolment", "登録";
        /// Somebody worked with an application, as its host tells (業務).
        Application = "application", "application", "業務";
        /// A camera or a reader went or came (機器).
        Device = "device", "device", "機器";
        /// The engine itself (システム).
        System = "system", "system", "システム";
    }
}

vocabulary! {
    /// What was done.
    pub enum Operation, "an operation" {
        /// One person was to be let in.
        Authenticate = "authenticate", "authentication", "認証";
        /// A face was looked for among all people.
        Identify = "identify", "identification", "顔による検索";
        /// An attempt turned to what stands in for the ordinary factors; the reason tells the cause.
        Fallback = "fallback", "fallback", "代替手段への切り替え";
        /// An emergency code was used, or tried.
        EmergencyUse = "emergency_use", "emergency access", "緊急アクセスの使用";
        /// The host told whether the system took the password of a provisional grant.
        GrantConfirm = "grant_confirm", "confirmation by the host", "ホストによる確認";
        /// Another person took over from the one before.
        GrantSwitch = "grant_switch", "switch of user", "利用者の切り替え";
        /// A grant ended: log-off, absence, removal, revocation, time.
        GrantEnd = "grant_end", "end of access", "アクセスの終了";
        /// An application login was handed out under a grant.
        LoginRelease = "login_release", "application login handed out", "アプリケーションのログイン情報の払い出し";
        /// The host told whether the application took a login.
        LoginReport = "login_report", "report on an application login", "アプリケーションのログイン結果";
        /// A signed assertion was handed out under a grant.
        AssertionSign = "assertion_sign", "assertion signed", "アサーションの署名";
        /// A person changed their own password.
        PasswordChange = "password_change", "own password changed", "本人によるパスワード変更";
        /// A host tells what was done under a grant; the reason is the host's word for it.
        HostRecord = "host_record", "record by the host", "ホストによる記録";
        /// The store was made.
        StoreCreate = "store_create", "store made", "データベースの作成";
        /// The first administrator was appointed with the set-up token.
        SetUp = "set_up", "first administrator appointed with the set-up token", "初期設定用トークンによる最初の管理者の登録";
        /// A person was added.
        PersonAdd = "person_add", "person added", "利用者の追加";
        /// What is known of a person was changed.
        PersonChange = "person_change", "person changed", "利用者情報の変更";
        /// A person was disabled.
        PersonDisable = "person_disable", "person disabled", "利用者の無効化";
        /// A person was let in again.
        PersonEnable = "person_enable", "person enabled", "利用者の有効化";
        /// A person went on leave.
        PersonLeave = "person_leave", "person put on leave", "利用者の休職";
        /// A person was retired: cards, logins, templates and grants ended.
        PersonRetire = "person_retire", "person retired", "利用者の退職";
        /// A list of people was taken in: who was added, changed or disabled by it has a record too.
        PersonList = "person_list", "list of people taken in", "利用者一覧の取り込み";
        /// A person was erased from the store.
        PersonRemove = "person_remove", "person erased", "利用者の消去";
        /// A card was tied to a person.
        CardBind = "card_bind", "card bound", "カードの登録";
        /// A department card was given to one more person.
        CardShare = "card_share", "department card shared", "部署カードの利用者追加";
        /// A department card was taken from one of its people.
        CardUnshare = "card_unshare", "department card unshared", "部署カードの利用者削除";
        /// A card was suspended.
        CardSuspend = "card_suspend", "card suspended", "カードの停止";
        /// A card was reported lost.
        CardLost = "card_lost", "card reported lost", "カードの紛失届";
        /// A card was returned.
        CardReturn = "card_return", "card returned", "カードの返却";
        /// A card was made active again.
        CardRestore = "card_restore", "card made active again", "カードの再開";
        /// A card was removed.
        CardRemove = "card_remove", "card removed", "カードの削除";
        /// An administrator set a person's password.
        PasswordSet = "password_set", "password set", "パスワードの設定";
        /// A person's password was removed.
        PasswordRemove = "password_remove", "password removed", "パスワードの削除";
        /// An application login was stored.
        LoginPut = "login_put", "application login put", "アプリケーションのログイン情報の登録";
        /// An application login was removed.
        LoginRemove = "login_remove", "application login removed", "アプリケーションのログイン情報の削除";
        /// An emergency code was issued.
        EmergencyIssue = "emergency_issue", "emergency code issued", "緊急コードの発行";
        /// An emergency code was revoked.
        EmergencyRevoke = "emergency_revoke", "emergency code revoked", "緊急コードの取り消し";
        /// The use of an emergency code was reviewed.
        EmergencyReview = "emergency_review", "emergency access reviewed", "緊急アクセスの事後確認";
        /// Two administrators declared a disaster.
        DisasterDeclare = "disaster_declare", "disaster declared", "災害モードの宣言";
        /// A disaster was ended.
        DisasterEnd = "disaster_end", "disaster ended", "災害モードの終了";
        /// A lock-out was cleared.
        LockoutClear = "lockout_clear", "lock-out cleared", "ロックの解除";
        /// The policy was changed.
        PolicySet = "policy_set", "policy changed", "ポリシーの変更";
        /// The site's threshold was measured.
        Calibrate = "calibrate", "threshold measured", "しきい値の校正";
        /// The secret rotation of the templates was renewed.
        RotationRenew = "rotation_renew", "rotation of templates renewed", "テンプレート回転鍵の更新";
        /// A key of the site's cards was set.
        CardKeySet = "card_key_set", "card key set", "カードの鍵の設定";
        /// A key of the site's cards was removed.
        CardKeyRemove = "card_key_remove", "card key removed", "カードの鍵の削除";
        /// The key that signs assertions was renewed.
        KeyRotate = "key_rotate", "signing key renewed", "署名鍵の更新";
        /// The store was sealed under another store key.
        KeyReplace = "key_replace", "store key replaced", "データベース鍵の交換";
        /// A recovery key was made, and its shares handed out.
        RecoveryMake = "recovery_make", "recovery key made", "復旧鍵の作成";
        /// The model pack or the runtime library was pinned.
        Pin = "pin", "model pack and runtime pinned", "モデルとランタイムの固定";
        /// A copy of the store was made.
        StoreBackup = "store_backup", "store backed up", "バックアップ";
        /// The store was put back from a copy.
        StoreRestore = "store_restore", "store restored", "バックアップからの復元";
        /// Records were read, names and all: the object says which.
        LogRead = "log_read", "log read", "ログの閲覧";
        /// A checkpoint was made by hand.
        LogSign = "log_sign", "log signed", "ログへの署名";
        /// A part of the log was taken out as a table or as lines of JSON.
        LogExport = "log_export", "log exported", "ログの書き出し";
        /// A part of the log was moved into an archive.
        LogArchive = "log_archive", "log archived", "ログの保管";
        /// Another terminal was paired with this one.
        TerminalPair = "terminal_pair", "terminal paired", "端末のペアリング";
        /// The pairing with another terminal was ended.
        TerminalUnpair = "terminal_unpair", "pairing of a terminal ended", "端末のペアリング解除";
        /// This terminal's own keys were replaced.
        TerminalRotate = "terminal_rotate", "keys of this terminal replaced", "端末鍵の更新";
        /// Another terminal's replaced keys were taken for its own.
        TerminalRenew = "terminal_renew", "keys of another terminal renewed", "ペアリング先の鍵の更新";
        /// A bundle was made for another terminal.
        BundleExport = "bundle_export", "bundle made", "バンドルの作成";
        /// A bundle of another terminal was taken in.
        BundleImport = "bundle_import", "bundle taken in", "バンドルの取り込み";
        /// An administrator believed the clock, although it stood before what was already seen.
        ClockAccept = "clock_accept", "clock believed", "時計の承認";
        /// A person's face was enrolled.
        FaceEnrol = "face_enrol", "face enrolled", "顔の登録";
        /// A new template could not be compared with so many of the others: somebody may be enrolled twice.
        TemplatesLeftOut = "templates_left_out", "templates left out of a comparison", "照合できなかったテンプレート";
        /// A person's template was removed.
        FaceRemove = "face_remove", "face removed", "顔の削除";
        /// A second administrator approved an enrolment.
        EnrolmentApprove = "enrolment_approve", "enrolment approved", "登録の承認";
        /// An enrolment under review was refused.
        EnrolmentRefuse = "enrolment_refuse", "enrolment refused", "登録の却下";
        /// An enrolment under review was thrown away: nobody had looked at it in time.
        EnrolmentLapse = "enrolment_lapse", "enrolment lapsed", "登録の失効";
        /// A camera went away or failed.
        CameraLost = "camera_lost", "camera lost", "カメラの切断";
        /// A camera came back.
        CameraBack = "camera_back", "camera back", "カメラの復帰";
        /// A card reader went away or failed.
        ReaderLost = "reader_lost", "reader lost", "リーダーの切断";
        /// A card reader came back.
        ReaderBack = "reader_back", "reader back", "リーダーの復帰";
        /// Where copies of the log go has accepted nothing for too long; the reason tells why.
        OutletLost = "outlet_lost", "log's way out lost", "ログ送信先の不通";
        /// It accepts again.
        OutletBack = "outlet_back", "log's way out back", "ログ送信先の復帰";
        /// The engine started.
        Start = "start", "start", "起動";
        /// The engine stopped.
        Stop = "stop", "stop", "停止";
        /// The clock was set, or stood before what was already seen.
        ClockJump = "clock_jump", "clock jump", "時計の変更";
        /// The store was turned into this version's format.
        StoreMigrate = "store_migrate", "store brought to a new format", "データベースの形式更新";
        /// A bundle that is expected from another terminal has not come for long.
        SyncLate = "sync_late", "bundle overdue", "同期の遅れ";
        /// Something is not as it was left: state put back or lost, a log that was cut.
        Alarm = "alarm", "alarm", "警報";
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
            | Self::SetUp
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
            | Self::CardKeySet
            | Self::CardKeyRemove
            | Self::KeyRotate
            | Self::KeyReplace
            | Self::RecoveryMake
            | Self::Pin
            | Self::StoreBackup
            | Self::StoreRestore
            | Self::LogRead
            | Self::LogSign
            | Self::LogExport
            | Self::LogArchive
            | Self::TerminalPair
            | Self::TerminalUnpair
            | Self::TerminalRotate
            | Self::TerminalRenew
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
            Self::CameraLost
            | Self::CameraBack
            | Self::ReaderLost
            | Self::ReaderBack
            | Self::OutletLost
            | Self::OutletBack => Category::Device,
            Self::Start
            | Self::Stop
            | Self::ClockJump
            | Self::StoreMigrate
            | Self::SyncLate
            | Self::Alarm => Category::System,
        }
    }
}

vocabulary! {
    /// How it ended.
    pub enum Outcome, "an outcome" {
        /// The person was let in.
        Granted = "granted", "granted", "許可";
        /// The person was not let in.
        Denied = "denied", "denied", "拒否";
        /// The person was judged, and the terminal does not act on it yet.
        Observed = "observed", "observed only", "観察のみ";
        /// Nothing was presented before the end.
        Abandoned = "abandoned", "abandoned", "中止";
        /// An act was carried out.
        Done = "done", "done", "完了";
        /// An act was done, and counts when somebody else has looked at it.
        Pending = "pending", "waits for approval", "承認待ち";
        /// An act was not allowed or not acceptable.
        Refused = "refused", "refused", "却下";
        /// The engine could not carry it out or could not judge.
        Failed = "failed", "failed", "失敗";
    }
}

vocabulary! {
    /// What is behind who the subject is.
    pub enum Standing, "a standing" {
        /// Factors proved it.
        Proved = "proved", "proved", "認証済み";
        /// The person said so: with an emergency code, or in a disaster.
        Claimed = "claimed", "claimed, not proved", "自己申告";
    }
}

impl Standing {
    /// The standing of somebody who was let in, by a claim or not.
    #[must_use]
    pub const fn of_claim(is_claim: bool) -> Standing {
        if is_claim { Self::Claimed } else { Self::Proved }
    }
}

vocabulary! {
    /// Whose word an entry is.
    pub enum Source, "a source" {
        /// The engine saw or did it itself.
        Engine = "engine", "this product", "本製品";
        /// A host told it.
        Host = "host", "the host (its word)", "ホスト（申告）";
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
