//! The manifest: a TOML file that says everything about a pack.

use serde::{Deserialize, Serialize};

use crate::{Calibration, Colour, Decoder, MAX_MANIFEST_BYTES, MAX_MODEL_BYTES, ModelSpec, Population, Role};

/// The manifest's file name inside a pack.
pub const MANIFEST_NAME: &str = "manifest.toml";

/// The manifest of the pack that is installed by default.
pub const DEFAULT_MANIFEST: &str = include_str!("../manifest.toml");

/// What a pack is made of. The models stand in the order in which a frame passes through them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The pack as a whole.
    pub pack: PackInfo,
    /// Its models.
    pub model: Vec<ModelSpec>,
    /// What its scores are worth.
    pub calibration: Calibration,
}

/// The pack as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A manifest that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ManifestError {
    /// More bytes than a manifest may have.
    #[error("the manifest has {found} bytes, at most {MAX_MANIFEST_BYTES} are read")]
    TooLarge {
        /// Its length, bytes.
        found: u64,
    },
    /// Not text.
    #[error("the manifest is not UTF-8 text: the first bad byte is at {offset}")]
    NotText {
        /// Offset of the first byte that is not UTF-8.
        offset: usize,
    },
    /// Not TOML, or not with the fields a manifest has.
    #[error("the manifest does not parse: line {line}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A field holds what it may not.
    #[error("the manifest's {place}: {field} must be {expected}, found {found}")]
    Value {
        /// Which part of the manifest.
        place: String,
        /// Which field.
        field: &'static str,
        /// What may stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
}

