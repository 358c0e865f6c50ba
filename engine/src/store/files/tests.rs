//! Files that are written to a folder of somebody else's.

use std::io::Read;
use std::os::unix::fs::symlink;

use pretty_assertions::assert_eq;
use tempfile::TempDir;

use super::*;

/// A folder, where a file is to be in it, and a file of whoever owns the folder.
fn theirs() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (target, mine) = (folder.path().join("log.jsonl"), folder.path().join("mine"));
    fs::write(&mine, b"").unwrap();
    (folder, target, mine)
}

fn content(file: &mut File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn what_is_put_in_the_place_of_a_file_that_is_being_written_gets_nothing_and_is_not_published() {
    let put: [fn(&Path, &Path); 3] = [
        |mine, name| symlink(mine, name).unwrap(),
        |mine, name| fs::hard_link(mine, name).unwrap(),
        |_, _| {},
    ];
    for put in put {
        let (_folder, target, mine) = theirs();
        let temporary = prepare_new(&target, b"a name\n").unwrap();
        fs::remove_file(&temporary.path).unwrap();
        put(&mine, &temporary.path);
        temporary.handle().unwrap().write_all(b"another\n").unwrap();
        assert_eq!(content(&mut temporary.rewound().unwrap()), "a name\nanother\n");
        assert_eq!(temporary.publish(&target).unwrap_err().code(), "file_exchanged");
        assert_eq!(fs::read(&mine).unwrap(), b"");
        assert!(!target.exists());
    }
}

#[test]
fn a_file_stays_in_the_folder_that_it_was_made_in_whatever_has_the_folders_name_meanwhile() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (folder, moved) = (root.path().join("logs"), root.path().join("moved"));
    fs::create_dir(&folder).unwrap();
    let target = folder.join("log.jsonl");
    let temporary = prepare_new(&target, b"a name\n").unwrap();
    fs::rename(&folder, &moved).unwrap();
    symlink(other.path(), &folder).unwrap();
    temporary.publish(&target).unwrap();
    assert_eq!(fs::read(moved.join("log.jsonl")).unwrap(), b"a name\n");
    assert_eq!(fs::read_dir(&moved).unwrap().count(), 1);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_not_published_leaves_nothing_and_one_whose_name_is_taken_takes_nobodys_place() {
    let (folder, target, mine) = theirs();
    drop(prepare_new(&target, b"a name\n").unwrap());
    let late = prepare_new(&target, b"a name\n").unwrap();
    fs::write(&target, b"theirs").unwrap();
    assert_eq!(late.publish(&target).unwrap_err().code(), "exists");
    assert_eq!((fs::read(&target).unwrap(), fs::read(&mine).unwrap()), (b"theirs".to_vec(), Vec::new()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}
