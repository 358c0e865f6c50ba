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

use mabataki_engine::keys::tpm::{Counter, TpmDevice};
use mabataki_engine::keys::{Keeper, KeyPlace};
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

#[test]
fn a_counter_goes_up_by_one_and_never_back() {
    let trial = Trial::new();
    let tpm = Simulated::start(&trial.path("tpm"));
    let counter = Counter::of(tpm.device());
    assert_eq!(counter.read().unwrap(), None);
    let first = counter.increment().unwrap();
    for further in 1..4 {
        assert_eq!(counter.increment().unwrap(), first + further);
    }
    drop(tpm);
    let again = Simulated::start(&trial.path("tpm"));
    assert_eq!(Counter::of(again.device()).read().unwrap(), Some(first + 3));
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