impl Manifest {
    /// Parses and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] with the line, or with the part and field, that is wrong. Unknown fields are refused.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge { found: text.len() as u64 });
        }
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            ManifestError::Syntax { line: line_of(text, start), message: error.message().replace('\n', ", ") }
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Parses a manifest as read from a file.
    ///
    /// # Errors
    /// As [`Manifest::parse`], and [`ManifestError::NotText`].
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| ManifestError::NotText { offset: error.valid_up_to() })?;
        Self::parse(text)
    }

    /// The model that plays a role, if the pack has one.
    pub fn model(&self, role: Role) -> Option<&ModelSpec> {
        self.model.iter().find(|model| model.role == role)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let part = Part("[pack]".into());
        part.text("name", &self.pack.name)?;
        part.text("version", &self.pack.version)?;
        if self.model.is_empty() {
            return part.refuse("[[model]]", "given at least once", "none");
        }
        for (index, model) in self.model.iter().enumerate() {
            check_model(model)?;
            if let Some(twin) =
                self.model[..index].iter().find(|other| other.role == model.role || other.file == model.file)
            {
                let part = Part(format!("model {:?}", model.file));
                return if twin.role == model.role {
                    part.refuse("role", "one no other model plays", model.role)
                } else {
                    part.refuse("file", "one no other model uses", &model.file)
                };
            }
        }
        check_calibration(&self.calibration)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// The largest side of a net's input, px, and the most boxes or numbers a net may give out: far above any net of these
/// families, and small enough that their product cannot exhaust memory.
const MAX_SIDE: u32 = 1024;
const MAX_OUTPUTS: u32 = 262_144;

fn check_model(model: &ModelSpec) -> Result<(), ManifestError> {
    let part = Part(format!("model {:?}", model.file));
    if !is_plain_name(&model.file) {
        return part.refuse("file", "a plain file name of letters, digits, '.', '_' and '-'", &model.file);
    }
    if !(1..=MAX_MODEL_BYTES).contains(&model.bytes) {
        return part.refuse("bytes", format!("1 to {MAX_MODEL_BYTES}"), model.bytes);
    }
    part.text("licence", &model.licence)?;
    part.text("source.registry", &model.source.registry)?;
    part.text("source.package", &model.source.package)?;
    part.text("source.version", &model.source.version)?;
    if model.decoder.role() != model.role {
        let expected = format!("{}, as the decoder's family is", model.decoder.role());
        return part.refuse("role", expected, model.role);
    }

    let input = &model.input;
    part.text("input.name", &input.name)?;
    if input.size.iter().any(|side| !(1..=MAX_SIDE).contains(side)) {
        return part.refuse(
            "input.size",
            format!("two sides of 1 to {MAX_SIDE} px"),
            format!("{:?}", input.size),
        );
    }
    if input.mean.0.iter().any(|mean| !mean.is_finite()) {
        return part.refuse("input.mean", "finite", format!("{:?}", input.mean.0));
    }
    if input.scale.0.iter().any(|scale| !scale.is_normal()) {
        return part.refuse("input.scale", "finite and not zero", format!("{:?}", input.scale.0));
    }
    check_decoder(&part, &model.decoder, input.colour)
}

fn check_decoder(part: &Part, decoder: &Decoder, colour: Colour) -> Result<(), ManifestError> {
    match decoder {
        Decoder::Ultralight(net) => {
            part.text("decoder.scores", &net.scores)?;
            part.text("decoder.boxes", &net.boxes)?;
            part.count("decoder.anchors", net.anchors)?;
            part.share("decoder.threshold", net.threshold)?;
            part.share("decoder.nms", net.nms)
        }
        Decoder::Landmarks68(net) => {
            part.text("decoder.output", &net.output)?;
            part.crop_scale(net.crop_scale)
        }
        Decoder::EyeState(net) => {
            part.text("decoder.output", &net.output)?;
            part.class("decoder.closed", net.closed, net.classes)?;
            part.crop_scale(net.crop_scale)
        }
        Decoder::AntiSpoof(net) => {
            part.text("decoder.output", &net.output)?;
            part.class("decoder.live", net.live, net.classes)?;
            part.share("decoder.refuse_below", net.refuse_below)?;
            part.crop_scale(net.crop_scale)
        }
        Decoder::Arcface(net) => {
            part.text("decoder.output", &net.output)?;
            if colour == Colour::Gray {
                return part.refuse("input.colour", "rgb or bgr", "gray");
            }
            part.count("decoder.dimension", net.dimension)
        }
    }
}

fn check_calibration(calibration: &Calibration) -> Result<(), ManifestError> {
    let part = Part("[calibration]".into());
    if !is_rate(calibration.default_fmr) {
        return part.refuse("default_fmr", "above 0 and at most 1", calibration.default_fmr);
    }
    if calibration.population.is_empty() {
        return part.refuse("[[calibration.population]]", "given at least once", "none");
    }
    calibration.population.iter().try_for_each(check_population)?;
    if calibration.default_fmr < calibration.least_fmr() {
        return part.refuse(
            "default_fmr",
            format!("at least {}, to which every population reaches", calibration.least_fmr()),
            calibration.default_fmr,
        );
    }
    Ok(())
}

fn check_population(population: &Population) -> Result<(), ManifestError> {
    let part = Part(format!("population {:?}", population.name));
    part.text("name", &population.name)?;
    part.text("source", &population.source)?;
    if population.points.is_empty() {
        return part.refuse("points", "given at least once", "none");
    }
    for point in &population.points {
        if !(-1.0..=1.0).contains(&point.threshold) {
            return part.refuse("threshold", "-1 to 1", point.threshold);
        }
        if !is_rate(point.fmr) {
            return part.refuse("fmr", "above 0 and at most 1", point.fmr);
        }
    }
    for pair in population.points.windows(2) {
        if !(pair[0].threshold < pair[1].threshold && pair[0].fmr > pair[1].fmr) {
            let found =
                format!("{}@{} before {}@{}", pair[0].threshold, pair[0].fmr, pair[1].threshold, pair[1].fmr);
            return part.refuse("points", "in order of rising threshold and falling fmr", found);
        }
    }
    Ok(())
}

fn is_rate(fmr: f64) -> bool {
    fmr.is_normal() && fmr > 0.0 && fmr <= 1.0
}

/// A name that means one file in the pack's own folder on every system.
fn is_plain_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=128).contains(&name.len())
        && name.chars().all(allowed)
        && !name.starts_with('.')
        && name != MANIFEST_NAME
}

