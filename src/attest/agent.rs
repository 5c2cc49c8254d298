//! The one question that is put to ssh-agent: sign this with that key
//! (draft-miller-ssh-agent, section 3.6).

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use ssh_key::{Algorithm, PublicKey, Signature};

const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// RSA with SHA-512; without it an agent signs with SHA-1.
const RSA_SHA2_512: u32 = 4;

/// An agent may ask its user first.
const PATIENCE: Duration = Duration::from_mins(2);

/// Longer than any signature.
const MAX_ANSWER: usize = 1 << 16;

/// Has the agent sign. `Ok(None)` when it will not: it does not hold the key, or its user said no.
pub(super) fn sign(
    socket: &Path,
    key: &PublicKey,
    message: &[u8],
) -> io::Result<Option<Signature>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let blob = key.to_bytes().map_err(|error| wrong(&error.to_string()))?;
    let rsa = matches!(key.algorithm(), Algorithm::Rsa { .. });
    let mut request = vec![SIGN_REQUEST];
    for part in [blob.as_slice(), message] {
        let length = u32::try_from(part.len()).map_err(|_| wrong("the message is too long"))?;
        request.extend(length.to_be_bytes());
        request.extend(part);
    }
    request.extend(if rsa { RSA_SHA2_512 } else { 0 }.to_be_bytes());
    let length = u32::try_from(request.len()).map_err(|_| wrong("the message is too long"))?;
    let mut agent = UnixStream::connect(socket)?;
    agent.set_read_timeout(Some(PATIENCE))?;
    agent.set_write_timeout(Some(PATIENCE))?;
    agent.write_all(&length.to_be_bytes())?;
    agent.write_all(&request)?;
    let mut length = [0; 4];
    agent.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length == 0 || length > MAX_ANSWER {
        return Err(wrong("the agent's answer has no sensible length"));
    }
    let mut answer = vec![0; length];
    agent.read_exact(&mut answer)?;
    let Some((&SIGN_RESPONSE, answer)) = answer.split_first() else { return Ok(None) };
    let Some((length, signature)) = answer.split_first_chunk::<4>() else {
        return Err(wrong("the agent's answer is cut off"));
    };
    if u32::from_be_bytes(*length) as usize != signature.len() {
        return Err(wrong("the agent's answer is cut off"));
    }
    Signature::try_from(signature).map(Some).map_err(|error| wrong(&error.to_string()))
}
