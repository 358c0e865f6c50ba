//! A pcscd of one's own, beside any that runs already.
//!
//! It lives in a mount namespace in which `/run` is a folder of ours, so that it neither sees nor disturbs the
//! system's, and in which no reader of this machine has a driver. Clients reach it through its socket's path.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{SupportError, UsbBus, VirtualReader, build::Built};

/// How long pcscd may take to come up. It takes about 50 ms.
const START_LIMIT: Duration = Duration::from_secs(10);

/// Runs inside the namespace: `$1` our folder, then pcscd and what runs it. Sends pcscd every signal named on standard input, and
/// ends it when that closes, so also when its owner dies. The shell reaps pcscd last, so its number stays its own.
const KEEPER: &str = r#"
set -e
folder="$1"
shift
mount --bind "$folder/run" /run
if [ -d /usr/lib/pcsc/drivers ]; then mount --bind "$folder/drivers" /usr/lib/pcsc/drivers; fi
"$@" --foreground --config "$folder/readers" </dev/null &
while read -r signal; do kill -s "$signal" $! || true; done
kill -s KILL $! || true
wait
"#;

/// A running pcscd with virtual readers. Ended, with all its files, on drop.
#[derive(Debug)]
pub struct PrivatePcscd {
    keeper: Child,
    folder: PathBuf,
    readers: Vec<String>,
    /// Removed on drop, after pcscd has ended; none when the folder is the caller's.
    _owned: Option<TempDir>,
}

impl PrivatePcscd {
    /// Starts a pcscd with one virtual reader for each name, in a folder of its own. Returns when it answers.
    ///
    /// # Errors
    /// [`SupportError::Unavailable`] when this machine has no pcscd or allows no mount namespace.
    pub fn start(readers: &[&str]) -> Result<PrivatePcscd, SupportError> {
        let folder = tempfile::Builder::new()
            .prefix("mabataki-pcscd-")
            .tempdir()
            .map_err(SupportError::io("making a folder for pcscd"))?;
        let mut pcscd = PrivatePcscd::start_in(folder.path(), readers)?;
        pcscd._owned = Some(folder);
        Ok(pcscd)
    }

    /// As [`PrivatePcscd::start`], in a folder of the caller's: the socket's path can be known beforehand
    /// ([`PrivatePcscd::socket_in`]), and is the same when pcscd is started there again.
    pub fn start_in(folder: &Path, readers: &[&str]) -> Result<PrivatePcscd, SupportError> {
        PrivatePcscd::begin(folder, readers, &[])
    }

    /// As [`PrivatePcscd::start_in`], without a reader but those that are plugged into this bus.
    ///
    /// # Errors
    /// As [`PrivatePcscd::start`].
    pub fn start_on(bus: &UsbBus, folder: &Path) -> Result<PrivatePcscd, SupportError> {
        UsbBus::install_driver(&folder.join("drivers"))?;
        PrivatePcscd::begin(folder, &[], &bus.wrapper())
    }

