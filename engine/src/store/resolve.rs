//! Whose card this is, and who has this id, in the same steps and the same time whether anybody has it or not.
//!
//! What is looked for is found by an index; where it is missing, the entry that comes next is taken in its place, read
//! and unsealed like the real one, and thrown away. Cards are found by a keyed hash, so which card stands in for an
//! unknown one cannot be foreseen from outside, and is the same one every time.

use rusqlite::{OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::{
    Card, Person, Store, StoreError, StoredTemplate, cards, people,
    rows::{Content, Rows},
    templates,
};
use crate::{audit::is_id, card::CardIdentity};

/// The person looked for, or the one whose id comes next.
const PERSON: &str = "SELECT revision, sealed, id FROM person WHERE id = \
    coalesce((SELECT min(id) FROM person WHERE id >= ?1), (SELECT min(id) FROM person))";

/// The template looked for, or the one of whose id comes next.
const TEMPLATE: &str = "SELECT revision, sealed, person FROM template WHERE person = \
    coalesce((SELECT min(person) FROM template WHERE person >= ?1), (SELECT min(person) FROM template))";

/// A card with its people and their faces, all of one moment.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The card.
    pub card: Card,
    /// Whose it is, as [`Card::people`], each with the template they are enrolled with.
    pub people: Vec<(Person, Option<StoredTemplate>)>,
}

impl Store {
    /// Whose card this is. The identity's assurance is not compared: whether it is enough is policy, as is whether card
    /// and people may be used at all.
    ///
    /// A card of several people takes longer than a card of one, by one person and one template each.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record of it is damaged.
    pub fn resolve_card(&self, identity: &CardIdentity) -> Result<Option<Resolved>, StoreError> {
        self.read(|rows| {
            let lookup = rows.keys.card_lookup(identity);
            let mut statement =
                rows.conn.prepare_cached(cards::NEAREST).map_err(|error| rows.failed(error))?;
            let nearest = statement
                .query_row([lookup], |row| Ok((row.get::<_, [u8; 32]>(3)?, cards::read(rows, row))))
                .optional()
                .map_err(|error| rows.failed(error))?;
            let Some((found, card)) = nearest else { return Ok(None) };
            let resolved = card.and_then(|(card, _)| {
                let people = card.people.iter().map(|id| {
                    resolve(rows, id)?.ok_or_else(|| {
                        rows.damaged(cards::TABLE, card.handle.as_str(), "a person of it is missing")
                    })
                });
                Ok(Resolved { people: people.collect::<Result<_, _>>()?, card })
            });
            // Whatever became of one that only stood in: nobody was looked for.
            if bool::from(found.ct_eq(&lookup)) { resolved.map(Some) } else { Ok(None) }
        })
    }

    /// Who has this id, with the template they are enrolled with.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record of them is damaged.
    pub fn resolve_person(&self, id: &str) -> Result<Option<(Person, Option<StoredTemplate>)>, StoreError> {
        self.read(|rows| resolve(rows, if is_id(id) { id } else { "" }))
    }
}

fn resolve(rows: &Rows<'_>, id: &str) -> Result<Option<(Person, Option<StoredTemplate>)>, StoreError> {
    let person = nearest(rows, people::TABLE, PERSON, id, people::person);
    let template = nearest(rows, templates::TABLE, TEMPLATE, id, templates::template);
    let Some(person) = person? else { return Ok(None) };
    Ok(Some((person, template?)))
}

/// What `sql` finds for `id`, opened; `None` when it is another's, which was opened all the same.
fn nearest<S: serde::de::DeserializeOwned, T>(
    rows: &Rows<'_>,
    table: &'static str,
    sql: &str,
    id: &str,
    make: fn(String, Content<S>) -> T,
) -> Result<Option<T>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(sql).map_err(wrap)?;
    let found = statement
        .query_row(params![id], |row| {
            let key: String = row.get(2)?;
            let content = rows.open(table, &key, row, [0, 1]);
            Ok((key, content))
        })
        .optional()
        .map_err(wrap)?;
    let Some((key, content)) = found else { return Ok(None) };
    let is_it = key == id;
    let made = content.map(|content| make(key, content));
    if is_it { made.map(Some) } else { Ok(None) }
}
