//! The command line, as the contract has it: one file a family of commands.

pub(crate) mod audit;
mod authenticate;
mod bench;
mod bundle;
mod calibrate;
mod card;
mod clock;
mod dates;
mod emergency;
mod enrol;
mod eval;
mod face;
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

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use audit::Audit;
pub(crate) use authenticate::Authenticate;
pub(crate) use bench::Bench;
pub(crate) use bundle::{Bundle, Export};
pub(crate) use calibrate::Calibrate;
pub(crate) use card::{Card, CardKeys};
pub(crate) use clock::Clock;
pub(crate) use dates::Clearable;
pub(crate) use emergency::{Disaster, Emergency};
pub(crate) use enrol::{Enrol, Enrolment};
pub(crate) use eval::Eval;
pub(crate) use face::Face;
pub(crate) use grant::Grant;
pub(crate) use identify::Identify;
pub(crate) use init::Init;
pub(crate) use key::{Key, Move, Recovery};
pub(crate) use lockout::Lockout;
pub(crate) use login::{Login, Typed};
pub(crate) use models::Models;
pub(crate) use password::Password;
pub(crate) use person::{Details, Person};
pub(crate) use pin::Pin;
pub(crate) use policy::Policy;
pub(crate) use rotation::Rotation;
pub(crate) use serve::Serve;
pub(crate) use sources::{CardSource, FrameSource, ReaderSource};
pub(crate) use store::Store;
pub(crate) use terminal::{Pair, Scoped, Terminal};

/// Lets people in with an IC card and their face: enrolment, authentication, measurement.
#[derive(Debug, Parser)]
#[command(name = "mabataki", version, max_term_width = 100, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(flatten)]
    pub(crate) administrator: Administrator,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "\
Exit status: 0 done or granted, 1 the person was refused, 2 usage, 3 unavailable (camera, reader, model, store), \
4 data refused (corrupt, wrong key, other model, bad signature), 5 nobody was let in and nobody was refused: abandoned \
(nothing was presented, or cancelled), or observed (this terminal only watches what would have been decided).";

/// Where things are and how to speak.
#[derive(Debug, Args)]
#[command(next_help_heading = "Of every command")]
pub(crate) struct Global {
    /// Folder of the store: people, cards, templates, log
    #[arg(long, value_name = "DIR", env = "MABATAKI_STATE", global = true)]
    pub(crate) state: Option<PathBuf>,
    /// The store's key file; without it, DIR.key beside the state folder DIR
    #[arg(long, value_name = "FILE", env = "MABATAKI_KEY", global = true)]
    pub(crate) key: Option<PathBuf>,
    /// Folder that bears witness to the store, best on another disk; without it, DIR.witness beside the state folder DIR
    #[arg(long, value_name = "DIR", env = "MABATAKI_WITNESS", global = true)]
    pub(crate) witness: Option<PathBuf>,
    /// The TPM, where it is not this machine's own: device:FILE, tabrmd, swtpm:host=HOST,port=PORT
    #[cfg(feature = "tpm")]
    #[arg(long, value_name = "TCTI", env = "MABATAKI_TPM", global = true)]
    pub(crate) tpm: Option<String>,
    /// Folder of the model pack
    #[arg(long, value_name = "DIR", env = "MABATAKI_PACK", global = true)]
    pub(crate) pack: Option<PathBuf>,
    /// The ONNX Runtime library (1.24 to 1.28)
    #[arg(long, value_name = "FILE", env = "MABATAKI_RUNTIME", global = true)]
    pub(crate) runtime: Option<PathBuf>,
    /// For support: note every exchange with a card in a new FILE, without PINs, keys, numbers and certificates
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) trace_apdu: Option<PathBuf>,
    /// One JSON object a line on standard output; all prose goes to standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of what people read; without it, that of the terminal
    #[arg(long, value_enum, global = true)]
    pub(crate) lang: Option<Language>,
}

