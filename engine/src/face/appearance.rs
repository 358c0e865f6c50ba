//! What the followed face looks like, coarsely: enough to notice that another has taken its place between two frames.

use zeroize::Zeroizing;

/// Cells of the coarse picture along each side.
const CELLS: usize = 28;

/// Below this correlation with the frame before, the detector is to look at once. On 14 recorded clips successive frames
/// correlate by 0.95 in the median and never by less than 0.73, blinks and turns included.
pub(super) const DOUBTFUL: f32 = 0.75;

/// Below this it is another face, or none. Six frames apart one person's frames still correlate by 0.41 at the least
/// (half of the clips: 0.87); two people's do by 0.36 in the median. A swap that stays above is left to whoever compares
/// embeddings.
pub(super) const OTHER: f32 = 0.4;

/// A coarse picture of the followed face, as it was and as it is now. Biometric data: wiped on drop.
pub(super) struct Appearance {
    before: Zeroizing<Vec<f32>>,
    now: Zeroizing<Vec<f32>>,
    is_known: bool,
}

impl Appearance {
    pub(super) fn new() -> Self {
        let cells = || Zeroizing::new(vec![0.0; CELLS * CELLS]);
        Self { before: cells(), now: cells(), is_known: false }
    }

    /// Forgets what the face looked like.
    pub(super) fn forget(&mut self) {
        self.before.fill(0.0);
        self.now.fill(0.0);
        self.is_known = false;
    }

    /// How much the aligned luma picture of this frame is like the one kept, −1..1; 1 if none was kept.
    pub(super) fn likeness(&mut self, gray: &[u8], width: usize) -> f32 {
        shrink(gray, width, &mut self.now);
        if self.is_known { self.before.iter().zip(self.now.iter()).map(|(a, b)| a * b).sum() } else { 1.0 }
    }

    /// Keeps the picture last compared, for the next frame.
    pub(super) fn keep(&mut self) {
        std::mem::swap(&mut self.before, &mut self.now);
        self.is_known = true;
    }
}

/// The mean of each cell, then free of their mean and of unit length.
fn shrink(gray: &[u8], width: usize, cells: &mut [f32]) {
    let height = gray.len() / width;
    let edge = |cell: usize, length: usize| cell * length / CELLS;
    for (index, cell) in cells.iter_mut().enumerate() {
        let (column, row) = (index % CELLS, index / CELLS);
        let (left, right) = (edge(column, width), edge(column + 1, width).max(edge(column, width) + 1));
        let (top, bottom) = (edge(row, height), edge(row + 1, height).max(edge(row, height) + 1));
        let sum: u32 = (top..bottom)
            .flat_map(|y| &gray[y * width + left..y * width + right])
            .map(|&v| u32::from(v))
            .sum();
        *cell = sum as f32 / ((right - left) * (bottom - top)) as f32;
    }
    let mean = cells.iter().sum::<f32>() / cells.len() as f32;
    cells.iter_mut().for_each(|cell| *cell -= mean);
    let length = cells.iter().map(|cell| cell * cell).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    cells.iter_mut().for_each(|cell| *cell /= length);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..112 * 112).map(|index| value(index % 112, index / 112)).collect()
    }

    #[test]
    fn the_same_face_in_other_light_is_alike_and_another_picture_is_not() {
        let face = picture(|x, y| (x * y % 97) as u8 + 40);
        let dimmed = picture(|x, y| ((x * y % 97) as u8 + 40) / 2);
        let other = picture(|x, y| if x > y { 200 } else { 20 });
        let mut appearance = Appearance::new();
        assert!(appearance.likeness(&face, 112) >= 1.0);
        appearance.keep();
        assert!(appearance.likeness(&dimmed, 112) > 0.99);
        assert!(appearance.likeness(&other, 112) < OTHER);
    }

    #[test]
    fn what_was_only_compared_is_not_what_the_next_frame_is_held_against() {
        let (face, other) = (picture(|x, _| x as u8), picture(|_, y| y as u8));
        let mut appearance = Appearance::new();
        appearance.likeness(&face, 112);
        appearance.keep();
        assert!(appearance.likeness(&other, 112) < OTHER);
        assert!(appearance.likeness(&face, 112) > 0.99);
    }
}
