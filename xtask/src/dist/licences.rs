//! The licences of everything that is linked into what is shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::ask_cargo;
use crate::error::Error;
use crate::layout::Layout;

/// The packages that are shipped.
const SHIPPED: [&str; 2] = ["mabataki-ffi", "mabataki-cli"];

/// How a file with a licence's text begins, in capitals.
const TEXTS: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

/// What cargo knows of the workspace.
pub(super) fn metadata(layout: &Layout, more: &[&str]) -> Result<Value, Error> {
    let arguments = [&["metadata", "--format-version", "1", "--locked"], more].concat();
    ask_cargo(layout, &arguments)
}

/// Writes a list of what is linked, with the text of each licence that a package brings along; answers with how many
/// packages there are.
pub(super) fn collect(layout: &Layout, folder: &Path) -> Result<usize, Error> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let metadata = metadata(layout, &["--filter-platform", &platform])?;
    let packages = packages(&metadata)?;
    let linked = linked(&metadata, &packages)?;
    let mut list = String::from("What is linked into mabataki, and under which licence.\n\n");
    for id in &linked {
        let package = &packages[id];
        let licence = package.licence.ok_or(Error::Metadata { what: "a licence of each package" })?;
        // Writing to a string cannot fail.
        let _ = writeln!(list, "{} {}: {licence}", package.name, package.version);
        copy_texts(package.folder, &folder.join(format!("{}-{}", package.name, package.version)))?;
    }
    fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    let path = folder.join("LICENCES.txt");
    fs::write(&path, list).map_err(Error::io("write", &path))?;
    Ok(linked.len())
}

struct Package<'m> {
    name: &'m str,
    version: &'m str,
    licence: Option<&'m str>,
    folder: &'m Path,
}

fn packages(metadata: &Value) -> Result<BTreeMap<&str, Package<'_>>, Error> {
    let list = metadata["packages"].as_array().ok_or(Error::Metadata { what: "packages" })?;
    list.iter()
        .map(|package| {
            let text = |key: &str| package[key].as_str();
            let manifest = text("manifest_path").and_then(|path| Path::new(path).parent());
            match (text("id"), text("name"), text("version"), manifest) {
                (Some(id), Some(name), Some(version), Some(folder)) => {
                    Ok((id, Package { name, version, licence: text("license"), folder }))
                }
                _ => Err(Error::Metadata { what: "each package's name" }),
            }
        })
        .collect()
}

/// The ids of all that the shipped packages need when they run: neither what only builds them nor what only tests them.
fn linked<'m>(
    metadata: &'m Value,
    packages: &BTreeMap<&'m str, Package<'_>>,
) -> Result<BTreeSet<&'m str>, Error> {
    let nodes = metadata["resolve"]["nodes"].as_array().ok_or(Error::Metadata { what: "dependencies" })?;
    let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        let id = node["id"].as_str().ok_or(Error::Metadata { what: "an id" })?;
        let deps = node["deps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let runs = |dep: &&Value| {
            let kinds = dep["dep_kinds"].as_array().map(Vec::as_slice).unwrap_or_default();
            kinds.iter().any(|kind| kind["kind"].is_null())
        };
        needs.insert(id, deps.iter().filter(runs).filter_map(|dep| dep["pkg"].as_str()).collect());
    }
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> =
        needs.keys().copied().filter(|id| SHIPPED.contains(&packages[id].name)).collect();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(needs.get(id).into_iter().flatten());
        }
    }
    Ok(found)
}

fn copy_texts(from: &Path, to: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(from).map_err(Error::io("read", from))?;
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let capitals = name.to_string_lossy().to_uppercase();
        if !TEXTS.iter().any(|text| capitals.starts_with(text)) || !entry.path().is_file() {
            continue;
        }
        fs::create_dir_all(to).map_err(Error::io("make the folder", to))?;
        fs::copy(entry.path(), to.join(&name)).map_err(Error::io("copy", &entry.path()))?;
    }
    Ok(())
}
