//! `mabataki card`: what is on the reader, and whose cards are whose.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mabataki_engine::card::{CardEvent, CardKind, CardReader, CardReading, ReaderError};
use mabataki_engine::engine::{Cards, Engine, Error};
use mabataki_engine::session::Why;
use mabataki_engine::store::{Card as Record, CardHandle, NewCard, Stop};
use serde_json::{Value, json};

use super::{Context, card_key, sources};
use crate::args::{Card, CardSource};
use crate::console::{Console, config};
use crate::failure::{Exit, Failure, chain};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: Card, context: Context, out: &Output) -> Result<Exit, Failure> {
    match command {
        Card::Read { reader, reveal, timeout } => {
            let mut reader = open(reader.reader.flatten().as_deref(), context, out)?;
            read(&mut reader, reveal, Duration::from_secs(timeout), out)
        }
        Card::Watch { reader, reveal } => {
            let mut reader = open(reader.reader.flatten().as_deref(), context, out)?;
            watch(&mut reader, reveal, out)
        }
        Card::Bind { id, card, label, valid_from, until, temporary } => {
            let new = |kind: CardKind| NewCard {
                temporary,
                valid_from,
                valid_until: until,
                ..NewCard::labelled(label.as_deref().unwrap_or(kind.code()), Timestamp::now())
            };
            bind(&mut context.open(out)?, &id, &card, new, out)
        }
        Card::Share { handle, id } => {
            change(context, &handle, |console, handle| console.acting().share_card(handle, &id), out)
        }
        Card::Unshare { handle, id } => {
            change(context, &handle, |console, handle| console.acting().unshare_card(handle, &id), out)
        }
        Card::List { id } => {
            for card in context.open(out)?.acting().cards(id.as_deref())? {
                print(&card, out)?;
            }
            Ok(Exit::Done)
        }
        Card::Key(command) => card_key::run(&command, context, out),
        Card::Suspend { handle } => stop(context, &handle, Stop::Suspended, out),
        Card::Lost { handle } => stop(context, &handle, Stop::Lost, out),
        Card::Return { handle } => stop(context, &handle, Stop::Returned, out),
        Card::Restore { handle } => {
            change(context, &handle, |console, handle| console.acting().restore_card(handle), out)
        }
        Card::Remove { handle } => {
            context.open(out)?.acting().remove_card(&parse(&handle)?)?;
            out.result(&json!({ "handle": handle, "removed": true }), || {
                phrases::removed(out.lang, &handle)
            })?;
            Ok(Exit::Done)
        }
    }
}

/// The reader, which knows cards as the site's store says; without a store, by their identifier.
fn open(name: Option<&str>, context: Context, out: &Output) -> Result<CardReader, Failure> {
    let plan = if is_empty(&context.places.state) {
        out.note(phrases::card::without_store(out.lang));
        Arc::default()
    } else {
        Engine::open(config(context.places))?.card_plan()?
    };
    Ok(CardReader::open_with(name, plan).map_err(Error::from)?)
}

/// Whether there is nothing in the folder, or no folder. A store whose key is lost is one all the same.
fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .map_or_else(|error| error.kind() == ErrorKind::NotFound, |mut all| all.next().is_none())
}

fn read(reader: &mut CardReader, reveal: bool, timeout: Duration, out: &Output) -> Result<Exit, Failure> {
    let Some(reading) = next_card(reader, timeout)? else {
        let why = Why::NoCard;
        out.result(&json!({ "event": "none", "why": why.code() }), || why.text(out.lang).to_owned())?;
        return Ok(Exit::Undecided);
    };
    print_reading(&reading, reveal, out)?;
    Ok(if reading.result.is_ok() { Exit::Done } else { Exit::Refused })
}

fn watch(reader: &mut CardReader, reveal: bool, out: &Output) -> Result<Exit, Failure> {
    // What was told of last, where it goes on.
    let mut lasting = None;
    while !out.is_unheard() {
        match reader.wait(Duration::from_secs(1)) {
            Ok(Some(CardEvent::Inserted(reading))) => print_reading(&reading, reveal, out)?,
            Ok(Some(CardEvent::Removed)) => {
                let event = json!({ "event": "removed", "reader": reader.name() });
                out.result(&event, || phrases::card::taken_off(out.lang, Timestamp::now(), reader.name()))?;
            }
            Ok(Some(CardEvent::Connected { reader })) => {
                let event = json!({ "event": "connected", "reader": reader });
                out.result(&event, || phrases::card::reader_back(out.lang, Timestamp::now(), &reader))?;
            }
            Ok(_) => continue,
            Err(error) if is_of_card(&error) || lasting != Some(error.code()) => {
                lasting = (!is_of_card(&error)).then(|| error.code());
                print_trouble(reader.name(), &error, out)?;
                continue;
            }
            // A reader that is gone, or a service, is told of once.
            Err(_) => continue,
        }
        lasting = None;
    }
    Ok(Exit::Done)
}

