//! The face in front of the camera, ready to be compared.

use zeroize::Zeroizing;

use super::{
    MatchError,
    vector::{check, dot},
};
use crate::face::Embedding;

/// How alike two embeddings of one model are: cosine similarity, −1..1.
///
/// # Errors
/// [`MatchError::Length`] and [`MatchError::NotUnit`] when they are not two embeddings of one model.
pub fn cosine(a: &Embedding, b: &Embedding) -> Result<f32, MatchError> {
    check(&a.0, a.0.len())?;
    check(&b.0, a.0.len())?;
    Ok(dot(&a.0, &b.0).clamp(-1.0, 1.0))
}

/// The middle of several pictures of one face, of unit length: less noisy than any of them.
///
/// # Errors
/// [`MatchError`] when there are none, when they are not embeddings of one model, or when they contradict each other.
pub fn mean(samples: &[Embedding]) -> Result<Embedding, MatchError> {
    let most = super::MAX_SAMPLES;
    let Some(first) = samples.first().filter(|_| samples.len() <= most) else {
        return Err(MatchError::SampleCount { most, found: samples.len() });
    };
    let mut mean = Zeroizing::new(vec![0.0f32; first.0.len()]);
    for sample in samples {
        check(&sample.0, mean.len())?;
        mean.iter_mut().zip(sample.0.iter()).for_each(|(sum, number)| *sum += number);
    }
    let norm = dot(&mean, &mean).sqrt();
    if norm < super::template::LEAST_MEAN * samples.len() as f32 {
        return Err(MatchError::Contradiction);
    }
    mean.iter_mut().for_each(|number| *number /= norm);
    Ok(Embedding(mean))
}
