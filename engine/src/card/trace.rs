//! What went to a card and what came back, for whoever looks for a fault: without PINs, keys and what names a person. Nothing
//! is written unless somebody asked for it.
//!
//! One line for each exchange, made to be read and to be cut by columns:
//!
//! ```text
//! 2026-11-23T01:15:00.120Z "Counter 00 00" ATR 3B8F8001804F0CA00000030611003B0000000042
//! 2026-11-23T01:15:00.123Z "Counter 00 00" > FF CA 00 00 Le=256 < 8 bytes 9000 0.4 ms
//! 2026-11-23T01:15:00.131Z "Counter 00 00" > 00 A4 04 0C Lc=10 D392F000260100000001 < 0 bytes 9000 2.1 ms
//! ```

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use super::apdu::{Answer, Command, Shown};

/// The most of an answer that is shown, in bytes, where any is.
const MOST_SHOWN: usize = 32;

/// One for a process, as there is one PC/SC: whoever asked for it wants to see every card.
static SINK: OnceLock<Sink> = OnceLock::new();

/// Writes every exchange of this process with a card to `out` from now on, as long as it runs. `false` when another was
/// named before: that one stays.
#[must_use]
pub fn begin(out: impl Write + Send + 'static) -> bool {
    SINK.set(Sink::new(out)).is_ok()
}

/// Where the lines go, if anybody asked for them.
pub(super) fn sink() -> Option<&'static Sink> {
    SINK.get()
}

/// Where the lines go. Threads that speak to cards share it.
pub struct Sink(Mutex<Box<dyn Write + Send>>);

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sink")
    }
}

impl Sink {
    /// To a file, or to whatever takes bytes.
    #[must_use]
    pub fn new(out: impl Write + Send + 'static) -> Sink {
        Sink(Mutex::new(Box::new(out)))
    }

    /// A card that is spoken to from now on, by its ATR: that of its kind.
    pub(super) fn card(&self, reader: &str, atr: &[u8]) {
        let mut line = format!("{:.3} {reader:?} ATR", Timestamp::now());
        push(&mut line, " ", atr);
        line.push('\n');
        self.line(&line);
    }

    /// Has a command sent to the card on a reader, and tells what came of it.
    ///
    /// # Errors
    /// Those of `send`.
    pub fn around<E>(
        &self,
        reader: &str,
        command: &Command,
        send: impl FnOnce() -> Result<Answer, E>,
    ) -> Result<Answer, E> {
        let (at, begun) = (Timestamp::now(), Instant::now());
        let answer = send();
        let took = begun.elapsed().as_secs_f64() * 1e3;
        self.line(&line(at, reader, command, answer.as_ref().ok(), took));
        answer
    }

