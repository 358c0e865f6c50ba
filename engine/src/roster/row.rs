//! One person of a list.

use csv::StringRecord;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::audit::is_id;
use crate::store::{Consent, Profile, Vendor};
use crate::text::{BadMoment, Edge, day, moment, words};

words! {
    /// The columns a list may have.
    pub enum Column, "a column" {
        /// The person's id. Every list has it.
        Id = "id",
        /// Name.
        Name = "name",
        /// How the name is read.
        Reading = "reading",
        /// Role.
        Role = "role",
        /// Accounts of the host, with `;` between them.
        Accounts = "accounts",
        /// Wards, with `;` between them.
        Wards = "wards",
        /// The first day, or a time, from which on they may come in.
        ValidFrom = "valid_from",
        /// The last day, or a time, until which they may come in.
        ValidUntil = "valid_until",
        /// `yes` for staff for a time.
        Temporary = "temporary",
        /// The id of the person of the house who answers for somebody of a vendor.
        Sponsor = "sponsor",
        /// What somebody of a vendor may work on.
        Scope = "scope",
        /// The day they agreed to the use of their face.
        ConsentDate = "consent_date",
        /// The form they agreed on.
        ConsentVersion = "consent_version",
    }
}

impl Column {
    pub(super) fn names() -> String {
        Column::ALL.iter().map(|column| column.code()).collect::<Vec<_>>().join(", ")
    }
}

/// Why a row cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It has not as many cells as there are columns.
    #[error("expected {expected} cells, found {found}")]
    Cells {
        /// How many columns there are.
        expected: usize,
        /// How many cells it has.
        found: usize,
    },
    /// Its id is none.
    #[error("expected an id of 1 to 64 of A-Z a-z 0-9 . _ @ -, found {found} characters")]
    Id {
        /// How many characters are there.
        found: usize,
    },
    /// Another row before it has the same id.
    #[error("the same id stands on line {first}")]
    Twice {
        /// That row's line.
        first: u64,
    },
    /// A time that is none.
    #[error("{column}: {cause}")]
    Moment {
        /// Where.
        column: &'static str,
        /// What was expected and found.
        cause: BadMoment,
    },
    /// Something other than yes or no.
    #[error("{column}: expected yes, no or nothing, found {found:?}")]
    YesNo {
        /// Where.
        column: &'static str,
        /// The beginning of the cell.
        found: String,
    },
    /// Two cells belong together, and one is empty.
    #[error("expected {0} and {1} both or neither, found one of them")]
    Half(&'static str, &'static str),
    /// Somebody new needs a name.
    #[error("a new person: expected a name, found none")]
    Nameless,
}

/// One person of a list, as they are to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    line: u64,
    id: String,
    cells: Result<Cells, Fault>,
}

/// What a row says; `None` where the list has no such column.
#[derive(Debug, Clone, PartialEq, Default)]
struct Cells {
    name: Option<String>,
    reading: Option<Option<String>>,
    role: Option<Option<String>>,
    accounts: Option<Vec<String>>,
    wards: Option<Vec<String>>,
    valid_from: Option<Option<Timestamp>>,
    valid_until: Option<Option<Timestamp>>,
    temporary: Option<bool>,
    vendor: Option<Option<Vendor>>,
    consent: Option<Option<Consent>>,
}

impl Row {
    /// The line of the list it begins on, 1 for the first.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The person's id, as it stands there; the beginning of it where it is too long for one.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id, if the row is about somebody.
    ///
    /// # Errors
    /// [`Fault`] when the row cannot be taken in.
    pub fn person(&self) -> Result<&str, Fault> {
        self.cells.as_ref().map(|_| self.id.as_str()).map_err(Clone::clone)
    }

    /// Whether it names somebody who answers for this person.
    #[must_use]
    pub fn has_sponsor(&self) -> bool {
        self.cells.as_ref().is_ok_and(|cells| matches!(cells.vendor, Some(Some(_))))
    }

