//! `mabataki store`: backups, their restoration, and the check of the whole.

use std::path::{Path, PathBuf};

use mabataki_engine::engine::Restoration;
use mabataki_engine::keys::KeyPlace;
use serde_json::json;

use super::Context;
use crate::args::Store;
use crate::console::{self, Console, config};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: Store, context: Context, out: &Output) -> Result<Exit, Failure> {
    match command {
        Store::Backup { file } => back_up(&file, &mut context.open(out)?, out),
        Store::Restore { file, old_key } => restore(&file, old_key, context, out),
        Store::Check => check(&context.open(out)?, out),
    }
}

fn back_up(file: &Path, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let header = console.acting().back_up(file)?;
    let report = json!({
        "file": file, "terminal": header.terminal, "taken": header.taken.to_string(),
        "revision": header.revision, "records": header.last_record,
    });
    out.result(&report, || phrases::store::backed_up(out.lang, file))?;
    Ok(Exit::Done)
}

fn restore(file: &Path, old_key: Option<PathBuf>, context: Context, out: &Output) -> Result<Exit, Failure> {
    let Context { places, administrator } = context;
    let mut restoration = Restoration::begin(&config(places), file, old_key.map(KeyPlace::new).as_ref())?;
    let grant = match &administrator.admin {
        Some(id) => Some(console::let_in(restoration.engine(), id, &administrator, out)?),
        None => None,
    };
    let restored = restoration.finish(grant.as_ref())?;
    let merged = restored.merged;
    let report = json!({
        "terminal": restored.header.terminal, "taken": restored.header.taken.to_string(),
        "newer": merged.newer, "removed": merged.removed, "outdated_faces": merged.outdated_faces,
        "unreadable": merged.unreadable, "lost": merged.lost, "log_lost": merged.log_lost,
        "log_key": merged.log_key,
    });
    out.result(&report, || phrases::store::restored(out.lang, &restored))?;
    Ok(Exit::Done)
}

fn check(console: &Console, out: &Output) -> Result<Exit, Failure> {
    let checked = console.engine.check_store()?;
    out.result(&checked, || phrases::store::checked(out.lang, checked))?;
    Ok(Exit::Done)
}
