//! Which other programs speak to cards, to name whoever may hold one. The card service itself tells nobody.

/// At most so many are named.
const MOST: usize = 4;

/// The other programs that have the PC/SC client library loaded, with their numbers: `opensc-tool (1234)`. Only of those
/// into which this process may look: its own user's, all of them for root. Elsewhere than on Linux, none.
#[cfg(target_os = "linux")]
pub(super) fn holders() -> Vec<String> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id();
    let numbers = processes.filter_map(|process| process.ok()?.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|&number| number != own && speaks_to_cards(number)).take(MOST).filter_map(named).collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn holders() -> Vec<String> {
    Vec::new()
}

/// Whether it has the client library loaded; the service itself has not.
#[cfg(target_os = "linux")]
fn speaks_to_cards(number: u32) -> bool {
    use std::io::{BufRead, BufReader};

    let Ok(maps) = std::fs::File::open(format!("/proc/{number}/maps")) else { return false };
    BufReader::new(maps).lines().map_while(Result::ok).any(|line| line.contains("/libpcsclite"))
}

/// Its name in the system: fifteen letters at the most, in which a program may have put anything.
#[cfg(target_os = "linux")]
fn named(number: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{number}/comm")).ok()?;
    let name: String = name.trim_end().chars().filter(|letter| !letter.is_control()).collect();
    Some(format!("{name} ({number})"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_with_its_number_and_this_one_never() {
        let own = std::process::id();
        let named = named(own).unwrap();
        assert!(named.ends_with(&format!(" ({own})")), "{named}");
        assert!(!holders().contains(&named));
        // This test is linked with the library.
        assert!(speaks_to_cards(own));
        assert!(!speaks_to_cards(u32::MAX));
    }
}
