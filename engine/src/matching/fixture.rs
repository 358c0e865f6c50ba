//! Embeddings made up for this room's tests.

use mabataki_models::Digest;
use zeroize::Zeroizing;

use super::{Sample, Template};
use crate::face::Embedding;

/// The model that they are said to come from.
pub(super) const MODEL: Digest = Digest::from_bytes([7; 32]);

/// The embedding in this direction.
pub(super) fn embedding(direction: &[f32]) -> Embedding {
    let norm = direction.iter().map(|x| x * x).sum::<f32>().sqrt();
    Embedding(Zeroizing::new(direction.iter().map(|x| x / norm).collect()))
}

pub(super) fn sample(direction: &[f32]) -> Sample {
    Sample { embedding: embedding(direction), quality: 0.5 }
}

/// A template of one sample.
pub(super) fn template(direction: &[f32]) -> Template {
    Template::from_samples(MODEL, vec![sample(direction)]).unwrap()
}