    /// What is known of the person once this row is taken in: what the list has no column for stays as it was.
    ///
    /// # Errors
    /// [`Fault`] when the row cannot be taken in.
    pub fn profile(&self, known: Option<&Profile>) -> Result<Profile, Fault> {
        let cells = self.cells.as_ref().map_err(Clone::clone)?;
        let known = match known {
            Some(known) => known.clone(),
            None if cells.name.is_none() => return Err(Fault::Nameless),
            None => Profile::default(),
        };
        let Cells {
            name,
            reading,
            role,
            accounts,
            wards,
            valid_from,
            valid_until,
            temporary,
            vendor,
            consent: _,
        } = cells.clone();
        Ok(Profile {
            name: name.unwrap_or(known.name),
            reading: reading.unwrap_or(known.reading),
            role: role.unwrap_or(known.role),
            accounts: accounts.unwrap_or(known.accounts),
            wards: wards.unwrap_or(known.wards),
            valid_from: valid_from.unwrap_or(known.valid_from),
            valid_until: valid_until.unwrap_or(known.valid_until),
            temporary: temporary.unwrap_or(known.temporary),
            vendor: vendor.unwrap_or(known.vendor),
        })
    }

    /// The person's consent once this row is taken in.
    #[must_use]
    pub fn consent(&self, known: Option<&Consent>) -> Option<Consent> {
        match self.cells.as_ref().ok().and_then(|cells| cells.consent.clone()) {
            Some(consent) => consent,
            None => known.cloned(),
        }
    }

    pub(super) fn read(line: u64, columns: &[Column], record: &StringRecord, zone: &TimeZone) -> Row {
        let cell = |wanted| {
            let at = columns.iter().position(|column| *column == wanted)?;
            Some(record.get(at).unwrap_or_default().trim())
        };
        let id = cell(Column::Id).unwrap_or_default();
        let cells = if record.len() != columns.len() {
            Err(Fault::Cells { expected: columns.len(), found: record.len() })
        } else if !is_id(id) {
            Err(Fault::Id { found: id.chars().count() })
        } else {
            read_cells(&cell, zone)
        };
        Row { line, id: id.chars().take(64).collect(), cells }
    }

    pub(super) fn refuse(&mut self, fault: Fault) {
        self.cells = Err(fault);
    }
}

fn read_cells<'r>(cell: &impl Fn(Column) -> Option<&'r str>, zone: &TimeZone) -> Result<Cells, Fault> {
    let text = |column| cell(column).map(|text| (!text.is_empty()).then(|| text.to_owned()));
    let time = |column: Column, edge| {
        let read = |text: String| {
            moment(&text, edge, zone).map_err(|cause| Fault::Moment { column: column.code(), cause })
        };
        text(column).map(|text| text.map(read).transpose()).transpose()
    };
    let consent = pair(Column::ConsentDate, Column::ConsentVersion, &text)?.map(|pair| {
        pair.map(|(date, version)| {
            let column = Column::ConsentDate.code();
            Ok(Consent { date: day(&date).map_err(|cause| Fault::Moment { column, cause })?, version })
        })
        .transpose()
    });
    let vendor = pair(Column::Sponsor, Column::Scope, &text)?;
    Ok(Cells {
        name: text(Column::Name).map(Option::unwrap_or_default),
        reading: text(Column::Reading),
        role: text(Column::Role),
        accounts: cell(Column::Accounts).map(several),
        wards: cell(Column::Wards).map(several),
        valid_from: time(Column::ValidFrom, Edge::Start)?,
        valid_until: time(Column::ValidUntil, Edge::End)?,
        temporary: cell(Column::Temporary).map(|text| yes_no(Column::Temporary, text)).transpose()?,
        vendor: vendor.map(|vendor| vendor.map(|(sponsor, scope)| Vendor { sponsor, scope })),
        consent: consent.transpose()?,
    })
}

/// What stands in one cell with `;` between.
fn several(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Two columns that say one thing.
fn pair(
    first: Column,
    second: Column,
    text: &impl Fn(Column) -> Option<Option<String>>,
) -> Result<Option<Option<(String, String)>>, Fault> {
    match (text(first), text(second)) {
        (None, None) => Ok(None),
        (Some(Some(first)), Some(Some(second))) => Ok(Some(Some((first, second)))),
        (None | Some(None), None | Some(None)) => Ok(Some(None)),
        _ => Err(Fault::Half(first.code(), second.code())),
    }
}

fn yes_no(column: Column, text: &str) -> Result<bool, Fault> {
    match text.to_ascii_lowercase().as_str() {
        "yes" => Ok(true),
        "no" | "" => Ok(false),
        _ => Err(Fault::YesNo { column: column.code(), found: text.chars().take(16).collect() }),
    }
}
