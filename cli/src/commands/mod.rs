//! One file a command.

mod audit;
mod authenticate;
mod bench;
mod card;
mod doctor;
mod enrol;
mod eval;
mod face;
mod identify;
mod init;
mod lockout;
mod models;
mod password;
mod person;
mod sources;
mod video;

use mabataki_engine::engine::{Config, Engine};

use crate::args::Command;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

/// Carries out one command.
pub(crate) fn run(command: Command, places: Places, out: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(args, places, out),
        Command::Person(command) => person::run(command, open(places)?, out),
        Command::Card(command) => card::run(command, places, out),
        Command::Password(command) => password::run(&command, &mut open(places)?, out),
        Command::Lockout(command) => lockout::run(&command, &mut open(places)?, out),
        Command::Enrol(args) => enrol::run(args, open(places)?, out),
        Command::Authenticate(args) => authenticate::run(args, open(places)?, out),
        Command::Identify(args) => identify::run(&args, open(places)?, out),
        Command::Face(command) => face::run(&command, &places, out),
        Command::Audit(command) => audit::run(&command, &mut open(places)?, out),
        Command::Eval(command) => eval::run(command, &places, out),
        Command::Models(command) => models::run(&command, &places, out),
        Command::Bench(args) => bench::run(&args, &places, out),
        Command::Doctor => doctor::run(&places, out),
    }
}

fn config(places: Places) -> Config {
    Config { state: places.state, key: places.key, pack: places.pack, runtime: places.runtime }
}

fn open(places: Places) -> Result<Engine, Failure> {
    Ok(Engine::open(config(places))?)
}
