//! A virtual machine for tests: Linux under QEMU, one program in it, and disks and cameras that this process serves.
//!
//! ```text
//!   host: the test ── answers each line ──► second serial port ──► guest: the program
//!         Rack ◄── NBD: reads, writes, flushes ── QEMU ◄── virtio ── ext4
//!           └► History ─► Cut: what is left of the disks when the power goes
//!         Port ◄── usbredir: frames of a webcam ── QEMU ◄── xHCI ── uvcvideo
//! ```
//!
//! QEMU emulates the processor, so it takes no rights and no hardware: one start takes some seconds. What it needs is put
//! in place by `cargo xtask test`; [`Machine::find`] says what is missing.

#![forbid(unsafe_code)]

mod disk;
mod error;
mod image;
mod kernel;
mod machine;
mod program;
mod talk;
mod usb;

pub use disk::{Chance, Disk, Event, History, Rack, format};
pub use error::MachineError;
pub use kernel::Kernel;
pub use machine::{Devices, Machine, Ran};
pub use talk::Host;
pub use usb::{Clock, Film, Format, Layout, Model, Plugged, Port, Size};
