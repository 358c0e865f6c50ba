//! A virtual PC/SC reader: an IFD handler, version 3.0, that an unmodified pcscd loads.
//!
//! Named in `reader.conf.d` with `DEVICENAME <folder>:<name>`, it opens the socket `<folder>/<name>.sock`, where a
//! player lays cards on the reader and answers for them ([`protocol`]). For a reader on USB the socket is
//! `/run/pcscd/usb-BUS-DEVICE.sock`. It tells pcscd of a change at once
//! (tag 0FB3, a polling function that waits) instead of being asked every 400 ms.
//!
//! The entry points and their numbers are those of pcsc-lite's `ifdhandler.h`.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_long, c_uchar, c_ulong};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use device::{Device, Fault, Power};

mod device;
pub mod protocol;

/// pcsc-lite's `DWORD`.
type Dword = c_ulong;
/// `RESPONSECODE`.
type Code = c_long;

const SUCCESS: Code = 0;
const ERROR_TAG: Code = 600;
const ERROR_POWER_ACTION: Code = 608;
const COMMUNICATION_ERROR: Code = 612;
const NOT_SUPPORTED: Code = 614;
const ICC_PRESENT: Code = 615;
const ICC_NOT_PRESENT: Code = 616;
const NO_SUCH_DEVICE: Code = 617;
const INSUFFICIENT_BUFFER: Code = 618;

const TAG_ATR: Dword = 0x0303;
const TAG_THREAD_SAFE: Dword = 0x0FAD;
const TAG_SLOTS_NUMBER: Dword = 0x0FAE;
const TAG_SIMULTANEOUS_ACCESS: Dword = 0x0FAF;
const TAG_STOP_POLLING_THREAD: Dword = 0x0FB2;
const TAG_POLLING_THREAD_WITH_TIMEOUT: Dword = 0x0FB3;

/// The longest ATR, ISO 7816-3.
const MAX_ATR_SIZE: Dword = 33;

const POWER_UP: Dword = 500;
const POWER_DOWN: Dword = 501;

/// pcscd lists at most sixteen readers.
const MOST_READERS: u8 = 16;

/// `SCARD_IO_HEADER`.
#[repr(C)]
struct IoHeader {
    protocol: Dword,
    length: Dword,
}

impl From<Fault> for Code {
    fn from(fault: Fault) -> Code {
        match fault {
            Fault::NoDevice => NO_SUCH_DEVICE,
            Fault::NoCard => COMMUNICATION_ERROR,
            Fault::Code(code) => Code::from(code),
        }
    }
}

/// The readers pcscd has opened, by its number for them.
fn channels() -> &'static Mutex<HashMap<Dword, Arc<Device>>> {
    static CHANNELS: OnceLock<Mutex<HashMap<Dword, Arc<Device>>>> = OnceLock::new();
    CHANNELS.get_or_init(Mutex::default)
}

fn device(lun: Dword) -> Result<Arc<Device>, Fault> {
    let channels = channels().lock().unwrap_or_else(PoisonError::into_inner);
    channels.get(&lun).cloned().ok_or(Fault::NoDevice)
}

fn code(result: Result<(), Fault>) -> Code {
    result.map_or_else(Code::from, |()| SUCCESS)
}

/// Opens the reader named in `reader.conf.d`, or found on USB.
// SAFETY: the name is the one pcsc-lite asks an IFD handler for; nothing else in the library has it.
#[unsafe(no_mangle)]
unsafe extern "C" fn IFDHCreateChannelByName(lun: Dword, name: *const c_char) -> Code {
    // SAFETY: pcscd passes the NUL-terminated DEVICENAME, which outlives the call.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let Some(socket) = socket(name) else { return COMMUNICATION_ERROR };
    match Device::at(&socket) {
        Ok(device) if device.is_plugged() => {
            channels().lock().unwrap_or_else(PoisonError::into_inner).insert(lun, device);
            SUCCESS
        }
        Ok(_) => NO_SUCH_DEVICE,
        Err(_) => COMMUNICATION_ERROR,
    }
}

/// Where the player of a reader of this name connects.
fn socket(name: &[u8]) -> Option<PathBuf> {
    let colon = name.iter().rposition(|&byte| byte == b':')?;
    let (before, after) = (&name[..colon], Path::new(OsStr::from_bytes(&name[colon + 1..])));
    if before.starts_with(b"usb:") {
        // `usb:1d50/6ffe:libudev:0:/dev/bus/usb/001/002`.
        let (bus, device) = (after.parent()?.file_name()?.to_str()?, after.file_name()?.to_str()?);
        return Some(Path::new("/run/pcscd").join(format!("usb-{bus}-{device}.sock")));
    }
    Some(Path::new(OsStr::from_bytes(before)).join(format!("{}.sock", after.display())))
}

/// Opens a reader by number: not offered, a virtual reader has a name.
// SAFETY: as above, the one definition of a name pcscd looks up.
#[unsafe(no_mangle)]
extern "C" fn IFDHCreateChannel(_lun: Dword, _channel: Dword) -> Code {
    COMMUNICATION_ERROR
}

/// Closes a reader.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn IFDHCloseChannel(lun: Dword) -> Code {
    channels().lock().unwrap_or_else(PoisonError::into_inner).remove(&lun);
    SUCCESS
}

