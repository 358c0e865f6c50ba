//! What two embeddings must share before their numbers mean the same thing.

use std::fmt;

use mabataki_models::Digest;

use super::MatchError;

/// The space that embeddings live in: the model that made them and the rotation that they were given since. Embeddings
/// of two spaces are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// SHA-256 of the embedding model.
    pub model: Digest,
    /// The rotation, by its id.
    pub rotation: RotationId,
}

impl Space {
    /// The space of embeddings as the model gives them. For measuring: what is kept of people is rotated.
    #[must_use]
    pub const fn bare(model: Digest) -> Self {
        Self { model, rotation: RotationId::NONE }
    }

    /// Refuses a probe of the space `in_use` where the template is of this one.
    ///
    /// # Errors
    /// [`MatchError::OtherModel`] or [`MatchError::OtherRotation`].
    pub(super) fn check(&self, in_use: Self) -> Result<(), MatchError> {
        if self.model != in_use.model {
            return Err(MatchError::OtherModel { template: self.model, in_use: in_use.model });
        }
        if self.rotation != in_use.rotation {
            return Err(MatchError::OtherRotation { template: self.rotation, in_use: in_use.rotation });
        }
        Ok(())
    }
}

/// Names a rotation without giving it away: see [`Rotation`](super::Rotation).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RotationId([u8; RotationId::LENGTH]);

impl RotationId {
    /// Bytes of an id.
    pub const LENGTH: usize = 16;

    /// No rotation at all.
    pub const NONE: Self = Self([0; Self::LENGTH]);

    /// The id of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// 32 hex digits.
impl fmt::Display for RotationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RotationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RotationId({self})")
    }
}
