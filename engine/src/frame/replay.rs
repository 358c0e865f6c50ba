//! Frame sources, and the ones that play what was recorded.

use std::{
    fmt,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Frame, FrameError,
    mjpeg::{SplitError, Splitter},
    still::{Picture, open_still, ordinary_file},
    y4m::{Y4m, Y4mError},
};

/// Frames a second where neither the caller nor the recording says.
pub const DEFAULT_FPS: f64 = 30.0;

/// The frame rates of cameras, from a picture every hundred seconds to high speed.
const LEAST_FPS: f64 = 0.01;
const MOST_FPS: f64 = 1000.0;

/// Something that gives frame after frame, each valid until the next.
pub trait FrameSource {
    /// The next frame; `None` when the recording has ended.
    ///
    /// # Errors
    /// [`FrameError`] if this frame cannot be had. A source may have more after that.
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError>;
}

/// Opens a recording: a picture (repeated for ever, as a still held to the camera), a folder of pictures (in the order of
/// their names), an `.mjpeg` or a `.y4m` file. Frame `n` has the time `n / fps`. Without `fps` the recording's own rate
/// counts, else [`DEFAULT_FPS`].
///
/// # Errors
/// [`FrameError`] if it cannot be read, is of another kind, or has no frame.
pub fn open_replay(path: &Path, fps: Option<f64>) -> Result<Replay, FrameError> {
    let io_error = |cause| FrameError::Io { path: path.to_path_buf(), cause };
    let found = fs::metadata(path).map_err(io_error)?;
    if found.is_dir() {
        return Replay::new(
            path,
            Content::Folder { files: pictures_in(path)?.into_iter(), picture: None },
            fps,
        );
    }
    ordinary_file(&found).map_err(io_error)?;
    match kind(path) {
        Kind::Picture => Replay::new(path, Content::Still(open_still(path)?), fps),
        Kind::Mjpeg => Replay::mjpeg(path, File::open(path).map_err(io_error)?, fps),
        Kind::Y4m => Replay::y4m(path, BufReader::new(File::open(path).map_err(io_error)?), fps),
        Kind::Other => Err(FrameError::UnknownKind { path: path.to_path_buf() }),
    }
}

/// A recording being played.
pub struct Replay {
    path: PathBuf,
    content: Content,
    fps: f64,
    index: u64,
}

enum Content {
    Still(Picture),
    Folder { files: std::vec::IntoIter<PathBuf>, picture: Option<Picture> },
    Mjpeg(Splitter<Box<dyn Read + Send>>),
    Y4m(Y4m<Box<dyn BufRead + Send>>),
}

impl Replay {
    /// Plays motion JPEG from anywhere: a file, or the pipe of a program that makes it. `name` stands for it in errors.
    ///
    /// # Errors
    /// [`FrameError::Rate`] for a frame rate that is none.
    pub fn mjpeg(
        name: &Path,
        reader: impl Read + Send + 'static,
        fps: Option<f64>,
    ) -> Result<Self, FrameError> {
        Self::new(name, Content::Mjpeg(Splitter::new(Box::new(reader))), fps)
    }

    /// Plays Y4M from anywhere. `name` stands for it in errors.
    ///
    /// # Errors
    /// [`FrameError::InFile`] if its header cannot be used, [`FrameError::Rate`] for a frame rate that is none.
    pub fn y4m(
        name: &Path,
        reader: impl BufRead + Send + 'static,
        fps: Option<f64>,
    ) -> Result<Self, FrameError> {
        let reader: Box<dyn BufRead + Send> = Box::new(reader);
        let y4m = Y4m::open(reader).map_err(|error| name_y4m(error, name, 0))?;
        let fps = fps.or(y4m.header().fps);
        Self::new(name, Content::Y4m(y4m), fps)
    }

    fn new(path: &Path, content: Content, fps: Option<f64>) -> Result<Self, FrameError> {
        let fps = fps.unwrap_or(DEFAULT_FPS);
        if !(LEAST_FPS..=MOST_FPS).contains(&fps) {
            return Err(FrameError::Rate { fps });
        }
        Ok(Self { path: path.to_path_buf(), content, fps, index: 0 })
    }