    /// One line. That it cannot be written keeps no card from being read.
    fn line(&self, line: &str) {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

/// The line of an exchange that took so many milliseconds.
fn line(at: Timestamp, reader: &str, command: &Command, answer: Option<&Answer>, took: f64) -> String {
    let mut line = String::with_capacity(128);
    let shown = command.shown();
    let (header, rest) = command.bytes().split_at(command.bytes().len().min(4));
    // A String takes whatever is written.
    let _ = write!(line, "{at:.3} {reader:?} >");
    header.iter().for_each(|byte| push(&mut line, " ", &[*byte]));
    match rest {
        [] => {}
        [le] => {
            let _ = write!(line, " Le={}", if *le == 0 { 256 } else { u16::from(*le) });
        }
        [lc, data @ ..] => {
            let _ = write!(line, " Lc={lc}");
            if shown != Shown::Header {
                push(&mut line, " ", &data[..data.len().min(usize::from(*lc))]);
            }
        }
    }
    match answer {
        Some(answer) => {
            let _ = write!(line, " < {} bytes", answer.data.len());
            if shown == Shown::All && !answer.data.is_empty() {
                push(&mut line, " ", &answer.data[..answer.data.len().min(MOST_SHOWN)]);
            }
            let _ = write!(line, " {:04X}", answer.status);
        }
        None => line.push_str(" < nothing"),
    }
    let _ = writeln!(line, " {took:.1} ms");
    line
}

fn push(line: &mut String, before: &str, bytes: &[u8]) {
    line.push_str(before);
    bytes.iter().for_each(|byte| {
        let _ = write!(line, "{byte:02X}");
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mabataki_test_support::persona::{self, Reaction, site};
    use zeroize::Zeroizing;

    use super::super::apdu::Channel;
    use super::super::testing::Laid;
    use super::super::{
        CardIdentity, DesfireKey, Dialect, FelicaBlock, LiteSKeys, MifareBlock, Plan, Provider, Unusable,
        identify,
    };
    use super::*;

    /// A file that can be looked at.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn plan(dialect: Option<Dialect>) -> Plan {
        Plan {
            providers: vec![
                Provider::LiteS(LiteSKeys { master: Zeroizing::new(site::LITE_S_MASTER) }),
                Provider::Desfire(DesfireKey {
                    application: site::DESFIRE_APPLICATION,
                    number: site::DESFIRE_KEY_NUMBER,
                    key: Zeroizing::new(site::DESFIRE_KEY),
                    diversified: false,
                }),
                Provider::MyNumber,
                Provider::Hpki,
                Provider::FelicaBlock(FelicaBlock::default()),
                Provider::MifareBlock(MifareBlock {
                    block: site::CLASSIC_BLOCK,
                    key_b: true,
                    key: Zeroizing::new(site::CLASSIC_KEY),
                    offset: 0,
                    length: 12,
                }),
                Provider::Identifier,
            ],
            dialect,
            ..Plan::default()
        }
    }

    fn trace(laid: &mut Laid, plan: &Plan) -> (String, Result<CardIdentity, Unusable>) {
        let written = Written::default();
        let sink = Sink::new(written.clone());
        let (atr, reader) = (laid.atr(), laid.reader.clone());
        let mut traced = |command: &Command| sink.around(&reader, command, || laid.transmit(command));
        let (_, result) = identify(&atr, &reader, plan, &[0x5A; 16], &mut traced).unwrap();
        (String::from_utf8(written.0.lock().unwrap().clone()).unwrap(), result)
    }

    #[test]
    fn a_line_tells_time_reader_header_lengths_and_status() {
        let at: Timestamp = "2026-11-23T01:15:00.123Z".parse().unwrap();
        let answer = Answer::parse(&[1, 2, 3, 4, 0x90, 0x00]).unwrap();
        let get = Command::get([0xFF, 0xCA, 0, 0], 0, Shown::Command);
        assert_eq!(
            line(at, "Counter\n00", &get, Some(&answer), 0.44),
            "2026-11-23T01:15:00.123Z \"Counter\\n00\" > FF CA 00 00 Le=256 < 4 bytes 9000 0.4 ms\n"
        );
        let pin = Command::put([0, 0x20, 0, 0x80], b"1234", None, Shown::Header).unwrap();
        assert_eq!(
            line(at, "C", &pin, None, 1.0),
            "2026-11-23T01:15:00.123Z \"C\" > 00 20 00 80 Lc=4 < nothing 1.0 ms\n"
        );
        let select = Command::put([0, 0xA4, 4, 0], &[0xD3, 0x92], Some(0), Shown::All).unwrap();
        assert!(line(at, "C", &select, Some(&answer), 1.0).contains("Lc=2 D392 < 4 bytes 01020304 9000"));
    }

    #[test]
    fn the_trace_of_no_persona_holds_a_run_of_a_key_or_of_an_identifier() {
        let mut secrets: Vec<Vec<u8>> = vec![
            site::LITE_S_MASTER.to_vec(),
            site::DESFIRE_KEY.to_vec(),
            site::CLASSIC_KEY.to_vec(),
            site::NUMBER.to_vec(),
            [0x5A; 16].to_vec(),
        ];
        for (name, dialect) in
            persona::names().flat_map(|name| [(name, None), (name, Some(Dialect::Generic))])
        {
            let mut card = persona::by_name(name).unwrap();
            card.power_up();
            let sound = super::super::atr::decode(&card.atr()).is_ok()
                && matches!(card.apdu(&[0xFF, 0xCA, 0, 0, 0]), Reaction::Answer(answer) if answer.len() >= 2);
            // Those that break off or are no cards have nothing to be traced.
            if !sound {
                continue;
            }
            let mut laid = Laid::on("Counter", name);
            let (trace, result) = trace(&mut laid, &plan(dialect));
            secrets.truncate(5);
            secrets.extend(laid.card.uid().filter(|uid| !uid.iter().all(|byte| matches!(byte, 0 | 0xFF))));
            secrets.extend(result.ok().map(|identity| identity.id.to_vec()));
            assert_eq!(trace.lines().count(), laid.asked.len());
            let trace = trace.replace(' ', "");
            for run in secrets.iter().flat_map(|secret| secret.windows(4)) {
                let run: String = run.iter().map(|byte| format!("{byte:02X}")).collect();
                assert!(!trace.contains(&run), "{name}: {run} in {trace}");
            }
        }
    }
}
