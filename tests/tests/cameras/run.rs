//! A machine with cameras, and the program in it, which does what it is asked to.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mabataki_test_machine::{Devices, Machine, MachineError, Port};
use mabataki_test_support::installed;
use serde_json::Value;

/// Much longer than any machine took, emulated on two cores that others use too.
const TIME: Duration = Duration::from_secs(300);

/// One of these machines at a time: what is measured in one is not to wait for another.
static ONE: Mutex<()> = Mutex::new(());

/// A machine that cameras can be plugged into; none, and a line that says why, where there can be none.
pub(crate) fn machine() -> Option<Machine> {
    let found = Machine::find(&installed::folder().join("machine"));
    match found.and_then(|machine| machine.takes_cameras().map(|()| machine)) {
        Ok(machine) => Some(machine),
        Err(MachineError::Unavailable(why)) => {
            eprintln!("skipped: no virtual machine: {why}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The program in the machine. Dropped, the machine is switched off.
pub(crate) struct Guest {
    ask: Option<Sender<String>>,
    told: Receiver<String>,
    machine: Option<JoinHandle<String>>,
    _one: MutexGuard<'static, ()>,
}

impl Guest {
    /// Starts a machine with these places for cameras, where there can be one.
    pub(crate) fn start(ports: Vec<Port>) -> Option<Guest> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = machine()?;
        let ((ask, asked), (tell, told)) = (channel::<String>(), channel());
        let machine = thread::spawn(move || {
            let program = std::env::current_exe().unwrap();
            let arguments = ["--exact", "guest::in_the_machine", "--ignored", "--nocapture"];
            let program: (&Path, &[&str]) = (&program, &arguments);
            let ran = machine.run(Devices::Cameras(&ports), program, TIME, |said| {
                tell.send(said.to_owned()).ok()?;
                asked.recv().ok()
            });
            drop(tell);
            match ran {
                Ok(ran) => ran.console,
                Err(error) => error.to_string(),
            }
        });
        let mut guest = Guest { ask: Some(ask), told, machine: Some(machine), _one: one };
        assert_eq!(guest.hear(), "ready");
        Some(guest)
    }

    /// Has the program do something and gives what it tells of it.
    pub(crate) fn ask(&mut self, what: Value) -> Value {
        self.ask.as_ref().unwrap().send(what.to_string()).unwrap();
        let told = self.hear();
        eprintln!("{what} -> {}", short(&told));
        told
    }

    fn hear(&mut self) -> Value {
        match self.told.recv() {
            Ok(told) => serde_json::from_str(&told).unwrap(),
            Err(_) => {
                let console = self.machine.take().unwrap().join().unwrap();
                panic!("the machine ended; its console:\n{console}");
            }
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(machine) = self.machine.take() {
            // It has said what went wrong, if anything did.
            let _ = machine.join();
        }
    }
}

/// What is told, without all of its frames.
fn short(told: &Value) -> String {
    let text = told.to_string();
    text.chars().take(400).collect()
}
