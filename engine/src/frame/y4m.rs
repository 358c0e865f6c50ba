//! Y4M (YUV4MPEG2): uncompressed planes behind a line of text each.

use std::io::{self, BufRead, Read};

use mabataki_models::Colour;
use zeroize::Zeroizing;

use super::{FrameError, Pixels, view::check_size};

/// The longest line that is read, bytes.
const MAX_LINE: u64 = 1024;

/// Plays a Y4M stream. Frames are turned into RGB by ITU-R BT.601, in limited range unless the header says full; a
/// stream without colour gives gray frames. Buffers are kept from frame to frame and wiped on drop.
pub(super) struct Y4m<R> {
    reader: R,
    header: Header,
    planes: Zeroizing<Vec<u8>>,
    pixels: Zeroizing<Vec<u8>>,
}

/// What the first line says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    width: u32,
    height: u32,
    /// Frames a second, if the header names them.
    pub(super) fps: Option<f64>,
    sampling: ChromaSampling,
    full_range: bool,
}

/// How many columns and rows share one pair of chroma values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChromaSampling {
    Mono,
    C420,
    C422,
    C444,
}

/// Why a frame cannot be had.
#[derive(Debug)]
pub(super) enum Y4mError {
    /// Reading failed.
    Io(io::Error),
    /// The stream is not what it should be.
    Stream(FrameError),
}

impl From<io::Error> for Y4mError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<R: BufRead> Y4m<R> {
    /// Reads the stream's header.
    pub(super) fn open(mut reader: R) -> Result<Self, Y4mError> {
        let line = read_line(&mut reader)?.ok_or_else(|| refused("it is empty"))?;
        let header = Header::parse(&line)?;
        let pixels = vec![0; header.pixels() * header.colour().channels()];
        Ok(Self {
            reader,
            header,
            planes: Zeroizing::new(vec![0; header.frame_bytes()]),
            pixels: Zeroizing::new(pixels),
        })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// The next frame. `None` at the end of the stream.
    pub(super) fn next_frame(&mut self) -> Result<Option<Pixels<'_>>, Y4mError> {
        let Some(line) = read_line(&mut self.reader)? else { return Ok(None) };
        if line != "FRAME" && !line.starts_with("FRAME ") {
            return Err(refused("a frame does not begin with FRAME"));
        }
        self.reader.read_exact(&mut self.planes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => refused("its last frame is cut off"),
            _ => Y4mError::Io(error),
        })?;
        self.convert();
        let Header { width, height, .. } = self.header;
        let colour = self.header.colour();
        Pixels::new(colour, width, height, width as usize * colour.channels(), &self.pixels)
            .map(Some)
            .map_err(Y4mError::Stream)
    }

    fn convert(&mut self) {
        let (luma, chroma) = self.planes.split_at(self.header.pixels());
        let range = if self.header.full_range { &FULL_RANGE } else { &LIMITED_RANGE };
        let Some([columns, rows]) = self.header.sampling.shared() else {
            for (pixel, y) in self.pixels.iter_mut().zip(luma) {
                *pixel = range.gray(*y);
            }
            return;
        };
        let width = self.header.width as usize;
        let chroma_width = width.div_ceil(columns);
        let (u_plane, v_plane) = chroma.split_at(chroma.len() / 2);
        for (row, (luma, pixels)) in
            luma.chunks_exact(width).zip(self.pixels.chunks_exact_mut(width * 3)).enumerate()
        {
            let start = row / rows * chroma_width;
            let (u_row, v_row) =
                (&u_plane[start..start + chroma_width], &v_plane[start..start + chroma_width]);
            for (column, (y, pixel)) in luma.iter().zip(pixels.chunks_exact_mut(3)).enumerate() {
                pixel.copy_from_slice(&range.rgb(*y, u_row[column / columns], v_row[column / columns]));
            }
        }
    }
}

