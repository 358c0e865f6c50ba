//! One conversation with a TPM.

use std::str::FromStr;

use tss_esapi::Context;
use tss_esapi::attributes::{ObjectAttributesBuilder, SessionAttributesBuilder};
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{KeyHandle, ObjectHandle, SessionHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::interface_types::resource_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{
    Digest, EccPoint, KeyedHashScheme, PcrSelectionList, PcrSelectionListBuilder, PcrSlot, Private, Public,
    PublicBuilder, PublicEccParametersBuilder, PublicKeyedHashParameters, SensitiveData, SymmetricDefinition,
    SymmetricDefinitionObject,
};
use tss_esapi::tcti_ldr::TctiNameConf;

type Result<T> = std::result::Result<T, tss_esapi::Error>;

/// An open TPM and its storage key. What was loaded is taken out of the TPM on drop.
pub(super) struct Session {
    context: Context,
    storage: KeyHandle,
}

impl Session {
    pub(super) fn open(tcti: &str) -> Result<Session> {
        let mut context = connect(tcti)?;
        let storage = context.execute_with_session(Some(AuthSession::Password), |context| {
            context.create_primary(Hierarchy::Owner, storage_key()?, None, None, None, None)
        })?;
        Ok(Session { context, storage: storage.key_handle })
    }

    /// Seals a secret under the storage key, and to these PCRs as they are now.
    pub(super) fn seal(&mut self, secret: SensitiveData, pcrs: &[u8]) -> Result<(Public, Private)> {
        let policy = if pcrs.is_empty() { None } else { Some(self.policy_of(pcrs)?) };
        let public = sealed_object(policy)?;
        let session = self.begin(SessionType::Hmac)?;
        let storage = self.storage;
        let made = self.context.execute_with_session(Some(session), |context| {
            context.create(storage, public, None, Some(secret), None, None)
        })?;
        Ok((made.out_public, made.out_private))
    }

    /// The secret, if it was sealed here and the PCRs are as they were.
    pub(super) fn unseal(&mut self, public: Public, private: Private, pcrs: &[u8]) -> Result<SensitiveData> {
        let session = self.begin(SessionType::Hmac)?;
        let storage = self.storage;
        let object = self
            .context
            .execute_with_session(Some(session), |context| context.load(storage, private, public))?;
        let session = if pcrs.is_empty() { session } else { self.begin(SessionType::Policy)? };
        if !pcrs.is_empty() {
            let policy = PolicySession::try_from(session)?;
            self.context.policy_pcr(policy, Digest::default(), selection(pcrs)?)?;
        }
        self.context.execute_with_session(Some(session), |context| context.unseal(ObjectHandle::from(object)))
    }

    /// A session whose key is agreed upon with the storage key, and under which parameters travel encrypted.
    fn begin(&mut self, kind: SessionType) -> Result<AuthSession> {
        let session = self.context.start_auth_session(
            Some(self.storage),
            None,
            None,
            kind,
            SymmetricDefinition::AES_128_CFB,
            HashingAlgorithm::Sha256,
        )?;
        let session = session.ok_or_else(no_session)?;
        let (attributes, mask) = SessionAttributesBuilder::new()
            .with_continue_session(true)
            .with_decrypt(true)
            .with_encrypt(true)
            .build();
        self.context.tr_sess_set_attributes(session, attributes, mask)?;
        Ok(session)
    }

    /// The digest of the policy that these PCRs are as they are now.
    fn policy_of(&mut self, pcrs: &[u8]) -> Result<Digest> {
        let trial = self.context.start_auth_session(
            None,
            None,
            None,
            SessionType::Trial,
            SymmetricDefinition::AES_128_CFB,
            HashingAlgorithm::Sha256,
        )?;
        let trial = trial.ok_or_else(no_session)?;
        let policy = PolicySession::try_from(trial)?;
        self.context.policy_pcr(policy, Digest::default(), selection(pcrs)?)?;
        let digest = self.context.policy_get_digest(policy)?;
        self.context.flush_context(SessionHandle::from(trial).into())?;
        Ok(digest)
    }
}

/// Opens the TPM that this TCTI leads to.
pub(super) fn connect(tcti: &str) -> Result<Context> {
    Context::new(TctiNameConf::from_str(tcti)?)
}

/// The storage key's template: a restricted decryption key that never leaves this TPM (TCG TPM v2.0 Provisioning
/// Guidance, section 7.5.1).
fn storage_key() -> Result<Public> {
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_sensitive_data_origin(true)
        .with_user_with_auth(true)
        .with_no_da(true)
        .with_restricted(true)
        .with_decrypt(true)
        .build()?;
    let parameters = PublicEccParametersBuilder::new_restricted_decryption_key(
        SymmetricDefinitionObject::AES_128_CFB,
        EccCurve::NistP256,
    );
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_ecc_parameters(parameters.build()?)
        .with_ecc_unique_identifier(EccPoint::default())
        .build()
}

/// A sealed object without a password: guessing is pointless, so wrong guesses lock nothing. With a policy, nothing but the
/// policy opens it.
fn sealed_object(policy: Option<Digest>) -> Result<Public> {
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_no_da(true)
        .with_user_with_auth(policy.is_none())
        .build()?;
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::KeyedHash)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_auth_policy(policy.unwrap_or_default())
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Digest::default())
        .build()
}

fn selection(pcrs: &[u8]) -> Result<PcrSelectionList> {
    let slots = pcrs.iter().map(|pcr| PcrSlot::try_from(1_u32.checked_shl(u32::from(*pcr)).unwrap_or(0)));
    let slots = slots.collect::<Result<Vec<_>>>()?;
    PcrSelectionListBuilder::new().with_selection(HashingAlgorithm::Sha256, &slots).build()
}

fn no_session() -> tss_esapi::Error {
    tss_esapi::Error::WrapperError(tss_esapi::WrapperErrorKind::MissingAuthSession)
}
