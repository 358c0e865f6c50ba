//! `mabataki eval`.

use std::path::PathBuf;

use clap::Subcommand;

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
    /// Masks over mouth and nose: bare faces taken for masked ones, and drawn masks that are seen
    Mask {
        /// Folder of bare faces, NAME/NAME_NNNN.jpg
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
        /// Take one picture in N
        #[arg(long, value_name = "N", default_value_t = 1)]
        every: usize,
        /// Folder of clips of bare faces
        #[arg(long, value_name = "DIR")]
        clips: Option<PathBuf>,
    },
    /// Matching in bad light: pictures spoilt by degrees, with and without the contrast of flat ones raised
    Light {
        /// Folder with NAME/NAME_NNNN.jpg
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
        /// Spoil a picture of one person in N
        #[arg(long, value_name = "N", default_value_t = 1)]
        every: usize,
        /// Pairs of names that are one person, to be left out
        #[arg(long, value_name = "FILE")]
        label_errors: Option<PathBuf>,
    },
}
