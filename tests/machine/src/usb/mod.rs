//! USB cameras for the machine: as real for its kernel as any, with their own driver and a place on the PCI bus; what they
//! film, and what is wrong with them, is up to the test.

mod redir;
mod uvc;

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use self::redir::{Asked, Line};
use self::uvc::Agreed;
use crate::MachineError;

/// How long to wait for QEMU before looking whether there is something to send.
const PAUSE: Duration = Duration::from_millis(2);

/// How pictures lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Luma and chroma in turn.
    Yuyv,
    /// A plane of luma, then one of chroma.
    Nv12,
    /// JPEG pictures.
    Mjpeg,
    /// Luma only, as infrared cameras send it.
    Grey,
}

/// A size and the intervals between frames that it is offered with, in 100 ns.
#[derive(Debug, Clone)]
pub struct Size {
    /// px.
    pub width: u16,
    /// px.
    pub height: u16,
    /// The first is the one that the camera begins with.
    pub intervals: Vec<u32>,
}

/// A layout and the sizes that it is offered in.
#[derive(Debug, Clone)]
pub struct Format {
    /// How the pictures lie in memory.
    pub layout: Layout,
    /// The first is the one that the camera begins with.
    pub sizes: Vec<Size>,
}

/// What a camera is.
#[derive(Debug, Clone)]
pub struct Model {
    /// What it calls itself.
    pub name: &'static str,
    /// Who made it.
    pub vendor: u16,
    /// Which of the maker's products it is.
    pub product: u16,
    /// Which one of these.
    pub serial: Option<&'static str>,
    /// What it offers. There must be some, and sizes and intervals in each.
    pub formats: Vec<Format>,
    /// It offers more than one size and agrees to the first only.
    pub refuses_sizes: bool,
}

/// The bytes of a frame: of this layout and size, the number so many.
pub type Film = dyn FnMut(Layout, &Size, u64) -> Vec<u8> + Send;

/// What a camera films by.
#[derive(Clone)]
pub enum Clock {
    /// The time that passes here, since then.
    Here(Instant),
    /// The time that passes in a machine which is slower, µs, as it tells it.
    Told(Arc<AtomicU64>),
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::Here(Instant::now())
    }
}

impl Clock {
    fn now(&self) -> Duration {
        match self {
            Clock::Here(begun) => begun.elapsed(),
            Clock::Told(told) => Duration::from_micros(told.load(Ordering::SeqCst)),
        }
    }
}

/// A place where a camera can be plugged in. Clones are the same place.
#[derive(Clone)]
pub struct Port {
    folder: Arc<tempfile::TempDir>,
}

impl Port {
    /// An empty one.
    ///
    /// # Errors
    /// The system's own.
    pub fn new() -> Result<Port, MachineError> {
        let folder = tempfile::tempdir().map_err(MachineError::io("making a folder"))?;
        Ok(Port { folder: Arc::new(folder) })
    }

    /// Plugs a camera in, also while the machine runs: within a second it looks.
    ///
    /// # Errors
    /// The system's own.
    pub fn plug(&self, model: Model, film: Box<Film>) -> Result<Plugged, MachineError> {
        self.plug_by(Clock::default(), model, film)
    }

    /// The same, with a camera that films by this clock.
    ///
    /// # Errors
    /// The system's own.
    pub fn plug_by(&self, clock: Clock, model: Model, film: Box<Film>) -> Result<Plugged, MachineError> {
        let path = self.path();
        // There is one from the camera that was here before.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(MachineError::io("plugging a camera in"))?;
        listener.set_nonblocking(true).map_err(MachineError::io("plugging a camera in"))?;
        let (film, unplugged) = (Arc::new(Mutex::new(Some(film))), Arc::new(AtomicBool::new(false)));
        let camera = thread::spawn({
            let (film, unplugged) = (Arc::clone(&film), Arc::clone(&unplugged));
            move || {
                // It ends with an error where the machine ends first.
                let _ = serve(&listener, clock, &model, &film, &unplugged);
            }
        });
        Ok(Plugged { path, film, unplugged, camera: Some(camera) })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("camera")
    }
}

/// A camera that is plugged in. Dropped, it is pulled out.
pub struct Plugged {
    path: PathBuf,
    film: Arc<Mutex<Option<Box<Film>>>>,
    unplugged: Arc<AtomicBool>,
    camera: Option<JoinHandle<()>>,
}

