//! The command line, as the contract has it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Lets people in with an IC card and their face: enrolment, authentication, measurement.
#[derive(Debug, Parser)]
#[command(name = "mabataki", version, max_term_width = 100, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "\
Exit status: 0 done or granted, 1 the person was refused, 2 usage, 3 unavailable (camera, reader, model, store), \
4 data refused (corrupt, wrong key, other model, bad signature), 5 abandoned (nothing was presented, or cancelled).";

/// Where things are and how to speak.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Folder of the store: people, cards, templates, log
    #[arg(long, value_name = "DIR", env = "MABATAKI_STATE", global = true)]
    pub(crate) state: Option<PathBuf>,
    /// The store's key file; without it, DIR.key beside the state folder DIR
    #[arg(long, value_name = "FILE", env = "MABATAKI_KEY", global = true)]
    pub(crate) key: Option<PathBuf>,
    /// Folder of the model pack
    #[arg(long, value_name = "DIR", env = "MABATAKI_PACK", global = true)]
    pub(crate) pack: Option<PathBuf>,
    /// The ONNX Runtime library (1.24 to 1.31)
    #[arg(long, value_name = "FILE", env = "MABATAKI_RUNTIME", global = true)]
    pub(crate) runtime: Option<PathBuf>,
    /// One JSON object a line on standard output; all prose goes to standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of what people read; without it, that of the terminal
    #[arg(long, value_enum, global = true)]
    pub(crate) lang: Option<Language>,
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
    /// People
    #[command(subcommand)]
    Person(Person),
    /// Cards: what is on the reader, and whose cards are whose
    #[command(subcommand)]
    Card(Card),
    /// Capture a person's face into a template
    Enrol(Enrol),
    /// Let somebody in, or not: card, face and a blink
    Authenticate(Authenticate),
    /// Find out who is in front of the camera (trial stores only)
    Identify(Identify),
    /// Look at pictures: find faces, compare two
    #[command(subcommand)]
    Face(Face),
    /// The log
    #[command(subcommand)]
    Audit(Audit),
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

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// A store for trials: frames and cards may come from files, and diagnosis is allowed. Never for real people
    #[arg(long)]
    pub(crate) open: bool,
    /// Name of this terminal in the log; without it, the host name
    #[arg(long, value_name = "NAME")]
    pub(crate) terminal: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Add a person
    Add {
        /// Letters, digits and . _ @ -, at most 64
        id: String,
        /// Name as it shall stand in the log
        #[arg(long)]
        name: String,
        /// Host account this person may open
        #[arg(long)]
        account: Option<String>,
        /// Role
        #[arg(long)]
        role: Option<String>,
    },
    /// List all
    List,
    /// Show one
    Show { id: String },
    /// Let a person in no more (and undo it with --undo)
    Disable {
        id: String,
        #[arg(long)]
        undo: bool,
    },
    /// Remove a person with cards and templates; the log keeps the name
    Remove { id: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Card {
    /// Read the card that lies on the reader, or the next one
    Read {
        #[command(flatten)]
        reader: ReaderSource,
        /// Show the identifier itself
        #[arg(long)]
        reveal: bool,
        /// Seconds to wait for a card
        #[arg(long, default_value_t = 20, value_name = "S")]
        timeout: u64,
    },
    /// Say what comes and goes until interrupted
    Watch {
        #[command(flatten)]
        reader: ReaderSource,
        /// Show the identifiers themselves
        #[arg(long)]
        reveal: bool,
    },
    /// Tie a card to a person
    Bind {
        /// The person
        id: String,
        #[command(flatten)]
        card: CardSource,
        /// What is written on the card, to tell it from others; without it, its kind
        #[arg(long)]
        label: Option<String>,
    },
    /// List the cards of a person, or of all
    List { id: Option<String> },
    /// Stop a card for now
    Suspend { handle: String },
    /// Stop a card that was lost
    Lost { handle: String },
    /// Let a stopped card be used again
    Restore { handle: String },
    /// Remove a card for good
    Remove { handle: String },
}

/// The reader to use.
#[derive(Debug, Args)]
pub(crate) struct ReaderSource {
    /// PC/SC reader by name; without a name, the first
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    pub(crate) reader: Option<Option<String>>,
}

/// Where the card comes from.
#[derive(Debug, Args)]
pub(crate) struct CardSource {
    #[command(flatten)]
    pub(crate) reader: ReaderSource,
    /// A card told by its identifier, such as felica:0123456789ABCDEF (trial stores only)
    #[arg(long, value_name = "KIND:HEX", conflicts_with = "reader")]
    pub(crate) card: Option<String>,
}

/// Where the frames come from.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct FrameSource {
    /// Camera by number or name; without either, the first
    #[arg(long, value_name = "INDEX|NAME", num_args = 0..=1, conflicts_with = "frames")]
    pub(crate) camera: Option<Option<String>>,
    /// A picture, a folder of pictures in name order, an .mjpeg or .y4m file, or any video if ffmpeg is on PATH
    /// (trial stores only)
    #[arg(long, value_name = "PATH")]
    pub(crate) frames: Option<PathBuf>,
    /// Frames a second of what is read with --frames
    #[arg(long, value_name = "F", requires = "frames")]
    pub(crate) fps: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// The person
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    /// Pictures to take (averaging 3 to 5 lowers the misses)
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) samples: u8,
}

