//! The hand at a virtual reader: lays cards on it, takes them away, and answers for them.

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::SupportError;
use crate::persona::{Persona, Reaction};
use crate::protocol::{Command, Event};

/// How long the reader may take for what it does at once.
const LIMIT: Duration = Duration::from_secs(5);

/// A virtual reader of a [`crate::PrivatePcscd`]. On drop its card is taken away.
#[derive(Debug)]
pub struct VirtualReader {
    name: String,
    hand: Arc<Hand>,
    done: Receiver<()>,
    player: Option<JoinHandle<()>>,
}

/// What the owner and the thread that answers for the card share.
struct Hand {
    socket: UnixStream,
    /// Who sent each change that the reader has not yet confirmed, in order. Held while a message is written, so
    /// that owner and player write whole ones.
    unconfirmed: Mutex<VecDeque<Sent>>,
    card: Mutex<Option<Box<dyn Persona>>>,
}

/// Who changed what lies on the reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// The owner, who waits for it to be done.
    ByOwner,
    /// The card itself, in answering an APDU.
    ByCard,
}

impl std::fmt::Debug for Hand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hand").finish_non_exhaustive()
    }
}

impl VirtualReader {
    /// Connects to the reader's socket; pcscd makes it while it starts.
    pub(crate) fn connect(name: &str, path: &Path) -> Result<VirtualReader, SupportError> {
        let what = || format!("connecting to the virtual reader {name:?} at {}", path.display());
        let deadline = Instant::now() + LIMIT;
        let socket = loop {
            match UnixStream::connect(path) {
                Ok(socket) => break socket,
                Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => return Err(SupportError::io(what())(error)),
            }
        };
        let hand = Arc::new(Hand { socket, unconfirmed: Mutex::default(), card: Mutex::default() });
        let (tell, done) = channel();
        let player = std::thread::Builder::new().name(format!("card on {name}")).spawn({
            let hand = Arc::clone(&hand);
            move || play(&hand, &tell)
        });
        let player = player.map_err(SupportError::io(what()))?;
        Ok(VirtualReader { name: name.to_owned(), hand, done, player: Some(player) })
    }

    /// Lays a card on the reader, after taking away any that is there. Returns when pcscd has seen it.
    pub fn insert(&mut self, mut card: Box<dyn Persona>) -> Result<(), SupportError> {
        let taken = self.card().is_some();
        if taken {
            self.remove()?;
        }
        card.power_up();
        let atr = card.atr();
        *self.card() = Some(card);
        self.change(&Command::Insert(atr))
    }

    /// Takes the card away. Returns when pcscd has seen it.
    pub fn remove(&mut self) -> Result<(), SupportError> {
        self.change(&Command::Remove)?;
        *self.card() = None;
        Ok(())
    }

    /// Pulls the reader's plug.
    pub fn unplug(&mut self) -> Result<(), SupportError> {
        self.change(&Command::Unplug)
    }

    /// Plugs the reader in again.
    pub fn plug(&mut self) -> Result<(), SupportError> {
        self.change(&Command::Plug)
    }

    fn change(&mut self, command: &Command) -> Result<(), SupportError> {
        self.hand
            .send(command, Some(Sent::ByOwner))
            .map_err(SupportError::io(format!("moving a card at {:?}", self.name)))?;
        self.done
            .recv_timeout(LIMIT)
            .map_err(|_| SupportError::ReaderSilent { reader: self.name.clone(), seconds: LIMIT.as_secs() })
    }

    fn card(&self) -> std::sync::MutexGuard<'_, Option<Box<dyn Persona>>> {
        self.hand.card.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for VirtualReader {
    fn drop(&mut self) {
        // The reader takes the card away when its player hangs up; the player ends with the connection.
        let _ = self.hand.socket.shutdown(std::net::Shutdown::Both);
        if let Some(player) = self.player.take() {
            let _ = player.join();
        }
    }
}

impl Hand {
    /// Sends a command; `change` tells who changes the reader by it, if it does.
    fn send(&self, command: &Command, change: Option<Sent>) -> std::io::Result<()> {
        let mut unconfirmed = self.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner);
        unconfirmed.extend(change);
        command.write(&mut &self.socket)
    }

    fn confirmed(&self) -> Option<Sent> {
        self.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// What the card makes of an APDU, as a command to the reader; none when it keeps silent.
    fn answer(&self, apdu: &[u8]) -> Option<(Command, Option<Sent>)> {
        let mut card = self.card.lock().unwrap_or_else(PoisonError::into_inner);
        match card.as_mut()?.apdu(apdu) {
            Reaction::Answer(bytes) => Some((Command::Answer(bytes), None)),
            Reaction::Fail(code) => Some((Command::Fail(code), None)),
            Reaction::Torn => Some((Command::Remove, Some(Sent::ByCard))),
            Reaction::Unplugged => Some((Command::Unplug, Some(Sent::ByCard))),
            Reaction::Mute => None,
        }
    }

    fn power_up(&self) {
        if let Some(card) = self.card.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            card.power_up();
        }
    }
}

/// Answers for the card until the reader hangs up.
fn play(hand: &Hand, done: &Sender<()>) {
    while let Ok(event) = Event::read(&mut &hand.socket) {
        match event {
            Event::PowerUp | Event::Reset => hand.power_up(),
            Event::PowerDown => {}
            Event::Done => {
                if hand.confirmed() == Some(Sent::ByOwner) && done.send(()).is_err() {
                    return;
                }
            }
            Event::Apdu(apdu) => {
                if let Some((command, change)) = hand.answer(&apdu)
                    && hand.send(&command, change).is_err()
                {
                    return;
                }
            }
        }
    }
}
