//! What tests and the demo need and the product does not: a private pcscd with virtual readers, and the cards
//! that are laid on them, tiny ONNX models, and where the installed parts are.
//!
//! ```no_run
//! use mabataki_test_support::{PrivatePcscd, persona};
//!
//! let pcscd = PrivatePcscd::start(&["Counter"])?;
//! let mut reader = pcscd.reader("Counter")?;
//! reader.insert(persona::by_name("fcf")?)?;
//! // A PC/SC client started with PCSCLITE_CSOCK_NAME set to `pcscd.socket()` now finds the card.
//! # Ok::<(), mabataki_test_support::SupportError>(())
//! ```

#![forbid(unsafe_code)]

mod build;
pub mod clip;
mod command;
mod error;
pub mod files;
pub mod installed;
mod isolated;
pub mod onnx;
mod pcscd;
pub mod persona;
#[path = "../../ifd/src/protocol.rs"]
pub mod protocol;
mod usb;
mod virtual_reader;

pub use build::{cargo, workspace};
pub use command::{Mabataki, Run};
pub use error::SupportError;
pub use isolated::isolated;
pub use pcscd::PrivatePcscd;
pub use usb::UsbBus;
pub use virtual_reader::VirtualReader;
