//! Linux for the machine: a distribution's kernel as it is, and of its modules those that are needed.
//!
//! In the folder of an installed one lie `linux`, `modules.dep` as depmod writes it, and the modules at the paths that it
//! names.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{MachineError, program};

/// The modules for disks: a PCI bus, disks on it, ext4 and the checksum that it computes.
pub(crate) const FOR_DISKS: [&str; 4] = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"];
/// The modules for cameras: USB on a PCI bus, webcams on it; and a camera that is none.
pub(crate) const FOR_CAMERAS: [&str; 3] = ["xhci_pci", "uvcvideo", "vivid"];

/// What a module is told when it is loaded: `vivid` is to be one camera that films test pictures, and nothing else.
pub(crate) const TOLD: [(&str, &str); 1] =
    [("vivid", "n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0")];

/// The kernel's name in its folder.
const LINUX: &str = "linux";
/// The name of the list of modules, each with what it stands on.
const MODULES: &str = "modules.dep";

/// An installed kernel.
#[derive(Debug, Clone)]
pub struct Kernel {
    folder: PathBuf,
    /// The path of each module, by its name, with the paths of those that must be loaded before it, the last first.
    modules: HashMap<String, Vec<String>>,
}

impl Kernel {
    /// The kernel in this folder.
    ///
    /// # Errors
    /// [`MachineError::Unavailable`] when there is none, or one that was installed without the modules that are needed.
    pub fn at(folder: &Path) -> Result<Kernel, MachineError> {
        let missing = |what: &str| MachineError::Unavailable(format!("no {what} in {}", folder.display()));
        let kernel = Kernel::listed(folder).ok_or_else(|| missing("kernel"))?;
        let modules = kernel.needed()?;
        let absent = modules.iter().find(|module| !kernel.file(module).is_file());
        absent.map_or(Ok(()), |module| Err(missing(module)))?;
        Ok(kernel)
    }

    /// The kernel by its list of modules, which need not be there.
    fn listed(folder: &Path) -> Option<Kernel> {
        let list = fs::read_to_string(folder.join(MODULES)).ok()?;
        Some(Kernel { folder: folder.to_owned(), modules: list.lines().filter_map(module).collect() })
    }

    /// The paths of all modules that any machine needs.
    fn needed(&self) -> Result<Vec<String>, MachineError> {
        self.in_order(&[&FOR_DISKS[..], &FOR_CAMERAS].concat())
    }

    /// Takes out of an unpacked package (`boot/vmlinuz-VERSION`, `lib/modules/VERSION`) what a machine needs.
    ///
    /// # Errors
    /// [`MachineError::Unavailable`] when the package holds no kernel; [`MachineError::NoModule`]; the system's own.
    pub fn install(unpacked: &Path, to: &Path) -> Result<(), MachineError> {
        let boot = unpacked.join("boot");
        let (linux, version) = fs::read_dir(&boot)
            .map_err(MachineError::io(format!("reading {}", boot.display())))?
            .filter_map(Result::ok)
            .find_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some((entry.path(), name.strip_prefix("vmlinuz-")?.to_owned()))
            })
            .ok_or_else(|| MachineError::Unavailable("the package holds no kernel".to_owned()))?;
        let depmod = program::find("depmod")?;
        program::run("depmod", Command::new(depmod).arg("-b").arg(unpacked).arg(&version))?;
        let folder = unpacked.join("lib").join("modules").join(version);
        let from = Kernel::listed(&folder)
            .ok_or_else(|| MachineError::Unavailable("the package holds no list of modules".to_owned()))?;
        for module in from.needed()? {
            copy(&from.folder.join(&module), &to.join(&module))?;
        }
        copy(&linux, &to.join(LINUX))?;
        // Last: it is what an installed kernel is known by.
        copy(&from.folder.join(MODULES), &to.join(MODULES))
    }

    /// The kernel itself.
    pub(crate) fn linux(&self) -> PathBuf {
        self.folder.join(LINUX)
    }

    /// Where a module lies.
    pub(crate) fn file(&self, module: &str) -> PathBuf {
        self.folder.join(module)
    }

    /// The paths, below the folder, of these modules and of all that they stand on, in the order in which they are loaded.
    pub(crate) fn in_order(&self, names: &[&str]) -> Result<Vec<String>, MachineError> {
        let mut order: Vec<String> = Vec::new();
        for name in names {
            let missing = || MachineError::NoModule { name: (*name).to_owned() };
            for path in self.modules.get(*name).ok_or_else(missing)?.iter().rev() {
                if !order.contains(path) {
                    order.push(path.clone());
                }
            }
        }
        Ok(order)
    }
}

/// A line of `modules.dep`: a module's path, a colon, the paths of what it stands on. Its name, and all of these paths.
fn module(line: &str) -> Option<(String, Vec<String>)> {
    let (path, below) = line.split_once(':')?;
    let file = Path::new(path).file_name()?.to_str()?;
    // A name may be compressed: `ext4.ko.xz`.
    let name = file.split_once(".ko")?.0.replace('-', "_");
    let paths = std::iter::once(path).chain(below.split_whitespace()).map(str::to_owned);
    Some((name, paths.collect()))
}

fn copy(from: &Path, to: &Path) -> Result<(), MachineError> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).and_then(|()| fs::copy(from, to)).map(drop).map_err(MachineError::io(format!(
        "copying {} to {}",
        from.display(),
        to.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_stands_on_is_loaded_before_it_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let list =
            "fs/ext4.ko: lib/crc16.ko fs/jbd2.ko\nfs/jbd2.ko:\nlib/crc16.ko:\nnet/9p-net.ko.xz: fs/jbd2.ko\n";
        fs::write(folder.path().join(MODULES), list).unwrap();
        let kernel = Kernel::listed(folder.path()).unwrap();
        let order = kernel.in_order(&["ext4", "9p_net"]).unwrap();
        assert_eq!(order, ["fs/jbd2.ko", "lib/crc16.ko", "fs/ext4.ko", "net/9p-net.ko.xz"]);
        assert!(matches!(kernel.in_order(&["vivid"]), Err(MachineError::NoModule { .. })));
    }

    #[test]
    fn an_empty_folder_holds_no_kernel() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Kernel::at(folder.path()), Err(MachineError::Unavailable(_))));
    }

    #[test]
    fn a_kernel_without_a_module_that_is_needed_must_be_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        let names = [&FOR_DISKS[..], &FOR_CAMERAS].concat();
        fs::write(
            folder.path().join(MODULES),
            names.iter().map(|name| format!("{name}.ko:\n")).collect::<String>(),
        )
        .unwrap();
        for name in &names {
            assert!(matches!(Kernel::at(folder.path()), Err(MachineError::Unavailable(_))), "{name}");
            fs::write(folder.path().join(format!("{name}.ko")), "").unwrap();
        }
        assert!(Kernel::at(folder.path()).is_ok());
    }
}
