//! System packages: what the build and the tests need from the operating system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command;
use crate::error::Error;
use crate::narrate::{Narrator, Tone};
use crate::registry;

/// Which package clients this run needs: none once everything is fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Clients {
    pub(crate) npm: bool,
    pub(crate) pip: bool,
}

/// Sees that everything needed is there, installing what is missing where that is allowed.
///
/// # Errors
/// [`Error::SystemPackages`] with the exact line to run where this user may not install.
pub(crate) fn ensure(clients: Clients, narrator: &Narrator) -> Result<(), Error> {
    let missing = missing(clients);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let Some(privilege) = Privilege::of_this_user() else {
        return Err(Error::SystemPackages { line: line_to_run(&missing), packages: names });
    };
    narrator.item(Tone::Note, "system packages", &format!("installing {names}"));
    // The lists may be absent or stale: they are fetched only when an install says so.
    if install(privilege, &missing).is_err() {
        command::quietly(privilege.apt_get().arg("update"), "apt-get is part of Debian and Ubuntu")?;
        install(privilege, &missing)?;
    }
    let still = self::missing(clients);
    if still.is_empty() {
        return Ok(());
    }
    Err(Error::SystemPackages { line: line_to_run(&still), packages: still.join(" ") })
}

/// Installs what only some tests need, where that is allowed: they are skipped without it.
pub(crate) fn offer(packages: &[&str], narrator: &Narrator) {
    let Some(privilege) = Privilege::of_this_user() else { return };
    narrator.item(Tone::Note, "system packages", &format!("installing {}", packages.join(" ")));
    if install(privilege, packages).is_err() {
        let updated =
            command::quietly(privilege.apt_get().arg("update"), "apt-get is part of Debian and Ubuntu");
        // Whoever asked looks again for what was to be there.
        let _ = updated.and_then(|_| install(privilege, packages));
    }
}

/// Debian's names of what is not there. Each is looked for by what it is needed for, so that a
/// library from elsewhere counts too.
fn missing(clients: Clients) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if command::find("pkg-config").is_none() {
        missing.push("pkg-config");
    }
    // The card service: tests and the demo run one of their own.
    if command::find("pcscd").is_none() {
        missing.push("pcscd");
    }
    if !command::succeeds(Command::new("pkg-config").args(["--exists", "libpcsclite"])) {
        missing.push("libpcsclite-dev");
    }
    // The camera's bindings are made from the kernel's headers by libclang.
    if !has_libclang(Path::new("/usr/lib")) {
        missing.push("libclang-dev");
    }
    if clients.pip && !registry::python_can_fetch() {
        missing.push("python3-venv");
    }
    if clients.npm && command::find("npm").is_none() {
        missing.push("npm");
    }
    missing
}

/// Whether some LLVM under `lib` has both the library and the compiler's own headers.
fn has_libclang(lib: &Path) -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    entries(lib).iter().filter(|entry| name_of(entry).starts_with("llvm-")).any(|llvm| {
        let lib = llvm.join("lib");
        let library = entries(&lib).iter().any(|file| {
            let name = name_of(file);
            name.starts_with("libclang") && name.contains(".so") && !name.starts_with("libclang-cpp")
        });
        let headers = entries(&lib.join("clang"));
        library && headers.iter().any(|version| version.join("include").join("stddef.h").is_file())
    })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn name_of(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default()
}

/// How this user may run apt-get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Privilege {
    Root,
    Sudo,
}

impl Privilege {
    fn of_this_user() -> Option<Self> {
        command::find("apt-get")?;
        let id = Command::new("id").arg("-u").output().ok()?;
        if id.stdout.trim_ascii() == b"0" {
            return Some(Self::Root);
        }
        command::succeeds(Command::new("sudo").args(["-n", "true"])).then_some(Self::Sudo)
    }

    /// `apt-get`, asking nothing. `RUNLEVEL=1` keeps the packages' scripts from starting services
    /// where there is no systemd; with systemd, pcscd only begins to listen on its socket.
    fn apt_get(self) -> Command {
        let mut apt_get = match self {
            Self::Root => Command::new("env"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.args(["-n", "env"]);
                sudo
            }
        };
        apt_get.args(["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"]);
        apt_get
    }
}

fn install(privilege: Privilege, packages: &[&str]) -> Result<(), Error> {
    let mut apt_get = privilege.apt_get();
    apt_get.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    command::quietly(&mut apt_get, "apt-get is part of Debian and Ubuntu").map(drop)
}

/// What a person with the right to do so types.
fn line_to_run(packages: &[&str]) -> String {
    let names = packages.join(" ");
    format!("sudo apt-get update && sudo apt-get install --yes --no-install-recommends {names}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libclang_counts_only_with_its_headers() {
        let lib = tempfile::tempdir().unwrap();
        let llvm = lib.path().join("llvm-14/lib");
        fs::create_dir_all(llvm.join("clang/14.0.6/include")).unwrap();
        assert!(!has_libclang(lib.path()));
        fs::write(llvm.join("libclang-14.so.1"), "").unwrap();
        assert!(!has_libclang(lib.path()));
        fs::write(llvm.join("clang/14.0.6/include/stddef.h"), "").unwrap();
        assert!(has_libclang(lib.path()));
    }

    #[test]
    fn the_line_to_run_is_complete() {
        assert_eq!(
            line_to_run(&["pcscd", "npm"]),
            "sudo apt-get update && sudo apt-get install --yes --no-install-recommends pcscd npm"
        );
    }
}
