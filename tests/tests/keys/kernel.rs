//! Keys in the kernel's keyring. Skipped where the kernel has none for us: in some containers.

use std::fs;

use mabataki_engine::keys::{Keeper, KeyPlace};

#[test]
fn a_key_in_the_kernels_keyring_is_on_no_disk_and_is_forgotten_when_it_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let state = root.path().join("state");
    let place = KeyPlace::new(root.path().join("store.key"));
    match place.create(Keeper::Kernel, &state) {
        Err(error) if error.code() == "no_keeper" => {
            println!("skipped: {error}");
            return;
        }
        made => made.unwrap(),
    };
    let named = fs::read_to_string(place.path()).unwrap();
    assert!(named.starts_with("mabataki kernel key 1\n"), "{named}");
    assert_eq!(place.keeper(&state).unwrap(), Keeper::Kernel);
    place.load(&state).unwrap();

    place.prepare(Keeper::File, &state).unwrap();
    place.promote(&state).unwrap();
    assert_eq!(place.keeper(&state).unwrap(), Keeper::File);
    place.load(&state).unwrap();
    // The one before is gone from the keyring: as after a restart of the machine.
    fs::write(place.path(), named).unwrap();
    let error = place.load(&state).unwrap_err();
    assert_eq!(error.code(), "not_kept", "{error}");
    assert!(error.fix().contains("recovery"));
}
