//! What is kept of a person's face.

use mabataki_models::Digest;
use zeroize::Zeroizing;

use super::{
    MatchError, Rotation, RotationId, Space,
    vector::{check, dot},
};
use crate::face::Embedding;

/// The most samples in one template.
pub const MAX_SAMPLES: usize = 16;

/// The most numbers in one embedding. ArcFace-type models give 128 to 1,024.
pub const MAX_LENGTH: usize = 4096;

/// First bytes of every stored template.
const MAGIC: [u8; 4] = *b"MBFT";

/// Version of the layout in [`Template::to_bytes`].
const VERSION: u8 = 2;

/// Magic, version, number of samples, numbers in an embedding, model, rotation.
const HEAD: usize = 4 + 1 + 1 + 2 + 32 + RotationId::LENGTH;

/// Below this length the mean of unit vectors has no direction worth the name. Samples of one person keep it above 0.7.
pub(super) const LEAST_MEAN: f32 = 0.1;

/// One picture's contribution to a template.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The embedding: unit length.
    pub embedding: Embedding,
    /// [`Quality::score`](crate::face::Quality) of the picture, 0..1.
    pub quality: f32,
}

/// A person's face as it is kept: the embeddings of several pictures, bound to the space they are of. Wiped on drop,
/// never printed.
#[derive(Debug, Clone)]
pub struct Template {
    space: Space,
    samples: Vec<Sample>,
    /// Mean of the samples, brought to unit length: what probes are compared with.
    mean: Embedding,
}

impl Template {
    /// Makes a template of 1 to [`MAX_SAMPLES`] samples, all of this space.
    ///
    /// # Errors
    /// [`MatchError`] when there are no or too many samples, when they are not unit vectors of one length, when a
    /// quality is out of range, or when they contradict each other.
    pub fn from_samples(space: Space, samples: Vec<Sample>) -> Result<Self, MatchError> {
        if samples.is_empty() || samples.len() > MAX_SAMPLES {
            return Err(MatchError::SampleCount { most: MAX_SAMPLES, found: samples.len() });
        }
        let length = samples[0].embedding.0.len();
        if length == 0 || length > MAX_LENGTH {
            return Err(MatchError::Length { expected: MAX_LENGTH, found: length });
        }
        let mut mean = Zeroizing::new(vec![0.0f32; length]);
        for sample in &samples {
            check(&sample.embedding.0, length)?;
            if !(0.0..=1.0).contains(&sample.quality) {
                return Err(MatchError::Quality { found: sample.quality });
            }
            for (sum, number) in mean.iter_mut().zip(sample.embedding.0.iter()) {
                *sum += number;
            }
        }
        let norm = dot(&mean, &mean).sqrt();
        if norm < LEAST_MEAN * samples.len() as f32 {
            return Err(MatchError::Contradiction);
        }
        mean.iter_mut().for_each(|number| *number /= norm);
        Ok(Self { space, samples, mean: Embedding(mean) })
    }

    /// The embedding model that it was made with.
    pub fn model(&self) -> Digest {
        self.space.model
    }

    /// The space that its embeddings are of.
    pub fn space(&self) -> Space {
        self.space
    }

    /// How many numbers an embedding has.
    pub fn embedding_len(&self) -> usize {
        self.mean.0.len()
    }

    /// How many samples it was made of.
    pub fn sample_count(&self) -> usize {
        self.samples.len()
    }

    /// Mean quality of the samples, 0..1.
    pub fn quality(&self) -> f32 {
        self.samples.iter().map(|sample| sample.quality).sum::<f32>() / self.samples.len() as f32
    }

    /// How alike the probe is: cosine similarity to the normalised mean of the samples, −1..1. Turn it into a decision
    /// with a [`Threshold`](super::Threshold).
    ///
    /// # Errors
    /// [`MatchError::OtherModel`] or [`MatchError::OtherRotation`] when `space`, the probe's, is not the template's;
    /// [`MatchError::Length`] and [`MatchError::NotUnit`] when the probe is not an embedding of it.
    pub fn score(&self, space: Space, probe: &Embedding) -> Result<f32, MatchError> {
        self.space.check(space)?;
        check(&probe.0, self.embedding_len())?;
        Ok(dot(&self.mean.0, &probe.0).clamp(-1.0, 1.0))
    }

