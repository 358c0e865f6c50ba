//! A host's handle: one request after another, each answered before the next is read.

use std::sync::Arc;

use nix::unistd::User;

use super::administration;
use super::core::{Core, Guest};
use super::error::{Refusal, ServiceError};
use super::peer::Identity;
use super::protocol::{
    Act, DeviceKind, DeviceName, EmergencyAct, GrantInfo, GrantUse, Hidden, Info, LoginWords, Numbered,
    Reply, Request, State, Welcome,
};
use super::wire::Patience;
use crate::audit::Factor as Proved;
use crate::engine::{Class, Cover, Engine, Error, Grant, NewLogin};
use crate::grant::{Ending, GrantRecord};
use crate::policy::{Factor, Factors};
use crate::secret::{LoginField, Secret};
use crate::{camera, card};

/// Serves a handle until it is closed.
pub(super) fn serve(core: &Arc<Core>, guest: &Guest, identity: Identity) -> Result<(), ServiceError> {
    let handle = match core.grants.enter(identity) {
        Ok(handle) => handle,
        Err(refusal) => return guest.tell(&Welcome::Refused(refusal)),
    };
    let desk = Handle { core, guest, number: handle };
    let ended = desk.answer_all();
    core.taps.leave(handle);
    // Nobody is left who could log these people off.
    core.end(core.grants.leave(handle), Ending::LoggedOff);
    ended
}

struct Handle<'s> {
    core: &'s Arc<Core>,
    guest: &'s Guest,
    number: u64,
}