/// Whether it is the card that is at fault, which another tap may mend.
fn is_of_card(error: &ReaderError) -> bool {
    matches!(error, ReaderError::Removed { .. } | ReaderError::Unreadable { .. })
}

fn print_trouble(reader: &str, error: &ReaderError, out: &Output) -> Result<(), Failure> {
    let event = json!({
        "event": "trouble", "reader": reader, "why": error.code(), "detail": chain(error), "fix": error.fix(),
    });
    out.result(&event, || phrases::card::trouble(out.lang, Timestamp::now(), reader, error))
}

fn bind(
    console: &mut Console,
    id: &str,
    card: &CardSource,
    new: impl Fn(CardKind) -> NewCard,
    out: &Output,
) -> Result<Exit, Failure> {
    let handle = match sources::cards(card)? {
        Cards::Claimed(Ok(card)) => console.acting().bind_claimed_card(id, &card, &new(card.kind))?,
        Cards::Claimed(Err(unusable)) => return refuse(unusable.into(), out),
        Cards::Reader(name) => {
            let plan = console.engine.card_plan()?;
            let mut reader = CardReader::open_with(name.as_deref(), plan).map_err(Error::from)?;
            out.note(mabataki_engine::session::Guidance::TapCard.text(out.lang));
            match next_card(&mut reader, Duration::from_secs(20))?.map(|reading| reading.result) {
                Some(Ok(card)) => console.acting().bind_card(id, &card, &new(card.kind))?,
                Some(Err(unusable)) => return refuse(unusable.into(), out),
                None => {
                    refuse(Why::NoCard, out)?;
                    return Ok(Exit::Undecided);
                }
            }
        }
        // No argument of this command says so.
        Cards::Told(_) => return Err(Failure::internal("binding a card", &"no card was named")),
    };
    print(&console.acting().card(&handle)?, out)?;
    Ok(Exit::Done)
}

fn refuse(why: Why, out: &Output) -> Result<Exit, Failure> {
    out.result(&json!({ "usable": false, "why": why.code() }), || why.text(out.lang).to_owned())?;
    Ok(Exit::Refused)
}

fn next_card(reader: &mut CardReader, timeout: Duration) -> Result<Option<CardReading>, Failure> {
    let start = Instant::now();
    while let Some(left) = timeout.checked_sub(start.elapsed()) {
        if let Some(CardEvent::Inserted(reading)) = reader.wait(left).map_err(Error::from)? {
            return Ok(Some(reading));
        }
    }
    Ok(None)
}

fn stop(context: Context, handle: &str, stop: Stop, out: &Output) -> Result<Exit, Failure> {
    change(context, handle, |console, handle| console.acting().stop_card(handle, stop), out)
}

fn change(
    context: Context,
    handle: &str,
    act: impl FnOnce(&mut Console, &CardHandle) -> Result<(), Error>,
    out: &Output,
) -> Result<Exit, Failure> {
    let (mut console, handle) = (context.open(out)?, parse(handle)?);
    act(&mut console, &handle)?;
    print(&console.acting().card(&handle)?, out)?;
    Ok(Exit::Done)
}

fn parse(handle: &str) -> Result<CardHandle, Failure> {
    handle.parse().map_err(|error| Error::from(error).into())
}

fn print(card: &Record, out: &Output) -> Result<(), Failure> {
    let json = json!({
        "handle": card.handle.to_string(),
        "person": card.people.first(),
        "people": card.people,
        "label": card.label,
        "kind": card.kind.code(),
        "id_kind": card.id_kind.code(),
        "assurance": card.assurance.code(),
        "status": card.status.code(),
        "valid_from": card.valid_from.map(|time| time.to_string()),
        "valid_until": card.valid_until.map(|time| time.to_string()),
    });
    out.result(&json, || {
        format!(
            "{}  {:<16} {:<18} {:<16} {:<10} {}",
            card.handle,
            card.people.join(","),
            card.kind.code(),
            card.assurance.code(),
            card.status.text(out.lang),
            card.label
        )
    })
}

fn print_reading(reading: &CardReading, reveal: bool, out: &Output) -> Result<(), Failure> {
    let json = describe(reading, reveal);
    out.result(&json, || {
        format!("{}{}", phrases::card::seen(out.lang, Timestamp::now(), reading), revealed(&json))
    })
}

fn describe(reading: &CardReading, reveal: bool) -> Value {
    let card = reading.result.as_ref().ok();
    let mut json = json!({
        "event": "inserted",
        "reader": reading.reader,
        "kind": reading.kind.code(),
        "id_kind": card.map(|card| card.id_kind.code()),
        "assurance": card.map(|card| card.assurance.code()),
        "usable": card.is_some(),
        "why": reading.result.as_ref().err().map(|unusable| unusable.code()),
    });
    if reveal {
        json["id"] = json!(card.map(|card| hex(&card.id)));
    }
    json
}

fn revealed(json: &Value) -> String {
    json["id"].as_str().map_or_else(String::new, |id| format!(", {id}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
