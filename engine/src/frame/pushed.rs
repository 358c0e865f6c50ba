//! Frames that a host hands in one by one, while something else looks at them.
//!
//! Times must move forward at a believable pace. Of a live camera's frames the newest counts, and older ones that nobody
//! has looked at yet are let go and counted; of a recording none is lost: whoever pushes is told to wait.
//!
//! Memory goes round: whoever pushes fills what an earlier frame has left (see [`FrameFeed::memory`]). Once every place has had
//! a frame nothing is allocated any more, and all of it is wiped when both ends are gone.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Frame, FrameError, Raster};

/// Frames follow each other by no less: no camera of a terminal takes more than a thousand a second.
const LEAST_STEP: Duration = Duration::from_millis(1);

/// Frames of a recording follow each other by no more. What goes on between two of them, nobody sees.
const MOST_STEP: Duration = Duration::from_secs(2);

/// The clock of a live host, and that of this machine, may come apart by so much since the first frame.
const MOST_DRIFT: Duration = Duration::from_secs(1);

/// A recording that nobody goes on with for so long is over.
const STALLED: Duration = Duration::from_secs(10);

/// Frames of a recording that wait.
const WAITING: usize = 4;

/// Pieces of memory that are kept: for every frame that waits, the one that is looked at and the one that is on its way.
const PLACES: usize = WAITING + 2;

/// In which time frames run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pace {
    /// As they are taken: the newest counts.
    Live,
    /// In their own: none is lost, and time goes as fast as they are looked at.
    Recorded,
}

/// One picture with its own bytes, in memory of [`FrameFeed::memory`]. Wiped on drop.
pub struct PushedFrame {
    /// How the bytes lie.
    pub raster: Raster,
    /// The bytes.
    pub data: Zeroizing<Vec<u8>>,
    /// When it was taken on the host's steady clock; without a time, when it came.
    pub time: Option<Duration>,
}

impl PushedFrame {
    fn view(&self, time: Duration) -> Result<Frame<'_>, FrameError> {
        Frame::new(&self.raster, &self.data, time)
    }
}

impl fmt::Debug for PushedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushedFrame({}×{})", self.raster.width, self.raster.height)
    }
}

/// The end at which frames come in.
#[derive(Debug, Clone)]
pub struct FrameFeed(Arc<Shared>);

/// The end at which they are looked at.
#[derive(Debug)]
pub struct PushedFrames {
    shared: Arc<Shared>,
    current: Option<PushedFrame>,
}

/// What a source has at the moment.
#[derive(Debug)]
pub enum Next<'f> {
    /// A frame.
    Frame(Frame<'f>),
    /// None yet.
    Nothing,
    /// None any more.
    Over,
}

#[derive(Debug)]
struct Shared {
    pace: Pace,
    queue: Mutex<Queue>,
    came: Condvar,
}

#[derive(Debug)]
struct Queue {
    frames: VecDeque<(PushedFrame, Duration)>,
    /// When the first came, and the time that it bore.
    first: Option<(Instant, Duration)>,
    last: Option<Duration>,
    /// When one came last, or the source was made.
    heard: Instant,
    dropped: u64,
    over: bool,
    /// Memory of frames that are done with.
    spare: Vec<Zeroizing<Vec<u8>>>,
}

/// Both ends of a new source.
#[must_use]
pub fn pushed(pace: Pace) -> (FrameFeed, PushedFrames) {
    let queue = Queue {
        frames: VecDeque::with_capacity(WAITING),
        first: None,
        last: None,
        heard: Instant::now(),
        dropped: 0,
        over: false,
        spare: Vec::with_capacity(PLACES),
    };
    let shared = Arc::new(Shared { pace, queue: Mutex::new(queue), came: Condvar::new() });
    (FrameFeed(Arc::clone(&shared)), PushedFrames { shared, current: None })
}

impl FrameFeed {
    /// Takes a frame; `false` when there is no room for it now.
    ///
    /// # Errors
    /// [`FrameError`] for a picture that is none, and [`FrameError::Time`] for a time that does not follow the one before
    /// at a believable pace. The source goes on with the next.
    pub fn push(&self, frame: PushedFrame) -> Result<bool, FrameError> {
        let now = Instant::now();
        let viewed = frame.view(Duration::ZERO).map(drop);
        let mut queue = self.0.lock();
        let room = !queue.over && (self.0.pace == Pace::Live || queue.frames.len() < WAITING);
        let checked = viewed
            .and_then(|()| if room { queue.check(self.0.pace, frame.time, now).map(Some) } else { Ok(None) });
        let time = match checked {
            Ok(Some(time)) => time,
            refused => {
                queue.take_back(frame);
                return refused.map(|_| false);
            }
        };
        if self.0.pace == Pace::Live {
            while let Some((older, _)) = queue.frames.pop_front() {
                queue.dropped += 1;
                queue.take_back(older);
            }
        }
        queue.frames.push_back((frame, time));
        drop(queue);
        self.0.came.notify_one();
        Ok(true)
    }

