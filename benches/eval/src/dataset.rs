//! People and their pictures in the layout of Labeled Faces in the Wild, and the lists that go with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use mabataki_engine::{
    face::{Analyser, FaceObservation, Want},
    frame::Frame,
};

use crate::EvalError;

/// The largest list that is read, bytes.
const MAX_LIST_BYTES: u64 = 16 * 1024 * 1024;

/// The people under a root folder, by name, with their pictures by number.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) people: Vec<String>,
    /// In the order of people, then of file names.
    pub(crate) pictures: Vec<Picture>,
}

#[derive(Debug)]
pub(crate) struct Picture {
    /// Index into [`Dataset::people`].
    pub(crate) person: usize,
    /// The number at the end of its name, which pair lists use.
    number: u32,
    pub(crate) path: PathBuf,
}

/// A line of a pair list: two pictures (indices into [`Dataset::pictures`]), and the fold that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) pictures: [usize; 2],
    pub(crate) fold: usize,
}

impl Dataset {
    /// Reads `ROOT/NAME/NAME_NNNN.jpg`. Other files are passed over.
    pub(crate) fn open(root: &Path) -> Result<Self, EvalError> {
        let mut people = Vec::new();
        let mut pictures = Vec::new();
        for folder in entries(root)?.into_iter().filter(|path| path.is_dir()) {
            let Some(name) = folder.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                continue;
            };
            let before = pictures.len();
            for path in entries(&folder)? {
                let number = path.file_stem().and_then(|stem| {
                    stem.to_str()?.strip_prefix(name.as_str())?.strip_prefix('_')?.parse().ok()
                });
                let is_picture = path.extension().is_some_and(|extension| {
                    ["jpg", "jpeg", "png"].iter().any(|known| extension.eq_ignore_ascii_case(known))
                });
                if let (Some(number), true) = (number, is_picture) {
                    pictures.push(Picture { person: people.len(), number, path });
                }
            }
            if pictures.len() > before {
                people.push(name);
            }
        }
        if people.len() < 2 {
            return Err(EvalError::Input {
                path: root.to_owned(),
                expected: "folders of at least two people, each with pictures NAME/NAME_NNNN.jpg",
                found: format!("{} people", people.len()),
            });
        }
        Ok(Self { people, pictures })
    }

    /// Reads a list in LFW's format: a head of folds and pairs a fold (or pairs alone), then in every fold that many
    /// lines `NAME N M` and as many `NAME N NAME M`. A list of one fold is cut into ten of equal size.
    pub(crate) fn pairs(&self, path: &Path) -> Result<Vec<Pair>, EvalError> {
        let text = read_list(path)?;
        let wrong = |line: &str| EvalError::Input {
            path: path.to_owned(),
            expected: "LFW's pair list: a head `FOLDS COUNT`, then lines `NAME N M` or `NAME N NAME M`",
            found: format!("the line {:?}", line.chars().take(80).collect::<String>()),
        };
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default();
        let figures: Vec<usize> = head.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let (folds, each) = match figures.as_slice() {
            [each] => (1, *each),
            [folds, each] => (*folds, *each),
            _ => return Err(wrong(head)),
        };
        let expected =
            folds.checked_mul(each).and_then(|half| half.checked_mul(2)).filter(|&pairs| pairs > 0);
        let names: BTreeMap<&str, usize> = self.people.iter().map(String::as_str).zip(0..).collect();
        let by_number: BTreeMap<(usize, u32), usize> = self
            .pictures
            .iter()
            .zip(0..)
            .map(|(picture, at)| ((picture.person, picture.number), at))
            .collect();
        let find = |name: &str, number: &str| {
            names.get(name).and_then(|&person| by_number.get(&(person, number.parse().ok()?)).copied())
        };
        let mut pairs = Vec::new();
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let pictures = match words.as_slice() {
                [name, a, b] => find(name, a).zip(find(name, b)),
                [name, a, other, b] => find(name, a).zip(find(other, b)),
                _ => return Err(wrong(line)),
            };
            let (a, b) = pictures.ok_or_else(|| EvalError::Input {
                path: path.to_owned(),
                expected: "only pictures that lie under the root folder",
                found: line.chars().take(80).collect(),
            })?;
            // Within a fold the matches come first, then as many mismatches.
            let at = pairs.len();
            let fold = if folds > 1 { at / (2 * each) } else { at % each.max(1) * 10 / each.max(1) };
            pairs.push(Pair { pictures: [a, b], fold });
        }
        if expected != Some(pairs.len()) {
            return Err(EvalError::Input {
                path: path.to_owned(),
                expected: "as many pairs as its head says (twice the count, for every fold)",
                found: format!("{} pairs under the head {head:?}", pairs.len()),
            });
        }
        Ok(pairs)
    }

    /// Reads a list of names, one a line: the people of a group. Names that are not under the root are passed over.
    pub(crate) fn group(&self, path: &Path) -> Result<BTreeSet<usize>, EvalError> {
        let text = read_list(path)?;
        let names: BTreeSet<&str> =
            text.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
        let people: BTreeSet<usize> = (0..)
            .zip(&self.people)
            .filter(|(_, name)| names.contains(name.as_str()))
            .map(|(at, _)| at)
            .collect();
        if people.len() < 2 {
            return Err(EvalError::Input {
                path: path.to_owned(),
                expected: "the names, one a line, of at least two people under the root folder",
                found: format!("{} of them", people.len()),
            });
        }
        Ok(people)
    }

    /// Reads pairs of names (tab between them) that are one person, or share a picture: not to be taken for impostors.
    /// Each pair is given both ways round.
    pub(crate) fn label_errors(&self, path: &Path) -> Result<BTreeSet<(usize, usize)>, EvalError> {
        let text = read_list(path)?;
        let names: BTreeMap<&str, usize> = self.people.iter().map(String::as_str).zip(0..).collect();
        let mut errors = BTreeSet::new();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let mut words = line.split('\t').map(str::trim);
            let (Some(a), Some(b)) = (words.next(), words.next()) else {
                return Err(EvalError::Input {
                    path: path.to_owned(),
                    expected: "lines of two names with a tab between them",
                    found: format!("the line {:?}", line.chars().take(80).collect::<String>()),
                });
            };
            if let (Some(&a), Some(&b)) = (names.get(a), names.get(b)) {
                errors.extend([(a, b), (b, a)]);
            }
        }
        Ok(errors)
    }
}

