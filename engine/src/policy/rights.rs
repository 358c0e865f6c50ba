//! Sets of rights.

use std::fmt;

use super::words::Right;

/// What a role may do as an administrator.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u16);

impl Rights {
    /// None: for everybody who does not administer.
    pub const NONE: Rights = Rights(0);

    /// Whether this right is among them.
    #[must_use]
    pub const fn contains(self, right: Right) -> bool {
        self.0 & bit(right) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of [`Right::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.iter().copied().filter(move |right| self.contains(*right))
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Rights {
        rights.into_iter().fold(Rights::NONE, |rights, right| Rights(rights.0 | bit(right)))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

const fn bit(right: Right) -> u16 {
    1 << right as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_rights_holds_what_was_put_into_it_and_nothing_else() {
        for right in Right::ALL.iter().copied() {
            let rights: Rights = [right].into_iter().collect();
            assert_eq!(rights.iter().collect::<Vec<_>>(), [right]);
        }
        assert!(Rights::NONE.is_empty());
        assert_eq!(Right::ALL.iter().copied().collect::<Rights>().iter().count(), Right::ALL.len());
    }
}