    /// Memory of this length, bytes, for the next frame. What it holds is of no meaning: all of it is to be filled.
    #[must_use]
    pub fn memory(&self, length: usize) -> Zeroizing<Vec<u8>> {
        let mut memory = self.0.lock().spare.pop().unwrap_or_default();
        if memory.capacity() < length {
            // Made at once: growing would copy what is overwritten anyway.
            memory = Zeroizing::new(vec![0; length]);
        }
        memory.resize(length, 0);
        memory
    }

    /// No frame follows any more.
    pub fn end(&self) {
        self.0.lock().over = true;
        self.0.came.notify_one();
    }

    /// Whether frames are taken no more: the host said so, or nobody looks at them any longer.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.lock().over
    }

    /// How many frames were let go, because newer ones came.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

impl PushedFrames {
    /// In which time they run.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.shared.pace
    }

    /// The next frame, if one comes within `wait`. Its time is that since the first.
    ///
    /// # Errors
    /// [`FrameError`] if it is none; it was looked at when it came in.
    pub fn next(&mut self, wait: Duration) -> Result<Next<'_>, FrameError> {
        let mut queue = self.shared.lock();
        if let Some(done) = self.current.take() {
            queue.take_back(done);
        }
        // A live source is silent when its host is: whoever looks there waits as before, and does not run in circles.
        let over = |queue: &Queue| queue.over && self.shared.pace == Pace::Recorded;
        let is_awaited = |queue: &mut Queue| queue.frames.is_empty() && !over(queue);
        let waited = self.shared.came.wait_timeout_while(queue, wait, is_awaited);
        queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        let Some((frame, time)) = queue.frames.pop_front() else {
            let stalled = queue.heard.elapsed() >= STALLED;
            let over = self.shared.pace == Pace::Recorded && (queue.over || stalled);
            // Whoever pushes on after that is told so.
            queue.over |= over;
            drop(queue);
            if !over {
                return Ok(Next::Nothing);
            }
            return Ok(Next::Over);
        };
        let first = queue.first.map_or(time, |(_, first)| first);
        drop(queue);
        self.current.insert(frame).view(time.saturating_sub(first)).map(Next::Frame)
    }
}

impl Drop for PushedFrames {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.over = true;
        queue.frames.clear();
        queue.spare.clear();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// A frame is done with: the next one has its memory. Where none follows it is wiped at once.
    fn take_back(&mut self, frame: PushedFrame) {
        if !self.over && self.spare.len() < PLACES {
            self.spare.push(frame.data);
        }
    }

