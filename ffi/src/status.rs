//! What a call can come back with.

use std::ffi::{CStr, c_char};

use crate::boundary::guard;

/// What a call comes back with: 0 is done, negative is failed. A person being refused is an outcome and never a failure.
/// A number is never used again for something else.
pub type mbt_status = i32;

pub const MBT_OK: mbt_status = 0;

/// The caller's mistake: an argument is NULL, too long, not UTF-8 or out of range.
pub const MBT_E_INVALID: mbt_status = -1;
/// The host was compiled against another major number, or a struct's size is no size of it.
pub const MBT_E_ABI: mbt_status = -2;
/// Not now: the handle is closed, the session is over or has not come so far.
pub const MBT_E_STATE: mbt_status = -3;
/// The handle belongs to the process that this one was forked from.
pub const MBT_E_FORKED: mbt_status = -4;
/// The grant lacks the right, or policy forbids it.
pub const MBT_E_DENIED: mbt_status = -5;
pub const MBT_E_NOT_FOUND: mbt_status = -6;
pub const MBT_E_EXISTS: mbt_status = -7;
/// A cursor's end: no more items.
pub const MBT_E_END: mbt_status = -8;
/// The place for the answer is too small; how much is needed was written.
pub const MBT_E_SMALL: mbt_status = -9;
/// More connections, sessions or data than one host may have.
pub const MBT_E_LIMIT: mbt_status = -10;

/// A normal end of waiting, as the next two.
pub const MBT_E_TIMEOUT: mbt_status = -20;
pub const MBT_E_CANCELLED: mbt_status = -21;
/// The queue is full: wait a frame's time and push again.
pub const MBT_E_AGAIN: mbt_status = -22;

/// Cannot be judged here and now, as all down to -59: MBT_UNAVAILABLE.
pub const MBT_E_NO_CAMERA: mbt_status = -40;
pub const MBT_E_CAMERA_BUSY: mbt_status = -41;
pub const MBT_E_NO_READER: mbt_status = -42;
/// The model pack or the runtime is missing, or not what was pinned.
pub const MBT_E_MODEL: mbt_status = -43;
pub const MBT_E_STORE: mbt_status = -44;
/// It does not run, or has just gone.
pub const MBT_E_SERVICE: mbt_status = -45;
pub const MBT_E_NO_TEMPLATES: mbt_status = -46;
/// For another reason: mbt_error has its word.
pub const MBT_E_UNAVAILABLE: mbt_status = -47;

/// Data was refused, as in the next three.
pub const MBT_E_SIGNATURE: mbt_status = -60;
pub const MBT_E_CORRUPT: mbt_status = -61;
/// Rolled back or expired.
pub const MBT_E_STALE: mbt_status = -62;
/// The grant is over or not good for this.
pub const MBT_E_REAUTH: mbt_status = -63;

pub const MBT_E_NO_MEMORY: mbt_status = -90;
/// A panic was caught: a fault of mabataki.
pub const MBT_E_INTERNAL: mbt_status = -99;

/// A status, its name in C, and what a person may be told.
struct Row {
    status: mbt_status,
    name: &'static CStr,
    en: &'static str,
    ja: &'static str,
}

const fn row(status: mbt_status, name: &'static CStr, en: &'static str, ja: &'static str) -> Row {
    Row { status, name, en, ja }
}

