//! The bundled profiles: policies to start from.

/// A policy that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// What `init --profile` takes.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// Its text, copied to `.genlock/policy.toml`.
    pub text: &'static str,
}

/// Every bundled profile, the default first.
pub const PROFILES: &[Profile] = &[
    Profile {
        name: "netflix",
        purpose: "Netflix's partner guidance of 2025-08: AI-made material in a final deliverable needs \
                  written approval",
        text: include_str!("profiles/netflix.toml"),
    },
    Profile {
        name: "documentary",
        purpose: "archival producers' practice: every origin is known, generated material is \
                  watermarked while temporary, enhancement is told apart",
        text: include_str!("profiles/documentary.toml"),
    },
    Profile {
        name: "no-ai",
        purpose: "nothing generated, whoever approves it",
        text: include_str!("profiles/no-ai.toml"),
    },
    Profile {
        name: "disclose-only",
        purpose: "nothing AI-made is refused, all of it is said (EU AI Act article 50(4)-style)",
        text: include_str!("profiles/disclose-only.toml"),
    },
];

/// Finds a bundled profile by name.
pub fn profile(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn every_bundled_profile_is_valid_and_named_as_listed() {
        for profile in PROFILES {
            assert_eq!(Policy::parse(profile.text).unwrap().profile, profile.name);
        }
    }
}
