//! A terminal that is killed while it takes a bundle in.

use std::process::Stdio;
use std::thread;
use std::time::Instant;

use pretty_assertions::assert_eq;

use crate::support::*;

/// How many people the bundle carries: to take them in takes longer than to start the command.
const PEOPLE: usize = 400;

#[test]
fn a_terminal_killed_while_it_takes_a_bundle_in_has_all_of_it_or_nothing() {
    let (ward, er) = two();
    let list: String = (0..PEOPLE).map(|n| format!("n{n:03},Nurse {n},er-1\n")).collect();
    let staff = ward.folder().join("staff.csv");
    std::fs::write(&staff, format!("id,name,wards\n{list}")).unwrap();
    done(&ward.json(&["person", "import", &staff.display().to_string()]));
    let file = export(&ward, "bundle").display().to_string();
    let dry = Instant::now();
    done(&er.json(&["bundle", "import", &file, "--check"]));
    let whole = dry.elapsed();
    let mut killed = 0;
    for round in 1..=12_u32 {
        let mut child = er
            .command(&["--json", "bundle", "import", &file])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole * round / 13);
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        let found = people(&er).len();
        assert!(found == 0 || found == PEOPLE, "{found} of {PEOPLE} after {round}/13");
        if found == PEOPLE {
            break;
        }
        killed += u32::from(!ended);
    }
    assert!(killed > 0, "no process was killed while it took the bundle in");
    // Whatever became of it, the same bundle ends in the same people, and the log and the store are whole.
    done(&er.json(&["bundle", "import", &file]));
    assert_eq!(people(&er).len(), PEOPLE);
    done(&er.json(&["store", "check"]));
    done(&er.json(&["audit", "verify"]));
}
