//! The model pack and the runtime that a store trusts.

use std::fs;
use std::path::Path;

use mabataki_test_support::{Mabataki, Run, clip::cut, installed};
use pretty_assertions::assert_eq;

/// A store for trials, and a few frames of somebody.
fn site() -> (Mabataki, String) {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--open"]).exit, 0);
    let clip = installed::folder().join("samples/single_face.mjpeg");
    assert!(clip.exists(), "{} is missing: cargo xtask setup makes it", clip.display());
    let frames = cut(&clip, 0..=3, command.folder()).display().to_string();
    (command, frames)
}

/// The installed pack, but for a remark in its manifest.
fn another_pack(folder: &Path) -> String {
    let to = folder.join("pack");
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(installed::pack()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    let manifest = fs::read_to_string(to.join("manifest.toml")).unwrap();
    fs::write(to.join("manifest.toml"), format!("{manifest}\n# Another one.\n")).unwrap();
    to.display().to_string()
}

/// The installed library, but for a byte behind its end, where no code is.
fn another_runtime(folder: &Path) -> String {
    let to = folder.join("libonnxruntime.so");
    let mut library = fs::read(installed::runtime()).unwrap();
    library.push(0);
    fs::write(&to, library).unwrap();
    to.display().to_string()
}

fn last_record(command: &Mabataki) -> [String; 3] {
    words_of_last(command, ["operation", "outcome", "reason"])
}

/// Model pack and runtime of the last record.
fn nets_of_last(command: &Mabataki) -> [String; 2] {
    words_of_last(command, ["pack", "runtime"])
}

/// What the last record says that is not of somebody who looked at the log.
fn words_of_last<const N: usize>(command: &Mabataki, keys: [&str; N]) -> [String; N] {
    let log = command.json(&["audit", "list"]);
    let last = log.lines.iter().rfind(|line| line["operation"] != "log_read").unwrap();
    keys.map(|key| last[key].as_str().unwrap_or_default().to_owned())
}

/// What the command tells that it has pinned, as the log writes it.
fn pinned_nets(run: &Run) -> [String; 2] {
    [run.word("pack").to_owned(), format!("sha256:{}", run.word("runtime"))]
}

fn failed(run: &Run) -> (i32, &str) {
    (run.exit, run.last()["error"]["code"].as_str().unwrap_or(&run.stdout))
}

#[test]
fn what_looks_at_the_first_face_is_pinned_and_nothing_else_is_loaded_then() {
    let (command, frames) = site();
    let look = |more: &[&str]| command.json(&[more, &["identify", "--frames", &frames]].concat());
    assert!(command.json(&["pin", "show"]).last()["pinned"].is_null());
    assert_eq!(look(&[]).exit, 1, "nobody is enrolled");
    let shown = command.json(&["pin", "show"]);
    assert_eq!(
        (&shown.last()["same"], &shown.last()["pinned"]["pack"]),
        (&true.into(), &shown.last()["installed"]["pack"])
    );

    let pack = another_pack(command.folder());
    assert_eq!(failed(&look(&["--pack", &pack])), (3, "other_pack"));
    assert_eq!(last_record(&command), ["alarm", "refused", "other_pack"]);
    assert_eq!(command.json(&["--pack", &pack, "pin", "show"]).last()["same"], false);

    let runtime = another_runtime(command.folder());
    assert_eq!(failed(&look(&["--runtime", &runtime])), (3, "other_runtime"));
    assert_eq!(last_record(&command), ["alarm", "refused", "other_runtime"]);
    // The store's own are as good as before.
    assert_eq!(look(&[]).exit, 1);

    let set = command.json(&["--pack", &pack, "--runtime", &runtime, "pin", "set"]);
    assert_eq!(set.exit, 0);
    assert_eq!(last_record(&command)[..2], ["pin", "done"]);
    assert_eq!(nets_of_last(&command), pinned_nets(&set));
    assert_eq!(look(&["--pack", &pack, "--runtime", &runtime]).exit, 1);
    assert_eq!(failed(&look(&[])), (3, "other_pack"));
}

#[test]
fn only_an_administrator_changes_the_pins_and_never_to_a_damaged_pack() {
    let command = Mabataki::new();
    let admin = ["--admin", "admin01"];
    let with = |more: &[&str], line: &str| command.json_fed(&[&admin[..], more].concat(), &[line]);
    const PASSWORD: &str = "Nara-1868-temple!";
    assert_eq!(with(&["init"], PASSWORD).exit, 0);
    let shown = command.json(&["pin", "show"]);
    assert_eq!(
        shown.last()["pinned"]["pack"],
        shown.last()["installed"]["pack"],
        "pinned from the beginning"
    );
    assert_eq!(failed(&command.json(&["pin", "set"])), (1, "no_right"));
    assert_eq!(failed(&command.json(&["key", "replace"])), (1, "no_right"));
    let pack = another_pack(command.folder());
    let eyes = Path::new(&pack).join("fr_eye.onnx");
    let mut model = fs::read(&eyes).unwrap();
    model[1000] ^= 1;
    fs::write(&eyes, model).unwrap();
    assert_eq!(failed(&with(&["--pack", &pack, "pin", "set"], PASSWORD)), (4, "wrong_hash"));
    assert_eq!(with(&["pin", "set"], PASSWORD).exit, 0);
}

#[test]
fn every_attempt_names_pack_and_runtime_whether_it_looked_at_a_face_or_not() {
    const CARD: &str = "felica:0114B34C1A2B3C4D";
    let (command, frames) = site();
    let set = command.json(&["pin", "set"]);
    assert_eq!(command.json(&["person", "add", "nurse01", "--name", "Nurse"]).exit, 0);
    assert_eq!(command.json(&["card", "bind", "nurse01", "--card", CARD]).exit, 0);
    const PASSWORD: &str = "Nara-1868-temple!";
    assert_eq!(command.json_fed(&["password", "set", "nurse01"], &[PASSWORD]).exit, 0);
    let let_in = command.json_fed(&["authenticate", "--card", CARD, "--password"], &[PASSWORD]);
    assert_eq!((let_in.exit, let_in.word("outcome")), (0, "granted"), "{}", let_in.stdout);
    assert_eq!(last_record(&command)[..2], ["authenticate", "granted"]);
    let [pack, runtime] = pinned_nets(&set);
    assert_eq!(nets_of_last(&command), [pack.clone(), runtime.clone()]);
    // Where it was loaded, the runtime also says which version it is.
    command.json(&["authenticate", "--card", CARD, "--frames", &frames]);
    assert_eq!(last_record(&command)[0], "authenticate");
    let [found_pack, found_runtime] = nets_of_last(&command);
    assert_eq!(found_pack, pack);
    assert!(found_runtime.starts_with("1.") && found_runtime.ends_with(&runtime), "{found_runtime}");
}

#[test]
fn a_terminal_with_administrators_and_no_pins_looks_at_no_face_before_one_of_them_pins() {
    const PASSWORD: &str = "Nara-1868-temple!";
    let command = Mabataki::new();
    let nothing = command.folder().join("nothing").display().to_string();
    let admin = ["--admin", "admin01"];
    let with = |more: &[&str]| command.json_fed(&[&admin[..], more].concat(), &[PASSWORD]);
    assert_eq!(with(&["--pack", &nothing, "init"]).exit, 0);
    assert!(command.json(&["pin", "show"]).last()["pinned"].is_null());
    let doctor = command.json(&["doctor"]);
    let pins = doctor.lines.iter().find(|line| line["check"] == "pins").unwrap();
    assert_eq!(pins["ok"], false, "{pins}");
    let look = command.json(&["authenticate", "--camera"]);
    assert_eq!(failed(&look), (3, "not_pinned"), "{}", look.stdout);
    assert!(look.stdout.contains("pin set"), "{}", look.stdout);
    assert_eq!(with(&["pin", "set"]).exit, 0);
    let look = command.json(&["authenticate", "--camera"]);
    assert_ne!(failed(&look).1, "not_pinned", "{}", look.stdout);
}
