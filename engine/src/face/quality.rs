//! How fit a face is for matching, and what the person should change first.
//!
//! The thresholds were chosen on 104 pairs of press photographs of one person each (median cosine 0.69): one of each
//! pair was spoilt by degrees until it no longer matched the other at a cosine of 0.41.

use super::{Hint, Pose, Quality, Rect, light::Light};

/// Below this mean luma a face is too dark. At 0.20, with a sensor's noise, 3 of 104 no longer match; at 0.10 the
/// detector loses 19.
const DARK: f32 = 0.15;

/// Above this mean luma it is too bright: skin clips, and with it what tells people apart.
const BRIGHT: f32 = 0.88;

/// More than this share of the face as good as white is too bright as well. No press photograph has more than 0.17; with
/// six times their light, which clips 0.57 of the median face, two of five no longer match.
const WHITE: f32 = 0.5;

/// The light comes from behind where it is brighter there than on the face by more than this factor, and the face lies
/// below this mean luma. Of 2,749 press photographs none does both (2.5 at the most, 0.24 at the least). With a sixteenth
/// of their light on the person, before four times their light, the medians are 2.9 and 0.18, and three of ten no longer
/// match; with an eighth, where hardly fewer match than in good light, 2.3 and 0.22 (`docs/measurements/light.md`).
const BEHIND: f32 = 2.5;
const SHADED: f32 = 0.2;

/// Below this sharpness it is blurred. 0.20 is what a blur of 1.5 px leaves (5 of 104 lost), 0.12 one of 2 px
/// (9 lost), 0.06 one of 3 px (42 lost), all at a face width of 93 px.
const BLURRED: f32 = 0.12;

/// Below this width, px, a face is too small. Down to 43 px matching loses nothing, at 33 px 2 of 104; the eyes need
/// more: at 56 px each is about 10 px wide.
const FAR: f32 = 56.0;

/// Above this share of the frame's width the detector frames a face wrongly.
const NEAR: f32 = 0.6;

/// More than this share of the face's box outside the frame means cut off. Little is enough: a detector draws its boxes
/// around what it sees, and hardly over the border.
const CUT: f32 = 0.02;

/// Further than this from the middle of the frame, in frame widths or heights, is off centre.
const OFF_CENTRE: f32 = 0.35;

/// Further turned than this the head is turned away, degrees (yaw, pitch). The estimate's own error is some 15 %.
const TURNED: [f32; 2] = [30.0, 25.0];

/// A hint that was given is given again until its measure is better than its threshold by this share: who stands at a
/// threshold is not told to come nearer and to hold still in turns. From frame to frame a still face's measures wander by
/// a few percent.
const SLACK: f32 = 0.08;

/// What is looked at beside the picture itself.
pub(super) struct Setting {
    /// Where the face is.
    pub(super) rect: Rect,
    /// Where it looks.
    pub(super) pose: Pose,
    /// Width and height of the frame, px.
    pub(super) frame: [f32; 2],
    /// How many faces matter in the frame.
    pub(super) faces: usize,
    /// Mean luma of what is behind, 0..1, if any of it is to be seen.
    pub(super) behind: Option<f32>,
    /// What was in the way in the frame before.
    pub(super) told: Option<Hint>,
}

