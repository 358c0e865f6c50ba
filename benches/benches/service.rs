//! What it costs that a host comes through the service: an attempt called off at once, asked of the engine itself, of a service in
//! this process and of one over a socket; a question and its answer; a picture handed over.
//!
//! An attempt that is called off does everything that any attempt does around its frames: rules read, session made, record
//! written. What lies between the three is the way there and back.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mabataki_benches::hospital::place;
use mabataki_engine::engine::{AttemptRequest, Config, Engine, Step};
use mabataki_engine::frame::{Pace, PixelFormat};
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{Authenticate, Beginning, FrameOrigin, SessionEvent};
use mabataki_engine::service::{Client, ClientSession, HostPicture, Server};
use mabataki_engine::store::Settings;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Of a picture of a usual camera, px.
const SIZE: [u32; 2] = [640, 480];

/// A terminal for trials without people.
fn terminal(root: &Path) {
    drop(Engine::create(place(root), settings()).unwrap());
}

fn settings() -> Settings {
    Settings { terminal: "bench".to_owned(), open: true }
}

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

fn by_client(client: &Client) {
    let session = begin(client, FrameOrigin::None);
    session.cancel().unwrap();
    while let Some(event) = session.wait(TIMEOUT).unwrap() {
        if matches!(event, SessionEvent::Done(_) | SessionEvent::Failed(_)) {
            return;
        }
    }
}

fn service(c: &mut Criterion) {
    let root = tempfile::tempdir().unwrap();
    terminal(root.path());
    let mut engine = Engine::open(place(root.path())).unwrap();
    c.bench_function("service/attempt/engine", |b| b.iter(|| by_engine(&mut engine)));
    drop(engine);

    let within = Client::in_process(place(root.path()), None, TIMEOUT).unwrap();
    c.bench_function("service/attempt/in_process", |b| b.iter(|| by_client(&within)));
    c.bench_function("service/question/in_process", |b| b.iter(|| within.info().unwrap()));
    drop(within);

    let socket = root.path().join("run").join("mabataki.sock");
    let server = Server::start(place(root.path()), &socket).unwrap();
    let client = Client::connect(&socket, None, TIMEOUT).unwrap();
    c.bench_function("service/attempt/socket", |b| b.iter(|| by_client(&client)));
    c.bench_function("service/question/socket", |b| b.iter(|| client.info().unwrap()));
    drop((client, server));

    pictures(c);
}

/// Where the nets are installed: a session that looks at nobody is told so at its beginning.
fn pictures(c: &mut Criterion) {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.mabataki");
    if !installed.exists() {
        eprintln!("skipped: pictures handed over take the pack and the runtime of cargo xtask setup");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let name = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let config = || Config {
        pack: installed.join("pack"),
        runtime: installed.join("runtime").join(&name),
        ..place(root.path())
    };
    drop(Engine::create(config(), settings()).unwrap());
    let [width, height] = SIZE;
    let pixels = vec![127_u8; usize::try_from(3 * width * height).unwrap()];
    let stride = 3 * width;
    let frame = HostPicture { format: PixelFormat::Rgb24, width, height, stride, time: None, data: &pixels };
    let mut group = c.benchmark_group("service/picture");
    group.bench_function("copied in memory", |b| b.iter(|| black_box(pixels.clone())));
    let socket = root.path().join("run").join("mabataki.sock");
    let server = Server::start(config(), &socket).unwrap();
    let over_socket = Client::connect(&socket, None, TIMEOUT).unwrap();
    let session = begin(&over_socket, FrameOrigin::Host(Pace::Live));
    group.bench_function("pushed over a socket", |b| b.iter_custom(|rounds| push(&session, &frame, rounds)));
    drop((session, over_socket, server));
    let within = Client::in_process(config(), None, TIMEOUT).unwrap();
    let session = begin(&within, FrameOrigin::Host(Pace::Live));
    group.bench_function("pushed in process", |b| b.iter_custom(|rounds| push(&session, &frame, rounds)));
    drop(session);
    group.finish();
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

criterion_group!(benches, service);
criterion_main!(benches);