#[rustfmt::skip]
const STATUSES: &[Row] = &[
    row(MBT_OK, c"MBT_OK", "Done.", "完了しました。"),
    // The caller's mistake.
    row(MBT_E_INVALID, c"MBT_E_INVALID", "The request is not valid.", "要求が正しくありません。"),
    row(MBT_E_ABI, c"MBT_E_ABI", "Program and library do not fit together.", "プログラムとライブラリの版が合いません。"),
    row(MBT_E_STATE, c"MBT_E_STATE", "This cannot be done now.", "現在この操作はできません。"),
    row(MBT_E_FORKED, c"MBT_E_FORKED", "This process must connect anew.", "接続し直す必要があります。"),
    row(MBT_E_DENIED, c"MBT_E_DENIED", "This is not permitted.", "許可されていません。"),
    row(MBT_E_NOT_FOUND, c"MBT_E_NOT_FOUND", "It was not found.", "見つかりません。"),
    row(MBT_E_EXISTS, c"MBT_E_EXISTS", "It exists already.", "すでに存在します。"),
    row(MBT_E_END, c"MBT_E_END", "There is no more.", "これ以上ありません。"),
    row(MBT_E_SMALL, c"MBT_E_SMALL", "The space for the answer is too small.", "領域が不足しています。"),
    row(MBT_E_LIMIT, c"MBT_E_LIMIT", "Too many at once.", "同時に使用できる数を超えています。"),
    // Normal ends of waiting.
    row(MBT_E_TIMEOUT, c"MBT_E_TIMEOUT", "The time is up.", "時間切れです。"),
    row(MBT_E_CANCELLED, c"MBT_E_CANCELLED", "It was cancelled.", "取り消されました。"),
    row(MBT_E_AGAIN, c"MBT_E_AGAIN", "Please try again.", "もう一度お試しください。"),
    // Cannot be judged here and now: MBT_UNAVAILABLE. What may stand in is policy, never the host's own idea.
    row(MBT_E_NO_CAMERA, c"MBT_E_NO_CAMERA", "There is no camera.", "カメラがありません。"),
    row(MBT_E_CAMERA_BUSY, c"MBT_E_CAMERA_BUSY", "The camera is in use.", "カメラが使用中です。"),
    row(MBT_E_NO_READER, c"MBT_E_NO_READER", "There is no card reader.", "カードリーダーがありません。"),
    row(MBT_E_MODEL, c"MBT_E_MODEL", "Faces cannot be judged here now.", "現在、顔認証を利用できません。"),
    row(MBT_E_STORE, c"MBT_E_STORE", "The store of people cannot be read.", "利用者情報を読み取れません。"),
    row(MBT_E_SERVICE, c"MBT_E_SERVICE", "The authentication service does not answer.", "認証サービスが応答しません。"),
    row(MBT_E_NO_TEMPLATES, c"MBT_E_NO_TEMPLATES", "No face is enrolled.", "顔が登録されていません。"),
    row(MBT_E_UNAVAILABLE, c"MBT_E_UNAVAILABLE", "Authentication is not possible here now.", "現在、認証を利用できません。"),
    // Data refused.
    row(MBT_E_SIGNATURE, c"MBT_E_SIGNATURE", "The signature is not right.", "署名が正しくありません。"),
    row(MBT_E_CORRUPT, c"MBT_E_CORRUPT", "The data cannot be trusted.", "データが正しくありません。"),
    row(MBT_E_STALE, c"MBT_E_STALE", "It is out of date.", "期限切れまたは古いデータです。"),
    row(MBT_E_REAUTH, c"MBT_E_REAUTH", "Please authenticate again.", "もう一度認証してください。"),
    // Ours.
    row(MBT_E_NO_MEMORY, c"MBT_E_NO_MEMORY", "There is not enough memory.", "メモリが不足しています。"),
    row(MBT_E_INTERNAL, c"MBT_E_INTERNAL", "An internal error occurred.", "内部エラーが発生しました。"),
];

const UNKNOWN: &CStr = c"MBT_E_UNKNOWN";

/// The name of a status, such as "MBT_E_NO_CAMERA"; "MBT_E_UNKNOWN" for a number that is none. Static, never NULL.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_status_name(status: mbt_status) -> *const c_char {
    guard(UNKNOWN, || STATUSES.iter().find(|row| row.status == status).map_or(UNKNOWN, |row| row.name))
        .as_ptr()
}

/// Every status with what a person may be told, in English and Japanese.
pub(crate) fn spoken() -> impl Iterator<Item = (mbt_status, &'static str, &'static str)> {
    STATUSES.iter().map(|row| (row.status, row.en, row.ja))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = include_str!("status.rs");

    #[test]
    fn every_status_of_the_header_has_a_name_and_a_text() {
        let declared: Vec<(String, i32)> = SOURCE
            .lines()
            .filter_map(|line| {
                line.strip_prefix("pub const ")?.strip_suffix(';')?.split_once(": mbt_status = ")
            })
            .map(|(name, number)| (name.to_owned(), number.parse().unwrap()))
            .collect();
        let named: Vec<(String, i32)> =
            STATUSES.iter().map(|row| (row.name.to_str().unwrap().to_owned(), row.status)).collect();
        assert_eq!(declared, named);
        assert!(STATUSES.iter().all(|row| !row.en.is_empty() && !row.ja.is_empty()));
    }

    #[test]
    fn no_number_stands_for_two_statuses() {
        let mut numbers: Vec<i32> = STATUSES.iter().map(|row| row.status).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), STATUSES.len());
    }
}
