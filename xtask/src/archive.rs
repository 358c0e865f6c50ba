//! Taking pinned members out of archives: each is hashed on its way and appears whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mabataki_models::Digest;
use tempfile::NamedTempFile;

use crate::error::Error;
use crate::hash;
use crate::pins::Kind;

/// A member to take out, and where it goes.
pub(crate) struct Wanted<'a> {
    pub(crate) member: &'a str,
    pub(crate) sha256: Digest,
    pub(crate) to: PathBuf,
}

/// Takes the wanted members out of an archive.
///
/// # Errors
/// A member that is missing or whose hash differs; what was already taken out stays, it is right.
pub(crate) fn extract(archive: &Path, kind: Kind, wanted: &[Wanted<'_>]) -> Result<(), Error> {
    match kind {
        Kind::Wheel => extract_zip(archive, wanted),
        Kind::Npm | Kind::Sdist => extract_tar(archive, wanted),
    }
}

/// Writes a stream to `to` by way of a temporary file beside it; it appears only if the hash is right.
pub(crate) fn place(from: &mut dyn Read, what: &str, sha256: Digest, to: &Path) -> Result<(), Error> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    let mut file = NamedTempFile::new_in(folder).map_err(Error::io("write in", folder))?;
    let found = hash::copy(from, &mut file).map_err(Error::io("write", to))?;
    if found != sha256 {
        return Err(Error::Hash { what: what.to_owned(), expected: sha256, found });
    }
    persist(file, to)
}

/// Moves a finished temporary file to its place, readable by everybody.
pub(crate) fn persist(file: NamedTempFile, to: &Path) -> Result<(), Error> {
    fs::set_permissions(file.path(), Permissions::from_mode(0o644))
        .map_err(Error::io("set the mode of", to))?;
    file.persist(to).map_err(|error| error.error).map_err(Error::io("put in place", to))?;
    Ok(())
}

fn extract_zip(archive: &Path, wanted: &[Wanted<'_>]) -> Result<(), Error> {
    let file = File::open(archive).map_err(Error::io("open", archive))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| damaged(archive, error.into()))?;
    for want in wanted {
        let mut member = match zip.by_name(want.member) {
            Ok(member) => member,
            Err(zip::result::ZipError::FileNotFound) => return Err(missing(archive, want)),
            Err(error) => return Err(damaged(archive, error.into())),
        };
        place(&mut member, want.member, want.sha256, &want.to)?;
    }
    Ok(())
}

fn extract_tar(archive: &Path, wanted: &[Wanted<'_>]) -> Result<(), Error> {
    let file = File::open(archive).map_err(Error::io("open", archive))?;
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut left: Vec<&Wanted<'_>> = wanted.iter().collect();
    for entry in tar.entries().map_err(Error::io("read", archive))? {
        let mut entry = entry.map_err(Error::io("read", archive))?;
        let Some(index) = left.iter().position(|want| *entry.path_bytes() == *want.member.as_bytes()) else {
            continue;
        };
        let want = left.swap_remove(index);
        place(&mut entry, want.member, want.sha256, &want.to)?;
        if left.is_empty() {
            break;
        }
    }
    left.first().map_or(Ok(()), |want| Err(missing(archive, want)))
}

fn missing(archive: &Path, want: &Wanted<'_>) -> Error {
    Error::Member { archive: archive.to_owned(), member: want.member.to_owned() }
}

fn damaged(archive: &Path, source: std::io::Error) -> Error {
    Error::Io { action: "read", path: archive.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn tgz(folder: &Path) -> PathBuf {
        let path = folder.join("a.tgz");
        let gz = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(gz);
        for (name, data) in [("package/other", "other"), ("package/hello", "hello")] {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            header.set_mode(0o600);
            tar.append_data(&mut header, name, data.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        path
    }

    fn wheel(folder: &Path) -> PathBuf {
        let path = folder.join("a.whl");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("package/hello", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"hello").unwrap();
        zip.finish().unwrap();
        path
    }

    fn files_in(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn a_pinned_member_comes_out_of_either_archive() {
        let folder = tempfile::tempdir().unwrap();
        for (archive, kind) in [(tgz(folder.path()), Kind::Npm), (wheel(folder.path()), Kind::Wheel)] {
            let to = folder.path().join(format!("{kind:?}/hello.txt"));
            let wanted = [Wanted { member: "package/hello", sha256: Digest::of(b"hello"), to: to.clone() }];
            extract(&archive, kind, &wanted).unwrap();
            assert_eq!(fs::read(&to).unwrap(), b"hello");
            assert_eq!(to.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        }
    }

    #[test]
    fn a_member_with_another_hash_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (right, wrong) = (Digest::of(b"hello"), Digest::of(b"other"));
        for (archive, kind) in [(tgz(folder.path()), Kind::Npm), (wheel(folder.path()), Kind::Wheel)] {
            let out = folder.path().join(format!("{kind:?}"));
            let wanted = [Wanted { member: "package/hello", sha256: wrong, to: out.join("hello.txt") }];
            let error = extract(&archive, kind, &wanted).unwrap_err().to_string();
            assert!(error.contains(&right.to_string()) && error.contains(&wrong.to_string()), "{error}");
            assert_eq!(files_in(&out), 0);
        }
    }

    #[test]
    fn a_missing_member_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (archive, kind) in [(tgz(folder.path()), Kind::Npm), (wheel(folder.path()), Kind::Wheel)] {
            let wanted = [Wanted {
                member: "package/absent",
                sha256: Digest::of(b"hello"),
                to: folder.path().join("absent"),
            }];
            let error = extract(&archive, kind, &wanted).unwrap_err().to_string();
            assert!(error.contains("has no member package/absent"), "{error}");
        }
    }

    #[test]
    fn a_truncated_archive_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for (archive, kind) in [(tgz(folder.path()), Kind::Npm), (wheel(folder.path()), Kind::Wheel)] {
            let bytes = fs::read(&archive).unwrap();
            fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
            let to = folder.path().join("half");
            let wanted = [Wanted { member: "package/hello", sha256: Digest::of(b"hello"), to: to.clone() }];
            assert!(extract(&archive, kind, &wanted).is_err());
            assert!(!to.exists());
        }
    }
}
