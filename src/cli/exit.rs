//! Exit codes. Scripts rely on them: a code is never given a new meaning.

use std::process::ExitCode;

macro_rules! exits {
    ($($variant:ident = $code:literal, $meaning:literal;)*) => {
        /// What the program says to the shell.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Exit {
            $(#[doc = $meaning] $variant,)*
            /// What a command said that `run` ran; what it means is for that command to say.
            Ran(u8),
        }

        impl Exit {
            /// Every exit code with its meaning, as `docs/exit-codes.md` lists them.
            pub const ALL: &'static [(Self, u8, &'static str)] =
                &[$((Self::$variant, $code, $meaning)),*];

            /// The number.
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* Self::Ran(code) => code }
            }
        }
    };
}

exits! {
    Ok = 0, "done; for a gate: it passed";
    No = 1, "the answer is no: a gate refused, `verify` found changed files, `policy ack` showed what nobody had seen";
    Usage = 2, "the command makes no sense as it was typed";
    Config = 3, "settings or policy are missing or invalid";
    Partial = 4, "some inputs could not be examined; a gate that cannot tell";
    Ledger = 5, "the ledger is missing, busy, out of space, too new, or would lie on a network mount";
    Integrity = 6, "history, a document or the database does not check out";
    Internal = 70, "a defect in genlock, or the system failed it";
    Interrupted = 130, "stopped by Ctrl-C; what was recorded stays";
}

impl Exit {
    /// Of several, the one to give: 130, 70, 6, 5, 3, 2, 4, 1, 0.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Interrupted => 8,
            Self::Internal => 7,
            Self::Integrity => 6,
            Self::Ledger => 5,
            Self::Config => 4,
            Self::Usage => 3,
            Self::Partial => 2,
            Self::No | Self::Ran(_) => 1,
            Self::Ok => 0,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_two_wins() {
        assert_eq!(Exit::No.worst(Exit::Partial), Exit::Partial);
        assert_eq!(Exit::Usage.worst(Exit::Partial), Exit::Usage);
        assert_eq!(Exit::Interrupted.worst(Exit::Internal), Exit::Interrupted);
        assert_eq!(Exit::Ok.worst(Exit::Ok), Exit::Ok);
    }
}
