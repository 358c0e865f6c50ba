//! Whether a newcomer is enrolled already, under another id: their template beside everybody's.

use zeroize::Zeroizing;

use super::super::{Engine, Error};
use crate::audit::{self, Operation, Outcome};
use crate::face::Embedding;
use crate::matching::{Gallery, MatchError, Template};
use crate::session::{Comparison, Resemblance};

/// As many people as a new template is compared with in the end: the person, a twin, and one more.
const NEAREST: usize = 3;

/// How often a newcomer may be taken for anybody already enrolled: each time, somebody has to look.
const RESEMBLANCE_FPIR: f64 = 1e-2;

impl Engine {
    /// The people whose templates are most like that of `person`. A template that cannot be compared is left out and
    /// counted: after a change of the pack most cannot, and people must be enrolled anew all the same.
    ///
    /// # Errors
    /// When the nets cannot be loaded, or the store fails.
    pub(super) fn compare_with_all(
        &mut self,
        person: &str,
        template: &Template,
    ) -> Result<Comparison, Error> {
        let space = template.space();
        let mut gallery = Gallery::new(space, template.embedding_len());
        let (mut people, mut left_out) = (Vec::new(), 0);
        for stored in self.store.templates() {
            let stored = stored?;
            let pushed: Result<(), MatchError> = Template::from_bytes(&stored.bytes)
                .and_then(|template| gallery.push(people.len(), &template));
            match pushed {
                Ok(()) => people.push(stored.person),
                // Their own is about to be replaced.
                Err(_) if stored.person == person => {}
                Err(_) => left_out += 1,
            }
        }
        let probe = Embedding(Zeroizing::new(template.mean().to_vec()));
        let hits = gallery.search(space, &probe, NEAREST.min(people.len()))?;
        let nearest = hits.iter().filter_map(|hit| {
            Some(Resemblance { person: people.get(hit.person)?.clone(), score: hit.score })
        });
        let nearest = nearest.collect();
        let thresholds = self.thresholds()?;
        // Beyond what the calibration reaches, the strictest that it knows.
        let threshold =
            thresholds.among(people.len(), RESEMBLANCE_FPIR).or_else(|_| thresholds.strictest())?;
        Ok(Comparison { nearest, threshold, left_out })
    }
}

/// The log's record that a new template was not compared with everybody's: somebody may be enrolled twice.
pub(super) fn left_out_of(enrolment: &audit::Entry, left_out: usize) -> audit::Entry {
    let mut entry = enrolment.clone();
    (entry.operation, entry.outcome) = (Operation::TemplatesLeftOut, Outcome::Done);
    (entry.reason, entry.object) = (None, Some(format!("{left_out} templates")));
    entry
}
