//! The virtual machine that some tests run in: the system's programs that make and run it, and a kernel of the
//! distribution's, whose packages its own manager verifies. Without it these tests are skipped.

use std::fs;
use std::process::Command;

use mabataki_test_machine::{Kernel, Machine};

use crate::command;
use crate::error::Error;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone};
use crate::system;

/// Each program, and the package it is in.
const PROGRAMS: [(&str, &str); 5] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("busybox", "busybox-static"),
    ("depmod", "kmod"),
    ("cpio", "cpio"),
    ("mke2fs", "e2fsprogs"),
];

/// The package that stands for the newest kernel: it depends on the one that holds it.
const NEWEST: &str = "linux-image-amd64";

/// Whether the tests that need a machine run here, after what is missing was installed where that is allowed.
pub(crate) fn is_here(layout: &Layout, narrator: &Narrator) -> bool {
    if std::env::consts::ARCH != "x86_64" {
        return false;
    }
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| command::find(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        system::offer(&missing, narrator);
    }
    if Kernel::at(&layout.machine()).is_err() {
        narrator.item(Tone::Note, "virtual machine", "fetching a kernel");
        if let Err(error) = install_kernel(layout) {
            narrator.item(Tone::Note, "virtual machine", &error.to_string());
        }
    }
    Machine::find(&layout.machine()).is_ok()
}

/// Fetches the distribution's newest kernel and takes out of its package what a machine needs.
fn install_kernel(layout: &Layout) -> Result<(), Error> {
    const FIX: &str = "apt-get is part of Debian and Ubuntu";
    let shown = command::quietly(Command::new("apt-cache").args(["show", "--no-all-versions", NEWEST]), FIX)?;
    let package = dependency(&String::from_utf8_lossy(&shown.stdout)).ok_or(Error::NoKernel)?;
    let scratch = layout.scratch()?;
    command::quietly(Command::new("apt-get").current_dir(scratch.path()).args(["download", &package]), FIX)?;
    let entries = fs::read_dir(scratch.path()).map_err(Error::io("read the folder", scratch.path()))?;
    let archive = entries.filter_map(|entry| Some(entry.ok()?.path())).next().ok_or(Error::NoKernel)?;
    let unpacked = scratch.path().join("unpacked");
    command::quietly(Command::new("dpkg-deb").arg("--extract").arg(archive).arg(&unpacked), FIX)?;
    Ok(Kernel::install(&unpacked, &layout.machine())?)
}

/// The package with the kernel itself, out of what the package manager shows of the one that stands for it.
fn dependency(shown: &str) -> Option<String> {
    let depends = shown.lines().find_map(|line| line.strip_prefix("Depends: "))?;
    depends.split([' ', ',']).find(|name| name.starts_with("linux-image-")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_kernel_is_the_one_that_its_package_depends_on() {
        let shown =
            "Package: linux-image-amd64\nDepends: linux-base, linux-image-6.1.0-56-amd64 (= 6.1.192-2)\n";
        assert_eq!(dependency(shown).as_deref(), Some("linux-image-6.1.0-56-amd64"));
        assert_eq!(dependency("Package: linux-image-amd64\n"), None);
    }
}