    /// The same template under another rotation: scores stay as they are, up to the last digits of single precision.
    ///
    /// # Errors
    /// [`MatchError::OtherRotation`] when it is not under the rotation `from`; [`MatchError::Length`] when a rotation is
    /// for other embeddings.
    pub fn turned(self, from: &Rotation, to: &Rotation) -> Result<Self, MatchError> {
        self.turned_back(from)?.turned_to(to)
    }

    /// The template turned back, as the model gave it: for its way to another site, sealed, and nothing else.
    ///
    /// # Errors
    /// As [`Template::turned`].
    pub fn turned_back(mut self, from: &Rotation) -> Result<Self, MatchError> {
        self.space.check(Space { rotation: from.id(), ..self.space })?;
        self.samples.iter_mut().try_for_each(|sample| from.undo(&mut sample.embedding))?;
        Self::from_samples(Space::bare(self.space.model), self.samples)
    }

    /// A template that no rotation has turned, under this one.
    ///
    /// # Errors
    /// As [`Template::turned`].
    pub fn turned_to(mut self, to: &Rotation) -> Result<Self, MatchError> {
        self.space.check(Space::bare(self.space.model))?;
        self.samples.iter_mut().try_for_each(|sample| to.apply(&mut sample.embedding))?;
        Self::from_samples(Space { rotation: to.id(), ..self.space }, self.samples)
    }

    /// What probes are compared with: the mean of the samples at unit length. As sensitive as the samples themselves.
    pub fn mean(&self) -> &[f32] {
        &self.mean.0
    }

    /// The stored form: `MBFT`, format version, number of samples, numbers in an embedding (u16), model (32 bytes),
    /// rotation (16 bytes), then for each sample its quality and its numbers, all f32; little-endian. Seal it before it is
    /// written anywhere.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Reserved in full, so that no half-filled copy is left behind unwiped.
        let mut bytes = Zeroizing::new(Vec::with_capacity(size(self.samples.len(), self.embedding_len())));
        bytes.extend_from_slice(&MAGIC);
        // The limits checked in `from_samples` make both numbers fit.
        bytes.extend_from_slice(&[VERSION, self.samples.len() as u8]);
        bytes.extend_from_slice(&(self.embedding_len() as u16).to_le_bytes());
        bytes.extend_from_slice(self.space.model.as_bytes());
        bytes.extend_from_slice(self.space.rotation.as_bytes());
        for sample in &self.samples {
            bytes.extend_from_slice(&sample.quality.to_le_bytes());
            sample.embedding.0.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        }
        bytes
    }

    /// Reads what [`Template::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`MatchError`] when the bytes are not exactly one well-formed template; nothing is kept of them then.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MatchError> {
        let (head, body) =
            bytes.split_at_checked(HEAD).ok_or(MatchError::Size { expected: HEAD, found: bytes.len() })?;
        let Some((&MAGIC, [version, count, low, high, space @ ..])) = head.split_first_chunk() else {
            return Err(MatchError::Malformed { why: "they do not begin with MBFT" });
        };
        if *version != VERSION {
            return Err(MatchError::FormatVersion { found: *version, known: VERSION });
        }
        let count = usize::from(*count);
        if count == 0 || count > MAX_SAMPLES {
            return Err(MatchError::SampleCount { most: MAX_SAMPLES, found: count });
        }
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        if length == 0 || length > MAX_LENGTH {
            return Err(MatchError::Length { expected: MAX_LENGTH, found: length });
        }
        let expected = size(count, length);
        if bytes.len() != expected {
            return Err(MatchError::Size { expected, found: bytes.len() });
        }
        let Some((model, rotation)) = space.split_first_chunk::<32>() else {
            return Err(MatchError::Malformed { why: "the model's digest is cut" });
        };
        let rotation =
            rotation.try_into().map_err(|_| MatchError::Malformed { why: "the rotation's id is cut" })?;
        let space = Space { model: Digest::from_bytes(*model), rotation: RotationId::from_bytes(rotation) };
        let (numbers, _) = body.as_chunks::<4>();
        let samples = numbers
            .chunks_exact(1 + length)
            .map(|sample| Sample {
                quality: f32::from_le_bytes(sample[0]),
                embedding: Embedding(Zeroizing::new(
                    sample[1..].iter().map(|b| f32::from_le_bytes(*b)).collect(),
                )),
            })
            .collect();
        Self::from_samples(space, samples)
    }
}

