//! `[groups.NAME]`: terminals that follow the same rules, and `[purposes]`: which policies decide there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::policies::Draft;
use super::read::{Section, Value, quoted};
use super::texts;
use crate::policy::{CameraOpens, Patterns, Purpose, Stage};

/// What stands for a purpose that is not to be had at a group's terminals.
pub(super) const NONE: &str = "none";

/// How long a person may be out of sight before their grant ends.
const ABSENCE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3600);
const STANDARD_ABSENCE: Duration = Duration::from_secs(60);

/// How long a camera may film on for nobody, ready for the next person.
const WARM: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(600);

/// The policies that may be asked for, by purpose: the first is the one taken where none is named.
pub(super) type Purposes = BTreeMap<Purpose, Vec<String>>;

/// The rules that all terminals of a group share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its terminals.
    pub terminals: Patterns,
    /// How far its roll-out has come: see [`Group::stage_of`].
    pub stage: Stage,
    /// Whether somebody may ask from another computer.
    pub remote: bool,
    /// The only camera that is taken, by its name; any where none is named.
    pub camera: Option<String>,
    /// When the camera is opened.
    pub camera_opens: CameraOpens,
    /// How long the camera stays open when an attempt has ended; zero: it is closed at once.
    pub camera_warm: Duration,
    /// The only reader that is taken, by its name; any where none is named.
    pub reader: Option<String>,
    /// The hosts that may supply frames instead of the engine's own camera.
    pub host_frames: Patterns,
    /// The hosts that may supply cards instead of the engine's own reader.
    pub host_cards: Patterns,
    /// Whether a grant ends when its card is taken from the reader.
    pub card_removal_ends: bool,
    /// How long the person may be out of sight before their grant ends; `None` where that does not end it.
    pub absence: Option<Duration>,
    pub(super) purposes: Purposes,
}

/// All groups: the one with the pattern `*`, and the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Groups {
    everywhere: Group,
    others: Vec<Group>,
}

impl Groups {
    pub(super) fn read(section: Section<'_>, purposes: &Purposes, policies: &Policies<'_>) -> Option<Groups> {
        let place = section.place;
        let mut taken = BTreeMap::new();
        let mut everywhere = None;
        let mut others = Vec::new();
        for (name, section) in section.named_sections() {
            let group = Group::read(name, section, purposes, policies, &mut taken);
            if group.terminals.iter().any(|pattern| pattern == "*") {
                everywhere = Some(group);
            } else {
                others.push(group);
            }
        }
        let all = || everywhere.iter().chain(&others);
        if everywhere.is_none() {
            place.fault(
                "expected a group with terminals = [\"*\"] for all terminals of no other group, found none",
            );
        } else if !all().any(|group| group.purposes.contains_key(&Purpose::Admin)) {
            place.fault(
                "expected a group where the purpose admin has a policy, found none: nobody could administer",
            );
        }
        Some(Groups { everywhere: everywhere?, others })
    }

    /// The group whose pattern fits the terminal most closely.
    pub(super) fn of(&self, terminal: &str) -> &Group {
        let fitting = self.iter().filter_map(|group| Some((group.terminals.closest(terminal)?, group)));
        fitting.max_by_key(|(closeness, _)| *closeness).map_or(&self.everywhere, |(_, group)| group)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Group> {
        std::iter::once(&self.everywhere).chain(&self.others)
    }
}

impl Group {
    /// How far the roll-out has come for a purpose. To administer and to enrol there is no way in as before: while a
    /// terminal only observed, nobody could ever set its policy to anything else.
    #[must_use]
    pub fn stage_of(&self, purpose: Purpose) -> Stage {
        match purpose {
            Purpose::Admin | Purpose::Enrolment => Stage::Enforce,
            Purpose::Login
            | Purpose::Unlock
            | Purpose::Application
            | Purpose::Switch
            | Purpose::Emergency => self.stage,
        }
    }

