//! Two users of the system beside the service: the shared account that a grant was left for, and another one. Neither has more than
//! its grant gives it, and no longer.
//!
//! Whoever is not root cannot become somebody else: then it says that it was skipped.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use mabataki_engine::policy::{Factor, Factors, Purpose, TRIAL};
use mabataki_engine::service::protocol::{Authenticate, Beginning, CardOrigin};
use mabataki_engine::service::{BEGUN_AT_ONCE, BEGUN_EVERY, Client, ClientGrant, ServiceError};
use mabataki_engine::session::Outcome;

use super::support::{CARD, PASSWORD, TIMEOUT, Terminal, typed};

/// Where the agent finds the service, and with it that it is one.
const SOCKET: &str = "MABATAKI_TEST_SOCKET";
/// The account that the ward shares, and another one: every Linux has both.
const SHARED: &str = "games";
const OTHER: &str = "mail";
const OTHER_CARD: &str = "felica:0114B34C1A2B3C4E";
const CHART: &str = "chart-Word-77";

/// What the agent says begins so, among what the harness says.
const SAYS: &str = "agent: ";

/// A process of another user, which does what it is told, a line at a time.
struct Agent {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Agent {
    fn of(user: &str, program: &Path, socket: &Path) -> Agent {
        let (uid, gid) = ids(user);
        let mut child = Command::new(program)
            .args(["--exact", "users::agent", "--ignored", "--nocapture"])
            .env_clear()
            .env(SOCKET, socket)
            .current_dir("/")
            .uid(uid)
            .gid(gid)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Agent { child, orders, answers: BufReader::new(answers).lines() }
    }

