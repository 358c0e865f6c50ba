//! The sample recordings, made once from videos, and the notice that says whose everything is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use mabataki_models::Digest;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::archive;
use crate::command;
use crate::error::Error;
use crate::hash;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone};
use crate::pins::{Pins, Recording};

/// Where each sample comes from and on what terms.
const NOTICE: &str = include_str!("../samples-notice.txt");

/// What was made, so that a damaged or outdated recording is noticed: a made file has no pinned
/// hash of its own, since an encoder's last bit may differ between machines.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    made: BTreeMap<String, Made>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Made {
    /// The hash pinned for the video it was made from.
    from: Digest,
    sha256: Digest,
}

/// Which recordings are missing, damaged, or made from another video than the one pinned now.
pub(crate) fn missing<'a>(layout: &Layout, pins: &'a Pins) -> Result<Vec<&'a Recording>, Error> {
    let record = read_record(layout);
    let mut missing = Vec::new();
    for recording in &pins.recordings {
        let path = layout.home().join(&recording.to);
        let found = hash::of_file(&path).map_err(Error::io("read", &path))?;
        let right = record.made.get(&recording.to).is_some_and(|made| {
            found == Some(made.sha256) && source_hash(pins, recording) == Some(made.from)
        });
        if !right {
            missing.push(recording);
        }
    }
    Ok(missing)
}

/// Turns videos into motion JPEG: one thread and bit-exact, so that every run gives the same file.
///
/// `parts` holds the videos and the `ffmpeg` that reads them.
pub(crate) fn make(
    layout: &Layout,
    pins: &Pins,
    recordings: &[&Recording],
    parts: &Path,
    narrator: &Narrator,
) -> Result<(), Error> {
    let mut record = read_record(layout);
    for recording in recordings {
        narrator.item(Tone::Note, "converting", &recording.from);
        let to = layout.home().join(&recording.to);
        let folder = to.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
        let file = NamedTempFile::with_suffix_in(".mjpeg", folder).map_err(Error::io("write in", folder))?;
        convert(&parts.join("ffmpeg"), &parts.join(&recording.from), file.path())?;
        let bytes = fs::read(file.path()).map_err(Error::io("read", file.path()))?;
        let found = count_frames(&bytes);
        if found != recording.frames {
            return Err(Error::Frames { recording: to, expected: recording.frames, found });
        }
        archive::persist(file, &to)?;
        if let Some(from) = source_hash(pins, recording) {
            record.made.insert(recording.to.clone(), Made { from, sha256: Digest::of(&bytes) });
            write_record(layout, &record)?;
        }
    }
    Ok(())
}

/// Lays the notice beside the samples, where whoever copies them finds it.
pub(crate) fn write_notice(layout: &Layout) -> Result<(), Error> {
    let path = layout.samples().join("NOTICE");
    if fs::read(&path).is_ok_and(|found| found == NOTICE.as_bytes()) {
        return Ok(());
    }
    write_whole(&path, NOTICE)
}

/// Scaled to fit 640 pixels of width, an even height, quality 3 of 2..31 (2 is the best).
fn convert(ffmpeg: &Path, video: &Path, to: &Path) -> Result<(), Error> {
    make_executable(ffmpeg)?;
    let mut ffmpeg = Command::new(ffmpeg);
    ffmpeg.args(["-nostdin", "-loglevel", "error", "-y", "-threads", "1", "-i"]).arg(video);
    ffmpeg.args(["-an", "-vf", "scale='min(640,iw)':-2", "-fps_mode", "passthrough"]);
    ffmpeg.args([
        "-c:v",
        "mjpeg",
        "-q:v",
        "3",
        "-threads",
        "1",
        "-flags",
        "+bitexact",
        "-fflags",
        "+bitexact",
    ]);
    ffmpeg.args(["-f", "mjpeg"]).arg(to);
    command::quietly(&mut ffmpeg, "the ffmpeg of the pinned package must run on this machine").map(drop)
}

fn make_executable(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(Error::io("set the mode of", path))
}

