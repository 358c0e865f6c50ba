//! Whether a camera is fit for log-ins where it stands: what it shows in a few seconds, measured.

use std::time::{Duration, Instant};

use super::{Camera, CameraError};
use crate::frame::{Colour, Decoder, FrameError, Pixels, luma};

/// How long it films for that, from its first frame on: enough for its exposure to settle, which takes about a second.
const FILMS_FOR: Duration = Duration::from_secs(3);

/// One wait for a frame.
const WAIT: Duration = Duration::from_millis(100);

/// Frames a second below which a blink of 100 ms may fall between two of them.
const SLOW: f64 = 15.0;

/// A camera's clock, and its driver's times, are not that exact.
const ABOUT: f64 = 0.95;

/// Below this mean luma a picture is too dark, above it too bright: the limits for a face (`face::quality`), since in a room
/// that is as dark a face is too.
const DARK: f32 = 0.15;
const BRIGHT: f32 = 0.88;

/// More than this share of a picture as good as white: it clips, as faces must not either.
const WHITE: f32 = 0.5;
const AS_GOOD_AS_WHITE: u8 = 250;

/// Pixels of a picture that are looked at: their mean is within one percent of that of all.
const SAMPLES: usize = 4096;

/// What a camera showed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// Width and height of its pictures, px.
    pub size: [u32; 2],
    /// From the moment it was asked for until its first frame was there.
    pub first_frame: Duration,
    /// Until the first frame that was neither too dark nor too bright; none was, without.
    pub first_good_frame: Option<Duration>,
    /// Frames a second, by the times at which they were taken, those that nobody had time to look at among them. Unknown when
    /// there were fewer than two.
    pub rate: Option<f64>,
    /// Mean luma of the last frame, 0..1.
    pub brightness: f32,
    /// How much of the last frame is as good as white, 0..1.
    pub white: f32,
}

/// What keeps a camera that films from being fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// Pictures in which nobody is recognised for want of light.
    TooDark,
    /// Pictures in which skin is white.
    TooBright,
    /// Too few frames for a blink to be seen.
    TooSlow,
}

impl Trial {
    /// What is wrong with it first. Light comes before the rate: in the dark cameras film slower.
    #[must_use]
    pub fn unfit(&self) -> Option<Unfit> {
        if self.brightness < DARK {
            Some(Unfit::TooDark)
        } else if self.brightness > BRIGHT || self.white > WHITE {
            Some(Unfit::TooBright)
        } else if self.rate.is_none_or(|rate| rate < SLOW * ABOUT) {
            Some(Unfit::TooSlow)
        } else {
            None
        }
    }
}

/// Has the camera film for three seconds; `which` as for [`Camera::open`]. No picture is kept.
///
/// # Errors
/// Whatever keeps it from filming, after eight seconds at the latest.
pub fn try_out(which: Option<&str>) -> Result<Trial, CameraError> {
    let begun = Instant::now();
    let camera = Camera::open(which)?;
    film(camera, begun, FILMS_FOR)
}

fn film(mut camera: Camera, begun: Instant, films_for: Duration) -> Result<Trial, CameraError> {
    let (mut decoder, mut tally) = (Decoder::new(), Tally::default());
    loop {
        let frame = match camera.next(WAIT) {
            Ok(Some(frame)) => frame,
            Ok(None) => continue,
            Err(error) => return Err(of_camera(error, &camera)),
        };
        let (arrived, taken) = (begun.elapsed(), frame.time());
        match decoder.decode(&frame) {
            Ok(pixels) => {
                tally.add(arrived, taken, &Exposure::of(&pixels), [pixels.width(), pixels.height()])
            }
            Err(error) => return Err(of_camera(error, &camera)),
        }
        let name = camera.name().unwrap_or_default();
        if let Some(trial) = tally.after(films_for, camera.dropped(), name) {
            return Ok(trial);
        }
    }
}

fn of_camera(error: FrameError, camera: &Camera) -> CameraError {
    let failed =
        |cause: String| CameraError::Failed { name: camera.name().unwrap_or_default().to_owned(), cause };
    match error {
        FrameError::Source { cause } => match cause.downcast::<CameraError>() {
            Ok(error) => *error,
            Err(other) => failed(other.to_string()),
        },
        other => failed(other.to_string()),
    }
}

/// How light a picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Exposure {
    brightness: f32,
    white: f32,
}

impl Exposure {
    fn of(pixels: &Pixels<'_>) -> Exposure {
        let channels = pixels.colour().channels();
        let count = pixels.width() as usize * pixels.height() as usize;
        // An odd step, so that not all are of one column.
        let step = (count / SAMPLES) | 1;
        let (mut sum, mut white, mut seen) = (0_u64, 0_u32, 0_u32);
        let mut at = 0;
        while at < count {
            let (x, y) = (at % pixels.width() as usize, at / pixels.width() as usize);
            let value = match pixels.row(y as u32).get(x * channels..(x + 1) * channels) {
                Some(&[first, second, third]) if pixels.colour() == Colour::Bgr => luma(third, second, first),
                Some(&[first, second, third]) => luma(first, second, third),
                Some(&[value]) => value,
                _ => 0,
            };
            sum += u64::from(value);
            white += u32::from(value >= AS_GOOD_AS_WHITE);
            seen += 1;
            at += step;
        }
        let share = |value: f64| (value / f64::from(seen.max(1))) as f32;
        Exposure { brightness: share(sum as f64 / 255.0), white: share(f64::from(white)) }
    }