    fn check(&mut self, pace: Pace, told: Option<Duration>, now: Instant) -> Result<Duration, FrameError> {
        let (begun, first) = *self.first.get_or_insert((now, told.unwrap_or_default()));
        let passed = now.duration_since(begun);
        let time = match (told, pace) {
            (Some(time), _) => time,
            (None, Pace::Live) => {
                first.saturating_add(passed).max(self.last.unwrap_or_default() + LEAST_STEP)
            }
            (None, Pace::Recorded) => {
                return Err(FrameError::Time { why: "a recording's frames bear their times" });
            }
        };
        if let Some(last) = self.last {
            let step = time.checked_sub(last).unwrap_or_default();
            if step < LEAST_STEP {
                return Err(FrameError::Time { why: "times move forward, by 1 ms at the least" });
            }
            if pace == Pace::Recorded && step > MOST_STEP {
                return Err(FrameError::Time { why: "frames of a recording are at most 2 s apart" });
            }
        }
        if pace == Pace::Live && time.saturating_sub(first).abs_diff(passed) > MOST_DRIFT {
            return Err(FrameError::Time {
                why: "live frames bear the time at which they were taken, within 1 s",
            });
        }
        (self.last, self.heard) = (Some(time), now);
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelFormat;
    use crate::frame::view::Content;

    fn frame(value: u8, ms: u64) -> PushedFrame {
        PushedFrame {
            raster: Raster::dense(PixelFormat::Gray8, 1, 1),
            data: Zeroizing::new(vec![value]),
            time: Some(Duration::from_millis(ms)),
        }
    }

    fn next(frames: &mut PushedFrames) -> Option<(u8, u64)> {
        match frames.next(Duration::ZERO).unwrap() {
            Next::Frame(frame) => {
                let Content::Pixels(pixels) = frame.content() else { panic!("{frame:?}") };
                let value = pixels.row(0)[0];
                Some((value, frame.time().as_millis().try_into().unwrap()))
            }
            _ => None,
        }
    }

    fn filled(feed: &FrameFeed, length: usize, ms: u64) -> PushedFrame {
        let mut data = feed.memory(length);
        data.fill(7);
        let raster = Raster::dense(PixelFormat::Gray8, u32::try_from(length).unwrap(), 1);
        PushedFrame { raster, data, ..frame(0, ms) }
    }

    #[test]
    fn memory_goes_round_so_that_nothing_is_allocated_for_a_frame_once_every_place_had_one() {
        for pace in [Pace::Live, Pace::Recorded] {
            let (feed, mut frames) = pushed(pace);
            let mut places = std::collections::HashSet::new();
            for number in 0..64 {
                let mut frame = filled(&feed, 4096, 1000 + number);
                places.insert(frame.data.as_ptr());
                if number % 5 == 0 {
                    // Also that of a frame which is refused.
                    frame.raster.height = 2;
                    assert!(feed.push(frame).is_err());
                    continue;
                }
                feed.push(frame).unwrap();
                if number % 3 == 0 {
                    assert!(next(&mut frames).is_some());
                }
            }
            assert!(places.len() <= PLACES, "{pace:?}: {} places", places.len());
        }
    }

    #[test]
    fn a_short_frame_after_a_long_one_has_nothing_of_it() {
        let (feed, mut frames) = pushed(Pace::Recorded);
        assert!(feed.push(filled(&feed, 100, 1000)).unwrap());
        next(&mut frames);
        next(&mut frames);
        assert_eq!(feed.memory(10).len(), 10);
        assert!(feed.push(filled(&feed, 10, 1001)).unwrap());
        next(&mut frames);
        next(&mut frames);
        let longer = feed.memory(20);
        assert_eq!(longer[10..], [0; 10]);
    }

    #[test]
    fn a_recording_loses_no_frame_and_says_when_there_is_no_room() {
        let (feed, mut frames) = pushed(Pace::Recorded);
        for number in 0..4 {
            assert!(feed.push(frame(number, 1000 + u64::from(number) * 40)).unwrap());
        }
        assert!(!feed.push(frame(4, 1160)).unwrap());
        assert_eq!(next(&mut frames), Some((0, 0)));
        assert!(feed.push(frame(4, 1160)).unwrap());
        assert_eq!(next(&mut frames), Some((1, 40)));
        feed.end();
        for expected in [(2, 80), (3, 120), (4, 160)] {
            assert_eq!(next(&mut frames), Some(expected));
        }
        assert!(matches!(frames.next(Duration::ZERO), Ok(Next::Over)));
        assert_eq!(feed.dropped(), 0);
    }

    #[test]
    fn of_live_frames_the_newest_counts_and_those_let_go_are_counted() {
        let (feed, mut frames) = pushed(Pace::Live);
        for number in 0..3 {
            assert!(feed.push(frame(number, 5_000 + u64::from(number))).unwrap());
        }
        assert_eq!(next(&mut frames), Some((2, 2)));
        assert_eq!((next(&mut frames), feed.dropped()), (None, 2));
    }

    #[test]
    fn a_live_source_that_is_over_is_waited_for_as_one_that_is_silent() {
        let (feed, mut frames) = pushed(Pace::Live);
        assert!(feed.push(frame(0, 1000)).unwrap() && !feed.is_over());
        feed.end();
        assert!(feed.is_over() && !feed.push(frame(1, 1040)).unwrap());
        assert_eq!(next(&mut frames), Some((0, 0)));
        let (begun, wait) = (Instant::now(), Duration::from_millis(30));
        assert!(matches!(frames.next(wait), Ok(Next::Nothing)));
        assert!(begun.elapsed() >= wait);
    }

    #[test]
    fn times_that_stand_still_go_back_jump_or_run_away_are_refused_and_the_next_frame_is_taken() {
        let (feed, _frames) = pushed(Pace::Recorded);
        assert!(feed.push(frame(0, 1000)).unwrap());
        for ms in [1000, 900, 3001] {
            assert!(matches!(feed.push(frame(1, ms)), Err(FrameError::Time { .. })), "{ms}");
        }
        assert!(feed.push(frame(1, 3000)).unwrap());
        let (live, _frames) = pushed(Pace::Live);
        assert!(live.push(frame(0, 1000)).unwrap());
        assert!(matches!(live.push(frame(1, 3000)), Err(FrameError::Time { .. })));
        assert!(live.push(PushedFrame { time: None, ..frame(1, 0) }).unwrap());
    }

    #[test]
    fn a_picture_that_is_none_is_refused_when_it_comes() {
        let (feed, _frames) = pushed(Pace::Live);
        let cut = PushedFrame { data: Zeroizing::new(Vec::new()), ..frame(0, 0) };
        assert!(matches!(feed.push(cut), Err(FrameError::TooShort { .. })));
    }
}