/// What lies in a folder, by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let mut entries = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>())
        .map_err(EvalError::io(folder))?;
    entries.sort();
    Ok(entries)
}

/// The face whose middle is nearest to the picture's.
pub(crate) fn central_face(
    analyser: &mut Analyser,
    frame: &Frame<'_>,
    want: Want,
) -> Result<Option<FaceObservation>, EvalError> {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let off_centre = |face: &FaceObservation| {
        let rect = &face.rect;
        (rect.x + (rect.width - width) / 2.0).hypot(rect.y + (rect.height - height) / 2.0)
    };
    let faces = analyser.faces(frame, want)?;
    Ok(faces.into_iter().min_by(|a, b| off_centre(a).total_cmp(&off_centre(b))))
}

/// Reads a text file of bounded size.
pub(crate) fn read_list(path: &Path) -> Result<String, EvalError> {
    let bytes = fs::metadata(path).map_err(EvalError::io(path))?.len();
    if bytes > MAX_LIST_BYTES {
        return Err(EvalError::Input {
            path: path.to_owned(),
            expected: "a list of at most 16 MiB",
            found: format!("{bytes} bytes"),
        });
    }
    fs::read_to_string(path).map_err(EvalError::io(path))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn lfw() -> (tempfile::TempDir, Dataset) {
        let root = tempfile::tempdir().unwrap();
        for (name, pictures) in [("Ann", 2), ("Bob_B", 1), ("Cid", 2)] {
            fs::create_dir(root.path().join(name)).unwrap();
            for number in 1..=pictures {
                fs::write(root.path().join(format!("{name}/{name}_{number:04}.jpg")), b"").unwrap();
            }
        }
        fs::write(root.path().join("Ann/notes.txt"), b"").unwrap();
        fs::write(root.path().join("Ann/Bob_B_0007.jpg"), b"").unwrap();
        fs::create_dir(root.path().join("Empty")).unwrap();
        let dataset = Dataset::open(root.path()).unwrap();
        (root, dataset)
    }

    fn list(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn people_and_their_pictures_are_found_by_name() {
        let (_root, dataset) = lfw();
        assert_eq!(dataset.people, ["Ann", "Bob_B", "Cid"]);
        let pictures: Vec<_> =
            dataset.pictures.iter().map(|picture| (picture.person, picture.number)).collect();
        assert_eq!(pictures, [(0, 1), (0, 2), (1, 1), (2, 1), (2, 2)]);
    }

    #[test]
    fn a_pair_list_of_several_folds_keeps_its_folds() {
        let (_root, dataset) = lfw();
        let pairs = dataset
            .pairs(list("2\t1\nAnn\t1\t2\nAnn\t1\tBob_B\t1\nCid\t1\t2\nCid\t2\tAnn\t2\n").path())
            .unwrap();
        let pair = |pictures, fold| Pair { pictures, fold };
        assert_eq!(pairs, [pair([0, 1], 0), pair([0, 2], 0), pair([3, 4], 1), pair([4, 1], 1)]);
    }

    #[test]
    fn a_pair_list_of_one_fold_is_cut_into_ten() {
        let (_root, dataset) = lfw();
        let text = format!("1\t20\n{}{}", "Ann\t1\t2\n".repeat(20), "Ann\t1\tCid\t2\n".repeat(20));
        let pairs = dataset.pairs(list(&text).path()).unwrap();
        for fold in 0..10 {
            let of =
                |range: std::ops::Range<usize>| pairs[range].iter().filter(|pair| pair.fold == fold).count();
            assert_eq!((of(0..20), of(20..40)), (2, 2));
        }
    }

    #[test]
    fn a_pair_list_that_does_not_fit_names_the_file_and_the_line() {
        let (_root, dataset) = lfw();
        for text in ["", "Ann 1 2", "1 1\nAnn 1 2\n", "1 1\nAnn 1 2\nAnn 1\n", "1 1\nAnn 1 9\nAnn 1 Cid 1\n"]
        {
            let file = list(text);
            let error = dataset.pairs(file.path()).unwrap_err().to_string();
            assert!(error.starts_with(file.path().to_str().unwrap()), "{error}");
        }
        let head = list("18446744073709551615 18446744073709551615\n");
        assert!(dataset.pairs(head.path()).is_err());
    }

    #[test]
    fn groups_and_label_errors_are_read_by_name() {
        let (_root, dataset) = lfw();
        assert_eq!(dataset.group(list("Ann\nNobody\nCid\n").path()).unwrap(), BTreeSet::from([0, 2]));
        assert!(dataset.group(list("Ann\nNobody\n").path()).is_err());
        let errors = dataset.label_errors(list("# head\nAnn\tCid\tsame man\nAnn\tNobody\n").path()).unwrap();
        assert_eq!(errors, BTreeSet::from([(0, 2), (2, 0)]));
        assert!(dataset.label_errors(list("Ann Cid\n").path()).is_err());
    }

    #[test]
    fn a_folder_without_people_is_refused() {
        let empty = tempfile::tempdir().unwrap();
        let error = Dataset::open(empty.path()).unwrap_err().to_string();
        assert!(error.contains("0 people"), "{error}");
    }
}
