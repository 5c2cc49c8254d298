//! SSHSIG: signatures as `ssh-keygen -Y sign` writes them (OpenSSH, PROTOCOL.sshsig).

use ssh_key::public::KeyData;
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SshSig};

use crate::attest::allowed_signers::supported;

/// What signatures under approvals are for. A signature made for something else (a commit, a login) is
/// none.
pub const NAMESPACE: &str = "genlock-approval";

/// What signatures under delivery certificates are for.
pub const DELIVERY: &str = "genlock-delivery";

/// How a signature begins.
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";

/// What the key hashes the message with; also what `ssh-keygen -Y sign` does.
const HASH: HashAlg = HashAlg::Sha512;

/// Why a signature is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Not in the format.
    Format(String),
    /// Made for something else.
    Namespace(String),
    /// Not of this message.
    Message,
}

/// The bytes a key signs for a message.
pub(super) fn to_be_signed(namespace: &str, message: &[u8]) -> ssh_key::Result<Vec<u8>> {
    SshSig::signed_data(namespace, HASH, message)
}

/// `SHA256:…`, as `ssh-keygen -l` prints it.
pub(super) fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Signs a message with a key that is at hand.
pub(super) fn sign(key: &PrivateKey, namespace: &str, message: &[u8]) -> ssh_key::Result<String> {
    SshSig::sign(key, namespace, HASH, message)?.to_pem(LineEnding::LF)
}

/// Wraps what a key made of [`to_be_signed`].
pub(super) fn armor(
    key: &KeyData,
    namespace: &str,
    signature: Signature,
) -> ssh_key::Result<String> {
    SshSig::new(key.clone(), namespace, HASH, signature)?.to_pem(LineEnding::LF)
}

/// Checks that a signature is of this message, and gives the key that made it. Whose key that is,
/// and whether it counts, is not looked at.
pub(super) fn open(armored: &str, namespace: &str, message: &[u8]) -> Result<KeyData, Unreadable> {
    let format = |error: ssh_key::Error| Unreadable::Format(error.to_string());
    // What may stand before it by RFC 7468 may not for OpenSSH.
    if !armored.starts_with(BEGIN) {
        return Err(Unreadable::Format("it does not begin as one".to_owned()));
    }
    let signature = SshSig::from_pem(armored).map_err(format)?;
    // OpenSSH takes version 1 only, and signs nothing in the reserved field.
    if signature.version() != SshSig::VERSION || !signature.reserved().is_empty() {
        return Err(Unreadable::Format("it is of another version".to_owned()));
    }
    if signature.namespace() != namespace {
        return Err(Unreadable::Namespace(signature.namespace().to_owned()));
    }
    let key = signature.public_key().clone();
    supported(&key).map_err(Unreadable::Format)?;
    PublicKey::from(key.clone())
        .verify(namespace, message, &signature)
        .map_err(|_| Unreadable::Message)?;
    Ok(key)
}
