//! `mabataki audit list`: the log, record by record.

use mabataki_engine::store::LOG_PAGE;

use crate::args::audit::List;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(args: &List, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let (mut after, mut left) = (args.after, args.limit.unwrap_or(u64::MAX));
    while left > 0 && !out.is_unheard() {
        let page = u32::try_from(left).unwrap_or(u32::MAX).min(LOG_PAGE);
        let records = console.acting().log(after, page)?;
        let Some(last) = records.last() else { break };
        after = last.seq;
        left = left.saturating_sub(records.len() as u64);
        for record in &records {
            out.result(record, || record.to_string())?;
        }
        // What follows is but the record of this reading.
        if records.len() < page as usize {
            break;
        }
    }
    Ok(Exit::Done)
}
