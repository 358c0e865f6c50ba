//! Lines that verify by themselves: the heads of all checkpoints before them, then records without a gap, each checkpoint after
//! those that it covers. It is the form of an archive.

use std::io::Write;

use super::{Span, not_written};
use crate::audit::Checkpoint;
use crate::audit::export::Lines;
use crate::engine::{Engine, Error};

/// Checkpoints read at a time.
const PAGE_CHECKPOINTS: u32 = 256;

impl Engine {
    /// Writes every range of records under one checkpoint from the first that falls into the span to the last. Gives the
    /// number of records.
    pub(super) fn write_ranges<W: Write>(
        &self,
        span: Span,
        mut lines: Lines<W>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<u64, Error> {
        let Some((first, last)) = self.store.seqs_between(span.from, span.until)? else { return Ok(0) };
        let (mut after, mut rows) = (0, 0);
        'pages: loop {
            let page = self.store.checkpoints(after, PAGE_CHECKPOINTS)?;
            let Some(newest) = page.last() else { break };
            after = newest.head.number;
            for checkpoint in page {
                let head = &checkpoint.head;
                if head.first > last {
                    break 'pages;
                }
                if head.last < first {
                    lines.write(&Checkpoint { records: None, ..checkpoint }).map_err(not_written)?;
                    continue;
                }
                let covered = u32::try_from(head.records()).unwrap_or(u32::MAX);
                for chained in self.store.chained(head.first.saturating_sub(1), covered)? {
                    lines.write(&chained).map_err(not_written)?;
                    rows += 1;
                }
                lines.write(&checkpoint).map_err(not_written)?;
                progress(head.last.min(last), last);
            }
        }
        lines.finish().map_err(not_written)?;
        Ok(rows)
    }
}
