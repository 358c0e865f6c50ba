//! Where each family of cards keeps what is asked for.

use crate::card::CardKind;

/// A family of cards with certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::card) enum Family {
    /// My Number: the application for public key infrastructure (公的個人認証サービス).
    MyNumber,
    /// HPKI: the authentication application of health care's own.
    Hpki,
}

impl Family {
    /// The family that a card of this kind is of.
    pub(super) fn of(kind: CardKind) -> Option<Family> {
        match kind {
            CardKind::MyNumber => Some(Family::MyNumber),
            CardKind::Hpki => Some(Family::Hpki),
            _ => None,
        }
    }

    pub(super) fn kind(self) -> CardKind {
        match self {
            Family::MyNumber => CardKind::MyNumber,
            Family::Hpki => CardKind::Hpki,
        }
    }

    /// The application's name. Of My Number as two independent public implementations have it, of HPKI as the guideline for
    /// its cards does (保健医療福祉分野PKI).
    pub(super) fn application(self) -> &'static [u8] {
        match self {
            Family::MyNumber => &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
            Family::Hpki => &[
                0xE8, 0x28, 0xBD, 0x08, 0x0F, 0xA0, 0x00, 0x00, 0x03, 0x91, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x02,
            ],
        }
    }

    /// The file with the certificate for authentication, readable without a PIN.
    pub(super) fn certificate(self) -> [u8; 2] {
        match self {
            Family::MyNumber => [0x00, 0x0A],
            Family::Hpki => [0x00, 0x16],
        }
    }

    /// The file of the PIN for authentication, and how VERIFY names it (P2).
    pub(super) fn pin(self) -> ([u8; 2], u8) {
        match self {
            Family::MyNumber => ([0x00, 0x18], 0x80),
            Family::Hpki => ([0x00, 0x02], 0x88),
        }
    }

    /// The file of the private key.
    pub(super) fn key(self) -> [u8; 2] {
        match self {
            Family::MyNumber => [0x00, 0x17],
            Family::Hpki => [0x00, 0x0C],
        }
    }

    /// Whether this can be such a PIN: four digits of a My Number card (the password for authentication, 利用者証明用暗証番号);
    /// of HPKI 4 to 16 digits or letters, whatever its issuer asks for.
    pub(super) fn may_be_pin(self, typed: &str) -> bool {
        match self {
            Family::MyNumber => typed.len() == 4 && typed.bytes().all(|byte| byte.is_ascii_digit()),
            Family::Hpki => {
                (4..=16).contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
        }
    }
}
