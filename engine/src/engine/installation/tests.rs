//! Which files say where a terminal's parts are.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const WHOLE: &str = "state = '/var/lib/mabataki'\nwitness = '/srv/witness'\nkey = '/etc/mabataki/key'\n\
    pack = '/usr/share/mabataki/pack'\nruntime = '/usr/lib/mabataki/libonnxruntime.so'\n";

fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mabataki.toml");
    fs::write(&file, text).unwrap();
    set_mode(&file, 0o644);
    (folder, file)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn refused(path: &Path) -> &'static str {
    Installation::read(path).unwrap_err().code()
}

#[test]
fn a_file_of_ours_says_where_everything_is() {
    let (_folder, file) = written(&format!("{WHOLE}socket = '/run/mabataki/other.sock'\n"));
    let installation = Installation::read(&file).unwrap();
    assert_eq!(installation.config.state, Path::new("/var/lib/mabataki"));
    assert_eq!(installation.config.witness, Path::new("/srv/witness"));
    assert_eq!(installation.socket.as_deref(), Some(Path::new("/run/mabataki/other.sock")));
    let (_folder, file) = written(WHOLE);
    assert_eq!(Installation::read(&file).unwrap().socket, None);
}

#[test]
fn what_others_may_write_to_does_not_count_whether_file_or_folder() {
    let (folder, file) = written(WHOLE);
    for mode in [0o664, 0o646, 0o666] {
        set_mode(&file, mode);
        assert_eq!(refused(&file), "not_permitted", "{mode:o}");
    }
    set_mode(&file, 0o644);
    for mode in [0o775, 0o757] {
        set_mode(folder.path(), mode);
        assert_eq!(refused(&file), "not_permitted", "{mode:o}");
    }
    set_mode(folder.path(), 0o755);
    Installation::read(&file).unwrap();
}

#[test]
fn a_link_leads_to_what_is_checked_there() {
    let (folder, file) = written(WHOLE);
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    set_mode(&open, 0o777);
    let theirs = open.join("mabataki.toml");
    fs::write(&theirs, WHOLE).unwrap();
    let link = folder.path().join("link.toml");
    symlink(&theirs, &link).unwrap();
    assert_eq!(refused(&link), "not_permitted");
    fs::remove_file(&link).unwrap();
    symlink(&file, &link).unwrap();
    Installation::read(&link).unwrap();
}

#[test]
fn a_path_that_is_missing_or_depends_on_the_folder_one_is_in_is_refused() {
    for text in [
        String::new(),
        WHOLE.replace("state = '/var", "state = 'var"),
        WHOLE.replace("witness", "watness"),
        format!("{WHOLE}policy = '/home/user/policy.toml'\n"),
        format!("{WHOLE}socket = 'mabataki.sock'\n"),
        format!("{WHOLE}#{}", "x".repeat(70_000)),
    ] {
        let (_folder, file) = written(&text);
        assert_eq!(refused(&file), "bad_installation", "{:.200}", text);
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(refused(folder.path()), "bad_installation");
    assert_eq!(refused(&folder.path().join("none")), "no_installation");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_does_any_harm(text in ".{0,400}") {
        let (_folder, file) = written(&text);
        let _ = Installation::read(&file);
    }
}