impl Handle<'_> {
    fn answer_all(&self) -> Result<(), ServiceError> {
        self.guest.tell(&Welcome::Handle(self.number))?;
        loop {
            let patience = Patience::Unless(&self.core.stop);
            let (Numbered { number, body }, _) = self.guest.wire.receive::<Numbered<Request>>(patience)?;
            let body = self.answer(body).unwrap_or_else(Reply::Refused);
            match self.guest.tell(&Numbered { number, body }) {
                // Nothing of it went out: whoever asked is told, and not left with a part that looks like all.
                Err(ServiceError::TooLong { .. }) => {
                    let body = Reply::Refused(Refusal::too_long());
                    self.guest.tell(&Numbered { number, body })?;
                }
                sent => sent?,
            }
        }
    }

    fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        match request {
            Request::Act { by, act } => self.act(by, *act),
            Request::Info => self.info().map(Reply::Info),
            Request::Devices => devices().map(Reply::Devices),
            Request::Claim => {
                let identity = self.guest.peer.identity()?;
                self.core.grants.claim(self.number, &identity).map(Reply::Grant)
            }
            Request::Grant(number, work) => self.use_grant(number, work),
            Request::SetUp { token, id, name, password } => {
                self.core.let_begin(self.guest)?;
                let (token, password) = (secret(token)?, secret(password)?);
                self.core.desk.ask(|engine| engine.appoint_first(&token, &id, &name, &password))?;
                Ok(Reply::Done)
            }
            Request::ChangePassword { person, old, new } => {
                self.core.let_begin(self.guest)?;
                let (old, new) = (secret(old)?, secret(new)?);
                self.core.desk.ask(|engine| engine.change_password(&person, &old, &new))?;
                Ok(Reply::Done)
            }
            Request::State => self.core.desk.ask(state_of).map(Reply::State),
            Request::Keys => self.core.desk.ask(|engine| engine.verifying_keys()).and_then(|keys| {
                let unwritten = |_| Refusal::misuse("the keys cannot be written as JSON");
                serde_json::to_string(&keys).map(Reply::Keys).map_err(unwritten)
            }),
            Request::Introduce => {
                let introduction = self.core.desk.ask(Engine::introduction)?;
                Ok(Reply::Introduced(administration::introduced(&introduction)))
            }
            Request::Reload => self.reload(),
        }
    }

    /// Does something by the grant of whoever administers.
    fn act(&self, by: Option<u64>, act: Act) -> Result<Reply, Refusal> {
        let grant = administration::by_whom(self.core, self.guest, self.number, by)?;
        let second = match &act {
            Act::Emergency(EmergencyAct::Declare { second: Some(number), .. }) => {
                Some(self.core.grants.find(self.number, &self.guest.peer.identity()?, *number)?)
            }
            _ => None,
        };
        let acted = self.core.desk.ask(|engine| {
            let acting = match &grant {
                Some(grant) => engine.acting_by(grant),
                None => engine.acting(),
            };
            administration::carry_out(acting, act, second.as_ref())
        })?;
        Ok(Reply::Acted(acted))
    }

    /// What is open is used to its end; whatever is asked for from now on finds store, pack and runtime as they are then.
    fn reload(&self) -> Result<Reply, Refusal> {
        if !self.guest.trusted {
            let text = "the service is told to look anew by whoever installs: expected root, or the service's own user";
            return Err(Refusal::new(Class::Refused, "no_right", text, ""));
        }
        self.core.desk.open_anew()?;
        Ok(Reply::Done)
    }

    fn info(&self) -> Result<Info, Refusal> {
        self.core.desk.ask(|engine| {
            Ok(Info {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                terminal: engine.terminal().to_owned(),
                trial: engine.is_trial(),
                nets: self.core.desk.has_nets(),
                in_process: self.core.in_process,
            })
        })
    }

    fn use_grant(&self, number: u64, work: GrantUse) -> Result<Reply, Refusal> {
        let identity = self.guest.peer.identity()?;
        let grant = self.core.grants.find(self.number, &identity, number)?;
        let ask = |work: &mut dyn FnMut(&mut Engine) -> Result<Reply, Error>| self.core.desk.ask(work);
        match work {
            GrantUse::Examine => ask(&mut |engine| {
                let record = engine.examine(&grant)?;
                let left = engine.time_left(&grant)?;
                Ok(Reply::GrantInfo(info_of(&grant, record, left)))
            }),
            GrantUse::Covers(application) => {
                ask(&mut |engine| Ok(Reply::Covers(engine.covers(&grant, &application)? == Cover::Covered)))
            }
            GrantUse::Login(application) => ask(&mut |engine| {
                let login = engine.release_login(&grant, &application)?;
                let hidden = |text: &str| Hidden::new(text.to_owned().into());
                let fields =
                    login.fields.iter().map(|field| (field.name.clone(), hidden(field.value.expose())));
                let fields = fields.collect();
                Ok(Reply::Login(LoginWords {
                    user: login.user,
                    secret: hidden(login.secret.expose()),
                    fields,
                }))
            }),
            GrantUse::PutLogin { application, user, secret: typed, fields } => {
                let field = |(name, value)| Ok(LoginField { name, value: secret(value)? });
                let fields = fields.into_iter().map(field).collect::<Result<_, Refusal>>()?;
                let mut new =
                    Some(NewLogin { app: application.clone(), user, secret: secret(typed)?, fields });
                ask(&mut |engine| {
                    // Whoever may not read a login may not put another in its place.
                    if engine.covers(&grant, &application)? == Cover::AskAgain {
                        return Err(Error::AskAgain { application: application.clone() });
                    }
                    if let Some(new) = new.take() {
                        engine.put_own_login(&grant, new)?;
                    }
                    Ok(Reply::Done)
                })
            }
            GrantUse::ReportLogin { application, took } => ask(&mut |engine| {
                engine.report_login(&grant, &application, took)?;
                Ok(Reply::Done)
            }),
            GrantUse::Report { word, object } => {
                ask(&mut |engine| Ok(Reply::Record(engine.report(&grant, &word, object.as_deref())?)))
            }
            GrantUse::Confirm(took) => ask(&mut |engine| {
                engine.confirm(&grant, took)?;
                Ok(Reply::Done)
            }),
            GrantUse::Assertion { audience, nonce } => {
                ask(&mut |engine| Ok(Reply::Assertion(engine.assertion(&grant, &audience, &nonce)?)))
            }
            GrantUse::Keep => self.keep(&identity, number, &grant),
            GrantUse::Close => {
                self.core.grants.close(self.number, &identity, number)?;
                Ok(Reply::Done)
            }
            GrantUse::End => {
                let ended = ask(&mut |engine| {
                    engine.end_grant(&grant, Ending::LoggedOff)?;
                    Ok(Reply::Done)
                });
                if ended.is_ok() {
                    self.core.grants.forget(number);
                }
                ended
            }
        }
    }

    /// Leaves the grant for the user of the account that it opened. A log-in host does so, and nobody else: whoever could
    /// leave one for another would let them in.
    fn keep(&self, identity: &Identity, number: u64, grant: &Grant) -> Result<Reply, Refusal> {
        if !self.guest.trusted || self.core.in_process {
            let text =
                "a grant is left for somebody by a log-in host: expected root, or the service's own user";
            return Err(Refusal::new(Class::Refused, "not_a_login_host", text, ""));
        }
        let record = self.core.desk.ask(|engine| engine.examine(grant))?;
        let Some(account) = record.account else {
            return Err(Refusal::misuse(
                "the grant opened no account: expected one that was asked for with it",
            ));
        };
        // The domain is for Windows; here the account is the name of a user.
        match User::from_name(&account) {
            Ok(Some(user)) => {
                self.core.grants.keep(self.number, identity, number, user.uid.as_raw())?;
                Ok(Reply::Done)
            }
            _ => {
                let text =
                    "the account that was opened is no user of this system, so nobody could claim the grant";
                Err(Refusal::new(Class::Usage, "no_such_user", text, ""))
            }
        }
    }
}

