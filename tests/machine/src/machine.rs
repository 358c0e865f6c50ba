//! The machine itself: QEMU, started, listened to, and ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::disk::Server;
use crate::kernel::{FOR_CAMERAS, FOR_DISKS};
use crate::{Kernel, MachineError, Port, Rack, image, program};

const QEMU: &str = "qemu-system-x86_64";

/// One whose widest vectors have 16 bytes: a net takes three times as long where wider ones are emulated.
const PROCESSOR: &str = "Nehalem";

/// Memory, MiB: the first files lie in it, packed and unpacked, and a program with its symbols has some 100.
const MEMORY: &str = "1024";

/// Bytes of the console's end that an error repeats.
const CONSOLE: usize = 4000;

/// How long to wait between two looks whether something has come.
const PAUSE: Duration = Duration::from_millis(20);

/// A machine that can be started.
pub struct Machine {
    kernel: Kernel,
    qemu: PathBuf,
    counts: bool,
    files: Vec<(PathBuf, PathBuf)>,
}

/// What is in a machine.
#[derive(Clone, Copy)]
pub enum Devices<'a> {
    /// Disks: `/dev/vda`, `/dev/vdb`, …
    Disks(&'a Rack),
    /// Places for USB cameras, and a camera of the kernel's own that no light falls into (`vivid`).
    Cameras(&'a [Port]),
}

/// What a machine that ran to its end showed on its console.
#[derive(Debug)]
pub struct Ran {
    /// All of it.
    pub console: String,
}

impl Machine {
    /// A machine with the kernel that is installed in this folder.
    ///
    /// # Errors
    /// [`MachineError::Unavailable`] says what is missing.
    pub fn find(kernel: &Path) -> Result<Machine, MachineError> {
        for helper in ["busybox", "cpio", "ldd", "mke2fs", "strip", image::CHECKER] {
            program::find(helper)?;
        }
        let (qemu, kernel) = (program::find(QEMU)?, Kernel::at(kernel)?);
        Ok(Machine { qemu, kernel, counts: false, files: Vec::new() })
    }

    /// The same, with time that goes by its instructions, a nanosecond each: what takes an emulated processor a hundred times
    /// as long as a real one does not take longer by its own clock. Nor does it by real time while it waits for something
    /// from outside, for its processor is never idle: a device that is late here is hardly late there.
    #[must_use]
    pub fn counting(self) -> Machine {
        Machine { counts: true, ..self }
    }

    /// The same, with this file, or the files of this folder, at that path in it.
    #[must_use]
    pub fn with(mut self, from: PathBuf, to: impl Into<PathBuf>) -> Machine {
        self.files.push((from, to.into()));
        self
    }

    /// Whether cameras can be plugged into it.
    ///
    /// # Errors
    /// [`MachineError::Unavailable`] where QEMU was built without.
    pub fn takes_cameras(&self) -> Result<(), MachineError> {
        let mut asked = Command::new(&self.qemu);
        asked.args(["-device", "usb-redir,help"]);
        let without = |_| MachineError::Unavailable("QEMU has no `usb-redir`".to_owned());
        program::run("qemu-system-x86_64", &mut asked).map(drop).map_err(without)
    }

    /// Starts the machine with these devices, runs `program` with these arguments in it, and answers each line that it says
    /// to its [`Host`](crate::Host). Ends when the program has ended, or when an answer is `None`: then the machine is
    /// switched off at once.
    ///
    /// # Errors
    /// [`MachineError::TooLong`] after `time`; what fails on the way.
    pub fn run(
        &self,
        devices: Devices<'_>,
        program: (&Path, &[&str]),
        time: Duration,
        answer: impl FnMut(&str) -> Option<String>,
    ) -> Result<Ran, MachineError> {
        let folder = tempfile::tempdir().map_err(MachineError::io("making a folder"))?;
        let (first, disks, line) =
            (folder.path().join("first"), folder.path().join("disks"), folder.path().join("line"));
        let files = image::Files { program: program.0, others: &self.files };
        image::make(&self.kernel, devices.modules(), &files, &shell(program.1), &first)?;
        let listener = UnixListener::bind(&line).map_err(MachineError::io("listening to the machine"))?;
        let mut qemu = self.command(&first, &line);
        let _server = match devices {
            Devices::Disks(rack) => {
                for number in 0..rack.len() {
                    attach_disk(&mut qemu, number, &disks);
                }
                Some(Server::start(rack, &disks)?)
            }
            Devices::Cameras(ports) => {
                qemu.args(["-device", "qemu-xhci,id=usb"]);
                (0..).zip(ports).for_each(|(number, port)| attach_port(&mut qemu, number, port));
                None
            }
        };
        let child = qemu.spawn().map_err(MachineError::io("starting QEMU"))?;
        Running { child: Some(child), ends: Instant::now() + time, time }.listen(&listener, answer)
    }

    fn command(&self, first: &Path, line: &Path) -> Command {
        let mut qemu = Command::new(&self.qemu);
        // The processor is emulated: where the host's is offered to a machine inside a machine, it may hang for ever.
        qemu.args(["-machine", "q35", "-accel", "tcg", "-cpu", PROCESSOR, "-m", MEMORY]);
        let mut append = "console=ttyS0 quiet panic=-1".to_owned();
        if self.counts {
            qemu.args(["-icount", "shift=0"]);
            append += " idle=poll";
        }
        qemu.args(["-nodefaults", "-display", "none", "-no-reboot", "-kernel"]).arg(self.kernel.linux());
        qemu.arg("-initrd").arg(first).args(["-append", &append]);
        qemu.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
        qemu.args([
            "-chardev",
            &format!("socket,id=line,path={}", line.display()),
            "-serial",
            "chardev:line",
        ]);
        qemu.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        qemu
    }
}

impl Devices<'_> {
    /// The modules that drive them.
    fn modules(&self) -> &'static [&'static str] {
        match self {
            Devices::Disks(_) => &FOR_DISKS,
            Devices::Cameras(_) => &FOR_CAMERAS,
        }
    }
}