#[derive(Debug, Args)]
pub(crate) struct Authenticate {
    /// The rules: `ordinary` asks for card and face with a blink
    #[arg(long, default_value = "ordinary")]
    pub(crate) policy: String,
    /// What the grant is for, a word of a-z 0-9 _; stands in the log
    #[arg(long, default_value = "login")]
    pub(crate) purpose: String,
    /// The host account to be opened
    #[arg(long)]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) card: CardSource,
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    /// Show scores (trial stores only)
    #[arg(long)]
    pub(crate) diagnose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Identify {
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    /// Most hits to show
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) top: u16,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Face {
    /// Find the faces in pictures
    Detect {
        #[arg(required = true, value_name = "IMG")]
        images: Vec<PathBuf>,
    },
    /// Compare the widest faces of two pictures
    Compare { a: PathBuf, b: PathBuf },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the log, newest last
    List {
        /// Only records after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// At most so many
        #[arg(long)]
        limit: Option<u64>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    /// Face verification on a folder laid out as Labeled Faces in the Wild is
    Verification {
        /// Folder with NAME/NAME_NNNN.jpg
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
        /// LFW's pairs file
        #[arg(
            long,
            value_name = "FILE",
            conflicts_with = "all_pairs",
            required_unless_present = "all_pairs"
        )]
        pairs: Option<PathBuf>,
        /// Everybody against everybody
        #[arg(long)]
        all_pairs: bool,
        /// A person's first K pictures enrol, the rest probe
        #[arg(long, value_name = "K", requires = "all_pairs")]
        samples: Option<usize>,
        /// Names of a group to report apart
        #[arg(long, value_name = "FILE")]
        group: Option<PathBuf>,
        /// Pairs of names that are one person, to be left out
        #[arg(long, value_name = "FILE")]
        label_errors: Option<PathBuf>,
        /// Draw the error curve
        #[arg(long, value_name = "OUT.svg")]
        plot: Option<PathBuf>,
    },
    /// The eye net on eye crops
    Eyes {
        /// Folder of open eyes
        #[arg(long, value_name = "DIR")]
        open: PathBuf,
        /// Folder of closed eyes
        #[arg(long, value_name = "DIR")]
        closed: PathBuf,
    },
    /// Blinks found in recorded clips
    Blink {
        /// One clip
        #[arg(long, value_name = "PATH", requires = "truth", required_unless_present = "set")]
        frames: Option<PathBuf>,
        /// Its blinks
        #[arg(long, value_name = "FILE")]
        truth: Option<PathBuf>,
        /// A folder of clips, each with a JSON beside it
        #[arg(long, value_name = "DIR", conflicts_with = "frames")]
        set: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// What the pack holds
    List,
    /// Check every file against its hash
    Verify,
    /// Copy a pack's files from a folder into the pack folder, checked
    Install {
        /// Folder with the model files, and a manifest.toml if the pack is your own
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Write the report here too
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
