//! `mabataki audit`: the log, one file a command.

mod list;

use crate::args::Audit;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(command: &Audit, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Audit::List(args) => list::run(args, console, out),
    }
}
