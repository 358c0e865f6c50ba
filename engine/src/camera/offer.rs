//! What a camera offers, and what of it cannot be used, and why.

use std::fmt;

use super::CameraError;
use super::choose::{Layout, Mode};

/// Letters of layouts that infrared cameras send: gray pictures of 8 to 16 bits (videodev2.h).
const INFRARED: [&str; 6] = ["GREY", "Y8I", "Y10", "Y12", "Y12I", "Y16"];

/// One thing a camera offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// The system's four letters for the layout.
    pub(super) letters: String,
    /// The layout, if it is one that we know.
    pub(super) layout: Option<Layout>,
    /// px.
    pub(super) width: u32,
    /// px.
    pub(super) height: u32,
    pub(super) rate: Rate,
}

/// How often a frame comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rate {
    /// One in this many parts of a second: numerator and denominator.
    Every(u32, u32),
    /// Any, between two limits.
    Stepwise,
}

/// What of the offers can be used, and what cannot, in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sorted {
    pub(super) modes: Vec<Mode>,
    pub(super) skipped: Vec<String>,
    is_infrared: bool,
}

impl Sorted {
    pub(super) fn of(offers: &[Offer]) -> Sorted {
        let mut sorted = Sorted::default();
        for offer in offers {
            match offer.mode() {
                Ok(mode) => sorted.modes.push(mode),
                Err(why) => {
                    let note = format!("{offer}: {why}");
                    if !sorted.skipped.contains(&note) {
                        sorted.skipped.push(note);
                    }
                }
            }
        }
        let is_infrared = |offer: &Offer| INFRARED.contains(&offer.letters.as_str());
        sorted.is_infrared = !offers.is_empty() && offers.iter().all(is_infrared);
        sorted
    }

    /// Why there is none, where no mode can be used.
    pub(super) fn nothing(&self, name: &str) -> CameraError {
        let name = name.to_owned();
        if self.is_infrared { CameraError::Infrared { name } } else { CameraError::NoMode { name } }
    }
}

impl Offer {
    fn mode(&self) -> Result<Mode, &'static str> {
        let Some(layout) = self.layout else {
            let infrared = INFRARED.contains(&self.letters.as_str());
            return Err(if infrared {
                "gray, as infrared cameras film"
            } else {
                "not a layout that is known"
            });
        };
        let fps = match self.rate {
            Rate::Every(1, fps) if fps > 0 => fps,
            Rate::Every(..) => return Err("not a whole number of frames a second"),
            Rate::Stepwise => return Err("no rate of its own"),
        };
        let mode = Mode { width: self.width, height: self.height, fps, layout };
        mode.fault().map_or(Ok(mode), Err)
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{} {}", self.width, self.height, self.letters)?;
        match self.rate {
            Rate::Every(1, fps) => write!(f, " at {fps}/s"),
            Rate::Every(numerator, denominator) if numerator > 0 => {
                write!(f, " at {:.2}/s", f64::from(denominator) / f64::from(numerator))
            }
            Rate::Every(..) | Rate::Stepwise => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn offer(letters: &str, layout: Option<Layout>, rate: Rate) -> Offer {
        Offer { letters: letters.into(), layout, width: 640, height: 480, rate }
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_reason_and_the_rest_is_used() {
        let odd = Offer { width: 641, ..offer("YUYV", Some(Layout::Yuyv), Rate::Every(1, 30)) };
        let sorted = Sorted::of(&[
            offer("YUYV", Some(Layout::Yuyv), Rate::Every(1001, 30_000)),
            offer("YUYV", Some(Layout::Yuyv), Rate::Every(1, 30)),
            offer("YUYV", Some(Layout::Yuyv), Rate::Every(2, 25)),
            offer("H264", None, Rate::Every(1, 30)),
            offer("H264", None, Rate::Every(1, 30)),
            odd,
            offer("NV12", Some(Layout::Nv12), Rate::Stepwise),
            offer("NV12", Some(Layout::Nv12), Rate::Every(0, 0)),
        ]);
        assert_eq!(sorted.modes, [Mode { width: 640, height: 480, fps: 30, layout: Layout::Yuyv }]);
        let skipped = [
            "640×480 YUYV at 29.97/s: not a whole number of frames a second",
            "640×480 YUYV at 12.50/s: not a whole number of frames a second",
            "640×480 H264 at 30/s: not a layout that is known",
            "641×480 YUYV at 30/s: a side is odd",
            "640×480 NV12: no rate of its own",
            "640×480 NV12: not a whole number of frames a second",
        ];
        assert_eq!(sorted.skipped, skipped);
    }

    #[test]
    fn a_camera_that_films_gray_only_is_an_infrared_one() {
        let gray = offer("GREY", None, Rate::Every(1, 30));
        let is = |offers: &[Offer]| Sorted::of(offers).nothing("Front");
        assert_eq!(is(std::slice::from_ref(&gray)), CameraError::Infrared { name: "Front".into() });
        let other = CameraError::NoMode { name: "Front".into() };
        assert_eq!(is(&[gray, offer("H264", None, Rate::Every(1, 30))]), other);
        assert_eq!(is(&[]), other);
    }
}
