//! What it costs that a host comes through the service: an attempt called off at once, asked of the engine itself, of a service in
//! this process and of one over a socket; a question and its answer; a picture handed over; somebody looked up in a large
//! hospital's store when another engine has just written to it.
//!
//! Attempts are apart from each other, as people come, in all three ways: a disk and a processor that had nothing to do are slower
//! for the engine as well.
//!
//! An attempt that is called off does everything that any attempt does around its frames: rules read, session made, record
//! written. Takes the pack and the runtime of `cargo xtask setup`.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use mabataki_benches::hospital::{make, place};
use mabataki_engine::audit::{Entry, Operation, Outcome};
use mabataki_engine::engine::{AttemptRequest, Config, Engine, Step};
use mabataki_engine::frame::{Pace, PixelFormat, Raster};
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{Authenticate, Beginning, FrameOrigin, SessionEvent};
use mabataki_engine::service::{Client, ClientSession, HostPicture, Server};
use mabataki_engine::store::{Settings, Store};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Of a picture of a usual camera, px.
const SIZE: [u32; 2] = [640, 480];

/// Between two attempts.
const APART: Duration = Duration::from_millis(20);

fn by_engine(engine: &mut Engine) {
    let secrets = Factors::of(&[Factor::Password]);
    let mut attempt =
        engine.authenticate(AttemptRequest { secrets, ..AttemptRequest::new(Purpose::Login) }).unwrap();
    attempt.cancel().unwrap();
    while let Some(step) = attempt.next_step().unwrap() {
        if matches!(step, Step::Done(_)) {
            return;
        }
    }
}

fn begin(client: &Client, frames: FrameOrigin) -> ClientSession {
    let secrets = Factors::of(&[Factor::Password]);
    let what = Authenticate { secrets, frames, ..Authenticate::new(Purpose::Login) };
    client.begin(Beginning::Authenticate(what), None).unwrap()
}

/// One attempt over a session of its own, which is closed at its end.
fn by_client(client: &Client) {
    let session = begin(client, FrameOrigin::None);
    session.cancel().unwrap();
    while let Some(event) = session.wait(TIMEOUT).unwrap() {
        if matches!(event, SessionEvent::Done(_) | SessionEvent::Failed(_)) {
            return;
        }
    }
}

/// So many, each when the one before is over at the other end too. Says how long they took.
fn one_by_one(rounds: u64, mut attempt: impl FnMut()) -> Duration {
    let mut took = Duration::ZERO;
    for _ in 0..rounds {
        std::thread::sleep(APART);
        let begun = Instant::now();
        attempt();
        took += begun.elapsed();
    }
    took
}

/// A store here, and the nets that `cargo xtask setup` installed: a session waits for them at its beginning, once.
fn config(root: &Path) -> Config {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.mabataki");
    let name = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Config { pack: installed.join("pack"), runtime: installed.join("runtime").join(name), ..place(root) }
}

fn service(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    drop(Engine::create(config(root), Settings { terminal: "bench".to_owned(), open: true }).unwrap());
    let mut engine = Engine::open(config(root)).unwrap();
    c.bench_function("service/attempt/engine", |b| {
        b.iter_custom(|rounds| one_by_one(rounds, || by_engine(&mut engine)));
    });
    drop(engine);

    let [width, height] = SIZE;
    let pixels = vec![127_u8; usize::try_from(3 * width * height).unwrap()];
    let raster = Raster::dense(PixelFormat::Rgb24, width, height);
    let frame = HostPicture { raster, time: None, data: [&pixels, &[]] };
    c.bench_function("service/picture/copied in memory", |b| b.iter(|| black_box(pixels.clone())));

    let socket = root.join("run").join("mabataki.sock");
    for way in ["in_process", "socket"] {
        let server = (way == "socket").then(|| Server::start(config(root), &socket).unwrap());
        let client = match server {
            Some(_) => Client::connect(&socket, None, TIMEOUT).unwrap(),
            None => Client::in_process(config(root), None, TIMEOUT).unwrap(),
        };
        c.bench_function(&format!("service/question/{way}"), |b| b.iter(|| client.info().unwrap()));
        c.bench_function(&format!("service/attempt/{way}"), |b| {
            b.iter_custom(|rounds| one_by_one(rounds, || by_client(&client)));
        });
        let session = begin(&client, FrameOrigin::Host(Pace::Live));
        c.bench_function(&format!("service/picture/{way}"), |b| {
            b.iter_custom(|rounds| push(&session, &frame, rounds));
        });
    }
}

/// Somebody is looked up right after another engine of the process has written, and for comparison one of another process.
fn hospital(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let config = place(folder.path());
    let (mut writer, key) = make(config.clone(), |_, _| {});
    let beside = writer.beside();
    let apart = Store::open(&config.location(), &key).unwrap();
    for (name, reader) in [("beside", &beside), ("apart", &apart)] {
        c.bench_function(&format!("service/looked up after a write/{name}"), |b| {
            b.iter_custom(|rounds| {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    let entry = Entry::new(Timestamp::now(), Operation::Start, Outcome::Done);
                    writer.write(|w| w.append(&entry)).unwrap();
                    let begun = Instant::now();
                    black_box(reader.person("person00007").unwrap());
                    took += begun.elapsed();
                }
                took
            });
        });
    }
}

/// Pushes so many pictures, and says how long the calls took. Live ones are at least a millisecond apart.
fn push(session: &ClientSession, frame: &HostPicture<'_>, rounds: u64) -> Duration {
    let mut took = Duration::ZERO;
    for _ in 0..rounds {
        std::thread::sleep(Duration::from_millis(2));
        let begun = Instant::now();
        session.push_frame(frame).unwrap();
        took += begun.elapsed();
    }
    took
}

criterion_group!(benches, service, hospital);
criterion_main!(benches);
