//! `cargo xtask dist`: a prefix with everything that a host needs to be built against the library, and to run.

mod licences;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command;
use crate::error::Error;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone};
use crate::parts::{cargo, run_cargo};

/// What a static link takes besides the library itself: `ffi/tests/library.rs` sees that it is what rustc says.
const NATIVE: &str = include_str!("../../../ffi/abi/native-libs.txt");
const PC: &str = include_str!("mabataki.pc.in");
const CMAKE: &str = include_str!("MabatakiConfig.cmake.in");
const CMAKE_VERSION: &str = include_str!("MabatakiConfigVersion.cmake.in");

/// Without it no module for PAM is compiled.
const PAM_HEADER: &str = "/usr/include/security/pam_ext.h";

/// The ABI's major number, as in the soname.
const MAJOR: &str = "0";

/// What to lay out.
pub(crate) struct Options {
    /// Where; below `target/dist` where nothing is said.
    pub(crate) prefix: Option<PathBuf>,
    /// Cargo's dev profile: for tests, which have built it already.
    pub(crate) dev: bool,
}

/// Builds the library and the command and lays the prefix out anew.
pub(crate) fn run(layout: &Layout, options: &Options, narrator: &Narrator) -> Result<(), Error> {
    let version = env!("CARGO_PKG_VERSION");
    let prefix = match &options.prefix {
        Some(prefix) => std::path::absolute(prefix).map_err(Error::io("find", prefix))?,
        None => layout.root().join("target/dist").join(format!("mabataki-{version}")),
    };
    narrator.heading("dist");
    // Tests have built the whole workspace already, with all its features together: a part of it would be built anew.
    let of_dev = ["build", "--locked", "--workspace"];
    let of_release =
        ["build", "--locked", "--release", "--package", "mabataki-ffi", "--package", "mabataki-cli"];
    run_cargo(layout, if options.dev { &of_dev } else { &of_release })?;
    let built = target(layout)?.join(if options.dev { "debug" } else { "release" });

    let dist = Dist { prefix: &prefix, version };
    dist.lay_out_library(layout, &built)?;
    dist.describe()?;
    dist.lay_out_module(layout, narrator)?;
    dist.lay_out_service(layout, &built, narrator)?;
    let count = licences::collect(layout, &prefix.join("share/licenses/mabataki"))?;
    narrator.item(Tone::Good, "licences", &format!("of {count} packages"));
    narrator.item(Tone::Good, "prefix", &prefix.display().to_string());
    Ok(())
}

/// Cargo's target folder, which a configuration or the environment may have moved.
fn target(layout: &Layout) -> Result<PathBuf, Error> {
    let metadata = licences::metadata(layout, &["--no-deps"])?;
    let folder = metadata.get("target_directory").and_then(|folder| folder.as_str());
    folder.map(PathBuf::from).ok_or(Error::Metadata { what: "a target folder" })
}

struct Dist<'a> {
    prefix: &'a Path,
    version: &'a str,
}

