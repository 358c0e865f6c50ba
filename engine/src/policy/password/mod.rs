//! What a password must be. Whether it was used before is for those who keep the hashes.

mod common;

use crate::text::vocabulary;

/// What the site asks of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRules {
    /// Least characters where it is asked for beside another kind of factor.
    pub least_length: u32,
    /// Least characters where it lets in alone.
    pub least_length_alone: u32,
    /// How many passwords of a person are remembered, the present one among them: none of them may be set again.
    pub remembered: u32,
    /// Whether a password that an administrator set is good for nothing but to be changed.
    pub change_at_first_use: bool,
}

/// The guideline's checklist, item 7: 8 characters with letters, digits and symbols beside a second factor, else 13.
impl Default for PasswordRules {
    fn default() -> PasswordRules {
        PasswordRules { least_length: 8, least_length_alone: 13, remembered: 5, change_at_first_use: true }
    }
}

/// Whose password it is to be: what others know of them must not be in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Owner<'a> {
    /// Their id.
    pub id: &'a str,
    /// Their name.
    pub name: &'a str,
    /// How the name is read.
    pub reading: Option<&'a str>,
    /// The accounts of the host that they may open.
    pub accounts: &'a [&'a str],
}

vocabulary! {
    /// Why a password was not taken.
    pub enum PasswordFault, "a fault of a password" {
        /// Fewer characters than the site asks for.
        TooShort = "too_short", "It is too short.", "文字数が足りません。";
        /// More than [`LONGEST`] characters.
        TooLong = "too_long", "It is too long.", "文字数が多すぎます。";
        /// A line end, a tab or another character that no keyboard types.
        Control = "control_character", "It has a control character in it.", "使用できない制御文字が含まれています。";
        /// Letters are asked for.
        NoLetter = "no_letter", "It has no letter.", "文字（英字など）が含まれていません。";
        /// Digits are asked for.
        NoDigit = "no_digit", "It has no digit.", "数字が含まれていません。";
        /// Symbols are asked for.
        NoSymbol = "no_symbol", "It has no symbol.", "記号が含まれていません。";
        /// Little is left of it without common words, years and runs of keys.
        Common = "common", "It is easy to guess.", "推測されやすいパスワードです。";
        /// The person's id or account is in it.
        HasId = "has_id", "The id or account is in it.", "IDまたはアカウント名が含まれています。";
        /// The person's name is in it.
        HasName = "has_name", "The name is in it.", "氏名が含まれています。";
    }
}

/// Most characters of a password. NIST SP 800-63B-4 asks that 64 be possible.
pub const LONGEST: usize = 128;

/// Fewer letters than these are in so many words that nobody can be asked to avoid them.
const SHORTEST_PART: usize = 3;
/// The same for names in Chinese characters or kana, most of which have two for the family.
const SHORTEST_PART_JAPANESE: usize = 2;

/// Judges a new password for its owner. `alone`: it lets in without another kind of factor beside it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_password(
    candidate: &str,
    owner: Owner<'_>,
    rules: &PasswordRules,
    alone: bool,
) -> Result<(), Vec<PasswordFault>> {
    // Nothing beyond this is looked at, and nothing of it copied.
    if candidate.chars().take(LONGEST + 1).count() > LONGEST {
        return Err(vec![PasswordFault::TooLong]);
    }
    let least = if alone { rules.least_length_alone } else { rules.least_length };
    let lacks = |is_of_kind: fn(char) -> bool| !alone && !candidate.chars().any(is_of_kind);
    let has_any = |texts: &[&str]| texts.iter().flat_map(|text| parts(text)).any(|part| has(candidate, part));
    let faults: Vec<PasswordFault> = [
        (PasswordFault::TooShort, candidate.chars().count() < least as usize),
        (PasswordFault::Control, candidate.chars().any(char::is_control)),
        (PasswordFault::NoLetter, lacks(char::is_alphabetic)),
        (PasswordFault::NoDigit, lacks(char::is_numeric)),
        (PasswordFault::NoSymbol, lacks(|c| !c.is_alphanumeric() && !c.is_control())),
        (PasswordFault::Common, common::is_common(candidate, alone)),
        (PasswordFault::HasId, has_any(&[owner.id]) || has_any(owner.accounts)),
        (PasswordFault::HasName, has_any(&[owner.name, owner.reading.unwrap_or_default()])),
    ]
    .into_iter()
    .filter_map(|(fault, found)| found.then_some(fault))
    .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// What a name or an account is put together from, as far as it is long enough to be told from chance.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| {
        let shortest = if part.is_ascii() { SHORTEST_PART } else { SHORTEST_PART_JAPANESE };
        part.chars().count() >= shortest
    })
}