impl Plugged {
    /// From now on it films this; nothing at all where there is none, while it stays plugged in.
    pub fn film(&self, film: Option<Box<Film>>) {
        *self.film.lock().unwrap_or_else(PoisonError::into_inner) = film;
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        self.unplugged.store(true, Ordering::SeqCst);
        remove(&self.path);
        if let Some(camera) = self.camera.take() {
            // It panics with the film that the test gave, and has said so then.
            let _ = camera.join();
        }
    }
}

fn remove(path: &Path) {
    // Where it is gone there is nothing to connect to either.
    let _ = std::fs::remove_file(path);
}

/// Is the camera until it is pulled out.
fn serve(
    listener: &UnixListener,
    clock: Clock,
    model: &Model,
    film: &Mutex<Option<Box<Film>>>,
    unplugged: &AtomicBool,
) -> io::Result<()> {
    let stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(_) if unplugged.load(Ordering::SeqCst) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            Err(_) => thread::sleep(PAUSE),
        }
    };
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PAUSE))?;
    let device = uvc::device(model);
    let mut camera = Camera {
        line: Line::begin(stream, &device)?,
        model,
        agreed: Agreed::at_first(model),
        wanted: VecDeque::new(),
        sending: Vec::new(),
        sent: 0,
        number: 0,
        due: clock.now(),
        clock,
    };
    while !unplugged.load(Ordering::SeqCst) {
        while let Some(asked) = camera.line.next(&device)? {
            camera.hear(asked)?;
        }
        camera.send(film)?;
    }
    Ok(())
}

/// A camera at work.
struct Camera<'a> {
    line: Line<UnixStream>,
    model: &'a Model,
    agreed: Agreed,
    /// Transfers that wait for bytes, and how many each takes.
    wanted: VecDeque<(u64, usize)>,
    /// The frame that is on its way, and how much of it has gone.
    sending: Vec<u8>,
    sent: usize,
    number: u64,
    clock: Clock,
    /// When the next frame is.
    due: Duration,
}

impl Camera<'_> {
    fn hear(&mut self, asked: Asked) -> io::Result<()> {
        match asked {
            Asked::Control { id, setup, data } => {
                let answer = self.agreed.answer(self.model, setup, &data);
                if !self.agreed.committed {
                    self.stop();
                }
                self.line.answer(id, setup, answer.as_deref())
            }
            Asked::Bulk { id, length } => {
                self.wanted.push_back((id, length));
                Ok(())
            }
            Asked::Cancel { id } => {
                self.wanted.retain(|(wanted, _)| *wanted != id);
                self.stop();
                self.line.cancelled(id, uvc::STREAM)
            }
            Asked::Reset => {
                self.wanted.clear();
                self.stop();
                self.agreed = Agreed::at_first(self.model);
                Ok(())
            }
        }
    }

    /// What was on its way is not wanted any more.
    fn stop(&mut self) {
        (self.sending, self.sent) = (Vec::new(), 0);
    }

    /// Sends as much as is wanted now.
    fn send(&mut self, film: &Mutex<Option<Box<Film>>>) -> io::Result<()> {
        while let Some((id, length)) = self.wanted.front().copied() {
            if self.sent == self.sending.len() && !self.shoot(film, length) {
                break;
            }
            let end = (self.sent + length).min(self.sending.len());
            self.line.deliver(id, uvc::STREAM, &self.sending[self.sent..end])?;
            self.sent = end;
            self.wanted.pop_front();
        }
        Ok(())
    }

    /// Takes the next frame if it is time; it goes in transfers of so many bytes.
    fn shoot(&mut self, film: &Mutex<Option<Box<Film>>>, transfer: usize) -> bool {
        let now = self.clock.now();
        if now < self.due || !self.agreed.committed {
            return false;
        }
        let format = &self.model.formats[self.agreed.format];
        let size = &format.sizes[self.agreed.size];
        let mut film = film.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(film) = film.as_mut() else { return false };
        let frame = film(format.layout, size, self.number);
        self.sending = uvc::payload(&frame, self.number, transfer);
        self.sent = 0;
        self.number += 1;
        // A machine that is slow gets fewer frames, not late ones.
        self.due = (self.due + self.agreed.period()).max(now);
        true
    }
}