impl Header {
    fn parse(line: &str) -> Result<Self, Y4mError> {
        let mut words = line.split(' ');
        if words.next() != Some("YUV4MPEG2") {
            return Err(refused("it does not begin with YUV4MPEG2"));
        }
        let (mut size, mut fps, mut sampling, mut full_range) =
            ([None; 2], None, ChromaSampling::C420, false);
        for word in words.filter(|word| !word.is_empty()) {
            let (key, value) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            match key {
                "W" | "H" => {
                    let side = value.parse().map_err(|_| refused(&format!("{word:?} is no size")))?;
                    size[usize::from(key == "H")] = Some(side);
                }
                "F" => fps = rate(value).map_err(|()| refused(&format!("{word:?} is no frame rate")))?,
                "C" => {
                    sampling = match value {
                        "mono" => ChromaSampling::Mono,
                        "420" | "420jpeg" | "420mpeg2" | "420paldv" => ChromaSampling::C420,
                        "422" => ChromaSampling::C422,
                        "444" => ChromaSampling::C444,
                        _ => return Err(refused(&format!("{word:?} is not 8-bit mono, 420, 422 or 444"))),
                    };
                }
                "X" if value == "COLORRANGE=FULL" => full_range = true,
                // Interlacing, aspect ratio and comments change nothing for us.
                _ => {}
            }
        }
        let [Some(width), Some(height)] = size else {
            return Err(refused("its header lacks a width or height"));
        };
        check_size(width, height).map_err(Y4mError::Stream)?;
        Ok(Self { width, height, fps, sampling, full_range })
    }

    fn colour(&self) -> Colour {
        if self.sampling == ChromaSampling::Mono { Colour::Gray } else { Colour::Rgb }
    }

    fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    fn frame_bytes(&self) -> usize {
        let chroma = self.sampling.shared().map_or(0, |[columns, rows]| {
            (self.width as usize).div_ceil(columns) * (self.height as usize).div_ceil(rows)
        });
        self.pixels() + 2 * chroma
    }
}

impl ChromaSampling {
    /// How many columns and rows; nothing without chroma.
    fn shared(self) -> Option<[usize; 2]> {
        match self {
            Self::Mono => None,
            Self::C420 => Some([2, 2]),
            Self::C422 => Some([2, 1]),
            Self::C444 => Some([1, 1]),
        }
    }
}

/// `30000:1001`; nothing for `0:0`, which says that the rate is not known.
fn rate(value: &str) -> Result<Option<f64>, ()> {
    let (above, below) = value.split_once(':').ok_or(())?;
    let (above, below): (u32, u32) = (above.parse().map_err(drop)?, below.parse().map_err(drop)?);
    Ok((above > 0 && below > 0).then(|| f64::from(above) / f64::from(below)))
}

/// A line without its end; `None` at the end of the stream.
fn read_line(reader: &mut impl BufRead) -> Result<Option<String>, Y4mError> {
    let mut line = Vec::new();
    reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => String::from_utf8(line).map(Some).map_err(|_| refused("a header line is not text")),
        Some(_) => Err(refused("a header line does not end")),
    }
}

fn refused(cause: &str) -> Y4mError {
    Y4mError::Stream(FrameError::Y4m { cause: cause.to_owned() })
}

/// ITU-R BT.601 in 16-bit fixed point.
struct Range {
    black: i32,
    luma: i32,
    red: i32,
    green_u: i32,
    green_v: i32,
    blue: i32,
}

/// Luma 0..255, chroma ±127.5: 1.402, 0.344136, 0.714136, 1.772.
const FULL_RANGE: Range =
    Range { black: 0, luma: 65536, red: 91881, green_u: 22554, green_v: 46802, blue: 116_130 };

/// Luma 16..235, chroma 16..240: the same times 255/219 and 255/224.
const LIMITED_RANGE: Range =
    Range { black: 16, luma: 76309, red: 104_597, green_u: 25675, green_v: 53279, blue: 132_201 };

impl Range {
    fn gray(&self, y: u8) -> u8 {
        to_byte((i32::from(y) - self.black) * self.luma)
    }

    fn rgb(&self, y: u8, u: u8, v: u8) -> [u8; 3] {
        let y = (i32::from(y) - self.black) * self.luma;
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        [
            to_byte(y + v * self.red),
            to_byte(y - u * self.green_u - v * self.green_v),
            to_byte(y + u * self.blue),
        ]
    }
}

