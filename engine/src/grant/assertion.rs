//! Short signed statements for hosts that speak OpenID Connect: a JSON Web Token (RFC 7519) under Ed25519 (RFC 8037).

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey as Ed25519};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::GrantRecord;
use crate::audit::Factor;
use crate::card::Assurance;
use crate::policy::Kind;
use crate::store::Document;

/// Bytes of a seed of Ed25519 (RFC 8032).
const SEED: usize = 32;

/// Allowed difference between the clocks of terminal and host.
const LEEWAY: SignedDuration = SignedDuration::from_secs(5);

/// A key that signs assertions. Its seed is wiped on drop and never shown.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    seed: [u8; SEED],
    /// When it was made, UTC.
    #[zeroize(skip)]
    pub created: Timestamp,
    /// When another took its place, UTC. What it signed before can still be verified.
    #[zeroize(skip)]
    pub retired: Option<Timestamp>,
}

impl Document for SigningKey {
    const KIND: &'static str = "signing_key";
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("created", &self.created).finish_non_exhaustive()
    }
}

/// Whom an assertion is for.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// Who says so: the site's name.
    pub issuer: &'a str,
    /// The host it is for.
    pub audience: &'a str,
    /// What the host gave, so that an old assertion cannot be shown again.
    pub nonce: &'a str,
    /// How long it is good for.
    pub life: SignedDuration,
}

/// The public halves, as a JSON Web Key Set (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyingKeys {
    /// One object a key.
    pub keys: Vec<Value>,
}

impl SigningKey {
    /// The key of this seed, which must be random.
    #[must_use]
    pub fn from_seed(seed: [u8; SEED], created: Timestamp) -> SigningKey {
        SigningKey { seed, created, retired: None }
    }

    /// What the key is called by: its thumbprint (RFC 7638).
    #[must_use]
    pub fn id(&self) -> String {
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.public());
        Base64UrlUnpadded::encode_string(&Sha256::digest(canonical))
    }

    /// The public half as a JSON Web Key.
    #[must_use]
    pub fn public_key(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": self.public(), "kid": self.id(), "alg": "EdDSA", "use": "sig" })
    }

    /// Signs what `grant` says, for the host and the nonce of `assertion`. `id` is this assertion's own.
    #[must_use]
    pub fn sign(&self, id: &str, grant: &GrantRecord, assertion: Assertion<'_>, now: Timestamp) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": self.id() });
        let second = |time: Timestamp| time.as_second();
        let claims = json!({
            "iss": assertion.issuer,
            "sub": grant.subject,
            "aud": assertion.audience,
            "nonce": assertion.nonce,
            "jti": id,
            "iat": second(now),
            "nbf": second(now.saturating_sub(LEEWAY).unwrap_or(now)),
            "exp": second(now.saturating_add(assertion.life).unwrap_or(now)),
            "auth_time": second(grant.issued),
            "amr": methods(&grant.factors),
            "name": grant.name,
            "account": grant.account,
            "purpose": grant.purpose,
            "terminal": grant.terminal,
            "origin": grant.origin,
        });
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair().sign(signed.as_bytes());
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
    }

    fn pair(&self) -> Ed25519 {
        Ed25519::from_bytes(&self.seed)
    }

    fn public(&self) -> String {
        Base64UrlUnpadded::encode_string(self.pair().verifying_key().as_bytes())
    }
}

