//! What became of a bundle.

use crate::bundle::RecordKey;
use crate::text::vocabulary;

/// Most rejected records that are told one by one: more than somebody looks through, and little enough for any memory.
pub(super) const MOST_REJECTED: usize = 1000;

vocabulary! {
    /// Why a record of a bundle is not taken in.
    pub enum Rejection, "why a record is rejected" {
        /// It is here already, and not from this sender.
        Exists = "exists", "is here already, and not from this sender", "この端末に別の経路で登録済みです";
        /// It is beyond what the bundle says that it carries.
        OutOfScope = "out_of_scope", "is beyond the bundle's scope", "バンドルの範囲外です";
        /// The person would have rights as an administrator, and the pairing lets none through.
        Administrator = "administrator",
            "would administer here, and the pairing lets no administrators through",
            "管理権限を持つことになりますが、ペアリングで許可されていません";
        /// The face was taken with a model that this terminal does not have.
        OtherModel = "other_model",
            "is of a face model that this terminal does not have", "この端末にない顔モデルのテンプレートです";
        /// It belongs to somebody who is not here, or not from this sender.
        NoPerson = "no_person",
            "belongs to somebody who is not here by this sender", "この送信元からの利用者に属していません";
        /// Something of it is not as it must be.
        Unfit = "unfit", "does not fit", "内容が正しくありません";
    }
}

/// A record that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRecord {
    /// What it is about.
    pub key: RecordKey,
    /// Why.
    pub why: Rejection,
    /// What was expected and found, where that says more.
    pub detail: Option<String>,
}

/// What became of a bundle, or would become of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleReport {
    /// Who made it.
    pub sender: String,
    /// Which one it is of those that the sender made for this terminal.
    pub revision: u64,
    /// It is taken in now. If not, the rest tells what would become of it, or it was taken in before.
    pub taken: bool,
    /// It had been taken in before, so nothing was done.
    pub already: bool,
    /// Records that were not here.
    pub added: u64,
    /// Records that were here otherwise.
    pub changed: u64,
    /// Records that are here no more.
    pub removed: u64,
    /// Records that are as they were.
    pub unchanged: u64,
    /// Records that were stopped or removed here, and stay so.
    pub held: u64,
    /// Records that were not taken in: the first thousand, each by itself.
    pub rejected: Vec<RejectedRecord>,
    /// How many more were not.
    pub more_rejected: u64,
}

impl BundleReport {
    /// How many records were not taken in.
    #[must_use]
    pub fn rejections(&self) -> u64 {
        u64::try_from(self.rejected.len()).unwrap_or(u64::MAX).saturating_add(self.more_rejected)
    }

    pub(super) fn reject(&mut self, record: RejectedRecord) {
        if self.rejected.len() < MOST_REJECTED {
            self.rejected.push(record);
        } else {
            self.more_rejected = self.more_rejected.saturating_add(1);
        }
    }
}
