//! Who may sign: an OpenSSH `allowed_signers` text (ssh-keygen(1), ALLOWED SIGNERS).
//!
//! A line holds principals, options, a key. It is read as `ssh-keygen` reads it, or not at all: what
//! is not understood is an error with its line, because a line left out could be the one that
//! narrows.

use std::fmt;

use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use crate::attest::options::Options;
use crate::model::{MAX_PATTERN, Timestamp, fits_list};

/// Longer than any list a person would read.
const MAX_BYTES: usize = 1 << 20;

/// Shorter RSA keys are refused.
const MIN_RSA_BITS: usize = 2048;

/// A list that cannot be used, with every reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the list of approvers has {} problem{}",
    problems.len(),
    if problems.len() == 1 { "" } else { "s" }
)]
pub struct SignersError {
    /// At least one, in the order of the text.
    pub problems: Vec<SignersProblem>,
}

/// One thing wrong with a list of signers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignersProblem {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for SignersProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// One line.
#[derive(Clone, Debug)]
struct Signer {
    principals: String,
    options: Options,
    key: KeyData,
}

impl Signer {
    /// Why its key is not for a namespace, at a second, if it is not.
    fn unfit(&self, namespace: &str, at: i64) -> Option<NotAllowed> {
        let Options { namespaces, valid_after, valid_before } = &self.options;
        if namespaces.as_ref().is_some_and(|list| !fits_list(namespace, list)) {
            return Some(NotAllowed::Namespace);
        }
        let is_out = valid_after.is_some_and(|from| at < from)
            || valid_before.is_some_and(|until| at > until);
        is_out.then_some(NotAllowed::Time)
    }
}

/// Who may sign, with which keys, when.
#[derive(Clone, Debug, Default)]
pub struct AllowedSigners {
    signers: Vec<Signer>,
}

/// Why a key does not sign for a name, what comes nearest to signing last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NotAllowed {
    /// No line names it.
    Name,
    /// Lines name it, with other keys.
    Key,
    /// The key is not for signatures of this kind.
    Namespace,
    /// The key was not good yet, or not any more.
    Time,
}

impl AllowedSigners {
    /// Reads a list; on failure names every problem with its line.
    pub fn parse(text: &[u8]) -> Result<Self, SignersError> {
        let mut found = Self::default();
        let mut problems = Vec::new();
        if text.len() > MAX_BYTES {
            let problem = format!("the list is longer than {MAX_BYTES} bytes");
            return Err(SignersError { problems: vec![SignersProblem { line: 1, problem }] });
        }
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let mut problem =
                |problem: String| problems.push(SignersProblem { line: at + 1, problem });
            match str::from_utf8(line) {
                Err(_) => problem("is not UTF-8".to_owned()),
                Ok(line) if line.contains(['\r', '\0']) => {
                    problem("holds a carriage return or a NUL".to_owned());
                }
                Ok(line) => match signer(line) {
                    Ok(signer) => found.signers.extend(signer),
                    Err(all) => all.into_iter().for_each(problem),
                },
            }
        }
        if problems.is_empty() { Ok(found) } else { Err(SignersError { problems }) }
    }

    /// Whether nobody is on the list.
    pub fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    /// Whether a line names this principal, whatever its key is good for.
    pub fn names(&self, principal: &str) -> bool {
        self.signers.iter().any(|signer| fits_list(principal, &signer.principals))
    }

    /// Whether a line names this principal with a key that is good in a namespace, at a moment. Who
    /// could not sign then does not do without either.
    pub fn admits(&self, principal: &str, namespace: &str, at: Timestamp) -> bool {
        let at = at.to_seconds();
        let good = |one: &&Signer| one.unfit(namespace, at).is_none();
        self.signers.iter().filter(good).any(|signer| fits_list(principal, &signer.principals))
    }

    /// Whether a key signs for anybody, in a namespace, at a moment.
    pub(super) fn allow_anybody(&self, key: &KeyData, namespace: &str, at: Timestamp) -> bool {
        let at = at.to_seconds();
        self.signers
            .iter()
            .any(|signer| signer.key == *key && signer.unfit(namespace, at).is_none())
    }

    /// Whether a key signs for a name, in a namespace, at a moment. One line that says so is enough.
    pub(super) fn allows(
        &self,
        principal: &str,
        key: &KeyData,
        namespace: &str,
        at: Timestamp,
    ) -> Result<(), NotAllowed> {
        let at = at.to_seconds();
        let mut nearest = NotAllowed::Name;
        for signer in self.signers.iter().filter(|one| fits_list(principal, &one.principals)) {
            let why = if signer.key == *key {
                signer.unfit(namespace, at)
            } else {
                Some(NotAllowed::Key)
            };
            let Some(why) = why else { return Ok(()) };
            nearest = nearest.max(why);
        }
        Err(nearest)
    }
}

