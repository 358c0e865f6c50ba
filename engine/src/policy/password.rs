//! What a password must be. Whether it was used before is for those who keep the hashes.

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