/// Counts start-of-image markers, each followed by the next marker's FF: inside entropy-coded
/// data an FF is always followed by 00 or a restart marker (ITU-T T.81, B.1.1.2), so none is
/// counted there.
fn count_frames(bytes: &[u8]) -> usize {
    bytes.windows(3).filter(|window| *window == [0xFF, 0xD8, 0xFF]).count()
}

fn source_hash(pins: &Pins, recording: &Recording) -> Option<Digest> {
    let mut parts = pins.packages.iter().flat_map(|package| &package.part);
    parts.find(|part| part.name == recording.from).map(|part| part.sha256)
}

fn record_path(layout: &Layout) -> PathBuf {
    layout.samples().join("made.toml")
}

/// A record that cannot be read says nothing about any file: everything is made anew.
fn read_record(layout: &Layout) -> Record {
    let text = fs::read_to_string(record_path(layout)).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

fn write_record(layout: &Layout, record: &Record) -> Result<(), Error> {
    let text = toml::to_string(record).map_err(|error| Error::Pins { detail: error.to_string() })?;
    write_whole(&record_path(layout), &text)
}

fn write_whole(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    let mut file = NamedTempFile::new_in(folder).map_err(Error::io("write in", folder))?;
    file.write_all(text.as_bytes()).map_err(Error::io("write", path))?;
    archive::persist(file, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins() -> Pins {
        Pins::for_machine("x86_64").unwrap()
    }

    /// Lays a file where a recording belongs and records it as made.
    fn made(layout: &Layout, pins: &Pins) {
        let mut record = Record::default();
        for recording in &pins.recordings {
            let path = layout.home().join(&recording.to);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &recording.from).unwrap();
            let sha256 = hash::of_file(&path).unwrap().unwrap();
            let from = source_hash(pins, recording).unwrap();
            record.made.insert(recording.to.clone(), Made { from, sha256 });
        }
        write_record(layout, &record).unwrap();
    }

    #[test]
    fn a_recording_is_made_once_and_again_when_damaged_or_outdated() {
        let root = tempfile::tempdir().unwrap();
        let (layout, pins) = (Layout::at(root.path()), pins());
        assert_eq!(missing(&layout, &pins).unwrap().len(), pins.recordings.len());

        made(&layout, &pins);
        assert!(missing(&layout, &pins).unwrap().is_empty());

        let first = &pins.recordings[0];
        fs::write(layout.home().join(&first.to), "damaged").unwrap();
        let found = missing(&layout, &pins).unwrap();
        assert_eq!(found.iter().map(|recording| &recording.to).collect::<Vec<_>>(), [&first.to]);

        made(&layout, &pins);
        let mut newer = self::pins();
        for part in newer.packages.iter_mut().flat_map(|package| &mut package.part) {
            part.sha256 = Digest::of(b"another video");
        }
        assert_eq!(missing(&layout, &newer).unwrap().len(), newer.recordings.len());
    }

    #[test]
    fn an_unreadable_record_makes_everything_anew() {
        let root = tempfile::tempdir().unwrap();
        let (layout, pins) = (Layout::at(root.path()), pins());
        made(&layout, &pins);
        fs::write(record_path(&layout), "not = [toml").unwrap();
        assert_eq!(missing(&layout, &pins).unwrap().len(), pins.recordings.len());
    }

    #[test]
    fn frames_are_counted_by_their_start_markers() {
        let one = [0xFF, 0xD8, 0xFF, 0xDB, 0x00, 0xFF, 0x00, 0xD8, 0xFF, 0xD9];
        assert_eq!(count_frames(&one), 1);
        assert_eq!(count_frames(&one.repeat(3)), 3);
        assert_eq!(count_frames(&[]), 0);
    }

    #[test]
    fn the_notice_names_every_sample() {
        let pins = pins();
        let kept = pins.packages.iter().flat_map(|package| &package.keep).map(|keep| keep.to.as_str());
        let made = pins.recordings.iter().map(|recording| recording.to.as_str());
        for name in kept.chain(made).filter_map(|path| path.strip_prefix("samples/")) {
            assert!(NOTICE.contains(name), "{name} is not in samples-notice.txt");
        }
    }
}
