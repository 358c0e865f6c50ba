//! `mabataki terminal`: this terminal among others.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use mabataki_engine::engine::Error;
use mabataki_engine::terminal::{
    Fingerprint, Introduction, MOST_INTRODUCTION, Pairing, PeerRecord, Scope, TerminalError,
};
use serde_json::{Value, json};

use super::{Context, file};
use crate::args::{Pair, Scoped, Terminal};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::{phrases, secret_input};

pub(super) fn run(command: Terminal, context: Context, out: &Output) -> Result<Exit, Failure> {
    match command {
        Terminal::Show { out: path } => {
            let introduction = context.open(out)?.engine.introduction()?;
            introduce(&introduction, path.as_deref(), out)?;
        }
        Terminal::Pair(args) => pair(&args, context, out)?,
        Terminal::List => {
            for peer in context.open(out)?.acting().peers()? {
                out.result(&described(&peer), || phrases::terminal::peer(out.lang, &peer))?;
            }
        }
        Terminal::Unpair { name } => {
            let peer = context.open(out)?.acting().unpair(&name)?;
            out.result(&described(&peer), || phrases::terminal::unpaired(out.lang, &peer))?;
        }
        Terminal::Rotate { out: path } => rotate(&path, &mut context.open(out)?, out)?,
        Terminal::Renew { file } => {
            let introduction = read(&file)?;
            let peer = context.open(out)?.acting().renew_peer(&introduction)?;
            out.result(&described(&peer), || phrases::terminal::renewed(out.lang, &peer))?;
        }
    }
    Ok(Exit::Done)
}

/// The file is read before anybody is asked for anything: one that is none needs no password and no telephone.
fn pair(args: &Pair, context: Context, out: &Output) -> Result<(), Failure> {
    let introduction = read(&args.file)?;
    let pairing = Pairing { sends: scope(args.sends())?, takes: scope(args.takes())? };
    let mut console = context.open(out)?;
    let typed: Fingerprint = match &args.fingerprint {
        Some(text) => text.parse().map_err(Error::from)?,
        None => {
            let prompt = phrases::terminal::prompt(out.lang, &introduction.identity().terminal);
            secret_input::read_shown(&prompt, out)?.expose().parse().map_err(Error::from)?
        }
    };
    let peer = console.acting().pair(&introduction, &typed, pairing)?;
    out.result(&described(&peer), || phrases::terminal::paired(out.lang, &peer))
}

/// The file is made first: keys whose introduction cannot be written would be known to nobody.
fn rotate(path: &Path, console: &mut Console, out: &Output) -> Result<(), Failure> {
    let introduction = file::with(Some(path), |sink| {
        let introduction = console.acting().rotate_terminal_keys()?;
        write(&introduction, sink)?;
        Ok(introduction)
    })?;
    let report = described_introduction(&introduction, Some(path));
    out.result(&report, || phrases::terminal::rotated(out.lang, introduction.identity(), path))
}

fn introduce(introduction: &Introduction, path: Option<&Path>, out: &Output) -> Result<(), Failure> {
    if let Some(path) = path {
        file::with(Some(path), |sink| write(introduction, sink))?;
    }
    let report = described_introduction(introduction, path);
    out.result(&report, || phrases::terminal::shown(out.lang, introduction.identity(), path))
}

fn write(introduction: &Introduction, sink: &mut dyn Write) -> Result<(), Failure> {
    let written = sink.write_all(introduction.to_text().as_bytes());
    written.map_err(|error| Failure::internal("writing the introduction", &error))
}

/// No more of a file is read than an introduction may have.
fn read(path: &Path) -> Result<Introduction, Failure> {
    let failed =
        |error| Failure::internal("reading the introduction", &format!("{}: {error}", path.display()));
    let mut bytes = Vec::with_capacity(MOST_INTRODUCTION + 1);
    let most = u64::try_from(MOST_INTRODUCTION + 1).unwrap_or(u64::MAX);
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(Introduction::parse(&bytes).map_err(Error::from)?)
}

fn scope(said: Option<Scoped>) -> Result<Option<Scope>, Failure> {
    let read = |Scoped { wards, applications, policy, administrators }| {
        Scope::new(wards, applications, policy, administrators)
    };
    let scope: Result<Option<Scope>, TerminalError> = said.map(read).transpose();
    Ok(scope.map_err(Error::from)?)
}

fn described_introduction(introduction: &Introduction, path: Option<&Path>) -> Value {
    let identity = introduction.identity();
    json!({
        "terminal": identity.terminal, "number": identity.number,
        "fingerprint": identity.fingerprint().to_string(), "file": path,
    })
}

fn described(peer: &PeerRecord) -> Value {
    let identity = &peer.identity;
    json!({
        "terminal": identity.terminal,
        "number": identity.number,
        "fingerprint": identity.fingerprint().to_string(),
        "sends": peer.pairing.sends,
        "takes": peer.pairing.takes,
        "paired": peer.paired.to_string(),
        "by": peer.paired_by,
        "ended": peer.ended.map(|ended| ended.to_string()),
        "sent": peer.sent,
        "complete": peer.complete.map(|complete| complete.to_string()),
        "taken": peer.taken.map(|taken| json!({
            "revision": taken.revision, "made": taken.made.to_string(), "time": taken.taken.to_string(),
        })),
    })
}
