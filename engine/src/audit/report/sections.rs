//! What the review is made of, section by section.

use super::count::{Counted, Listed, Ranking};
use super::document::{Bars, Block, Cell, Columns, Document, Fill, Section, Series, Signing, Table, minute};
use super::phrases::{self, Phrase};
use super::review::{Attempts, Happening, MonthlyReview};
use crate::audit::{Operation, Outcome, wording};
use crate::text::Lang;

/// Most rows of a ranking that are shown.
const MOST_RANKED: usize = 15;

impl MonthlyReview {
    /// Lays the review out.
    pub(super) fn document(&self, lang: Lang) -> Document {
        let said = |phrase: Phrase| phrase.text(lang);
        let writer = Writer { review: self, lang };
        let terminals: Vec<&str> = self.terminals.iter().map(String::as_str).collect();
        Document {
            title: phrases::title(lang, self.month),
            facts: vec![
                (said(Phrase::Covers), terminals.join(", ")),
                (said(Phrase::Records), phrases::records(lang, self.records, self.numbers)),
                (said(Phrase::Made), minute(self.made, &self.zone)),
                (said(Phrase::Zone), self.zone.iana_name().unwrap_or("UTC").to_owned()),
            ],
            figures: vec![
                (said(Phrase::Attempts), self.attempts.total()),
                (Outcome::Granted.text(lang), self.attempts.granted),
                (said(Phrase::Refusals), self.failures_by_reason.total()),
                (said(Phrase::Fallbacks), self.fallbacks.total()),
                (Operation::EmergencyUse.text(lang), self.emergencies.total()),
                (said(Phrase::Waiting), self.unreviewed()),
            ],
            sections: vec![
                writer.look(),
                writer.attempts(),
                writer.refusals(),
                writer.fallbacks(),
                writer.emergencies(),
                writer.out_of_hours(),
                writer.dormant(),
                writer.acts(),
                writer.lockouts(),
                writer.machine(),
                writer.access(),
                writer.integrity(),
            ],
            signing: Signing {
                title: said(Phrase::Signing),
                statement: said(Phrase::Statement),
                lines: [Phrase::Remarks, Phrase::Reviewer, Phrase::Day].map(said).to_vec(),
                seal: said(Phrase::Seal),
            },
        }
    }

    /// Uses of an emergency access that nobody has reviewed, as far as they are listed.
    #[must_use]
    pub fn unreviewed(&self) -> u64 {
        let waiting = self.emergencies.shown.iter().filter(|used| used.review.is_none());
        u64::try_from(waiting.count()).unwrap_or(u64::MAX)
    }
}

struct Writer<'r> {
    review: &'r MonthlyReview,
    lang: Lang,
}

