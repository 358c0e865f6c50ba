//! The unit for systemd, as it stands, under systemd itself: the first process of a system of its own, in name spaces.
//!
//! Where that is not to be had (no systemd, no root, no mounts) it says in one line that it was skipped.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{Authenticate, Beginning, Hidden, SessionEvent, SessionResult};
use mabataki_engine::service::{Client, SOCKET};
use mabataki_test_support::{Mabataki, installed, workspace};
use serde_json::Value;

use super::support::{PASSWORD, TIMEOUT, code_of, typed};

/// Set in the process that is the host in there.
const INSIDE: &str = "MABATAKI_TEST_UNIT";
/// The host's path in there, and with it its name.
const HOST: &str = "/usr/lib/mabataki/host";
/// An account that every Linux has, and that is not the service's.
const SHARED: &str = "games";
const FIRST: &str = "host.service";
const SYSTEMD: &str = "/lib/systemd/systemd";
/// What the host says last.
const AGREED: &str = "the unit holds";
const NEW_PASSWORD: &str = "patient-Crane-17";

/// What systemd wants of every unit, and which would bring the whole machine with it.
const TARGETS: [&str; 4] = ["basic", "multi-user", "shutdown", "sysinit"];

/// Ends everything in there when it is dropped: with the first process its whole system goes.
struct System(Child);

impl Drop for System {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The beginning of a command in name spaces of its own, which end with it.
fn apart() -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--pid",
        "--fork",
        "--kill-child",
        "--mount",
        "--mount-proc",
        "--uts",
        "--ipc",
        "--cgroup",
    ]);
    command
}

/// Why systemd cannot run here; `None` where it can.
fn obstacle() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("only root begins a system of its own".to_owned());
    }
    if !Path::new(SYSTEMD).exists() {
        return Some(format!("there is no {SYSTEMD}"));
    }
    let mounts = "mount -t tmpfs tmpfs /run && mkdir /run/a /run/b \
        && mount -t overlay overlay -o lowerdir=/usr,upperdir=/run/a,workdir=/run/b /usr \
        && mount -t cgroup2 cgroup2 /sys/fs/cgroup";
    match apart().args(["sh", "-c", mounts]).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    }
}

#[test]
fn the_unit_as_it_stands_runs_the_nets_lets_hosts_in_and_comes_back_when_it_is_killed() {
    if let Some(obstacle) = obstacle() {
        eprintln!("skipped, systemd cannot run here: {obstacle}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let units = folder.path().join("units");
    let said = folder.path().join("said");
    fs::create_dir_all(folder.path().join("layers")).unwrap();
    fs::create_dir_all(&units).unwrap();
    for name in ["mabataki.service", "mabataki.toml"] {
        fs::copy(workspace().join("cli/systemd").join(name), units.join(name)).unwrap();
    }
    for target in TARGETS {
        let text = "[Unit]\nDefaultDependencies=no\n";
        fs::write(units.join(format!("{target}.target")), text).unwrap();
    }
    let host = format!(
        "[Unit]\nWants=mabataki.service\nAfter=mabataki.service\n[Service]\nType=oneshot\nEnvironment={INSIDE}=1\n\
         ExecStart={HOST} --exact unit::host --ignored --nocapture\nStandardOutput=file:{said}\nStandardError=file:{said}\n",
        said = said.display(),
    );
    fs::write(units.join(FIRST), host).unwrap();

    let booted = File::create(folder.path().join("booted")).unwrap();
    let mut boot = apart();
    boot.arg("sh").arg(workspace().join("tests/tests/service/unit/boot.sh"));
    boot.env("LAYERS", folder.path().join("layers")).env("UNITS", &units).env("FIRST", FIRST);
    boot.env("PROGRAM", Mabataki::new().command::<&str>(&[]).get_program());
    boot.env("HOST", std::env::current_exe().unwrap());
    boot.env("PACK", installed::pack()).env("RUNTIME", installed::runtime());
    boot.stdin(Stdio::null()).stdout(booted.try_clone().unwrap()).stderr(booted);
    let mut system = System(boot.spawn().unwrap());

    let begun = Instant::now();
    let text = || fs::read_to_string(&said).unwrap_or_default();
    while !text().contains("test result:") {
        let gone = system.0.try_wait().unwrap();
        let over = gone.is_some() || begun.elapsed() > 6 * TIMEOUT;
        let booted = || fs::read_to_string(folder.path().join("booted")).unwrap_or_default();
        assert!(!over, "the host does not end ({gone:?}):\n{}\n{}", text(), booted());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(text().contains(AGREED), "{}", text());
}

/// The host, in there: root's log-in screen, and once an agent of the shared account.
#[test]
#[ignore = "a process of the test above"]
fn host() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        return agent();
    }
    let mut client = connect();
    assert_eq!(client.info().unwrap().terminal, "ward3-a");
    // The runtime has its memory as the unit allows it.
    let begun = Instant::now();
    while !client.info().unwrap().nets {
        assert!(begun.elapsed() < TIMEOUT, "the nets are not loaded");
        std::thread::sleep(Duration::from_millis(20));
    }
    confined(&main_pid());

    let set_up = fs::read_to_string("/run/set-up.json").unwrap();
    let set_up: Value = serde_json::from_str(&set_up).unwrap();
    let token = hidden(set_up["set_up_token"].as_str().unwrap());
    client.set_up(token, "admin01", "Administrator", hidden(PASSWORD)).unwrap();

    // Killed, it is seen at once, is back within moments, and has lost nothing.
    systemctl(&["kill", "--signal=KILL", "mabataki.service"]);
    let begun = Instant::now();
    assert_eq!(code_of(&client.info()), "no_service");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    client = connect();
    client.change_password("admin01", hidden(PASSWORD), hidden(NEW_PASSWORD)).unwrap();

    // An agent of another user is known by its program: the one capability is for that.
    let status = Command::new("setpriv")
        .args(["--reuid", SHARED, "--regid", SHARED, "--clear-groups", HOST])
        .args(["--exact", "unit::host", "--ignored", "--nocapture"])
        // Its end is not this one's.
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());

    systemctl(&["stop", "mabataki.service"]);
    assert_eq!(systemctl(&["show", "--property=Result", "--value", "mabataki.service"]), "success");
    assert!(!Path::new(SOCKET).exists());
    let log = log();
    let all = |operation: &str| log.iter().filter(|record| record["operation"] == operation).count();
    assert_eq!((all("start"), all("stop")), (2, 1), "{log:#?}");
    assert!(log.iter().any(|record| record["host"] == HOST), "{log:#?}");
    println!("{AGREED}");
}

