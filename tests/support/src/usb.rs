//! A USB bus that is played, to plug readers into: a pcscd on it learns of them from libudev, as from the kernel.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::SupportError;
use crate::build::Built;

/// The player: it needs umockdev's library loaded before all others.
const PLAYER: &str = include_str!("usb.py");
/// Loads it.
const WRAPPER: &str = "umockdev-wrapper";

/// What tells pcscd which readers on a USB bus our driver is for. The vendor and the product are those of OpenMoko's range
/// for whoever has none, and nobody's.
const BUNDLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0">
<dict>
    <key>CFBundleExecutable</key><string>libmabataki_ifd.so</string>
    <key>ifdCapabilities</key><string>0x00000000</string>
    <key>ifdVendorID</key><array><string>0x1D50</string></array>
    <key>ifdProductID</key><array><string>0x6FFE</string></array>
    <key>ifdFriendlyName</key><array><string>Mabataki USB</string></array>
</dict>
</plist>
"#;

/// A USB bus, for a pcscd started with [`crate::PrivatePcscd::start_on`]. Gone, with what is plugged in, on drop.
#[derive(Debug)]
pub struct UsbBus {
    player: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    root: PathBuf,
}

impl UsbBus {
    /// Whether one can be played here.
    ///
    /// # Errors
    /// [`SupportError::Unavailable`] names what is missing.
    pub fn is_here() -> Result<(), SupportError> {
        for (program, package) in [(WRAPPER, "umockdev"), ("python3", "python3")] {
            if !crate::pcscd::folders().any(|folder| folder.join(program).is_file()) {
                return Err(SupportError::Unavailable(format!(
                    "`{program}` is not installed (Debian, Ubuntu: apt-get install {package})"
                )));
            }
        }
        Ok(())
    }

    /// A bus with nothing plugged in; its files are put into `folder`.
    ///
    /// # Errors
    /// [`SupportError::Unavailable`] when it cannot be played here.
    pub fn build(folder: &Path) -> Result<UsbBus, SupportError> {
        UsbBus::is_here()?;
        let mut player = Command::new(WRAPPER);
        player.args(["python3", "-c", PLAYER]).env("TMPDIR", folder);
        let mut player = player
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(SupportError::io(format!("starting `{WRAPPER}`")))?;
        let (Some(to), Some(from)) = (player.stdin.take(), player.stdout.take()) else {
            return Err(SupportError::Unavailable(format!("`{WRAPPER}` has no pipes")));
        };
        let mut bus = UsbBus { player, to, from: BufReader::new(from), root: PathBuf::new() };
        bus.root = bus.listen()?.into();
        Ok(bus)
    }

    /// Plugs a reader into this port (1 to 99). Returns when the system knows; pcscd may not have looked yet.
    ///
    /// # Errors
    /// When the player is gone.
    pub fn plug(&mut self, port: u8) -> Result<(), SupportError> {
        self.say("plug", port)
    }

    /// Pulls the reader out of this port. Returns when the system knows.
    ///
    /// # Errors
    /// When the player is gone.
    pub fn unplug(&mut self, port: u8) -> Result<(), SupportError> {
        self.say("unplug", port)
    }

    /// What runs a program so that it sees this bus and no other.
    pub(crate) fn wrapper(&self) -> [String; 3] {
        ["env".into(), format!("UMOCKDEV_DIR={}", self.root.display()), WRAPPER.into()]
    }

    /// Puts our driver into the folder where pcscd looks for those of USB readers.
    pub(crate) fn install_driver(drivers: &Path) -> Result<(), SupportError> {
        let contents = drivers.join("mabataki.bundle/Contents");
        let failed = || SupportError::io(format!("writing {}", contents.display()));
        fs::create_dir_all(contents.join("Linux")).map_err(failed())?;
        fs::write(contents.join("Info.plist"), BUNDLE).map_err(failed())?;
        let driver = contents.join("Linux/libmabataki_ifd.so");
        if driver.is_symlink() {
            fs::remove_file(&driver).map_err(failed())?;
        }
        symlink(Built::DRIVER.locate()?, driver).map_err(failed())
    }

    fn say(&mut self, action: &str, port: u8) -> Result<(), SupportError> {
        writeln!(self.to, "{action} {port}")
            .map_err(SupportError::io(format!("{action}ging a reader at port {port}")))?;
        self.listen().map(drop)
    }

    fn listen(&mut self) -> Result<String, SupportError> {
        let mut line = String::new();
        let read =
            self.from.read_line(&mut line).map_err(SupportError::io("listening to the played USB bus"))?;
        if read == 0 {
            return Err(SupportError::Unavailable("the played USB bus has ended".into()));
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for UsbBus {
    fn drop(&mut self) {
        // Nobody is left to tell; what it wrote goes with the folder.
        let _ = self.player.kill();
        let _ = self.player.wait();
    }
}
