//! `pins.toml`: what is fetched, by package name, version and hash.

use std::path::{Component, Path};

use mabataki_models::Digest;
use serde::Deserialize;

use crate::error::Error;

/// The pins as committed.
const PINS: &str = include_str!("../pins.toml");

/// Everything that set-up fetches and makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pins {
    #[serde(rename = "package")]
    pub(crate) packages: Vec<Package>,
    #[serde(rename = "recording")]
    pub(crate) recordings: Vec<Recording>,
}

/// One archive of a package registry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) kind: Kind,
    /// The machine it is for, in Rust's words (`x86_64`, `aarch64`); any when absent.
    pub(crate) machine: Option<String>,
    /// The wheel's platform tag, so that any Python fetches the same file.
    pub(crate) platform: Option<String>,
    /// The file name that the client gives it.
    pub(crate) archive: String,
    pub(crate) sha256: Digest,
    #[serde(default)]
    pub(crate) keep: Vec<Keep>,
    #[serde(default)]
    pub(crate) part: Vec<Part>,
}

/// Which client fetches a package, and what its archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A gzipped tar, by npm.
    Npm,
    /// A zip, by pip.
    Wheel,
    /// A gzipped tar, by pip.
    Sdist,
}

/// A member that stays in `.mabataki/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keep {
    pub(crate) member: String,
    /// Relative to `.mabataki/`.
    pub(crate) to: String,
    pub(crate) sha256: Digest,
}

/// A member needed only while something is made from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) member: String,
    pub(crate) needed_for: Purpose,
    pub(crate) name: String,
    pub(crate) sha256: Digest,
}

/// What is made from parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    Pack,
    Recordings,
}

/// A motion-JPEG recording made from a video.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recording {
    /// The part it is made from.
    pub(crate) from: String,
    /// Relative to `.mabataki/`.
    pub(crate) to: String,
    pub(crate) frames: usize,
}

impl Pins {
    /// The committed pins for a machine; packages for other machines are left out.
    pub(crate) fn for_machine(machine: &str) -> Result<Self, Error> {
        let mut pins = Self::parse(PINS)?;
        pins.packages.retain(|package| package.machine.as_deref().is_none_or(|only| only == machine));
        Ok(pins)
    }

    /// Reads and checks pins: no destination leaves its folder.
    fn parse(text: &str) -> Result<Self, Error> {
        let pins: Self = toml::from_str(text).map_err(|error| Error::Pins { detail: error.to_string() })?;
        for package in &pins.packages {
            let places = std::iter::once(&package.archive)
                .chain(package.keep.iter().map(|keep| &keep.to))
                .chain(package.part.iter().map(|part| &part.name));
            for place in places.chain(pins.recordings.iter().map(|recording| &recording.to)) {
                if !stays_inside(place) {
                    let detail = format!("{}: {place:?} leaves its folder", package.name);
                    return Err(Error::Pins { detail });
                }
            }
        }
        Ok(pins)
    }
}

impl Package {
    /// Whether anything of this package is needed to make `purpose`.
    pub(crate) fn serves(&self, purpose: Purpose) -> bool {
        self.part.iter().any(|part| part.needed_for == purpose)
    }
}

fn stays_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"
        recording = []
        [[package]]
        name = "p"
        version = "1"
        kind = "npm"
        archive = "p-1.tgz"
        sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        [[package.keep]]
        member = "package/a"
        to = "a"
        sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    "#;

    #[test]
    fn the_committed_pins_cover_both_machines_alike() {
        for machine in ["x86_64", "aarch64"] {
            let pins = Pins::for_machine(machine).unwrap();
            let kept: Vec<&str> =
                pins.packages.iter().flat_map(|package| &package.keep).map(|keep| keep.to.as_str()).collect();
            assert!(kept.contains(&"runtime/libonnxruntime.so"), "{machine}");
            let parts: Vec<&str> = pins
                .packages
                .iter()
                .flat_map(|package| &package.part)
                .filter(|part| part.needed_for == Purpose::Recordings)
                .map(|part| part.name.as_str())
                .collect();
            assert!(parts.contains(&"ffmpeg"), "{machine}");
            for recording in &pins.recordings {
                assert!(parts.contains(&recording.from.as_str()), "{machine}");
            }
            let mut unique = kept.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), kept.len(), "two members would be kept in one place");
        }
    }

    #[test]
    fn an_unknown_machine_gets_no_runtime() {
        let pins = Pins::for_machine("riscv64").unwrap();
        assert!(pins.packages.iter().all(|package| package.name != "onnxruntime"));
    }

    #[test]
    fn a_hash_that_is_none_is_refused() {
        assert!(Pins::parse(ONE).is_ok());
        let error = Pins::parse(&ONE.replace("15ad", "15")).unwrap_err().to_string();
        assert!(error.contains("64 hex digits"), "{error}");
    }

    #[test]
    fn a_destination_outside_the_folder_is_refused() {
        for to in ["../a", "/a", ""] {
            let text = ONE.replace(r#"to = "a""#, &format!("to = {to:?}"));
            let error = Pins::parse(&text).unwrap_err().to_string();
            assert!(error.contains("leaves its folder"), "{error}");
        }
    }
}
