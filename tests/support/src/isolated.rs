//! Running one test in a process of its own.

use std::any::type_name_of_val;
use std::path::Path;
use std::process::Command;

use crate::{PrivatePcscd, SupportError};

/// The folder of the private pcscd, told to the test's own process.
const FOLDER: &str = "MABATAKI_TEST_PCSCD_FOLDER";
/// When set, a machine that cannot run a private pcscd fails the tests that need one.
const REQUIRED: &str = "MABATAKI_REQUIRE_PCSCD";

/// Runs the body of the calling test in a process of its own whose PC/SC clients see only a private pcscd.
///
/// The PC/SC client library reads `PCSCLITE_CSOCK_NAME` once, so it must be set before the process starts. `body`
/// gets the folder to start the pcscd in (with [`PrivatePcscd::start_in`]), or to start none. Call it as the whole
/// test, with a closure: the test's name is taken from the closure's. Where no private pcscd can run, the test
/// says so in one line and passes, unless `MABATAKI_REQUIRE_PCSCD` is set. Lines that begin with `measured: ` are shown.
pub fn isolated(body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return body(Path::new(&folder));
    }
    let test = test_name(&body);
    match run(&test) {
        Ok(()) => {}
        Err(Failure::Setup(SupportError::Unavailable(why))) if std::env::var_os(REQUIRED).is_none() => {
            eprintln!("{test}: skipped, a private pcscd cannot run here: {why}");
        }
        #[expect(clippy::panic, reason = "this is how a test fails")]
        Err(Failure::Setup(error)) => panic!("{test}: {error}"),
        #[expect(clippy::panic, reason = "this is how a test fails")]
        Err(Failure::Test(output)) => panic!("{output}"),
    }
}

enum Failure {
    Setup(SupportError),
    /// What the test's own process printed.
    Test(String),
}

impl From<SupportError> for Failure {
    fn from(error: SupportError) -> Failure {
        Failure::Setup(error)
    }
}

fn run(test: &str) -> Result<(), Failure> {
    let folder = tempfile::Builder::new()
        .prefix("mabataki-test-")
        .tempdir()
        .map_err(SupportError::io("making a folder for the test"))?;
    // Found out here, where the test can still be skipped.
    drop(PrivatePcscd::start_in(folder.path(), &[])?);
    let program = std::env::current_exe().map_err(SupportError::io("finding the running test"))?;
    let output = Command::new(program)
        .args([test, "--exact", "--nocapture", "--include-ignored"])
        .env(FOLDER, folder.path())
        .env("PCSCLITE_CSOCK_NAME", PrivatePcscd::socket_in(folder.path()))
        .output()
        .map_err(SupportError::io(format!("running {test} in a process of its own")))?;
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    if output.status.success() && printed.contains("1 passed") {
        printed.lines().filter(|line| line.starts_with("measured: ")).for_each(|line| eprintln!("{line}"));
        return Ok(());
    }
    Err(Failure::Test(format!("{test}, in a process of its own, {}:\n{printed}", output.status)))
}

/// `path::to::test` from the type name of a closure in it: `crate::path::to::test::{{closure}}`.
fn test_name<T>(body: &T) -> String {
    let name = type_name_of_val(body);
    let name = name.split_once("::").map_or(name, |(_, name)| name);
    name.split_once("::{{").map_or(name, |(name, _)| name).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_closure_names_the_test_it_stands_in() {
        let name = super::test_name(&|| ());
        assert_eq!(name, "isolated::tests::a_closure_names_the_test_it_stands_in");
    }
}
