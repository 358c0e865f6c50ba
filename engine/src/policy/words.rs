//! The words a policy is made of.

use crate::text::{vocabulary, words};

vocabulary! {
    /// What somebody wants to be let in for.
    pub enum Purpose, "a purpose" {
        /// To log in to the terminal.
        Login = "login", "log in", "ログイン";
        /// To unlock a terminal that is logged in.
        Unlock = "unlock", "unlock", "ロック解除";
        /// To open an application (都度認証).
        Application = "application", "open an application", "アプリケーション認証";
        /// To take over a terminal from the person before, without ending anything on it.
        Switch = "switch", "switch user", "利用者の切り替え";
        /// To change people, cards, policy, and to see the log.
        Admin = "admin", "administer", "管理";
        /// To enrol somebody.
        Enrolment = "enrolment", "enrol", "登録";
        /// To work although the ordinary ways in are closed.
        Emergency = "emergency", "emergency access", "緊急アクセス";
    }
}

vocabulary! {
    /// Why an attempt turned from the ordinary combinations to those that stand in for them.
    pub enum Cause, "a cause" {
        /// The camera is missing, busy or was lost.
        CameraLost = "camera_lost", "The camera cannot be used.", "カメラが使用できません。";
        /// The card reader is missing, busy or was lost.
        ReaderLost = "reader_lost", "The card reader cannot be used.", "カードリーダーが使用できません。";
        /// The face wears a mask.
        Mask = "mask", "A mask covers the face.", "マスクで顔が隠れています。";
        /// The eyes cannot be seen, so no blink can.
        EyesHidden = "eyes_hidden", "The eyes cannot be seen.", "目が映っていません。";
        /// This person has an exception from showing the face.
        Exception = "exception", "This person need not show the face.", "顔認証の免除対象者です。";
        /// The face was refused too often and is locked for this person.
        FaceLocked = "face_locked", "The face cannot be used for now.", "顔認証は一時的に使用できません。";
    }
}

vocabulary! {
    /// How far a terminal's roll-out has come.
    pub enum Stage, "a stage" {
        /// Attempts are judged and logged, the host logs in as before, and nothing is shown as granted.
        Observe = "observe", "observe", "観察";
        /// Attempts grant, and the host's own way in stays open beside them.
        Offer = "offer", "offer", "併用";
        /// Attempts are the only way in.
        Enforce = "enforce", "enforce", "必須";
    }
}

vocabulary! {
    /// When the camera is opened for somebody who wants in.
    pub enum CameraOpens, "a moment for the camera to open" {
        /// Once the card is there, where the policy asks for one beside the face.
        Card = "card", "with the card", "カード提示時";
        /// At once.
        Start = "start", "at once", "開始時";
    }
}

vocabulary! {
    /// What the face must do to show that it lives.
    pub enum Challenge, "a challenge" {
        /// One blink when asked.
        Blink = "blink", "one blink", "まばたき1回";
        /// Two blinks, each when asked.
        TwoBlinks = "two_blinks", "two blinks", "まばたき2回";
    }
}

words! {
    /// What an administrator may do.
    pub enum Right, "a right" {
        /// Add, change, disable and retire people.
        People = "people",
        /// Enrol faces, and approve enrolments.
        Enrol = "enrol",
        /// Bind, suspend and remove cards.
        Cards = "cards",
        /// Set people's passwords.
        Passwords = "passwords",
        /// Store people's application logins.
        Logins = "logins",
        /// Change the policy, calibrate, renew the rotation of templates, pair terminals.
        Policy = "policy",
        /// Read the log and the lists that come from it.
        Log = "log",
        /// Take data out: the log's export, bundles.
        Export = "export",
        /// Issue emergency codes, review their use, declare a disaster.
        Emergency = "emergency",
        /// See and clear lock-outs.
        Lockout = "lockout",
    }
}
