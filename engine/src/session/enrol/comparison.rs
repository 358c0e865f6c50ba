//! What came of comparing a new template with everybody's.

use crate::matching::Threshold;

/// How alike a face is to somebody's template.
#[derive(Debug, Clone, PartialEq)]
pub struct Resemblance {
    /// The person.
    pub person: String,
    /// Cosine, −1..1.
    pub score: f32,
}

/// A new template beside everybody's.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Whose templates are nearest, the person's own among them or not.
    pub nearest: Vec<Resemblance>,
    /// The score at which a face is somebody's, among as many as were compared ([`Threshold::identification`]).
    pub threshold: Threshold,
    /// How many templates could not be compared: another model's, under another rotation, or damaged.
    pub left_out: usize,
}

impl Comparison {
    /// The other person whose template matches, if one does; of several the most alike.
    pub(super) fn other_than(&self, person: &str) -> Option<&str> {
        let others = self.nearest.iter().filter(|hit| hit.person != person);
        others
            .filter(|hit| self.threshold.accepts(hit.score))
            .max_by(|a, b| a.score.total_cmp(&b.score))
            .map(|hit| hit.person.as_str())
    }
}