    fn ask(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").unwrap();
        loop {
            let line = self.answers.next().expect("the agent answers").unwrap();
            if let Some((_, answer)) = line.split_once(SAYS) {
                return answer.to_owned();
            }
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The agent's own process: this test, run by another user.
#[test]
#[ignore = "a process of the test below"]
fn agent() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    let mut client = None;
    let mut grant: Option<ClientGrant> = None;
    for order in std::io::stdin().lines().map_while(Result::ok) {
        let answer = match order.split_once(' ').unwrap_or((&order, "")) {
            ("connect", _) => {
                let connected = Client::connect(Path::new(&socket), Some("log-in-screen"), TIMEOUT);
                answer(connected.map(|connected| client = Some(connected)))
            }
            ("claim", _) => {
                let claimed = client.as_ref().map(Client::claim);
                answer(claimed.unwrap_or(Err(ServiceError::Lost)).map(|claimed| grant = Some(claimed)))
            }
            ("flood", _) => client.as_ref().map_or_else(|| "not connected".to_owned(), flood),
            ("login", application) => match &grant {
                Some(grant) => match grant.release_login(application) {
                    Ok(login) => format!("{} {}", login.user, login.secret.expose()),
                    Err(error) => error.code().to_owned(),
                },
                None => "no grant".to_owned(),
            },
            ("keep", _) => answer(grant.as_ref().map_or(Err(ServiceError::Lost), ClientGrant::keep)),
            ("list", folder) => answer_io(fs::read_dir(folder).map(|_| ())),
            ("read", file) => answer_io(fs::read(file).map(|_| ())),
            ("write", file) => answer_io(fs::OpenOptions::new().write(true).open(file).map(|_| ())),
            (order, _) => format!("unknown: {order}"),
        };
        println!("\n{SAYS}{answer}");
    }
}

/// Begins sessions, and gives each up at once, until one is refused. Gives how many, and why no more.
fn flood(client: &Client) -> String {
    let mut begun = 0;
    loop {
        match client.begin(Beginning::Authenticate(Authenticate::new(Purpose::Login)), None) {
            Ok(_) => begun += 1,
            // The ones before are still ending.
            Err(error) if error.code() == "too_many" => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => return format!("{begun} {}", error.code()),
        }
    }
}

fn answer(done: Result<(), ServiceError>) -> String {
    done.map_or_else(|error| error.code().to_owned(), |()| "done".to_owned())
}

fn answer_io(done: std::io::Result<()>) -> String {
    done.map_or_else(|error| error.kind().to_string(), |()| "done".to_owned())
}

/// User and group of this name.
fn ids(user: &str) -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let fields = lines.find(|fields| fields[0] == user).unwrap();
    (fields[2].parse().unwrap(), fields[3].parse().unwrap())
}

/// A folder that every user may look into, and nobody else write to.
fn public(folder: &Path) -> PathBuf {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    folder.to_owned()
}

/// This program, where every user may run it.
fn program_in(folder: &Path) -> PathBuf {
    let program = folder.join("agent");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    program
}

/// The log-in screen, which is root's: lets whoever has this card in.
fn let_in(terminal: &Terminal, client: &Client, card: &str, begin: Authenticate) -> ClientGrant {
    let session = client.begin(Beginning::Authenticate(begin), None).unwrap();
    session.push_card(Some(card)).unwrap();
    session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
    let told = terminal.verdict(&session);
    assert_eq!(told.outcome, Outcome::Granted, "{told:?}");
    session.grant().unwrap()
}

fn with_card(purpose: Purpose) -> Authenticate {
    let secrets = Factors::of(&[Factor::Password]);
    Authenticate { cards: CardOrigin::Host, secrets, ..Authenticate::new(purpose) }
}

#[test]
fn the_shared_account_has_its_grants_logins_until_the_switch_and_never_the_store() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root becomes other users");
        return;
    }
    let open = tempfile::tempdir().unwrap();
    let folder = public(open.path());
    let program = program_in(&folder);
    let mut terminal = Terminal::new();
    let policy = terminal.command.folder().join("policy.toml");
    let (faces, opens) = (r#"combinations = ["card+face"]"#, "applications = []");
    assert!(TRIAL.contains(faces) && TRIAL.contains(opens), "the policy for trials has changed");
    let text = TRIAL.replacen(faces, r#"combinations = ["card+face", "card+password"]"#, 1);
    fs::write(&policy, text.replacen(opens, r#"applications = ["chart"]"#, 1)).unwrap();
    terminal.done(&["policy", "set", policy.to_str().unwrap()]);
    for (id, card) in [("nurse01", CARD), ("nurse02", OTHER_CARD)] {
        terminal.done(&["person", "add", id, "--name", id, "--account", SHARED]);
        terminal.done(&["card", "bind", id, "--card", card]);
        assert_eq!(terminal.command.json_fed(&["password", "set", id], &[PASSWORD]).exit, 0);
        let put = ["login", "put", id, "chart", "--user", id];
        assert_eq!(terminal.command.json_fed(&put, &[CHART]).exit, 0);
    }
    let socket = folder.join("run/mabataki.sock");
    terminal.serve_at(&socket);
    let screen = Client::connect(&socket, Some("log-in-screen"), TIMEOUT).unwrap();
    let mut shared = Agent::of(SHARED, &program, &socket);
    let mut other = Agent::of(OTHER, &program, &socket);

    // The store, its key and its witness are the service's alone.
    let state = terminal.command.state();
    let key = terminal.command.folder().join("state.key");
    assert!(key.exists(), "the key is kept elsewhere by now");
    for agent in [&mut shared, &mut other] {
        let denied = std::io::ErrorKind::PermissionDenied.to_string();
        assert_eq!(agent.ask(&format!("list {}", state.display())), denied);
        assert_eq!(agent.ask(&format!("list {}", terminal.command.witness().display())), denied);
        assert_eq!(agent.ask(&format!("read {}", state.join("store.sqlite").display())), denied);
        assert_eq!(agent.ask(&format!("read {}", key.display())), denied);
        assert_eq!(agent.ask(&format!("write {}", socket.with_extension("sock.lock").display())), denied);
        assert_eq!(agent.ask("connect"), "done");
        assert_eq!(agent.ask("claim"), "nothing_to_claim");
        assert_eq!(agent.ask("login chart"), "no grant");
    }

    let account = Some(SHARED.to_owned());
    let_in(&terminal, &screen, CARD, Authenticate { account: account.clone(), ..with_card(Purpose::Login) })
        .keep()
        .unwrap();
    assert_eq!(other.ask("claim"), "nothing_to_claim", "it was left for another user");
    assert_eq!(shared.ask("claim"), "done");
    assert_eq!(shared.ask("claim"), "nothing_to_claim", "once");
    assert_eq!(shared.ask("login chart"), format!("nurse01 {CHART}"));
    assert_eq!(shared.ask("keep"), "not_a_login_host", "whoever could would let anybody in");

    let next = let_in(&terminal, &screen, OTHER_CARD, Authenticate { account, ..with_card(Purpose::Switch) });
    assert_eq!(shared.ask("login chart"), "grant_ended", "after the switch it is somebody else's terminal");
    assert_eq!(next.examine().unwrap().subject, "nurse02");
    let log = terminal.log(&["login_release"]);
    let done = log.iter().filter(|record| record.starts_with("login_release done")).count();
    assert_eq!(done, 1, "{log:?}");
    assert!(!terminal.done(&["audit", "list"]).lines.iter().any(|line| line.to_string().contains(CHART)));
}

#[test]
fn a_user_who_begins_all_they_can_is_slowed_down_and_holds_no_other_up() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root becomes other users");
        return;
    }
    let open = tempfile::tempdir().unwrap();
    let folder = public(open.path());
    let mut terminal = Terminal::with_nurse();
    let socket = folder.join("run/mabataki.sock");
    terminal.serve_at(&socket);
    let mut other = Agent::of(OTHER, &program_in(&folder), &socket);
    assert_eq!(other.ask("connect"), "done");

    let start = Instant::now();
    let told = other.ask("flood");
    let (begun, why) = told.split_once(' ').unwrap();
    let (begun, again): (u64, u64) = (begun.parse().unwrap(), start.elapsed().as_secs());
    assert_eq!(why, "too_fast");
    let at_once = u64::from(BEGUN_AT_ONCE);
    assert!((at_once..=at_once + again / BEGUN_EVERY.as_secs() + 1).contains(&begun), "{begun} in {again} s");
    assert_eq!(other.ask("flood").split_once(' ').unwrap().1, "too_fast", "from now on at the pace");

    let screen = Client::connect(&socket, Some("log-in-screen"), TIMEOUT).unwrap();
    let_in(&terminal, &screen, CARD, with_card(Purpose::Login));
}
