//! `cargo xtask setup`: everything that the build, the demo and the tests need.
//!
//! Every installed file is hashed on every run (a tenth of a second), so a damaged one is noticed and
//! put right. With the archives in `.mabataki/downloads/` no client and no network is needed.

use std::fs;
use std::path::Path;
use std::time::Instant;

use mabataki_models::Pack;
use tempfile::TempDir;

use crate::archive::{self, Wanted};
use crate::error::Error;
use crate::hash;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone, spoken};
use crate::pins::{Keep, Kind, Package, Pins, Purpose, Recording};
use crate::registry;
use crate::samples;
use crate::system::{self, Clients};

/// Brings the machine and `.mabataki/` up to what is pinned; does nothing where nothing is missing.
pub(crate) fn run(layout: &Layout, narrator: &Narrator) -> Result<(), Error> {
    let started = Instant::now();
    let pins = pins_for_this_machine(layout)?;
    let _lock = layout.lock()?;
    narrator.heading("set-up");

    let plan = Plan::new(layout, &pins)?;
    system::ensure(plan.clients(), narrator)?;
    narrator.item(Tone::Good, "system packages", "all there");
    for package in &plan.to_fetch {
        registry::fetch(layout, package, narrator)?;
    }
    plan.carry_out(layout, &pins, narrator)?;
    samples::write_notice(layout)?;

    report(layout, &pins, narrator)?;
    narrator.aside(&format!("{} · {}", shown(&layout.home()), spoken(started.elapsed())));
    Ok(())
}

fn pins_for_this_machine(layout: &Layout) -> Result<Pins, Error> {
    let (os, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let pins = Pins::for_machine(machine)?;
    let runtime = pins.packages.iter().any(|package| package.name == "onnxruntime");
    if os != "linux" || !runtime {
        return Err(Error::Platform { os, machine, library: layout.runtime_library() });
    }
    Ok(pins)
}

/// What is missing, and what has to be fetched for it.
struct Plan<'a> {
    keeps: Vec<(&'a Package, Vec<&'a Keep>)>,
    pack: bool,
    recordings: Vec<&'a Recording>,
    to_fetch: Vec<&'a Package>,
}

impl<'a> Plan<'a> {
    fn new(layout: &Layout, pins: &'a Pins) -> Result<Self, Error> {
        let mut plan = Self {
            keeps: Vec::new(),
            pack: !pack_is_right(&layout.pack()),
            recordings: samples::missing(layout, pins)?,
            to_fetch: Vec::new(),
        };
        for package in &pins.packages {
            let mut keeps = Vec::new();
            for keep in &package.keep {
                let path = layout.home().join(&keep.to);
                let found = hash::of_file(&path).map_err(Error::io("read", &path))?;
                if found != Some(keep.sha256) {
                    keeps.push(keep);
                }
            }
            let used = !keeps.is_empty() || plan.makes_from(package);
            if !keeps.is_empty() {
                plan.keeps.push((package, keeps));
            }
            if used && !registry::holds(layout, package)? {
                plan.to_fetch.push(package);
            }
        }
        Ok(plan)
    }

    fn makes_from(&self, package: &Package) -> bool {
        (self.pack && package.serves(Purpose::Pack))
            || (!self.recordings.is_empty() && package.serves(Purpose::Recordings))
    }

    fn clients(&self) -> Clients {
        Clients {
            npm: self.to_fetch.iter().any(|package| package.kind == Kind::Npm),
            pip: self.to_fetch.iter().any(|package| package.kind != Kind::Npm),
        }
    }

    fn carry_out(&self, layout: &Layout, pins: &Pins, narrator: &Narrator) -> Result<(), Error> {
        for (package, keeps) in &self.keeps {
            let wanted: Vec<Wanted<'_>> = keeps
                .iter()
                .map(|keep| Wanted {
                    member: &keep.member,
                    sha256: keep.sha256,
                    to: layout.home().join(&keep.to),
                })
                .collect();
            archive::extract(&layout.downloads().join(&package.archive), package.kind, &wanted)?;
        }
        if self.pack {
            let parts = parts_for(Purpose::Pack, layout, pins)?;
            mabataki_models::install(mabataki_models::DEFAULT_MANIFEST, parts.path(), &layout.pack())?;
        }
        if !self.recordings.is_empty() {
            let parts = parts_for(Purpose::Recordings, layout, pins)?;
            samples::make(layout, pins, &self.recordings, parts.path(), narrator)?;
        }
        Ok(())
    }
}

/// Whether the installed pack is the default one and every model of it has its hash.
fn pack_is_right(folder: &Path) -> bool {
    let manifest = fs::read(folder.join("manifest.toml"));
    manifest.is_ok_and(|found| found == mabataki_models::DEFAULT_MANIFEST.as_bytes())
        && Pack::open(folder).is_ok_and(|pack| pack.verify().iter().all(|check| check.outcome.is_ok()))
}

/// Takes the parts of a purpose out of their archives, into a folder that goes when it is dropped.
fn parts_for(purpose: Purpose, layout: &Layout, pins: &Pins) -> Result<TempDir, Error> {
    let folder = layout.scratch()?;
    for package in pins.packages.iter().filter(|package| package.serves(purpose)) {
        let wanted: Vec<Wanted<'_>> = package
            .part
            .iter()
            .filter(|part| part.needed_for == purpose)
            .map(|part| Wanted {
                member: &part.member,
                sha256: part.sha256,
                to: folder.path().join(&part.name),
            })
            .collect();
        archive::extract(&layout.downloads().join(&package.archive), package.kind, &wanted)?;
    }
    Ok(folder)
}

fn report(layout: &Layout, pins: &Pins, narrator: &Narrator) -> Result<(), Error> {
    let runtime = pins.packages.iter().find(|package| package.name == "onnxruntime");
    let version = runtime.map_or("", |package| package.version.as_str());
    narrator.item(Tone::Good, "inference runtime", &format!("ONNX Runtime {version}"));
    let models = Pack::open(&layout.pack())?.verify().len();
    narrator.item(Tone::Good, "model pack", &format!("{models} models, every hash as pinned"));
    let kept = pins.packages.iter().flat_map(|package| &package.keep);
    let pictures = kept.filter(|keep| keep.to.starts_with("samples/")).count();
    let recordings = pins.recordings.len();
    narrator.item(Tone::Good, "samples", &format!("{pictures} pictures, {recordings} recordings"));
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
