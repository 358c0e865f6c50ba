//! The secret rotation of embeddings. Every site turns its embeddings by a rotation of its own, and can renew it:
//! scores stay as they were, but a template that leaked is as good as a stranger's anywhere else, and here after the
//! renewal (ISO/IEC 24745: unlinkable, renewable).
//!
//! It is no cipher. Whoever holds the seed can turn a template back, and whoever holds as many embeddings as they have
//! numbers, each before and after, can compute the rotation. Templates are sealed besides.

use std::fmt;

use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::{MAX_LENGTH, MatchError, RotationId, vector::dot};
use crate::face::Embedding;

/// Bytes of a seed.
pub const SEED: usize = 32;

/// What a rotation is made from: random, secret. Wiped on drop, never printed.
#[derive(Clone)]
pub struct RotationSeed(Zeroizing<[u8; SEED]>);

impl RotationSeed {
    /// The seed of these bytes, which must be random ones.
    #[must_use]
    pub const fn new(bytes: Zeroizing<[u8; SEED]>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; SEED] {
        &self.0
    }

    /// The name of its rotation. It tells nothing of the seed.
    #[must_use]
    pub fn id(&self) -> RotationId {
        let mut id = [0; RotationId::LENGTH];
        self.expand(b"mabataki rotation 1: id", &mut id);
        RotationId::from_bytes(id)
    }

    fn expand(&self, info: &[u8], out: &mut [u8]) {
        #[expect(
            clippy::expect_used,
            reason = "HKDF-SHA256 gives up to 8,160 bytes, both uses ask for 32 at most"
        )]
        Hkdf::<Sha256>::new(None, &*self.0).expand(info, out).expect("32 bytes at most");
    }
}

impl fmt::Debug for RotationSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RotationSeed(…)")
    }
}

/// A rotation of embeddings of one length, drawn evenly from all orthogonal maps (Haar measure). Wiped on drop.
///
/// Its parts are reflections (the subgroup algorithm of Diaconis and Shahshahani 1987): the k-th turns the last k numbers
/// so that their first axis falls on an even direction. In this form it takes n²/2 numbers of memory instead of n², and a
/// turn n² multiplications, as a matrix would.
pub struct Rotation {
    id: RotationId,
    length: usize,
    /// The normals of the reflections, each of length √2: of `length` numbers first, then one less each.
    normals: Zeroizing<Vec<f32>>,
}

impl Rotation {
    /// The rotation of this seed for embeddings of `length` numbers. One seed gives the same rotation on every machine,
    /// to the last digits of single precision.
    ///
    /// # Errors
    /// [`MatchError::Length`] beyond 1 to [`MAX_LENGTH`].
    pub fn new(seed: &RotationSeed, length: usize) -> Result<Self, MatchError> {
        if length == 0 || length > MAX_LENGTH {
            return Err(MatchError::Length { expected: MAX_LENGTH, found: length });
        }
        let mut random = Normal::new(seed);
        let mut normals = Zeroizing::new(Vec::with_capacity(length * (length + 1) / 2));
        let mut direction = Zeroizing::new(vec![0.0f64; length]);
        for axes in (1..=length).rev() {
            let direction = &mut direction[..axes];
            direction.iter_mut().for_each(|number| *number = random.next());
            normal(direction);
            normals.extend(direction.iter().map(|number| *number as f32));
        }
        Ok(Self { id: seed.id(), length, normals })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> RotationId {
        self.id
    }

    /// Turns an embedding.
    ///
    /// # Errors
    /// [`MatchError::Length`] when it has another length than the rotation.
    pub fn apply(&self, embedding: &mut Embedding) -> Result<(), MatchError> {
        self.check(embedding)?;
        let numbers = embedding.0.as_mut_slice();
        let mut end = self.normals.len();
        for axes in 1..=self.length {
            let normal = &self.normals[end - axes..end];
            reflect(&mut numbers[self.length - axes..], normal);
            end -= axes;
        }
        to_unit(numbers);
        Ok(())
    }

    /// Turns an embedding back.
    ///
    /// # Errors
    /// As [`Rotation::apply`].
    pub fn undo(&self, embedding: &mut Embedding) -> Result<(), MatchError> {
        self.check(embedding)?;
        let numbers = embedding.0.as_mut_slice();
        let mut normals = self.normals.as_slice();
        for axes in (1..=self.length).rev() {
            let (normal, rest) = normals.split_at(axes);
            reflect(&mut numbers[self.length - axes..], normal);
            normals = rest;
        }
        to_unit(numbers);
        Ok(())
    }

    fn check(&self, embedding: &Embedding) -> Result<(), MatchError> {
        let found = embedding.0.len();
        if found == self.length { Ok(()) } else { Err(MatchError::Length { expected: self.length, found }) }
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rotation({}, [{} numbers])", self.id, self.length)
    }
}

/// Turns a random vector into the normal, √2 long, of the reflection that lays the first axis on the vector's direction.
/// All zeros, a reflection that does nothing, where the two are the same.
fn normal(vector: &mut [f64]) {
    let norm = vector.iter().map(|number| number * number).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|number| *number /= norm);
    if let Some(first) = vector.first_mut() {
        *first -= 1.0;
    }
    let norm = vector.iter().map(|number| number * number).sum::<f64>().sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|number| *number *= std::f64::consts::SQRT_2 / norm);
    }
}