impl Writer<'_> {
    fn say(&self, phrase: Phrase) -> &'static str {
        phrase.text(self.lang)
    }

    /// A section, or the sentence that there is nothing to tell.
    fn section(&self, title: Phrase, blocks: Vec<Block>, nothing: Phrase) -> Section {
        let nothing = || vec![Block::Say(self.say(nothing).to_owned())];
        Section { title: self.say(title), blocks: if blocks.is_empty() { nothing() } else { blocks } }
    }

    fn look(&self) -> Section {
        type Said = fn(Lang, u64) -> String;
        let (review, lang) = (self.review, self.lang);
        let verification = review.verification.as_ref();
        let broken = verification.filter(|found| !found.ok).map(|found| phrases::not_as_written(lang, found));
        let mut marks: Vec<Block> = broken.map(Block::Mark).into_iter().collect();
        let counted: [(u64, Said); 7] = [
            (review.alarms.total(), phrases::alarms),
            (review.unreviewed(), phrases::unreviewed),
            (review.clock.total(), phrases::jumps),
            (review.losses.total(), phrases::losses),
            (review.lockouts.total(), phrases::lockouts),
            (review.dormant.total(), phrases::dormant),
            (review.host_supplied, phrases::host_supplied),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        marks.extend(counted.map(|(count, said)| Block::Mark(said(lang, count))));
        self.section(Phrase::Look, marks, Phrase::NothingOdd)
    }

    fn attempts(&self) -> Section {
        let Attempts { granted, denied, observed, abandoned, failed } = self.review.attempts;
        let all = self.review.attempts.total();
        let rows = [
            (Outcome::Granted, granted),
            (Outcome::Denied, denied),
            (Outcome::Observed, observed),
            (Outcome::Abandoned, abandoned),
            (Outcome::Failed, failed),
        ];
        let row = |(outcome, count): (Outcome, u64)| {
            vec![text(outcome.text(self.lang)), Cell::Number(count), text(&share(count, all))]
        };
        let table = self.table(None, &[Phrase::Outcome, Phrase::Count, Phrase::Share], rows.map(row).into());
        let series = |outcome: Outcome, fill, of: fn(&Attempts) -> u64| Series {
            name: outcome.text(self.lang),
            fill,
            values: self.review.days.iter().map(of).collect(),
        };
        let chart = Columns {
            caption: self.say(Phrase::AttemptsByDay).to_owned(),
            labels: (1..=self.review.days.len()).map(|day| day.to_string()).collect(),
            series: vec![
                series(Outcome::Granted, Fill::Granted, |day| day.granted),
                series(Outcome::Denied, Fill::Denied, |day| day.denied),
                series(Outcome::Observed, Fill::Observed, |day| day.observed),
                series(Outcome::Abandoned, Fill::Abandoned, |day| day.abandoned),
                series(Outcome::Failed, Fill::Failed, |day| day.failed),
            ],
        };
        Section { title: self.say(Phrase::Attempts), blocks: vec![Block::Columns(chart), table] }
    }

    fn refusals(&self) -> Section {
        let review = self.review;
        let mut blocks = Vec::new();
        if review.failures_by_reason.total() > 0 {
            blocks.push(Block::Columns(Columns {
                caption: self.say(Phrase::RefusalsByHour).to_owned(),
                labels: (0..24).map(|hour| hour.to_string()).collect(),
                series: vec![Series {
                    name: self.say(Phrase::Refusals),
                    fill: Fill::Denied,
                    values: review.failures_by_hour.to_vec(),
                }],
            }));
            let reason = |counted: &Counted| self.reason(Operation::Authenticate, &counted.what);
            blocks.push(self.ranked(Phrase::ByReason, Phrase::Reason, &review.failures_by_reason, reason));
            blocks.push(self.people(Phrase::ByPerson, &review.failures_by_person));
            let terminal = |counted: &Counted| counted.what.clone();
            blocks.push(self.ranked(
                Phrase::ByTerminal,
                Phrase::Terminal,
                &review.failures_by_terminal,
                terminal,
            ));
        }
        self.section(Phrase::Refusals, blocks, Phrase::NoRefusals)
    }

    fn fallbacks(&self) -> Section {
        let ranking = &self.review.fallbacks;
        let mut blocks = Vec::new();
        if ranking.total() > 0 {
            let cause = |counted: &Counted| self.reason(Operation::Fallback, &counted.what);
            let bars = ranking.counts.iter().take(MOST_RANKED).map(|counted| (cause(counted), counted.count));
            blocks.push(Block::Bars(Bars {
                caption: self.say(Phrase::ByCause).to_owned(),
                bars: bars.collect(),
            }));
        }
        self.section(Phrase::Fallbacks, blocks, Phrase::NoFallbacks)
    }

    fn emergencies(&self) -> Section {
        let (review, lang) = (self.review, self.lang);
        let mut blocks = Vec::new();
        if review.emergencies.total() > 0 {
            blocks.push(Block::Say(self.say(Phrase::Claimed).to_owned()));
            let rows = review.emergencies.shown.iter().map(|used| {
                let purpose = used.purpose.as_deref().unwrap_or_default();
                let reviewed = used.review.as_ref().map(|review| {
                    let by = self.person(review.subject.as_deref(), review.name.as_deref(), Phrase::Nobody);
                    text(&format!("{} {by}", minute(review.time, &self.review.zone)))
                });
                vec![
                    text(&minute(used.what.time, &review.zone)),
                    text(&used.what.terminal),
                    text(&self.person(
                        used.what.subject.as_deref(),
                        used.what.name.as_deref(),
                        Phrase::Unknown,
                    )),
                    text(&wording::purpose(purpose, lang)),
                    reviewed.unwrap_or_else(|| Cell::Mark(self.say(Phrase::NotReviewed).to_owned())),
                ]
            });
            let headers = [Phrase::Time, Phrase::Terminal, Phrase::Person, Phrase::Purpose, Phrase::Review];
            blocks.push(self.table_with(None, &headers, rows.collect(), review.emergencies.more));
        }
        blocks.extend(self.happenings(Phrase::Disasters, &review.disasters));
        self.section(Phrase::Emergencies, blocks, Phrase::NoEmergencies)
    }

    fn out_of_hours(&self) -> Section {
        let (refused, let_in) = (&self.review.refused_by_hours, &self.review.out_of_hours);
        let mut blocks = Vec::new();
        if refused.total() > 0 {
            blocks.push(self.people(Phrase::RefusedByHours, refused));
        }
        if let_in.total() > 0 {
            blocks.push(self.people(Phrase::LetInOutOfHours, let_in));
        }
        let mut section = self.section(Phrase::OutOfHours, blocks, Phrase::NoOutOfHours);
        let hours = phrases::ordinary_hours(self.lang, self.review.day_hours);
        section.blocks.insert(0, Block::Say(hours));
        section
    }

    fn dormant(&self) -> Section {
        let dormant = &self.review.dormant;
        let rows = dormant.shown.iter().map(|person| {
            let last = person.last.map(|time| minute(time, &self.review.zone));
            vec![
                text(&self.person(Some(&person.id), Some(&person.name), Phrase::Unknown)),
                text(last.as_deref().unwrap_or(self.say(Phrase::Never))),
            ]
        });
        let mut blocks = Vec::new();
        if dormant.total() > 0 {
            blocks.push(Block::Say(self.say(Phrase::DormantSince).to_owned()));
            let headers = [Phrase::Person, Phrase::Last];
            blocks.push(self.table_with(None, &headers, rows.collect(), dormant.more));
        }
        self.section(Phrase::Dormant, blocks, Phrase::NoDormant)
    }

    fn acts(&self) -> Section {
        let acts = &self.review.acts;
        let rows = acts.shown.iter().map(|acts| {
            let each = acts.operations.counts.iter().map(|counted| {
                let known = counted.what.parse::<Operation>().map(|operation| operation.text(self.lang));
                format!("{} {}", known.unwrap_or(&counted.what), counted.count)
            });
            vec![
                text(&self.person(Some(&acts.person), acts.name.as_deref(), Phrase::Nobody)),
                Cell::Number(acts.done),
                Cell::Number(acts.refused),
                text(&each.collect::<Vec<_>>().join(", ")),
            ]
        });
        let headers = [Phrase::Person, Phrase::Carried, Phrase::Turned, Phrase::Which];
        let mut blocks = Vec::new();
        if acts.total() > 0 {
            blocks.push(self.table_with(None, &headers, rows.collect(), acts.more));
        }
        self.section(Phrase::Acts, blocks, Phrase::NoActs)
    }

    fn lockouts(&self) -> Section {
        let mut blocks = Vec::new();
        if self.review.lockouts.total() > 0 {
            blocks.push(self.people(Phrase::MetLockout, &self.review.lockouts));
        }
        blocks.extend(self.happenings(Phrase::Cleared, &self.review.cleared));
        self.section(Phrase::Lockouts, blocks, Phrase::NoLockouts)
    }

    fn machine(&self) -> Section {
        let review = self.review;
        let lists = [
            (Phrase::Alarms, &review.alarms),
            (Phrase::Losses, &review.losses),
            (Phrase::Clock, &review.clock),
        ];
        let blocks = lists.into_iter().filter_map(|(caption, list)| self.happenings(caption, list));
        self.section(Phrase::Machine, blocks.collect(), Phrase::NoMachine)
    }

    fn access(&self) -> Section {
        let access = &self.review.access;
        let mut blocks = Vec::new();
        if access.ended > 0 {
            let (all, longest) = (access.seconds, access.longest_seconds);
            blocks.push(Block::Say(phrases::access(self.lang, access.ended, all, longest, access.open)));
            let ending = |counted: &Counted| self.reason(Operation::GrantEnd, &counted.what);
            blocks.push(self.ranking(None, Phrase::Ending, &access.endings, ending));
        }
        self.section(Phrase::Access, blocks, Phrase::NoAccess)
    }

    fn integrity(&self) -> Section {
        let said = self.review.verification.as_ref().map(|found| match found.ok {
            true => Block::Say(phrases::verified(self.lang, found)),
            false => Block::Mark(phrases::not_as_written(self.lang, found)),
        });
        self.section(Phrase::Integrity, said.into_iter().collect(), Phrase::NotVerified)
    }

    /// Records, one a row; nothing where there are none.
    fn happenings(&self, caption: Phrase, list: &Listed<Happening>) -> Option<Block> {
        let rows = list.shown.iter().map(|event| {
            vec![
                text(&minute(event.time, &self.review.zone)),
                text(&event.terminal),
                text(&self.happening(event)),
                text(&self.person(event.subject.as_deref(), event.name.as_deref(), Phrase::Nobody)),
            ]
        });
        let headers = [Phrase::Time, Phrase::Terminal, Phrase::Event, Phrase::Person];
        (list.total() > 0).then(|| self.table_with(Some(caption), &headers, rows.collect(), list.more))
    }

    fn happening(&self, event: &Happening) -> String {
        let operation = event.operation.text(self.lang);
        let reason = event.reason.as_deref().map(|word| self.reason(event.operation, word));
        let refused = (event.outcome == Outcome::Refused).then(|| event.outcome.text(self.lang).to_owned());
        let more: Vec<String> = [refused, reason, event.object.clone()].into_iter().flatten().collect();
        if more.is_empty() { operation.to_owned() } else { format!("{operation}: {}", more.join(", ")) }
    }

    fn people(&self, caption: Phrase, ranking: &Ranking) -> Block {
        let person =
            |counted: &Counted| self.person(Some(&counted.what), counted.name.as_deref(), Phrase::Unknown);
        self.ranked(caption, Phrase::Person, ranking, person)
    }

    fn ranked(
        &self,
        caption: Phrase,
        of: Phrase,
        ranking: &Ranking,
        what: impl Fn(&Counted) -> String,
    ) -> Block {
        self.ranking(Some(caption), of, ranking, what)
    }

    fn ranking(
        &self,
        caption: Option<Phrase>,
        of: Phrase,
        ranking: &Ranking,
        what: impl Fn(&Counted) -> String,
    ) -> Block {
        let shown = ranking.counts.iter().take(MOST_RANKED);
        let rows = shown.map(|counted| vec![text(&what(counted)), Cell::Number(counted.count)]);
        let beyond = ranking.counts.iter().skip(MOST_RANKED).map(|counted| counted.count);
        let beyond = beyond.fold(ranking.others, u64::saturating_add);
        self.table_with(caption, &[of, Phrase::Count], rows.collect(), beyond)
    }

    fn table(&self, caption: Option<Phrase>, headers: &[Phrase], rows: Vec<Vec<Cell>>) -> Block {
        self.table_with(caption, headers, rows, 0)
    }

    fn table_with(
        &self,
        caption: Option<Phrase>,
        headers: &[Phrase],
        rows: Vec<Vec<Cell>>,
        more: u64,
    ) -> Block {
        Block::Table(Table {
            caption: caption.map(|caption| self.say(caption)),
            headers: headers.iter().map(|header| self.say(*header)).collect(),
            rows,
            more: phrases::more(self.lang, more),
        })
    }

    /// A person as id and name; `nobody` where there is none.
    fn person(&self, id: Option<&str>, name: Option<&str>, nobody: Phrase) -> String {
        match (id.filter(|id| !id.is_empty()), name) {
            (Some(id), Some(name)) => format!("{id} {name}"),
            (Some(id), None) => id.to_owned(),
            (None, _) => self.say(nobody).to_owned(),
        }
    }

    fn reason(&self, operation: Operation, word: &str) -> String {
        wording::reason(operation, word, self.lang).into_owned()
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// A part of a whole in per cent, to one digit behind the point.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", part as f64 / whole as f64 * 100.0) }
}
