//! `mabataki audit`: the log, one file a command.

mod export;
mod file;
mod list;
mod report;

use crate::args::Audit;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(command: &Audit, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Audit::List(args) => list::run(args, console, out),
        Audit::Export(args) => export::run(args, console, out),
        Audit::Report(args) => report::run(args, console, out),
    }
}
