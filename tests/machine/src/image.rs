//! What the machine starts from: an archive with a shell, the program and a disk checker with their libraries,
//! and the kernel's modules.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::kernel::{Kernel, TOLD};
use crate::{MachineError, program};

const INIT: &str = include_str!("init.sh");

/// What every system runs before it mounts a disk that may have been cut off.
pub(crate) const CHECKER: &str = "e2fsck";

/// Folders that the first process mounts something on.
const MOUNTED: [&str; 5] = ["dev", "proc", "sys", "tmp", "mnt"];

/// Makes the archive `to`: when the machine runs, it loads these modules and does what the shell command says. `program`
/// lies in it at `/program`.
pub(crate) fn make(
    kernel: &Kernel,
    modules: &[&str],
    program: &Path,
    command: &str,
    to: &Path,
) -> Result<(), MachineError> {
    let root = tempfile::tempdir().map_err(MachineError::io("making a folder"))?;
    let mut tree = Tree { root: root.path(), names: Vec::new() };
    for folder in MOUNTED {
        tree.folder(Path::new(folder))?;
    }
    tree.copy(&program::find("busybox")?, "bin/busybox")?;
    tree.copy(program, "program")?;
    let checker = program::find(CHECKER)?;
    tree.copy(&checker, &format!("bin/{CHECKER}"))?;
    let libraries: BTreeSet<PathBuf> =
        [libraries(program)?, libraries(&checker)?].into_iter().flatten().collect();
    for library in libraries {
        tree.copy(&library, &library.to_string_lossy())?;
    }
    let modules = kernel.in_order(modules)?;
    for module in &modules {
        tree.copy(&kernel.file(module), &format!("modules/{module}"))?;
    }
    let told = |module: &String| {
        let is_it = |name: &str| module.contains(&format!("/{name}.ko"));
        let told = TOLD.iter().find(|(name, _)| is_it(name)).map_or("", |(_, told)| told);
        format!("{module} {told}\n")
    };
    tree.write("modules/order", &modules.iter().map(told).collect::<String>())?;
    tree.write("command", command)?;
    tree.write("init", INIT)?;
    tree.pack(to)
}

/// The libraries that the program is linked with, and the loader.
fn libraries(program: &Path) -> Result<Vec<PathBuf>, MachineError> {
    let listed = program::run("ldd", Command::new("ldd").arg(program))?;
    // `name => /path (address)`, or `/path (address)` for the loader.
    let path = |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(PathBuf::from);
    Ok(String::from_utf8_lossy(&listed).lines().filter_map(path).collect())
}

/// Files on their way into the archive.
struct Tree<'a> {
    root: &'a Path,
    names: Vec<PathBuf>,
}

impl Tree<'_> {
    /// Makes a folder and those above it.
    fn folder(&mut self, name: &Path) -> Result<(), MachineError> {
        let above: Vec<&Path> = name.ancestors().filter(|name| !name.as_os_str().is_empty()).collect();
        for name in above.into_iter().rev() {
            if !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_owned());
            }
        }
        fs::create_dir_all(self.root.join(name))
            .map_err(MachineError::io(format!("making {}", name.display())))
    }

    fn place(&mut self, name: &str) -> Result<PathBuf, MachineError> {
        let name = Path::new(name.trim_start_matches('/'));
        self.folder(name.parent().unwrap_or(Path::new("")))?;
        self.names.push(name.to_owned());
        Ok(self.root.join(name))
    }

    fn copy(&mut self, from: &Path, name: &str) -> Result<(), MachineError> {
        let to = self.place(name)?;
        fs::copy(from, to).map(drop).map_err(MachineError::io(format!("copying {}", from.display())))
    }

    /// Writes a script, or a file that a script reads.
    fn write(&mut self, name: &str, content: &str) -> Result<(), MachineError> {
        let to = self.place(name)?;
        fs::write(&to, content)
            .and_then(|()| fs::set_permissions(&to, Permissions::from_mode(0o755)))
            .map_err(MachineError::io(format!("writing {name}")))
    }

    /// Packs everything as the kernel unpacks it.
    fn pack(&self, to: &Path) -> Result<(), MachineError> {
        let failed = || MachineError::io("packing the machine's first files");
        let archive = File::create(to).map_err(failed())?;
        let mut cpio = Command::new(program::find("cpio")?)
            .args(["--create", "--format=newc", "--owner=0:0", "--quiet"])
            .current_dir(self.root)
            .stdin(Stdio::piped())
            .stdout(archive)
            .spawn()
            .map_err(failed())?;
        let names: String = self.names.iter().map(|name| format!("{}\n", name.display())).collect();
        if let Some(mut list) = cpio.stdin.take() {
            list.write_all(names.as_bytes()).map_err(failed())?;
        }
        let status = cpio.wait().map_err(failed())?;
        if status.success() {
            return Ok(());
        }
        Err(MachineError::Helper { program: "cpio", said: status.to_string() })
    }
}
