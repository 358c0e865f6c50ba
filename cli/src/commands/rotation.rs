//! `mabataki rotation`: the secret rotation of this store's templates.

use serde_json::json;

use crate::args::Rotation;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: &Rotation, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Rotation::Renew => {
            let mut bar = out.progress("templates");
            let templates = console.acting().renew_rotation(&mut |done, of| bar(done as u64, of as u64))?;
            out.result(&json!({ "templates": templates }), || {
                phrases::matching::renewed(out.lang, templates)
            })?;
        }
    }
    Ok(Exit::Done)
}