/// Reads a line; `None` for a blank one or a comment.
fn signer(line: &str) -> Result<Option<Signer>, Vec<String>> {
    let line = line.trim_start_matches([' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let mut problems = Vec::new();
    let (principals, rest) = principals(line).map_err(|problem| vec![problem])?;
    let mut rest = rest.trim_start_matches([' ', '\t']);
    let mut options = Options::default();
    if !is_key_type(word(rest).0) {
        let (text, behind) = options_text(rest);
        match Options::parse(text) {
            Ok(read) => options = read,
            Err(all) => problems.extend(all),
        }
        rest = behind.trim_start_matches([' ', '\t']);
    }
    let key = key(rest);
    match key {
        Ok(key) if problems.is_empty() => Ok(Some(Signer { principals, options, key })),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

fn principals(line: &str) -> Result<(String, &str), String> {
    let (principals, rest) = match line.strip_prefix('"') {
        Some(quoted) => {
            quoted.split_once('"').ok_or("the quote before its principals is never closed")?
        }
        None => word(line),
    };
    if principals.contains('"') || !rest.starts_with([' ', '\t']) {
        return Err("is not: principals, options, key".to_owned());
    }
    for one in principals.split(',') {
        if one.is_empty() || one == "!" || one.len() > MAX_PATTERN {
            return Err("holds an empty principal or one too long".to_owned());
        }
    }
    Ok((principals.to_owned(), rest))
}

/// Up to the first blank, and what follows.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find([' ', '\t']).unwrap_or(text.len()))
}

/// Up to the first blank that is not quoted, and what follows.
fn options_text(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|one| {
        quoted ^= one == '"';
        !quoted && matches!(one, ' ' | '\t')
    });
    text.split_at(end.unwrap_or(text.len()))
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-", "rsa-"].iter().any(|start| word.starts_with(start))
}

fn key(text: &str) -> Result<KeyData, String> {
    let (kind, rest) = word(text);
    let (blob, _comment) = word(rest.trim_start_matches([' ', '\t']));
    if kind.is_empty() || blob.is_empty() {
        return Err("has no key".to_owned());
    }
    let key = PublicKey::from_openssh(&format!("{kind} {blob}"))
        .map_err(|error| format!("its key cannot be read: {error}"))?;
    supported(key.key_data())?;
    Ok(key.key_data().clone())
}

/// Whether signatures of a key can be checked here.
pub(super) fn supported(key: &KeyData) -> Result<(), String> {
    match key {
        KeyData::Ed25519(_) | KeyData::Ecdsa(_) => Ok(()),
        KeyData::Rsa(key) => {
            let bits = key.n.as_positive_bytes().map_or(0, |bytes| {
                let first = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
                bytes.len() * 8 - first
            });
            if bits < MIN_RSA_BITS {
                return Err(format!(
                    "an RSA key of {bits} bits; at least {MIN_RSA_BITS} are asked"
                ));
            }
            Ok(())
        }
        other => Err(format!("keys of type {} are not supported", other.algorithm())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 \
        AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    const OTHER: &str = "ssh-ed25519 \
        AAAAC3NzaC1lZDI1NTE5AAAAIDIWqFeVmZyPUzYFkPnlCyiOYFLwqWUpLQgUyQLhSnxN";

    fn data(line: &str) -> KeyData {
        PublicKey::from_openssh(line).unwrap().key_data().clone()
    }

    fn problems(text: &str) -> Vec<String> {
        let error = AllowedSigners::parse(text.as_bytes()).unwrap_err();
        error.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_list_says_who_signs_with_what_where_and_when() {
        let text = format!(
            "# the studio\n\n  dana@studio.example,*@legal.example \
             namespaces=\"genlock-*\",valid-after=\"20260101Z\",valid-before=\"20261231Z\" {KEY} d\n\
             \"Dana Reyes\"\t{OTHER}\n"
        );
        let list = AllowedSigners::parse(text.as_bytes()).unwrap();
        assert!(!list.is_empty() && list.names("lee@legal.example") && list.names("Dana Reyes"));
        assert!(!list.names("dana") && !list.names("kim@studio.example"));
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let ask = |who: &str, key: &str, space: &str, when: &str| {
            list.allows(who, &data(key), space, at(when))
        };
        let june = "2026-06-01T00:00:00Z";
        let admits = |who: &str, space: &str, when: &str| list.admits(who, space, at(when));
        assert!(admits("a@legal.example", "genlock-approval", june));
        assert!(admits("Dana Reyes", "git", "2099-01-01T00:00:00Z"));
        assert!(!admits("a@legal.example", "git", june) && !admits("nobody", "genlock-x", june));
        assert!(!admits("a@legal.example", "genlock-approval", "2026-12-31T00:00:01Z"));
        assert_eq!(ask("dana@studio.example", KEY, "genlock-approval", june), Ok(()));
        assert_eq!(ask("Dana Reyes", OTHER, "anything", june), Ok(()));
        let not = |who, key, space, when| ask(who, key, space, when).unwrap_err();
        assert_eq!(not("nobody", KEY, "genlock-approval", june), NotAllowed::Name);
        assert_eq!(not("Dana Reyes", KEY, "genlock-approval", june), NotAllowed::Key);
        assert_eq!(not("dana@studio.example", KEY, "git", june), NotAllowed::Namespace);
        for late in ["2025-12-31T23:59:59.999Z", "2026-12-31T00:00:01Z"] {
            assert_eq!(not("a@legal.example", KEY, "genlock-x", late), NotAllowed::Time);
        }
        // Both ends belong to the window, to the whole second.
        for edge in ["2026-01-01T00:00:00Z", "2026-12-31T00:00:00.9Z"] {
            assert_eq!(ask("a@legal.example", KEY, "genlock-x", edge), Ok(()));
        }
    }

    #[test]
    fn every_problem_is_named_at_once_with_its_line() {
        let text = format!(
            "dana {KEY}\n\
             lee cert-authority {KEY}\n\
             kim frobnicate=\"x\" ssh-ed25519 AAAA\n\
             sam\n\
             \"Pat {KEY}\n\
             a,,b {KEY}\n\
             max valid-after=\"20260101\" {KEY}\r\n"
        );
        assert_eq!(
            problems(&text),
            [
                "line 2: certificate authorities are not supported: list each signer's own key",
                "line 3: unknown option \"frobnicate\"",
                "line 3: its key cannot be read: Base64 encoding error: invalid Base64 length",
                "line 4: is not: principals, options, key",
                "line 5: the quote before its principals is never closed",
                "line 6: holds an empty principal or one too long",
                "line 7: holds a carriage return or a NUL",
            ]
        );
        assert!(AllowedSigners::parse(b"dana \xff").is_err());
        assert!(AllowedSigners::parse(b"# nobody\n\n").unwrap().is_empty());
    }

    #[test]
    fn a_key_whose_signatures_cannot_be_checked_is_a_problem() {
        // A security key: its signatures say more than a signature (touch, counter).
        let sk = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAICFo/k5LU863\
                  Jz/jW6JhIqSjYW8dUfnmYAvYgqUu3sYuAAAABHNzaDo=";
        assert!(problems(&format!("dana {sk}"))[0].contains("line 1: "));
    }
}
