//! A camera whose driver does nothing but send, for measurements: what is left is what this library adds to the time of a
//! camera. It goes the way of every other: a thread has the driver, and whoever looks gets the newest frame.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::broker::Broker;
use super::choose::Mode;
use super::driver::{Driver, Survey, System};
use super::limits::Limits;
use super::picture::Picture;
use super::{Camera, CameraEntry, CameraError, Origin};
use crate::frame::{Frame, FrameError, Raster};

const NAME: &str = "stand-in";

/// A camera that is none. No log-in can be made to look at it: those open what the system lists.
pub struct StandIn(Arc<Broker>);

impl StandIn {
    /// One that shows these pictures in turn, `fps` of them a second, without an end. Show two at least: a camera that
    /// sends one and the same is taken for one that hangs.
    ///
    /// # Errors
    /// [`FrameError`] where a picture does not lie as `raster` says, or no camera's do.
    pub fn new(raster: &Raster, fps: u32, pictures: Vec<Vec<u8>>) -> Result<StandIn, FrameError> {
        pictures.iter().try_for_each(|picture| Frame::new(raster, picture, Duration::ZERO).map(drop))?;
        let mode = Mode::of(raster, fps)
            .ok_or_else(|| FrameError::Source { cause: format!("no camera sends {raster:?}").into() })?;
        let film = Film { mode, pictures: pictures.into() };
        Ok(StandIn(Broker::new(Arc::new(film), Limits::ORDINARY)))
    }

    /// Opens it, as [`Camera::open`] does.
    ///
    /// # Errors
    /// [`CameraError`] when there are no threads.
    pub fn open(&self) -> Result<Camera, CameraError> {
        let mut camera = Camera::of(&self.0, None)?;
        camera.poll_open(super::SETTLE)?;
        Ok(camera)
    }
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").finish_non_exhaustive()
    }
}

/// What it shows; and the system that has no other camera.
#[derive(Clone)]
struct Film {
    mode: Mode,
    pictures: Arc<[Vec<u8>]>,
}

impl System for Film {
    fn list(&self) -> Result<Vec<CameraEntry>, CameraError> {
        Ok(vec![CameraEntry::new(0, NAME.into(), Origin::default())])
    }

    fn survey(&self, _entry: &CameraEntry) -> Result<Survey, CameraError> {
        Ok(Survey { mode: self.mode.to_string(), skipped: Vec::new() })
    }

    fn open(&self, _entry: &CameraEntry) -> Result<Box<dyn Driver>, CameraError> {
        Ok(Box::new(Filming { film: self.clone(), due: Instant::now(), number: 0 }))
    }
}

struct Filming {
    film: Film,
    due: Instant,
    number: usize,
}

impl Driver for Filming {
    fn mode(&self) -> Mode {
        self.film.mode
    }

    fn next(&mut self, picture: &mut Picture) -> Result<(), CameraError> {
        thread::sleep(self.due.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        self.due = (self.due + Duration::from_secs(1) / self.film.mode.fps.max(1)).max(now);
        let pictures = &self.film.pictures;
        let shown = pictures.get(self.number % pictures.len().max(1)).map(Vec::as_slice);
        self.number = self.number.wrapping_add(1);
        picture.fill(shown.unwrap_or_default(), now, self.film.mode, NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelFormat;

    #[test]
    fn its_frames_come_in_turn_at_its_rate_by_the_way_of_every_camera() {
        let raster = Raster::dense(PixelFormat::Gray8, 2, 2);
        let stand_in = StandIn::new(&raster, 100, vec![vec![100; 4], vec![200; 4]]).unwrap();
        let mut camera = stand_in.open().unwrap();
        assert_eq!(camera.name(), Some(NAME));
        let mut times = Vec::new();
        while times.len() < 5 {
            let Some(frame) = camera.next(Duration::from_secs(1)).unwrap() else { continue };
            times.push(frame.time());
        }
        assert!(times.is_sorted() && *times.last().unwrap() <= camera.now(), "{times:?}");
        // It was opened after it was asked for, and the first frame came no sooner.
        assert!(times[4] >= Duration::from_millis(40), "{times:?}");
    }

    #[test]
    fn pictures_that_do_not_lie_as_they_should_are_refused() {
        let raster = Raster::dense(PixelFormat::Nv12, 2, 2);
        assert!(StandIn::new(&raster, 30, vec![vec![0; 6]]).is_ok());
        assert!(StandIn::new(&raster, 30, vec![vec![0; 6], vec![0; 5]]).is_err());
        assert!(StandIn::new(&Raster::dense(PixelFormat::Rgba32, 2, 2), 30, vec![vec![0; 16]]).is_err());
    }
}
