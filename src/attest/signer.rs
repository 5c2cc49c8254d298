//! Signing: with a private key in a file, or with one that ssh-agent holds.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ssh_key::{Algorithm, PrivateKey, PublicKey};

use crate::attest::allowed_signers::supported;
use crate::attest::{agent, sshsig};

/// Longer than any key file.
const MAX_BYTES: u64 = 1 << 16;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key file could not be read.
    #[error("cannot read the key {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file holds no key that can be used.
    #[error("{} cannot sign: {problem}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The key is with ssh-agent, and there is none.
    #[error("{} needs ssh-agent, and $SSH_AUTH_SOCK names none", path.display())]
    NoAgent {
        /// The key file.
        path: PathBuf,
    },
    /// The agent could not be asked.
    #[error("cannot ask ssh-agent at {}", socket.display())]
    Agent {
        /// Where it listens.
        socket: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The agent said no.
    #[error("ssh-agent did not sign with {}", path.display())]
    Refused {
        /// The key file.
        path: PathBuf,
    },
}

/// Signs statements.
pub struct Signer {
    path: PathBuf,
    public: PublicKey,
    means: Means,
}

enum Means {
    /// Boxed: private keys are large.
    Key(Box<PrivateKey>),
    Agent(PathBuf),
}

impl Signer {
    /// Opens a key file: a private key, or a public one whose private half ssh-agent holds. A private
    /// key behind a passphrase is asked of the agent too: Genlock asks for no passphrase. So is an RSA
    /// key: what there is to sign with one here leaks it by its timing (RUSTSEC-2023-0071).
    pub fn open(path: &Path, agent: Option<&Path>) -> Result<Self, SignError> {
        let read = || {
            let mut text = String::new();
            File::open(path)?.take(MAX_BYTES).read_to_string(&mut text)?;
            Ok(text)
        };
        let text = read().map_err(|source| SignError::Read { path: path.to_owned(), source })?;
        let unusable = |problem: String| SignError::Unusable { path: path.to_owned(), problem };
        let mut beside = path.as_os_str().to_owned();
        beside.push(".pub");
        let beside = PathBuf::from(beside);
        let private = text.trim_start().starts_with("-----BEGIN");
        let key = match private.then(|| PrivateKey::from_openssh(&text)).transpose() {
            Ok(key) => key,
            // Every second P-521 key of ssh-keygen's is one that ssh-key 0.6 does not read: its number
            // is written without the zero byte it expects. The agent does, by the half beside it.
            Err(_) if beside.is_file() => return Self::open(&beside, agent),
            Err(error) => {
                let why = format!("it is no private key in OpenSSH's own format ({error})");
                return Err(unusable(why));
            }
        };
        let public = match &key {
            Some(key) => key.public_key().clone(),
            None => PublicKey::from_openssh(&text)
                .map_err(|error| unusable(format!("it is no key ({error})")))?,
        };
        supported(public.key_data()).map_err(unusable)?;
        let usable = |key: &PrivateKey| {
            !key.is_encrypted() && !matches!(key.algorithm(), Algorithm::Rsa { .. })
        };
        let means = if let Some(key) = key.filter(usable) {
            Means::Key(Box::new(key))
        } else {
            let none = || SignError::NoAgent { path: path.to_owned() };
            Means::Agent(agent.ok_or_else(none)?.to_owned())
        };
        Ok(Self { path: path.to_owned(), public, means })
    }

    /// `SHA256:…` of the public key, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        sshsig::fingerprint(self.public.key_data())
    }

    /// Signs a message for a purpose, the namespace; gives the signature as `ssh-keygen -Y sign` writes
    /// it.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SignError> {
        let unusable = |problem: String| SignError::Unusable { path: self.path.clone(), problem };
        let failed = |error: ssh_key::Error| unusable(error.to_string());
        let armored = match &self.means {
            Means::Key(key) => sshsig::sign(key, namespace, message).map_err(failed)?,
            Means::Agent(socket) => {
                let to_sign = sshsig::to_be_signed(namespace, message).map_err(failed)?;
                let signature = agent::sign(socket, &self.public, &to_sign)
                    .map_err(|source| SignError::Agent { socket: socket.clone(), source })?
                    .ok_or_else(|| SignError::Refused { path: self.path.clone() })?;
                sshsig::armor(self.public.key_data(), namespace, signature).map_err(failed)?
            }
        };
        // An agent, or a damaged key, may answer with anything.
        sshsig::open(&armored, namespace, message)
            .map_err(|_| unusable("what it made is no signature".to_owned()))?;
        Ok(armored)
    }
}
