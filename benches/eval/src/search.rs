//! How fast a gallery is searched, against the least time that reading so much memory takes.

use std::{hint::black_box, time::Instant};

use mabataki_engine::{
    face::Embedding,
    matching::{Gallery, Sample, Space, Template},
};
use mabataki_models::Digest;
use serde::Serialize;

use crate::{
    EvalError,
    stats::{SplitMix, median},
};

/// Stands for a space of embeddings: these galleries hold made-up faces.
const SPACE: Space = Space::bare(Digest::from_bytes([0; 32]));

/// Rounds, each a search and a read one after the other so that both see the same machine.
const ROUNDS: usize = 15;

/// Speed of a full search of a gallery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchSpeed {
    /// Templates in the gallery.
    pub rows: usize,
    /// Median time of a search, ms.
    pub search_ms: f64,
    /// Median time of reading as many bytes from the start to the end by one thread, ms.
    pub read_ms: f64,
    /// Median of the ratios of each search to the read beside it.
    pub search_over_read: f64,
}

/// A gallery of made-up faces, and a probe.
pub struct SearchBench {
    gallery: Gallery,
    probe: Embedding,
    /// As many numbers as the gallery holds.
    memory: Vec<f32>,
}

impl SearchBench {
    /// A gallery of `rows` templates, each of an embedding with `length` numbers.
    ///
    /// # Errors
    /// [`EvalError::Match`] when `length` is not that of an embedding.
    pub fn new(rows: usize, length: usize) -> Result<Self, EvalError> {
        let mut random = SplitMix::new(1);
        let mut gallery = Gallery::new(SPACE, length);
        for person in 0..rows {
            let sample = Sample { embedding: made_up(&mut random, length), quality: 1.0 };
            gallery.push(person, &Template::from_samples(SPACE, vec![sample])?)?;
        }
        Ok(Self { gallery, probe: made_up(&mut random, length), memory: vec![1.0; rows * length] })
    }

    /// One search for the five best.
    ///
    /// # Errors
    /// None in practice: gallery and probe are made for each other.
    pub fn search(&mut self) -> Result<(), EvalError> {
        black_box(self.gallery.search(SPACE, &self.probe, 5)?);
        Ok(())
    }

    /// One pass over as much memory as the gallery's rows take, doing as little as possible with it.
    pub fn read(&self) {
        let (blocks, rest) = black_box(&self.memory).as_chunks::<32>();
        let mut sums = [0.0f32; 32];
        for block in blocks {
            sums.iter_mut().zip(block).for_each(|(sum, number)| *sum += number);
        }
        black_box((sums, rest));
    }

    /// Measures searches and reads in turn.
    ///
    /// # Errors
    /// As [`SearchBench::search`].
    pub fn measure(&mut self) -> Result<SearchSpeed, EvalError> {
        let (mut searches, mut reads, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let start = Instant::now();
            self.search()?;
            let search = start.elapsed().as_secs_f64() * 1000.0;
            let start = Instant::now();
            self.read();
            let read = start.elapsed().as_secs_f64() * 1000.0;
            searches.push(search);
            reads.push(read);
            ratios.push(search / read);
        }
        let middle = |mut figures: Vec<f64>| median(&mut figures).unwrap_or(f64::NAN);
        Ok(SearchSpeed {
            rows: self.gallery.len(),
            search_ms: middle(searches),
            read_ms: middle(reads),
            search_over_read: middle(ratios),
        })
    }
}

fn made_up(random: &mut SplitMix, length: usize) -> Embedding {
    let mut numbers: Vec<f32> =
        (0..length).map(|_| random.below(1 << 20) as f32 / (1 << 19) as f32 - 1.0).collect();
    let norm = numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
    numbers.iter_mut().for_each(|number| *number /= norm);
    Embedding(numbers.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_and_a_read_are_timed_against_each_other() {
        let speed = SearchBench::new(2000, 512).unwrap().measure().unwrap();
        assert_eq!(speed.rows, 2000);
        assert!(speed.search_ms > 0.0 && speed.read_ms > 0.0 && speed.search_over_read > 0.1, "{speed:?}");
    }
}
