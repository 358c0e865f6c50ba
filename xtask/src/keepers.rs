//! What may keep the store's key and is not in every build: each is tested against a real one of its own.

use std::process::Command;

use crate::command;
use crate::narrate::Narrator;
use crate::system;

/// A feature of the engine, its test, and what the test takes.
pub(crate) struct Keeper {
    /// What the part of the tests is called where it cannot be run.
    pub(crate) part: &'static str,
    /// What to say then.
    pub(crate) otherwise: &'static str,
    feature: &'static str,
    test: &'static str,
    programs: &'static [&'static str],
    libraries: &'static [&'static str],
    packages: &'static [&'static str],
}

/// All of them.
pub(crate) const KEEPERS: [Keeper; 2] = [
    Keeper {
        part: "keys in a TPM",
        otherwise: "no simulated TPM: `apt-get install swtpm libtss2-dev`",
        feature: "tpm",
        test: "tpm",
        programs: &["swtpm"],
        libraries: &["tss2-esys", "tss2-tctildr", "tss2-mu"],
        packages: &["swtpm", "libtss2-dev"],
    },
    Keeper {
        part: "keys in a session's keystore",
        otherwise: "no keystore: `apt-get install dbus gnome-keyring`",
        feature: "secret-service",
        test: "secret_service",
        programs: &["dbus-run-session", "gnome-keyring-daemon"],
        libraries: &[],
        packages: &["dbus", "gnome-keyring"],
    },
];

impl Keeper {
    /// Whether it can be tested here, after what is missing was installed where that is allowed.
    pub(crate) fn is_here(&self, narrator: &Narrator) -> bool {
        if !self.is_installed() {
            system::offer(self.packages, narrator);
        }
        self.is_installed()
    }

    /// What cargo is told to run the tests of these: all at once, so that the engine is compiled once more and not once
    /// for each.
    pub(crate) fn test(keepers: &[&Keeper]) -> Vec<&'static str> {
        let mut arguments =
            vec!["test", "--profile", "unoptimised", "--package", "mabataki-engine", "--locked"];
        arguments.push("--no-fail-fast");
        for keeper in keepers {
            arguments.extend(["--features", keeper.feature, "--test", keeper.test]);
        }
        arguments
    }

    fn is_installed(&self) -> bool {
        let has = |library: &&str| command::succeeds(Command::new("pkg-config").args(["--exists", library]));
        self.programs.iter().all(|program| command::find(program).is_some()) && self.libraries.iter().all(has)
    }
}
