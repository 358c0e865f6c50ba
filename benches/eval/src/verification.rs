//! How well the faces of a set of people can be told apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use mabataki_engine::{
    face::{Analyser, Embedding, Want},
    frame::open_still,
    matching::{MAX_SAMPLES, Sample, Space, Template, Threshold},
};
use ndarray::Array2;
use serde::Serialize;

use crate::{
    EvalError, Progress,
    compare::{every_pair, every_two},
    dataset::{Dataset, central_face},
    plot::{Curve, roc},
    tally::{AtThreshold, Rate, Tally},
};

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct VerificationRequest<'a> {
    /// Folder of people in LFW's layout: `ROOT/NAME/NAME_NNNN.jpg`.
    pub root: &'a Path,
    /// Which comparisons are made.
    pub comparisons: Comparisons<'a>,
    /// A list of names whose people are looked at by themselves, too.
    pub group: Option<&'a Path>,
    /// Pairs of names that are not to be taken for impostors: one person under two names, or one picture.
    pub label_errors: Option<&'a Path>,
    /// Where to draw the curves, as SVG.
    pub plot: Option<&'a Path>,
}

/// Which pictures are compared with which.
#[derive(Debug, Clone, Copy)]
pub enum Comparisons<'a> {
    /// Those of a list in LFW's format; only the pictures it names are read.
    Listed(&'a Path),
    /// Every picture with every other, each a template of one sample.
    AllPairs,
    /// Every person's first so many pictures (at most [`MAX_SAMPLES`]) make a template; the rest are probes, compared
    /// with everybody's templates.
    Enrolled(usize),
}

/// What was found. The keys of its JSON form are a contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerificationReport {
    /// People whose pictures were read.
    pub people: usize,
    /// Pictures read.
    pub images: usize,
    /// Pictures without a usable face. Their genuine comparisons count as not matched; their impostor comparisons are
    /// left out, because counting them as rightly refused would flatter the false-match rate.
    pub failed: usize,
    /// Genuine comparisons.
    pub genuine: u64,
    /// Impostor comparisons.
    pub impostor: u64,
    /// Equal error rate.
    pub eer: f64,
    /// Accuracy over ten folds as LFW takes it. With lists, over their pairs; else over folds of people, with matches
    /// and mismatches weighing the same.
    pub accuracy: Option<f64>,
    /// True-match rate at each false-match rate; none where there are too few impostors to show that rate.
    pub tmr: BTreeMap<&'static str, Option<Rate>>,
    /// The threshold at each false-match rate.
    pub threshold: BTreeMap<&'static str, Option<f32>>,
    /// What the pack's calibration promises at its default rate, and what it gives here.
    pub default: AtThreshold,
    /// The group by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupReport>,
}

/// The people of the group, compared among themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupReport {
    /// How many of them were read.
    pub people: usize,
    /// Genuine comparisons.
    pub genuine: u64,
    /// Impostor comparisons within the group.
    pub impostor: u64,
    /// What the shipped default threshold gives in the group.
    pub default: AtThreshold,
    /// True-match rate at the thresholds that hold the *group's own* impostors at each rate; none where the group has
    /// too few impostors to show it.
    pub tmr: BTreeMap<&'static str, Option<Rate>>,
    /// Those thresholds.
    pub threshold: BTreeMap<&'static str, Option<f32>>,
    /// The group's false-match rate at the thresholds of everybody: how much worse it fares where nobody looked.
    pub fmr_at_overall_threshold: BTreeMap<&'static str, Option<f64>>,
}

