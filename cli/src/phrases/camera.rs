//! What is said of cameras.

use std::time::Duration;

use mabataki_engine::camera::{Surveyed, Trial, Unfit};

/// How many of the modes that cannot be used are told, for a line to stay one.
const MOST: usize = 4;

/// A camera, what it is known by, and what it offers.
pub(crate) fn surveyed(camera: &Surveyed) -> String {
    let (name, marks) = (&camera.entry.name, camera.entry.marks());
    let marks = if marks.is_empty() { String::new() } else { format!(" ({marks})") };
    let mode = match &camera.mode {
        Ok(mode) => format!(", {mode}"),
        Err(error) => format!(": {error}"),
    };
    let mut skipped: Vec<&str> = camera.skipped.iter().take(MOST).map(String::as_str).collect();
    let more = camera.skipped.len().saturating_sub(MOST);
    let more = format!("and {more} more");
    if camera.skipped.len() > MOST {
        skipped.push(&more);
    }
    let skipped =
        if skipped.is_empty() { String::new() } else { format!("; not used: {}", skipped.join(", ")) };
    format!("{name}{marks}{mode}{skipped}")
}

/// What a camera showed when it was tried.
pub(crate) fn tried(trial: &Trial) -> String {
    let (name, [width, height]) = (&trial.name, trial.size);
    let rate =
        trial.rate.map_or_else(|| "too few frames to tell how many".to_owned(), |rate| format!("{rate:.1}"));
    let good = match trial.first_good_frame {
        Some(good) => format!("a good one after {}", seconds(good)),
        None => "no good one".to_owned(),
    };
    let [brightness, white] = [trial.brightness, trial.white].map(|share| share * 100.0);
    format!(
        "{name}, {width}×{height}: {rate} frames a second, the first after {}, {good}; light {brightness:.0} %, \
         {white:.0} % of it white",
        seconds(trial.first_frame)
    )
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// What keeps a camera from being fit, and what to do about it.
pub(crate) fn unfit(unfit: Unfit) -> (&'static str, &'static str) {
    match unfit {
        Unfit::TooDark => ("too dark", "turn on the light, or open the shutter over the lens"),
        Unfit::TooBright => ("too bright", "turn the camera away from the window or the lamp"),
        Unfit::TooSlow => (
            "fewer than 15 frames a second, too few for a blink",
            "give it more light, a port of its own at the computer, or use another camera",
        ),
        _ => ("not fit", "use another camera"),
    }
}
