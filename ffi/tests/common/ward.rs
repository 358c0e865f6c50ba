//! A terminal for trials with a nurse whom card and password together let in, and on request her face. Without that it needs no
//! nets.

use std::path::{Path, PathBuf};
use std::process::Command;

use mabataki_engine::card::{Assurance, CardIdentity, CardKind, IdKind};
use mabataki_engine::engine::{Config, Engine, NewLogin};
use mabataki_engine::policy::TRIAL;
use mabataki_engine::secret::Secret;
use mabataki_engine::store::{NewCard, Profile, Settings};
use mabataki_test_support::clip::cut;
use mabataki_test_support::{Mabataki, installed};
use zeroize::Zeroizing;

/// Her id, her card as a host tells of it, and her password.
pub(crate) const NURSE: [&str; 3] = ["nurse01", "felica:0114B34C1A2B3C01", "quiet-Heron-42"];

/// What is typed into the application `chart` for her.
pub(crate) const CHART: [&str; 2] = ["n-1", "typed-into-the-chart"];

/// How many nurses a team has.
pub(crate) const TEAM: u8 = 8;

/// The folder of such a terminal.
pub(crate) struct Ward {
    folder: tempfile::TempDir,
    sees: bool,
}

impl Ward {
    /// A terminal with her alone.
    pub(crate) fn new() -> Ward {
        Ward::with_nurses(1)
    }

    /// The same with a team: `nurse01` to `nurse08`, their cards ending so, and `n-1` to `n-8` typed for them.
    pub(crate) fn with_team() -> Ward {
        Ward::with_nurses(TEAM)
    }

    /// The same with her face, from a recording whose first frames are left for letting her in.
    pub(crate) fn with_face() -> Ward {
        let ward = Ward { sees: true, ..Ward::new() };
        let frames = cut(&recording(), 40..=71, ward.folder.path());
        let mut enrol = ward.command("enrol");
        let output = enrol.arg(NURSE[0]).arg("--frames").arg(frames).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ward
    }

    /// The command, for this terminal.
    pub(crate) fn command(&self, what: &str) -> Command {
        let mut command = Command::new(Mabataki::new().command::<&str>(&[]).get_program());
        command.args(["--json", what]).env("PCSCLITE_CSOCK_NAME", self.folder.path().join("no-pcscd"));
        let options = ["--state", "--key", "--witness", "--pack", "--runtime"];
        for (option, place) in options.iter().zip(self.places()) {
            command.arg(option).arg(place);
        }
        command
    }

    fn with_nurses(count: u8) -> Ward {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        let mut engine = Engine::create(config(folder.path()), settings).unwrap();
        let faces = r#"combinations = ["card+face"]"#;
        assert!(TRIAL.contains(faces), "the policy of a new store has changed");
        let policy = TRIAL.replacen(faces, r#"combinations = ["card+face", "card+password"]"#, 1);
        let [_, _, password] = NURSE;
        let mut acting = engine.acting();
        acting.set_policy(&policy).unwrap();
        for number in 1..=count {
            let id = &format!("nurse{number:02}");
            let name =
                if number == 1 { "看護師 花子".to_owned() } else { format!("看護師 {number}") };
            let accounts = vec!["ward3".to_owned(), user()];
            let profile = Profile { accounts, ..Profile::named(&name) };
            acting.add_person(id, &profile).unwrap();
            acting.bind_card(id, &card_of(number), &NewCard::labelled("staff card", now())).unwrap();
            acting.set_password(id, &secret(password), false).unwrap();
            let login = NewLogin {
                app: "chart".to_owned(),
                user: format!("n-{number}"),
                secret: secret(CHART[1]),
                fields: Vec::new(),
            };
            acting.put_login(id, login).unwrap();
        }
        Ward { folder, sees: false }
    }

    /// A store for trials in which card and password let anybody in, with nobody in it; `roles` are more tables of its policy.
    pub(crate) fn empty(roles: &str) -> Ward {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        let mut engine = Engine::create(config(folder.path()), settings).unwrap();
        let faces = r#"combinations = ["card+face"]"#;
        let policy = TRIAL.replacen(faces, r#"combinations = ["card+face", "card+password"]"#, 1);
        let policy = policy.replacen("[roles.others]", &format!("{roles}\n[roles.others]"), 1);
        engine.acting().set_policy(&policy).unwrap();
        Ward { folder, sees: false }
    }

    /// A store that is no trial, of another terminal, and the token for its first administrator.
    pub(crate) fn closed() -> (Ward, String) {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "er-1".to_owned(), open: false };
        let mut engine = Engine::create(config(folder.path()), settings).unwrap();
        let token = engine.take_set_up_token().unwrap().to_text().to_string();
        (Ward { folder, sees: false }, token)
    }

    /// Takes somebody in: their id, their role, the last byte of their card.
    pub(crate) fn take_in(&self, id: &str, role: Option<&str>, card: u8) {
        let mut engine = Engine::open(config(self.folder.path())).unwrap();
        let profile = Profile { role: role.map(str::to_owned), ..Profile::named(id) };
        let mut acting = engine.acting();
        acting.add_person(id, &profile).unwrap();
        acting.bind_card(id, &card_of(card), &NewCard::labelled("staff card", now())).unwrap();
        acting.set_password(id, &secret(NURSE[2]), false).unwrap();
    }

    /// Where state, key, witness, pack and runtime lie, in the order of `mbt_config`.
    pub(crate) fn places(&self) -> [PathBuf; 5] {
        let config = config(self.folder.path());
        let [pack, runtime] =
            if self.sees { [installed::pack(), installed::runtime()] } else { [config.pack, config.runtime] };
        [config.state, self.folder.path().join("key"), config.witness, pack, runtime]
    }
}

/// A recording of her face.
pub(crate) fn recording() -> PathBuf {
    let path = installed::folder().join("samples/single_face.mjpeg");
    assert!(path.exists(), "{} is missing: cargo xtask setup makes it", path.display());
    path
}

/// The user who runs this, by name.
pub(crate) fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn config(folder: &Path) -> Config {
    Config {
        state: folder.join("state"),
        key: folder.join("key").into(),
        witness: folder.join("witness"),
        pack: folder.join("no-pack"),
        runtime: folder.join("no-runtime"),
    }
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn card_of(last: u8) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(vec![1, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, last]),
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(Zeroizing::new(text.to_owned())).unwrap()
}
