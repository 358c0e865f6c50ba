//! Of cards.

use jiff::Timestamp;
use mabataki_engine::card::{Assurance, CardKind, CardReading, IdKind, ReaderError, Unusable};
use mabataki_engine::engine::CardKey;
use mabataki_engine::policy::{CardKeyKind, CardWay};
use mabataki_engine::text::Lang;

use super::time::clock;

pub(crate) fn taken_off(lang: Lang, time: Timestamp, reader: &str) -> String {
    let time = clock(time);
    match lang {
        Lang::En => format!("{time}  {reader}  taken off"),
        Lang::Ja => format!("{time}  {reader}  カードが離れました"),
    }
}

/// The reader, or the card service, is there again.
pub(crate) fn reader_back(lang: Lang, time: Timestamp, reader: &str) -> String {
    let time = clock(time);
    match lang {
        Lang::En => format!("{time}  {reader}  connected"),
        Lang::Ja => format!("{time}  {reader}  接続されました"),
    }
}

/// What keeps cards from being read, and what helps.
pub(crate) fn trouble(lang: Lang, time: Timestamp, reader: &str, error: &ReaderError) -> String {
    let time = clock(time);
    match lang {
        Lang::En => format!("{time}  {reader}  {error}: {}", error.fix()),
        Lang::Ja => {
            let what = match error {
                ReaderError::Removed { .. } => "読み取る前にカードが離れました。もう少し長くかざしてください",
                ReaderError::Unreadable { .. } => {
                    "カードを読み取れません。一度離してから、もう一度かざしてください"
                }
                ReaderError::Busy { .. } => "他のプログラムがカードを使用しています",
                ReaderError::NoReader
                | ReaderError::UnknownReader { .. }
                | ReaderError::ReaderGone { .. } => "カードリーダーが切断されました",
                ReaderError::NoService { .. } | ReaderError::Silent { .. } => {
                    "スマートカードサービスが応答しません"
                }
                ReaderError::NotPermitted { .. } => "スマートカードサービスの使用が許可されていません",
                ReaderError::Stuck { .. } => "カードが応答しません。カードを離してください",
                _ => "カードリーダーで問題が発生しました",
            };
            format!("{time}  {reader}  {what}")
        }
    }
}

/// That cards are known by their number alone, since there is no store that says more.
pub(crate) fn without_store(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "There is no store here: cards are known by the number that they give anybody.",
        Lang::Ja => "ストアがないため、カードはUIDまたはIDmで識別されます。",
    }
}

pub(crate) fn key_prompt(lang: Lang, kind: CardKeyKind) -> String {
    let (name, digits) = (kind.text(lang), 2 * kind.length());
    match lang {
        Lang::En => format!("key for {name} ({digits} hexadecimal digits)"),
        Lang::Ja => format!("{name} の鍵(16進数{digits}桁)"),
    }
}

pub(crate) fn key_set(lang: Lang, key: &CardKey) -> String {
    let (name, check) = (key.kind.text(lang), &key.check);
    match lang {
        Lang::En => {
            format!("The key for {name} is set. Its check value is {check}: the same on every terminal.")
        }
        Lang::Ja => {
            format!("{name} の鍵を設定しました。確認値は {check} です。すべての端末で同じ値になります。")
        }
    }
}

pub(crate) fn key_listed(lang: Lang, key: &CardKey) -> String {
    let (kind, check, set) = (key.kind.code(), &key.check, clock(key.set));
    match lang {
        Lang::En => format!("{kind:<8} check value {check}, set {set}"),
        Lang::Ja => format!("{kind:<8} 確認値 {check}、設定日時 {set}"),
    }
}

pub(crate) fn key_removed(lang: Lang, kind: CardKeyKind, was_there: bool) -> String {
    let name = kind.text(lang);
    match (lang, was_there) {
        (Lang::En, true) => {
            format!("The key for {name} is removed: cards that have to prove it are not taken.")
        }
        (Lang::En, false) => format!("There was no key for {name}."),
        (Lang::Ja, true) => format!("{name} の鍵を削除しました。この鍵で認証するカードは使用できません。"),
        (Lang::Ja, false) => format!("{name} の鍵は設定されていません。"),
    }
}

