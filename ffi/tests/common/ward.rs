//! A terminal for trials with a nurse whom card and password together let in. It needs no nets.

use std::path::{Path, PathBuf};

use mabataki_engine::card::{Assurance, CardIdentity, CardKind, IdKind};
use mabataki_engine::engine::{Config, Engine, NewLogin};
use mabataki_engine::policy::TRIAL;
use mabataki_engine::secret::Secret;
use mabataki_engine::store::{NewCard, Profile, Settings};
use zeroize::Zeroizing;

/// Her id, her card as a host tells of it, and her password.
pub(crate) const NURSE: [&str; 3] = ["nurse01", "felica:0114B34C1A2B3C01", "quiet-Heron-42"];

/// What is typed into the application `chart` for her.
pub(crate) const CHART: [&str; 2] = ["n-1", "typed-into-the-chart"];

/// The folder of such a terminal.
pub(crate) struct Ward {
    folder: tempfile::TempDir,
}

impl Ward {
    pub(crate) fn new() -> Ward {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        let mut engine = Engine::create(config(folder.path()), settings).unwrap();
        let faces = r#"combinations = ["card+face"]"#;
        assert!(TRIAL.contains(faces), "the policy of a new store has changed");
        let policy = TRIAL.replacen(faces, r#"combinations = ["card+face", "card+password"]"#, 1);
        let [id, _, password] = NURSE;
        let profile = Profile { accounts: vec!["ward3".to_owned()], ..Profile::named("看護師 花子") };
        let mut acting = engine.acting();
        acting.set_policy(&policy).unwrap();
        acting.add_person(id, &profile).unwrap();
        acting.bind_card(id, &card(), &NewCard::labelled("staff card", now())).unwrap();
        acting.set_password(id, &secret(password), false).unwrap();
        let [user, typed] = CHART;
        let login = NewLogin {
            app: "chart".to_owned(),
            user: user.to_owned(),
            secret: secret(typed),
            fields: Vec::new(),
        };
        acting.put_login(id, login).unwrap();
        Ward { folder }
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
        Ward { folder }
    }

    /// A store that is no trial, of another terminal, and the token for its first administrator.
    pub(crate) fn closed() -> (Ward, String) {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "er-1".to_owned(), open: false };
        let mut engine = Engine::create(config(folder.path()), settings).unwrap();
        let token = engine.take_set_up_token().unwrap().to_text().to_string();
        (Ward { folder }, token)
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
        [config.state, self.folder.path().join("key"), config.witness, config.pack, config.runtime]
    }
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

fn card() -> CardIdentity {
    card_of(1)
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
