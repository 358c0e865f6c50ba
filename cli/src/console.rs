//! The store as one command works on it: opened, and with the administrator who acts, if one is named.

use mabataki_engine::engine::{Acting, AttemptRequest, Cards, Config, Engine, Frames, Grant, Step};
use mabataki_engine::grant::Ending;
use mabataki_engine::keys::KeySource;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::session::{Outcome, Verdict};

use crate::args::Administrator;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;
use crate::{phrases, secret_input};

/// The open store, and who acts on it.
pub(crate) struct Console {
    pub(crate) engine: Engine,
    grant: Option<Grant>,
}

impl Console {
    /// Opens the store, and lets the named administrator in first.
    pub(crate) fn open(places: Places, admin: &Administrator, out: &Output) -> Result<Console, Failure> {
        let mut engine = Engine::open(config(places))?;
        let grant = match &admin.admin {
            Some(id) => Some(let_in(&mut engine, id, admin, out)?),
            None => None,
        };
        Ok(Console { engine, grant })
    }

    /// Lets a second administrator in, where two must agree.
    pub(crate) fn let_in_second(&mut self, id: &str, out: &Output) -> Result<Grant, Failure> {
        let nowhere = Administrator { admin: None, admin_reader: None, admin_camera: None };
        let_in(&mut self.engine, id, &nowhere, out)
    }

    /// What a second administrator was let in for is done.
    pub(crate) fn let_out(&mut self, grant: &Grant) {
        // A store that cannot be written any more lets the grant run out by itself.
        let _ = self.engine.end_grant(grant, Ending::LoggedOff);
    }

    /// To administer, by the right of whoever acts.
    pub(crate) fn acting(&mut self) -> Acting<'_> {
        match &self.grant {
            Some(grant) => self.engine.acting_by(grant),
            None => self.engine.acting(),
        }
    }
}

impl Drop for Console {
    /// The administrator's grant was for this command.
    fn drop(&mut self) {
        if let Some(grant) = &self.grant {
            // A store that cannot be written any more lets the grant run out by itself.
            let _ = self.engine.end_grant(grant, Ending::LoggedOff);
        }
    }
}

/// Where everything is, as the engine takes it.
pub(crate) fn config(places: Places) -> Config {
    let Places { state, key, witness, pack, runtime } = places;
    Config { state, key: KeySource::Kept(key), witness, pack, runtime }
}

/// The administrator's own attempt: by the store's key, which this command holds, and whatever the policy asks for beside
/// it.
pub(crate) fn let_in(
    engine: &mut Engine,
    id: &str,
    admin: &Administrator,
    out: &Output,
) -> Result<Grant, Failure> {
    let cards = admin.admin_reader.clone().map(Cards::Reader);
    let frames = admin.admin_camera.clone().map(Frames::Camera);
    let both = cards.is_some() && frames.is_some();
    let devices = cards.is_some() || frames.is_some();
    let request = AttemptRequest {
        claim: Some(id.to_owned()),
        store_key: true,
        secrets: Factors::of(&[Factor::Password]),
        cards,
        frames,
        ..AttemptRequest::new(Purpose::Admin)
    };
    let mut attempt = engine.authenticate(request)?;
    let mut asked = both;
    while let Some(step) = attempt.next_step()? {
        match step {
            Step::Need(needs)
                if !asked && needs.iter().any(|need| need.factors.contains(Factor::Password)) =>
            {
                asked = true;
                let password = secret_input::read(&phrases::secret::present_password(out.lang, id), out)?;
                attempt.give_password(password)?;
            }
            Step::Guide(guidance) if devices => out.note(guidance.text(out.lang)),
            Step::Done(verdict) if verdict.outcome != Outcome::Granted => {
                return Err(refused(id, &verdict, out));
            }
            _ => {}
        }
    }
    attempt.take_grant().ok_or_else(|| Failure::internal("administering", &"the attempt gave no grant"))
}

fn refused(id: &str, verdict: &Verdict, out: &Output) -> Failure {
    let exit = if verdict.outcome == Outcome::Denied { Exit::Refused } else { Exit::Undecided };
    Failure {
        code: "administrator_refused",
        detail: format!("{id}: {}", verdict.told.text(out.lang)),
        fix: "mabataki audit list tells administrators with the right log why".to_owned(),
        exit,
    }
}