/// That the policy names a way to know cards whose key is not there.
pub(crate) fn key_missing(lang: Lang, way: CardWay) -> String {
    let (name, kind) = (way.text(lang), way.key().map_or("", CardKeyKind::code));
    match lang {
        Lang::En => format!(
            "The policy takes cards by \"{way}\" ({name}), and the key is not set: such cards are not known by it. Set it \
             with: mabataki card key set {kind}"
        ),
        Lang::Ja => format!(
            "ポリシーで \"{way}\"({name})が許可されていますが、鍵が設定されていないため、使用されません。\
             mabataki card key set {kind} で設定してください。"
        ),
    }
}

/// What was read, on one line: when, where, which kind of card, what tells whose it is, and what that is worth; or why it
/// cannot be used.
pub(crate) fn seen(lang: Lang, time: Timestamp, reading: &CardReading) -> String {
    let what = match &reading.result {
        Ok(card) => format!("{}, {}", id_kind(lang, card.id_kind), worth(lang, card.assurance)),
        Err(why) => unusable(lang, *why).to_owned(),
    };
    format!("{}  {}  {}: {what}", clock(time), reading.reader, kind(lang, reading.kind))
}

/// The kind of card in words.
fn kind(lang: Lang, kind: CardKind) -> &'static str {
    let (en, ja) = match kind {
        CardKind::Felica => ("FeliCa", "FeliCa"),
        CardKind::FelicaLiteS => ("FeliCa Lite-S", "FeliCa Lite-S"),
        CardKind::FelicaMobile => ("phone or watch (FeliCa)", "スマートフォン・時計(FeliCa)"),
        CardKind::MifareClassic => ("MIFARE Classic", "MIFARE Classic"),
        CardKind::MifareUltralight => ("MIFARE Ultralight or NTAG", "MIFARE Ultralight・NTAG"),
        CardKind::MifarePlus => ("MIFARE Plus", "MIFARE Plus"),
        CardKind::Desfire => ("MIFARE DESFire", "MIFARE DESFire"),
        CardKind::MyNumber => ("My Number card", "マイナンバーカード"),
        CardKind::Hpki => ("HPKI card", "HPKIカード"),
        CardKind::DrivingLicence => ("driving licence", "運転免許証"),
        CardKind::ResidenceCard => ("residence card", "在留カード"),
        CardKind::Iso15693 => ("ISO 15693 card", "ISO 15693カード"),
        CardKind::TypeA => ("type A card or phone", "Type Aカード・スマートフォン"),
        CardKind::TypeB => ("type B card", "Type Bカード"),
        _ => ("unknown card", "不明なカード"),
    };
    if lang == Lang::En { en } else { ja }
}

fn id_kind(lang: Lang, kind: IdKind) -> &'static str {
    let (en, ja) = match kind {
        IdKind::Uid => ("known by its UID", "UIDで識別"),
        IdKind::Idm => ("known by its IDm", "IDmで識別"),
        IdKind::Number => ("known by the number on it", "カード内の番号で識別"),
        IdKind::CertificateKey => ("known by its certificate", "電子証明書で識別"),
        _ => ("known by something else", "その他の方法で識別"),
    };
    if lang == Lang::En { en } else { ja }
}

fn worth(lang: Lang, assurance: Assurance) -> &'static str {
    let (en, ja) = match assurance {
        Assurance::Proved => ("which it has proved", "認証済み"),
        _ => ("which could be copied", "複製可能(認証なし)"),
    };
    if lang == Lang::En { en } else { ja }
}

/// Why a card cannot be used.
fn unusable(lang: Lang, why: Unusable) -> &'static str {
    let (en, ja) = match why {
        Unusable::RandomIdentifier => (
            "cannot be used, its number is another one at every tap",
            "使用できません。識別番号が毎回変わるカードです",
        ),
        Unusable::ChangingIdentifier => (
            "not taken here, its number changes with the device",
            "使用できません。機種変更で識別番号が変わります",
        ),
        Unusable::InvalidIdentifier | Unusable::WrongLength => {
            ("cannot be used, its number is none that a card has", "使用できません。識別番号が不正です")
        }
        Unusable::NoIdentifier => {
            ("cannot be used, it tells no number", "使用できません。識別番号を読み取れません")
        }
        Unusable::NotAllowed => (
            "not taken here, this site does not know such cards",
            "使用できません。許可されていない種類のカードです",
        ),
        Unusable::NotOfSite => {
            ("not taken here, it is no card of this site", "使用できません。この施設のカードではありません")
        }
        Unusable::ProofFailed => {
            ("refused, it could not prove that it is genuine", "使用できません。カードの認証に失敗しました")
        }
        _ => ("cannot be used, this kind of card is not known", "使用できません。対応していないカードです"),
    };
    if lang == Lang::En { en } else { ja }
}
