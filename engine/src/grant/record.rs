//! One grant, as it is kept: who, for what, by which factors, and how it ends.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Factor;
use crate::policy::{Patterns, Purpose, Reservation, Steady};
use crate::store::{CardHandle, Document};
use crate::text::vocabulary;

vocabulary! {
    /// Why a grant is good for nothing any more.
    pub enum Ending, "an end of a grant" {
        /// Its time is over.
        Expired = "expired", "Its time is over.", "有効期限が切れました。";
        /// The person logged off.
        LoggedOff = "logged_off", "The person logged off.", "ログオフしました。";
        /// Another person took over the terminal.
        Switched = "switched", "Another person took over.", "利用者が切り替わりました。";
        /// Somebody else unlocked the terminal.
        UnlockedByOther = "unlocked_by_other", "Somebody else unlocked the terminal.", "別の利用者がロックを解除しました。";
        /// Another face was in front of the camera.
        OtherPerson = "other_person", "Another person is in front of the terminal.", "別の人が端末の前にいます。";
        /// The person went away.
        Absent = "absent", "The person left the terminal.", "利用者が離席しました。";
        /// The card was taken from the reader.
        CardRemoved = "card_removed", "The card was removed.", "カードが取り外されました。";
        /// The person may not be let in any more.
        PersonRevoked = "person_revoked", "The person was disabled.", "利用者が無効になりました。";
        /// The card may not be used any more.
        CardRevoked = "card_revoked", "The card was suspended.", "カードが停止されました。";
        /// The face it rests on was forgotten.
        FaceRemoved = "face_removed", "The enrolled face was removed.", "登録された顔が削除されました。";
        /// An administrator ended it.
        Revoked = "revoked", "An administrator ended it.", "管理者が終了しました。";
        /// The operating system refused the password, or nobody confirmed it in time.
        HostRefused = "host_refused", "The system did not take the password.", "システムがパスワードを受け付けませんでした。";
        /// The machine was started again, or the service that held it.
        Restarted = "restarted", "The terminal was restarted.", "端末が再起動されました。";
        /// A backup was put in the place of the store.
        StoreRestored = "store_restored", "The store was restored from a backup.", "バックアップから復元されました。";
        /// A disaster was over, or a code's minutes were.
        EmergencyOver = "emergency_over", "The emergency access is over.", "緊急アクセスが終了しました。";
    }
}

/// The operating system has yet to judge the password that the grant rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provisional {
    /// The host must have said by then, or the grant ends.
    pub until: Steady,
    /// The tries of that password: they stay counted until the host says that it was right.
    pub tries: Vec<OpenTry>,
    /// The grant that it takes the place of once it is confirmed, by its key.
    pub replaces: Option<String>,
}

/// A try that was counted, and is judged after the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenTry {
    /// Under which its counter lies in the store.
    pub counter: String,
    /// Which one it is.
    pub reservation: Reservation,
}