    fn read(
        name: &str,
        mut section: Section<'_>,
        standard: &Purposes,
        policies: &Policies<'_>,
        taken: &mut BTreeMap<String, String>,
    ) -> Group {
        let terminals = section.require("terminals").map(|value| terminals(name, &value, taken));
        let mut purposes = standard.clone();
        let mut own = section.section("purposes");
        for purpose in Purpose::ALL.iter().copied() {
            if let Some(value) = own.take(purpose.code()) {
                purposes.remove(&purpose);
                purposes.extend(policies.listed(&value).map(|names| (purpose, names)));
            }
        }
        own.finish();
        let hosts = |value: Option<Value<'_>>| {
            value.map(|value| texts::patterns(&value, texts::is_name)).unwrap_or_default()
        };
        let truth = |value: Option<Value<'_>>| value.and_then(|value| value.truth()).unwrap_or(false);
        let group = Group {
            name: name.to_owned(),
            terminals: terminals.unwrap_or_default(),
            stage: section.take("stage").and_then(|value| value.word()).unwrap_or(Stage::Enforce),
            remote: truth(section.take("remote")),
            camera: section.take("camera").and_then(|value| texts::device(&value)),
            camera_opens: section
                .take("camera_opens")
                .and_then(|value| value.word())
                .unwrap_or(CameraOpens::Card),
            camera_warm: section.take("camera_warm").and_then(|value| value.time(WARM)).unwrap_or_default(),
            reader: section.take("reader").and_then(|value| texts::device(&value)),
            host_frames: hosts(section.take("host_frames")),
            host_cards: hosts(section.take("host_cards")),
            card_removal_ends: truth(section.take("card_removal_ends")),
            absence: Some(
                section.take("absence").and_then(|value| value.time(ABSENCE)).unwrap_or(STANDARD_ABSENCE),
            )
            .filter(|absence| !absence.is_zero()),
            purposes,
        };
        section.finish();
        group
    }
}

/// The patterns of a group. Each belongs to one group only, so that every terminal has exactly one.
fn terminals(group: &str, value: &Value<'_>, taken: &mut BTreeMap<String, String>) -> Patterns {
    let patterns = texts::patterns(value, texts::is_terminal);
    if value.list().is_some_and(|list| list.is_empty()) {
        value.fault("expected at least one terminal, or \"*\" for all, found none");
    }
    for pattern in patterns.iter() {
        if let Some(other) = taken.insert(pattern.to_owned(), group.to_owned()) {
            value.fault(&format!("{} is a pattern of the group {other} already", quoted(pattern)));
        }
    }
    patterns
}

/// The policies there are, and what each is used for.
pub(super) struct Policies<'p> {
    pub(super) drafts: &'p BTreeMap<String, Draft<'p>>,
}

impl Policies<'_> {
    /// `[purposes]`: every purpose has policies, or `none`.
    pub(super) fn purposes(&self, mut section: Section<'_>) -> Purposes {
        let mut purposes = Purposes::new();
        for purpose in Purpose::ALL.iter().copied() {
            let names = section.require(purpose.code()).and_then(|value| self.listed(&value));
            purposes.extend(names.map(|names| (purpose, names)));
        }
        section.finish();
        purposes
    }

    /// The policies of one purpose: a name, or a list of names; nothing for `none`.
    fn listed(&self, value: &Value<'_>) -> Option<Vec<String>> {
        let values = if value.is_list() { value.list()? } else { vec![value.clone()] };
        let mut names = Vec::new();
        for value in &values {
            let Some(name) = value.text() else { continue };
            if name == NONE && values.len() == 1 {
                return None;
            }
            if !self.drafts.contains_key(name) {
                let found = quoted(name);
                value.fault(&format!(
                    "expected a policy that has a table [policies.NAME], or \"none\", found {found}"
                ));
            } else if names.iter().any(|known| known == name) {
                value.fault(&format!("{} stands there already", quoted(name)));
            } else {
                names.push(name.to_owned());
            }
        }
        if values.is_empty() {
            value.fault("expected at least one policy, or \"none\", found an empty list");
        }
        Some(names)
    }
}

/// What each policy is used for, in any group.
pub(super) fn uses<'a>(
    standard: &'a Purposes,
    groups: impl Iterator<Item = &'a Group>,
) -> BTreeMap<&'a str, BTreeSet<Purpose>> {
    let mut uses: BTreeMap<&str, BTreeSet<Purpose>> = BTreeMap::new();
    for purposes in groups.map(|group| &group.purposes).chain([standard]) {
        for (purpose, names) in purposes {
            for name in names {
                uses.entry(name).or_default().insert(*purpose);
            }
        }
    }
    uses
}