/// What the reader can do, and the ATR of its card.
// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn IFDHGetCapabilities(
    lun: Dword,
    tag: Dword,
    length: *mut Dword,
    value: *mut c_uchar,
) -> Code {
    // SAFETY: pcscd passes a buffer and its length, both valid for this call and not aliased.
    let put = |bytes: &[u8]| unsafe { fill(bytes, value, length) };
    match tag {
        TAG_ATR => match device(lun).and_then(|device| device.card()) {
            Ok(Some(atr)) => put(&atr),
            Ok(None) => COMMUNICATION_ERROR,
            Err(fault) => fault.into(),
        },
        TAG_SLOTS_NUMBER | TAG_THREAD_SAFE => put(&[1]),
        TAG_SIMULTANEOUS_ACCESS => put(&[MOST_READERS]),
        TAG_POLLING_THREAD_WITH_TIMEOUT => {
            put(&(wait_for_change as extern "C" fn(_, _) -> _ as usize).to_ne_bytes())
        }
        TAG_STOP_POLLING_THREAD => put(&(stop_waiting as extern "C" fn(_) -> _ as usize).to_ne_bytes()),
        _ => ERROR_TAG,
    }
}

/// The polling function of tag 0FB3: pcscd's event thread waits here, `limit` in milliseconds.
extern "C" fn wait_for_change(lun: Dword, limit: c_int) -> Code {
    let limit = Duration::from_millis(u64::try_from(limit).unwrap_or(0));
    code(device(lun).and_then(|device| device.wait_for_change(limit)))
}

/// The function of tag 0FB2: ends the wait of the event thread.
extern "C" fn stop_waiting(lun: Dword) -> Code {
    code(device(lun).map(|device| device.stop_waiting()))
}

/// Sets what the reader can do: nothing here can be set.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn IFDHSetCapabilities(_lun: Dword, _tag: Dword, _length: Dword, _value: *mut c_uchar) -> Code {
    NOT_SUPPORTED
}

/// Agrees on the card's protocol: the virtual card speaks any.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn IFDHSetProtocolParameters(
    _lun: Dword,
    _protocol: Dword,
    _flags: c_uchar,
    _pts1: c_uchar,
    _pts2: c_uchar,
    _pts3: c_uchar,
) -> Code {
    SUCCESS
}

/// Gives the card power, takes it, or resets it; answers with the ATR.
// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn IFDHPowerICC(lun: Dword, action: Dword, atr: *mut c_uchar, length: *mut Dword) -> Code {
    let power = match action {
        POWER_UP => Power::Up,
        POWER_DOWN => Power::Down,
        _ => Power::Reset,
    };
    let answer = device(lun).and_then(|device| device.power(power));
    // SAFETY: pcscd passes a buffer of `MAX_ATR_SIZE` bytes, whatever the length says, and a place for the length,
    // both valid for this call and not aliased.
    let put = |bytes: &[u8]| unsafe {
        *length = MAX_ATR_SIZE;
        fill(bytes, atr, length)
    };
    match answer {
        _ if power == Power::Down => put(&[]),
        Ok(answer) if answer.is_empty() => {
            put(&[]);
            ERROR_POWER_ACTION
        }
        Ok(answer) => put(&answer),
        Err(fault) => {
            put(&[]);
            fault.into()
        }
    }
}

/// Exchanges one APDU with the card.
// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn IFDHTransmitToICC(
    lun: Dword,
    _send_header: IoHeader,
    command: *const c_uchar,
    command_length: Dword,
    answer: *mut c_uchar,
    answer_length: *mut Dword,
    _receive_header: *mut IoHeader,
) -> Code {
    // SAFETY: pcscd passes `command_length` initialised bytes that outlive the call.
    let apdu = unsafe { std::slice::from_raw_parts(command, command_length as usize) };
    let result = device(lun).and_then(|device| device.transmit(apdu));
    // SAFETY: pcscd passes a buffer for the answer and its length, both valid for this call and not aliased.
    let put = |bytes: &[u8]| unsafe { fill(bytes, answer, answer_length) };
    match result {
        Ok(bytes) => put(&bytes),
        Err(fault) => {
            put(&[]);
            fault.into()
        }
    }
}

/// Speaks to the reader itself: the virtual one has nothing to say.
// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn IFDHControl(
    _lun: Dword,
    _control_code: Dword,
    _command: *const c_uchar,
    _command_length: Dword,
    _answer: *mut c_uchar,
    _answer_size: Dword,
    answer_length: *mut Dword,
) -> Code {
    // SAFETY: pcscd passes a valid place for the length of the answer.
    unsafe { *answer_length = 0 };
    NOT_SUPPORTED
}

/// Whether a card lies on the reader.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn IFDHICCPresence(lun: Dword) -> Code {
    match device(lun).and_then(|device| device.card()) {
        Ok(Some(_)) => ICC_PRESENT,
        Ok(None) => ICC_NOT_PRESENT,
        Err(fault) => fault.into(),
    }
}

/// Copies `bytes` into a C buffer of `*length` bytes and sets `*length`; 0 when they do not fit.
///
/// # Safety
/// `length` must be valid for reading and writing, and `buffer` for writing `*length` bytes.
unsafe fn fill(bytes: &[u8], buffer: *mut c_uchar, length: *mut Dword) -> Code {
    // SAFETY: the caller vouches for `length`.
    let room = unsafe { *length } as usize;
    let fits = bytes.len() <= room;
    let count = if fits { bytes.len() } else { 0 };
    // SAFETY: the caller vouches for both; `count` bytes fit into the buffer, which is none of ours.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer, count);
        *length = count as Dword;
    }
    if fits { SUCCESS } else { INSUFFICIENT_BUFFER }
}
