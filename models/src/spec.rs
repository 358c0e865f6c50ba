//! What the manifest says about one model: where it comes from, how it is fed, how its answer is read.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser::SerializeSeq as _,
};

use crate::Digest;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Role {
    /// Finds faces in a whole frame.
    Detector,
    /// Finds the 68 points of a face.
    Landmarks,
    /// Tells an open eye from a closed one.
    EyeState,
    /// Tells a live face from a picture of one.
    AntiSpoof,
    /// Turns an aligned face into a vector that can be compared.
    Embedding,
}

impl Role {
    /// Every role, in the order of the pipeline.
    pub const ALL: [Self; 5] =
        [Self::Detector, Self::Landmarks, Self::EyeState, Self::AntiSpoof, Self::Embedding];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Detector => "detector",
            Self::Landmarks => "landmarks",
            Self::EyeState => "eye-state",
            Self::AntiSpoof => "anti-spoof",
            Self::Embedding => "embedding",
        })
    }
}

/// One model of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// What it is for. A pack has at most one model for each role.
    pub role: Role,
    /// The file's plain name inside the pack.
    pub file: String,
    /// The file's length, bytes.
    pub bytes: u64,
    /// The file's SHA-256.
    pub sha256: Digest,
    /// The licence it came under, as an SPDX expression.
    pub licence: String,
    /// Where it came from.
    pub source: Source,
    /// How it is fed.
    pub input: InputSpec,
    /// How its outputs are read.
    pub decoder: Decoder,
}

/// The published package a model file was taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The kind of registry: `npm`, `pypi`, or `own` for a model of one's own.
    pub registry: String,
    /// The package's name there.
    pub package: String,
    /// Its version.
    pub version: String,
}

/// How a net wants its picture: every element is `(x − mean) / scale` of a channel value `x` in 0..255.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// The input tensor's name.
    pub name: String,
    /// Order of the tensor's axes.
    pub layout: Layout,
    /// Which channels, in which order.
    pub colour: Colour,
    /// Width and height, px.
    pub size: [u32; 2],
    /// What is taken away from each channel.
    pub mean: PerChannel,
    /// What each channel is then divided by.
    pub scale: PerChannel,
}

impl InputSpec {
    /// The tensor's shape for one picture: `[1, C, H, W]` or `[1, H, W, C]`.
    pub fn shape(&self) -> [usize; 4] {
        let [width, height] = self.size.map(|side| side as usize);
        match self.layout {
            Layout::Nchw => [1, self.colour.channels(), height, width],
            Layout::Nhwc => [1, height, width, self.colour.channels()],
        }
    }
}

/// Order of a picture tensor's axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `[batch, channel, row, column]`: one plane after the other.
    Nchw,
    /// `[batch, row, column, channel]`: one pixel after the other.
    Nhwc,
}

/// Channels of a picture tensor, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Luma alone (ITU-R BT.601).
    Gray,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

impl Colour {
    /// How many channels: 1 or 3.
    pub const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb | Self::Bgr => 3,
        }
    }
}

/// A number for each channel, in the order of the tensor's channels. In the manifest: one number for all, or three.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerChannel(pub [f32; 3]);

impl PerChannel {
    fn is_uniform(self) -> bool {
        self.0[1..].iter().all(|number| number.to_bits() == self.0[0].to_bits())
    }
}

impl Serialize for PerChannel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_uniform() {
            return serializer.serialize_f32(self.0[0]);
        }
        let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
        for number in self.0 {
            sequence.serialize_element(&number)?;
        }
        sequence.end()
    }
}

impl<'de> Deserialize<'de> for PerChannel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;

        impl<'de> Visitor<'de> for Numbers {
            type Value = PerChannel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one number, or three")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<PerChannel, E> {
                Ok(PerChannel([number as f32; 3]))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<PerChannel, E> {
                self.visit_f64(number as f64)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<PerChannel, A::Error> {
                let mut numbers = [0.0; 3];
                for (index, number) in numbers.iter_mut().enumerate() {
                    *number =
                        sequence.next_element()?.ok_or_else(|| de::Error::invalid_length(index, &self))?;
                }
                match sequence.next_element::<de::IgnoredAny>()? {
                    None => Ok(PerChannel(numbers)),
                    Some(_) => Err(de::Error::invalid_length(numbers.len() + 1, &self)),
                }
            }
        }

        deserializer.deserialize_any(Numbers)
    }
}

/// How a net's outputs are read: the family of nets it belongs to, with that family's parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decoder {
    /// A detector of the UltraLight kind, whose boxes come decoded.
    Ultralight(Ultralight),
    /// 68 landmarks as 136 numbers.
    Landmarks68(Landmarks68),
    /// Open or closed, of one eye.
    EyeState(EyeState),
    /// Live or not, of one face with its surroundings.
    AntiSpoof(AntiSpoof),
    /// An embedding of an aligned face, compared by cosine.
    Arcface(Arcface),
}

impl Decoder {
    /// The role this family can play.
    pub const fn role(&self) -> Role {
        match self {
            Self::Ultralight(_) => Role::Detector,
            Self::Landmarks68(_) => Role::Landmarks,
            Self::EyeState(_) => Role::EyeState,
            Self::AntiSpoof(_) => Role::AntiSpoof,
            Self::Arcface(_) => Role::Embedding,
        }
    }
}

/// The frame is stretched to the input's size; boxes come as x1 y1 x2 y2, each 0..1 of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ultralight {
    /// Output `[1, anchors, 2]`: probability of background, of a face.
    pub scores: String,
    /// Output `[1, anchors, 4]`: the boxes.
    pub boxes: String,
    /// How many boxes the net proposes.
    pub anchors: u32,
    /// Least probability of a face that is kept, 0..1.
    pub threshold: f32,
    /// Overlap (intersection over union) from which the weaker of two boxes is dropped, 0..1.
    pub nms: f32,
}

/// A square around the middle of the face's box; points come as x y pairs, each 0..1 of that square.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landmarks68 {
    /// Output `[1, 136]`.
    pub output: String,
    /// The square's side, in heights of the face's box.
    pub crop_scale: f32,
}

/// A square around the middle of the eye's lid points; one logit per class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EyeState {
    /// Output `[1, classes]`, before softmax.
    pub output: String,
    /// How many classes.
    pub classes: u32,
    /// The class that means closed.
    pub closed: u32,
    /// The square's side, in widths of the eye.
    pub crop_scale: f32,
}

/// A square around the middle of the face's box, shifted to stay inside the frame; one logit per class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AntiSpoof {
    /// Output `[1, classes]`, before softmax.
    pub output: String,
    /// How many classes.
    pub classes: u32,
    /// The class that means live.
    pub live: u32,
    /// The square's side, in longer sides of the face's box.
    pub crop_scale: f32,
    /// Below this probability of being live, 0..1, the cue speaks against the person.
    pub refuse_below: f32,
}

/// The face is aligned to the five-point ArcFace template (112×112, scaled to the input's size) by a similarity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arcface {
    /// Output `[1, dimension]`, of any length.
    pub output: String,
    /// How many numbers the embedding has.
    pub dimension: u32,
}
