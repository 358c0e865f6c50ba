//! What runs in the machine: it writes until the power goes, or looks at what a cut left.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::Command;

use mabataki_engine::store::{Location, Store};
use mabataki_test_machine::Host;

use crate::{check, ward};

/// Where the two disks are mounted.
const MOUNTED: [(&str, &str); 2] = [("/dev/vda", "/mnt/state"), ("/dev/vdb", "/mnt/witness")];

/// Not a test of its own: see the others.
#[test]
#[ignore = "runs in a virtual machine, started by the other test of this program"]
fn in_the_machine() {
    MOUNTED.iter().for_each(|(_, folder)| std::fs::create_dir_all(folder).unwrap());
    let mut host = Host::reach().unwrap();
    match host.say("ready").unwrap().as_str() {
        "write" => write(&mut host),
        "check" => look(&mut host),
        other => panic!("no such task: {other}"),
    }
}

/// Writes one transaction after the other, and says so each time it was told that one is on the disk.
fn write(host: &mut Host) {
    mount().unwrap();
    let mut store = Store::create(&location(), &ward::key(), ward::settings()).unwrap();
    host.say("written 0").unwrap();
    for number in 1.. {
        ward::work(&mut store, number).unwrap();
        host.say(&format!("written {number}")).unwrap();
        if number % 20 == 0 {
            // What closing and opening write, a cut can hit as well.
            drop(store);
            store = Store::open(&location(), &ward::key()).unwrap();
        }
    }
}

/// Looks at one pair of disks after the other, as long as there are any.
fn look(host: &mut Host) {
    loop {
        let promised = host.say("next").unwrap().parse().ok();
        let found = mount().and_then(|()| {
            let checked = panic::catch_unwind(AssertUnwindSafe(|| check::check(&location(), promised)));
            checked.unwrap_or_else(|panic| Err(said(panic.as_ref())))
        });
        unmount();
        let verdict = found.map_or_else(|why| format!("broken: {why}"), |found| format!("held: {found}"));
        host.say(&verdict.replace('\n', " ")).unwrap();
    }
}

fn location() -> Location {
    let [state, witness] = MOUNTED.map(|(_, folder)| Path::new(folder).join("store"));
    Location { state, witness }
}

/// Mounts both disks, after what every system runs at its start. Linux 6.1, as it is, refuses a disk where the power went while
/// the last block of a transaction was written: the first of its sectors new, the others old.
fn mount() -> Result<(), String> {
    for (disk, folder) in MOUNTED {
        let checked = Command::new("e2fsck").args(["-p", disk]).output().unwrap();
        // 1: something was put right; 2: and the system is to be started again, if it has begun on this disk.
        if checked.status.code().is_none_or(|code| code > 3) {
            return Err(format!("{disk} needs a person: {}", String::from_utf8_lossy(&checked.stdout)));
        }
        let output = Command::new("mount").args(["-t", "ext4", disk, folder]).output().unwrap();
        if !output.status.success() {
            return Err(format!("{disk} is not mounted: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    Ok(())
}

fn unmount() {
    for (_, folder) in MOUNTED {
        // One that was not mounted cannot be.
        let _ = Command::new("umount").arg(folder).output().unwrap();
    }
}

/// What a check that failed has said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