/// The words of RFC 8176 for how somebody was authenticated. A card that proves nothing has no word there, and an
/// emergency code none anywhere. Two factors are two kinds of them.
fn methods(factors: &[Factor]) -> Vec<&'static str> {
    let known = factors.iter().map(|factor| match factor {
        Factor::Card { assurance: Assurance::Proved } => ("sc", Some(Kind::Possession)),
        Factor::Card { .. } => ("card_id", Some(Kind::Possession)),
        Factor::StoreKey => ("swk", Some(Kind::Possession)),
        Factor::Face => ("face", Some(Kind::Biometric)),
        Factor::Password | Factor::HostPassword => ("pwd", Some(Kind::Knowledge)),
        Factor::Pin => ("pin", Some(Kind::Knowledge)),
        Factor::EmergencyCode => ("emergency_code", None),
    });
    let (mut words, kinds): (Vec<_>, Vec<_>) = known.unzip();
    let of_kind = |kind: &&Kind| kinds.contains(&Some(**kind));
    if Kind::ALL.iter().filter(of_kind).count() > 1 {
        words.push("mfa");
    }
    words
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};

    use super::*;
    use crate::policy::{Patterns, Purpose, Steady};

    fn grant() -> GrantRecord {
        GrantRecord {
            subject: "nurse01".to_owned(),
            name: "看護師".to_owned(),
            account: Some("ward3".to_owned()),
            purpose: Purpose::Login,
            policy: "ordinary".to_owned(),
            factors: vec![Factor::Card { assurance: Assurance::IdentifierOnly }, Factor::Face],
            card: None,
            terminal: "ward3-a".to_owned(),
            origin: None,
            host: None,
            issued: Timestamp::from_second(1_800_000_000).unwrap(),
            from: Steady { boot: [0; 16], ms: 0 },
            life_ms: 1000,
            applications: Patterns::default(),
            application: None,
            provisional: None,
            ended: None,
            held: false,
        }
    }

    fn signed() -> (SigningKey, String) {
        let key = SigningKey::from_seed([7; 32], Timestamp::UNIX_EPOCH);
        let assertion = Assertion {
            issuer: "hospital",
            audience: "chart",
            nonce: "n-1",
            life: SignedDuration::from_secs(60),
        };
        let token = key.sign("a1", &grant(), assertion, Timestamp::from_second(1_800_000_100).unwrap());
        (key, token)
    }

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
    }

    #[test]
    fn an_assertion_says_who_by_what_for_whom_and_how_long() {
        let (key, token) = signed();
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(decoded(parts[0]), json!({ "alg": "EdDSA", "typ": "JWT", "kid": key.id() }));
        let claims = decoded(parts[1]);
        assert_eq!((&claims["sub"], &claims["account"]), (&json!("nurse01"), &json!("ward3")));
        assert_eq!((&claims["aud"], &claims["nonce"]), (&json!("chart"), &json!("n-1")));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
        assert_eq!(claims["amr"], json!(["card_id", "face", "mfa"]));
    }

    #[test]
    fn the_published_key_verifies_it_and_no_changed_word_passes() {
        let (key, token) = signed();
        let public = key.public_key();
        let bytes = Base64UrlUnpadded::decode_vec(public["x"].as_str().unwrap()).unwrap();
        let verifying = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = Base64UrlUnpadded::decode_vec(signature).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        verifying.verify(signed.as_bytes(), &signature).unwrap();
        let forged = signed.replace('.', ".x");
        assert!(verifying.verify(forged.as_bytes(), &signature).is_err());
    }

    #[test]
    fn a_key_is_known_by_its_thumbprint() {
        // The example of RFC 8037, appendix A.3.
        let seed = Base64UrlUnpadded::decode_vec("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_seed(seed.try_into().unwrap(), Timestamp::UNIX_EPOCH);
        assert_eq!(key.public_key()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_printed_key_does_not_show_its_seed() {
        let (key, _) = signed();
        assert_eq!(format!("{key:?}"), "SigningKey { created: 1970-01-01T00:00:00Z, .. }");
    }

    #[test]
    fn several_factors_are_multi_factor_only_where_they_are_of_several_kinds() {
        let card = Factor::Card { assurance: Assurance::IdentifierOnly };
        for (factors, several) in [
            (vec![card, Factor::Face], true),
            (vec![card, Factor::Password], true),
            (vec![Factor::Password, Factor::Pin], false),
            (vec![Factor::EmergencyCode, Factor::Password], false),
            (vec![Factor::EmergencyCode, card], false),
        ] {
            assert_eq!(methods(&factors).contains(&"mfa"), several, "{factors:?}");
        }
    }
}