fn to_byte(fixed: i32) -> u8 {
    ((fixed + (1 << 15)) >> 16).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn open(stream: &[u8]) -> Result<Y4m<&[u8]>, Y4mError> {
        Y4m::open(stream)
    }

    /// What the first frame of a stream looks like.
    fn first(header: &str, planes: &[u8]) -> (Colour, Vec<u8>) {
        let stream = [header.as_bytes(), b"\nFRAME\n", planes].concat();
        let mut y4m = open(&stream).unwrap();
        let pixels = y4m.next_frame().unwrap().unwrap();
        (pixels.colour(), pixels.data().to_vec())
    }

    fn cause(stream: &[u8]) -> String {
        let outcome = open(stream).and_then(|mut y4m| y4m.next_frame().map(|_| ()));
        match outcome {
            Err(Y4mError::Stream(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn black_white_and_the_primaries_come_out_by_bt_601() {
        let limited = [(16, 128, 128), (235, 128, 128), (81, 90, 240), (145, 54, 34), (41, 240, 110)];
        let (y, (u, v)): (Vec<u8>, (Vec<u8>, Vec<u8>)) =
            limited.into_iter().map(|(y, u, v)| (y, (u, v))).unzip();
        let (colour, data) = first("YUV4MPEG2 W5 H1 F30:1 C444", &[y, u, v].concat());
        assert_eq!(colour, Colour::Rgb);
        let expected = [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]];
        for (found, expected) in data.chunks(3).zip(expected) {
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.abs_diff(expected) <= 2, "{data:?}");
            }
        }
    }

    #[test]
    fn full_range_is_taken_as_it_is() {
        assert_eq!(first("YUV4MPEG2 W2 H1 Cmono XCOLORRANGE=FULL", &[7, 200]), (Colour::Gray, vec![7, 200]));
        assert_eq!(first("YUV4MPEG2 W2 H1 Cmono", &[16, 235]), (Colour::Gray, vec![0, 255]));
    }

    #[test]
    fn two_by_two_pixels_share_their_chroma_and_odd_sides_are_rounded_up() {
        let (_, data) = first(
            "YUV4MPEG2 W3 H3",
            &[[128; 9].as_slice(), &[90, 128, 128, 128], &[240, 128, 128, 128]].concat(),
        );
        let is_red = |x: usize, y: usize| data[(y * 3 + x) * 3] > 200;
        for y in 0..3 {
            for x in 0..3 {
                assert_eq!(is_red(x, y), x < 2 && y < 2, "{x} {y}");
            }
        }
        let (_, data) =
            first("YUV4MPEG2 W2 H2 C422", &[[128; 4].as_slice(), &[90, 128], &[240, 128]].concat());
        assert!(data[0] > 200 && data[3] > 200 && data[6] < 200);
    }

    #[test]
    fn the_frame_rate_is_a_fraction_or_unknown() {
        let fps = |rate: &str| open(format!("YUV4MPEG2 W1 H1 {rate}\n").as_bytes()).unwrap().header().fps;
        assert_eq!(fps("F30000:1001"), Some(30000.0 / 1001.0));
        assert_eq!(fps("F0:0"), None);
        assert_eq!(fps("It"), None);
    }

    #[test]
    fn what_cannot_be_played_is_named() {
        for (stream, part) in [
            ("", "empty"),
            ("RIFF\n", "YUV4MPEG2"),
            ("YUV4MPEG2 W1", "does not end"),
            ("YUV4MPEG2 W1\n", "lacks a width or height"),
            ("YUV4MPEG2 Wx H1\n", "Wx"),
            ("YUV4MPEG2 W1 H1 F5\n", "F5"),
            ("YUV4MPEG2 W1 H1 C420p10\n", "C420p10"),
            ("YUV4MPEG2 W0 H1\n", "no pixels"),
            ("YUV4MPEG2 W99999 H99999\n", "at most"),
            ("YUV4MPEG2 W1 H1 Cmono\nFRAMX\n", "FRAME"),
            ("YUV4MPEG2 W2 H1 Cmono\nFRAME\n1", "cut off"),
        ] {
            let cause = cause(stream.as_bytes());
            assert!(cause.contains(part), "{stream}: {cause}");
        }
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let stream = [&b"YUV4MPEG2 "[..], &[b'A'; 5000]].concat();
        assert!(cause(&stream).contains("does not end"));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(words in prop::collection::vec("[WHFCXI]?[0-9:a-zA-Z=]{0,12}", 0..8)) {
            let header = format!("YUV4MPEG2 {}", words.join(" "));
            let _ = Header::parse(&header);
        }

        #[test]
        fn no_stream_makes_it_panic(width in 1u32..9, height in 1u32..9, sampling in "mono|420|422|444", rest in prop::collection::vec(any::<u8>(), 0..400)) {
            let stream = [format!("YUV4MPEG2 W{width} H{height} C{sampling}\nFRAME\n").as_bytes(), &rest].concat();
            let mut y4m = open(&stream).unwrap();
            while let Ok(Some(_)) = y4m.next_frame() {}
        }
    }
}