/// Bytes of a stored template. Both figures are within their limits, so this is at most 262 kB.
const fn size(samples: usize, length: usize) -> usize {
    HEAD + samples * (1 + length) * size_of::<f32>()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::matching::{
        RotationSeed,
        fixture::{SPACE, embedding, sample, template},
    };

    #[test]
    fn a_probe_scores_its_cosine_with_the_mean_of_the_samples() {
        let template = Template::from_samples(SPACE, vec![sample(&[1.0, 0.0]), sample(&[0.0, 1.0])]).unwrap();
        let score = |probe: &[f32]| template.score(SPACE, &embedding(probe)).unwrap();
        assert!((score(&[1.0, 1.0]) - 1.0).abs() < 1e-6);
        assert!((score(&[1.0, 0.0]) - 0.5f32.sqrt()).abs() < 1e-6);
        assert!((score(&[-1.0, -1.0]) + 1.0).abs() < 1e-6);
    }

    #[test]
    fn another_models_template_is_refused_naming_both_models() {
        let other = Space { model: Digest::of(b"another model"), ..SPACE };
        let error = template(&[1.0, 0.0]).score(other, &embedding(&[1.0, 0.0])).unwrap_err();
        assert_eq!(error, MatchError::OtherModel { template: SPACE.model, in_use: other.model });
        let text = error.to_string();
        assert!(text.contains(&SPACE.model.to_string()) && text.contains(&other.model.to_string()), "{text}");
    }

    #[test]
    fn a_template_of_another_rotation_is_refused_naming_both() {
        let other = Space { rotation: RotationId::from_bytes([0xab; 16]), ..SPACE };
        let error = template(&[1.0, 0.0]).score(other, &embedding(&[1.0, 0.0])).unwrap_err();
        assert_eq!(error, MatchError::OtherRotation { template: SPACE.rotation, in_use: other.rotation });
        assert!(error.to_string().contains(&"ab".repeat(16)), "{error}");
    }

    #[test]
    fn a_probe_that_is_longer_than_unit_cannot_buy_a_score() {
        let template = template(&[1.0, 0.0]);
        let long = Embedding(Zeroizing::new(vec![10.0, 0.0]));
        assert_eq!(template.score(SPACE, &long), Err(MatchError::NotUnit { found: 10.0 }));
        let torn = Embedding(Zeroizing::new(vec![f32::NAN, 0.0]));
        assert!(template.score(SPACE, &torn).is_err());
        assert_eq!(
            template.score(SPACE, &embedding(&[1.0, 0.0, 0.0])),
            Err(MatchError::Length { expected: 2, found: 3 })
        );
    }

    #[test]
    fn a_template_needs_one_to_sixteen_samples_of_one_length() {
        let of = |samples| Template::from_samples(SPACE, samples).map(|template| template.sample_count());
        assert_eq!(of(vec![]), Err(MatchError::SampleCount { most: 16, found: 0 }));
        assert_eq!(of(vec![sample(&[1.0]); 16]), Ok(16));
        assert_eq!(of(vec![sample(&[1.0]); 17]), Err(MatchError::SampleCount { most: 16, found: 17 }));
        let mixed = vec![sample(&[1.0]), sample(&[1.0, 0.0])];
        assert_eq!(of(mixed), Err(MatchError::Length { expected: 1, found: 2 }));
        assert_eq!(of(vec![sample(&[1.0]), sample(&[-1.0])]), Err(MatchError::Contradiction));
        let doubtful = Sample { quality: f32::NAN, ..sample(&[1.0]) };
        assert!(matches!(of(vec![doubtful]), Err(MatchError::Quality { .. })));
    }

    #[test]
    fn its_quality_is_the_mean_of_the_samples() {
        let samples = [0.2, 0.6].map(|quality| Sample { quality, ..sample(&[1.0, 0.0]) });
        let template = Template::from_samples(SPACE, samples.to_vec()).unwrap();
        assert!((template.quality() - 0.4).abs() < 1e-6);
    }

    #[test]
    fn a_damaged_template_says_what_is_wrong_with_it() {
        let whole = template(&[0.6, 0.8]).to_bytes();
        let damaged = |at: usize, value: u8| {
            let mut bytes = whole.to_vec();
            bytes[at] = value;
            Template::from_bytes(&bytes).unwrap_err()
        };
        assert!(matches!(damaged(0, b'X'), MatchError::Malformed { .. }));
        assert_eq!(damaged(4, 1), MatchError::FormatVersion { found: 1, known: 2 });
        assert_eq!(damaged(5, 0), MatchError::SampleCount { most: 16, found: 0 });
        assert_eq!(damaged(5, 200), MatchError::SampleCount { most: 16, found: 200 });
        assert_eq!(damaged(7, 0xFF), MatchError::Length { expected: MAX_LENGTH, found: 0xFF02 });
        assert_eq!(damaged(6, 3), MatchError::Size { expected: 72, found: 68 });
        assert!(matches!(damaged(67, 0x7F), MatchError::NotUnit { .. }));
        assert_eq!(Template::from_bytes(&[]).unwrap_err(), MatchError::Size { expected: 56, found: 0 });
    }

    #[test]
    fn a_template_in_a_log_line_shows_no_numbers() {
        let text = format!("{:?}", template(&[0.6, 0.8]));
        assert!(!text.contains("0.6") && !text.contains("0.8"), "{text}");
    }

    fn rotation(seed: u8, length: usize) -> Rotation {
        Rotation::new(&RotationSeed::new(Zeroizing::new([seed; 32])), length).unwrap()
    }

    /// A template and a probe under this rotation.
    fn under(rotation: &Rotation, vectors: &[Vec<f32>], probe: &[f32]) -> (Template, Embedding) {
        let turned = |vector: &[f32]| {
            let mut embedding = embedding(vector);
            rotation.apply(&mut embedding).unwrap();
            embedding
        };
        let samples = vectors.iter().map(|v| Sample { embedding: turned(v), quality: 0.5 }).collect();
        let space = Space { rotation: rotation.id(), ..SPACE };
        (Template::from_samples(space, samples).unwrap(), turned(probe))
    }

    #[test]
    fn a_template_of_another_rotation_is_not_renewed() {
        let (old, new, other) = (rotation(1, 2), rotation(2, 2), rotation(3, 2));
        let (template, _) = under(&old, &[vec![0.6, 0.8]], &[1.0, 0.0]);
        let refused = MatchError::OtherRotation { template: old.id(), in_use: other.id() };
        assert_eq!(template.clone().turned(&other, &new).unwrap_err(), refused);
        assert!(template.turned(&rotation(1, 3), &new).is_err());
    }

    proptest! {
        #[test]
        fn renewing_a_rotation_any_number_of_times_keeps_every_score(
            vectors in prop::collection::vec(prop::collection::vec((1u8..).prop_map(f32::from), 40), 1..4),
            probe in prop::collection::vec((1u8..).prop_map(f32::from), 40),
            seeds in prop::collection::vec(any::<u8>(), 1..6),
        ) {
            let mut before = rotation(200, 40);
            let (mut template, first_probe) = under(&before, &vectors, &probe);
            let score = template.score(template.space(), &first_probe).unwrap();
            for seed in seeds {
                let next = rotation(seed, 40);
                template = template.turned(&before, &next).unwrap();
                let (_, probe) = under(&next, &vectors, &probe);
                let renewed = template.score(Space { rotation: next.id(), ..SPACE }, &probe).unwrap();
                prop_assert!((renewed - score).abs() < 5e-6, "{renewed} {score}");
                before = next;
            }
        }

        #[test]
        fn every_template_survives_its_bytes(
            vectors in prop::collection::vec(prop::collection::vec(0.01f32..1.0, 7), 1..=MAX_SAMPLES)
        ) {
            let samples = vectors.iter().map(|vector| sample(vector)).collect();
            let template = Template::from_samples(SPACE, samples).unwrap();
            let bytes = template.to_bytes();
            let read = Template::from_bytes(&bytes).unwrap();
            prop_assert_eq!(&*read.to_bytes(), &*bytes);
            prop_assert_eq!(read.mean(), template.mean());
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Template::from_bytes(&bytes);
        }

        #[test]
        fn no_damage_makes_the_reader_panic(at in 0usize..68, value: u8, cut in 0usize..76) {
            let mut bytes = template(&[0.6, 0.8]).to_bytes().to_vec();
            bytes[at] = value;
            bytes.truncate(cut);
            if let Ok(read) = Template::from_bytes(&bytes) {
                prop_assert_eq!(&*read.to_bytes(), &bytes);
            }
        }
    }
}
