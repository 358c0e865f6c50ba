//! Link arguments of the C library. Nothing is fetched or generated.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let mut cargo = io::stdout().lock();
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
    // The engine's threads and the runtime's may outlive a host's `dlclose`: the library stays mapped.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        writeln!(cargo, "cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete")?;
        // By ABI major: a host that was linked against another one does not start with this library.
        writeln!(cargo, "cargo::rustc-cdylib-link-arg=-Wl,-soname,libmabataki.so.0")?;
    }
    Ok(())
}
