//! What is said of cameras.

use mabataki_engine::camera::Surveyed;

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
