//! The connection to the terminal's service, or the engine in the host's own process.

use std::ffi::c_char;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use mabataki_engine::engine::Config;
use mabataki_engine::keys::{KeyPlace, KeySource};
use mabataki_engine::service::protocol::DeviceKind;
use mabataki_engine::service::{Client, SOCKET};

use crate::boundary::call;
use crate::error::mbt_error;
use crate::failure::{Answer, Failure};
use crate::handles::{self, Kind};
use crate::sized::{Out, Plain, place, take};
use crate::slot::{Held, Slot, closed, error_of, lock, on};
use crate::status::{MBT_E_ABI, MBT_E_END, mbt_status};
use crate::strings::{fill, optional, required};
use crate::version::{MBT_ABI_MAJOR, MBT_ABI_MINOR};

/// Open the engine in this process instead of asking the service: for programs that own the store. The log says so.
pub const MBT_IN_PROCESS: u32 = 1;
/// How long a call that takes no timeout_ms waits for the service at the most, where the configuration names no other.
pub const MBT_IO_MS: u32 = 5000;

/// Longer than any path that a system takes.
const MOST_PATH: usize = 4096;
/// The longest name of a host.
const MOST_NAME: usize = 256;

/// A connection to the service.
pub struct mbt_engine {
    _never: (),
}

/// How the service is found, or what the engine is opened with in this process.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_config {
    pub size: u32,
    /// MBT_IN_PROCESS or 0
    pub flags: u32,
    /// The service's socket; NULL: where the system has it. Not with MBT_IN_PROCESS.
    pub socket: *const c_char,
    /// What this host calls itself in the log and in the policy. Only root and the service's own user are believed.
    pub name: *const c_char,
    /// How long a call waits for the service at the most; 0: MBT_IO_MS.
    pub timeout_ms: u32,
    pub reserved: u32,
    /// The rest with MBT_IN_PROCESS only, and then all of it: the state folder,
    pub state: *const c_char,
    /// where its key is kept,
    pub key: *const c_char,
    /// the witness folder,
    pub witness: *const c_char,
    /// the model pack's folder,
    pub pack: *const c_char,
    /// and the ONNX Runtime library.
    pub runtime: *const c_char,
}

// SAFETY: repr(C), begins with `size`; numbers and pointers that may hold anything until they are looked at.
unsafe impl Plain for mbt_config {}

pub const MBT_INFO_TRIAL: u32 = 1;
/// Nets are loaded: faces can be looked at.
pub const MBT_INFO_NETS: u32 = 2;
pub const MBT_INFO_IN_PROCESS: u32 = 4;

/// What answers at the other end.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_info {
    pub size: u32,
    /// MBT_INFO_*
    pub flags: u32,
    pub version: [c_char; 64],
    pub terminal: [c_char; 256],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_info {}

pub const MBT_CAMERA: u32 = 1;
pub const MBT_READER: u32 = 2;

/// A camera or a reader of the terminal.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_device {
    pub size: u32,
    /// MBT_CAMERA or MBT_READER
    pub kind: u32,
    /// By what it is asked for.
    pub name: [c_char; 256],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_device {}

/// What stands behind an `mbt_engine`.
pub(crate) struct Engine {
    client: Slot<Client>,
    children: Children,
}

/// What ends with an engine: its sessions and grants.
#[derive(Clone, Default)]
pub(crate) struct Children(Arc<Mutex<Family>>);

#[derive(Default)]
struct Family {
    live: Vec<Weak<dyn Child>>,
    /// What was asked for before the engine was closed may be answered afterwards.
    closed: bool,
}

/// What is closed with its engine.
pub(crate) trait Child: Send + Sync {
    fn close(&self);
}

impl Kind for Engine {
    const NAME: &'static str = "mbt_engine";
}

impl Held for Engine {
    type What = Client;
    fn slot(&self) -> &Slot<Client> {
        &self.client
    }
}

impl Engine {
    pub(crate) fn children(&self) -> &Children {
        &self.children
    }
}

impl Children {
    /// Opens a handle of something that ends with the engine. After that it is closed at once.
    pub(crate) fn open<T: Kind + Child, C>(&self, child: T) -> Answer<*mut C> {
        let child = Arc::new(child);
        let mut family = lock(&self.0);
        if family.closed {
            drop(family);
            child.close();
            return Err(closed());
        }
        family.live.retain(|known| known.strong_count() > 0);
        let weak: Weak<T> = Arc::downgrade(&child);
        family.live.push(weak);
        Ok(handles::open(child))
    }

    fn close(&self) {
        let mut family = lock(&self.0);
        family.closed = true;
        let live = std::mem::take(&mut family.live);
        drop(family);
        for child in live.iter().filter_map(Weak::upgrade) {
            child.close();
        }
    }
}