/// Judges a face by its aligned picture's light and sharpness, and by its place, size and direction.
pub(super) fn judge(light: &Light, setting: &Setting) -> Quality {
    let Setting { rect, pose, frame: [width, height], faces, behind, told } = setting;
    let centre = rect.centre();
    let away = ((centre.x / width - 0.5).abs()).max((centre.y / height - 0.5).abs());
    let back_light = behind.map(|behind| behind / light.brightness.max(1.0 / 255.0));
    let slack = |hint: Hint| if *told == Some(hint) { SLACK } else { 0.0 };
    let above = |hint: Hint, value: f32, limit: f32| value > limit * (1.0 - slack(hint));
    let below = |hint: Hint, value: f32, limit: f32| value < limit * (1.0 + slack(hint));
    let off_centre = [(outside(rect, *width, *height), CUT), (away, OFF_CENTRE)]
        .map(|(v, limit)| above(Hint::OffCentre, v, limit));
    let turned =
        [pose.yaw, pose.pitch].iter().zip(TURNED).any(|(v, limit)| above(Hint::LookStraight, v.abs(), limit));
    let is_behind = back_light.is_some_and(|factor| above(Hint::BackLight, factor, BEHIND));
    let too_bright = below(Hint::TooBright, 1.0 - light.brightness, 1.0 - BRIGHT)
        || above(Hint::TooBright, light.clipped[1], WHITE);
    let hints = [
        (*faces > 1, Hint::ManyFaces),
        // A face that fills the frame is cut by its border as well; what helps is stepping back.
        (above(Hint::TooNear, rect.width, NEAR * width), Hint::TooNear),
        (off_centre.contains(&true), Hint::OffCentre),
        (below(Hint::TooFar, rect.width, FAR), Hint::TooFar),
        (turned, Hint::LookStraight),
        (is_behind && below(Hint::BackLight, light.brightness, SHADED), Hint::BackLight),
        (below(Hint::TooDark, light.brightness, DARK), Hint::TooDark),
        (too_bright, Hint::TooBright),
        // Never held on to: a blink under way must not be lost to a movement that is over.
        (light.sharpness < BLURRED, Hint::Blurred),
    ];
    // Each part is 1 where nothing is to be gained, and one half at its threshold.
    let straight = 1.0 - (pose.yaw.abs() / TURNED[0]).max(pose.pitch.abs() / TURNED[1]) / 2.0;
    let size = rect.width / (2.0 * FAR);
    let sharp = light.sharpness / (2.0 * BLURRED);
    let lit = (light.brightness / (2.0 * DARK)).min((1.0 - light.brightness) / (2.0 * (1.0 - BRIGHT)));
    let seen = 1.0 - light.clipped[1] / (2.0 * WHITE);
    let behind =
        back_light.map_or(1.0, |factor| (BEHIND / (2.0 * factor)).max(light.brightness / (2.0 * SHADED)));
    let whole = 1.0 - outside(rect, *width, *height) / (2.0 * CUT);
    let score =
        [straight, size, sharp, lit, seen, behind, whole].iter().map(|part| part.clamp(0.0, 1.0)).product();
    Quality {
        score,
        brightness: light.brightness,
        contrast: light.contrast,
        sharpness: light.sharpness,
        clipped_dark: light.clipped[0],
        clipped_bright: light.clipped[1],
        back_light,
        hint: hints.into_iter().find_map(|(is_so, hint)| is_so.then_some(hint)),
    }
}

