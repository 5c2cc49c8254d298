//! Who may approve: the principals of `.genlock/approvers`, an OpenSSH `allowed_signers` file.

use std::fs;
use std::io::ErrorKind;

use globset::Glob;

use crate::app::{AppError, Project};

/// Refuses a name that is not among the approvers, once there are any.
pub(super) fn check(project: &Project, by: &str) -> Result<(), AppError> {
    let path = project.control().join("approvers");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(AppError::Io { action: "read", path, source }),
    };
    match admits(&text, by) {
        None | Some(true) => Ok(()),
        Some(false) => Err(AppError::usage(
            format!("{by:?} is not among the approvers of this project"),
            "they are listed in .genlock/approvers, by their principals",
        )),
    }
}

/// Whether an `allowed_signers` text has a line for a name; `None` when it has no lines at all.
///
/// A line begins with principals: patterns between commas, `!` before one that is left out
/// (ssh-keygen(1), ALLOWED SIGNERS). Keys and options are for signatures and are not looked at here.
fn admits(text: &str, name: &str) -> Option<bool> {
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut answers = lines
        .map(|line| {
            let principals = match line.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next().unwrap_or_default(),
                None => line.split_whitespace().next().unwrap_or_default(),
            };
            let fits = |pattern: &str| {
                pattern == name
                    || Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(name))
            };
            let parts = || principals.split(',').map(str::trim);
            let left_out = parts().filter_map(|part| part.strip_prefix('!')).any(fits);
            !left_out && parts().any(fits)
        })
        .peekable();
    answers.peek()?;
    Some(answers.any(|admitted| admitted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_patterns_and_no_lines_admit_everybody() {
        assert_eq!(admits("# nobody yet\n\n", "Dana"), None);
        let text = "dana@studio.example,legal@* namespaces=\"x\" ssh-ed25519 AAAA\n\
                    \"Dana Reyes\" ssh-ed25519 AAAA\n*@vendor.example,!mallory@* ssh-ed25519 A\n";
        for name in ["dana@studio.example", "legal@anywhere", "Dana Reyes", "kim@vendor.example"] {
            assert_eq!(admits(text, name), Some(true), "{name}");
        }
        for name in ["dana", "mallory@vendor.example", "ssh-ed25519", ""] {
            assert_eq!(admits(text, name), Some(false), "{name}");
        }
    }
}