/// Connects to the terminal's service, or opens the engine in this process. `abi` is MBT_ABI; `config` may be NULL for the
/// service where the system has it.
///
/// # Safety
/// `config` is NULL or points to an `mbt_config` whose `size` is set and whose texts are NULL or NUL-terminated; `out` is
/// NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_engine_open(
    abi: u32,
    config: *const mbt_config,
    out: *mut *mut mbt_engine,
) -> mbt_status {
    call(|| {
        check_abi(abi)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the engine") }?;
        // SAFETY: as above.
        let client = unsafe { connect(config) }?;
        let engine = Engine { client: Slot::new(client), children: Children::default() };
        out.write(handles::open(Arc::new(engine)));
        Ok(())
    })
}

fn check_abi(abi: u32) -> Answer {
    let (major, minor) = (abi >> 16, abi & 0xFFFF);
    // While the major number is 0 every minor one may change anything.
    let fits = major == MBT_ABI_MAJOR && (major > 0 || minor == MBT_ABI_MINOR);
    if fits {
        return Ok(());
    }
    let text =
        format!("the host was compiled for ABI {major}.{minor}: expected {MBT_ABI_MAJOR}.{MBT_ABI_MINOR}");
    Err(Failure::new(MBT_E_ABI, "abi", text))
}

/// # Safety
/// As for [`mbt_engine_open`].
unsafe fn connect(config: *const mbt_config) -> Answer<Client> {
    if config.is_null() {
        return Ok(Client::connect(Path::new(SOCKET), None, time(0))?);
    }
    // SAFETY: as this function asks of its caller.
    let config = unsafe { take(config, "mbt_config") }?;
    if config.flags & !MBT_IN_PROCESS != 0 || config.reserved != 0 {
        return Err(Failure::invalid(format!("mbt_config has flags that are none: {:#x}", config.flags)));
    }
    // SAFETY: the texts are as this function asks of its caller.
    let name = unsafe { optional(config.name, "the host's name", MOST_NAME) }?;
    let places = [config.state, config.key, config.witness, config.pack, config.runtime];
    if config.flags & MBT_IN_PROCESS == 0 {
        if places.iter().any(|place| !place.is_null()) {
            return Err(Failure::invalid(
                "a state folder, key, witness, pack or runtime is for MBT_IN_PROCESS only: the service has its own",
            ));
        }
        // SAFETY: as above.
        let socket = unsafe { optional(config.socket, "the socket", MOST_PATH) }?;
        let socket = socket.map_or_else(|| PathBuf::from(SOCKET), PathBuf::from);
        return Ok(Client::connect(&socket, name.as_deref(), time(config.timeout_ms))?);
    }
    if !config.socket.is_null() {
        return Err(Failure::invalid("either a socket or MBT_IN_PROCESS: found both"));
    }
    // SAFETY: as above.
    let path = |text, name| unsafe { required(text, name, MOST_PATH) }.map(PathBuf::from);
    let within = Config {
        state: path(config.state, "the state folder")?,
        key: KeySource::Kept(KeyPlace::new(path(config.key, "the key")?)),
        witness: path(config.witness, "the witness folder")?,
        pack: path(config.pack, "the model pack")?,
        runtime: path(config.runtime, "the runtime library")?,
    };
    Ok(Client::in_process(within, name.as_deref(), time(config.timeout_ms))?)
}

fn time(timeout_ms: u32) -> Duration {
    Duration::from_millis(u64::from(if timeout_ms == 0 { MBT_IO_MS } else { timeout_ms }))
}

/// Closes the engine, ends its sessions and gives up its grants. NULL is let be.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_engine_close(engine: *mut mbt_engine) -> mbt_status {
    call(|| {
        let Some(engine) = handles::close::<Engine, _>(engine)? else { return Ok(()) };
        engine.children.close();
        drop(engine.client.take());
        Ok(())
    })
}

/// What answers at the other end.
///
/// # Safety
/// `out` is NULL or points to an `mbt_info` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_engine_info(engine: *const mbt_engine, out: *mut mbt_info) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        let info = client.info()?;
        let flags = [
            (info.trial, MBT_INFO_TRIAL),
            (info.nets, MBT_INFO_NETS),
            (info.in_process, MBT_INFO_IN_PROCESS),
        ];
        let flags = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum();
        out.give(&mbt_info { size: 0, flags, version: fill(&info.version), terminal: fill(&info.terminal) });
        Ok(())
    })
}

/// The cameras and readers of the terminal one after another, from index 0; MBT_E_END after the last.
///
/// # Safety
/// `out` is NULL or points to an `mbt_device` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_engine_device(
    engine: *const mbt_engine,
    index: u32,
    out: *mut mbt_device,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        let devices = client.devices()?;
        let device = usize::try_from(index).ok().and_then(|index| devices.get(index));
        let Some(device) = device else {
            return Err(Failure::new(MBT_E_END, "end", format!("there are {} devices", devices.len())));
        };
        let kind = match device.kind {
            DeviceKind::Camera => MBT_CAMERA,
            DeviceKind::Reader => MBT_READER,
        };
        out.give(&mbt_device { size: 0, kind, name: fill(&device.name) });
        Ok(())
    })
}

/// Why the last failed call on this engine failed.
///
/// # Safety
/// `out` is NULL or points to an `mbt_error` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_engine_error(engine: *const mbt_engine, out: *mut mbt_error) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { error_of::<Engine, _>(engine, out) }
}
