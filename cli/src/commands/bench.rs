//! `mabataki bench`: this machine's figures.

use std::process::Command;

use mabataki_engine::engine::Error;
use mabataki_engine::inference::Runtime;
use mabataki_eval::{Footprint, SearchBench, bench};
use mabataki_models::Pack;
use serde_json::{Value, json};

use crate::args::Bench;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

/// Rows of the gallery that is searched.
const GALLERY: usize = 100_000;

/// Set for the child process in which a fresh engine is measured.
const CHILD: &str = "MABATAKI_BENCH_CHILD";

pub(super) fn run(args: &Bench, places: &Places, out: &Output) -> Result<Exit, Failure> {
    if std::env::var_os(CHILD).is_some() {
        return measure_fresh(places, out);
    }
    let pack = Pack::open(&places.pack).map_err(Error::from)?;
    let runtime = Runtime::load(&places.runtime).map_err(Error::from)?;
    let mut bar = out.progress("rounds");
    let report = bench(&pack, &runtime, &mut |progress| bar(progress.done as u64, progress.total as u64))?;
    let length = super::face::analyser(places)?.embedding_len();
    let search = SearchBench::new(GALLERY, length)?.measure()?;
    let fresh = fresh_engine(places)?;
    let mut json = serde_json::to_value(&report).map_err(|error| Failure::internal("the report", &error))?;
    json["search_100k_ms"] = json!(search.search_ms);
    json["search_over_read"] = json!(search.search_over_read);
    json["cold_start_ms"] = fresh["cold_start_ms"].clone();
    json["rss_mb"] = fresh["rss_mb"].clone();
    if let Some(path) = &args.out {
        let text =
            serde_json::to_string_pretty(&json).map_err(|error| Failure::internal("the report", &error))?;
        std::fs::write(path, text + "\n")
            .map_err(|error| Failure::internal(&format!("writing {}", path.display()), &error))?;
    }
    out.result(&json, || prose(&json))?;
    Ok(Exit::Done)
}

/// Starts this program again, so that what is measured is an engine and not all that was measured before.
fn fresh_engine(places: &Places) -> Result<Value, Failure> {
    let program =
        std::env::current_exe().map_err(|error| Failure::internal("finding this program", &error))?;
    let output = Command::new(program)
        .args(["--json", "bench"])
        .arg("--pack")
        .arg(&places.pack)
        .arg("--runtime")
        .arg(&places.runtime)
        .env(CHILD, "1")
        .output()
        .map_err(|error| Failure::internal("starting a second process", &error))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::internal("reading what the second process measured", &error))
}

fn measure_fresh(places: &Places, out: &Output) -> Result<Exit, Failure> {
    let fresh = Footprint::measure(&places.pack, &places.runtime)?;
    out.result(&fresh, String::new)?;
    Ok(Exit::Done)
}

fn prose(json: &Value) -> String {
    let mut text = format!("{:<12} {:>9} {:>9} {:>9}", "stage", "p50 ms", "p95 ms", "raw ms");
    for stage in json["stages"].as_array().into_iter().flatten() {
        let cell = |key: &str| stage[key].as_f64().map_or_else(|| "-".to_owned(), |ms| format!("{ms:.3}"));
        text.push_str(&format!(
            "\n{:<12} {:>9} {:>9} {:>9}",
            stage["name"].as_str().unwrap_or_default(),
            cell("p50_ms"),
            cell("p95_ms"),
            cell("raw_ms")
        ));
    }
    for state in json["at_30_fps"].as_array().into_iter().flatten() {
        let figure = |key: &str| state[key].as_f64().unwrap_or_default();
        text.push_str(&format!(
            "\n{:<26} {:>9.2} ms a frame at 30 a second, {:.1} % of a core; longest {:.1} ms",
            state["name"].as_str().unwrap_or_default(),
            figure("cpu_ms"),
            figure("share_of_core") * 100.0,
            figure("worst_ms")
        ));
    }
    for (name, key) in [
        ("camera to its first frame", "first_frame"),
        ("light to who waits", "handed_on"),
        ("light to nobody seen", "nobody"),
        ("light to eyes followed", "tracked"),
        ("light to all measured", "everything"),
    ] {
        let figure = |of: &str| json["camera"][key][of].as_f64().unwrap_or_default();
        text.push_str(&format!("\n{name:<26} {:>9.2} ms, p95 {:.2} ms", figure("p50_ms"), figure("p95_ms")));
    }
    let rows = [
        ("all nets, raw", "raw_sum_ms", " ms"),
        ("whole frame", "full_frame_ms", " ms"),
        ("whole frame over raw nets", "full_over_raw", ""),
        ("tracked frame", "tracked_frame_ms", " ms"),
        ("cold start", "cold_start_ms", " ms"),
        ("search of 100,000", "search_100k_ms", " ms"),
        ("search over plain read", "search_over_read", ""),
        ("memory", "rss_mb", " MB"),
    ];
    for (name, key, unit) in rows {
        if let Some(figure) = json[key].as_f64() {
            text.push_str(&format!("\n{name:<26} {figure:>9.2}{unit}"));
        }
    }
    text
}