fn reflect(numbers: &mut [f32], normal: &[f32]) {
    let along = dot(numbers, normal);
    numbers.iter_mut().zip(normal).for_each(|(number, normal)| *number -= along * normal);
}

/// Takes back what hundreds of reflections in single precision do to the length: about 1e-6.
fn to_unit(numbers: &mut [f32]) {
    let norm = dot(numbers, numbers).sqrt();
    if norm > 0.0 {
        numbers.iter_mut().for_each(|number| *number /= norm);
    }
}

/// Normally distributed numbers out of a seed: ChaCha20 for the bits, Marsaglia's polar method for the bell.
///
/// How many bits are drawn depends on exact arithmetic alone. The logarithm may differ between machines in its last
/// digit, one part in 10¹⁶, and moves a number of the rotation in single precision by one part in 10⁷ at the most.
struct Normal {
    cipher: ChaCha20,
    block: Zeroizing<[u8; BLOCK]>,
    used: usize,
    spare: Option<f64>,
}

/// Bytes of key stream drawn at a time.
const BLOCK: usize = 1024;

impl Normal {
    fn new(seed: &RotationSeed) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        seed.expand(b"mabataki rotation 1: stream", &mut *key);
        // A key of its own for one stream: the nonce has nothing to tell apart.
        let cipher = ChaCha20::new((&*key).into(), &[0; 12].into());
        Self { cipher, block: Zeroizing::new([0; BLOCK]), used: BLOCK, spare: None }
    }

    fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (self.even(), self.even());
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let scale = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }

    /// Even in −1..1, in steps of 2⁻⁵².
    fn even(&mut self) -> f64 {
        if self.used == BLOCK {
            self.block.zeroize();
            self.cipher.apply_keystream(&mut *self.block);
            self.used = 0;
        }
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.block[self.used..self.used + 8]);
        self.used += 8;
        (u64::from_le_bytes(bytes) >> 11) as f64 * 2f64.powi(-52) - 1.0
    }
}

