//! Cameras that hang on their side or upside down, and pictures that show people as a mirror does.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{FrameError, Pixels, decoder};

/// What brings a picture upright: it is turned, and then left and right are exchanged if it shows what a mirror would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Turn {
    /// How far it is turned, clockwise.
    pub rotation: Rotation,
    /// Whether it shows, once it is upright, what a mirror would.
    pub mirrored: bool,
}

/// How far a picture is turned, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Rotation {
    /// Not at all.
    #[default]
    None,
    /// By a right angle.
    Quarter,
    /// Upside down.
    Half,
    /// By three right angles.
    ThreeQuarters,
}

impl Rotation {
    /// The rotation by so many degrees: 0, 90, 180 or 270.
    #[must_use]
    pub const fn from_degrees(degrees: u32) -> Option<Rotation> {
        match degrees {
            0 => Some(Rotation::None),
            90 => Some(Rotation::Quarter),
            180 => Some(Rotation::Half),
            270 => Some(Rotation::ThreeQuarters),
            _ => None,
        }
    }
}

/// The way through a picture's bytes that meets its pixels in the order of the upright one, bytes.
struct Way {
    first: usize,
    right: isize,
    down: isize,
}

impl Turn {
    /// The picture is upright.
    pub const NONE: Turn = Turn { rotation: Rotation::None, mirrored: false };

    /// The sides of the upright picture.
    pub(super) const fn upright(self, [width, height]: [u32; 2]) -> [u32; 2] {
        match self.rotation {
            Rotation::None | Rotation::Half => [width, height],
            Rotation::Quarter | Rotation::ThreeQuarters => [height, width],
        }
    }

    /// The upright picture: as it is where nothing is to be done, else copied into this buffer, rows close together.
    pub(super) fn apply<'p>(
        self,
        pixels: Pixels<'p>,
        buffer: &'p mut Zeroizing<Vec<u8>>,
    ) -> Result<Pixels<'p>, FrameError> {
        if self == Turn::NONE {
            return Ok(pixels);
        }
        let [width, height] = self.upright([pixels.width(), pixels.height()]);
        let channels = pixels.colour().channels();
        let stride = width as usize * channels;
        decoder::make_room(buffer, stride * height as usize);
        let way = self.way(&pixels);
        match channels {
            1 => way.copy::<1>(pixels.data(), stride, buffer),
            _ => way.copy::<3>(pixels.data(), stride, buffer),
        }
        Pixels::new(pixels.colour(), width, height, stride, buffer)
    }

    fn way(self, pixels: &Pixels<'_>) -> Way {
        // Within the limits of a picture: far below what these can hold.
        let (stride, pixel) = (pixels.stride() as isize, pixels.colour().channels() as isize);
        let (last_column, last_row) =
            ((pixels.width() - 1) as isize * pixel, (pixels.height() - 1) as isize * stride);
        let (mut first, mut right, down) = match self.rotation {
            Rotation::None => (0, pixel, stride),
            Rotation::Quarter => (last_row, -stride, pixel),
            Rotation::Half => (last_row + last_column, -pixel, -stride),
            Rotation::ThreeQuarters => (last_column, stride, -pixel),
        };
        if self.mirrored {
            let [width, _] = self.upright([pixels.width(), pixels.height()]);
            first += right * (width - 1) as isize;
            right = -right;
        }
        Way { first: first.unsigned_abs(), right, down }
    }
}

impl Way {
    fn copy<const CHANNELS: usize>(&self, from: &[u8], stride: usize, into: &mut [u8]) {
        let mut row_begins = self.first;
        for row in into.chunks_exact_mut(stride) {
            let mut at = row_begins;
            for pixel in row.as_chunks_mut::<CHANNELS>().0 {
                if let Some(found) = from.get(at..).and_then(|rest| rest.first_chunk()) {
                    *pixel = *found;
                }
                at = at.wrapping_add_signed(self.right);
            }
            row_begins = row_begins.wrapping_add_signed(self.down);
        }
    }
}

#[cfg(test)]
mod tests {
    use mabataki_models::Colour;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    const ROTATIONS: [Rotation; 4] =
        [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];

    /// Its rows, of a gray picture of three columns and two rows: 1 2 3 / 4 5 6, with a stride of four.
    fn turned(rotation: Rotation, mirrored: bool) -> Vec<Vec<u8>> {
        let data = [1, 2, 3, 99, 4, 5, 6];
        let pixels = Pixels::new(Colour::Gray, 3, 2, 4, &data).unwrap();
        let mut buffer = Zeroizing::default();
        let turned = Turn { rotation, mirrored }.apply(pixels, &mut buffer).unwrap();
        (0..turned.height()).map(|y| turned.row(y).to_vec()).collect()
    }

    #[test]
    fn a_picture_is_turned_clockwise() {
        assert_eq!(turned(Rotation::None, false), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(turned(Rotation::Quarter, false), [[4, 1], [5, 2], [6, 3]]);
        assert_eq!(turned(Rotation::Half, false), [[6, 5, 4], [3, 2, 1]]);
        assert_eq!(turned(Rotation::ThreeQuarters, false), [[3, 6], [2, 5], [1, 4]]);
    }

    #[test]
    fn a_mirrored_picture_has_left_and_right_exchanged_once_it_is_upright() {
        assert_eq!(turned(Rotation::None, true), [[3, 2, 1], [6, 5, 4]]);
        assert_eq!(turned(Rotation::Quarter, true), [[1, 4], [2, 5], [3, 6]]);
        assert_eq!(turned(Rotation::Half, true), [[4, 5, 6], [1, 2, 3]]);
        assert_eq!(turned(Rotation::ThreeQuarters, true), [[6, 3], [5, 2], [4, 1]]);
    }

    #[test]
    fn degrees_go_by_right_angles() {
        assert_eq!([0, 90, 180, 270].map(|degrees| Rotation::from_degrees(degrees).unwrap()), ROTATIONS);
        assert!([1, 45, 360, u32::MAX].iter().all(|degrees| Rotation::from_degrees(*degrees).is_none()));
    }

    proptest! {
        #[test]
        fn four_quarters_and_two_mirrors_give_the_same_picture_back(
            width in 1u32..30, height in 1u32..30, pad in 0usize..5, is_gray: bool, mirrored: bool,
        ) {
            let colour = if is_gray { Colour::Gray } else { Colour::Rgb };
            let stride = width as usize * colour.channels() + pad;
            let data: Vec<u8> = (0..stride * height as usize).map(|at| (at * 7 % 251) as u8).collect();
            let first = Pixels::new(colour, width, height, stride, &data).unwrap();
            let rows = |pixels: &Pixels<'_>| (0..pixels.height()).map(|y| pixels.row(y).to_vec()).collect::<Vec<_>>();
            let mut buffers: [Zeroizing<Vec<u8>>; 4] = Default::default();
            let turn = Turn { rotation: Rotation::Quarter, mirrored };
            // Mirrored, two quarters undo each other.
            let pixels = buffers.iter_mut().fold(first, |pixels, buffer| turn.apply(pixels, buffer).unwrap());
            prop_assert_eq!(rows(&pixels), rows(&first));
        }
    }
}
