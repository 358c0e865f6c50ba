//! Why two faces could not be compared.

use mabataki_models::Digest;

use super::RotationId;

/// Why a template could not be made, read or compared. That a face does not match is a score, not an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MatchError {
    /// The template was made with another embedding model: the numbers of two models mean different things.
    #[error(
        "the template was made with embedding model {template}, but the model in use is {in_use}; enrol the person \
         again, or use the model pack that the template was made with"
    )]
    OtherModel {
        /// The model of the template.
        template: Digest,
        /// The model of the probe or gallery.
        in_use: Digest,
    },
    /// The template was rotated otherwise: it is another site's, or from before the rotation was renewed.
    #[error(
        "the template was made under rotation {template}, but the rotation in use is {in_use}; it is another site's or \
         an old one, enrol the person again here"
    )]
    OtherRotation {
        /// The rotation of the template.
        template: RotationId,
        /// The rotation of the probe or gallery.
        in_use: RotationId,
    },
    /// An embedding has another length than its partner.
    #[error(
        "expected an embedding of {expected} numbers, found {found}; is the model pack the one it was made with?"
    )]
    Length {
        /// Numbers in the template or gallery.
        expected: usize,
        /// Numbers in the embedding.
        found: usize,
    },
    /// An embedding is not a unit vector.
    #[error("an embedding must be finite numbers of unit length, found length {found}")]
    NotUnit {
        /// Euclidean length, possibly not a number.
        found: f32,
    },
    /// A sample's quality is out of range.
    #[error("a sample's quality must lie between 0 and 1, found {found}")]
    Quality {
        /// What was given.
        found: f32,
    },
    /// No samples, or too many.
    #[error("a template needs 1 to {most} samples, found {found}")]
    SampleCount {
        /// The limit.
        most: usize,
        /// What was given.
        found: usize,
    },
    /// The samples point in opposite directions, so they have no middle.
    #[error("the samples of a template contradict each other; they cannot be of one person, enrol again")]
    Contradiction,
    /// Bytes that are no template.
    #[error("these bytes are no face template: {why}")]
    Malformed {
        /// What is wrong with them.
        why: &'static str,
    },
    /// A template of a format that this version does not know.
    #[error(
        "the template has format version {found}, this version knows {known}; update, or enrol the person again"
    )]
    FormatVersion {
        /// The template's.
        found: u8,
        /// The one understood.
        known: u8,
    },
    /// The bytes are too few or too many for what they announce.
    #[error("a template with this head has {expected} bytes, found {found}; it was cut or damaged")]
    Size {
        /// By its head.
        expected: usize,
        /// As given.
        found: usize,
    },
    /// Too many people to be compared with each other.
    #[error("at most {most} people are compared with each other at once; take a sample of them")]
    People {
        /// The limit.
        most: usize,
    },
    /// The calibration does not reach down to the rate that was asked for.
    #[error(
        "a false-match rate of {asked:e} was asked for, but the model's calibration reaches down to {least:e} only; \
         ask for a higher rate or calibrate on more people"
    )]
    Uncalibrated {
        /// The rate per comparison that would be needed.
        asked: f64,
        /// The least that every population reaches.
        least: f64,
    },
}