impl Drop for Normal {
    fn drop(&mut self) {
        self.spare.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::matching::{cosine, fixture::embedding};

    fn seed(byte: u8) -> RotationSeed {
        RotationSeed::new(Zeroizing::new([byte; SEED]))
    }

    fn rotation(byte: u8, length: usize) -> Rotation {
        Rotation::new(&seed(byte), length).unwrap()
    }

    fn rotated(rotation: &Rotation, embedding: &Embedding) -> Embedding {
        let mut turned = embedding.clone();
        rotation.apply(&mut turned).unwrap();
        turned
    }

    /// Faces as unlike each other as random ones are.
    fn faces(count: usize, length: usize) -> Vec<Embedding> {
        let mut random = Normal::new(&seed(99));
        (0..count)
            .map(|_| embedding(&(0..length).map(|_| random.next() as f32).collect::<Vec<_>>()))
            .collect()
    }

    /// Mean and standard deviation.
    fn spread(numbers: &[f32]) -> (f32, f32) {
        let count = numbers.len() as f32;
        let mean = numbers.iter().sum::<f32>() / count;
        (mean, (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count).sqrt())
    }

    /// Figures of an independent implementation.
    #[test]
    fn a_seed_gives_this_rotation_for_ever() {
        let found = rotated(&rotation(1, 6), &embedding(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let known = [0.082516, -0.718511, -0.227102, 0.376154, 0.526204, -0.083519];
        assert!(
            found.0.iter().zip(known).all(|(found, known)| (found - known).abs() < 1e-6),
            "{:?}",
            *found.0
        );
        assert_eq!(seed(1).id().to_string(), "8797b39d50a24d5667a3b44dd9131a7f");
    }

    #[test]
    fn one_face_under_two_rotations_is_as_unlike_itself_as_two_strangers_are() {
        const LENGTH: usize = 512;
        let (here, there) = (rotation(1, LENGTH), rotation(2, LENGTH));
        let faces = faces(300, LENGTH);
        let strangers: Vec<f32> = faces.windows(2).map(|pair| cosine(&pair[0], &pair[1]).unwrap()).collect();
        let same: Vec<f32> =
            faces.iter().map(|face| cosine(&rotated(&here, face), &rotated(&there, face)).unwrap()).collect();
        let ((mean, deviation), (expected_mean, expected_deviation)) = (spread(&same), spread(&strangers));
        assert!((mean - expected_mean).abs() < 0.02, "{mean} {expected_mean}");
        assert!((deviation / expected_deviation - 1.0).abs() < 0.25, "{deviation} {expected_deviation}");
        assert!(same.iter().all(|score| score.abs() < 0.25));
    }

    #[test]
    fn a_rotated_face_says_nothing_of_the_bare_one() {
        let turn = rotation(7, 512);
        assert!(faces(100, 512).iter().all(|face| cosine(face, &rotated(&turn, face)).unwrap().abs() < 0.25));
    }

    #[test]
    fn the_directions_an_axis_is_turned_to_are_spread_evenly() {
        // Of an even direction in 8 axes each number has the mean 0 and the mean square 1/8.
        let axis = embedding(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let last = embedding(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        for axis in [axis, last] {
            let turned: Vec<Embedding> = (0..=255).map(|byte| rotated(&rotation(byte, 8), &axis)).collect();
            for number in 0..8 {
                let numbers: Vec<f32> = turned.iter().map(|embedding| embedding.0[number]).collect();
                let (mean, deviation) = spread(&numbers);
                assert!(mean.abs() < 0.08, "{number}: {mean}");
                assert!((deviation.powi(2) * 8.0 - 1.0).abs() < 0.35, "{number}: {deviation}");
            }
        }
    }

    #[test]
    fn an_embedding_of_another_length_is_refused_and_left_alone() {
        let turn = rotation(1, 4);
        let mut face = embedding(&[1.0, 0.0]);
        assert_eq!(turn.apply(&mut face), Err(MatchError::Length { expected: 4, found: 2 }));
        assert_eq!(turn.undo(&mut face), Err(MatchError::Length { expected: 4, found: 2 }));
        assert_eq!(*face.0, [1.0, 0.0]);
        assert!(Rotation::new(&seed(1), 0).is_err());
        assert!(Rotation::new(&seed(1), MAX_LENGTH + 1).is_err());
    }

    #[test]
    fn neither_seed_nor_rotation_shows_in_a_log_line() {
        let text = format!("{:?} {:?}", seed(0xab), rotation(0xab, 3));
        assert!(!text.contains("171") && !text.contains("abab"), "{text}");
    }

    proptest! {
        #[test]
        fn a_rotation_keeps_every_cosine_and_can_be_undone(
            bytes: [u8; SEED],
            length in 1usize..80,
            stream: u8,
        ) {
            let turn = Rotation::new(&RotationSeed::new(Zeroizing::new(bytes)), length).unwrap();
            let mut random = Normal::new(&seed(stream));
            let faces: Vec<Embedding> = (0..4)
                .map(|_| embedding(&(0..length).map(|_| random.next() as f32).collect::<Vec<_>>()))
                .collect();
            let turned: Vec<Embedding> = faces.iter().map(|face| rotated(&turn, face)).collect();
            for (a, turned_a) in faces.iter().zip(&turned) {
                for (b, turned_b) in faces.iter().zip(&turned) {
                    let change = cosine(a, b).unwrap() - cosine(turned_a, turned_b).unwrap();
                    prop_assert!(change.abs() < 2e-6, "{change}");
                }
                let mut back = turned_a.clone();
                turn.undo(&mut back).unwrap();
                prop_assert!(a.0.iter().zip(back.0.iter()).all(|(a, b)| (a - b).abs() < 2e-6));
            }
        }
    }
}