    /// Whether it goes on for ever.
    pub fn is_endless(&self) -> bool {
        matches!(self.content, Content::Still(_))
    }
}

impl FrameSource for Replay {
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        let index = self.index;
        self.index += 1;
        let time = Duration::from_secs_f64(index as f64 / self.fps);
        let path = &self.path;
        let in_file =
            |cause: FrameError| FrameError::InFile { path: path.clone(), index, cause: cause.into() };
        match &mut self.content {
            Content::Still(picture) => picture.frame(time).map(Some),
            Content::Folder { files, picture } => match files.next() {
                // The one before is dropped first: two at a time would be too many.
                Some(file) => {
                    *picture = None;
                    picture.insert(open_still(&file)?).frame(time).map(Some)
                }
                None => Ok(None),
            },
            Content::Mjpeg(splitter) => match splitter.next_picture() {
                Ok(Some(bytes)) => Frame::whole_jpeg(bytes, time).map(Some).map_err(in_file),
                Ok(None) => Ok(None),
                Err(SplitError::Picture(cause)) => Err(in_file(cause)),
                Err(SplitError::Io(cause)) => Err(FrameError::Io { path: path.clone(), cause }),
            },
            Content::Y4m(y4m) => match y4m.next_frame() {
                Ok(Some(pixels)) => Ok(Some(Frame::of(pixels, time))),
                Ok(None) => Ok(None),
                Err(error) => Err(name_y4m(error, path, index)),
            },
        }
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replay({}, frame {})", self.path.display(), self.index)
    }
}

fn name_y4m(error: Y4mError, path: &Path, index: u64) -> FrameError {
    match error {
        Y4mError::Io(cause) => FrameError::Io { path: path.to_path_buf(), cause },
        Y4mError::Stream(cause) => {
            FrameError::InFile { path: path.to_path_buf(), index, cause: cause.into() }
        }
    }
}

enum Kind {
    Picture,
    Mjpeg,
    Y4m,
    Other,
}

/// What a file's name says it is.
fn kind(path: &Path) -> Kind {
    match path.extension().map(|extension| extension.to_ascii_lowercase()) {
        Some(extension) if ["jpg", "jpeg", "png", "bmp"].iter().any(|known| extension == *known) => {
            Kind::Picture
        }
        Some(extension) if extension == "mjpeg" || extension == "mjpg" => Kind::Mjpeg,
        Some(extension) if extension == "y4m" => Kind::Y4m,
        _ => Kind::Other,
    }
}