impl Dist<'_> {
    fn lay_out_library(&self, layout: &Layout, built: &Path) -> Result<(), Error> {
        self.copy(&layout.root().join("ffi/include/mabataki.h"), "include/mabataki.h")?;
        for header in ["mabataki.hpp", "mabataki_administration.hpp"] {
            self.copy(&layout.root().join("bindings/cpp").join(header), &format!("include/{header}"))?;
        }
        self.copy(&built.join("libmabataki.a"), "lib/libmabataki.a")?;
        let real = format!("libmabataki.so.{MAJOR}.{}", self.version);
        self.copy(&built.join("libmabataki.so"), &format!("lib/{real}"))?;
        let soname = format!("libmabataki.so.{MAJOR}");
        self.link(&format!("lib/{soname}"), &real)?;
        self.link("lib/libmabataki.so", &soname)
    }

    /// The module for PAM, where it can be compiled. It finds the library of this prefix, wherever that is moved to.
    fn lay_out_module(&self, layout: &Layout, narrator: &Narrator) -> Result<(), Error> {
        if !Path::new(PAM_HEADER).is_file() {
            narrator.item(
                Tone::Note,
                "pam_mabataki.so",
                "not in the prefix: no headers of PAM (Debian: libpam0g-dev)",
            );
            return Ok(());
        }
        let module = self.room_for("lib/security/pam_mabataki.so")?;
        let _ = fs::remove_file(&module);
        let mut cc = Command::new("cc");
        cc.args([
            "-std=c99",
            "-O2",
            "-fPIC",
            "-shared",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fstack-protector-strong",
        ]);
        cc.args(["-D_FORTIFY_SOURCE=2", "-Wl,-z,defs,-z,relro,-z,now", "-Wl,-rpath,$ORIGIN/.."]);
        cc.arg("-I").arg(self.prefix.join("include")).arg(layout.root().join("bindings/pam/pam_mabataki.c"));
        cc.arg("-L").arg(self.prefix.join("lib")).args(["-lmabataki", "-lpam", "-o"]).arg(&module);
        command::quietly(&mut cc, "install a C compiler").map(drop)
    }

    /// What pkg-config and CMake read.
    fn describe(&self) -> Result<(), Error> {
        let native: Vec<&str> = NATIVE.split_whitespace().collect();
        let names: Vec<&str> = native.iter().map(|library| library.trim_start_matches("-l")).collect();
        for (template, path) in [
            (PC, "lib/pkgconfig/mabataki.pc"),
            (CMAKE, "lib/cmake/Mabataki/MabatakiConfig.cmake"),
            (CMAKE_VERSION, "lib/cmake/Mabataki/MabatakiConfigVersion.cmake"),
        ] {
            let text = template
                .replace("@VERSION@", self.version)
                .replace("@MAJOR@", MAJOR)
                .replace("@NATIVE_FLAGS@", &native.join(" "))
                .replace("@NATIVE_NAMES@", &names.join(";"));
            self.write(path, &text)?;
        }
        Ok(())
    }

    /// The command, which is the service too, its unit, and the runtime of the nets.
    fn lay_out_service(&self, layout: &Layout, built: &Path, narrator: &Narrator) -> Result<(), Error> {
        self.copy(&built.join("mabataki"), "bin/mabataki")?;
        for (from, to) in [
            (layout.root().join("cli/systemd/mabataki.service"), "lib/systemd/system/mabataki.service"),
            (layout.runtime_library(), "lib/mabataki/libonnxruntime.so"),
        ] {
            if from.is_file() {
                self.copy(&from, to)?;
            } else {
                let label = from.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
                narrator.item(Tone::Note, &label, "not here, so not in the prefix: cargo xtask setup");
            }
        }
        Ok(())
    }

    fn copy(&self, from: &Path, to: &str) -> Result<(), Error> {
        let to = self.room_for(to)?;
        // Written over in place, a library that a program has mapped would change under it.
        let _ = fs::remove_file(&to);
        fs::copy(from, &to).map(drop).map_err(Error::io("copy", from))
    }

    fn write(&self, to: &str, text: &str) -> Result<(), Error> {
        let to = self.room_for(to)?;
        fs::write(&to, text).map_err(Error::io("write", &to))
    }

    fn link(&self, at: &str, target: &str) -> Result<(), Error> {
        let at = self.room_for(at)?;
        let _ = fs::remove_file(&at);
        symlink(target, &at).map_err(Error::io("link", &at))
    }

    fn room_for(&self, path: &str) -> Result<PathBuf, Error> {
        let path = self.prefix.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
        }
        Ok(path)
    }
}

/// What cargo answers, as JSON.
fn ask_cargo(layout: &Layout, arguments: &[&str]) -> Result<serde_json::Value, Error> {
    let output = command::quietly(&mut cargo(layout, arguments), "install Rust")?;
    serde_json::from_slice(&output.stdout).map_err(|_| Error::Metadata { what: "JSON" })
}