/// Measures verification. `progress` is told of every picture.
///
/// # Errors
/// [`EvalError`] naming the file, when the data or its lists are not what they should be, a picture cannot be read, or
/// the engine cannot work. A picture without a usable face is no error: it is counted.
pub fn verification(
    analyser: &mut Analyser,
    request: &VerificationRequest<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<VerificationReport, EvalError> {
    if let Comparisons::Enrolled(samples) = request.comparisons
        && !(1..=MAX_SAMPLES).contains(&samples)
    {
        return Err(EvalError::Samples { most: MAX_SAMPLES, found: samples });
    }
    let calibration = analyser.calibration();
    let shipped = Threshold::verification(calibration, calibration.default_fmr)?.score;
    let dataset = Dataset::open(request.root)?;
    let pairs = match request.comparisons {
        Comparisons::Listed(list) => Some(dataset.pairs(list)?),
        Comparisons::AllPairs | Comparisons::Enrolled(_) => None,
    };
    let group = request.group.map(|list| dataset.group(list)).transpose()?;
    let label_errors =
        request.label_errors.map(|list| dataset.label_errors(list)).transpose()?.unwrap_or_default();

    let wanted: BTreeSet<usize> = match &pairs {
        Some(pairs) => pairs.iter().flat_map(|pair| pair.pictures).collect(),
        None => (0..dataset.pictures.len()).collect(),
    };
    let faces = embed(analyser, &dataset, &wanted, progress)?;
    let mut scores = Scores::new(shipped, &dataset, group.as_ref(), label_errors);
    match (request.comparisons, &pairs) {
        (Comparisons::Enrolled(samples), _) => scores.enrolled(analyser, samples, &faces)?,
        (_, Some(pairs)) => pairs.iter().for_each(|pair| scores.listed(pair.pictures, pair.fold, &faces)),
        (_, None) => scores.all_pairs(&faces),
    }

    let report = scores.report(&wanted, &faces);
    if let Some(path) = request.plot {
        fs::write(path, scores.plot(&report)).map_err(EvalError::io(path))?;
    }
    Ok(report)
}

/// The face of every picture, by the index of the picture; none where no face was usable or none was wanted.
struct Faces {
    rows: Array2<f32>,
    /// The row of each picture.
    row_of: Vec<Option<usize>>,
    /// The picture of each row.
    picture_of: Vec<usize>,
}

fn embed(
    analyser: &mut Analyser,
    dataset: &Dataset,
    wanted: &BTreeSet<usize>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Faces, EvalError> {
    let mut rows = Array2::zeros((wanted.len(), analyser.embedding_len()));
    let mut row_of = vec![None; dataset.pictures.len()];
    let mut picture_of = Vec::new();
    let want = Want { embedding: true, ..Want::default() };
    for (done, &picture) in wanted.iter().enumerate() {
        progress(Progress { done, total: wanted.len() });
        let path = &dataset.pictures[picture].path;
        let still = open_still(path)?;
        let frame = still.frame(Duration::ZERO)?;
        if let Some(embedding) = central_face(analyser, &frame, want)?.and_then(|face| face.embedding) {
            rows.row_mut(picture_of.len())
                .iter_mut()
                .zip(embedding.0.iter())
                .for_each(|(cell, x)| *cell = *x);
            row_of[picture] = Some(picture_of.len());
            picture_of.push(picture);
        }
    }
    progress(Progress { done: wanted.len(), total: wanted.len() });
    Ok(Faces { rows, row_of, picture_of })
}

/// Gathers scores for everybody and for the group.
struct Scores<'a> {
    dataset: &'a Dataset,
    label_errors: BTreeSet<(usize, usize)>,
    /// Whether a person stands in any label error, to look that up but rarely.
    suspect: Vec<bool>,
    in_group: Vec<bool>,
    all: Tally,
    group: Option<Tally>,
}

impl<'a> Scores<'a> {
    fn new(
        shipped: f32,
        dataset: &'a Dataset,
        group: Option<&BTreeSet<usize>>,
        label_errors: BTreeSet<(usize, usize)>,
    ) -> Self {
        let people = dataset.people.len();
        let mut suspect = vec![false; people];
        label_errors.iter().for_each(|&(person, _)| suspect[person] = true);
        let mut in_group = vec![false; people];
        group.into_iter().flatten().for_each(|&person| in_group[person] = true);
        Self {
            dataset,
            label_errors,
            suspect,
            in_group,
            all: Tally::new(shipped),
            group: group.map(|_| Tally::new(shipped)),
        }
    }

    fn person(&self, picture: usize) -> usize {
        self.dataset.pictures[picture].person
    }

    fn genuine(&mut self, person: usize, fold: usize, score: f32) {
        self.all.genuine(person, fold, score);
        if let (Some(group), true) = (&mut self.group, self.in_group[person]) {
            group.genuine(person, fold, score);
        }
    }

    fn impostor(&mut self, people: [usize; 2], fold: Option<usize>, score: f32) {
        let [a, b] = people;
        if self.suspect[a] && self.label_errors.contains(&(a, b)) {
            return;
        }
        self.all.impostor(fold, score);
        if let (Some(group), true) = (&mut self.group, self.in_group[a] && self.in_group[b]) {
            group.impostor(fold, score);
        }
    }

    /// A comparison whose fold is that of its people.
    fn compared(&mut self, people: [usize; 2], score: f32) {
        let [a, b] = people;
        if a == b {
            self.genuine(a, a, score);
        } else {
            self.impostor(people, (a % 10 == b % 10).then_some(a), score);
        }
    }

    fn listed(&mut self, pictures: [usize; 2], fold: usize, faces: &Faces) {
        let people = pictures.map(|picture| self.person(picture));
        let rows = pictures.map(|picture| faces.row_of[picture]);
        let score = match rows {
            [Some(a), Some(b)] => faces.rows.row(a).dot(&faces.rows.row(b)),
            _ => f32::NEG_INFINITY,
        };
        if people[0] == people[1] {
            self.genuine(people[0], fold, score);
        } else if score > f32::NEG_INFINITY {
            self.impostor(people, Some(fold), score);
        }
    }

    fn all_pairs(&mut self, faces: &Faces) {
        let rows = faces.rows.slice(ndarray::s![..faces.picture_of.len(), ..]);
        every_two(rows, |a, b, score| {
            let people = [a, b].map(|row| self.person(faces.picture_of[row]));
            self.compared(people, score);
        });
        let (mut read, mut usable) = (vec![0; self.dataset.people.len()], vec![0; self.dataset.people.len()]);
        self.dataset.pictures.iter().for_each(|picture| read[picture.person] += 1);
        faces.picture_of.iter().for_each(|&picture| usable[self.person(picture)] += 1);
        for (person, (read, usable)) in read.into_iter().zip(usable).enumerate() {
            let pairs = |n: usize| n * n.saturating_sub(1) / 2;
            (pairs(usable)..pairs(read)).for_each(|_| self.genuine(person, person, f32::NEG_INFINITY));
        }
    }

    fn enrolled(&mut self, analyser: &Analyser, samples: usize, faces: &Faces) -> Result<(), EvalError> {
        let mut pictures: Vec<Vec<usize>> = vec![Vec::new(); self.dataset.people.len()];
        (0..).zip(&self.dataset.pictures).for_each(|(at, picture)| pictures[picture.person].push(at));
        let rows_of = |pictures: &[usize]| -> Vec<usize> {
            pictures.iter().filter_map(|&at| faces.row_of[at]).collect()
        };

        let mut owners = Vec::new();
        let mut templates = Array2::zeros((self.dataset.people.len(), faces.rows.ncols()));
        let (mut probes, mut probers) = (Vec::new(), Vec::new());
        for (person, pictures) in pictures.iter().enumerate() {
            let (enrol, probe) = pictures.split_at(samples.min(pictures.len()));
            let enrol = rows_of(enrol);
            let usable = rows_of(probe);
            if enrol.is_empty() {
                probe.iter().for_each(|_| self.genuine(person, person, f32::NEG_INFINITY));
            } else {
                (usable.len()..probe.len()).for_each(|_| self.genuine(person, person, f32::NEG_INFINITY));
                let sample = |row: usize| Sample {
                    embedding: Embedding(faces.rows.row(row).to_vec().into()),
                    quality: 1.0,
                };
                let template = Template::from_samples(
                    Space::bare(analyser.embedding_model()),
                    enrol.into_iter().map(sample).collect(),
                )?;
                templates.row_mut(owners.len()).assign(&ndarray::aview1(template.mean()));
                owners.push(person);
            }
            probers.extend(usable.iter().map(|_| person));
            probes.extend(usable);
        }
        let templates = templates.slice(ndarray::s![..owners.len(), ..]);
        let probes = faces.rows.select(ndarray::Axis(0), &probes);
        every_pair(templates, probes.view(), |owner, probe, score| {
            self.compared([owners[owner], probers[probe]], score)
        });
        Ok(())
    }

    fn report(&self, wanted: &BTreeSet<usize>, faces: &Faces) -> VerificationReport {
        let people: BTreeSet<usize> = wanted.iter().map(|&picture| self.person(picture)).collect();
        let threshold = self.all.thresholds();
        let group = self.group.as_ref().map(|group| GroupReport {
            people: people.iter().filter(|&&person| self.in_group[person]).count(),
            genuine: group.genuine_count(),
            impostor: group.impostor_count(),
            default: group.at_shipped(),
            tmr: rates(group, &group.thresholds()),
            threshold: group.thresholds(),
            fmr_at_overall_threshold: threshold
                .iter()
                .map(|(&key, at)| (key, at.map(|at| group.fmr(at))))
                .collect(),
        });
        VerificationReport {
            people: people.len(),
            images: wanted.len(),
            failed: wanted.len() - faces.picture_of.len(),
            genuine: self.all.genuine_count(),
            impostor: self.all.impostor_count(),
            eer: self.all.equal_error_rate(),
            accuracy: self.all.accuracy(),
            tmr: rates(&self.all, &threshold),
            threshold,
            default: self.all.at_shipped(),
            group,
        }
    }

    fn plot(&self, report: &VerificationReport) -> String {
        let everybody = Curve { name: "everybody", points: self.all.curve() };
        let group = self.group.as_ref().map(|group| Curve { name: "the group", points: group.curve() });
        let curves: Vec<Curve> = [everybody].into_iter().chain(group).collect();
        roc(&curves, (report.default.fmr, report.default.tmr.value))
    }
}

fn rates(
    tally: &Tally,
    thresholds: &BTreeMap<&'static str, Option<f32>>,
) -> BTreeMap<&'static str, Option<Rate>> {
    thresholds
        .iter()
        .map(|(&key, threshold)| (key, threshold.map(|threshold| tally.tmr(threshold))))
        .collect()
}