/// The pictures of a folder in the order of their names.
fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, FrameError> {
    let io_error = |cause| FrameError::Io { path: folder.to_path_buf(), cause };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_error)? {
        let path = entry.map_err(io_error)?.path();
        if matches!(kind(&path), Kind::Picture) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(FrameError::NoPictures { path: folder.to_path_buf() });
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use mabataki_models::Colour;
    use pretty_assertions::assert_eq;
    use tempfile::TempDir;

    use super::*;
    use crate::frame::{Decoder, jpeg::tests::ramp};

    /// A folder with these files.
    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    /// Width and time of the next frames, at most six.
    fn play(replay: &mut Replay) -> Vec<(u32, Duration)> {
        let mut frames = Vec::new();
        while frames.len() < 6 {
            let Some(frame) = replay.next_frame().unwrap() else { break };
            frames.push((frame.width(), frame.time()));
        }
        frames
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_picture_repeats_for_ever() {
        let folder = folder(&[("one.jpg", &ramp(16, 8, Colour::Rgb))]);
        let mut replay = open_replay(&folder.path().join("one.jpg"), Some(10.0)).unwrap();
        assert!(replay.is_endless());
        assert_eq!(play(&mut replay), [0, 100, 200, 300, 400, 500].map(|time| (16, ms(time))));
    }

    #[test]
    fn a_folder_plays_its_pictures_in_the_order_of_their_names() {
        let folder = folder(&[
            ("b.jpg", &ramp(24, 8, Colour::Rgb)),
            ("a.JPG", &ramp(16, 8, Colour::Gray)),
            ("notes.txt", b"not a picture"),
            ("c.jpeg", &ramp(32, 8, Colour::Rgb)),
        ]);
        let mut replay = open_replay(folder.path(), Some(20.0)).unwrap();
        assert_eq!(play(&mut replay), [(16, ms(0)), (24, ms(50)), (32, ms(100))]);
        assert!(replay.next_frame().unwrap().is_none());
    }

    #[test]
    fn motion_jpeg_plays_frame_by_frame_and_decodes() {
        let (first, second) = (ramp(16, 8, Colour::Rgb), ramp(24, 8, Colour::Rgb));
        let folder = folder(&[("clip.mjpeg", &[first.clone(), second].concat())]);
        let mut replay = open_replay(&folder.path().join("clip.mjpeg"), Some(25.0)).unwrap();
        let mut decoder = Decoder::new();
        let frame = replay.next_frame().unwrap().unwrap();
        assert_eq!(decoder.decode(&frame).unwrap().width(), 16);
        assert_eq!(play(&mut replay), [(24, ms(40))]);
    }

    #[test]
    fn y4m_plays_at_its_own_rate_unless_told_otherwise() {
        let stream = b"YUV4MPEG2 W2 H1 F50:1 Cmono\nFRAME\n12FRAME\n34";
        let folder = folder(&[("clip.y4m", stream)]);
        let path = folder.path().join("clip.y4m");
        assert_eq!(play(&mut open_replay(&path, None).unwrap()), [(2, ms(0)), (2, ms(20))]);
        assert_eq!(play(&mut open_replay(&path, Some(1.0)).unwrap()), [(2, ms(0)), (2, ms(1000))]);
    }

    #[test]
    fn a_damaged_frame_is_named_by_file_and_number_and_the_next_one_follows() {
        let good = ramp(16, 8, Colour::Rgb);
        let folder = folder(&[("clip.mjpeg", &[&good[..], &[0xFF, 0xD8, 0, 0], &good].concat())]);
        let path = folder.path().join("clip.mjpeg");
        let mut replay = open_replay(&path, None).unwrap();
        assert!(replay.next_frame().unwrap().is_some());
        let error = replay.next_frame().unwrap_err();
        assert!(
            matches!(&error, FrameError::InFile { path: named, index: 1, .. } if *named == path),
            "{error}"
        );
        assert!(replay.next_frame().unwrap().is_some());
        assert!(replay.next_frame().unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_played_is_named() {
        let folder = folder(&[("clip.avi", b""), ("bad.y4m", b"RIFF\n"), ("bad.png", b"no")]);
        let open = |name: &str| open_replay(&folder.path().join(name), None).unwrap_err();
        assert!(matches!(open("clip.avi"), FrameError::UnknownKind { .. }));
        assert!(matches!(open("bad.y4m"), FrameError::InFile { .. }));
        assert!(matches!(open("bad.png"), FrameError::Still { .. }));
        assert!(matches!(open("missing.mjpeg"), FrameError::Io { .. }));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(open_replay(empty.path(), None), Err(FrameError::NoPictures { .. })));
    }

    #[test]
    fn what_has_no_end_or_never_begins_is_refused_at_once() {
        let folder = folder(&[]);
        for name in ["pipe.jpg", "pipe.mjpeg", "pipe.y4m"] {
            let pipe = folder.path().join(name);
            let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
            assert!(made.success());
            assert!(matches!(open_replay(&pipe, None), Err(FrameError::Io { .. })), "{name}");
            assert!(matches!(open_still(&pipe), Err(FrameError::Io { .. })), "{name}");
        }
        let zeros = folder.path().join("zeros.mjpeg");
        std::os::unix::fs::symlink("/dev/zero", &zeros).unwrap();
        assert!(matches!(open_replay(&zeros, None), Err(FrameError::Io { .. })));
    }

    #[test]
    fn a_frame_rate_that_is_none_is_refused() {
        let folder = folder(&[("one.jpg", &ramp(16, 8, Colour::Rgb))]);
        for fps in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9, 1e-3, f64::MIN_POSITIVE] {
            let refused = open_replay(&folder.path().join("one.jpg"), Some(fps));
            assert!(matches!(refused, Err(FrameError::Rate { .. })), "{fps}");
        }
    }
}
