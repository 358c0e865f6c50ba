//! Hosts that do not keep to what the client does with its pictures.

use std::io::Write;
use std::time::{Duration, Instant};

use mabataki_test_support::installed;
use rustix::fs::{FileType, fstat};
use tempfile::TempDir;

use super::*;
use crate::engine::{Config, Engine};
use crate::frame::{Pace, PixelFormat, Raster};
use crate::policy::Purpose;
use crate::service::protocol::{Authenticate, Hello, PROTOCOL, SessionResult, Welcome};
use crate::store::Settings;

const PIXELS: usize = 64 * 48 * 3;

/// A service in this process, and a host that writes its messages itself.
struct Host {
    core: Arc<Core>,
    _handle: Wire,
    session: Wire,
    _events: OwnedFd,
    _folder: TempDir,
}

fn connect(core: &Arc<Core>, session_of: Option<u64>) -> Wire {
    let (ours, theirs) = UnixStream::pair().unwrap();
    core.admit(theirs).unwrap();
    let wire = Wire::new(ours);
    say(&wire, &Hello { version: PROTOCOL, name: None, session_of });
    wire
}

fn say(wire: &Wire, message: &impl serde::Serialize) {
    wire.send(message, None, Instant::now() + HALF_MESSAGE).unwrap();
}

fn hear<T: serde::de::DeserializeOwned>(wire: &Wire) -> Result<(T, Option<OwnedFd>), ServiceError> {
    wire.receive(Patience::of(HALF_MESSAGE * 3))
}

impl Host {
    fn with(frames: FrameOrigin) -> Host {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let config = Config {
            state: root.join("state"),
            key: root.join("state.key").into(),
            witness: root.join("state.witness"),
            pack: installed::pack(),
            runtime: installed::runtime(),
        };
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        drop(Engine::create(config.clone(), settings).unwrap());
        let core = Core::start(Engine::open(config).unwrap(), true).unwrap();
        let handle = connect(&core, None);
        let (Welcome::Handle(number), _) = hear(&handle).unwrap() else { panic!("no handle") };
        let session = connect(&core, Some(number));
        // With a card to wait for the session goes on until it is over.
        let wanted = Authenticate { frames, cards: CardOrigin::Host, ..Authenticate::new(Purpose::Login) };
        let what = Beginning::Authenticate(wanted);
        let body = SessionRequest::Begin(Box::new(Begin { what, timeout_ms: None }));
        say(&session, &Numbered { number: 1, body });
        let (Welcome::Session, _) = hear(&session).unwrap() else { panic!("no session") };
        let (begun, events): (Numbered<SessionReply>, _) = hear(&session).unwrap();
        assert!(matches!(begun.body, SessionReply::Begun), "{begun:?}");
        Host { core, _handle: handle, session, _events: events.unwrap(), _folder: folder }
    }

    fn ask(&self, body: SessionRequest) -> Result<(SessionReply, Option<OwnedFd>), ServiceError> {
        say(&self.session, &Numbered { number: 7, body });
        let (answer, file): (Numbered<SessionReply>, _) = hear(&self.session)?;
        Ok((answer.body, file))
    }

    /// The word of its refusal.
    fn refused(&self, body: SessionRequest) -> String {
        match self.ask(body).unwrap().0 {
            SessionReply::Refused(refusal) => refusal.code,
            other => panic!("it was not refused: {other:?}"),
        }
    }

    fn entrance(&self) -> std::fs::File {
        let (reply, file) = self.ask(SessionRequest::Lane(LaneEnd::Entrance)).unwrap();
        assert!(matches!(reply, SessionReply::Lane));
        file.unwrap().into()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.core.close();
    }
}

fn picture(length: usize, ms: u64) -> SessionRequest {
    SessionRequest::Push(Picture {
        raster: Raster::dense(PixelFormat::Rgb24, 64, 48),
        length: u64::try_from(length).unwrap(),
        time_us: Some(1000 * ms),
    })
}

#[test]
fn a_host_that_says_a_wrong_length_spoils_its_own_pictures_and_the_session_goes_on() {
    let host = Host::with(FrameOrigin::Host(Pace::Recorded));
    let mut entrance = host.entrance();
    entrance.write_all(&[9; PIXELS]).unwrap();
    assert_eq!(host.refused(picture(PIXELS - 1, 1000)), "bad_picture");
    // One byte of it is still on its way.
    entrance.write_all(&[9; PIXELS - 1]).unwrap();
    assert!(matches!(host.ask(picture(PIXELS, 1000)).unwrap().0, SessionReply::Pushed(_)));
    assert_eq!(host.refused(picture(0, 1033)), "bad_picture");
    let (result, _) = host.ask(SessionRequest::Result).unwrap();
    assert!(matches!(result, SessionReply::Result(SessionResult::Pending)), "{result:?}");
}

#[test]
fn a_host_that_does_not_send_what_it_promised_is_dropped_after_five_seconds_and_holds_nobody_up() {
    let host = Host::with(FrameOrigin::Host(Pace::Recorded));
    let mut entrance = host.entrance();
    entrance.write_all(&[9; PIXELS / 2]).unwrap();
    let begun = Instant::now();
    say(&host.session, &Numbered { number: 7, body: picture(PIXELS, 1000) });
    let other = connect(&host.core, None);
    assert!(matches!(hear::<Welcome>(&other).unwrap().0, Welcome::Handle(_)));
    assert!(begun.elapsed() < HALF_MESSAGE / 2, "{:?}", begun.elapsed());
    assert!(matches!(hear::<Numbered<SessionReply>>(&host.session), Err(ServiceError::Lost)));
    let passed = begun.elapsed();
    assert!((HALF_MESSAGE - Duration::from_secs(1)..HALF_MESSAGE * 2).contains(&passed), "{passed:?}");
}

#[test]
fn too_long_a_picture_is_refused_before_there_is_memory_for_it() {
    let host = Host::with(FrameOrigin::Host(Pace::Recorded));
    let _entrance = host.entrance();
    let most = usize::try_from(MOST_PICTURE).unwrap();
    assert_eq!(host.refused(picture(most + 1, 1000)), "too_long");
    assert_eq!(host.refused(picture(usize::MAX, 1000)), "too_long");
}

#[test]
fn pictures_come_through_a_lane_whose_ends_are_given_once_and_only_where_pictures_are_taken() {
    let host = Host::with(FrameOrigin::Host(Pace::Recorded));
    assert_eq!(host.refused(picture(PIXELS, 1000)), "misuse");
    let _entrance = host.entrance();
    assert_eq!(host.refused(SessionRequest::Lane(LaneEnd::Entrance)), "misuse");
    let (_, exit) = host.ask(SessionRequest::Lane(LaneEnd::Exit)).unwrap();
    assert_eq!(FileType::from_raw_mode(fstat(exit.unwrap()).unwrap().st_mode), FileType::Fifo);
    let blind = Host::with(FrameOrigin::None);
    assert_eq!(blind.refused(SessionRequest::Lane(LaneEnd::Entrance)), "misuse");
    assert_eq!(blind.refused(picture(PIXELS, 1000)), "misuse");
}
