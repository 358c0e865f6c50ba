//! Non-maximum suppression: of boxes that mean the same face, the surest stays.

use super::{Detection, Rect};

/// Sorts by score, best first, and drops every box that overlaps a better one by more than `overlap` (intersection over
/// union, 0..1). Works in place and does not allocate.
pub(super) fn suppress(found: &mut Vec<Detection>, overlap: f32) {
    found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept = 0;
    for index in 0..found.len() {
        let candidate = found[index];
        if found[..kept]
            .iter()
            .all(|better| intersection_over_union(&better.rect, &candidate.rect) <= overlap)
        {
            found[kept] = candidate;
            kept += 1;
        }
    }
    found.truncate(kept);
}

/// How much two rectangles are the same: 0 (apart) ..1 (identical).
pub(super) fn intersection_over_union(a: &Rect, b: &Rect) -> f32 {
    let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
    let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let both = width * height;
    both / (a.width * a.height + b.width * b.height - both)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn detection(x: f32, y: f32, side: f32, score: f32) -> Detection {
        Detection { rect: Rect { x, y, width: side, height: side }, score }
    }

    #[test]
    fn the_surest_of_overlapping_boxes_stays_and_faces_apart_both_stay() {
        let mut found = vec![
            detection(0.0, 0.0, 10.0, 0.8),
            detection(1.0, 0.0, 10.0, 0.9),
            detection(50.0, 0.0, 10.0, 0.7),
        ];
        suppress(&mut found, 0.4);
        assert_eq!(found, [detection(1.0, 0.0, 10.0, 0.9), detection(50.0, 0.0, 10.0, 0.7)]);
    }

    #[test]
    fn a_box_dropped_for_a_better_one_drops_no_other() {
        // A chain: the middle one overlaps both ends, the ends do not overlap each other.
        let mut found = vec![
            detection(0.0, 0.0, 10.0, 0.9),
            detection(4.0, 0.0, 10.0, 0.8),
            detection(8.0, 0.0, 10.0, 0.7),
        ];
        suppress(&mut found, 0.4);
        assert_eq!(found, [detection(0.0, 0.0, 10.0, 0.9), detection(8.0, 0.0, 10.0, 0.7)]);
    }

    proptest! {
        #[test]
        fn no_two_boxes_that_stay_overlap_and_the_best_always_stays(
            boxes in prop::collection::vec((0f32..100.0, 0f32..100.0, 1f32..50.0, 0f32..1.0), 1..40),
            overlap in 0.05f32..0.95,
        ) {
            let mut found: Vec<_> = boxes.iter().map(|&(x, y, side, score)| detection(x, y, side, score)).collect();
            let best = found.iter().map(|detection| detection.score).fold(0.0, f32::max);
            suppress(&mut found, overlap);
            prop_assert_eq!(found[0].score, best);
            for (index, a) in found.iter().enumerate() {
                for b in &found[index + 1..] {
                    prop_assert!(intersection_over_union(&a.rect, &b.rect) <= overlap);
                }
            }
        }
    }
}