/// Whether `part` stands in the candidate, in whatever case, also with digits and signs for letters.
fn has(candidate: &str, part: &str) -> bool {
    let begins_with_part = |(at, _)| {
        let mut rest = candidate[at..].chars();
        part.chars().all(|wanted| rest.next().is_some_and(|c| common::passes_for(c, wanted)))
    };
    candidate.char_indices().any(begins_with_part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWNER: Owner<'static> = Owner {
        id: "nurse01",
        name: "山田 花子",
        reading: Some("Yamada Hanako"),
        accounts: &["HOSP\\ward3", "hyamada@er"],
    };

    fn faults(candidate: &str, alone: bool) -> Vec<PasswordFault> {
        check_password(candidate, OWNER, &PasswordRules::default(), alone).err().unwrap_or_default()
    }

    #[test]
    fn beside_another_factor_eight_letters_digits_and_symbols_do_and_alone_thirteen_characters() {
        use PasswordFault::*;
        assert_eq!(faults("kz7#mLq2", false), []);
        assert_eq!(faults("kz7#mLq", false), [TooShort]);
        assert_eq!(faults("kzrwmLqt", false), [NoDigit, NoSymbol]);
        assert_eq!(faults("83920174", false), [NoLetter, NoSymbol]);
        assert_eq!(faults("赤い自転車7台で#", false), []);
        assert_eq!(faults("kz7#mLq2", true), [TooShort]);
        assert_eq!(faults("lamp under blue river", true), []);
        assert_eq!(faults("kz7#m\tLq2", false), [Control]);
        assert_eq!(faults(&"k7#z".repeat(32), false), []);
        assert_eq!(faults(&"k7#z".repeat(33), false), [TooLong]);
    }

    #[test]
    fn what_others_know_of_a_person_is_refused_in_any_case_and_in_disguise() {
        use PasswordFault::*;
        for (candidate, fault) in [
            ("qx#NURSE01-kt", HasId),
            ("7#Ward3#kqpt", HasId),
            ("zk4!hosp!mvq", HasId),
            ("mx-H@nak0-77", HasName),
            ("9!vyamada!q8", HasName),
            ("x4!山田!kq9t", HasName),
        ] {
            assert_eq!(faults(candidate, false), [fault], "{candidate}");
        }
        let short = Owner { id: "p1", name: "Bo Li", ..Owner::default() };
        let rules = PasswordRules::default();
        assert_eq!(check_password("boltp1li#7kq", short, &rules, false), Ok(()));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        use PasswordFault::*;
        assert_eq!(faults("yamada", false), [TooShort, NoDigit, NoSymbol, Common, HasName]);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_fail_and_only_the_right_lengths_pass(candidate in ".{0,160}", alone: bool) {
            let length = candidate.chars().count();
            if faults(&candidate, alone).is_empty() {
                let least = if alone { 13 } else { 8 };
                prop_assert!((least..=LONGEST).contains(&length));
            }
        }

        #[test]
        fn a_password_with_the_name_in_it_is_never_taken(before in "[a-z#7]{0,8}", after in "[k-z!4]{4,8}") {
            let candidate = format!("{before}yAm4da{after}");
            prop_assert!(faults(&candidate, true).contains(&PasswordFault::HasName));
        }
    }
}
