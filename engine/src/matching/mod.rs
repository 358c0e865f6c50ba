//! Comparing faces: templates, one against one (verification), one against all (identification), and the score that a
//! wished false-match rate asks for.

mod binomial;
mod choose;
mod error;
mod gallery;
mod probe;
mod rotation;
mod site;
mod space;
mod template;
mod threshold;
mod vector;

pub use choose::{Choice, LEAST_MARGIN, choose};
pub use error::MatchError;
pub use gallery::{Gallery, Hit, MAX_HITS};
pub use probe::{cosine, mean};
pub use rotation::{Rotation, RotationSeed, SEED as ROTATION_SEED};
pub use site::{Alike, Basis, MOST_NAMED, MOST_PEOPLE, SiteThreshold, Strangers};
pub use space::{RotationId, Space};
pub use template::{MAX_LENGTH, MAX_SAMPLES, Sample, Template};
pub use threshold::Threshold;

#[cfg(test)]
mod fixture;
