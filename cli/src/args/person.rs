//! `mabataki person`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

use super::dates::{self, Clearable};

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Add a person
    Add {
        /// Letters, digits and . _ @ -, at most 64
        id: String,
        /// Name as it shall stand in the log
        #[arg(long)]
        name: String,
        #[command(flatten)]
        details: Details,
    },
    /// Change what is known of a person; what is not named stays, and an empty text ("") clears it
    Change {
        id: String,
        /// Name as it shall stand in the log
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        details: Details,
    },
    /// List all
    List,
    /// Show one
    Show { id: String },
    /// Let a person in no more (and undo it with --undo), or all of a list
    Disable {
        #[arg(required_unless_present = "from")]
        id: Option<String>,
        /// Let them in again
        #[arg(long, requires = "id")]
        undo: bool,
        /// Disable everybody in this CSV file, by its column `id`; all of them or nobody
        #[arg(long, value_name = "FILE", conflicts_with = "id")]
        from: Option<PathBuf>,
        /// Only tell what would become of each row of the file
        #[arg(long, requires = "from", conflicts_with = "id")]
        dry_run: bool,
    },
    /// Note that a person is away for long and is not let in meanwhile (and undo it with --undo)
    Leave {
        id: String,
        /// They are back
        #[arg(long)]
        undo: bool,
    },
    /// A person has left for good: cards, face, password and logins go, id and name are kept
    Retire { id: String },
    /// Erase a person with cards and templates, with a receipt; the log keeps the name
    Remove { id: String },
    /// Forget a person's face, with a receipt; the person, the cards and the password stay
    ForgetFace { id: String },
    /// Add and change people from a CSV file: all of it, or nothing
    #[command(after_help = COLUMNS)]
    Import {
        /// UTF-8 or Shift_JIS, at most 20,000 people
        file: PathBuf,
        /// Only tell what would become of each row
        #[arg(long)]
        dry_run: bool,
    },
    /// List who could come in and has not for long
    Dormant {
        /// For so many days; without it, as many as the policy says
        #[arg(long, value_name = "N")]
        days: Option<u32>,
    },
    /// Let a person do without showing the face for a while, where the policy has something in its place
    Except {
        id: String,
        /// Why: an eye patch, a refusal
        #[arg(long, required_unless_present = "end", requires = "until")]
        reason: Option<String>,
        /// Until the end of this day, such as 2026-12-31, or until a time
        #[arg(long, value_name = "DAY", value_parser = dates::until, requires = "reason")]
        until: Option<Timestamp>,
        /// The exception is over
        #[arg(long, conflicts_with_all = ["reason", "until"])]
        end: bool,
    },
    /// Note that a person has agreed to the use of their face
    Consent {
        id: String,
        /// Which form they signed: letters, digits and . _ @ -
        #[arg(long, value_name = "VERSION", required_unless_present = "withdraw")]
        form: Option<String>,
        /// The day on the form; without it, today
        #[arg(long, value_name = "DAY", value_parser = dates::day)]
        date: Option<Date>,
        /// They have taken it back
        #[arg(long, conflicts_with_all = ["form", "date"])]
        withdraw: bool,
    },
}

const COLUMNS: &str = "\
The first line names the columns, in any order: id, and any of name, reading, role, accounts and wards (several \
with ; between), valid_from, valid_until (the last day, such as 2026-12-31, or a time), temporary (yes, no), sponsor, \
scope, consent_date, consent_version. A column that is missing leaves what is known as it is; an empty cell clears it.";

/// What can be said of a person beside the name.
#[derive(Debug, Args)]
pub(crate) struct Details {
    /// How the name is read (ふりがな)
    #[arg(long)]
    pub(crate) reading: Option<String>,
    /// Host account this person may open; may be given several times, and then replaces all there were
    #[arg(long)]
    pub(crate) account: Vec<String>,
    /// Ward this person works on; may be given several times, and then replaces all there were
    #[arg(long)]
    pub(crate) ward: Vec<String>,
    /// Role, as the policy names it
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// From the beginning of this day, such as 2026-04-01, or from a time
    #[arg(long, value_name = "DAY", value_parser = dates::clearable_from)]
    pub(crate) valid_from: Option<Clearable>,
    /// Until the end of this day, such as 2026-12-31, or until a time
    #[arg(long, alias = "valid-until", value_name = "DAY", value_parser = dates::clearable_until)]
    pub(crate) until: Option<Clearable>,
    /// Staff for a time: needs --until
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) temporary: Option<bool>,
    /// Somebody of a vendor: the id of the person of the house who answers for them. Needs --scope and --until
    #[arg(long, value_name = "ID")]
    pub(crate) sponsor: Option<String>,
    /// What they may work on
    #[arg(long)]
    pub(crate) scope: Option<String>,
}
