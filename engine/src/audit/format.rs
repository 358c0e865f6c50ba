//! A record as one line for people and as one JSON object.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{Factor, Record, Source};
use crate::card::Assurance;
use crate::text::UnknownWord;

/// One line: number, time, terminal, operation, outcome, then what else is known, as `key=value`.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = &self.entry;
        let (category, operation) = (entry.operation.category(), entry.operation);
        write!(
            f,
            "{:>6}  {:.3}  {}  {category}/{operation}  {}",
            self.seq, entry.time, self.terminal, entry.outcome
        )?;
        if let Some(reason) = &entry.reason {
            write!(f, " ({reason})")?;
        }
        match (&entry.subject, &entry.name) {
            (Some(subject), Some(name)) => write!(f, "  {subject} {name}")?,
            (Some(text), None) | (None, Some(text)) => write!(f, "  {text}")?,
            (None, None) => {}
        }
        for (key, value) in [
            ("object", &entry.object),
            ("account", &entry.account),
            ("purpose", &entry.purpose),
            ("session", &entry.session),
            ("camera", &entry.camera),
            ("reader", &entry.reader),
            ("origin", &entry.origin),
            ("host", &entry.host),
        ] {
            if let Some(value) = value {
                write!(f, "  {key}={value}")?;
            }
        }
        if !entry.factors.is_empty() {
            write!(f, "  factors={}", Factor::list(&entry.factors))?;
        }
        if let Some(standing) = entry.standing {
            write!(f, "  {standing}")?;
        }
        if let Some(ms) = entry.duration_ms {
            write!(f, "  {ms} ms")?;
        }
        match (entry.host_supplied.frames, entry.host_supplied.card) {
            (true, true) => f.write_str("  host-supplied=frames,card"),
            (true, false) => f.write_str("  host-supplied=frames"),
            (false, true) => f.write_str("  host-supplied=card"),
            (false, false) => Ok(()),
        }?;
        match entry.source {
            Source::Engine => Ok(()),
            Source::Host => f.write_str("  (the host's word)"),
        }
    }
}

/// Every key is always there; what is not known is null.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = &self.entry;
        let mut object = serializer.serialize_struct("Record", 25)?;
        object.serialize_field("seq", &self.seq)?;
        object.serialize_field("time", &format_args!("{:.6}", entry.time))?;
        object.serialize_field("offset", &self.offset)?;
        object.serialize_field("terminal", &self.terminal)?;
        object.serialize_field("category", &entry.operation.category())?;
        object.serialize_field("operation", &entry.operation)?;
        object.serialize_field("outcome", &entry.outcome)?;
        object.serialize_field("reason", &entry.reason)?;
        object.serialize_field("subject", &entry.subject)?;
        object.serialize_field("name", &entry.name)?;
        object.serialize_field("object", &entry.object)?;
        object.serialize_field("account", &entry.account)?;
        object.serialize_field("purpose", &entry.purpose)?;
        object.serialize_field("factors", &entry.factors)?;
        object.serialize_field("standing", &entry.standing)?;
        object.serialize_field("session", &entry.session)?;
        object.serialize_field("duration_ms", &entry.duration_ms)?;
        object.serialize_field("pack", &entry.pack)?;
        object.serialize_field("runtime", &entry.runtime)?;
        object.serialize_field("camera", &entry.camera)?;
        object.serialize_field("reader", &entry.reader)?;
        object.serialize_field("origin", &entry.origin)?;
        object.serialize_field("host", &entry.host)?;
        object.serialize_field("host_supplied", &entry.host_supplied)?;
        object.serialize_field("source", &entry.source)?;
        object.end()
    }
}

impl Factor {
    /// Several factors as one text: `card:identifier_only+face`; empty for none.
    pub fn list(factors: &[Self]) -> String {
        factors.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
    }

    /// Reads what [`Factor::list`] wrote.
    ///
    /// # Errors
    /// The first word that is no factor.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, UnknownWord> {
        if text.is_empty() { Ok(Vec::new()) } else { text.split('+').map(str::parse).collect() }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Card { assurance: Assurance::IdentifierOnly } => "card:identifier_only",
            Self::Card { assurance: Assurance::Proved } => "card:proved",
            Self::Face => "face",
            Self::Password => "password",
            Self::HostPassword => "host_password",
            Self::Pin => "pin",
            Self::StoreKey => "store_key",
            Self::EmergencyCode => "emergency_code",
        })
    }
}

impl FromStr for Factor {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "card:identifier_only" => Ok(Self::Card { assurance: Assurance::IdentifierOnly }),
            "card:proved" => Ok(Self::Card { assurance: Assurance::Proved }),
            "face" => Ok(Self::Face),
            "password" => Ok(Self::Password),
            "host_password" => Ok(Self::HostPassword),
            "pin" => Ok(Self::Pin),
            "store_key" => Ok(Self::StoreKey),
            "emergency_code" => Ok(Self::EmergencyCode),
            other => Err(UnknownWord::new("a factor", other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    const ALL: [Factor; 8] = [
        Factor::Card { assurance: Assurance::IdentifierOnly },
        Factor::Card { assurance: Assurance::Proved },
        Factor::Face,
        Factor::Password,
        Factor::HostPassword,
        Factor::Pin,
        Factor::StoreKey,
        Factor::EmergencyCode,
    ];

    proptest! {
        #[test]
        fn a_list_of_factors_reads_back(which in prop::collection::vec(0..ALL.len(), 0..8)) {
            let factors: Vec<Factor> = which.into_iter().map(|at| ALL[at]).collect();
            prop_assert_eq!(Factor::parse_list(&Factor::list(&factors)).unwrap(), factors);
        }

        #[test]
        fn a_text_that_reads_as_factors_is_spelt_as_they_are(text in "(card:proved|face|card|[+:a-z]){0,4}") {
            if let Ok(factors) = Factor::parse_list(&text) {
                prop_assert_eq!(Factor::list(&factors), text);
            }
        }
    }

    #[test]
    fn a_word_that_is_no_factor_is_named() {
        assert_eq!(
            Factor::parse_list("face+smile").unwrap_err().to_string(),
            "\"smile\" is not a word for a factor"
        );
    }
}
