//! Embeddings made up for this room's tests.

use mabataki_models::Digest;
use zeroize::Zeroizing;

use super::{Sample, Space, Template};
use crate::face::Embedding;

/// The space that they are said to be of.
pub(super) const SPACE: Space = Space::bare(Digest::from_bytes([7; 32]));

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
    Template::from_samples(SPACE, vec![sample(direction)]).unwrap()
}
