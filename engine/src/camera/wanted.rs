//! Which camera is meant, and how it hangs: what a policy, a host or a command says of one.

use crate::frame::{Rotation, Turn};

/// A camera that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its number, its marks or a part of its name; none for the first.
    pub(super) which: Option<String>,
    /// What brings its pictures upright.
    pub(super) turn: Turn,
}

impl Wanted {
    /// Reads `046d:0825 serial:A0001 turned:90`: the word for how the camera hangs stands among the others, or alone. One
    /// that says anything but 90, 180 or 270 degrees, or a second one, belongs to a name that no camera has.
    pub(super) fn parse(text: &str) -> Wanted {
        let (turns, others): (Vec<&str>, Vec<&str>) =
            text.split_whitespace().partition(|word| rotation(word).is_some());
        let [turned] = *turns else { return Wanted { which: Some(text.to_owned()), turn: Turn::NONE } };
        Wanted {
            which: Some(others.join(" ")).filter(|which| !which.is_empty()),
            turn: Turn { rotation: rotation(turned).unwrap_or_default(), mirrored: false },
        }
    }
}

/// How far pictures are turned to be upright, clockwise, by the word that says so.
fn rotation(word: &str) -> Option<Rotation> {
    let degrees = word.strip_prefix("turned:")?.parse().ok()?;
    Rotation::from_degrees(degrees).filter(|rotation| *rotation != Rotation::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> (Option<String>, Rotation) {
        let Wanted { which, turn } = Wanted::parse(text);
        (which, turn.rotation)
    }

    #[test]
    fn how_a_camera_hangs_is_said_beside_its_number_its_marks_or_its_name_or_of_the_first() {
        let some = |which: &str| Some(which.to_owned());
        assert_eq!(wanted("2 turned:180"), (some("2"), Rotation::Half));
        assert_eq!(
            wanted("046d:0825 turned:90 serial:A0001"),
            (some("046d:0825 serial:A0001"), Rotation::Quarter)
        );
        assert_eq!(wanted("Front Camera turned:270"), (some("Front Camera"), Rotation::ThreeQuarters));
        assert_eq!(wanted("turned:90"), (None, Rotation::Quarter));
        assert_eq!(wanted("Front  Camera"), (some("Front  Camera"), Rotation::None));
    }

    #[test]
    fn what_is_no_right_angle_or_said_twice_is_a_name() {
        for text in ["turned:45", "turned:0", "turned:", "turned:-90", "Front turned:90 turned:180"] {
            assert_eq!(wanted(text), (Some(text.to_owned()), Rotation::None));
        }
    }
}