/// The share of a box that lies outside the frame, 0..1.
fn outside(rect: &Rect, width: f32, height: f32) -> f32 {
    let inside_x = (rect.x + rect.width).min(width) - rect.x.max(0.0);
    let inside_y = (rect.y + rect.height).min(height) - rect.y.max(0.0);
    1.0 - inside_x.max(0.0) * inside_y.max(0.0) / (rect.width * rect.height)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    const LIGHT: Light = Light { brightness: 0.5, contrast: 0.15, sharpness: 1.0, clipped: [0.0; 2] };

    fn setting() -> Setting {
        Setting {
            rect: Rect { x: 240.0, y: 140.0, width: 160.0, height: 200.0 },
            pose: Pose::default(),
            frame: [640.0, 480.0],
            faces: 1,
            behind: Some(0.2),
            told: None,
        }
    }

    fn hint_at(x: f32, y: f32, width: f32) -> Option<Hint> {
        let rect = Rect { x, y, width, height: width * 1.3 };
        judge(&LIGHT, &Setting { rect, ..setting() }).hint
    }

    #[test]
    fn a_good_picture_needs_no_hint_and_scores_one() {
        let quality = judge(&LIGHT, &setting());
        assert_eq!((quality.hint, quality.score), (None, 1.0));
    }

    #[test]
    fn place_and_size_are_named() {
        assert_eq!(hint_at(200.0, 100.0, 160.0), None);
        assert_eq!(hint_at(-30.0, 140.0, 160.0), Some(Hint::OffCentre));
        assert_eq!(hint_at(240.0, 380.0, 160.0), Some(Hint::OffCentre));
        assert_eq!(hint_at(300.0, 200.0, 40.0), Some(Hint::TooFar));
        assert_eq!(hint_at(100.0, -20.0, 420.0), Some(Hint::TooNear));
    }

    #[test]
    fn light_blur_direction_and_company_are_named() {
        let by_light = |light: Light| judge(&light, &setting()).hint;
        assert_eq!(by_light(Light { brightness: 0.1, ..LIGHT }), Some(Hint::TooDark));
        assert_eq!(by_light(Light { brightness: 0.95, ..LIGHT }), Some(Hint::TooBright));
        assert_eq!(by_light(Light { sharpness: 0.05, ..LIGHT }), Some(Hint::Blurred));
        let turned = Setting { pose: Pose { yaw: -40.0, ..Pose::default() }, ..setting() };
        assert_eq!(judge(&LIGHT, &turned).hint, Some(Hint::LookStraight));
        assert_eq!(judge(&LIGHT, &Setting { faces: 2, ..setting() }).hint, Some(Hint::ManyFaces));
    }

    #[test]
    fn light_from_behind_is_named_where_the_face_lies_in_the_shade() {
        let hint = |brightness: f32, behind: f32| {
            let light = Light { brightness, ..LIGHT };
            judge(&light, &Setting { behind: Some(behind), ..setting() }).hint
        };
        assert_eq!(hint(0.18, 0.6), Some(Hint::BackLight));
        // A bright wall behind a well lit face, and a dark room, are something else.
        assert_eq!(hint(0.3, 0.95), None);
        assert_eq!(hint(0.18, 0.3), None);
        assert_eq!(hint(0.12, 0.1), Some(Hint::TooDark));
        let black = judge(&Light { brightness: 0.0, ..LIGHT }, &setting()).back_light;
        assert!(black.is_some_and(|factor| (factor - 51.0).abs() < 0.01), "{black:?}");
    }

    #[test]
    fn a_face_half_of_which_is_white_is_too_bright_whatever_its_mean() {
        let clipped = |share: f32| judge(&Light { clipped: [0.0, share], ..LIGHT }, &setting()).hint;
        assert_eq!(clipped(0.6), Some(Hint::TooBright));
        assert_eq!(clipped(0.4), None);
    }

    /// The hints of a hundred frames in which a measure wanders by three percent about its threshold.
    fn wandering(at: impl Fn(f32) -> (Light, Setting)) -> Vec<Option<Hint>> {
        let mut told = None;
        let frame = |frame: u32| {
            let (light, setting) = at(1.0 + 0.03 * (frame as f32 * 1.3).sin());
            told = judge(&light, &Setting { told, ..setting }).hint;
            told
        };
        (0..100).map(frame).collect()
    }

    #[test]
    fn whoever_stands_at_a_threshold_is_not_told_this_and_that_in_turns() {
        let lit = |brightness: f32| (Light { brightness, ..LIGHT }, setting());
        let placed = |rect: Rect| (LIGHT, Setting { rect, ..setting() });
        let wide = |width: f32| placed(Rect { x: 320.0 - width / 2.0, y: 140.0, width, height: 200.0 });
        let turned = |yaw: f32| (LIGHT, Setting { pose: Pose { yaw, ..Pose::default() }, ..setting() });
        let backed = |behind: f32| {
            (Light { brightness: 0.18, ..LIGHT }, Setting { behind: Some(behind), ..setting() })
        };
        let cases: [(Hint, Vec<Option<Hint>>); 6] = [
            (Hint::TooDark, wandering(|by| lit(DARK * by))),
            (Hint::TooBright, wandering(|by| lit(1.0 - (1.0 - BRIGHT) * by))),
            (Hint::TooFar, wandering(|by| wide(FAR * by))),
            (Hint::TooNear, wandering(|by| wide(NEAR * 640.0 * by))),
            (Hint::LookStraight, wandering(|by| turned(TURNED[0] * by))),
            (Hint::BackLight, wandering(|by| backed(0.18 * BEHIND * by))),
        ];
        for (hint, told) in cases {
            let changes = told.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(told.contains(&Some(hint)) && changes <= 1, "{hint:?}: {told:?}");
        }
    }

    #[test]
    fn a_hint_goes_once_things_are_clearly_better() {
        let told = Setting { told: Some(Hint::TooDark), ..setting() };
        assert_eq!(judge(&Light { brightness: 0.155, ..LIGHT }, &told).hint, Some(Hint::TooDark));
        assert_eq!(judge(&Light { brightness: 0.165, ..LIGHT }, &told).hint, None);
    }
}
