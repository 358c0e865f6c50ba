//! Every row against every row, fast and in bounded memory.

use ndarray::{Array2, ArrayView2, linalg::general_mat_mul, s};

/// Rows of a block: two blocks of 512 numbers and their product stay in the cache of one core.
const BLOCK: usize = 256;

/// Calls `pair` with the product of every row of `left` with every row of `right`.
pub(crate) fn every_pair(
    left: ArrayView2<'_, f32>,
    right: ArrayView2<'_, f32>,
    mut pair: impl FnMut(usize, usize, f32),
) {
    blocks(left, right, |_, _| true, &mut pair);
}

/// Calls `pair` once with the product of every two different rows, the first one before the second.
pub(crate) fn every_two(rows: ArrayView2<'_, f32>, mut pair: impl FnMut(usize, usize, f32)) {
    blocks(rows, rows, |i, j| i <= j, &mut |i, j, score| {
        if i < j {
            pair(i, j, score);
        }
    });
}

/// Multiplies block by block; `wanted` tells from the numbers of two blocks whether they are.
fn blocks(
    left: ArrayView2<'_, f32>,
    right: ArrayView2<'_, f32>,
    wanted: impl Fn(usize, usize) -> bool,
    pair: &mut impl FnMut(usize, usize, f32),
) {
    let mut products = Array2::zeros((BLOCK, BLOCK));
    for (i, a) in left.axis_chunks_iter(ndarray::Axis(0), BLOCK).enumerate() {
        for (j, b) in
            right.axis_chunks_iter(ndarray::Axis(0), BLOCK).enumerate().filter(|&(j, _)| wanted(i, j))
        {
            let mut products = products.slice_mut(s![..a.nrows(), ..b.nrows()]);
            general_mat_mul(1.0, &a, &b.t(), 0.0, &mut products);
            for ((row, column), &score) in products.indexed_iter() {
                pair(i * BLOCK + row, j * BLOCK + column, score);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn rows(count: usize) -> Array2<f32> {
        Array2::from_shape_fn((count, 7), |(row, column)| ((row * 31 + column * 17) % 13) as f32 / 13.0 - 0.5)
    }

    #[test]
    fn every_two_rows_meet_once_across_blocks() {
        let rows = rows(2 * BLOCK + 3);
        let mut met = BTreeSet::new();
        every_two(rows.view(), |i, j, score| {
            assert!(i < j && met.insert((i, j)));
            assert!((score - rows.row(i).dot(&rows.row(j))).abs() < 1e-5);
        });
        assert_eq!(met.len(), rows.nrows() * (rows.nrows() - 1) / 2);
    }

    #[test]
    fn every_left_row_meets_every_right_row_once() {
        let (left, right) = (rows(BLOCK + 1), rows(5));
        let mut met = BTreeSet::new();
        every_pair(left.view(), right.view(), |i, j, _| assert!(met.insert((i, j))));
        assert_eq!(met.len(), (BLOCK + 1) * 5);
    }
}
