//! What is known of a person's face and card stays under seal.

use std::fs;
use std::path::PathBuf;

use mabataki_engine::keys::KeyPlace;
use mabataki_engine::store::{Location, Store};
use mabataki_test_support::Mabataki;

use super::site::{HER, HER_BLINK, Site};

const CARD: &str = "felica:0114B34C1A2B3C03";

/// Bytes of a template's head, and of each sample: its quality, and 512 numbers (see `Template::to_bytes`).
const HEAD: usize = 56;
const SAMPLE: usize = 4 + 4 * 512;

#[test]
fn no_embedding_and_no_cards_number_is_in_any_output_or_in_any_file_but_the_keys() {
    let site = Site::new(&[]);
    let clips = [HER, HER_BLINK].map(|clip| site.clip(clip).to_str().unwrap().to_owned());
    let runs = [
        site.command.json(&["enrol", "nurse03", "--name", "New", "--card", CARD, "--frames", &clips[0]]),
        site.command.json(&["authenticate", "--card", CARD, "--diagnose", "--frames", &clips[1]]),
        site.command.json(&["person", "show", "nurse03"]),
        site.command.json(&["card", "list"]),
        site.command.json(&["audit", "list"]),
    ];
    assert!(runs.iter().all(|run| run.exit == 0), "{runs:?}");
    let mut places: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for run in &runs {
        places.push(("an output".into(), [run.stdout.as_bytes(), run.stderr.as_bytes()].concat()));
    }
    let template = template_of(&site.command, "nurse03");
    for folder in [site.command.state(), site.command.witness()] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let content = fs::read(&path).unwrap();
            places.push((path, content));
        }
    }
    let mut needles = vec![b"0114B34C1A2B3C03".to_vec(), b"0114b34c1a2b3c03".to_vec()];
    needles.push(vec![1, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, 3]);
    let samples = template[HEAD..].chunks_exact(SAMPLE);
    for numbers in samples.flat_map(|sample| sample[4..].chunks_exact(16).step_by(16)) {
        needles.push(numbers.to_vec());
        let first = f32::from_le_bytes(*numbers.first_chunk().unwrap());
        needles.push(format!("{first}").into_bytes());
    }
    assert!(needles.len() > 50 && places.len() > 6, "{} needles, {} places", needles.len(), places.len());
    for (place, content) in &places {
        for needle in &needles {
            let found = content.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "{} tells {:?}", place.display(), String::from_utf8_lossy(needle));
        }
    }
}

fn template_of(command: &Mabataki, person: &str) -> Vec<u8> {
    let location = Location::beside(&command.state());
    let key = KeyPlace::new(command.folder().join("state.key")).load(&location.state).unwrap();
    let store = Store::open(&location, &key).unwrap();
    let found = store.templates().map(Result::unwrap).find(|template| template.person == person);
    found.unwrap().bytes.to_vec()
}