fn attach_disk(qemu: &mut Command, number: usize, disks: &Path) {
    let drive = format!(
        "driver=nbd,node-name=disk{number},server.type=unix,server.path={},export={number}",
        disks.display()
    );
    let device = format!("virtio-blk-pci,drive=disk{number},write-cache=on");
    qemu.args(["-blockdev", &drive, "-device", &device]);
}

/// QEMU looks once a second whether something is plugged in.
fn attach_port(qemu: &mut Command, number: usize, port: &Port) {
    let line = format!("socket,id=port{number},path={},reconnect=1", port.path().display());
    let device = format!("usb-redir,chardev=port{number},bus=usb.0");
    qemu.args(["-chardev", &line, "-device", &device]);
}

/// What the machine's first process is to do.
fn shell(arguments: &[&str]) -> String {
    let quoted = |argument: &&str| format!(" '{}'", argument.replace('\'', "'\\''"));
    format!("RUST_BACKTRACE=1 /program{}\n", arguments.iter().map(quoted).collect::<String>())
}

/// A machine that runs. Dropped, it is ended.
struct Running {
    child: Option<Child>,
    ends: Instant,
    time: Duration,
}

impl Running {
    fn listen(
        mut self,
        listener: &UnixListener,
        answer: impl FnMut(&str) -> Option<String>,
    ) -> Result<Ran, MachineError> {
        // Read beside the line: a console that nobody reads would hold the machine.
        let console = self.child.as_mut().and_then(|child| child.stdout.take());
        let console = thread::spawn(move || console.map(std::io::read_to_string));
        let talked = self.talk(listener, answer);
        let in_time = talked.is_ok_and(|()| self.wait());
        let complaint = self.end();
        let shown = console.join().ok().flatten().and_then(Result::ok).unwrap_or_default();
        if in_time {
            return Ok(Ran { console: shown });
        }
        let shown = shown + &complaint;
        let from = shown.char_indices().rev().nth(CONSOLE).map_or(0, |(at, _)| at);
        Err(MachineError::TooLong {
            seconds: self.time.as_secs(),
            console: shown.get(from..).unwrap_or_default().to_owned(),
        })
    }

    /// Answers until the machine says no more.
    fn talk(
        &mut self,
        listener: &UnixListener,
        mut answer: impl FnMut(&str) -> Option<String>,
    ) -> std::io::Result<()> {
        listener.set_nonblocking(true)?;
        let stream = loop {
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(_) if self.has_ended() => return Ok(()),
                Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if Instant::now() > self.ends => return Err(std::io::ErrorKind::TimedOut.into()),
                Err(_) => thread::sleep(PAUSE),
            }
        };
        stream.set_nonblocking(false)?;
        let mut to: &UnixStream = &stream;
        let mut from = BufReader::new(&stream);
        loop {
            let left = self.ends.saturating_duration_since(Instant::now());
            stream.set_read_timeout(Some(left.max(PAUSE)))?;
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match answer(line.trim_end()) {
                Some(answer) => writeln!(to, "{answer}")?,
                None => {
                    self.end();
                    return Ok(());
                }
            }
        }
    }

    /// Waits for the machine to switch itself off, and says whether it did in time.
    fn wait(&mut self) -> bool {
        while !self.has_ended() {
            if Instant::now() > self.ends {
                return false;
            }
            thread::sleep(PAUSE);
        }
        true
    }

    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Ends the machine, and gives what QEMU had to say.
    fn end(&mut self) -> String {
        let Some(mut child) = self.child.take() else { return String::new() };
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
        child.stderr.take().map(std::io::read_to_string).and_then(Result::ok).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
