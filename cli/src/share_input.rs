//! Shares of the recovery key: typed at a prompt, fed line by line, or read from files.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use mabataki_engine::engine::Error;
use mabataki_engine::keys::{KeyError, RecoveryError, Share};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::Output;
use crate::{phrases, secret_input};

/// Most bytes of a file: more shares than there can be.
const FILE: usize = 16 * 1024;

/// As many shares as the first one says that it takes. One that is mistyped at a prompt is asked for again.
pub(crate) fn ask(out: &Output) -> Result<Vec<Share>, Failure> {
    let mut shares: Vec<Share> = Vec::new();
    while shares.first().is_none_or(|first| shares.len() < usize::from(first.needed())) {
        let prompt = phrases::key::prompt(out.lang, shares.len() + 1, shares.first().map(Share::needed));
        match Share::read(secret_input::read(&prompt, out)?.expose()) {
            Ok(share)
                if shares
                    .iter()
                    .any(|known| known.set() == share.set() && known.number() == share.number()) =>
            {
                let error = RecoveryError::SameShare { number: share.number() };
                again(error, out)?;
            }
            Ok(share) => shares.push(share),
            Err(error) => again(error, out)?,
        }
    }
    Ok(shares)
}

/// Every share in these files, one a line; lines without anything do not count.
pub(crate) fn from_files(paths: &[PathBuf]) -> Result<Vec<Share>, Failure> {
    let mut shares = Vec::new();
    for path in paths {
        let text = text_of(path)?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            shares.push(Share::read(line).map_err(failed)?);
        }
    }
    Ok(shares)
}

/// What is wrong with a share, or with several together.
pub(crate) fn failed(error: RecoveryError) -> Failure {
    Error::from(KeyError::from(error)).into()
}

/// A file's text, in a buffer that never grows: growing would leave copies behind that nobody wipes.
fn text_of(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unreadable = |what: &str| {
        Failure::usage(format!("{}: {what}", path.display()), "name a file with one share a line")
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE + 1));
    let file = File::open(path).map_err(|error| unreadable(&error.to_string()))?;
    file.take(FILE as u64).read_to_end(&mut bytes).map_err(|error| unreadable(&error.to_string()))?;
    if bytes.len() == FILE {
        return Err(unreadable("expected shares, found more than 16 KiB"));
    }
    let text = str::from_utf8(&bytes).map_err(|_| unreadable("expected shares, found no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Lets somebody at a prompt try again; ends what a program has fed.
fn again(error: RecoveryError, out: &Output) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() {
        out.note(&format!("{error} ({})", error.fix()));
        return Ok(());
    }
    Err(failed(error))
}
