//! Store keys in a real TPM 2.0: one that `swtpm` simulates.

#![cfg(test)]
#![cfg(feature = "tpm")]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mabataki_engine::engine::{Config, Engine, Restoration};
use mabataki_engine::keys::tpm::{Counter, TpmDevice};
use mabataki_engine::keys::{Keeper, KeyPlace, KeySource};
use mabataki_engine::store::Settings;
use tempfile::TempDir;
use tss_esapi::Context;
use tss_esapi::handles::PcrHandle;
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{Digest, DigestValues};
use tss_esapi::tcti_ldr::TctiNameConf;

/// A TPM whose memory lies in a folder: starting it again on that folder is the same TPM after a restart.
struct Simulated {
    process: Child,
    port: u16,
}

impl Simulated {
    fn start(memory: &Path) -> Simulated {
        let port = two_free_ports();
        let listen = |port: u16| format!("type=tcp,bindaddr=127.0.0.1,port={port}");
        let process = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .args(["--tpmstate", &format!("dir={}", memory.display())])
            .args(["--server", &listen(port), "--ctrl", &listen(port + 1)])
            .stdout(Stdio::null())
            .spawn()
            .expect("swtpm: apt-get install swtpm");
        let simulated = Simulated { process, port };
        let began = Instant::now();
        // The port of commands takes one connection at a time; the other tells as well that it is there.
        while TcpStream::connect(("127.0.0.1", port + 1)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "swtpm does not listen");
            sleep(Duration::from_millis(20));
        }
        simulated
    }

    fn device(&self) -> TpmDevice {
        TpmDevice::at(&format!("swtpm:host=127.0.0.1,port={}", self.port)).unwrap()
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A free port whose successor is free as well: the TCTI looks for the control channel there.
fn two_free_ports() -> u16 {
    loop {
        let first = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

struct Trial {
    folder: TempDir,
}

impl Trial {
    fn new() -> Trial {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tpm", "other-tpm"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Trial { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn place(&self, device: TpmDevice) -> KeyPlace {
        KeyPlace::new(self.path("store.key")).with_tpm(device)
    }
}

#[test]
fn a_key_opens_on_its_own_tpm_after_restarts_and_on_no_other() {
    let trial = Trial::new();
    let state = trial.path("state");
    let tpm = Simulated::start(&trial.path("tpm"));
    trial.place(tpm.device()).create(Keeper::Tpm, &state).unwrap();
    let text = fs::read_to_string(trial.path("store.key")).unwrap();
    assert!(text.starts_with("mabataki tpm key 1\npublic "), "{text}");
    trial.place(tpm.device()).load(&state).unwrap();

    drop(tpm);
    let error = trial.place(TpmDevice::at("swtpm:host=127.0.0.1,port=1").unwrap()).load(&state).unwrap_err();
    assert_eq!(error.code(), "no_keeper", "{error}");

    let again = Simulated::start(&trial.path("tpm"));
    trial.place(again.device()).load(&state).unwrap();
    assert_eq!(trial.place(again.device()).keeper(&state).unwrap(), Keeper::Tpm);

    let other = Simulated::start(&trial.path("other-tpm"));
    let error = trial.place(other.device()).load(&state).unwrap_err();
    assert_eq!(error.code(), "not_kept", "{error}");
}

#[test]
fn a_key_sealed_to_the_start_of_the_machine_does_not_open_after_another_start() {
    let trial = Trial::new();
    let state = trial.path("state");
    let tpm = Simulated::start(&trial.path("tpm"));
    let place = trial.place(tpm.device().sealed_to(&[16, 23]).unwrap());
    place.create(Keeper::Tpm, &state).unwrap();
    // What it is sealed to stands in the file: whoever opens it need not know.
    trial.place(tpm.device()).load(&state).unwrap();

    measure(tpm.port, PcrHandle::Pcr16);
    let error = place.load(&state).unwrap_err();
    assert_eq!(error.code(), "not_kept", "{error}");
    assert!(error.to_string().contains("started otherwise"), "{error}");
    // Nor does it open for whoever says that it was sealed to nothing.
    let text = fs::read_to_string(trial.path("store.key")).unwrap().replace("pcrs 16,23", "pcrs none");
    fs::write(trial.path("store.key"), text).unwrap();
    place.load(&state).unwrap_err();
}

impl Trial {
    fn config(&self, device: TpmDevice) -> Config {
        Config {
            state: self.path("disk/state"),
            key: KeySource::Kept(KeyPlace::new(self.path("disk/store.key")).with_tpm(device)),
            witness: self.path("disk/state.witness"),
            pack: self.path("pack"),
            runtime: self.path("runtime"),
        }
    }

    /// A store whose key the TPM keeps.
    fn store(&self, device: TpmDevice) -> Engine {
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        fs::create_dir(self.path("disk")).unwrap();
        let mut engine = Engine::create(self.config(device), settings).unwrap();
        engine.acting().replace_store_key(Some(Keeper::Tpm)).unwrap();
        engine
    }

    /// The whole disk, store, witness and key's file, as another folder.
    fn image(&self, from: &str, to: &str) {
        let copied = Command::new("cp").arg("--archive").args([self.path(from), self.path(to)]).status();
        assert!(copied.unwrap().success());
    }
}

#[test]
fn a_whole_disk_that_was_put_back_is_behind_the_counter_in_the_tpm() {
    let trial = Trial::new();
    let tpm = Simulated::start(&trial.path("tpm"));
    let open = || Engine::open(trial.config(tpm.device()));
    let mut engine = trial.store(tpm.device());
    engine.acting().replace_store_key(None).unwrap();
    // At the worst moment: the key was replaced just now.
    drop(engine);
    trial.image("disk", "image");
    open().unwrap().start().unwrap();
    open().unwrap();

    fs::rename(trial.path("disk"), trial.path("true disk")).unwrap();
    fs::rename(trial.path("image"), trial.path("disk")).unwrap();
    assert_eq!(open().err().unwrap().code(), "store_rolled_back");
    assert_eq!(open().err().unwrap().code(), "store_rolled_back", "it stays so");

    fs::remove_dir_all(trial.path("disk")).unwrap();
    fs::rename(trial.path("true disk"), trial.path("disk")).unwrap();
    open().unwrap();
}

#[test]
fn a_counter_that_a_power_cut_left_behind_catches_up() {
    let trial = Trial::new();
    let tpm = Simulated::start(&trial.path("tpm"));
    drop(trial.store(tpm.device()));
    Engine::open(trial.config(tpm.device())).unwrap().start().unwrap();
    // The TPM as it was before it counted the last time.
    drop(tpm);
    trial.image("tpm", "tpm before");
    let tpm = Simulated::start(&trial.path("tpm"));
    Engine::open(trial.config(tpm.device())).unwrap().start().unwrap();
    drop(tpm);
    let before = Simulated::start(&trial.path("tpm before"));
    Engine::open(trial.config(before.device())).unwrap().start().unwrap();
    Engine::open(trial.config(before.device())).unwrap();
}

#[test]
fn a_backup_is_restored_whatever_the_counter_says_and_the_store_before_it_is_refused_then() {
    let trial = Trial::new();
    let tpm = Simulated::start(&trial.path("tpm"));
    let mut engine = trial.store(tpm.device());
    engine.start().unwrap();
    engine.acting().back_up(&trial.path("backup")).unwrap();
    engine.start().unwrap();
    drop(engine);
    trial.image("disk", "image");
    let config = trial.config(tpm.device());
    Restoration::begin(&config, &trial.path("backup"), None).unwrap().finish(None).unwrap();
    Engine::open(config.clone()).unwrap().start().unwrap();
    fs::remove_dir_all(trial.path("disk")).unwrap();
    fs::rename(trial.path("image"), trial.path("disk")).unwrap();
    assert_eq!(Engine::open(config).err().unwrap().code(), "store_rolled_back");
}

#[test]
fn a_counter_goes_up_by_one_and_never_back() {
    let trial = Trial::new();
    let tpm = Simulated::start(&trial.path("tpm"));
    let counter = Counter::of(tpm.device(), [3; 16]);
    assert_eq!(counter.read().unwrap(), None);
    let first = counter.increment().unwrap();
    for further in 1..4 {
        assert_eq!(counter.increment().unwrap(), first + further);
    }
    drop(tpm);
    let again = Simulated::start(&trial.path("tpm"));
    assert_eq!(Counter::of(again.device(), [3; 16]).read().unwrap(), Some(first + 3));
    assert_eq!(Counter::of(again.device(), [4; 16]).read().unwrap(), None, "each store has its own");
}

/// Measures something into a PCR, as another boot loader would.
fn measure(port: u16, pcr: PcrHandle) {
    let tcti = TctiNameConf::from_str(&format!("swtpm:host=127.0.0.1,port={port}")).unwrap();
    let mut context = Context::new(tcti).unwrap();
    let mut values = DigestValues::new();
    values.set(HashingAlgorithm::Sha256, Digest::try_from([7; 32].as_slice()).unwrap());
    context
        .execute_with_session(Some(AuthSession::Password), |context| context.pcr_extend(pcr, values))
        .unwrap();
}