    /// Starts pcscd, run by `wrapper`.
    fn begin(folder: &Path, readers: &[&str], wrapper: &[String]) -> Result<PrivatePcscd, SupportError> {
        let pcscd = find_pcscd()?;
        let readers: Vec<String> = readers.iter().map(|&name| name.to_owned()).collect();
        prepare(folder, &readers, &Built::DRIVER.locate()?)?;
        let log = folder.join("log");
        let log_file =
            fs::File::create(&log).map_err(SupportError::io(format!("making {}", log.display())))?;
        let mut command = Command::new("unshare");
        if !is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "sh", "-c", KEEPER, "keeper"]).arg(folder).args(wrapper).arg(pcscd);
        let log_too = log_file.try_clone().map_err(SupportError::io("sharing pcscd's log"))?;
        command.stdin(Stdio::piped()).stdout(log_too).stderr(log_file);
        let keeper = command.spawn().map_err(|error| {
            SupportError::Unavailable(format!("`unshare` (util-linux) does not start: {error}"))
        })?;
        let mut pcscd = PrivatePcscd { keeper, folder: folder.to_owned(), readers, _owned: None };
        pcscd.wait_until_ready()?;
        Ok(pcscd)
    }

    /// The path of the socket: what PC/SC clients must have in `PCSCLITE_CSOCK_NAME` before they start.
    pub fn socket(&self) -> PathBuf {
        PrivatePcscd::socket_in(&self.folder)
    }

    /// The number of its process.
    ///
    /// # Errors
    /// When it has ended.
    pub fn process(&self) -> Result<u32, SupportError> {
        let keeper = self.keeper.id();
        let children = format!("/proc/{keeper}/task/{keeper}/children");
        let children = fs::read_to_string(&children).map_err(SupportError::io("looking for pcscd"))?;
        let first = children.split_whitespace().next().and_then(|number| number.parse().ok());
        first.ok_or_else(|| SupportError::Unavailable("pcscd has ended".into()))
    }

    /// The path the socket of a pcscd started in `folder` has.
    pub fn socket_in(folder: &Path) -> PathBuf {
        folder.join("run/pcscd/pcscd.comm")
    }

    /// The reader of this name, to lay cards on. pcscd lists it with its two numbers added: `Counter 00 00`. One hand at a time: a second one waits for the first to go.
    pub fn reader(&self, name: &str) -> Result<VirtualReader, SupportError> {
        let index = self.readers.iter().position(|reader| reader == name);
        let index = index.ok_or_else(|| SupportError::UnknownReader { name: name.into() })?;
        VirtualReader::connect(name, &self.folder.join(format!("sockets/{index}.sock")))
    }

    /// The reader that is plugged into this port of the bus, to lay cards on, once pcscd has found it.
    ///
    /// # Errors
    /// When pcscd does not find it.
    pub fn reader_at(&self, port: u8) -> Result<VirtualReader, SupportError> {
        let socket = self.folder.join(format!("run/pcscd/usb-001-{port:03}.sock"));
        VirtualReader::connect(&format!("USB port {port}"), &socket)
    }

    /// Has pcscd look which readers are there: it drops those that were unplugged and takes those that came back,
    /// as for a USB reader it would do by itself. The change is there soon, not at once.
    pub fn look_for_readers(&mut self) -> Result<(), SupportError> {
        self.signal("USR1")
    }

    /// Stops pcscd in what it does: its clients wait for answers that do not come.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn hang(&mut self) -> Result<(), SupportError> {
        self.signal("STOP")
    }

    /// Has it go on.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn go_on(&mut self) -> Result<(), SupportError> {
        self.signal("CONT")
    }

    /// Ends pcscd as a crash would: its clients lose it in the middle of what they do.
    pub fn crash(mut self) -> Result<(), SupportError> {
        self.end().map_err(SupportError::io("ending pcscd"))
    }

    fn signal(&mut self, name: &str) -> Result<(), SupportError> {
        let Some(input) = self.keeper.stdin.as_mut() else { return Ok(()) };
        writeln!(input, "{name}").map_err(SupportError::io(format!("sending {name} to pcscd")))
    }

    fn wait_until_ready(&mut self) -> Result<(), SupportError> {
        let deadline = Instant::now() + START_LIMIT;
        while UnixStream::connect(self.socket()).is_err() {
            let ended = self.keeper.try_wait().map_err(SupportError::io("looking after pcscd"))?;
            if ended.is_some() {
                return Err(SupportError::Unavailable(self.last_words()));
            }
            if Instant::now() >= deadline {
                return Err(SupportError::NotReady {
                    seconds: START_LIMIT.as_secs(),
                    log: self.last_words(),
                });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(3).collect();
        if lines.is_empty() {
            "nothing".into()
        } else {
            lines.into_iter().rev().collect::<Vec<_>>().join("; ")
        }
    }

    fn end(&mut self) -> std::io::Result<()> {
        drop(self.keeper.stdin.take());
        self.keeper.wait()?;
        Ok(())
    }
}

impl Drop for PrivatePcscd {
    fn drop(&mut self) {
        // Nobody is left to tell; the keeper ends pcscd in any case.
        let _ = self.end();
    }
}

/// Lays out `folder`: `run` (what pcscd sees as /run), `drivers` (those for USB readers), `readers` (its configuration),
/// `sockets` (the players').
fn prepare(folder: &Path, readers: &[String], driver: &Path) -> Result<(), SupportError> {
    // What a pcscd that was killed leaves keeps the next one from starting.
    let run = folder.join("run");
    if run.exists() {
        fs::remove_dir_all(&run).map_err(SupportError::io(format!("emptying {}", run.display())))?;
    }
    for name in ["run/pcscd", "drivers", "readers", "sockets"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).map_err(SupportError::io(format!("making {}", path.display())))?;
    }
    let entries: String =
        readers.iter().enumerate().map(|(index, name)| entry(index, name, folder, driver)).collect();
    let path = folder.join("readers/virtual");
    fs::write(&path, entries).map_err(SupportError::io(format!("writing {}", path.display())))
}

/// A reader in pcscd's configuration. The part of DEVICENAME before the colon must exist; no part may hold a space.
fn entry(index: usize, name: &str, folder: &Path, driver: &Path) -> String {
    let (folder, driver) = (folder.display(), driver.display());
    format!("FRIENDLYNAME \"{name}\"\nDEVICENAME {folder}/sockets:{index}\nLIBPATH {driver}\nCHANNELID 1\n\n")
}

fn find_pcscd() -> Result<PathBuf, SupportError> {
    folders().map(|folder| folder.join("pcscd")).find(|file| file.is_file()).ok_or_else(|| {
        SupportError::Unavailable("pcscd is not installed (Debian, Ubuntu: apt-get install pcscd)".into())
    })
}

/// Where programs lie, the system's own too.
pub(crate) fn folders() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.into_iter().chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