/// Who acts.
#[derive(Debug, Args)]
pub(crate) struct Administrator {
    /// Act with this administrator's rights. Their password is the first line of standard input, or asked for
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) admin: Option<String>,
    /// The administrator shows their card at this PC/SC reader; without a name, the first
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, global = true)]
    pub(crate) admin_reader: Option<Option<String>>,
    /// The administrator shows their face to this camera; without a name, the first
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, global = true)]
    pub(crate) admin_camera: Option<Option<String>>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Language {
    Ja,
    En,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the store and its key
    Init(Init),
    /// The rules of the site
    #[command(subcommand)]
    Policy(Policy),
    /// People
    #[command(subcommand)]
    Person(Person),
    /// Cards: what is on the reader, and whose cards are whose
    #[command(subcommand)]
    Card(Card),
    /// Passwords of this product
    #[command(subcommand)]
    Password(Password),
    /// Application logins of people
    #[command(subcommand)]
    Login(Login),
    /// Ways in when the ordinary ones are closed
    #[command(subcommand)]
    Emergency(Emergency),
    /// What too many failed tries have shut
    #[command(subcommand)]
    Lockout(Lockout),
    /// Capture a person's face into a template
    Enrol(Enrol),
    /// Enrolments that wait for a second pair of eyes
    #[command(subcommand)]
    Enrolment(Enrolment),
    /// Let somebody in, or not: card, face and a blink
    Authenticate(Authenticate),
    /// Serve this terminal's hosts, for as long as it is on: the one owner of store, camera and reader
    Serve(Serve),
    /// Who is let in at the moment
    #[command(subcommand)]
    Grant(Grant),
    /// Find out who is in front of the camera (trial stores only)
    Identify(Identify),
    /// Look at pictures: find faces, compare two
    #[command(subcommand)]
    Face(Face),
    /// The log
    #[command(subcommand)]
    Audit(Audit),
    /// Backups of the store, and its check
    #[command(subcommand)]
    Store(Store),
    /// This terminal among others: who it is to them, and which it is paired with
    #[command(subcommand)]
    Terminal(Terminal),
    /// People, cards, faces, logins and the policy on their way to other terminals
    #[command(subcommand)]
    Bundle(Bundle),
    /// Whether this terminal's clock can be believed
    #[command(subcommand)]
    Clock(Clock),
    /// The store's key: who keeps it, and what opens the store when it is lost
    #[command(subcommand)]
    Key(Key),
    /// The model pack and the runtime that this store trusts
    #[command(subcommand)]
    Pin(Pin),
    /// Find the threshold that a false-match rate takes among the people enrolled here
    Calibrate(Calibrate),
    /// The secret rotation of this store's templates
    #[command(subcommand)]
    Rotation(Rotation),
    /// Measure accuracy on recorded material
    #[command(subcommand)]
    Eval(Eval),
    /// The model pack
    #[command(subcommand)]
    Models(Models),
    /// This machine's figures, each stage beside the raw time of its net
    Bench(Bench),
    /// What works here and what does not
    Doctor,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::Cli;

    fn read(path: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
    }

    /// The names of all commands that do something, each with those that lead to it.
    fn commands(of: &clap::Command, before: &str) -> Vec<String> {
        let named = |command: &clap::Command| format!("{before}{}", command.get_name());
        of.get_subcommands()
            .flat_map(|command| match command.has_subcommands() {
                true => commands(command, &format!("{} ", named(command))),
                false => vec![named(command)],
            })
            .collect()
    }

    /// The words in backquotes of a cell.
    fn quoted(cell: &str) -> impl Iterator<Item = &str> {
        cell.split('`').skip(1).step_by(2)
    }

    #[test]
    fn each_command_has_a_call_or_a_reason_and_each_call_a_command_or_a_use_of_its_own() {
        let page = read("docs/manual/c-commands.md");
        let (table, others) = page.split_once("## Calls that no command needs").unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let listed: Vec<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
        assert_eq!(
            listed,
            commands(&Cli::command(), ""),
            "the table has each command, in the order of its help"
        );
        for row in &rows {
            assert!(row[1..].iter().any(|cell| !cell.is_empty()), "{}: neither a call nor a reason", row[0]);
        }

        let called = rows.iter().flat_map(|row| quoted(row[1]));
        let described: BTreeSet<&str> =
            called.chain(quoted(others)).filter(|word| word.starts_with("mbt_")).collect();
        let exports = read("ffi/abi/exports.txt");
        let exported: BTreeSet<&str> = exports.lines().collect();
        assert_eq!(described, exported);
    }
}
