//! One file a command.

mod audit;
mod authenticate;
mod bench;
mod bundle;
mod calibrate;
mod card;
mod card_key;
mod clock;
mod doctor;
mod emergency;
mod enrol;
mod enrolment;
mod eval;
mod face;
mod file;
mod grant;
mod identify;
mod init;
mod key;
mod lockout;
mod login;
mod models;
mod password;
mod person;
mod pin;
mod policy;
mod rotation;
mod serve;
mod sources;
mod store;
mod terminal;
mod video;

use std::path::Path;

use mabataki_engine::card::trace;

use crate::args::{Administrator, Command};
use crate::console::{Console, config};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

/// What every command is given: where things are, and who acts.
pub(crate) struct Context {
    pub(crate) places: Places,
    pub(crate) administrator: Administrator,
}

impl Context {
    /// The open store, with the administrator let in.
    fn open(self, out: &Output) -> Result<Console, Failure> {
        Console::open(self.places, &self.administrator, out)
    }
}

/// Has every exchange with a card noted in this file, if one is named.
pub(crate) fn trace(path: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = path {
        // A command begins one only.
        let _ = trace::begin(file::new(path)?);
    }
    Ok(())
}

/// Carries out one command.
pub(crate) fn run(command: Command, context: Context, out: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(args, context, out),
        Command::Policy(command) => policy::run(command, context, out),
        Command::Person(command) => person::run(command, context.open(out)?, out),
        Command::Card(command) => card::run(command, context, out),
        Command::Password(command) => password::run(&command, &mut context.open(out)?, out),
        Command::Login(command) => login::run(command, &mut context.open(out)?, out),
        Command::Emergency(command) => emergency::run(command, &mut context.open(out)?, out),
        Command::Lockout(command) => lockout::run(&command, &mut context.open(out)?, out),
        Command::Enrol(args) => enrol::run(args, context.open(out)?, out),
        Command::Enrolment(command) => enrolment::run(&command, &mut context.open(out)?, out),
        Command::Authenticate(args) => authenticate::run(args, context, out),
        Command::Serve(args) => serve::run(&args, context, out),
        Command::Grant(command) => grant::run(&command, &mut context.open(out)?, out),
        Command::Identify(args) => identify::run(&args, context.open(out)?, out),
        Command::Face(command) => face::run(&command, &context.places, out),
        Command::Audit(command) => audit::run(&command, context, out),
        Command::Store(command) => store::run(command, context, out),
        Command::Terminal(command) => terminal::run(command, context, out),
        Command::Bundle(command) => bundle::run(command, &mut context.open(out)?, out),
        Command::Clock(command) => clock::run(&command, &mut context.open(out)?, out),
        Command::Key(command) => key::run(command, context, out),
        Command::Pin(command) => pin::run(&command, &mut context.open(out)?, out),
        Command::Calibrate(args) => calibrate::run(&args, &mut context.open(out)?, out),
        Command::Rotation(command) => rotation::run(&command, &mut context.open(out)?, out),
        Command::Eval(command) => eval::run(command, &context.places, out),
        Command::Models(command) => models::run(&command, &context.places, out),
        Command::Bench(args) => bench::run(&args, &context.places, out),
        Command::Doctor => doctor::run(&context.places, out),
    }
}