/// A part of the manifest, for naming it in an error.
struct Part(String);

impl Part {
    fn refuse<T>(
        &self,
        field: &'static str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Result<T, ManifestError> {
        Err(ManifestError::Value {
            place: self.0.clone(),
            field,
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }

    fn text(&self, field: &'static str, text: &str) -> Result<(), ManifestError> {
        if text.trim().is_empty() || text.len() > 512 || text.contains(char::is_control) {
            return self.refuse(
                field,
                "1 to 512 bytes of text without control characters",
                format!("{text:?}"),
            );
        }
        Ok(())
    }

    fn share(&self, field: &'static str, share: f32) -> Result<(), ManifestError> {
        if !(0.0..=1.0).contains(&share) {
            return self.refuse(field, "0 to 1", share);
        }
        Ok(())
    }

    fn count(&self, field: &'static str, count: u32) -> Result<(), ManifestError> {
        if !(1..=MAX_OUTPUTS).contains(&count) {
            return self.refuse(field, format!("1 to {MAX_OUTPUTS}"), count);
        }
        Ok(())
    }

    fn class(&self, field: &'static str, class: u32, classes: u32) -> Result<(), ManifestError> {
        if !(2..=16).contains(&classes) {
            return self.refuse("decoder.classes", "2 to 16", classes);
        }
        if class >= classes {
            return self.refuse(field, format!("below {classes}, the number of classes"), class);
        }
        Ok(())
    }

    fn crop_scale(&self, scale: f32) -> Result<(), ManifestError> {
        if !(0.1..=10.0).contains(&scale) {
            return self.refuse("decoder.crop_scale", "0.1 to 10", scale);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_default_manifest_has_a_model_for_every_role_in_pipeline_order() {
        let manifest = Manifest::parse(DEFAULT_MANIFEST).unwrap();
        let roles: Vec<_> = manifest.model.iter().map(|model| model.role).collect();
        assert_eq!(roles, Role::ALL);
    }

    #[test]
    fn the_default_thresholds_hold_for_the_strictest_population() {
        let calibration = Manifest::parse(DEFAULT_MANIFEST).unwrap().calibration;
        assert_eq!(calibration.default_fmr, 1e-4);
        for population in &calibration.population {
            let alone = Calibration { default_fmr: 1e-4, population: vec![population.clone()] };
            assert!(calibration.threshold_for(1e-4) >= alone.threshold_for(1e-4), "{}", population.name);
        }
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_line() {
        let text = DEFAULT_MANIFEST.replacen("nms =", "iou =", 1);
        let line = 1 + text.lines().position(|line| line.starts_with("iou =")).unwrap();
        let error = Manifest::parse(&text).unwrap_err();
        assert!(
            matches!(&error, ManifestError::Syntax { line: l, message } if *l == line && message.contains("iou")),
            "{error}"
        );
    }

    #[test]
    fn a_file_name_that_leads_out_of_the_pack_is_refused() {
        for name in
            ["../fr_detect.onnx", "/etc/passwd", "a/b", "a\\\\b", "..", ".hidden", "", "manifest.toml", "c:x"]
        {
            let text = DEFAULT_MANIFEST.replacen("fr_detect.onnx", name, 1);
            assert_ne!(text, DEFAULT_MANIFEST);
            let error = Manifest::parse(&text).unwrap_err();
            assert!(matches!(&error, ManifestError::Value { field: "file", .. }), "{name}: {error}");
        }
    }

    #[test]
    fn values_out_of_their_range_are_refused_and_named() {
        let cases = [
            ("threshold = 0.65", "threshold = 1.5", "decoder.threshold"),
            ("threshold = 0.65", "threshold = nan", "decoder.threshold"),
            ("closed = 0", "closed = 2", "decoder.closed"),
            ("dimension = 512", "dimension = 0", "decoder.dimension"),
            ("bytes = 1217758", "bytes = 268435457", "bytes"),
            ("scale = 128.0", "scale = 0.0", "input.scale"),
            ("size = [320, 240]", "size = [320, 0]", "input.size"),
            ("role = \"landmarks\"", "role = \"detector\"", "role"),
            ("default_fmr = 1e-4", "default_fmr = 1e-9", "default_fmr"),
        ];
        for (from, to, field) in cases {
            let text = DEFAULT_MANIFEST.replacen(from, to, 1);
            assert_ne!(text, DEFAULT_MANIFEST, "{from}");
            match Manifest::parse(&text) {
                Err(ManifestError::Value { field: found, .. }) => assert_eq!(found, field, "{to}"),
                other => panic!("{to}: {other:?}"),
            }
        }
    }

    #[test]
    fn two_models_for_one_role_are_refused() {
        let start = DEFAULT_MANIFEST.find("[[model]]").unwrap();
        let end = start + 9 + DEFAULT_MANIFEST[start + 9..].find("[[model]]").unwrap();
        let twin = DEFAULT_MANIFEST[start..end].replace("fr_detect.onnx", "other.onnx");
        let error =
            Manifest::parse(&format!("{}{twin}{}", &DEFAULT_MANIFEST[..end], &DEFAULT_MANIFEST[end..]))
                .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the manifest's model \"other.onnx\": role must be one no other model plays, found detector"
        );
    }

    #[test]
    fn a_manifest_over_the_limit_is_refused_before_it_is_parsed() {
        let text = "#".repeat(64 * 1024 + 1);
        assert_eq!(Manifest::parse(&text), Err(ManifestError::TooLarge { found: 64 * 1024 + 1 }));
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_with_the_offset() {
        assert_eq!(Manifest::parse_bytes(b"ab\xff"), Err(ManifestError::NotText { offset: 2 }));
    }

    #[test]
    fn channels_may_have_numbers_of_their_own() {
        let text = DEFAULT_MANIFEST.replacen("mean = 127.0", "mean = [123.7, 116, 103.5]", 1);
        assert_eq!(Manifest::parse(&text).unwrap().model[0].input.mean.0, [123.7, 116.0, 103.5]);
        for bad in ["[1, 2]", "[1, 2, 3, 4]", "\"x\""] {
            let text = DEFAULT_MANIFEST.replacen("mean = 127.0", &format!("mean = {bad}"), 1);
            assert!(matches!(Manifest::parse(&text), Err(ManifestError::Syntax { .. })), "{bad}");
        }
    }

    /// The default manifest with numbers changed at will.
    fn manifests() -> impl Strategy<Value = Manifest> {
        (0.0f32..=1.0, 1u32..1024, prop::array::uniform3(-300.0f32..300.0), "[a-z]{1,20}", 1e-6f64..1.0)
            .prop_map(|(share, side, mean, name, fmr)| {
                let mut manifest = Manifest::parse(DEFAULT_MANIFEST).unwrap();
                manifest.pack.name = name;
                manifest.model[0].input.size = [side, side];
                manifest.model[0].input.mean.0 = mean;
                if let Decoder::Ultralight(net) = &mut manifest.model[0].decoder {
                    net.threshold = share;
                }
                manifest.calibration.default_fmr = fmr.max(manifest.calibration.least_fmr());
                manifest
            })
    }

    proptest! {
        #[test]
        fn every_manifest_survives_being_written_and_read(manifest in manifests()) {
            let text = toml::to_string(&manifest).unwrap();
            prop_assert_eq!(Manifest::parse(&text), Ok(manifest));
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::parse_bytes(&bytes);
        }

        #[test]
        fn no_damage_to_a_good_manifest_makes_the_parser_panic(at in 0..DEFAULT_MANIFEST.len(), byte: u8, cut: bool) {
            let mut bytes = DEFAULT_MANIFEST.as_bytes().to_vec();
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            let _ = Manifest::parse_bytes(&bytes);
        }
    }
}
