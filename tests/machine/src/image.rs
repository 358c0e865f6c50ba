//! What the machine starts from: an archive with a shell, the program and a disk checker with their libraries,
//! and the kernel's modules.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
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

/// What is put into the machine.
pub(crate) struct Files<'a> {
    /// What runs in it, as `/program`.
    pub(crate) program: &'a Path,
    /// Files and folders of files, and the paths that they have in it. The libraries that they are linked with come along.
    pub(crate) others: &'a [(PathBuf, PathBuf)],
}

/// Makes the archive `to`: when the machine runs, it loads these modules and does what the shell command says.
pub(crate) fn make(
    kernel: &Kernel,
    modules: &[&str],
    files: &Files<'_>,
    command: &str,
    to: &Path,
) -> Result<(), MachineError> {
    let root = tempfile::tempdir().map_err(MachineError::io("making a folder"))?;
    let mut tree = Tree { root: root.path(), names: Vec::new() };
    for folder in MOUNTED {
        tree.folder(Path::new(folder))?;
    }
    tree.copy(&program::find("busybox")?, "bin/busybox")?;
    tree.copy_program(files.program, "program")?;
    let checker = program::find(CHECKER)?;
    tree.copy(&checker, &format!("bin/{CHECKER}"))?;
    let mut libraries: BTreeSet<PathBuf> =
        [linked_with(files.program)?, linked_with(&checker)?].into_iter().flatten().collect();
    for (from, to) in files.others {
        for (from, to) in files_of(from, to)? {
            let to = to.to_string_lossy();
            if is_linked(&from)? {
                libraries.extend(linked_with(&from)?);
                tree.copy_program(&from, &to)?;
            } else {
                tree.copy(&from, &to)?;
            }
        }
    }
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

/// A file, or the files of a folder, each with its path in the machine.
fn files_of(from: &Path, to: &Path) -> Result<Vec<(PathBuf, PathBuf)>, MachineError> {
    if from.is_file() {
        return Ok(vec![(from.to_owned(), to.to_owned())]);
    }
    let failed = || MachineError::io(format!("reading {}", from.display()));
    let entries = fs::read_dir(from).map_err(failed())?;
    let one =
        |entry: std::io::Result<fs::DirEntry>| entry.map(|entry| (entry.path(), to.join(entry.file_name())));
    entries.map(one).collect::<std::io::Result<_>>().map_err(failed())
}

/// Whether it is a program or a library.
fn is_linked(file: &Path) -> Result<bool, MachineError> {
    let mut magic = Vec::new();
    File::open(file)
        .and_then(|file| file.take(4).read_to_end(&mut magic))
        .map_err(MachineError::io(format!("reading {}", file.display())))?;
    Ok(magic == *b"\x7fELF")
}

/// The libraries that the program is linked with, and the loader.
fn linked_with(program: &Path) -> Result<Vec<PathBuf>, MachineError> {
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

    /// Copies a program or a library without what is for debuggers only: most of it, and slow to unpack.
    fn copy_program(&mut self, from: &Path, name: &str) -> Result<(), MachineError> {
        let to = self.place(name)?;
        let mut strip = Command::new(program::find("strip")?);
        program::run("strip", strip.arg("--strip-debug").arg("-o").args([&to, from])).map(drop)
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
