//! How well faces are matched in bad light, with and without their contrast being raised: pictures are spoilt by degrees
//! and compared with other ones of everybody, as they were taken.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use mabataki_engine::{
    face::{Analyser, FaceObservation, Quality, Want},
    matching::Threshold,
    session::Guidance,
};
use ndarray::Array2;
use serde::Serialize;

use crate::{
    EvalError, Progress,
    compare::every_pair,
    dataset::{Dataset, central_face},
    picture::Picture,
    spoil::{SPOILS, Spoil},
    stats::median,
    tally::{AtThreshold, Rate, Tally},
};

/// The false-match rate whose threshold is looked at beside the shipped one.
const RATE: &str = "1e-4";

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct LightRequest<'a> {
    /// Folder of people in LFW's layout: `ROOT/NAME/NAME_NNNN.jpg`. Those with a single picture are passed over.
    pub root: &'a Path,
    /// Of every how many people the first picture is spoilt: with 2 of the second, the fourth and so on.
    pub every: usize,
    /// Pairs of names that are not to be taken for impostors: one person under two names, or one picture.
    pub label_errors: Option<&'a Path>,
}

/// What was found. The keys of its JSON form are a contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LightReport {
    /// Pictures that were spoilt, one a person.
    pub pictures: usize,
    /// Pictures as they were taken that each was compared with, if they show another moment.
    pub compared_with: usize,
    /// Every way of spoiling them, by degrees.
    pub spoilt: Vec<Spoilt>,
}

/// Pictures spoilt in one way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spoilt {
    /// The way.
    pub id: &'static str,
    /// Pictures in which no face was found any more. Their genuine comparisons count as not matched.
    pub lost: usize,
    /// How many were told what, by the code of the guidance.
    pub hints: BTreeMap<String, u64>,
    /// Median of the luma of the faces, 0..1.
    pub brightness: f64,
    /// Median of its standard deviation, 0..1.
    pub contrast: f64,
    /// The least of these.
    pub least_contrast: f64,
    /// Median of the share that is as good as black.
    pub clipped_dark: f64,
    /// Median of the share that is as good as white.
    pub clipped_bright: f64,
    /// Median of how much brighter it is behind than on the face, as a factor.
    pub back_light: f64,
    /// The 99th percentile of that.
    pub back_light_p99: f64,
    /// Matching of faces as they were taken.
    pub plain: Matching,
    /// Matching as the engine does it.
    pub evened: Matching,
}

/// How well they are matched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matching {
    /// At the threshold that the pack's calibration gives for its default rate.
    pub shipped: AtThreshold,
    /// True-match rate at the threshold that holds these very impostors at 1e-4; none where they are too few.
    pub tmr: Option<Rate>,
    /// That threshold.
    pub threshold: Option<f32>,
    /// The false-match rate at the threshold of 1e-4 of the pictures as they were taken.
    pub fmr_at_unspoilt_threshold: Option<f64>,
}