fn state_of(engine: &mut Engine) -> Result<State, Error> {
    let (clock, sync) = (engine.clock_state()?, engine.sync_state()?);
    let (_, log_key) = engine.log_identity()?;
    Ok(State {
        now: clock.now,
        clock_behind: clock.behind,
        disaster_until: engine.disaster()?.map(|disaster| disaster.term.until),
        freshness: sync.as_ref().map(|sync| sync.freshness),
        sync_age_s: sync.and_then(|sync| sync.age).map(|age| age.as_secs()),
        log_key: log_key.to_string(),
    })
}

fn info_of(grant: &Grant, record: GrantRecord, left: std::time::Duration) -> GrantInfo {
    GrantInfo {
        claimed: record.is_claimed(),
        subject: record.subject,
        name: record.name,
        account: record.account,
        purpose: record.purpose,
        application: record.application,
        factors: factors(&record.factors),
        issued: record.issued,
        left_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
        session: grant.session().to_owned(),
    }
}

pub(super) fn factors(proved: &[Proved]) -> Factors {
    let of = |proved: &Proved| match proved {
        Proved::Card { .. } => Factor::Card,
        Proved::Face => Factor::Face,
        Proved::Password => Factor::Password,
        Proved::HostPassword => Factor::HostPassword,
        Proved::Pin => Factor::Pin,
        Proved::StoreKey => Factor::StoreKey,
        Proved::EmergencyCode => Factor::EmergencyCode,
    };
    proved.iter().map(of).collect()
}

/// Both lists; a list that cannot be had, as of readers where no daemon serves them, is empty.
fn devices() -> Result<Vec<DeviceName>, Refusal> {
    let cameras =
        camera::list().unwrap_or_default().into_iter().map(|entry| (DeviceKind::Camera, entry.name));
    let readers = card::reader::list().unwrap_or_default().into_iter().map(|name| (DeviceKind::Reader, name));
    Ok(cameras.chain(readers).map(|(kind, name)| DeviceName { kind, name }).collect())
}

fn secret(text: Hidden) -> Result<Secret, Refusal> {
    Secret::new(text.into_text()).map_err(|error| Refusal::of(&error.into()))
}
