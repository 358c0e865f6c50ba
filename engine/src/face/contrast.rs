//! Flat light made ordinary before a face is compared.
//!
//! A face that the light hardly models, in the shade of a window, in haze or in the dark, keeps what tells people apart in
//! few steps of luma, and the embedding net was trained on more. Of all that was tried only this helped: the figures, and
//! those of what did not, are in `docs/measurements/light.md`.

use super::light::Light;

/// Below this standard deviation of luma the contrast is raised. Of 2,749 press photographs none lies below 0.07, so
/// nothing changes where the light is good.
const FLAT: f32 = 0.06;

/// Above this mean luma nothing is changed: what is missing there was clipped, and comes back by no means.
const LIGHT: f32 = 0.7;

/// Mean and standard deviation of luma that such a face is brought to: the medians of press photographs.
const ORDINARY: [f32; 2] = [0.5, 0.16];

/// Noise is not to be taken for a face: the contrast is raised by no more than this.
const MOST: f32 = 8.0;

/// What each value of each channel becomes. `None` in ordinary light.
pub(super) fn table(light: &Light) -> Option<[u8; 256]> {
    let is_flat = light.contrast < FLAT && light.brightness < LIGHT;
    is_flat.then(|| {
        let gain = (ORDINARY[1] / light.contrast).min(MOST);
        let middle = light.brightness * 255.0;
        // Rounded, and held within the range, by the conversion.
        std::array::from_fn(|value| (ORDINARY[0] * 255.0 + (value as f32 - middle) * gain + 0.5) as u8)
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    const GOOD: Light = Light { brightness: 0.5, contrast: 0.16, sharpness: 0.5, clipped: [0.0; 2] };

    #[test]
    fn ordinary_and_bright_faces_stay_as_they_are() {
        assert_eq!(table(&GOOD), None);
        assert_eq!(table(&Light { contrast: FLAT, ..GOOD }), None);
        assert_eq!(table(&Light { brightness: 0.8, contrast: 0.02, ..GOOD }), None);
    }

    #[test]
    fn a_flat_face_gets_the_mean_and_the_spread_of_an_ordinary_one() {
        let table = table(&Light { brightness: 0.2, contrast: 0.04, ..GOOD }).unwrap();
        assert_eq!(table[51], 128);
        // One deviation above the mean before is one above it after.
        assert!((f32::from(table[61]) - (128.0 + 40.8)).abs() < 1.5, "{}", table[61]);
    }

    #[test]
    fn a_picture_of_one_colour_is_not_torn_apart() {
        let table = table(&Light { contrast: 0.0, ..GOOD }).unwrap();
        assert!(table[130] - table[129] <= 8);
    }

    proptest! {
        #[test]
        fn values_keep_their_order(brightness in 0f32..1.0, contrast in 0f32..0.1) {
            if let Some(table) = table(&Light { brightness, contrast, ..GOOD }) {
                prop_assert!(table.windows(2).all(|pair| pair[0] <= pair[1]));
            }
        }
    }
}