    fn is_good(&self) -> bool {
        (DARK..=BRIGHT).contains(&self.brightness) && self.white <= WHITE
    }
}

/// The frames so far.
#[derive(Debug, Default)]
struct Tally {
    /// When the first and the last arrived, since the camera was asked for, and when they were taken.
    first: Option<[Duration; 2]>,
    last: Option<[Duration; 2]>,
    frames: u32,
    first_good: Option<Duration>,
    light: Option<Exposure>,
    size: [u32; 2],
}

impl Tally {
    fn add(&mut self, arrived: Duration, taken: Duration, light: &Exposure, size: [u32; 2]) {
        let times = [arrived, taken];
        self.first.get_or_insert(times);
        self.last = Some(times);
        self.frames += 1;
        if light.is_good() {
            self.first_good.get_or_insert(arrived);
        }
        (self.light, self.size) = (Some(*light), size);
    }

    /// What they say, once they go over so long a time.
    fn after(&self, films_for: Duration, dropped: u64, name: &str) -> Option<Trial> {
        let (Some([first_arrived, first_taken]), Some([arrived, taken]), Some(light)) =
            (self.first, self.last, self.light)
        else {
            return None;
        };
        if arrived.saturating_sub(first_arrived) < films_for {
            return None;
        }
        let span = taken.saturating_sub(first_taken).as_secs_f64();
        let steps = u64::from(self.frames).saturating_add(dropped).saturating_sub(1);
        Some(Trial {
            name: name.to_owned(),
            size: self.size,
            first_frame: first_arrived,
            first_good_frame: self.first_good,
            rate: (span > 0.0 && steps > 0).then(|| steps as f64 / span),
            brightness: light.brightness,
            white: light.white,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Exposure = Exposure { brightness: 0.5, white: 0.0 };
    const NIGHT: Exposure = Exposure { brightness: 0.05, white: 0.0 };

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What comes of frames that arrive 20 ms after they were taken, the first half a second after the camera was asked for.
    fn trial(step_ms: u64, dropped: u64, light: impl Fn(u64) -> Exposure) -> Trial {
        let mut tally = Tally::default();
        (0_u64..1000)
            .find_map(|number| {
                let taken = ms(480 + number * step_ms);
                tally.add(taken + ms(20), taken, &light(number), [640, 480]);
                tally.after(ms(3000), dropped, "Front")
            })
            .unwrap()
    }

    #[test]
    fn a_camera_that_films_fast_enough_in_good_light_is_fit() {
        let trial = trial(50, 0, |_| GOOD);
        assert_eq!((trial.first_frame, trial.first_good_frame), (ms(500), Some(ms(500))));
        assert_eq!((trial.rate.unwrap().round(), trial.unfit()), (20.0, None));
    }

    #[test]
    fn frames_that_nobody_had_time_to_look_at_count_for_the_rate() {
        // Sixty steps of 50 ms, and as many frames between them.
        let rate = trial(50, 60, |_| GOOD).rate.unwrap();
        assert!((rate - 40.0).abs() < 0.1, "{rate}");
    }

    #[test]
    fn one_that_films_slowly_is_unfit_and_one_that_is_about_fast_enough_is_not() {
        assert_eq!(trial(100, 0, |_| GOOD).unfit(), Some(Unfit::TooSlow));
        assert_eq!(trial(68, 0, |_| GOOD).unfit(), None);
    }

    #[test]
    fn the_first_good_frame_is_the_one_in_which_the_exposure_has_settled() {
        let trial = trial(50, 0, |number| if number < 10 { NIGHT } else { GOOD });
        assert_eq!((trial.first_good_frame, trial.unfit()), (Some(ms(1000)), None));
    }

    #[test]
    fn a_dark_room_is_told_before_the_low_rate_that_comes_of_it() {
        let dark = trial(200, 0, |_| NIGHT);
        assert_eq!((dark.first_good_frame, dark.unfit()), (None, Some(Unfit::TooDark)));
        let glaring = Exposure { brightness: 0.7, white: 0.6 };
        assert_eq!(trial(50, 0, |_| glaring).unfit(), Some(Unfit::TooBright));
    }

    #[test]
    fn light_is_that_of_the_picture_whatever_its_layout() {
        for (colour, pixel, brightness) in [
            (Colour::Gray, &[51][..], 0.2),
            (Colour::Rgb, &[255, 0, 0], 0.298),
            (Colour::Bgr, &[255, 0, 0], 0.114),
        ] {
            let data = pixel.repeat(640 * 480);
            let pixels = Pixels::new(colour, 640, 480, 640 * colour.channels(), &data).unwrap();
            let exposure = Exposure::of(&pixels);
            assert!((exposure.brightness - brightness).abs() < 0.01, "{colour:?}: {exposure:?}");
        }
        let half: Vec<u8> = [[255; 320], [0; 320]].concat().repeat(480);
        let exposure = Exposure::of(&Pixels::new(Colour::Gray, 640, 480, 640, &half).unwrap());
        assert!(
            (exposure.white - 0.5).abs() < 0.02 && (exposure.brightness - 0.5).abs() < 0.02,
            "{exposure:?}"
        );
    }
}
