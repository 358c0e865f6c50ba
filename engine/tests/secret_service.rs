//! Store keys in the keystore of a session: a real GNOME Keyring on a bus of its own.

#![cfg(test)]
#![cfg(feature = "secret-service")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mabataki_engine::keys::{Keeper, KeyPlace};

/// Tells this test's own process in a session what it is to do, and where.
const ROLE: &str = "MABATAKI_TEST_ROLE";
const FOLDER: &str = "MABATAKI_TEST_FOLDER";
const NAME: &str = "a_key_is_there_again_in_the_next_session_once_the_keystore_is_unlocked";

#[test]
fn a_key_is_there_again_in_the_next_session_once_the_keystore_is_unlocked() {
    if let (Ok(role), Ok(folder)) = (std::env::var(ROLE), std::env::var(FOLDER)) {
        return in_session(&role, &PathBuf::from(folder));
    }
    let folder = tempfile::tempdir().unwrap();
    session("keep", folder.path(), Some("a password"));
    let named = fs::read_to_string(folder.path().join("store.key")).unwrap();
    assert!(named.starts_with("mabataki keystore key 1\n"), "{named}");
    session("recall", folder.path(), Some("a password"));
    session("locked", folder.path(), None);
    session("forget", folder.path(), Some("a password"));
}

/// Runs this test again as somebody's session: with a bus, and a keystore that their password unlocks.
fn session(role: &str, folder: &Path, password: Option<&str>) {
    let unlock = match password {
        Some(password) => format!("printf '{password}' | gnome-keyring-daemon --unlock --components=secrets"),
        None => "true".to_owned(),
    };
    let run = format!("{unlock} >/dev/null && exec \"$0\" --exact {NAME} --nocapture");
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", &run])
        .arg(std::env::current_exe().unwrap())
        .env(ROLE, role)
        .env(FOLDER, folder)
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_RUNTIME_DIR", folder)
        .env_remove("DISPLAY")
        .output()
        .expect("dbus-run-session: apt-get install dbus gnome-keyring");
    let told =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{role}: {told}");
}

fn in_session(role: &str, folder: &Path) {
    let state = folder.join("state");
    let place = KeyPlace::new(folder.join("store.key"));
    match role {
        "keep" => drop(place.create(Keeper::Keystore, &state).unwrap()),
        "recall" => drop(place.load(&state).unwrap()),
        "locked" => assert_eq!(place.load(&state).unwrap_err().code(), "no_keeper"),
        "forget" => {
            let named = fs::read(place.path()).unwrap();
            place.prepare(Keeper::File, &state).unwrap();
            place.promote(&state).unwrap();
            place.load(&state).unwrap();
            fs::write(place.path(), named).unwrap();
            assert_eq!(place.load(&state).unwrap_err().code(), "not_kept");
        }
        other => panic!("no such role: {other}"),
    }
}
