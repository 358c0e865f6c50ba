//! `mabataki audit`: the log, one file a command.

mod archive;
mod checkpoint;
mod export;
mod list;
mod merge;
mod public_key;
mod report;
pub(super) mod send;
mod verify;

use super::Context;
use crate::args::Audit;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(command: &Audit, context: Context, out: &Output) -> Result<Exit, Failure> {
    match command {
        Audit::List(args) => list::run(args, &mut context.open(out)?, out),
        Audit::Export(args) => export::run(args, &mut context.open(out)?, out),
        Audit::Report(args) => report::run(args, context, out),
        Audit::Verify(args) => verify::run(args, &context.places, out),
        Audit::PublicKey => public_key::run(&context.places, out),
        Audit::Checkpoint => checkpoint::make(&mut context.open(out)?, out),
        Audit::Code => checkpoint::show(&mut context.open(out)?, out),
        Audit::Send(args) => send::once(args, context, out),
        Audit::Keep => send::keep(context, out),
        Audit::Archive(args) => archive::run(args, &mut context.open(out)?, out),
        Audit::Merge(args) => merge::run(args, out),
    }
}