/// Measures matching in bad light. `analyser` is as the engine uses it, `plain` is [`Analyser::as_taken`]. `progress` is
/// told of every picture.
///
/// # Errors
/// [`EvalError`] naming the file, when the data is not what it should be, a picture cannot be read, or the engine cannot
/// work. A picture without a usable face is no error: it is counted.
pub fn light(
    [analyser, plain]: [&mut Analyser; 2],
    request: &LightRequest<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<LightReport, EvalError> {
    let calibration = analyser.calibration();
    let shipped = Threshold::verification(calibration, calibration.default_fmr)?.score;
    let dataset = Dataset::open(request.root)?;
    let label_errors =
        request.label_errors.map(|list| dataset.label_errors(list)).transpose()?.unwrap_or_default();
    let chosen = chosen(&dataset, request.every.max(1));
    let total = chosen.gallery.len() + chosen.spoilt.len();
    let gallery = Faces::of(analyser, &dataset, &chosen.gallery, &mut |done| {
        progress(Progress { done, total });
    })?;
    let mut tables = SPOILS.map(|_| Table::new(analyser.embedding_len(), chosen.spoilt.len()));
    for (done, &picture) in chosen.spoilt.iter().enumerate() {
        progress(Progress { done: chosen.gallery.len() + done, total });
        let taken = Picture::read(&dataset.pictures[picture].path)?;
        let Some(face) = central_face(analyser, &taken.frame()?, Want::default())? else { continue };
        for (spoil, table) in SPOILS.iter().zip(&mut tables) {
            let mut spoilt = taken.clone();
            spoil.apply(&mut spoilt, &face.rect, picture as u64);
            let seen = [face_of(plain, &spoilt)?, face_of(analyser, &spoilt)?];
            table.add(picture, seen);
        }
    }
    progress(Progress { done: total, total });
    let judge = Judge { dataset: &dataset, label_errors, gallery: &gallery, shipped };
    let mut unspoilt = None;
    let spoilt = SPOILS.iter().zip(&mut tables).map(|(spoil, table)| {
        let tallies = [0, 1].map(|side| judge.compare(table, side));
        let at = *unspoilt.get_or_insert_with(|| tallies[0].thresholds().get(RATE).copied().flatten());
        table.report(spoil, tallies.map(|tally| matching(&tally, at)))
    });
    let spoilt = spoilt.collect();
    Ok(LightReport { pictures: chosen.spoilt.len(), compared_with: gallery.pictures.len(), spoilt })
}

/// Pictures by their indices.
struct Chosen {
    gallery: Vec<usize>,
    spoilt: Vec<usize>,
}

fn chosen(dataset: &Dataset, every: usize) -> Chosen {
    let mut of: Vec<Vec<usize>> = vec![Vec::new(); dataset.people.len()];
    (0..).zip(&dataset.pictures).for_each(|(at, picture)| of[picture.person].push(at));
    let several: Vec<Vec<usize>> = of.into_iter().filter(|pictures| pictures.len() > 1).collect();
    let spoilt =
        several.iter().skip(every - 1).step_by(every).filter_map(|pictures| pictures.first().copied());
    Chosen { spoilt: spoilt.collect(), gallery: several.concat() }
}

fn face_of(analyser: &mut Analyser, picture: &Picture) -> Result<Option<FaceObservation>, EvalError> {
    central_face(analyser, &picture.frame()?, Want { embedding: true, ..Want::default() })
}

/// Embeddings, and the pictures they are of.
struct Faces {
    rows: Array2<f32>,
    pictures: Vec<usize>,
}

impl Faces {
    fn new(length: usize, most: usize) -> Faces {
        Faces { rows: Array2::zeros((most, length)), pictures: Vec::new() }
    }

    fn of(
        analyser: &mut Analyser,
        dataset: &Dataset,
        pictures: &[usize],
        progress: &mut dyn FnMut(usize),
    ) -> Result<Faces, EvalError> {
        let mut faces = Faces::new(analyser.embedding_len(), pictures.len());
        for (done, &picture) in pictures.iter().enumerate() {
            progress(done);
            let taken = Picture::read(&dataset.pictures[picture].path)?;
            faces.add(picture, face_of(analyser, &taken)?.as_ref());
        }
        Ok(faces)
    }

    fn add(&mut self, picture: usize, face: Option<&FaceObservation>) {
        let Some(embedding) = face.and_then(|face| face.embedding.as_ref()) else { return };
        self.rows
            .row_mut(self.pictures.len())
            .iter_mut()
            .zip(embedding.0.iter())
            .for_each(|(cell, x)| *cell = *x);
        self.pictures.push(picture);
    }
}

/// What was seen of the pictures spoilt in one way.
struct Table {
    /// Without and with their contrast raised.
    faces: [Faces; 2],
    lost: Vec<usize>,
    qualities: Vec<Quality>,
}

impl Table {
    fn new(length: usize, most: usize) -> Table {
        let faces = [0, 1].map(|_| Faces::new(length, most));
        Table { faces, lost: Vec::new(), qualities: Vec::new() }
    }

    fn add(&mut self, picture: usize, seen: [Option<FaceObservation>; 2]) {
        for (faces, face) in self.faces.iter_mut().zip(&seen) {
            faces.add(picture, face.as_ref());
        }
        match &seen[1] {
            Some(face) => self.qualities.push(face.quality),
            None => self.lost.push(picture),
        }
    }

    fn report(&self, spoil: &Spoil, [plain, evened]: [Matching; 2]) -> Spoilt {
        let sorted = |of: fn(&Quality) -> Option<f32>| {
            let mut figures: Vec<f64> = self.qualities.iter().filter_map(of).map(f64::from).collect();
            figures.sort_by(f64::total_cmp);
            figures
        };
        let middle = |of: fn(&Quality) -> Option<f32>| median(&mut sorted(of)).unwrap_or_default();
        let back_light = sorted(|quality| quality.back_light);
        let mut hints = BTreeMap::new();
        for hint in self.qualities.iter().filter_map(|quality| quality.hint) {
            *hints.entry(Guidance::from(hint).code().to_owned()).or_default() += 1;
        }
        Spoilt {
            id: spoil.id,
            lost: self.lost.len(),
            hints,
            brightness: middle(|quality| Some(quality.brightness)),
            contrast: middle(|quality| Some(quality.contrast)),
            least_contrast: sorted(|quality| Some(quality.contrast)).first().copied().unwrap_or_default(),
            clipped_dark: middle(|quality| Some(quality.clipped_dark)),
            clipped_bright: middle(|quality| Some(quality.clipped_bright)),
            back_light: middle(|quality| quality.back_light),
            back_light_p99: back_light.get(back_light.len() * 99 / 100).copied().unwrap_or_default(),
            plain,
            evened,
        }
    }
}

/// Compares spoilt pictures with those as they were taken.
struct Judge<'a> {
    dataset: &'a Dataset,
    label_errors: BTreeSet<(usize, usize)>,
    gallery: &'a Faces,
    shipped: f32,
}

impl Judge<'_> {
    fn compare(&self, table: &Table, side: usize) -> Tally {
        let mut tally = Tally::new(self.shipped);
        let person = |picture: usize| self.dataset.pictures[picture].person;
        let (probes, gallery) = (&table.faces[side], self.gallery);
        let rows = |faces: &'_ Faces| faces.rows.slice(ndarray::s![..faces.pictures.len(), ..]).to_owned();
        every_pair(rows(gallery).view(), rows(probes).view(), |one, other, score| {
            let (taken, spoilt) = (gallery.pictures[one], probes.pictures[other]);
            let people = (person(taken), person(spoilt));
            if taken == spoilt || self.label_errors.contains(&people) {
                return;
            }
            if people.0 == people.1 {
                tally.genuine(people.0, people.0, score);
            } else {
                tally.impostor(None, score);
            }
        });
        for &lost in &table.lost {
            let same =
                gallery.pictures.iter().filter(|&&other| other != lost && person(other) == person(lost));
            same.for_each(|_| tally.genuine(person(lost), person(lost), f32::NEG_INFINITY));
        }
        tally
    }
}

fn matching(tally: &Tally, unspoilt: Option<f32>) -> Matching {
    let threshold = tally.thresholds().get(RATE).copied().flatten();
    Matching {
        shipped: tally.at_shipped(),
        tmr: threshold.map(|threshold| tally.tmr(threshold)),
        threshold,
        fmr_at_unspoilt_threshold: unspoilt.map(|threshold| tally.fmr(threshold)),
    }
}