/// The agent of the shared account: asks for somebody who never comes.
fn agent() {
    let client = connect();
    let begin =
        Authenticate { secrets: Factors::of(&[Factor::Password]), ..Authenticate::new(Purpose::Login) };
    let session = client.begin(Beginning::Authenticate(begin), Some(Duration::from_millis(200))).unwrap();
    loop {
        match session.wait(TIMEOUT).unwrap().expect("an event in time") {
            SessionEvent::Done(SessionResult::Authenticated(_)) => return,
            SessionEvent::Failed(refusal) => panic!("{refusal}"),
            _ => {}
        }
    }
}

/// Connects to the service, once it is there.
fn connect() -> Client {
    let begun = Instant::now();
    loop {
        match Client::connect(Path::new(SOCKET), Some("log-in-screen"), TIMEOUT) {
            Ok(client) => return client,
            Err(error) => assert!(begun.elapsed() < TIMEOUT, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the kernel says of the service's process: it is nobody's but its own user's, and can become nothing else.
fn confined(pid: &str) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches(':').split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("Uid"), "497 497 497 497");
    // CAP_SYS_PTRACE is the 19th.
    for set in ["CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(u64::from_str_radix(&of(set), 16), Ok(1 << 19), "{set}");
    }
    assert_eq!((of("NoNewPrivs").as_str(), of("Seccomp").as_str()), ("1", "2"));
}

fn main_pid() -> String {
    systemctl(&["show", "--property=MainPID", "--value", "mabataki.service"])
}

fn systemctl(args: &[&str]) -> String {
    let output = Command::new("systemctl").args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The whole log, as the administrator reads it at the terminal.
fn log() -> Vec<Value> {
    let mut reader = Command::new("setpriv")
        .args(["--reuid", "mabataki", "--regid", "mabataki", "--clear-groups", "mabataki", "--json"])
        .args(["--state", "/var/lib/mabataki/state", "--admin", "admin01", "audit", "list"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut password = reader.stdin.take().unwrap();
    std::io::Write::write_all(&mut password, format!("{NEW_PASSWORD}\n").as_bytes()).unwrap();
    drop(password);
    let mut text = String::new();
    reader.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(reader.wait().unwrap().success(), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn hidden(secret: &str) -> Hidden {
    Hidden::new(typed(secret))
}
