//! Any other video, through the ffmpeg that is on PATH.

use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use mabataki_engine::engine::Error;
use mabataki_engine::frame::Replay;

use crate::failure::Failure;

/// Has ffmpeg turn a video into plain frames; `None` if there is no ffmpeg. Y4M loses nothing and tells the frame rate.
pub(super) fn play(path: &Path, fps: Option<f64>) -> Result<Option<Replay>, Failure> {
    // A name that begins with a hyphen must stay a name.
    let input = Path::new(".").join(path);
    let started = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(input)
        .args(["-an", "-sn", "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::internal("starting ffmpeg", &error)),
    };
    let Some(output) = child.stdout.take() else { return Ok(None) };
    let reader = BufReader::new(Converter { child, output });
    Ok(Some(Replay::y4m(path, reader, fps).map_err(Error::from)?))
}

/// ffmpeg at work. It is ended, and waited for, when nobody reads on.
struct Converter {
    child: Child,
    output: ChildStdout,
}

impl Read for Converter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.output.read(buffer)?;
        // A pipe that closes looks like the end of the video: only a converter that ended well has come to it.
        if read == 0 && !buffer.is_empty() && !self.child.wait()?.success() {
            let why = "ffmpeg could not read it to its end: give a whole video that ffmpeg can play";
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        Ok(read)
    }
}

impl Drop for Converter {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to end, only to be waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