/// The end of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// Why.
    pub why: Ending,
    /// When, UTC.
    pub at: Timestamp,
}

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRecord {
    /// The person, by id: with a shared account still who it is.
    pub subject: String,
    /// Their name as it was then.
    pub name: String,
    /// The account of the host that was opened.
    pub account: Option<String>,
    /// What it was asked for.
    pub purpose: Purpose,
    /// The policy that gave it.
    pub policy: String,
    /// The factors that were given, with what they are worth.
    pub factors: Vec<Factor>,
    /// The card it rests on.
    pub card: Option<CardHandle>,
    /// The terminal.
    pub terminal: String,
    /// The remote computer it was asked from.
    pub origin: Option<String>,
    /// The host that asked for it, by the name that it gave.
    pub host: Option<String>,
    /// When it was given, UTC.
    pub issued: Timestamp,
    /// The same on the clock that counts.
    pub from: Steady,
    /// How long it lives, ms.
    pub life_ms: u64,
    /// The applications it opens without asking again (都度認証 for all others).
    pub applications: Patterns,
    /// The application that it was asked for.
    pub application: Option<String>,
    /// Set until the host has confirmed its password.
    pub provisional: Option<Provisional>,
    /// Set when it is over.
    pub ended: Option<Ended>,
    /// Whether the service holds it for a host. When the service has ended, it is good for nobody any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

impl Document for GrantRecord {
    const KIND: &'static str = "grant";

    fn person(&self) -> Option<&str> {
        Some(&self.subject)
    }
}

impl GrantRecord {
    /// Why the grant is good for nothing at `now`, if that is so. Only the steady clock counts: setting the wall's
    /// lengthens no grant.
    #[must_use]
    pub fn over(&self, now: Steady) -> Option<Ending> {
        if let Some(ended) = &self.ended {
            return Some(ended.why);
        }
        if !self.from.same_boot(now) {
            return Some(Ending::Restarted);
        }
        let longest = self.longest();
        if self.from.elapsed(now) < longest {
            return None;
        }
        // Whichever came first, however late it is noticed.
        Some(match self.purpose {
            _ if longest < self.life() => Ending::HostRefused,
            Purpose::Emergency => Ending::EmergencyOver,
            _ => Ending::Expired,
        })
    }

    /// How long it was good for, until `now` at the latest: it opened nothing after its end, whenever that was noticed.
    #[must_use]
    pub fn lasted(&self, now: Steady) -> Duration {
        self.from.elapsed(now).min(self.longest())
    }

    /// How long it is good for, unless something else ends it: its life, or until the host has to have confirmed it.
    fn longest(&self) -> Duration {
        match &self.provisional {
            Some(provisional) => self.life().min(self.from.elapsed(provisional.until)),
            None => self.life(),
        }
    }

    /// Whether it opens this application: the one it was asked for, and those that the policy lists.
    #[must_use]
    pub fn covers(&self, application: &str) -> bool {
        self.application.as_deref() == Some(application) || self.applications.fits(application)
    }

    /// Whether it rests on a claim, which says who somebody is and proves nothing: an emergency's, by a code or in a
    /// disaster.
    #[must_use]
    pub fn is_claimed(&self) -> bool {
        self.purpose == Purpose::Emergency || self.factors.contains(&Factor::EmergencyCode)
    }

    /// How long it lives from its beginning.
    #[must_use]
    pub fn life(&self) -> Duration {
        Duration::from_millis(self.life_ms)
    }

    /// How much of its life is left at `now`.
    #[must_use]
    pub fn left(&self, now: Steady) -> Duration {
        match self.over(now) {
            Some(_) => Duration::ZERO,
            None => self.life().saturating_sub(self.from.elapsed(now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: [u8; 16] = [1; 16];

    fn at(ms: u64) -> Steady {
        Steady { boot: BOOT, ms }
    }

    fn grant() -> GrantRecord {
        GrantRecord {
            subject: "nurse01".to_owned(),
            name: "A Nurse".to_owned(),
            account: Some("ward3".to_owned()),
            purpose: Purpose::Login,
            policy: "ordinary".to_owned(),
            factors: vec![Factor::Face],
            card: None,
            terminal: "ward3-a".to_owned(),
            origin: None,
            host: None,
            issued: Timestamp::UNIX_EPOCH,
            from: at(1_000),
            life_ms: 60_000,
            applications: Patterns::default(),
            application: None,
            provisional: None,
            ended: None,
            held: false,
        }
    }

    #[test]
    fn a_grant_lives_to_the_millisecond() {
        assert_eq!(grant().over(at(60_999)), None);
        assert_eq!(grant().left(at(60_999)), Duration::from_millis(1));
        assert_eq!(grant().over(at(61_000)), Some(Ending::Expired));
        assert_eq!(grant().left(at(61_000)), Duration::ZERO);
    }

    #[test]
    fn a_restart_of_the_machine_ends_it() {
        assert_eq!(grant().over(Steady { boot: [2; 16], ms: 1_001 }), Some(Ending::Restarted));
    }

    #[test]
    fn a_provisional_grant_ends_unless_the_host_confirms_in_time() {
        let grant = GrantRecord {
            provisional: Some(Provisional { until: at(31_000), tries: Vec::new(), replaces: None }),
            ..grant()
        };
        assert_eq!(grant.over(at(30_999)), None);
        assert_eq!(grant.over(at(31_000)), Some(Ending::HostRefused));
        assert_eq!(grant.over(at(99_999_999)), Some(Ending::HostRefused), "however late it is noticed");
        let longer = Provisional { until: at(200_000), tries: Vec::new(), replaces: None };
        let longer = GrantRecord { provisional: Some(longer), ..grant };
        assert_eq!(longer.over(at(99_999_999)), Some(Ending::Expired));
    }

    #[test]
    fn a_grant_lasted_no_longer_than_its_life_or_its_time_to_be_confirmed() {
        assert_eq!(grant().lasted(at(31_000)), Duration::from_secs(30));
        assert_eq!(grant().lasted(at(99_999_999)), Duration::from_secs(60));
        let until = |ms| Some(Provisional { until: at(ms), tries: Vec::new(), replaces: None });
        let unconfirmed = GrantRecord { provisional: until(31_000), ..grant() };
        assert_eq!(unconfirmed.lasted(at(21_000)), Duration::from_secs(20));
        assert_eq!(unconfirmed.lasted(at(99_999_999)), Duration::from_secs(30));
        let longer = GrantRecord { provisional: until(200_000), ..grant() };
        assert_eq!(longer.lasted(at(99_999_999)), Duration::from_secs(60));
    }

    #[test]
    fn what_ended_it_first_is_what_is_told() {
        let ended = Ended { why: Ending::CardRemoved, at: Timestamp::UNIX_EPOCH };
        assert_eq!(
            GrantRecord { ended: Some(ended), ..grant() }.over(at(99_999_999)),
            Some(Ending::CardRemoved)
        );
    }

    #[test]
    fn an_emergency_says_so_when_its_minutes_are_over() {
        let grant = GrantRecord { purpose: Purpose::Emergency, ..grant() };
        assert_eq!(grant.over(at(61_000)), Some(Ending::EmergencyOver));
    }
}
